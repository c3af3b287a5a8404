//! Events from other tools' records: Zeek logs (TSV and JSON lines) and Suricata EVE.
//!
//! Work is in two phases, so that several threads can share it. The thread that reads
//! ([`LogFile`]) decompresses, cuts lines, and takes a first look at each: kind, time, the two
//! addresses; that is enough to merge files by time and to find the shard that owns a row. The
//! thread that owns the shard turns the row into events ([`Schema::events`]).
//!
//! Bias: what is readable is used. A line that makes no sense is counted and skipped, a damaged
//! compressed file gives what came before the damage, and columns that are not known are not even
//! looked at, so labels of labelled logs cannot reach a detector. Files that cannot serve are
//! refused by name, with what to do instead.
//!
//! Joins across files are made by the thread that reads, in the order of the merge, so their
//! result does not depend on the number of workers: [`CertIndex`] finds the certificate of an
//! `ssl` row in `x509` rows seen before, [`Rejoin`] keeps a connection that stands in `open_conn`
//! and again in `conn` from being counted twice.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod address;
mod block;
mod cells;
mod certs;
mod clock;
mod ends;
mod error;
mod eve;
mod file;
mod header;
mod json;
mod lanes;
mod latest;
mod lines;
mod number;
mod rejoin;
mod schema;
mod sniff;
mod text;
mod tls_names;
mod unpack;
mod window;
mod zeek;

pub use block::{ConnectionRow, Row, RowBlock, RowKind, RowRef};
pub use certs::{CertIndex, CertRecord};
pub use error::{OpenError, ReadError, RowError};
pub use file::{Counters, LogFile};
pub use rejoin::{Admit, Rejoin};
pub use schema::{LogKind, Schema};
pub use sniff::{Sniff, Sniffed, sniff};
pub use text::Scratch;
pub use unpack::{Packing, Unpacked};

#[cfg(test)]
mod tests;
