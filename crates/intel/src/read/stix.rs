//! STIX 2.0 and 2.1: a bundle, a TAXII envelope, or one object.
//!
//! Only indicators with a STIX pattern count. The family is the name of the malware that a
//! relationship says the indicator indicates.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pattern::{self, Meaning};
use super::{PLAIN_CONFIDENCE, Reading, Skip};
use crate::date;

/// Is the document STIX?
pub(super) fn is_stix(document: &Value) -> bool {
    let kind = text(document, "type");
    kind == Some("bundle")
        || document.get("spec_version").is_some()
        || document.get("objects").is_some_and(Value::is_array)
        || (kind == Some("indicator") && document.get("pattern").is_some())
}

pub(super) fn read(document: &Value, reading: &mut Reading) {
    let alone = std::slice::from_ref(document);
    let objects = document.get("objects").and_then(Value::as_array);
    let objects = objects.map_or(alone, Vec::as_slice);
    let families = families(objects);
    for (at, object) in objects.iter().enumerate() {
        if text(object, "type") == Some("indicator") {
            indicator(object, at as u64 + 1, &families, reading);
        }
    }
}

fn indicator(object: &Value, number: u64, families: &BTreeMap<&str, &str>, reading: &mut Reading) {
    if object.get("revoked").and_then(Value::as_bool) == Some(true) {
        return reading.skip(Skip::Withdrawn);
    }
    let Some(pattern) = text(object, "pattern") else {
        return reading.bad(number, "an indicator without a pattern");
    };
    if text(object, "pattern_type").is_some_and(|kind| kind != "stix") {
        return reading.skip(Skip::OtherKind);
    }
    let values = match pattern::read(pattern) {
        Meaning::Any(values) => values,
        Meaning::OtherKind => return reading.skip(Skip::OtherKind),
        Meaning::Hard => return reading.skip(Skip::HardPattern),
    };
    let confidence = object.get("confidence").and_then(Value::as_u64);
    let confidence =
        confidence.map_or(PLAIN_CONFIDENCE, |c| u8::try_from(c.min(100)).unwrap_or(100));
    let expires = text(object, "valid_until").and_then(date::parse);
    let family = text(object, "id").and_then(|id| families.get(id));
    for value in values {
        if let Some(added) = reading.add(value, confidence) {
            added.expires = expires;
            added.family = family.map(|&family| family.to_owned());
        }
    }
}

/// The malware that each indicator indicates, by the indicator's id.
fn families(objects: &[Value]) -> BTreeMap<&str, &str> {
    let of_type = |kind: &'static str| {
        objects.iter().filter(move |object| text(object, "type") == Some(kind))
    };
    let malware: BTreeMap<&str, &str> = of_type("malware")
        .filter_map(|object| Some((text(object, "id")?, text(object, "name")?)))
        .collect();
    of_type("relationship")
        .filter(|object| text(object, "relationship_type") == Some("indicates"))
        .filter_map(|object| {
            let name = malware.get(text(object, "target_ref")?)?;
            Some((text(object, "source_ref")?, *name))
        })
        .collect()
}

fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}
