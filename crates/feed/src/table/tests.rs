//! The table against a list that is looked through.

use proptest::prelude::*;

use super::*;
use crate::state::leaf;

fn entry(id: u64, value: IndicatorValue) -> Entry {
    Entry {
        id,
        value,
        confidence: 80,
        family: String::new(),
        expires: 100,
        basis: Basis::List,
        organisations: 1,
        canary: 0,
    }
}

fn put(table: &mut Table, entry: &Entry) {
    table.put(entry.id, Some(entry), leaf(&entry.encode()));
}

fn addr(text: &str) -> Addr {
    text.parse().unwrap()
}

#[test]
fn each_kind_is_found_as_it_is_meant() {
    let mut table = Table::new();
    let ja4 = Ja4::parse("t13d1516h2_8daaf6152771_02713d6af862").unwrap();
    let values = [
        IndicatorValue::Domain("c2.example".to_owned()),
        IndicatorValue::Addr(addr("203.0.113.5")),
        IndicatorValue::Network("198.51.100.0/24".parse().unwrap()),
        IndicatorValue::Network("198.51.100.128/25".parse().unwrap()),
        IndicatorValue::Network("2001:db8::/32".parse().unwrap()),
        IndicatorValue::Socket(addr("203.0.113.9"), 443),
        IndicatorValue::Url("c3.example:8080/a?b=1".to_owned()),
        IndicatorValue::Ja4(ja4),
    ];
    for (id, value) in values.iter().enumerate() {
        put(&mut table, &entry(id as u64, value.clone()));
    }
    let id = |hit: Option<Hit>| hit.map(|hit| hit.id);
    assert_eq!(id(table.domain("c2.example.")), Some(0));
    assert_eq!(id(table.domain("a.b.c2.example")), Some(0));
    assert_eq!(id(table.domain("ac2.example")), None);
    assert_eq!(id(table.domain("example")), None);
    assert_eq!(id(table.addr(addr("203.0.113.5"))), Some(1));
    assert_eq!(id(table.addr(addr("198.51.100.7"))), Some(2));
    assert_eq!(id(table.addr(addr("198.51.100.200"))), Some(3));
    assert_eq!(id(table.addr(addr("2001:db8:1::1"))), Some(4));
    assert_eq!(id(table.addr(addr("203.0.113.9"))), None);
    assert_eq!(id(table.socket(addr("203.0.113.9"), 443)), Some(5));
    assert_eq!(id(table.socket(addr("203.0.113.9"), 80)), None);
    assert_eq!(id(table.url("c3.example", "/a?b=1#x")), Some(6));
    assert_eq!(id(table.url("c3.example", "/a")), None);
    assert_eq!(id(table.ja4(&ja4)), Some(7));
    // The port of a URL is not kept: it does not count.
    for hit in table.iter().filter(|hit| hit.id != 6) {
        assert_eq!(hit.value, values[usize::try_from(hit.id).unwrap()]);
    }
    for id in 0..8 {
        assert!(table.remove(id) && !table.remove(id));
    }
    assert!(table.is_empty() && table.addr(addr("198.51.100.7")).is_none());
    assert!(table.free_bits.is_empty() && table.state() == State::default());
}

#[test]
fn names_of_many_labels_are_asked_for_up_to_the_last() {
    let mut table = Table::new();
    put(&mut table, &entry(1, IndicatorValue::Domain("c2.example".to_owned())));
    for labels in 0..100 {
        let name = "a.".repeat(labels) + "c2.example";
        assert!(table.domain(&name).is_some(), "{labels}");
        assert!(table.domain(&("a.".repeat(labels) + "c3.example")).is_none());
    }
    assert_eq!(table.domain_if("a.c2.example", |hit| hit.id != 1), None);
}

#[test]
fn what_comes_and_goes_takes_no_more_room() {
    let mut table = Table::new();
    let long = "x".repeat(60);
    // Twenty megabytes of names come; a hundred kilobytes of them stay.
    for round in 0..300u64 {
        for id in 0..1_000 {
            let name = format!("{long}{}.c2.example", round * 1_000 + id);
            put(&mut table, &entry(id, IndicatorValue::Domain(name)));
        }
    }
    assert_eq!(table.len(), 1_000);
    assert!(table.bytes() < 6 << 20, "{}", table.bytes());
}

proptest! {
    #[test]
    fn a_list_says_the_same(ops in proptest::collection::vec((0u64..30, 0u8..40, any::<bool>()), 0..200)) {
        let mut table = Table::new();
        let mut list = std::collections::BTreeMap::new();
        for (id, which, add) in ops {
            if add {
                let value = if which % 2 == 0 {
                    IndicatorValue::Domain(format!("n{which}.example"))
                } else {
                    IndicatorValue::Addr(Addr::v4([203, 0, 113, which]))
                };
                let entry = entry(id, value);
                put(&mut table, &entry);
                list.insert(id, entry);
            } else {
                prop_assert_eq!(table.remove(id), list.remove(&id).is_some());
            }
        }
        prop_assert_eq!(table.len(), list.len());
        let mut state = State::default();
        for entry in list.values() {
            state.add(leaf(&entry.encode()));
            prop_assert_eq!(table.get(entry.id).map(|hit| hit.value), Some(entry.value.clone()));
        }
        prop_assert_eq!(table.state(), state);
        for which in 0..40u8 {
            let name = format!("n{which}.example");
            let held = |value: &IndicatorValue| list.values().any(|entry| entry.value == *value);
            let known = held(&IndicatorValue::Domain(name.clone()));
            prop_assert_eq!(table.domain(&name).is_some(), known);
            let addr = Addr::v4([203, 0, 113, which]);
            prop_assert_eq!(table.addr(addr).is_some(), held(&IndicatorValue::Addr(addr)));
        }
    }
}
