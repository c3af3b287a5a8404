//! Lists of indicators: what is read can be written and read again, and is found in the index.

use ostium_event::Ja4;
use ostium_intel::{Format, IndicatorIndex, IndicatorValue, read_indicators};
use serde_json::json;

/// One value a line, or a hosts file.
pub fn plain(bytes: &[u8]) -> bool {
    feed(bytes) == Format::Plain
}

/// Columns with headings, as the exports of abuse.ch.
pub fn table(bytes: &[u8]) -> bool {
    feed(bytes) == Format::Table
}

/// STIX bundles.
pub fn stix(bytes: &[u8]) -> bool {
    feed(bytes) == Format::Stix
}

/// MISP events.
pub fn misp(bytes: &[u8]) -> bool {
    feed(bytes) == Format::Misp
}

/// The pattern of a STIX indicator.
pub fn stix_pattern(bytes: &[u8]) -> bool {
    let pattern = String::from_utf8_lossy(bytes);
    let object = json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--00000000-0000-4000-8000-000000000000",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    });
    feed(object.to_string().as_bytes()) == Format::Stix
}

fn feed(bytes: &[u8]) -> Format {
    let (all, summary) = read_indicators("feed", bytes);
    assert_eq!(all.len() as u64, summary.read);
    assert_eq!(summary.reasons.values().sum::<u64>(), summary.skipped, "each skip has a reason");
    assert!(all.len() <= bytes.len(), "no indicator without bytes");
    let index = IndicatorIndex::build(all.clone());
    for indicator in &all {
        assert!(indicator.confidence <= 100);
        let text = indicator.value.to_string();
        assert!(!text.contains(['\n', '\r']), "a value is one line");
        again(&indicator.value, &text);
    }
    // What the index holds it finds.
    for indicator in index.iter() {
        let found = match &indicator.value {
            IndicatorValue::Domain(name) => index.domain(name).is_some(),
            IndicatorValue::Addr(addr) => index.addr(*addr).is_some(),
            IndicatorValue::Network(prefix) => index.addr(prefix.bounds().0).is_some(),
            IndicatorValue::Socket(addr, port) => index.socket(*addr, *port).is_some(),
            IndicatorValue::Ja4(ja4) => index.ja4(ja4).is_some(),
            IndicatorValue::Url(_) => true,
        };
        assert!(found, "{indicator:?} is not found");
    }
    let _ = (index.domain("a.b.example"), index.url("b.example", "/x"));
    summary.format
}

/// What is written as a plain line is read as the same value.
fn again(value: &IndicatorValue, text: &str) {
    match value {
        IndicatorValue::Ja4(ja4) => assert_eq!(Ja4::parse(text).as_ref(), Some(ja4)),
        IndicatorValue::Url(_) => {}
        _ => {
            let (back, _) = read_indicators("again", text.as_bytes());
            let same = back.first().map(|indicator| &indicator.value) == Some(value);
            assert!(same, "{value:?} is read again as {back:?}");
        }
    }
}
