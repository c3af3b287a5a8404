//! `synth`: worlds as captures, as logs, and judged at once.

use super::*;

/// A scenario of a few machines.
const SCENARIO: &str = "about = 'three machines, one with a bot'
start = 2026-09-14T08:00:00Z
days = 0.1
home = ['10.9.0.0/24']
[[group]]
name = 'pc'
count = 3
habits = ['windows', 'person']
[[infection]]
name = 'scanner'
in = 'pc'
habits = [{ kind = 'scanner', per_second = 4.0 }]
";

fn scenario(name: &str) -> &str {
    file(name, SCENARIO.as_bytes())
}

fn labels(path: &str) -> toml::Table {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table["case"][0].as_table().unwrap().clone()
}

#[test]
fn the_scenarios_that_ship_are_listed() {
    let ran = ostium(&["synth", "--list"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for name in ["demo", "office", "home-users", "servers", "one-way", "lossy"] {
        assert!(ran.out.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}");
    }
}

#[test]
fn a_capture_has_its_labels_beside_it_and_is_judged_by_them() {
    let scenario = scenario("synth-a/tiny.toml");
    let ran = ostium(&["synth", scenario, "--out", "synth-a/world.pcap.zst"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("0.1 days of 3 hosts, 1 of them infected"), "{}", ran.err);
    let case = labels("synth-a/world.toml");
    assert_eq!(case["inputs"][0].as_str(), Some("world.pcap.zst"));
    assert_eq!(case["days"].as_float(), Some(0.1));
    let infected = case["infected"][0].as_str().unwrap();
    assert_eq!(case["clean"].as_array().unwrap().len(), 2);
    let report = ostium(&["analyze", "synth-a/world.pcap.zst", "--format", "json"]).out;
    assert_eq!(judged(&json(&report), "infected"), [infected]);
}

#[test]
fn the_same_bytes_by_any_way() {
    let scenario = scenario("synth-b/tiny.toml");
    for name in ["one.pcap", "two.pcap.gz"] {
        let out = format!("synth-b/{name}");
        assert_eq!(ostium(&["synth", scenario, "-q", "--out", &out]).code, Some(0));
    }
    let one = std::fs::read(folder().join("synth-b/one.pcap")).unwrap();
    let two = std::fs::File::open(folder().join("synth-b/two.pcap.gz")).unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(two), &mut plain).unwrap();
    assert!(one == plain);
    let piped = command(&["synth", scenario, "--out", "-"]).output().unwrap();
    assert!(piped.stdout == one && piped.stderr.is_empty());
    let other = command(&["synth", scenario, "--seed", "5", "--out", "-"]).output().unwrap();
    assert!(other.stdout != one);
    assert!(!folder().join("synth-b/one.pcap.part").exists());
}

#[test]
fn packets_logs_and_events_name_the_same_machines() {
    let scenario = scenario("synth-c/tiny.toml");
    let told = ostium(&["synth", scenario, "--as", "events", "--format", "json"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    let logged = ostium(&["synth", scenario, "--as", "zeek", "--out", "synth-c/logs"]);
    assert_eq!(logged.code, Some(0), "{}", logged.err);
    let logs = ostium(&["analyze", "synth-c/logs", "--format", "json"]);
    assert_eq!(logs.code, Some(0), "{}", logs.err);
    let infected = labels("synth-c/logs.toml")["infected"][0].as_str().unwrap().to_owned();
    for report in [told.out, logs.out] {
        assert_eq!(judged(&json(&report), "infected"), [infected.as_str()]);
    }
    let table = ostium(&["synth", scenario, "--as", "events"]);
    assert!(table.out.contains("1 of 1 infected hosts found, 0 false alarms among 2 clean hosts"));
    assert!(table.out.contains("0.2 clean host-days"), "{}", table.out);
}

#[test]
fn a_tap_that_loses_is_judged_in_packets() {
    let text = SCENARIO.replace("home =", "tap = { sees = 'out', loss = 0.05 }\nhome =");
    let scenario = file("synth-d/tapped.toml", text.as_bytes());
    let ran = ostium(&["synth", scenario, "--as", "events", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report = json(&ran.out);
    assert!(!report["blind"].as_array().unwrap().is_empty(), "one direction is not seen");
    assert!(report["totals"]["anomalies"]["stream_gap"].as_u64().unwrap_or(0) > 0);
    let logs = ostium(&["synth", scenario, "--as", "zeek", "--out", "synth-d/logs"]);
    assert_eq!(logs.code, Some(1));
    assert!(logs.err.contains("--as pcap"), "{}", logs.err);
}

#[test]
fn a_scenario_is_not_overwritten_by_the_labels_of_its_world() {
    let scenario = file("synth-f/own.toml", SCENARIO.as_bytes());
    let ran = ostium(&["synth", scenario, "--out", "synth-f/own.pcap", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let read = |name: &str| std::fs::read_to_string(folder().join("synth-f").join(name)).unwrap();
    assert_eq!(read("own.toml"), SCENARIO);
    assert!(read("own.labels.toml").contains("[[case]]"));
    let ran = ostium(&["synth", scenario, "--out", "synth-f/x.pcap", "--labels", scenario]);
    assert!(ran.err.contains("the scenario itself"), "{}", ran.err);
    assert_eq!(read("own.toml"), SCENARIO);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = SCENARIO.replace("'windows'", "'windoze'");
    let scenario = file("synth-e/wrong.toml", text.as_bytes());
    let ran = ostium(&["synth", scenario]);
    assert_eq!(ran.code, Some(1));
    for word in ["wrong.toml", "line 8", "windoze", "browsing"] {
        assert!(ran.err.contains(word), "{} lacks {word}", ran.err);
    }
    let ran = ostium(&["synth", "nowhere"]);
    assert!(ran.err.contains("no scenario that ships") && ran.err.contains("office"));
    assert_eq!(ostium(&["synth"]).code, Some(2));
    assert_eq!(ostium(&["synth", "demo", "--days", "-1"]).code, Some(2));
    let ran = ostium(&["synth", "demo", "--as", "events", "--out", "x"]);
    assert!(ran.err.contains("leave --out away"), "{}", ran.err);
    let ran = ostium(&["synth", "demo", "--out", "no/such/folder/x.pcap"]);
    assert!(ran.err.contains("cannot write no/such/folder/x.pcap"), "{}", ran.err);
}
