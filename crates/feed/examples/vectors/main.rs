//! Makes `vectors/feed-1.json`, by which any implementation of the feed can be checked.
//!
//! `cargo run -p ostium-feed --example vectors -- --write`, or `--check` to compare. The frames are
//! made as docs/protocol.md says and not by the publisher of this crate, so that the page, the
//! publisher and the follower check each other.
#![forbid(unsafe_code)]

mod attacks;
mod book;
mod hub;
mod keys;
mod usual;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/feed-1.json");
    let made = book::made()?;
    match std::env::args().nth(1).as_deref() {
        Some("--write") => std::fs::write(&path, made)?,
        Some("--check") if std::fs::read_to_string(&path)? == made => {}
        Some("--check") => {
            eprintln!("vectors/feed-1.json is not what would be made now; --write makes it");
            return Ok(ExitCode::FAILURE);
        }
        _ => {
            eprintln!("usage: vectors --write | --check");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
