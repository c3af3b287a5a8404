//! What can go wrong, and what to do about it.
//!
//! Bias: a file is refused only when nothing of it can be used; a bad row is never an error of the
//! file.

use std::io;

use thiserror::Error;

/// Why an input cannot be read as a log.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A log of a kind that says nothing Ostium uses.
    #[error("{name} is a Zeek {what} log, which is not needed; leave it out")]
    NotNeeded {
        /// The input.
        name: String,
        /// Its kind.
        what: String,
    },
    /// A kind of file that is known, but not read.
    #[error("cannot read {name}: {what}; {advice}")]
    Refused {
        /// The input.
        name: String,
        /// What it is.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// It holds packets.
    #[error("cannot read {name} as a log: it is a packet capture; open it as one")]
    Capture {
        /// The input.
        name: String,
    },
    /// Nothing tells what it is.
    #[error(
        "cannot tell what {name} is; give a capture, Zeek logs (TSV with their header, or JSON \
         lines) or Suricata EVE (JSON lines)"
    )]
    Unknown {
        /// The input.
        name: String,
    },
    /// There is not one byte in it.
    #[error("cannot read {name}: it is empty; leave it out")]
    Empty {
        /// The input.
        name: String,
    },
    /// A header that lacks a column without which no row can be used.
    #[error(
        "cannot read {name}: line {line} (#fields) lacks the column '{column}'; log it again with \
         that column"
    )]
    MissingColumn {
        /// The input.
        name: String,
        /// Line of the header.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// A header that cannot be used.
    #[error("cannot read {name}: line {line} of its header: {what}")]
    Header {
        /// The input.
        name: String,
        /// Line of the header.
        line: u64,
        /// What is wrong, and what to do.
        what: &'static str,
    },
    /// The bytes could not be had.
    #[error("cannot read {name}: {source}; check the disk or the pipe")]
    Io {
        /// The input.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Why reading stopped in the middle. Rows given before are good.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The bytes could not be had.
    #[error("cannot read on in {name} after line {line}: {source}; check the disk or the pipe")]
    Io {
        /// The input.
        name: String,
        /// The last line that was read.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
    /// A second header, in the middle of the file, that cannot be used.
    #[error(transparent)]
    Header(#[from] OpenError),
}

/// Why a row gives no events. Count it as `Anomaly::LineMalformed`; `Row::line` says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RowError {
    /// A field that cannot be read.
    #[error("cannot read the field '{0}' of a row; the row is skipped")]
    Field(&'static str),
    /// No JSON object.
    #[error("cannot read a row as one JSON object; the row is skipped")]
    Json,
}
