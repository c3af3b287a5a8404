//! The live screen in a real terminal, against a made-up sensor.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use ostium_sensor_api::{Answer, HostRow, Status};

use super::*;

/// Runs a program in a terminal of its own.
const PTY: &str = include_str!("../in_terminal.py");

/// A made-up sensor that answers every question, and writes down what it was asked.
struct Sensor {
    socket: PathBuf,
    asked: Receiver<String>,
}

// === impl Sensor ===

impl Sensor {
    fn start(name: &str) -> Self {
        let socket = socket(name);
        let listener = UnixListener::bind(&socket).unwrap();
        let (out, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let out = out.clone();
                std::thread::spawn(move || converse(stream.unwrap(), &out, 0..usize::MAX));
            }
        });
        Self { socket, asked }
    }

    /// One that ends after three answers, and is started anew.
    fn start_twice(name: &str) -> Self {
        let socket = socket(name);
        let (out, asked) = channel();
        let mut listener = UnixListener::bind(&socket).unwrap();
        let path = socket.clone();
        std::thread::spawn(move || {
            converse(listener.accept().unwrap().0, &out, 0..3);
            drop(listener);
            std::fs::remove_file(&path).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(700));
            listener = UnixListener::bind(&path).unwrap();
            converse(listener.accept().unwrap().0, &out, LATER..usize::MAX);
        });
        Self { socket, asked }
    }

    /// Runs `ostium top` in a terminal of this size; `None` where there is no Python.
    fn top(&self, size: &str, steps: &[&str]) -> Option<Value> {
        let has_python = Command::new("python3").arg("--version").output().is_ok();
        if !has_python {
            assert!(std::env::var_os("CI").is_none(), "no python3 here; install python3");
            eprintln!("skipped: no python3 here; install python3");
            return None;
        }
        let mut command = Command::new("python3");
        command.args(["-c", PTY, size]).args(steps).arg("--");
        command.args([env!("CARGO_BIN_EXE_ostium"), "top", "--every", "100ms", "--socket"]);
        command.arg(&self.socket).env("TERM", "xterm-256color").env_remove("NO_COLOR");
        let output = command.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{err}");
        Some(json(&String::from_utf8(output.stdout).unwrap()))
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        std::fs::remove_file(&self.socket).ok();
        for question in self.asked.try_iter() {
            let reads = [r#"{"ask":"status"}"#, r#"{"ask":"report"}"#];
            assert!(reads.contains(&question.as_str()), "it only asks, but asked {question}");
        }
    }
}

fn socket(name: &str) -> PathBuf {
    let socket = std::env::temp_dir().join(format!("ostium-{}-{name}", std::process::id()));
    std::fs::remove_file(&socket).ok();
    socket
}

/// Answers one client, as often as there are turns.
fn converse(mut stream: UnixStream, out: &Sender<String>, turns: Range<usize>) {
    let questions = BufReader::new(stream.try_clone().unwrap()).lines();
    for (turn, question) in turns.zip(questions.map_while(Result::ok)) {
        let answer = match question.contains("report") {
            true => Answer::Report {
                report: json(
                    &ostium(&["analyze", "--format", "json", file("top.pcap", &quiet())]).out,
                ),
            },
            false => Answer::Status(Box::new(status(turn))),
        };
        out.send(question).ok();
        if writeln!(stream, "{}", serde_json::to_string(&answer).unwrap()).is_err() {
            return;
        }
    }
}

/// From this turn on the site has another name.
const LATER: usize = 5;

fn status(turn: usize) -> Status {
    let host = HostRow {
        host: "10.1.2.3".to_owned(),
        verdict: "infected".to_owned(),
        probability: 0.999,
        summary: "calls \u{1b}]0;c2.example".to_owned(),
        ..HostRow::default()
    };
    let api = ostium_sensor_api::VERSION;
    let site = if turn < LATER { "#####" } else { "later" }.to_owned();
    Status { api, site, hosts: vec![host], infected: 1, ..Status::default() }
}

/// It was taken, and given back: settings, screen and cursor.
fn is_given_back(ran: &Value) {
    let seen = ran["seen"].as_str().unwrap();
    assert!(ran["raw"].as_bool().unwrap() && ran["restored"].as_bool().unwrap(), "{seen:?}");
    let last = |text: &str| seen.rfind(text).unwrap_or_else(|| panic!("no {text:?} in {seen:?}"));
    assert!(
        last("\u{1b}[?1049h") < last("\u{1b}[?1049l"),
        "the alternate screen is left: {seen:?}"
    );
    assert!(last("\u{1b}[?25l") < last("\u{1b}[?25h"), "the cursor is back: {seen:?}");
    assert!(!seen.contains("\u{1b}]0;"), "what a host says never reaches the terminal: {seen:?}");
}

#[test]
fn keys_quit_and_the_terminal_is_given_back() {
    let sensor = Sensor::start("keys");
    for key in ["q", "\\x1b", "\\x03"] {
        let steps = ["wait:10.1.2.3", &format!("key:{key}")];
        let Some(ran) = sensor.top("24x80", &steps) else { return };
        assert_eq!(ran["code"], 0, "{key}: {ran}");
        is_given_back(&ran);
    }
}

#[test]
fn signals_end_it_and_the_terminal_is_given_back() {
    let sensor = Sensor::start("signals");
    for signal in [1, 2, 15] {
        let steps = ["wait:10.1.2.3", &format!("signal:{signal}")];
        let Some(ran) = sensor.top("24x80", &steps) else { return };
        assert_eq!(ran["code"], 128 + signal, "{ran}");
        is_given_back(&ran);
    }
    let Some(ran) = sensor.top("24x80", &["wait:10.1.2.3", "hangup"]) else { return };
    assert!(ran["code"] == 129, "it does not outlive its terminal: {ran}");
}

#[test]
fn it_is_live_asks_why_and_follows_the_size() {
    let sensor = Sensor::start("live");
    let steps = [
        "wait:10.1.2.3",
        "wait:later",
        "key:\\r",
        // Another size has all drawn anew; else only what changed is, in bits.
        "size:30x100",
        "wait:nothing",
        "size:10x30",
        "wait:small:",
        "size:50x160",
        "wait:nothing",
        "key:\\x1b",
        "wait:infected",
        "key:q",
    ];
    let Some(ran) = sensor.top("24x80", &steps) else { return };
    assert_eq!(ran["code"], 0, "{ran}");
    is_given_back(&ran);
    let asked: Vec<String> = sensor.asked.try_iter().collect();
    assert_eq!(asked.iter().filter(|question| question.contains("report")).count(), 1, "{asked:?}");
    assert!(asked.len() > 3, "{asked:?}");
}

#[test]
fn a_sensor_that_is_started_anew_is_found_again() {
    let sensor = Sensor::start_twice("anew");
    let steps = ["wait:#####", "wait:GONE", "wait:later", "size:30x80", "wait:later", "key:q"];
    let Some(ran) = sensor.top("24x80", &steps) else { return };
    assert_eq!(ran["code"], 0, "{ran}");
    is_given_back(&ran);
    let seen = ran["seen"].as_str().unwrap();
    let (before, anew) = seen.rsplit_once("\u{1b}[2J").unwrap();
    assert!(before.contains("GONE") && !anew.contains("GONE"), "{seen:?}");
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let sensor = Sensor::start("pipe");
    let ran = ostium(&["top", "--socket", sensor.socket.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("ostium status --format json"), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert_eq!(sensor.asked.try_iter().count(), 0);
}

#[test]
fn without_a_sensor_the_terminal_is_left_alone() {
    let sensor = Sensor::start("nobody");
    std::fs::remove_file(&sensor.socket).unwrap();
    let Some(ran) = sensor.top("24x80", &[]) else { return };
    let seen = ran["seen"].as_str().unwrap();
    assert!(ran["code"] == 1 && seen.contains("no sensor listens"), "{ran}");
    assert!(!seen.contains("\u{1b}[?1049h"), "{seen:?}");
}
