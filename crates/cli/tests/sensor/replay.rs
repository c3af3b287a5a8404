//! A capture replayed through the whole sensor.

use std::process::Command;

use serde_json::Value;

use crate::{OSTIUM, folder};

fn json(args: &[&str]) -> Value {
    let output = Command::new(OSTIUM).args(args).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {err}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_replay_tells_what_an_analysis_tells() {
    let folder = folder("replay");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let world = path("world.pcap");
    json(&["demo", "--keep", &world, "--format", "json"]);
    let labels = std::fs::read_to_string(path("world.toml")).unwrap();
    let home = labels.lines().find_map(|line| line.strip_prefix("home = [\"")).unwrap();
    let home = home.split('"').next().unwrap();
    let analysed = json(&["analyze", &world, "--home", home, "--format", "json"]);
    let replayed = json(&[
        "sensor",
        "--replay",
        &world,
        "--home",
        home,
        "--mode",
        "simulate",
        "--state",
        &path("state"),
        "--socket",
        &path("s"),
        "--format",
        "json",
    ]);
    let hosts = |report: &Value, field: &str| -> Vec<String> {
        let hosts = report["hosts"].as_array().unwrap().iter();
        hosts.map(|host| host[field].to_string()).collect()
    };
    for field in ["host", "verdict"] {
        assert_eq!(hosts(&replayed, field), hosts(&analysed, field));
    }
    assert!(hosts(&replayed, "verdict").contains(&"\"infected\"".to_owned()));
    let kept: Value =
        serde_json::from_slice(&std::fs::read(folder.join("state/blocks.json")).unwrap()).unwrap();
    let blocks = kept["state"]["blocks"].as_array().unwrap();
    assert!(!blocks.is_empty(), "what was called would have been blocked: {kept}");
    assert!(blocks.iter().all(|block| block["mode"] == "simulate"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_start_says_what_to_do() {
    let folder = folder("start");
    let wrong = folder.join("sensor.toml");
    std::fs::write(&wrong, "mode = \"observe\"\n\nlook-evry = \"2s\"\n").unwrap();
    let wrong = wrong.to_str().unwrap();
    let state = folder.join("state").to_str().unwrap().to_owned();
    for (args, wanted) in [
        (vec!["sensor", "--config", wrong], "line 3"),
        (vec!["sensor", "--state", &state], "--interface eth0"),
        (vec!["sensor", "--state", &state, "--interface", "nonesuch0"], "no interface nonesuch0"),
        (vec!["sensor", "--replay", "/nonexistent.pcap"], "/nonexistent.pcap"),
        (vec!["status", "--socket", "/nonexistent/s"], "ostium sensor --interface"),
        (vec!["why", "10.0.0.1", "--socket", "/nonexistent/s"], "ostium sensor --interface"),
        (vec!["block", "198.51.100.300"], "c2.example"),
        (vec!["quarantine", "c2.example", "--socket", "/nonexistent/s"], "10.1.2.3"),
    ] {
        let output = Command::new(OSTIUM).args(&args).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && err.contains(wanted), "{args:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A SYN of an inside host to a web server, as a packet of a capture.
fn syn(number: u32) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    // Odd factors reach every address below 10.0.0.0/8 in no order.
    let inside = number.wrapping_mul(0x9e37_79b1) & 0x00ff_ffff | 0x0a00_0000;
    frame.extend(inside.to_be_bytes());
    frame.extend([203, 0, 113, 5, 0x40, (number % 251) as u8, 0, 80]);
    frame.extend(number.to_be_bytes());
    frame.extend([0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0]);
    let (secs, micros) = (1_700_000_000 + number / 20_000, number % 20_000 * 50);
    let length = frame.len() as u32;
    let mut record: Vec<u8> =
        [secs, micros, length, length].into_iter().flat_map(u32::to_le_bytes).collect();
    record.extend(frame);
    record
}

#[test]
fn a_flood_of_made_up_callers_is_one_block_and_few_lines() {
    let folder = folder("flood");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let mut capture: Vec<u8> = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1u32]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    (0..100_000).for_each(|number| capture.extend(syn(number)));
    std::fs::write(path("flood.pcap"), capture).unwrap();
    std::fs::write(path("known.txt"), "203.0.113.5\n").unwrap();
    let config = "mode = \"simulate\"\nmemory = \"64MiB\"\n";
    std::fs::write(path("sensor.toml"), config).unwrap();
    let output = Command::new(OSTIUM)
        .args(["sensor", "--replay", &path("flood.pcap"), "--config", &path("sensor.toml")])
        .args(["--intel", &path("known.txt"), "--state", &path("state"), "--socket", &path("s")])
        .args(["--format", "json"])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !err.contains("panicked"), "{err}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["totals"]["packets"], 100_000);
    let calls = err.lines().filter(|line| line.contains("calls 203.0.113.5")).count();
    assert!((1..=200).contains(&calls), "{calls} lines for 100,000 callers");
    assert_eq!(err.lines().filter(|line| line.contains("would be blocked")).count(), 1, "{err}");
    std::fs::remove_dir_all(folder).unwrap();
}
