//! Tests of the whole product; the tests themselves are under `tests/`, and here is what they share:
//! made-up worlds as packets that can be changed, and what becomes of them.
#![forbid(unsafe_code)]

mod capture;

pub use capture::{Packet, Packets, pcap, pcapng};

use std::io::Cursor;
use std::ops::ControlFlow;

use ostium_event::Home;
use ostium_pipeline::{Analysis, Settings, analyze, from_reader};
use ostium_synth::{Truth, demo};

/// The demonstration world as packets, and the truth about it.
///
/// # Panics
/// Never: memory takes all that is written.
pub fn world(seed: u64) -> (Packets, Truth) {
    let mut bytes = Vec::new();
    let Ok(truth) = demo(seed).write_pcap(&mut bytes) else {
        unreachable!("memory takes all that is written");
    };
    (capture::packets(&bytes), truth)
}

/// Analyses one input of these bytes; `Err` is why it is refused.
///
/// # Errors
/// The words that the user would read.
pub fn analyzed(name: &str, bytes: Vec<u8>, settings: &Settings) -> Result<Analysis, String> {
    let size = Some(bytes.len() as u64);
    let input = from_reader(name, size, Box::new(Cursor::new(bytes)));
    let input = input.map_err(|error| error.to_string())?;
    Ok(analyze(vec![input], settings, &mut |_| ControlFlow::Continue(())))
}

/// The settings for a world: its home, all hosts in the report.
pub fn settings(truth: &Truth) -> Settings {
    Settings { home: Home::new(&truth.home), threads: 2, all: true, ..Settings::default() }
}
