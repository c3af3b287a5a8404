//! Inputs that cannot serve: one clear line each, naming the file and what to do.

use super::*;

/// The one line that a refused input gives.
fn refused(name: &str) -> String {
    let ran = ostium(&["analyze", name]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{name}: {}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{name}: {}", ran.err);
    assert!(ran.err.starts_with("ostium: ") && ran.err.contains(name), "{}", ran.err);
    ran.err
}

#[test]
fn each_is_refused_by_name() {
    let no_header = CONN_ROW;
    let lacking = CONN_HEADER.replace("\tid.resp_h", "");
    let packed = gzip(&pcap(1, 100));
    for (name, bytes, advice) in [
        ("empty.pcap", &b""[..], "it is empty; leave it out"),
        ("nonsense.bin", b"\x01\x02\x03 nonsense", "give a capture, Zeek logs"),
        ("radio.pcap", &pcap(105, 1), "802.11 radio frames; capture on the wired side"),
        ("short.pcap", &quiet()[..11], "ends inside its header"),
        ("lacking.log", lacking.as_bytes(), "lacks the column 'id.resp_h'; log it again"),
        ("conn.log", no_header.as_bytes(), "has no header (#fields)"),
        ("cut.pcap.gz", &packed[..14], "ends early or is damaged; copy it again"),
        ("none.pcap.gz", &gzip(b""), "it is empty; leave it out"),
        ("flows.nfcapd", b"\x0c\xa5\x01\x00\x00\x00", "nfdump"),
        ("x.tar.xz", b"\xfd7zXZ\x00\x00\x04", "unxz"),
        ("x.zip", b"PK\x03\x04", "unpack it first"),
        ("array.json", b"[{\"ts\":1}]", "jq"),
        ("x.binetflow", b"StartTime,Dur,Proto,SrcAddr\n", "Argus"),
        ("wide.log", b"\xff\xfec\0o\0n\0n\0", "iconv"),
    ] {
        let line = refused(file(name, bytes));
        assert!(line.contains(advice), "{name}: '{advice}' is missing in {line}");
    }
    assert!(refused("no-such-file").contains("No such file"));
}

#[test]
fn a_folder_with_nothing_to_read() {
    std::fs::create_dir_all(folder().join("bare")).unwrap();
    assert!(refused("bare").contains("put captures (pcap, pcapng), Zeek logs"));
    file("junk/.hidden", b"x");
    file("junk/a.txt", b"hello");
    file("junk/b.txt", b"hello");
    let ran = ostium(&["analyze", "junk"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("junk: 2 files say nothing of use"), "{}", ran.err);
}

#[test]
fn a_folder_is_read_whole() {
    file("mixed/a/quiet.pcap", &quiet());
    file("mixed/b/conn.log", format!("{CONN_HEADER}{CONN_ROW}").as_bytes());
    file("mixed/notes.txt", b"hello");
    let ran = ostium(&["analyze", "mixed", "--format", "json"]);
    assert_eq!(ran.code, Some(0));
    let report = json(&ran.out);
    assert_eq!((&report["totals"]["packets"], &report["totals"]["rows"]), (&1.into(), &1.into()));
    assert!(ran.err.contains("notes.txt"), "{}", ran.err);
    assert_eq!(report["inputs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_log_of_no_use_is_a_word_and_no_report() {
    let log = CONN_HEADER.replace("#path\tconn", "#path\tssh");
    let ran = ostium(&["analyze", file("ssh.log", log.as_bytes())]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("ssh.log is a Zeek ssh log, which is not needed; leave it out"),
        "{}",
        ran.err
    );
}

#[test]
fn one_bad_input_of_two_is_said_and_the_other_used() {
    let quiet = file("good.pcap", &quiet());
    let ran = ostium(&["analyze", "no-such-file", quiet, "--format", "json"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("ostium: cannot open no-such-file: "), "{}", ran.err);
    assert_eq!(json(&ran.out)["totals"]["packets"], 1);
}

#[test]
fn a_line_of_ten_megabytes_costs_one_line() {
    let long = "x".repeat(10 << 20);
    let text = format!("{CONN_HEADER}{CONN_ROW}{long}\n{CONN_ROW}");
    let ran = ostium(&["analyze", file("long.log", text.as_bytes()), "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let totals = &json(&ran.out)["totals"];
    assert_eq!(totals["rows"], 2, "{totals}");
    assert_eq!(totals["anomalies"]["line_too_long"], 1, "{totals}");
}

#[test]
fn a_capture_cut_late_is_used_and_said() {
    let whole = pcap(1, 50);
    let packed = gzip(&whole);
    for (name, bytes, word) in [
        ("late.pcap", &whole[..whole.len() - 5], "the file ends inside a record"),
        ("late.pcap.gz", &packed[..packed.len() - 12], "the compressed data ends early"),
    ] {
        let ran = ostium(&["analyze", file(name, bytes), "--format", "json"]);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(0), 1), "{name}: {}", ran.err);
        assert!(ran.err.starts_with(&format!("ostium: {name}: at byte ")), "{}", ran.err);
        assert!(
            ran.err.contains(word) && ran.err.contains("what came before is used"),
            "{}",
            ran.err
        );
        assert!(json(&ran.out)["totals"]["packets"].as_u64().unwrap() > 10);
        let silent = ostium(&["analyze", name, "--quiet"]);
        assert_eq!((silent.code, silent.err.as_str()), (Some(0), ""));
    }
}

#[test]
fn nobody_inside_is_said_with_what_to_do() {
    let ran = ostium(&["analyze", file("outside.pcap", &quiet()), "--home", "192.0.2.0/24"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.starts_with("No inside host was seen"), "{}", ran.out);
    assert!(
        ran.err.contains("home is 192.0.2.0/24") && ran.err.contains("--home CIDR"),
        "{}",
        ran.err
    );
}

#[test]
fn indicators_that_are_none_are_refused() {
    let quiet = file("intel.pcap", &quiet());
    let ran = ostium(&["analyze", quiet, "--intel", file("bad.txt", b"  \n# nothing\n")]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("no indicator in bad.txt"), "{}", ran.err);
    let ran = ostium(&["analyze", quiet, "--intel", "no-such-list"]);
    assert!(ran.code == Some(1) && ran.err.contains("cannot open no-such-list"), "{}", ran.err);
}
