//! A panic gives the terminal back: a release aborts, so that only the hook can.

use std::process::Command;

use super::*;
use crate::sensor::top::terminal::Screen;

const PTY: &str = include_str!("../../../../tests/in_terminal.py");
/// Set where this test runs itself in a terminal.
const WITHIN: &str = "OSTIUM_TEST_PANICS";

#[test]
fn a_panic_gives_the_terminal_back() {
    if std::env::var_os(WITHIN).is_some() {
        let mut screen = Screen::take(Skin { colour: true }).unwrap();
        screen.show(&mut model(&status(), (80, 24))).unwrap();
        ratatui::crossterm::event::read().unwrap();
        // As a release does, which drops nothing.
        std::mem::forget(screen);
        panic!("on purpose");
    }
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "no python3 here; install python3");
        eprintln!("skipped: no python3 here; install python3");
        return;
    }
    let itself = std::env::current_exe().unwrap();
    let name = std::thread::current().name().unwrap().to_owned();
    let output = Command::new("python3")
        .args(["-c", PTY, "24x80", "wait:10.1.2.3", "key:x", "--"])
        .arg(itself)
        .args(["--exact", "--nocapture", &name])
        .env(WITHIN, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ran: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let seen = ran["seen"].as_str().unwrap();
    assert!(ran["restored"].as_bool().unwrap() && ran["raw"].as_bool().unwrap(), "{seen:?}");
    let left = seen.rfind("\u{1b}[?1049l").unwrap();
    assert!(seen.rfind("\u{1b}[?25h").unwrap() > seen.rfind("\u{1b}[?25l").unwrap());
    assert!(seen.rfind("on purpose").unwrap() > left, "what happened is told after it: {seen:?}");
}
