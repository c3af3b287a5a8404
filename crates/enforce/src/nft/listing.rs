//! What is in the kernel, as `nft -j list` tells it.

use std::collections::BTreeMap;

use ostium_verdict::Target;
use serde_json::Value;

use super::layout::MARK;
use super::{Set, TABLE};
use crate::EnforceError;
use crate::netlink::Family;

/// A table without its elements: enough to know whether it is whole and of our configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Chains: where they hook, and the comments of their rules in order.
    chains: BTreeMap<String, (String, Vec<String>)>,
    /// Sets and their types.
    sets: BTreeMap<String, String>,
}

/// A table of our name.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) shape: Shape,
    pub(super) elements: BTreeMap<Target, Element>,
    /// There is something in our sets that we would not have put there.
    pub(super) is_odd: bool,
}

/// An element of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Seconds until it expires; `None` is for ever.
    pub(super) expires: Option<u64>,
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

/// The families that have a table of our name, of `nft -j list tables`.
pub(super) fn families(text: &str) -> Result<Vec<Family>, EnforceError> {
    let objects = objects(text)?;
    let is = |family: Family| {
        let of = |table: &Value| table["family"] == family.name() && table["name"] == TABLE;
        objects.iter().any(|object| object.get("table").is_some_and(of))
    };
    Ok([Family::Inet, Family::Bridge].into_iter().filter(|family| is(*family)).collect())
}

/// The objects of a list.
fn objects(text: &str) -> Result<Vec<Value>, EnforceError> {
    let bad = |why: String| EnforceError::Unreadable("nft", why);
    let mut value: Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
    match value.get_mut("nftables").map(Value::take) {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Err(bad("no list of objects; nft 1.0 or newer is needed".to_owned())),
    }
}

// === impl Shape ===

impl Shape {
    /// The shape that commands would make.
    pub(super) fn of_commands(commands: &[Value]) -> Self {
        let mut shape = Self::default();
        for object in commands.iter().filter_map(|command| command.get("add")) {
            shape.take(object);
        }
        shape
    }

    fn take(&mut self, object: &Value) {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        if let Some(set) = object.get("set") {
            // Some versions of nft write a list of one as its only member.
            let flags = match &set["flags"] {
                Value::Array(flags) if flags.len() == 1 => flags.first().unwrap_or(&Value::Null),
                flags => flags,
            };
            let kind = format!("{} {} {flags}", set["type"], set["size"]);
            self.sets.insert(text(set, "name"), kind);
        } else if let Some(chain) = object.get("chain") {
            let keys = ["type", "hook", "prio", "policy"];
            let hook = keys.map(|key| chain[key].to_string()).join(" ");
            self.chains.entry(text(chain, "name")).or_default().0 = hook;
        } else if let Some(rule) = object.get("rule") {
            let comments = &mut self.chains.entry(text(rule, "chain")).or_default().1;
            comments.push(text(rule, "comment"));
        }
    }

    /// Is it one that we made, whichever version and configuration?
    pub(super) fn is_ours(&self) -> bool {
        let mark = format!("{MARK} ");
        let rules = self.chains.get(MARK).map(|chain| chain.1.as_slice());
        rules.is_some_and(|rules| matches!(rules, [only] if only.starts_with(&mark)))
    }
}

// === impl Listing ===

impl Listing {
    /// Reads `nft -j list table`.
    pub(super) fn read(text: &str) -> Result<Self, EnforceError> {
        let mut listing = Self::default();
        for object in objects(text)? {
            listing.shape.take(&object);
            let Some(set) = object.get("set") else { continue };
            let known = set["name"].as_str().and_then(Set::named);
            for element in set["elem"].as_array().into_iter().flatten() {
                match known.and_then(|known| read_element(known, element)) {
                    Some((target, element)) => drop(listing.elements.insert(target, element)),
                    None => listing.is_odd = true,
                }
            }
        }
        Ok(listing)
    }
}

fn read_element(set: Set, object: &Value) -> Option<(Target, Element)> {
    // An element with nothing but its value stands there without the words around it.
    let Some(element) = object.get("elem") else {
        return set.target(object).map(|target| (target, Element::default()));
    };
    let counts = element.get("counter");
    let counter = |key| counts.and_then(|counts| counts.get(key)?.as_u64()).unwrap_or(0);
    let read = Element {
        expires: element["expires"].as_u64(),
        packets: counter("packets"),
        bytes: counter("bytes"),
    };
    set.target(&element["val"]).map(|target| (target, read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nft::Config;
    use crate::nft::layout::commands;

    #[test]
    fn a_configuration_has_its_own_shape_and_ours_is_known() {
        let shape = |config: &Config| Shape::of_commands(&commands(Family::Inet, config));
        let one = shape(&Config::default());
        let other = shape(&Config { elements: 7, ..Config::default() });
        assert!(one.is_ours() && other.is_ours());
        assert_ne!(one, other);
        assert_eq!(one, shape(&Config::default()));
        assert!(!Shape::default().is_ours());
    }

    #[test]
    fn elements_are_read_and_strangers_are_odd() {
        let text = r#"{"nftables": [{"metainfo": {}},
            {"set": {"name": "block4", "elem": [
                {"elem": {"val": "198.51.100.7", "timeout": 10, "expires": 9,
                          "counter": {"packets": 3, "bytes": 180}}},
                "198.51.100.8"]}}]}"#;
        let listing = Listing::read(text).unwrap();
        assert!(!listing.is_odd);
        let seven = listing.elements[&"198.51.100.7".parse().unwrap()];
        assert_eq!(seven, Element { expires: Some(9), packets: 3, bytes: 180 });
        assert_eq!(listing.elements[&"198.51.100.8".parse().unwrap()].expires, None);
        for odd in [r#"{"name": "mine", "elem": ["x"]}"#, r#"{"name": "block4", "elem": ["::1"]}"#]
        {
            let text = format!(r#"{{"nftables": [{{"set": {odd}}}]}}"#);
            assert!(Listing::read(&text).unwrap().is_odd, "{odd}");
        }
        assert!(Listing::read("{}").is_err());
        assert!(Listing::read("nothing").is_err());
    }
}
