//! The table: safe to print, plain when asked, and readable.

use super::*;
use crate::{Paint, clock, count, escape, size, table};

const PLAIN: Paint = Paint { colour: false, width: None };
const COLOURED: Paint = Paint { colour: true, width: Some(100) };

/// Names that want to fool a terminal: colours, a title, a bell, letters turned round, a new line.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;title\u{7}gpj.exe\u{202e}\r\nfake\u{9b}31m\u{2066}\u{200f}\u{feff}\u{7f}\u{85}";

fn hostile() -> Document {
    let mut evil = item("beacon", Group::Timing, 4.2, talk(peer(Some(HOSTILE), None, Some(443))));
    evil.summary = format!("beacon to {HOSTILE}");
    let aside = evil.clone();
    let mut odd = aside.clone();
    odd.group = Group::Destination;
    let mut r = rationale("10.0.0.9", Verdict::Infected, 0.99, vec![evil, odd]);
    r.families = vec![HOSTILE.to_owned()];
    r.set_aside = vec![(aside, "because")];
    build(facts(), vec![r], false)
}

fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn hostile_names_are_made_visible_everywhere() {
    let document = hostile();
    let why = crate::why(&document, &crate::Target::new("10.0.0.9")).unwrap();
    for (what, text) in [("table", table(&document, PLAIN)), ("why", why)] {
        let bad: Vec<char> = text.chars().filter(|c| is_unsafe(*c)).collect();
        assert!(bad.is_empty(), "{what}: {bad:?}");
        assert!(text.contains('\u{fffd}'), "{what} shows that something was there");
        assert!(!text.lines().any(|line| line.starts_with("fake")), "{what}: no line is forged");
    }
    let value = &document.indicators[0].value;
    assert!(!value.chars().any(is_unsafe) && !value.contains('\n'), "{value:?}");
}

#[test]
fn letters_of_the_world_are_left_alone() {
    for text in ["bücher.example", "пример.example", "例え.example", "🙂", "a b"] {
        assert_eq!(escape(text), text);
    }
}

#[test]
fn no_codes_without_colour_and_some_with_it() {
    let plain = table(&document(), PLAIN);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(!table(&document(), Paint { colour: false, width: Some(80) }).contains('\u{1b}'));
    let coloured = table(&document(), COLOURED);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
}

#[test]
fn what_a_person_wants_to_know_is_there() {
    let text = table(&document(), PLAIN);
    for part in [
        "1 infected, 1 suspect of 3 inside hosts",
        "2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z",
        "10.0.0.9",
        "infected",
        "99.8 %",
        "beacon says so",
        "somerat",
        "(resolver)",
        "it asks for others",
        "domain-name  c2.example  (confidence 99)",
        "Blind: replies unseen",
        "1,234,567 packets (987.7 MB)",
        "4,321 flows, 5,432 events",
        "Anomalies: not_ip 3",
        "Dropped: duplicate_packet 2",
    ] {
        assert!(text.contains(part), "'{part}' is missing in:\n{text}");
    }
    assert!(!text.contains("10.0.0.2 "), "clean hosts are left out");
}

#[test]
fn a_host_with_a_role_and_a_family_shows_both() {
    let mut r = rationale("10.0.0.9", Verdict::Infected, 0.99, vec![]);
    r.roles = vec![Role::Proxy];
    r.families = vec!["somerat".into()];
    let text = table(&build(facts(), vec![r], false), PLAIN);
    assert!(text.contains("proxy") && text.contains("somerat"), "{text}");
}

#[test]
fn headlines() {
    let of = |rationales| {
        let text = table(&build(Facts::default(), rationales, false), PLAIN);
        text.lines().next().unwrap().to_owned()
    };
    let one = |verdict| rationale("10.0.0.1", verdict, 0.5, vec![]);
    assert_eq!(of(vec![]), "No inside host was seen");
    assert_eq!(of(vec![one(Verdict::Clean)]), "Nothing suspicious of 1 inside host");
    assert_eq!(of(vec![one(Verdict::Suspect)]), "No infected host, 1 suspect of 1 inside host");
    assert_eq!(of(vec![one(Verdict::Infected)]), "1 infected of 1 inside host");
}

#[test]
fn lines_fit_the_width() {
    let mut long = item("beacon", Group::Timing, 4.2, talk(peer(Some("c2.example"), None, None)));
    long.summary = "a word after another word ".repeat(20);
    let document =
        build(facts(), vec![rationale("10.0.0.9", Verdict::Infected, 0.99, vec![long])], false);
    for width in [60, 80, 110] {
        let text = table(&document, Paint { colour: false, width: Some(width) });
        let hosts = text.lines().skip(3).take_while(|line| !line.is_empty());
        let widest = hosts.map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} in {width}:\n{text}");
    }
}

#[test]
fn many_items_are_cut_with_a_pointer_to_the_rest() {
    let of = |n: usize| {
        let name = format!("c{n}.example");
        item("beacon", Group::Timing, 4.0, talk(peer(Some(&name), None, None)))
    };
    let document = build(
        facts(),
        vec![rationale("10.0.0.9", Verdict::Suspect, 0.5, (0..10).map(of).collect())],
        false,
    );
    let text = table(&document, PLAIN);
    assert!(text.contains("and 6 more: ostium why 10.0.0.9"), "{text}");
}

#[test]
fn numbers_as_people_read_them() {
    assert_eq!(count(0), "0");
    assert_eq!(count(999), "999");
    assert_eq!(count(1000), "1,000");
    assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    assert_eq!(size(999), "999 B");
    assert_eq!(size(1500), "1.5 kB");
    assert_eq!(size(2_500_000_000), "2.5 GB");
    assert_eq!(clock(Timestamp::from_nanos(1_500_000_000)), "1970-01-01T00:00:01.5Z");
}
