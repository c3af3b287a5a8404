//! Reports for people and machines.
//!
//! A [`Document`] is the report itself, the same whether it is printed as JSON or as a table, kept
//! in a file, or asked for reasons later. Nothing here judges; numbers are rounded so that the same
//! input prints the same bytes everywhere.
#![forbid(unsafe_code)]

mod build;
mod document;
pub mod html;
mod indicators;
mod table;
mod talk;
mod text;
mod why;

pub use build::{Facts, Judged, build};
pub use document::{
    ConversationRow, Document, EvidenceRow, GroupRow, HostRow, IndicatorRow, IntervalsRow,
    SetAsideRow, SpanRow, TimelineRow, Totals,
};
pub use indicators::controllers;
pub use table::{Paint, table};
pub use talk::{Activity, Intervals, Talk};
pub use text::{clock, count, duration, escape, size};
pub use why::{Target, why};

#[cfg(test)]
mod tests;
