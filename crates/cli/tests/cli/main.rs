//! Tests of the command as people and scripts run it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy only knows functions marked as tests"
)]

mod bad_inputs;
mod demo;
mod eval;
mod exits;
mod feed;
mod flood;
mod live;
mod output;
mod synth;
mod top;
mod why;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What a run of the command gave.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ostium"));
    command.args(args).env_remove("NO_COLOR").current_dir(folder());
    command
}

/// Runs the command with nothing on its standard input.
fn ostium(args: &[&str]) -> Ran {
    ran(command(args).stdin(Stdio::null()).output().unwrap())
}

/// Runs the command with these bytes on its standard input.
fn ostium_fed(args: &[&str], bytes: &[u8]) -> Ran {
    let piped = || Stdio::piped();
    let mut child = command(args).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    // Who has read enough hangs up.
    let feeder = std::thread::spawn(move || stdin.write_all(&bytes).is_ok());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    ran(output)
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    Ran { code: output.status.code(), out, err }
}

/// A folder of these tests alone.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a file into the folder; gives its name there.
fn file<'a>(name: &'a str, bytes: &[u8]) -> &'a str {
    let path = folder().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    name
}

/// The world of the demonstration, kept once for all tests.
fn world() -> &'static str {
    static WORLD: OnceLock<()> = OnceLock::new();
    WORLD.get_or_init(|| {
        // Tests may run in processes of their own: each makes the same bytes, and moves them into
        // place whole.
        let own = format!("{}/world.pcap", std::process::id());
        std::fs::create_dir_all(folder().join(&own).parent().unwrap()).unwrap();
        let demo = ostium(&["demo", "--keep", &own, "--format", "json"]);
        assert_eq!((demo.code, demo.err.as_str()), (Some(0), ""));
        let report = format!("{}/world.json", std::process::id());
        file(&report, demo.out.as_bytes());
        let labels = format!("{}/world.toml", std::process::id());
        for (from, to) in [(own, "world.pcap"), (labels, "world.toml"), (report, "world.json")] {
            std::fs::rename(folder().join(from), folder().join(to)).unwrap();
        }
    });
    "world.pcap"
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Addresses of hosts with this verdict, sorted.
fn judged(report: &Value, verdict: &str) -> Vec<String> {
    let hosts = report["hosts"].as_array().unwrap().iter();
    let mut found: Vec<String> = hosts
        .filter(|host| host["verdict"] == verdict)
        .map(|host| host["host"].as_str().unwrap().to_owned())
        .collect();
    found.sort_unstable();
    found
}

/// A classic capture with so many SYNs, a second apart, on this link.
fn pcap(link: u32, frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put =
        |words: &[u32]| words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
    put(&[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65_535, link]);
    for n in 0..frames as u32 {
        let len = u32::try_from(SYN.len()).unwrap();
        let mut put =
            |words: &[u32]| words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
        put(&[1_767_225_600 + n, 0, len, len]);
        out.extend_from_slice(&SYN);
    }
    out
}

/// A SYN of 10.0.0.5 to 203.0.113.9:80 in an Ethernet frame.
const SYN: [u8; 54] = [
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, // Ethernet
    0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 5, 203, 0, 113, 9, // IPv4
    0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0, // TCP
];

/// A quiet capture of one clean host.
fn quiet() -> Vec<u8> {
    pcap(1, 1)
}

const CONN_HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n\
    #path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n";
const CONN_ROW: &str = "1767225600.5\tC1\t10.0.0.5\t40000\t203.0.113.9\t80\ttcp\tS0\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}
