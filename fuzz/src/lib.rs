//! What the fuzz targets share. A target is a file in `bin/`: it names a function of this library
//! and holds nothing else, so that a finding can be replayed and read in one place.
//!
//! Bias: besides "no panic" every target asserts what is meant: the same events for any cut of the
//! bytes, packets that lie in their buffer, tables within their bounds.
#![forbid(unsafe_code)]

mod cuts;
pub mod enforce;
pub mod feed;
pub mod ingest;
pub mod intel;
pub mod keep;
pub mod live;
pub mod parse;
pub mod report;
pub mod rpz;
pub mod scenario;
pub mod track;
pub mod whole;
pub mod wire;

pub use cuts::{Bits, Dribble};

/// Makes the program of a target: `target!(wire::decode)`.
#[macro_export]
macro_rules! target {
    ($($path:ident)::+) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| -> libfuzzer_sys::Corpus {
            match $crate::$($path)::+(bytes) {
                true => libfuzzer_sys::Corpus::Keep,
                false => libfuzzer_sys::Corpus::Reject,
            }
        });
    };
}
