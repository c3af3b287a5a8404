//! A flood under made-up source addresses, with the demonstration world under it: memory stays
//! within its bound, as the system measures it, and the bots are still found.
//!
//! The flood has sources inside (each a host of its own to whoever looks) and sources outside, by
//! turns.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::{command, folder, json, judged, world};

/// Memory for state that the runs may take.
const MEMORY: u64 = 128 << 20;
/// What a run takes besides: the program, its lists, blocks of the input, and what the allocator
/// cannot fill. Ten million took 24 MiB of it, and two hundred thousand none.
const BESIDES: u64 = 48 << 20;
/// Seconds into the world when the flood begins, and how long it lasts.
const BEGINS: u32 = 2 * 3600;
const LASTS: u32 = 3600;

/// What a run came to.
struct Run {
    report: Value,
    /// The most memory that it held, in bytes, as the system counts pages.
    resident: u64,
}

/// The frames of a flood, made one by one.
struct Flood {
    frame: [u8; 54],
    chance: u64,
}

// === impl Flood ===

impl Flood {
    fn new() -> Self {
        let mut frame = crate::SYN;
        // From a hardware address of its own: who floods is not asked here.
        frame[6..12].copy_from_slice(&[2, 0, 0, 9, 9, 9]);
        Self { frame, chance: 7 }
    }

    fn chance(&mut self) -> u32 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.chance >> 32) as u32
    }

    /// The next one: odd ones from inside to a victim outside, even ones the other way.
    fn next(&mut self, n: u32) -> &[u8] {
        let (one, other) = (self.chance(), self.chance());
        let (src, dst) = match n % 2 {
            0 => ([10, (one >> 16) as u8, (one >> 8) as u8, one as u8], [203, 0, 113, 9]),
            _ => ((0x2000_0000 + (one >> 3)).to_be_bytes(), [10, 20, 0, 9]),
        };
        self.frame[26..30].copy_from_slice(&src);
        self.frame[30..34].copy_from_slice(&dst);
        self.frame[34..36].copy_from_slice(&(1024 | other as u16).to_be_bytes());
        self.frame[38..42].copy_from_slice(&other.to_be_bytes());
        &self.frame
    }
}

/// Writes the capture with so many packets of flood between its own.
fn pour(capture: &[u8], count: u32, mut out: impl Write) -> std::io::Result<()> {
    let (head, mut rest) = capture.split_at(24);
    out.write_all(head)?;
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let first = word(rest, 0) + BEGINS;
    let step = u64::from(LASTS) * 1_000_000 / u64::from(count.max(1));
    let (mut flood, mut sent) = (Flood::new(), 0);
    while !rest.is_empty() {
        let at = u64::from(word(rest, 0)) * 1_000_000 + u64::from(word(rest, 4));
        while sent < count {
            let due = u64::from(first) * 1_000_000 + u64::from(sent) * step;
            if due > at {
                break;
            }
            for value in [(due / 1_000_000) as u32, (due % 1_000_000) as u32, 54, 54] {
                out.write_all(&value.to_le_bytes())?;
            }
            out.write_all(flood.next(sent))?;
            sent += 1;
        }
        let (record, after) = rest.split_at(16 + word(rest, 8) as usize);
        out.write_all(record)?;
        rest = after;
    }
    assert_eq!(sent, count, "the world goes on after the flood");
    out.flush()
}

/// Analyses what is poured into standard input, and watches how much memory that takes.
fn analyzed(count: u32) -> Run {
    let capture = std::fs::read(folder().join(world())).unwrap();
    let memory = MEMORY.to_string();
    let args = ["analyze", "-", "--home", "10.0.0.0/8", "--memory", &memory, "--format", "json"];
    let piped = || Stdio::piped();
    let mut child = command(&args).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let (id, over) = (child.id(), AtomicBool::new(false));
    let over = &over;
    std::thread::scope(|scope| {
        scope.spawn(|| pour(&capture, count, std::io::BufWriter::with_capacity(1 << 18, stdin)));
        let watch = scope.spawn(move || {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = most.max(resident(id));
                std::thread::sleep(Duration::from_millis(3));
            }
            most
        });
        let report = end(child);
        over.store(true, Ordering::Relaxed);
        Run { report, resident: watch.join().unwrap() }
    })
}

fn end(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    json(&String::from_utf8(output.stdout).unwrap())
}

/// The most memory that a process has held so far, in bytes; 0 when it is gone.
fn resident(id: u32) -> u64 {
    let path = format!("/proc/{id}/status");
    let status = std::fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.unwrap_or(0) << 10
}

fn survives(count: u32) {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("note: no /proc here, so nothing was tested");
        return;
    }
    let quiet = analyzed(0);
    let flooded = analyzed(count);
    let totals = &flooded.report["totals"];
    let packets = |run: &Run| run.report["totals"]["packets"].as_u64().unwrap();
    println!(
        "{count}: {} MiB, {} MiB without; {} hosts, dropped {}",
        flooded.resident >> 20,
        quiet.resident >> 20,
        totals["hosts"],
        totals["dropped"]
    );
    assert_eq!(packets(&flooded), packets(&quiet) + u64::from(count));
    assert!(quiet.resident > 8 << 20, "memory was measured");
    assert!(flooded.resident < MEMORY + BESIDES, "{} MiB", flooded.resident >> 20);
    let bots = judged(&quiet.report, "infected");
    assert_eq!(bots.len(), 3);
    assert_eq!(judged(&flooded.report, "infected"), bots, "the bots, and nobody else");
    let dropped = &totals["dropped"];
    assert!(dropped["flow_evicted"].as_u64() > Some(0), "the flood reached the bound: {dropped}");
}

#[test]
fn two_hundred_thousand_sources_hide_no_bot() {
    survives(200_000);
}

#[test]
fn ten_million_sources_hide_no_bot() {
    survives(10_000_000);
}
