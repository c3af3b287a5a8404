//! A capture of a bot whose server was blocked while it was made: replayed with the blocks of that
//! time, the bot is what it was when it was blocked.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{OSTIUM, folder};

/// One machine, alone on its network.
const SCENARIO: &str = "about = 'one machine with a RAT, alone'
start = 2026-09-14T08:00:00Z
home = ['10.77.0.0/24']
[[group]]
name = 'pc'
first = '10.77.0.11'
[[infection]]
name = 'rat'
in = 'pc'
habits = [{ kind = 'rat', server = '198.51.100.12', ping = '30s' }]
";
const SERVER: [u8; 4] = [198, 51, 100, 12];
/// Seconds from the first packet to the block: enough for a dozen of its messages.
const BLOCKED_AFTER: u64 = 420;
/// Seconds between its calls once nobody answers: it tries at once, and then less and less, as
/// programs do that wait longer after each failure.
const WAITS: [u64; 14] = [1, 2, 4, 9, 3, 7, 31, 5, 64, 12, 95, 8, 150, 20];

/// A record of a capture: seconds, microseconds and the frame.
type Record = (u64, u32, Vec<u8>);

fn json(args: &[&str]) -> Value {
    let output = Command::new(OSTIUM).args(args).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {err}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Records of a capture with microseconds, in this machine's order of bytes.
fn records(capture: &[u8]) -> Vec<Record> {
    let mut rest = &capture[24..];
    let mut all = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let length = word(8) as usize;
        all.push((word(0).into(), word(4), rest[16..16 + length].to_vec()));
        rest = &rest[16 + length..];
    }
    all
}

fn put(capture: &mut Vec<u8>, (seconds, micros, frame): &Record) {
    let length = frame.len() as u32;
    for word in [*seconds as u32, *micros, length, length] {
        capture.extend(word.to_le_bytes());
    }
    capture.extend(frame);
}

/// Is it a packet that the RAT sends to its server (`true`), or hears from it?
fn of_the_rat(frame: &[u8]) -> Option<bool> {
    (frame[30..34] == SERVER).then_some(true).or_else(|| (frame[26..30] == SERVER).then_some(false))
}

/// What a gateway hears when it blocks the server from then on: last words that nobody takes, sent
/// again and again, and then calls that nobody answers. Also the second from which it blocks.
fn blocked(capture: &[u8], calls: usize) -> (Vec<u8>, u64) {
    let all = records(capture);
    let since = all[0].0 + BLOCKED_AFTER;
    let (before, after): (Vec<_>, Vec<_>) = all.into_iter().partition(|r| r.0 < since);
    let mut heard = before.clone();
    let others = after.iter().filter(|(_, _, frame)| of_the_rat(frame).is_none()).cloned();
    heard.extend(others);
    let mut words = after.iter().filter(|(_, _, frame)| of_the_rat(frame) == Some(true));
    let (said_at, _, said) = words.next().unwrap().clone();
    for wait in [0, 1, 3, 7, 15] {
        heard.push((said_at + wait, 500_000, said.clone()));
    }
    let call = before.iter().find(|(_, _, frame)| of_the_rat(frame) == Some(true)).unwrap();
    let mut at = said_at + 20;
    for (call_number, wait) in WAITS.into_iter().cycle().take(calls).enumerate() {
        at += wait;
        let mut syn = call.2.clone();
        let port = 40_000 + call_number as u16;
        syn[34..36].copy_from_slice(&port.to_be_bytes());
        for again in [0, 1, 3] {
            heard.push((at + again, 700_000, syn.clone()));
        }
    }
    heard.sort_by_key(|(seconds, micros, _)| (*seconds, *micros));
    let mut capture = capture[..24].to_vec();
    heard.iter().for_each(|record| put(&mut capture, record));
    (capture, since)
}

fn replay(folder: &Path, name: &str) -> Value {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (capture, state, socket) = (path(name), path("state"), path("s"));
    let words = ["sensor", "--replay", &capture, "--home", "10.77.0.0/24", "--mode", "simulate"];
    let more = ["--state", &state, "--socket", &socket, "--format", "json"];
    json(&[&words[..], &more].concat())
}

fn verdict(report: &Value) -> &str {
    report["hosts"][0]["verdict"].as_str().unwrap_or("clean")
}

fn nats(report: &Value, detector: &str) -> Option<f64> {
    let rows = report["hosts"][0]["evidence"].as_array()?;
    rows.iter().find(|row| row["detector"] == detector)?["log_odds"].as_f64()
}

/// What the sensor says of the capture without, and with the blocks of that time.
fn both(folder: &Path, capture: &[u8], calls: usize) -> [Value; 2] {
    let (heard, since) = blocked(capture, calls);
    std::fs::write(folder.join("blocked.pcap"), heard).unwrap();
    std::fs::remove_dir_all(folder.join("state")).ok();
    let unknown = replay(folder, "blocked.pcap");
    let nanos = |seconds: u64| seconds * 1_000_000_000;
    let block = serde_json::json!({
        "target": "198.51.100.12", "since": nanos(since), "until": nanos(since + 86_400),
        "origin": "detector", "because": "10.77.0.11 is infected", "evidence": [], "mode": "block",
    });
    let state = serde_json::json!({
        "blocks": [block], "released": {}, "recent": [], "latest": nanos(since),
    });
    let kept = serde_json::json!({"version": 1, "state": state}).to_string();
    std::fs::write(folder.join("state/blocks.json"), kept).unwrap();
    [unknown, replay(folder, "blocked.pcap")]
}

#[test]
fn what_a_block_does_to_a_bot_is_not_held_for_or_against_it() {
    let folder = folder("barred");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("rat.toml"), SCENARIO).unwrap();
    let made = ["synth", &path("rat.toml"), "-o", &path("rat.pcap"), "--days", "0.05"];
    assert!(Command::new(OSTIUM).args(made).status().unwrap().success());
    let capture = std::fs::read(path("rat.pcap")).unwrap();

    // Its last words, said again and again, spoil the rhythm that convicted it.
    let [unknown, known] = both(&folder, &capture, 7);
    assert_eq!(verdict(&unknown), "suspect", "{unknown}");
    assert_eq!(verdict(&known), "infected", "{known}");
    assert!(nats(&known, "beacon") > nats(&unknown, "beacon"));

    // And that it calls in vain is no evidence when we see to it.
    let [unknown, known] = both(&folder, &capture, 40);
    assert!(nats(&unknown, "failing-contact").is_some(), "{unknown}");
    assert_eq!((verdict(&known), nats(&known, "failing-contact")), ("infected", None), "{known}");
    std::fs::remove_dir_all(folder).unwrap();
}
