//! From evidence to a verdict: pure, total, and explained.
//!
//! Log-odds add up over groups of evidence; within a group the best item counts in full and others
//! little; each group is capped so that one alone never convicts and any two saturated ones do.
//! Timing, naming, client, destination and reputation count together only when they are about the
//! same conversation: a host is judged by its best conversation plus its own behaviour and peers.
//! Method: calibrated additive log-odds (research: detection-science section 8; Axelsson 1999 for
//! the base rate). All thresholds are in [`Policy`].
#![forbid(unsafe_code)]

mod judge;
mod policy;
mod roles;

pub use judge::judge;
pub use policy::Policy;

#[cfg(test)]
mod tests;
