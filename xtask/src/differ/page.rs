//! The tables of docs/differential.md.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use super::{KINDS, Tally};

/// What came of each capture.
type All = BTreeMap<String, BTreeMap<&'static str, Tally>>;

/// Why they differ: capture, kind, reason, parted by tabs.
const REASONS: &str = include_str!("reasons.tsv");

const HEAD: &str = "\
# What tshark reads in the same captures

`cargo xtask differ DIR --write` writes this page: every capture of a folder is read with our
stages and with tshark, and what both tell of DNS, TLS and HTTP is compared message by message.
A message agrees when all compared fields are the same: name, type and code of DNS; its addresses;
server name, first protocol and cipher suites (by their JA4 part) of a TLS hello; method, host,
length of path and of user agent of an HTTP request; the status of a reply.
Left out are frames in which several DNS messages or hellos lie, multicast DNS, and quotes in ICMP.
A hello said again between the same ends counts once, and odd bytes of a name that follow each
other count as one.
";

/// One row for each kind.
pub(super) fn table(all: &All) -> String {
    let mut out = String::from("\n| what | agree | only we | only tshark | differ |\n");
    out.push_str("|---|--:|--:|--:|--:|\n");
    for kind in KINDS {
        let mut sum = Tally::default();
        all.values().filter_map(|capture| capture.get(kind)).for_each(|t| sum.add(t));
        let _always = writeln!(out, "| {kind} | {} |", sum.cells());
    }
    out
}

/// Writes the page.
pub(super) fn write(root: &Path, all: &All) -> Result<(), Box<dyn Error>> {
    let mut out = HEAD.replace("\nstages", " stages").replace("\nserver", " server");
    out = out.replace("\nlength", " length").replace("\nother", " other");
    let _always = writeln!(out, "\n{} captures were read by both.", all.len());
    out.push_str(&table(all));
    out.push_str("\n## Captures that do not agree in everything\n\n");
    out.push_str("| capture | what | agree | only we | only tshark | differ | why |\n");
    out.push_str("|---|---|--:|--:|--:|--:|---|\n");
    for (name, kinds) in all {
        for (kind, tally) in kinds.iter().filter(|(_, tally)| !tally.is_same()) {
            let why = reason(name, kind).unwrap_or("not looked into yet");
            let _always = writeln!(out, "| {name} | {kind} | {} | {why} |", tally.cells());
        }
    }
    std::fs::write(root.join("docs").join("differential.md"), out)?;
    println!("written: docs/differential.md");
    Ok(())
}

fn reason(name: &str, kind: &str) -> Option<&'static str> {
    REASONS.lines().find_map(|line| {
        let mut parts = line.split('\t');
        (parts.next() == Some(name) && parts.next() == Some(kind)).then(|| parts.next()).flatten()
    })
}
