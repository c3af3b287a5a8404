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
