//! Exit status: 0 done, 1 failed, 2 wrong usage, 3 found what `--fail-on` looks for.

use super::*;

#[test]
fn done_is_0_whatever_was_found() {
    assert_eq!(ostium(&["analyze", file("quiet0.pcap", &quiet())]).code, Some(0));
    assert_eq!(ostium(&["analyze", world(), "--home", "10.20.0.0/24"]).code, Some(0));
    for args in [&["--version"][..], &["--help"], &["analyze", "--help"], &["help", "why"]] {
        let ran = ostium(args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn help_has_examples_for_every_command() {
    for command in ["analyze", "why", "demo", "top", "hub", "join", "feed", "completions"] {
        let help = ostium(&[command, "--help"]).out;
        assert!(help.contains("Examples:\n"), "{command}");
        assert!(help.contains(&format!("  ostium {command}")), "{command}");
        assert!(help.lines().all(|line| line.chars().count() <= 110), "{command}");
    }
}

#[test]
fn failed_is_1() {
    for args in [
        &["analyze", "no-such-file"][..],
        &["why", "10.0.0.1", "--report", "no-such-file"],
        &["demo", "--keep", "no-such-folder/x.pcap"],
    ] {
        let ran = ostium(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{args:?}");
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(ran.err.starts_with("ostium: cannot "), "{}", ran.err);
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    for (args, words) in [
        (&["analyze"][..], "<INPUT>"),
        (&["why"], "<HOST|NAME|ADDRESS>"),
        (&["block", "198.51.100.300"], "c2.example"),
        (&["block", "198.51.100.7", "--for", "soon"], "24h"),
        (&["frobnicate"], "frobnicate"),
        (&["analyze", "x", "--home", "everything"], "write one as 10.0.0.0/8"),
        (&["analyze", "x", "--home", "10.0.0.0/40"], "write one as 10.0.0.0/8"),
        (&["analyze", "x", "--prior", "2"], "between 0 and 0.5"),
        (&["analyze", "x", "--prior", "nan"], "between 0 and 0.5"),
        (&["analyze", "x", "--memory", "much"], "1GiB"),
        (&["analyze", "x", "--memory", "1MiB"], "is the least"),
        (&["analyze", "x", "--role", "king=10.0.0.1"], "resolver"),
        (&["analyze", "x", "--role", "nat=here"], "'here' is no address"),
        (&["analyze", "x", "--threads", "0"], "1..=64"),
        (&["analyze", "x", "--format", "xml"], "json"),
        (&["analyze", "x", "--fail-on", "clean"], "suspect"),
        (&["completions", "csh"], "bash"),
    ] {
        let ran = ostium(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains(words), "{args:?}: '{words}' is missing in {}", ran.err);
    }
}

#[test]
fn found_is_3_only_when_asked_for() {
    let of = |what: &str, input: &str| {
        let ran = ostium(&["analyze", input, "--home", "10.20.0.0/16", "--fail-on", what]);
        assert!(!ran.out.is_empty(), "the report is printed all the same");
        ran.code
    };
    assert_eq!(of("infected", world()), Some(3));
    assert_eq!(of("suspect", world()), Some(3));
    let quiet = file("quiet3.pcap", &quiet());
    assert_eq!(of("infected", quiet), Some(0));
    assert_eq!(of("suspect", quiet), Some(0));
}

#[test]
fn fail_on_suspect_is_wider_than_fail_on_infected() {
    // A beacon in a log without names: suspect, but one group of evidence convicts nobody.
    let mut log = CONN_HEADER.to_owned();
    for n in 0..300u32 {
        log.push_str(&format!(
            "{}.0\tC{n}\t10.0.0.5\t{}\t203.0.113.9\t443\ttcp\tSF\n",
            1_767_225_600 + n * 60,
            20_000 + n
        ));
    }
    let name = file("beacon.log", log.as_bytes());
    let report = json(&ostium(&["analyze", name, "--format", "json"]).out);
    assert_eq!(
        (report["totals"]["infected"].as_u64(), judged(&report, "suspect").len()),
        (Some(0), 1)
    );
    assert_eq!(ostium(&["analyze", name, "--fail-on", "infected"]).code, Some(0));
    assert_eq!(ostium(&["analyze", name, "--fail-on", "suspect"]).code, Some(3));
}
