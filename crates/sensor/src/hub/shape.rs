//! The outside half of a conversation as a report tells it, and nothing of the inside.

use ostium_event::{Addr, Home};
use ostium_evidence::Peer;
use ostium_hub_api as wire;
use ostium_intel::{IndicatorValue, Shape, Transport};
use ostium_names::registrable;

/// Labels that are words are told; longer ones may hold what somebody typed, or stole.
const LONGEST_LABEL: usize = 20;
/// Labels above the registrable name that are told.
const MOST_LABELS: usize = 3;

/// What a conversation's other end is to a hub; `None` if it is nothing that leaves.
pub(crate) fn subject(peer: &Peer, home: &Home) -> Option<IndicatorValue> {
    if let Some(name) = &peer.name {
        return outside_name(name).map(IndicatorValue::Domain);
    }
    let addr = peer.addr.filter(|addr| leaves(*addr, home))?;
    Some(match peer.port {
        Some(port) => IndicatorValue::Socket(addr, port),
        None => IndicatorValue::Addr(addr),
    })
}

/// Is it an address that only the outside has?
pub(crate) fn leaves(addr: Addr, home: &Home) -> bool {
    !home.contains(addr) && !Home::private().contains(addr) && !addr.is_special()
}

/// A name as it leaves: one that somebody can register; without the labels in front that may hold
/// data, as those of a tunnel do.
fn outside_name(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let site = registrable(&name)?;
    let front = name.strip_suffix(site)?.trim_end_matches('.');
    let plain = |label: &str| {
        label.len() <= LONGEST_LABEL && label.bytes().filter(u8::is_ascii_digit).count() <= 4
    };
    let fine = front.is_empty()
        || (front.split('.').count() <= MOST_LABELS && front.split('.').all(plain));
    Some(if fine { name.clone() } else { site.to_owned() })
}

/// A value as a subject.
pub(crate) fn wired(value: &IndicatorValue) -> Option<wire::Subject> {
    use wire::subject::What;
    let what = match value {
        IndicatorValue::Domain(name) => What::Domain(name.clone()),
        IndicatorValue::Addr(addr) => What::Address(bytes(*addr).into()),
        IndicatorValue::Socket(addr, port) => {
            What::Socket(wire::Socket { address: bytes(*addr).into(), port: (*port).into() })
        }
        IndicatorValue::Ja4(ja4) => What::Ja4(ja4.to_string()),
        IndicatorValue::Network(_) | IndicatorValue::Url(_) => return None,
    };
    Some(wire::Subject { what: Some(what) })
}

/// How a conversation goes, as a report tells it.
pub(crate) fn wired_shape(shape: &Shape) -> wire::Shape {
    wire::Shape {
        ja4: shape.ja4.map(|ja4| ja4.to_string()).unwrap_or_default(),
        server: shape.server.clone(),
        uri: shape.uri.clone(),
        header_order: shape.header_order.clone(),
        port: shape.port.into(),
        transport: shape.transport.map_or("", Transport::name).to_owned(),
        application: shape.application.clone(),
        period_ms: shape.period_ms,
        sent_bytes: shape.sent_bytes,
        received_bytes: shape.received_bytes,
        // What a server's print says already.
        self_signed: shape.server.contains("-s"),
        ..wire::Shape::default()
    }
}

/// 4 or 16 bytes.
pub(crate) fn bytes(addr: Addr) -> Vec<u8> {
    match addr.v4_bits() {
        Some(bits) => bits.to_be_bytes().to_vec(),
        None => addr.bits().to_be_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_data_of_the_inside_stays() {
        let told = |name: &str| outside_name(name);
        assert_eq!(told("C2.Example.COM."), Some("c2.example.com".to_owned()));
        assert_eq!(told("a.b.c.example.com"), Some("a.b.c.example.com".to_owned()));
        let tunnel = "6f7374696d756d206c61742e20646f6f72776179.t.example.com";
        assert_eq!(told(tunnel), Some("example.com".to_owned()));
        assert_eq!(told("a.b.c.d.e.example.com"), Some("example.com".to_owned()));
        assert_eq!(told("u123456.example.com"), Some("example.com".to_owned()));
        assert_eq!((told("printer"), told("com"), told("co.uk")), (None, None, None));
    }

    #[test]
    fn nothing_inside_is_a_subject() {
        let home = Home::new(&["203.0.113.0/24".parse().unwrap()]);
        let peer = |addr: &str| Peer { addr: addr.parse().ok(), port: Some(80), name: None };
        for inside in ["10.1.2.3", "192.168.0.1", "203.0.113.9", "fe80::1", "127.0.0.1"] {
            assert_eq!(subject(&peer(inside), &home), None, "{inside}");
        }
        assert!(subject(&peer("198.51.100.7"), &home).is_some());
    }
}
