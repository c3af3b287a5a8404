//! Serials, and changes that lead where they should.

use std::collections::BTreeSet;

use ostium_event::{Span, Timestamp};
use ostium_verdict::{Block, Mode, Origin};
use proptest::prelude::*;

use super::*;

pub(crate) fn rules(blocked: &[impl AsRef<str>], allowed: &[&str]) -> Rules {
    let now = Timestamp::from_secs(10);
    let block = |name: &str| {
        let target = name.parse().unwrap();
        Block::new(target, Origin::Operator, Mode::Block, now, Span::from_secs(60))
    };
    let set = blocked.iter().map(|name| block(name.as_ref())).collect();
    Rules::of(&set, allowed.iter().copied(), now, &ZoneConfig::new("rpz.test"))
}

pub(crate) fn zone(blocked: &[impl AsRef<str>]) -> Zone {
    Zone::new(ZoneConfig::new("rpz.test"), 6, rules(blocked, &[])).unwrap()
}

type Have = BTreeSet<String>;

fn told(record: Record<'_>) -> String {
    format!("{record:?}")
}

/// What a resolver has after it got the whole zone.
fn whole(zone: &Zone) -> Have {
    let records: Vec<_> = zone.whole().collect();
    let soa = Record::Soa(zone.serial());
    assert_eq!((records.first(), records.last()), (Some(&soa), Some(&soa)));
    records[..records.len() - 1].iter().copied().map(told).collect()
}

/// What a resolver makes of changes, as RFC 1995 tells it to; everything it takes away it has.
fn patched(mut have: Have, mut serial: u32, zone: &Zone, records: Records<'_>) -> Have {
    let records: Vec<_> = records.collect();
    let soa = Record::Soa(zone.serial());
    assert_eq!((records.first(), records.last()), (Some(&soa), Some(&soa)));
    let mut adding = true;
    for record in &records[1..records.len() - 1] {
        if let Record::Soa(next) = record {
            adding = !adding;
            match adding {
                false => assert_eq!(*next, serial),
                true => serial = *next,
            }
        }
        match adding {
            false => assert!(have.remove(&told(*record)), "{record:?}"),
            true => assert!(have.insert(told(*record)), "{record:?}"),
        }
    }
    assert_eq!(serial, zone.serial());
    have
}

proptest! {
    #[test]
    fn changes_lead_where_the_whole_zone_leads(
        sets in proptest::collection::vec(proptest::collection::btree_set("[a-d]\\.([ab]\\.)?x", 0..6), 1..8),
        last in prop_oneof![Just(7), Just(u32::MAX - 3)],
    ) {
        let config = ZoneConfig::new("rpz.test");
        let mut zone = Zone::new(config, last, Rules::default()).unwrap();
        let mut old = vec![(zone.serial(), whole(&zone))];
        for set in sets {
            let set: Vec<_> = set.into_iter().collect();
            let before = zone.serial();
            let changed = zone.publish(rules(&set, &["b.x"]));
            prop_assert_eq!(changed, serial::is_newer(zone.serial(), before));
            for (serial, have) in &old {
                match zone.since(*serial) {
                    Since::Nothing(records) => {
                        prop_assert_eq!(records.count(), 1);
                        prop_assert_eq!(*serial, zone.serial());
                        prop_assert_eq!(have, &whole(&zone));
                    }
                    Since::Steps(records) => {
                        let now = patched(have.clone(), *serial, &zone, records);
                        prop_assert_eq!(now, whole(&zone));
                    }
                    Since::Whole(records) => prop_assert!(records.eq(zone.whole())),
                }
            }
            old.push((zone.serial(), whole(&zone)));
        }
    }
}

#[test]
fn the_serial_rises_with_each_change_and_only_then() {
    let mut zone = zone(&["a.example"]);
    assert_eq!(zone.serial(), 7);
    assert!(!zone.publish(rules(&["a.example"], &[])));
    // What was left out is no change of the zone.
    assert!(!zone.publish(rules(&["a.example"], &["no name"])));
    assert_eq!((zone.serial(), zone.rules().left_out()), (7, 1));
    assert!(zone.publish(rules(&["b.example"], &[])));
    assert_eq!(zone.serial(), 8);
}

#[test]
fn the_journal_is_bounded_and_what_it_lacks_is_sent_whole() {
    let many: Vec<_> = (0..50).map(|n| format!("n{n}.example")).collect();
    let config = ZoneConfig { journal: 3, ..ZoneConfig::new("rpz.test") };
    let mut zone = Zone::new(config, 6, rules(&many, &[])).unwrap();
    for n in 1..=5 {
        zone.publish(rules(&many[n..], &[]));
    }
    assert_eq!(zone.journal.len(), 3);
    assert!(matches!(zone.since(8), Since::Whole(_)));
    assert!(matches!(zone.since(9), Since::Steps(_)));
    assert!(matches!(zone.since(12), Since::Nothing(_)));
    // Somebody who is ahead of us has nothing to fetch either.
    assert!(matches!(zone.since(13), Since::Nothing(_)));
    // More changes than there are names: the whole zone is shorter.
    zone.publish(rules(&["other.example"], &[]));
    assert_eq!(zone.journal.len(), 0);
    assert!(matches!(zone.since(12), Since::Whole(_)));
}

#[test]
fn a_bad_name_is_refused_with_an_example() {
    for origin in ["", ".", "a..b", "r p z", &"a.".repeat(60)] {
        let bad = Zone::new(ZoneConfig::new(origin), 0, Rules::default()).unwrap_err();
        assert!(bad.to_string().contains("rpz.ostium"), "{bad}");
    }
    let on_block = OnBlock::Garden("not a name".to_owned());
    let config = ZoneConfig { on_block, ..ZoneConfig::new("rpz.test") };
    let bad = Zone::new(config, 0, Rules::default()).unwrap_err();
    assert!(bad.to_string().contains("garden.example"), "{bad}");
}
