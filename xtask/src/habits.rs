//! docs/habits.md: every habit of made-up worlds with its parameters, out of the source.
//!
//! Read is what people wrote for people: the comments of each struct and field, and the text of its
//! `Default`. A type that is neither a number, text nor a list of them is told below as a value.

mod read;
mod show;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::source::texts;
use read::{Kind, Shape, shapes};

pub(crate) const HELP: &str = "\
usage: cargo xtask habits [--write]

Reads the habits of crates/synth and compares docs/habits.md with them; with --write it is written
anew.";

const PAGE: &str = "docs/habits.md";

const HEAD: &str = "\
# Habits

Every habit that a scenario may name, with its parameters and their defaults.
[synth.md](synth.md) says how scenarios are written.
This page is written by `cargo xtask habits --write` from the comments in `crates/synth/src`.
";

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let write = args.switch("--write");
    args.done()?;
    if write {
        fs::write(root.join(PAGE), page(root)?)?;
        return Ok(true);
    }
    let faults = faults(root)?;
    faults.iter().for_each(|fault| println!("{fault}"));
    Ok(faults.is_empty())
}

/// What is wrong with the page.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let have = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    Ok(match have == page(root)? {
        true => Vec::new(),
        false => vec![format!("{PAGE}: not as the source says; run cargo xtask habits --write")],
    })
}

fn page(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut all = Vec::new();
    let mut kinds = Vec::new();
    for text in texts(&root.join("crates/synth/src"), &[".rs"])? {
        all.extend(shapes(&text.body));
        if text.path == "habit.rs" {
            kinds = read::kinds(&text.body);
        }
    }
    if kinds.is_empty() {
        return Err("crates/synth/src/habit.rs lists no habits".into());
    }
    let mut out = HEAD.to_owned();
    let mut values = BTreeSet::new();
    for (folder, title) in [("population", "Clean machines"), ("bots", "Bots")] {
        out.push_str(&format!("\n## {title}\n"));
        for Kind { name, .. } in kinds.iter().filter(|kind| kind.folder == folder) {
            let shape = find(&all, name)?;
            out.push_str(&show::habit(shape));
            values.extend(shape.fields.iter().flat_map(|field| show::words(&field.kind)));
        }
    }
    out.push_str("\n## Values\n");
    let mut told = BTreeSet::new();
    while let Some(name) = values.pop_first() {
        let Ok(shape) = find(&all, &name) else {
            continue;
        };
        if told.insert(name) {
            out.push_str(&show::value(shape));
            let fields = shape.fields.iter();
            values.extend(fields.flat_map(|field| show::words(&field.kind)));
            values.retain(|name| !told.contains(name));
        }
    }
    Ok(out)
}

fn find<'a>(all: &'a [Shape], name: &str) -> Result<&'a Shape, Box<dyn Error>> {
    let found = all.iter().find(|shape| shape.name == name && shape.is_read);
    found.ok_or_else(|| format!("crates/synth/src has no type {name} that serde reads").into())
}
