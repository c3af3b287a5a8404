//! A report as it comes over the wire, made sure of.

use ostium_correlate::{Finding, Report};
use ostium_event::{Addr, Ja4, Timestamp};
use ostium_hub_api as wire;
use ostium_intel::IndicatorValue;

/// Why a report says nothing that the hub can weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unread {
    /// It names no destination, or one that is none.
    #[error("it names no destination")]
    Subject,
    /// It is about what has no controller, such as a victim; it is kept, and not weighed here.
    #[error("it is about no controller")]
    NoController,
    /// Its numbers are none.
    #[error("its numbers are none")]
    Numbers,
}

/// Family names are not longer.
const LONGEST_FAMILY: usize = 64;
/// Addresses of one name that are looked at.
const MOST_ADDRESSES: usize = 32;

/// Reads a report; what is too long is cut, what is no value is left out.
pub fn read_report(report: &wire::Report) -> Result<Report, Unread> {
    let subject = report.subject.as_ref().and_then(|subject| subject.what.as_ref());
    let subject = value(subject.ok_or(Unread::Subject)?)?;
    let finding = if report.false_positive {
        Finding::FalsePositive
    } else if report.items.is_empty() && report.log_odds == 0.0 {
        Finding::Sighting
    } else {
        let log_odds = f64::from(report.log_odds);
        if !log_odds.is_finite() || log_odds < 0.0 {
            return Err(Unread::Numbers);
        }
        let convicts = report.verdict == i32::from(wire::Verdict::Infected);
        Finding::Suspicious { log_odds, convicts }
    };
    let fine = |text: &&str| {
        !text.is_empty() && text.len() <= LONGEST_FAMILY && !text.chars().any(char::is_control)
    };
    let hosts = report.hosts.as_ref();
    let addresses = report.addresses.iter().filter_map(|bytes| addr(bytes)).take(MOST_ADDRESSES);
    Ok(Report {
        subject,
        seen: (Timestamp::from_secs(report.first), Timestamp::from_secs(report.last)),
        finding,
        family: Some(report.family.as_str()).filter(fine).map(str::to_owned),
        hosts: hosts.map_or(0, |hosts| hosts.count),
        crowd: hosts.map_or(0, |hosts| u16::try_from(hosts.crowd.min(1_000)).unwrap_or(1_000)),
        addresses: addresses.collect(),
    })
}

fn value(what: &wire::subject::What) -> Result<IndicatorValue, Unread> {
    use wire::subject::What;
    match what {
        What::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let fine = name.len() <= 253 && ostium_names::registrable(&name).is_some();
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            if fine && name.bytes().all(plain) {
                Ok(IndicatorValue::Domain(name))
            } else {
                Err(Unread::Subject)
            }
        }
        What::Address(bytes) => addr(bytes).map(IndicatorValue::Addr).ok_or(Unread::Subject),
        What::Socket(socket) => {
            let port = u16::try_from(socket.port).map_err(|_| Unread::Subject)?;
            let addr = addr(&socket.address).ok_or(Unread::Subject)?;
            Ok(IndicatorValue::Socket(addr, port))
        }
        What::Ja4(text) => Ja4::parse(text).map(IndicatorValue::Ja4).ok_or(Unread::Subject),
        What::Other(_) => Err(Unread::NoController),
    }
}

/// 4 or 16 bytes.
fn addr(bytes: &[u8]) -> Option<Addr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Addr::v4(v4));
    }
    <[u8; 16]>::try_from(bytes).ok().map(Addr::v6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost::Message;

    fn about(what: wire::subject::What) -> wire::Report {
        let subject = Some(wire::Subject { what: Some(what) });
        wire::Report { subject, log_odds: 5.0, first: 1, last: 2, ..wire::Report::default() }
    }

    #[test]
    fn what_is_no_destination_is_refused() {
        use wire::subject::What;
        for (what, want) in [
            (What::Domain("C2.Example.".to_owned()), Ok("c2.example")),
            (What::Domain("printer".to_owned()), Err(Unread::Subject)),
            (What::Domain("a b.example".to_owned()), Err(Unread::Subject)),
            (What::Domain("co.uk".to_owned()), Err(Unread::Subject)),
            (What::Address(vec![203, 0, 113, 5].into()), Ok("203.0.113.5")),
            (What::Address(vec![203, 0, 113].into()), Err(Unread::Subject)),
            (What::Ja4("none".to_owned()), Err(Unread::Subject)),
            (What::Other("victim".to_owned()), Err(Unread::NoController)),
        ] {
            let read = read_report(&about(what)).map(|report| report.subject.to_string());
            assert_eq!(read, want.map(str::to_owned));
        }
        let odd =
            wire::Report { log_odds: f32::NAN, ..about(What::Domain("c2.example".to_owned())) };
        assert_eq!(read_report(&odd), Err(Unread::Numbers));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(report) = wire::Report::decode(bytes.as_slice()) {
                drop(read_report(&report));
            }
        }
    }
}
