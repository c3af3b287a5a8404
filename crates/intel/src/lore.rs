//! What others have found out that is not looked up by its value: patterns and generators.

use std::sync::Arc;

use crate::Shape;

/// Knows patterns of conversations and generators of names; asked by every shard, so it should be
/// quick, and cost nothing when it knows none.
pub trait Lore: Send + Sync {
    /// The published pattern that a conversation matches.
    fn pattern(&self, shape: &Shape) -> Option<Told>;

    /// The published generator that makes the name of this print: the first eight bytes of SHA-256
    /// of the name in lower case without a final dot, big end first.
    fn generator(&self, print: u64) -> Option<Told>;

    /// Does it know any pattern, or any generator?
    fn knows(&self) -> (bool, bool);
}

/// An entry that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub id: u64,
    /// The malware family, if somebody named it.
    pub family: Option<Arc<str>>,
    /// 0 to 100.
    pub confidence: u8,
    /// How many organisations saw it.
    pub organisations: u16,
    /// It is tried: shown and reported, and no reason for anything.
    pub for_show: bool,
}
