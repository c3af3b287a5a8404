//! `synth --live` over loopback, without any right.

use super::*;

const SCENARIO: &str = "about = 'one machine with a bot that polls and one that keeps a line'
start = 2026-09-14T08:00:00Z
home = ['10.9.0.0/24']
[[group]]
name = 'pc'
[[infection]]
name = 'polls'
in = 'pc'
habits = [{ kind = 'beacon', every = '20s' }, { kind = 'held', sleep = { every = '20s' } }]
";

/// An address of loopback that no other run of these tests uses.
fn own_address(last: u8) -> String {
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("127.{}.{low}.{last}", 65 + (high & 0x3f))
}

#[test]
fn bots_and_their_outside_meet_on_one_machine() {
    let at = own_address(1);
    let scenario = file("live/one.toml", SCENARIO.as_bytes());
    let shared = [
        "synth",
        scenario,
        "--live",
        "--at",
        &at,
        "--add-to-ports",
        "20000",
        "--pace",
        "20",
        "--format",
        "json",
    ];
    let far = [&shared[..], &["--outside", "--for", "12s"]].concat();
    let outside = command(&far).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let near = [&shared[..], &["--resolver", &at, "--from", &at, "--for", "8s"]].concat();
    let bots = ostium(&near);
    assert_eq!(bots.code, Some(0), "{}", bots.err);
    assert!(bots.err.contains("2 of 2 bots play"), "{}", bots.err);
    let report = json(&bots.out);
    assert_eq!(report["schema"], "ostium.live/1");
    for row in report["rows"].as_array().unwrap() {
        assert!(row["counts"]["answered"].as_u64() > Some(0), "{report}");
    }
    let heard = ran(outside.wait_with_output().unwrap());
    assert_eq!(heard.code, Some(0), "{}", heard.err);
    let sum = &json(&heard.out)["sum"];
    assert!(sum["answered"].as_u64() >= report["sum"]["answered"].as_u64(), "{sum} {report}");
}

#[test]
fn what_might_reach_somebody_is_refused() {
    let scenario = file("live/two.toml", SCENARIO.as_bytes());
    let ran = ostium(&["synth", scenario, "--live", "--at", "127.0.0.1", "--for", "2s"]);
    // Its resolver is a public one. In a laboratory the machine of the bots is not here.
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(
        ran.err.contains("9.9.9.9 would be called") || ran.err.contains("--from"),
        "{}",
        ran.err
    );
    for words in [
        &["synth", scenario, "--at", "127.0.0.1"][..],
        &["synth", scenario, "--live", "--out", "x.pcap"],
        &["synth", scenario, "--live", "--for", "2h"],
        &["synth", scenario, "--live", "--pace", "0"],
    ] {
        assert_eq!(ostium(words).code, Some(2), "{words:?}");
    }
}

#[test]
fn a_table_tells_people() {
    let at = own_address(2);
    let scenario = file("live/three.toml", SCENARIO.as_bytes());
    let near = ["--resolver", &at, "--from", &at, "--for", "2s", "--pace", "20"];
    let ran = ostium(&[&["synth", scenario, "--live", "--at", &at], &near[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for word in ["machine", "kept back", "beacon", "held", "all"] {
        assert!(ran.out.contains(word), "{}", ran.out);
    }
}
