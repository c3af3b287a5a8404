//! A report as it comes over the wire, made sure of.

use ostium_correlate::{Contacts, Finding, Flow, Made, Report, Said};
use ostium_event::{Addr, Ja4, Timestamp};
use ostium_hub_api as wire;
use ostium_intel::{IndicatorValue, LONGEST_MARK, Shape, Transport};

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
/// Patterns of one report that are looked at: a conversation matches few.
const MOST_PATTERNS: usize = 16;
/// The detector whose items are what published patterns add to the evidence.
const PATTERN: &str = "pattern";
/// Prints of one report that are looked at.
const MOST_PRINTS: usize = 64;
/// Addresses of one name that are looked at.
const MOST_ADDRESSES: usize = 32;

/// Reads a report: all that it says, of a destination and of what has none. What is too long is
/// cut, what is no value is left out.
pub fn read_report(report: &wire::Report) -> Result<Vec<Said>, Unread> {
    let mut said = Vec::new();
    let flow = report.attack.as_ref().map(|attack| flow(report, attack)).transpose()?;
    said.extend(flow.map(Said::Flow));
    said.extend(made(report).map(Said::Made));
    said.extend(contacts(report).map(Said::Contacts));
    match destination(report) {
        Ok(of) => said.insert(0, Said::Of(Box::new(of))),
        // What it is about has no controller, and is told by the other parts.
        Err(Unread::NoController) if !said.is_empty() => {}
        Err(why) => return Err(why),
    }
    Ok(said)
}

/// What leaves the site for a victim.
fn flow(report: &wire::Report, attack: &wire::Attack) -> Result<Flow, Unread> {
    let (hosts, crowd) = hosts(report);
    Ok(Flow {
        victim: addr(&attack.victim).ok_or(Unread::Subject)?,
        port: u16::try_from(attack.port).map_err(|_| Unread::Numbers)?,
        transport: Transport::parse(&attack.transport).ok_or(Unread::Numbers)?,
        seen: (Timestamp::from_secs(report.first), Timestamp::from_secs(report.last)),
        packets_per_second: attack.packets_per_second,
        sources: attack.sources,
        hosts,
        crowd,
        false_positive: report.false_positive,
    })
}

/// Made names that were asked for in vain; none if the site calls them harmless.
fn made(report: &wire::Report) -> Option<Made> {
    let generator = report.generator.as_ref()?;
    if generator.prints.is_empty() || report.false_positive {
        return None;
    }
    let fine =
        generator.form.len() <= LONGEST_FAMILY && !generator.form.chars().any(char::is_control);
    Some(Made {
        prints: generator.prints.iter().copied().take(MOST_PRINTS).collect(),
        form: if fine { generator.form.clone() } else { String::new() },
        family: family(report),
        seen: (Timestamp::from_secs(report.first), Timestamp::from_secs(report.last)),
    })
}

/// With whom peer-to-peer hosts of the site keep contact: a report of addresses and nothing else.
fn contacts(report: &wire::Report) -> Option<Contacts> {
    use wire::subject::What;
    let subject = report.subject.as_ref().and_then(|subject| subject.what.as_ref());
    let addresses = addresses(report);
    if !matches!(subject, Some(What::Other(_))) || addresses.is_empty() {
        return None;
    }
    let (hosts, crowd) = hosts(report);
    Some(Contacts {
        addresses,
        seen: (Timestamp::from_secs(report.first), Timestamp::from_secs(report.last)),
        family: family(report),
        hosts,
        crowd,
        harmless: report.false_positive,
    })
}

fn addresses(report: &wire::Report) -> Vec<Addr> {
    report.addresses.iter().filter_map(|bytes| addr(bytes)).take(MOST_ADDRESSES).collect()
}

/// A family's name, if it is fit to be shown.
fn family(report: &wire::Report) -> Option<String> {
    let fine = |text: &&str| {
        !text.is_empty() && text.len() <= LONGEST_FAMILY && !text.chars().any(char::is_control)
    };
    Some(report.family.as_str()).filter(fine).map(str::to_owned)
}

/// Inside hosts, and thousandths of those that were active.
fn hosts(report: &wire::Report) -> (u32, u16) {
    let hosts = report.hosts.as_ref();
    let crowd = hosts.map_or(0, |hosts| hosts.crowd.min(1_000));
    (hosts.map_or(0, |hosts| hosts.count), u16::try_from(crowd).unwrap_or(1_000))
}

fn destination(report: &wire::Report) -> Result<Report, Unread> {
    let subject = report.subject.as_ref().and_then(|subject| subject.what.as_ref());
    let subject = value(subject.ok_or(Unread::Subject)?)?;
    let by_pattern =
        !report.items.is_empty() && report.items.iter().all(|item| item.detector == PATTERN);
    let finding = if report.false_positive {
        Finding::FalsePositive
    } else if report.items.is_empty() && report.log_odds == 0.0 {
        Finding::Sighting
    } else {
        let log_odds = own(report, by_pattern)?;
        let convicts = report.verdict == i32::from(wire::Verdict::Infected);
        Finding::Suspicious { log_odds, convicts }
    };
    let (hosts, crowd) = hosts(report);
    Ok(Report {
        subject,
        seen: (Timestamp::from_secs(report.first), Timestamp::from_secs(report.last)),
        finding,
        family: family(report),
        hosts,
        crowd,
        addresses: addresses(report),
        shape: report.shape.as_ref().and_then(shape).map(Box::new),
        patterns: report.patterns.iter().copied().take(MOST_PATTERNS).collect(),
        by_pattern,
    })
}

/// The evidence about it; without what patterns add, unless there is nothing else.
fn own(report: &wire::Report, by_pattern: bool) -> Result<f64, Unread> {
    let sane = |odds: f32| {
        let odds = f64::from(odds);
        if odds.is_finite() && odds >= 0.0 { Ok(odds) } else { Err(Unread::Numbers) }
    };
    let sum = sane(report.log_odds)?;
    if by_pattern || report.items.iter().all(|item| item.detector != PATTERN) {
        return Ok(sum);
    }
    let others = report.items.iter().filter(|item| item.detector != PATTERN);
    let others = others.map(|item| sane(item.log_odds)).sum::<Result<f64, _>>()?;
    Ok(sum.min(others))
}

/// How a conversation goes; what is too long or no text is left out. `None` if nothing is left.
fn shape(shape: &wire::Shape) -> Option<Shape> {
    let text = |text: &str| {
        let fine = text.len() <= LONGEST_MARK && !text.chars().any(char::is_control);
        if fine { text.to_owned() } else { String::new() }
    };
    let read = Shape {
        server: text(&shape.server),
        ja4: Ja4::parse(&shape.ja4),
        uri: text(&shape.uri),
        header_order: text(&shape.header_order),
        port: u16::try_from(shape.port).unwrap_or(0),
        transport: Transport::parse(&shape.transport),
        application: Some(text(&shape.application))
            .filter(|name| name.len() <= LONGEST_FAMILY)
            .unwrap_or_default(),
        period_ms: shape.period_ms,
        sent_bytes: shape.sent_bytes,
        received_bytes: shape.received_bytes,
    };
    (read != Shape::default()).then_some(read)
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
            let read = destination(&about(what)).map(|report| report.subject.to_string());
            assert_eq!(read, want.map(str::to_owned));
        }
        let odd =
            wire::Report { log_odds: f32::NAN, ..about(What::Domain("c2.example".to_owned())) };
        assert_eq!(read_report(&odd), Err(Unread::Numbers));
    }

    #[test]
    fn what_patterns_add_is_not_counted_twice() {
        let item = |detector: &str, log_odds| wire::Item {
            detector: detector.to_owned(),
            log_odds,
            ..wire::Item::default()
        };
        let read = |items| {
            let said = about(wire::subject::What::Domain("c2.example".to_owned()));
            let read = destination(&wire::Report { items, patterns: vec![7], ..said }).unwrap();
            let Finding::Suspicious { log_odds, .. } = read.finding else { panic!() };
            (log_odds, read.by_pattern, read.patterns)
        };
        assert_eq!(read(vec![item("pattern", 5.0)]), (5.0, true, vec![7]));
        let both = vec![item("pattern", 4.0), item("beacon", 2.0)];
        assert_eq!(read(both), (2.0, false, vec![7]));
        assert_eq!(read(vec![item("beacon", 9.0)]), (5.0, false, vec![7]));
    }

    #[test]
    fn shapes_are_read_as_far_as_they_are_text() {
        let mut said = about(wire::subject::What::Domain("c2.example".to_owned()));
        said.shape = Some(wire::Shape {
            server: "0a1b".to_owned(),
            ja4: "none".to_owned(),
            uri: "/word\n".to_owned(),
            port: 70_000,
            transport: "tcp".to_owned(),
            ..wire::Shape::default()
        });
        let shape = destination(&said).unwrap().shape.unwrap();
        let want = Shape {
            server: "0a1b".to_owned(),
            transport: Some(Transport::Tcp),
            ..Shape::default()
        };
        assert_eq!(*shape, want);
        said.shape = Some(wire::Shape::default());
        assert_eq!(destination(&said).unwrap().shape, None);
    }

    #[test]
    fn made_names_are_told_of_beside_a_destination_and_without_one() {
        use wire::subject::What;
        let generator = wire::Generator {
            prints: (0..100).collect(),
            form: "a12 .biz".to_owned(),
            ..wire::Generator::default()
        };
        let alone = wire::Report {
            generator: Some(generator),
            ..about(What::Other("conficker".to_owned()))
        };
        let read = read_report(&alone).unwrap();
        let [Said::Made(made)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((made.prints.len(), made.form.as_str()), (64, "a12 .biz"));
        let beside =
            wire::Report { subject: about(What::Domain("c2.example".into())).subject, ..alone };
        let read = read_report(&beside).unwrap();
        assert!(matches!(read.as_slice(), [Said::Of(_), Said::Made(_)]), "{read:?}");
    }

    #[test]
    fn contacts_are_told_of_without_a_destination() {
        use wire::subject::What;
        let mut said = about(What::Other("hajime".to_owned()));
        said.family = "hajime".to_owned();
        assert_eq!(read_report(&said), Err(Unread::NoController));
        said.addresses = vec![vec![203, 0, 113, 9].into(), vec![1].into()];
        let read = read_report(&said).unwrap();
        let [Said::Contacts(contacts)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((contacts.addresses.len(), contacts.family.as_deref()), (1, Some("hajime")));
        // Of a name they are where it leads.
        said.subject = about(What::Domain("c2.example".to_owned())).subject;
        let read = read_report(&said).unwrap();
        assert!(matches!(read.as_slice(), [Said::Of(of)] if of.addresses.len() == 1), "{read:?}");
    }

    #[test]
    fn a_victim_is_told_of_without_a_destination_and_beside_one() {
        use wire::subject::What;
        let attack = wire::Attack {
            victim: vec![203, 0, 113, 9].into(),
            port: 80,
            transport: "udp".to_owned(),
            packets_per_second: 400,
            sources: 3,
            ..wire::Attack::default()
        };
        let other = wire::Report {
            attack: Some(attack.clone()),
            ..about(What::Other("victim".to_owned()))
        };
        let said = read_report(&other).unwrap();
        let [Said::Flow(flow)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!((flow.packets_per_second, flow.sources, flow.port), (400, 3, 80));
        let both =
            wire::Report { subject: about(What::Domain("c2.example".into())).subject, ..other };
        let said = read_report(&both).unwrap();
        assert!(matches!(said.as_slice(), [Said::Of(_), Said::Flow(_)]), "{said:?}");
        for broken in [
            wire::Attack { victim: vec![1].into(), ..attack.clone() },
            wire::Attack { transport: "icmp".to_owned(), ..attack.clone() },
            wire::Attack { port: 70_000, ..attack },
        ] {
            let report = wire::Report { attack: Some(broken), ..both.clone() };
            assert!(read_report(&report).is_err());
        }
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
