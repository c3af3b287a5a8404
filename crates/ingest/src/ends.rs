//! The two ends of a logged conversation, seen from inside.
//!
//! A log knows who opened a conversation better than packets do, so its originator stands in the
//! place of the inside host when both ends are inside or both are outside.

use ostium_event::{Addr, Event, FlowKey, Home, OpenedBy, Proto, Scope, Timestamp, What};

/// The ends of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) key: FlowKey,
    pub(crate) scope: Scope,
    /// The originator is the inside end.
    pub(crate) orig_inside: bool,
}

// === impl Ends ===

impl Ends {
    #[inline]
    pub(crate) fn of(home: &Home, orig: (Addr, u16), resp: (Addr, u16), proto: Proto) -> Self {
        let (orig_in, resp_in) = (home.contains(orig.0), home.contains(resp.0));
        let (orig_inside, scope) = match (orig_in, resp_in) {
            (true, false) => (true, Scope::Egress),
            (false, true) => (false, Scope::Egress),
            (true, true) => (true, Scope::Internal),
            (false, false) => (true, Scope::Transit),
        };
        let (inside, outside) = if orig_inside { (orig, resp) } else { (resp, orig) };
        let mut key = FlowKey {
            inside: inside.0,
            outside: outside.0,
            inside_port: inside.1,
            outside_port: outside.1,
            proto,
        };
        if matches!(proto, Proto::ICMP | Proto::ICMP6) {
            key.inside_port = 0;
            key.outside_port = request_type(proto, orig.1);
        }
        Self { key, scope, orig_inside }
    }

    /// Who opened it, when that is known.
    #[inline]
    pub(crate) const fn opened_by(&self, known: bool) -> OpenedBy {
        match (known, self.orig_inside) {
            (false, _) => OpenedBy::Unknown,
            (true, true) => OpenedBy::Inside,
            (true, false) => OpenedBy::Outside,
        }
    }

    /// An event opened by the originator.
    #[inline]
    pub(crate) const fn event<'a>(&self, at: Timestamp, what: What<'a>) -> Event<'a> {
        Event { at, flow: self.key, opened_by: self.opened_by(true), scope: self.scope, what }
    }
}

/// ICMP has no ports: the type of the request stands in the outside port, as for packets.
const fn request_type(proto: Proto, kind: u16) -> u16 {
    match (proto, kind) {
        (Proto::ICMP, 0) => 8,
        (Proto::ICMP, 14) => 13,
        (Proto::ICMP6, 129) => 128,
        (_, kind) => kind,
    }
}

/// The protocol number of a name or a number; 0 for what is not known.
#[inline]
pub(crate) fn protocol(text: &[u8], orig: Addr) -> Proto {
    let icmp = if orig.is_v4() { Proto::ICMP } else { Proto::ICMP6 };
    match text {
        b"tcp" | b"TCP" => Proto::TCP,
        b"udp" | b"UDP" => Proto::UDP,
        b"icmp" | b"ICMP" | b"icmp6" | b"IPv6-ICMP" | b"ICMPv6" => icmp,
        b"sctp" | b"SCTP" => Proto(132),
        _ => crate::number::unsigned(text)
            .and_then(|number| u8::try_from(number).ok())
            .map_or(Proto(0), Proto),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(orig: &str, resp: &str, proto: Proto) -> Ends {
        let (orig, resp) = (orig.parse().unwrap(), resp.parse().unwrap());
        Ends::of(&Home::private(), (orig, 1000), (resp, 80), proto)
    }

    #[test]
    fn orients_by_home() {
        let out = ends("10.0.0.1", "8.8.8.8", Proto::TCP);
        assert!(out.orig_inside);
        assert_eq!((out.key.inside_port, out.key.outside_port), (1000, 80));
        let inward = ends("8.8.8.8", "10.0.0.1", Proto::TCP);
        assert_eq!(inward.opened_by(true), OpenedBy::Outside);
        assert_eq!((inward.key.inside_port, inward.key.outside_port), (80, 1000));
        for (a, b, scope) in
            [("10.0.0.1", "10.0.0.2", Scope::Internal), ("8.8.8.8", "9.9.9.9", Scope::Transit)]
        {
            let both = ends(a, b, Proto::UDP);
            assert_eq!(both.scope, scope);
            assert_eq!(both.key.inside, a.parse().unwrap());
            assert_eq!(both.opened_by(true), OpenedBy::Inside);
            assert_eq!(both.opened_by(false), OpenedBy::Unknown);
        }
    }

    #[test]
    fn icmp_has_a_type_for_a_port() {
        let (a, b) = (Addr::v4([8, 8, 8, 8]), Addr::v4([10, 0, 0, 1]));
        let ends = Ends::of(&Home::private(), (a, 0), (b, 3), Proto::ICMP);
        assert_eq!((ends.key.inside_port, ends.key.outside_port), (0, 8));
    }

    #[test]
    fn knows_protocols() {
        let (four, six) = (Addr::v4([1, 1, 1, 1]), Addr::UNSPECIFIED);
        assert_eq!(protocol(b"tcp", four), Proto::TCP);
        assert_eq!(protocol(b"icmp", four), Proto::ICMP);
        assert_eq!(protocol(b"icmp", six), Proto::ICMP6);
        assert_eq!(protocol(b"47", four), Proto(47));
        assert_eq!(protocol(b"unknown_transport", four), Proto(0));
    }
}
