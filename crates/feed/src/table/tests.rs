//! The table against a list that is looked through.

use proptest::prelude::*;

use super::*;
use crate::entry::Entry;
use crate::state::leaf;
use crate::value::Value;

fn entry(id: u64, value: IndicatorValue) -> Entry {
    Entry {
        id,
        value: value.into(),
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
    let id = |hit: Option<Met<'_>>| hit.map(|hit| hit.id);
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

#[test]
fn long_values_stay_as_they_are_while_the_table_grows() {
    let mut table = Table::new();
    let value = |id: u64| IndicatorValue::Url(format!("{}.c2.example/{id}", "x".repeat(30)));
    for id in 0..5_000 {
        put(&mut table, &entry(id, value(id)));
        assert_eq!(table.get(id).map(|hit| hit.value), Some(value(id)));
    }
    for id in 0..5_000 {
        assert_eq!(table.get(id).map(|hit| hit.value), Some(value(id)));
        assert!(table.url(&format!("{}.c2.example", "x".repeat(30)), &format!("/{id}")).is_some());
    }
}

#[test]
fn entries_of_one_value_stand_in_for_each_other() {
    let mut table = Table::new();
    let long = format!("{}.c2.example", "x".repeat(40));
    for name in ["c2.example", &long] {
        let value = IndicatorValue::Domain(name.to_owned());
        for id in 0..1_000 {
            put(&mut table, &entry(id, value.clone()));
        }
        assert_eq!((table.len(), table.iter().count()), (1_000, 1_000));
        assert!(table.bytes() < 200_000, "{}", table.bytes());
        for id in (0..1_000).step_by(2).chain((1..1_000).step_by(2)) {
            let met = table.domain(name).and_then(Met::whole).unwrap();
            assert_eq!(met.value, value);
            assert!(table.get(met.id).is_some() && table.remove(id));
        }
        assert!(table.is_empty() && table.domain(name).is_none() && table.doubles.is_empty());
    }
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
            prop_assert_eq!(table.get(entry.id).map(|hit| hit.value), entry.value.indicator().cloned());
        }
        prop_assert_eq!(table.state(), state);
        for which in 0..40u8 {
            let name = format!("n{which}.example");
            let held = |value: &IndicatorValue| list.values().any(|entry| entry.value.indicator() == Some(value));
            let known = held(&IndicatorValue::Domain(name.clone()));
            prop_assert_eq!(table.domain(&name).is_some(), known);
            let addr = Addr::v4([203, 0, 113, which]);
            prop_assert_eq!(table.addr(addr).is_some(), held(&IndicatorValue::Addr(addr)));
        }
    }
}

fn apart(id: u64, value: Value) -> Entry {
    Entry { value, ..entry(id, IndicatorValue::Addr(addr("203.0.113.1"))) }
}

fn pattern(server: &str) -> Pattern {
    let uri = "/word/gate.php?id=number".to_owned();
    Pattern { server: server.to_owned(), uri, ..Pattern::default() }
}

fn throttle(last: u8) -> Throttle {
    Throttle {
        addr: Addr::v4([203, 0, 113, last]),
        port: 80,
        transport: ostium_intel::Transport::Udp,
        packets_per_second: 200,
    }
}

#[test]
fn patterns_and_victims_are_kept_apart_from_what_is_looked_up() {
    let mut table = Table::new();
    put(&mut table, &apart(1, Value::Pattern(Box::new(pattern("0a")))));
    put(&mut table, &apart(2, Value::Pattern(Box::new(pattern("0b")))));
    put(&mut table, &apart(3, Value::Throttle(throttle(9))));
    let made = Generator { prints: vec![1, 2], form: String::new() };
    put(&mut table, &apart(4, Value::Generator(made.clone())));
    // A victim is no controller, and nothing is met by its number either.
    assert_eq!((table.len(), table.iter().count()), (4, 0));
    assert!(table.addr(addr("203.0.113.9")).is_none() && table.get(3).is_none());
    assert_eq!(table.throttles().map(|hit| &hit.value).collect::<Vec<_>>(), [&throttle(9)]);
    assert_eq!(table.generators().map(|hit| &hit.value).collect::<Vec<_>>(), [&made]);
    let pattern = pattern("0a");
    let seen = Shape { server: "0a".to_owned(), uri: pattern.uri.clone(), ..Shape::default() };
    assert_eq!(table.pattern_if(&seen, |_| true).map(|hit| hit.id), Some(1));
    assert!(table.pattern_if(&seen, |hit| hit.id != 1).is_none());
    assert_eq!(table.patterns().count(), 2);
    // In place of the pattern comes something else; then all goes.
    put(&mut table, &apart(1, Value::Throttle(throttle(8))));
    assert!(table.pattern_if(&seen, |_| true).is_none());
    for id in 1..=4 {
        assert!(table.remove(id));
    }
    assert!(table.is_empty() && table.state() == State::default());
    assert_eq!((table.patterns().count(), table.throttles().count()), (0, 0));
}

#[test]
fn what_rests_on_too_little_matches_nothing_whoever_signs() {
    let mut table = Table::new();
    let ja4 = Ja4::parse("t13d1516h2_8daaf6152771_02713d6af862");
    let wide = Pattern { ja4, port: Some(443), ..Pattern::default() };
    put(&mut table, &apart(1, Value::Pattern(Box::new(wide))));
    let seen = Shape { ja4, port: 443, ..Shape::default() };
    assert!(table.pattern_if(&seen, |_| true).is_none());
    assert!(table.remove(1) && table.is_empty());
}

proptest! {
    /// What is written is read, and damage is refused or read, never more than was meant.
    #[test]
    fn each_kind_is_carried(
        server in "[a-f0-9]{0,12}", uri in "[a-z/?=]{0,40}", port in 0u16.., low in 0u8..200,
        rate in 0u32..1_000_000, prints in proptest::collection::btree_set(any::<u64>(), 1..64),
        at in 0usize..200, to in any::<u8>(),
    ) {
        let rungs = Some(ostium_intel::Rungs { low, high: low + 3 });
        let port_of = Some(port).filter(|port| *port != 0);
        let pattern = Pattern { server, uri, port: port_of, period: rungs, ..Pattern::default() };
        let throttle = Throttle { port, packets_per_second: rate, ..throttle(7) };
        let made = Generator { prints: prints.into_iter().collect(), form: "a4".to_owned() };
        let kept = Throttle { packets_per_second: rate.max(Throttle::FLOOR), ..throttle.clone() };
        for (value, read) in [
            (Value::Pattern(Box::new(pattern.clone())), Value::Pattern(Box::new(pattern))),
            (Value::Throttle(throttle), Value::Throttle(kept)),
            (Value::Generator(made.clone()), Value::Generator(made)),
        ] {
            let mut bytes = apart(9, value).encode().to_vec();
            prop_assert_eq!(Entry::decode(&bytes), Ok((9, Some(apart(9, read)))));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let mut table = Table::new();
            if let Ok((id, Some(entry))) = Entry::decode(&bytes) {
                table.put(id, Some(&entry), leaf(&bytes));
                for hit in table.throttles() {
                    prop_assert!(hit.value.packets_per_second >= Throttle::FLOOR);
                }
            }
        }
    }
}
