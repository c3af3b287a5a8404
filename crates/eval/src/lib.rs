//! How well Ostium judges traffic whose truth is known.
//!
//! A manifest names cases: inputs, what is inside, who is infected and who is clean. Each case is
//! run through the pipeline as any input is, and what comes of it is set against its labels. Bias:
//! good and bad results are told alike, a rate says what it is out of, and what cannot be counted
//! is set apart instead of left out. An input that is refused and a run that crashes are results.
#![forbid(unsafe_code)]

mod calibration;
mod case;
mod choose;
mod evaluation;
mod manifest;
mod markdown;
mod page;
mod run;
mod scenario;
mod stats;
mod table;
mod total;
mod without;
mod words;

pub use case::{HostResult, Judged, Label, Outcome, Reason};
pub use choose::Choice;
pub use evaluation::{CaseResult, Evaluation};
pub use manifest::{Case, Manifest, ManifestError, Played, Purpose, Source};
pub use markdown::{Unmarked, markdown, notes};
pub use page::page;
pub use run::{Options, Step, Tried, run};
pub use table::table;
pub use total::{Bound, Delay, Kind, Total};
pub use without::{Adds, Without};

#[cfg(test)]
mod tests;
