//! Compiled to see whether the compiler knows the flags of coverage; part of nothing.

/// Something with a branch to count.
pub fn probe(what: u8) -> bool {
    what > 1
}
