//! `cargo xtask sizes`: how much memory a flow, a conversation and a host take.
//!
//! Each is made many times in a process of its own, and the growth of resident memory is divided by
//! their number: so places in tables, what lies on the heap and what the allocator adds are counted,
//! as the operating system sees it.

mod made;
mod page;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::args::Args;
use made::Thing;

pub(crate) const HELP: &str = "\
usage: cargo xtask sizes [--count N] [--write]

Makes N flows, conversations and hosts (a million unless given), and tells by how many bytes
resident memory grew for each, beside what the design aims at. Linux only. --write keeps the table
in docs/performance.md.";

/// Says to a child what to make; no word that a person types.
const ONE: &str = "--one";

/// Bytes of each.
pub(crate) struct Measured {
    thing: Thing,
    bytes: f64,
}

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let write = args.switch("--write");
    let count = args.count("--count", 1_000_000)?;
    let one = args.value(ONE)?;
    args.done()?;
    if let Some(name) = one {
        let thing = Thing::ALL.into_iter().find(|thing| thing.name() == name);
        println!("{}", thing.ok_or("nothing is called so")?.grow(count)?);
        return Ok(true);
    }
    let mut all = Vec::new();
    for thing in Thing::ALL {
        all.push(Measured { thing, bytes: in_a_child(thing, count)? });
    }
    let table = page::table(&all);
    match write {
        true => page::write(root, &table)?,
        false => print!("{table}"),
    }
    Ok(true)
}

fn in_a_child(thing: Thing, count: usize) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["sizes", ONE, thing.name(), "--count", &count.to_string()]);
    let ran = command.output()?;
    let said = String::from_utf8_lossy(&ran.stdout);
    said.trim().parse().map_err(|_| {
        let error = String::from_utf8_lossy(&ran.stderr);
        format!("{} was not measured: {}", thing.name(), error.trim()).into()
    })
}

/// Resident memory of this process in bytes.
fn resident() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("cannot read resident memory from /proc/self/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.ok_or("/proc/self/status does not tell VmRSS")? * 1024.0)
}
