//! Patterns against conversations that are theirs, and those that only look a little like them.

use proptest::prelude::*;

use super::*;

fn ja4(last: u8) -> Ja4 {
    Ja4::parse(&format!("t13d1516h2_8daaf6152771_e5627efa2a{last:02x}")).unwrap()
}

fn shape() -> Shape {
    Shape {
        server: "0a1b2c3d4e5f".to_owned(),
        ja4: Some(ja4(1)),
        port: 4782,
        transport: Some(Transport::Tcp),
        application: "tls".to_owned(),
        period_ms: 60_000,
        sent_bytes: 300,
        received_bytes: 900,
        ..Shape::default()
    }
}

fn pattern() -> Pattern {
    let rungs = |number| Rungs::of(number).map(|rung| Rungs { low: rung, high: rung });
    let shape = shape();
    Pattern {
        server: shape.server,
        ja4: shape.ja4,
        port: Some(shape.port),
        transport: shape.transport,
        application: shape.application,
        period: rungs(60_000),
        sent: rungs(300),
        ..Pattern::default()
    }
}

#[test]
fn every_mark_must_be_there_and_what_shows_later_may_not_contradict() {
    let pattern = pattern();
    assert!(pattern.matches(&shape()));
    // At first contact nobody knows how often it will call.
    assert!(pattern.matches(&Shape { period_ms: 0, sent_bytes: 0, ..shape() }));
    for other in [
        Shape { server: String::new(), ..shape() },
        Shape { server: "0a1b2c3d4e50".to_owned(), ..shape() },
        Shape { ja4: None, ..shape() },
        Shape { ja4: Some(ja4(2)), ..shape() },
        Shape { port: 443, ..shape() },
        Shape { transport: Some(Transport::Udp), ..shape() },
        Shape { application: "http".to_owned(), ..shape() },
        Shape { period_ms: 30_000, ..shape() },
        Shape { sent_bytes: 9_000, ..shape() },
    ] {
        assert!(!pattern.matches(&other), "{other:?}");
    }
}

#[test]
fn a_client_alone_and_a_timer_alone_are_no_pattern() {
    let none = Pattern::default();
    let alone = |pattern: &Pattern| !pattern.is_specific();
    assert!(alone(&none));
    assert!(alone(&Pattern { ja4: Some(ja4(1)), ..none.clone() }));
    assert!(alone(&Pattern { server: "0a".to_owned(), ..none.clone() }));
    let client = Pattern { ja4: Some(ja4(1)), header_order: "0b".to_owned(), ..none.clone() };
    assert!(alone(&client));
    let timer =
        Pattern { port: Some(443), period: Some(Rungs { low: 9, high: 9 }), ..none.clone() };
    assert!(alone(&timer) && alone(&Pattern { ja4: Some(ja4(1)), ..timer }));
    for front in ["", "/", "/word"] {
        assert!(alone(&Pattern { uri: front.to_owned(), ..client.clone() }), "{front}");
    }
    assert!(Pattern { uri: "/word/gate.php?id=number".to_owned(), ..client }.is_specific());
    assert!(pattern().is_specific());
}

#[test]
fn what_is_too_little_is_not_put_in() {
    let mut index = PatternIndex::new();
    assert!(!index.put(1, Pattern { ja4: Some(ja4(1)), ..Pattern::default() }));
    assert!(index.is_empty() && index.matches(&shape()).is_empty());
}

proptest! {
    /// Steps rise with numbers, and numbers of one step are within a quarter.
    #[test]
    fn steps_are_even(a in 1u64..u64::MAX / 2, more in 0u64..1_000_000) {
        let (low, high) = (Rungs::of(a).unwrap(), Rungs::of(a.saturating_add(more)).unwrap());
        prop_assert!(low <= high);
        if low == high {
            prop_assert!((a + more) as f64 <= a as f64 * 1.25);
        }
    }

    /// The index says what a look through all says.
    #[test]
    fn a_list_says_the_same(
        patterns in proptest::collection::vec((0u64..20, 0u8..3, 0u8..3, 0u8..3, any::<bool>()), 0..40),
        asked in proptest::collection::vec((0u8..3, 0u8..3, 0u8..3), 1..10),
    ) {
        let text = |kind: &str, n: u8| if n == 0 { String::new() } else { format!("/{kind}/{n}") };
        let client = |n: u8| (n > 0).then(|| ja4(n));
        let (mut index, mut list) = (PatternIndex::new(), std::collections::BTreeMap::new());
        for (id, server, uri, client_of, add) in patterns {
            if let Some(old) = list.remove(&id) {
                index.remove(id, &old);
            }
            let pattern = Pattern {
                server: text("server", server),
                uri: text("uri", uri),
                ja4: client(client_of),
                ..Pattern::default()
            };
            if add && index.put(id, pattern.clone()) {
                list.insert(id, pattern);
            }
        }
        prop_assert_eq!(index.len(), list.len());
        for (server, uri, client_of) in asked {
            let shape = Shape {
                server: text("server", server),
                uri: text("uri", uri),
                ja4: client(client_of),
                ..Shape::default()
            };
            let all: Vec<u64> =
                list.iter().filter(|(_, p)| p.matches(&shape)).map(|(id, _)| *id).collect();
            prop_assert_eq!(index.matches(&shape), all);
        }
    }
}
