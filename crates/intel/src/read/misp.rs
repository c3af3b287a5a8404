//! MISP: one event, a search result, an array of events, or an array of plain values.
//!
//! The family is taken from galaxy tags of malware, botnets, tools and the like, of the attribute
//! before those of the event.

use serde_json::Value;

use super::{Reading, Skip};
use crate::{IndicatorValue, value};

/// An attribute that is meant for detection, and one that is only context.
const FOR_DETECTION: u8 = 75;
const CONTEXT: u8 = 25;

/// Galaxies whose entries are families of malware.
const GALAXIES: &[&str] = &[
    "malpedia",
    "malware",
    "mitre-malware",
    "tool",
    "mitre-tool",
    "botnet",
    "rat",
    "banker",
    "stealer",
    "ransomware",
    "backdoor",
    "cryptominers",
    "exploit-kit",
];

pub(super) fn read(document: &Value, reading: &mut Reading) {
    let mut number = 0;
    let answers = document.get("response").unwrap_or(document);
    match answers.as_array() {
        Some(entries) => {
            for entry in entries {
                match entry.as_str() {
                    Some(text) => {
                        number += 1;
                        plain(text, number, reading);
                    }
                    None => event(entry, &mut number, reading),
                }
            }
        }
        None => event(answers, &mut number, reading),
    }
}

fn plain(text: &str, number: u64, reading: &mut Reading) {
    match value::parse(text) {
        Some(value) => drop(reading.add(value, super::PLAIN_CONFIDENCE)),
        None => reading.bad(number, text),
    }
}

fn event(entry: &Value, number: &mut u64, reading: &mut Reading) {
    let event = entry.get("Event").unwrap_or(entry);
    let family = family(event);
    let own = attributes(event);
    let objects = event.get("Object").and_then(Value::as_array);
    if own.is_none() && objects.is_none() {
        *number += 1;
        return reading.bad(*number, "no MISP event: it has no attributes");
    }
    let of_objects = objects.into_iter().flatten().filter_map(attributes);
    for found in own.into_iter().chain(of_objects).flatten() {
        *number += 1;
        attribute(found, *number, family, reading);
    }
}

fn attributes(of: &Value) -> Option<&Vec<Value>> {
    of.get("Attribute").and_then(Value::as_array)
}

fn attribute(attribute: &Value, number: u64, of_event: Option<&str>, reading: &mut Reading) {
    let text = |key: &str| attribute.get(key).and_then(Value::as_str);
    let (Some(kind), Some(text_of)) = (text("type"), text("value")) else {
        return reading.bad(number, "an attribute without type and value");
    };
    if attribute.get("deleted").and_then(Value::as_bool) == Some(true) {
        return reading.skip(Skip::Withdrawn);
    }
    let values = match kind {
        "domain" | "hostname" | "ip-dst" | "url" | "ip-dst|port" | "hostname|port" | "link" => {
            vec![value::parse(text_of)]
        }
        "domain|ip" => text_of.split('|').map(value::parse).collect(),
        _ if kind.contains("ja4") => vec![value::parse(text_of)],
        _ => return reading.skip(Skip::OtherKind),
    };
    let meant = attribute.get("to_ids").and_then(Value::as_bool);
    let confidence = if meant == Some(false) { CONTEXT } else { FOR_DETECTION };
    let family = family(attribute).or(of_event);
    for value in values {
        let Some(value) = value else {
            reading.bad(number, text_of);
            continue;
        };
        // The address beside a name is where the name pointed on some day.
        let aside = kind == "domain|ip" && matches!(value, IndicatorValue::Addr(_));
        let confidence = if aside { CONTEXT } else { confidence };
        if let Some(added) = reading.add(value, confidence) {
            added.family = family.map(str::to_owned);
        }
    }
}

/// The family that the tags of an event or attribute name.
fn family(of: &Value) -> Option<&str> {
    let tags = of.get("Tag").and_then(Value::as_array)?;
    tags.iter().find_map(|tag| {
        let (galaxy, name) =
            tag.get("name")?.as_str()?.strip_prefix("misp-galaxy:")?.split_once('=')?;
        GALAXIES.contains(&galaxy).then(|| name.trim_matches('"'))
    })
}
