//! The table without its elements, as `nft -j -t list` tells it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::TABLE;
use super::layout::MARK;
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

    /// Reads `nft -j -t list table`.
    pub(super) fn read(text: &str) -> Result<Self, EnforceError> {
        let mut shape = Self::default();
        objects(text)?.iter().for_each(|object| shape.take(object));
        Ok(shape)
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
    fn what_is_no_list_is_an_error_and_strangers_make_another_shape() {
        let read =
            |sets: &str| Shape::read(&format!(r#"{{"nftables": [{{"metainfo": {{}}}}{sets}]}}"#));
        let ours = read(r#", {"set": {"name": "block4"}}"#).unwrap();
        assert_ne!(ours, read(r#", {"set": {"name": "block4"}}, {"set": {"name": "x"}}"#).unwrap());
        assert!(Shape::read("{}").is_err() && Shape::read("nothing").is_err());
    }
}
