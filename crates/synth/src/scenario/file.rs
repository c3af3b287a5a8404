//! A scenario as it is written.

use std::collections::BTreeMap;

use ostium_event::{Addr, Prefix, Span};
use serde::Deserialize;
use toml::value::Datetime;
use toml::{Spanned, Value};

use super::hours::Hours;
use crate::tap::{Sees, Tap};
use crate::world::System;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What it is about, in a line.
    pub(super) about: String,
    #[serde(default = "one")]
    pub(super) seed: u64,
    pub(super) start: Spanned<Datetime>,
    #[serde(default = "a_day")]
    pub(super) days: f64,
    /// What is inside.
    pub(super) home: Vec<Prefix>,
    #[serde(default)]
    pub(super) resolver: Option<Resolver>,
    #[serde(default)]
    pub(super) tap: TapFile,
    /// Lists of habits by name.
    #[serde(default)]
    pub(super) kits: BTreeMap<String, Vec<Spanned<Value>>>,
    #[serde(default, rename = "group")]
    pub(super) groups: Vec<Group>,
    #[serde(default, rename = "infection")]
    pub(super) infections: Vec<Infection>,
}

/// Machines that are alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: Spanned<String>,
    #[serde(default = "one_machine")]
    pub(super) count: usize,
    /// The address of the first; the others follow. Without it: the next that is free.
    pub(super) first: Option<Addr>,
    #[serde(default)]
    pub(super) system: System,
    #[serde(default)]
    pub(super) hours: Hours,
    #[serde(default)]
    pub(super) sleeps: bool,
    pub(super) role: Option<String>,
    /// Addresses here are given out too, and lead nowhere.
    pub(super) broken_v6: Option<Addr>,
    #[serde(default)]
    pub(super) habits: Vec<Spanned<Value>>,
}

/// What some machines have caught.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Infection {
    /// The kind, as labels name it.
    pub(super) name: Spanned<String>,
    /// The group whose machines have it.
    #[serde(rename = "in")]
    pub(super) group: Option<String>,
    #[serde(default = "one_machine")]
    pub(super) count: usize,
    /// The very machines that have it.
    #[serde(default)]
    pub(super) at: Vec<Addr>,
    /// After the beginning of the world.
    #[serde(default)]
    pub(super) after: Span,
    pub(super) habits: Vec<Spanned<Value>>,
}

/// Who answers the names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolver {
    pub(super) at: Addr,
    pub(super) forwards_to: Option<Addr>,
}

/// What the tap sees.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TapFile {
    pub(super) sees: Sees,
    pub(super) loss: f64,
}

const fn one() -> u64 {
    1
}

const fn one_machine() -> usize {
    1
}

const fn a_day() -> f64 {
    1.0
}

// === impl TapFile ===

impl TapFile {
    pub(super) const fn tap(&self) -> Tap {
        Tap { sees: self.sees, loss: self.loss }
    }
}
