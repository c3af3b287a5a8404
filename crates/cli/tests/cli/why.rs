//! `why`: reasons out of a kept report.

use super::*;

fn report() -> &'static str {
    world();
    "world.json"
}

#[test]
fn a_host_a_name_and_an_address() {
    let report = report();
    let value = json(&std::fs::read_to_string(folder().join(report)).unwrap());
    let bot = judged(&value, "infected")[0].clone();
    let ran = ostium(&["why", &bot, "--report", report]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.starts_with(&format!("{bot} is infected")), "{}", ran.out);
    for indicator in value["indicators"].as_array().unwrap() {
        let target = indicator["value"].as_str().unwrap();
        let ran = ostium(&["why", target, "--report", report]);
        assert_eq!(ran.code, Some(0), "{target}: {}", ran.err);
        assert!(ran.out.contains("(infected"), "{target}: {}", ran.out);
    }
}

#[test]
fn as_json_it_is_a_part_of_the_report() {
    let value = json(&std::fs::read_to_string(folder().join(report())).unwrap());
    let bot = judged(&value, "infected")[0].clone();
    let part = json(&ostium(&["why", &bot, "--report", report(), "--format", "json"]).out);
    assert_eq!(part["hosts"].as_array().unwrap().len(), 1);
    assert_eq!((&part["schema"], &part["totals"]), (&value["schema"], &value["totals"]));
}

#[test]
fn a_report_on_standard_input() {
    let text = std::fs::read(folder().join(report())).unwrap();
    let bot = judged(&json(&String::from_utf8(text.clone()).unwrap()), "infected")[0].clone();
    let ran = ostium_fed(&["why", &bot, "--report", "-"], &text);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("is infected"));
}

#[test]
fn an_unknown_target_is_said() {
    for target in ["10.20.0.250", "nobody.example", "203.0.113.250:1"] {
        let ran = ostium(&["why", target, "--report", report()]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{target}");
        assert!(
            ran.err.starts_with(&format!("ostium: the report says nothing of {target}: ")),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("--all") && ran.err.lines().count() == 1);
    }
}

#[test]
fn what_is_no_report_is_said_with_how_to_make_one() {
    for (name, bytes) in [
        ("text.json", &b"hello"[..]),
        ("other.json", b"{\"a\":1}"),
        ("empty.json", b""),
        ("cut.json", b"{\"schema\":\"ostium.report/1\",\"inputs\":["),
    ] {
        let ran = ostium(&["why", "10.0.0.1", "--report", file(name, bytes)]);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{}", ran.err);
        assert!(
            ran.err.contains(name) && ran.err.contains("ostium analyze INPUT --format json"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_report_of_another_schema_is_refused() {
    let text = std::fs::read_to_string(folder().join(report())).unwrap();
    let newer = text.replace("ostium.report/1", "ostium.report/9");
    let ran = ostium(&["why", "10.0.0.1", "--report", file("newer.json", newer.as_bytes())]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("newer.json has schema 'ostium.report/9'"), "{}", ran.err);
}
