//! What is printed, where, and how.

use super::*;

#[test]
fn json_is_one_object_and_a_line_end() {
    let ran = ostium(&[
        "analyze",
        world(),
        "--home",
        "10.20.0.0/24",
        "--format",
        "json",
        "--site",
        "lab",
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.ends_with("}\n"));
    let report = json(&ran.out);
    assert_eq!((&report["schema"], &report["site"]), (&"ostium.report/1".into(), &"lab".into()));
    assert_eq!(report["inputs"], serde_json::json!([world()]));
    assert_eq!(report["home"], serde_json::json!(["10.20.0.0/24"]));
    assert!(report["hosts"].as_array().unwrap().iter().all(|h| h["verdict"] != "clean"));
}

#[test]
fn a_table_in_a_pipe_has_no_codes() {
    let ran = ostium(&["analyze", world(), "--home", "10.20.0.0/24"]);
    assert!(ran.out.contains("infected") && !ran.out.contains('\u{1b}'));
    assert_eq!(ran.err, "", "no progress bar in a pipe");
}

/// Runs the command on a terminal; `None` where there is no program to make one.
fn on_a_terminal(variable: &str) -> Option<String> {
    let line = format!("{} analyze --quiet {}", env!("CARGO_BIN_EXE_ostium"), world());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder()).stdin(Stdio::null());
    script.env("TERM", "xterm-256color").env("NO_COLOR", variable);
    let output = script.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn colours_on_a_terminal_unless_no_color_is_set() {
    let Some(coloured) = on_a_terminal("") else {
        eprintln!("note: no program 'script' here, so nothing was tested");
        return;
    };
    let red =
        |text: &str| text.lines().any(|l| l.contains("infected") && l.contains("\u{1b}[38;5;9m"));
    assert!(red(&coloured), "{coloured}");
    let plain = on_a_terminal("1").unwrap();
    assert!(plain.contains("infected") && !red(&plain), "{plain}");
    assert!(!plain.contains('\u{1b}'), "no code of any kind: {plain:?}");
}

#[test]
fn standard_input_is_a_dash() {
    let ran = ostium_fed(&["analyze", "-", "--format", "json"], &quiet());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let report = json(&ran.out);
    assert_eq!(report["inputs"], serde_json::json!(["standard input"]));
    assert_eq!(report["totals"]["packets"], 1);
    let log = format!("{CONN_HEADER}{CONN_ROW}");
    let ran = ostium_fed(&["analyze", "-", "--format", "json"], &gzip(log.as_bytes()));
    assert_eq!(json(&ran.out)["totals"]["rows"], 1);
    let ran = ostium_fed(&["analyze", "-"], b"nonsense");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("ostium: cannot tell what standard input is"), "{}", ran.err);
}

#[test]
fn output_goes_to_a_file_whole() {
    let quiet = file("for-output.pcap", &quiet());
    for format in ["json", "table"] {
        let name = format!("report.{format}");
        let ran = ostium(&["analyze", quiet, "--format", format, "--output", &name]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
        let written = std::fs::read_to_string(folder().join(&name)).unwrap();
        let printed = ostium(&["analyze", quiet, "--format", format]).out;
        assert_eq!(written, printed);
        assert!(!folder().join(format!("{name}.part")).exists());
    }
    let ran = ostium(&["analyze", quiet, "-o", "no-such-folder/report.json"]);
    assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{}", ran.err);
    assert!(ran.err.contains("cannot write no-such-folder/report.json"), "{}", ran.err);
}

#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    let quiet = file("for-pipe.pcap", &quiet());
    let pipe = folder().join("report.pipe");
    // A pipe may be left of an earlier run.
    std::fs::remove_file(&pipe).ok();
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|made| made.success()) {
        eprintln!("note: no program 'mkfifo' here, so nothing was tested");
        return;
    }
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
    let ran = ostium(&["analyze", quiet, "--format", "json", "--output", "report.pipe"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(json(&reader.join().unwrap())["totals"]["packets"], 1);
    let kind = std::fs::metadata(folder().join("report.pipe")).unwrap().file_type();
    assert!(!kind.is_file(), "the pipe is still one");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for args in [
        &["analyze", world(), "--format", "json", "--all"][..],
        &["analyze", world()],
        &["completions", "bash"],
        &["demo", "--alone"],
    ] {
        let mut child = command(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ran = ran(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn nobody_listening_to_failures_is_no_panic() {
    let mut child = command(&["analyze", "no-such-file", "nor-this"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn clean_hosts_when_asked_for() {
    let quiet = file("for-all.pcap", &quiet());
    let hosts = |args: &[&str]| json(&ostium(args).out)["hosts"].as_array().unwrap().len();
    assert_eq!(hosts(&["analyze", quiet, "--format", "json"]), 0);
    assert_eq!(hosts(&["analyze", quiet, "--format", "json", "--all"]), 1);
}

#[test]
fn threads_change_no_byte() {
    let of = |threads| ostium(&["analyze", world(), "--format", "json", "--threads", threads]).out;
    assert_eq!(of("1"), of("7"));
}

#[test]
fn a_page_is_written_beside_what_is_printed() {
    let of = |threads, name: &str| {
        let ran =
            ostium(&["analyze", world(), "--format", "json", "--html", name, "--threads", threads]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        assert_eq!(json(&ran.out)["totals"]["infected"], 3);
        std::fs::read_to_string(folder().join(name)).unwrap()
    };
    let page = of("1", "one.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("3 infected") && page.contains("cdn-metrics-sync.top"));
    assert_eq!(of("8", "eight.html"), page, "threads change no byte");
    let ran = ostium(&["analyze", world(), "--html", "no-such-folder/page.html"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("cannot write no-such-folder/page.html"), "{}", ran.err);
}

#[test]
fn known_indicators_are_found() {
    let list = file("list.txt", b"# bad\n203.0.113.9\n");
    let ran =
        ostium(&["analyze", file("meets.pcap", &quiet()), "--intel", list, "--format", "json"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("list.txt: 1 indicators"), "{}", ran.err);
    let report = json(&ran.out);
    assert_eq!(report["hosts"][0]["evidence"][0]["group"], "reputation", "{report}");
}

#[test]
fn completions_for_every_shell() {
    for (shell, word) in [
        ("bash", "complete -F _ostium"),
        ("zsh", "#compdef ostium"),
        ("fish", "complete -c ostium"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let ran = ostium(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        assert!(ran.out.contains(word) && ran.out.contains("fail-on"), "{shell}");
    }
}
