//! The sensor on a site's gateway, and what it says.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Output;

use ostium_lab::{Running, wait_for};
use serde_json::Value;

use crate::site::Site;
use crate::{OSTIUM, SOON};

// === impl Site: the sensor ===

impl Site {
    /// Starts a sensor with this configuration at an interface of the gateway, and waits until it
    /// answers.
    pub(crate) fn sensor(&self, interface: &str, config: &str, more: &[&str]) -> Running {
        let config = self.write("sensor.toml", config);
        let (state, socket) = (self.path("state"), self.path("s"));
        let mut command = self.gateway.command(OSTIUM);
        command.args(["sensor", "--interface", interface, "--config", &config]);
        command.args(["--state", &state, "--socket", &socket]).args(more);
        let log = std::fs::File::create(self.path("sensor.log")).unwrap();
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(log);
        let running = Running::quiet(command).unwrap();
        let up = wait_for(SOON, || self.asked(&["status"]).status.success());
        assert!(up, "the sensor answers: {}", self.log());
        running
    }

    /// What the sensor wrote on standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("sensor.log")).unwrap_or_default()
    }

    /// Runs a command that talks to the sensor.
    pub(crate) fn asked(&self, words: &[&str]) -> Output {
        let socket = self.path("s");
        self.gateway.command(OSTIUM).args(words).args(["--socket", &socket]).output().unwrap()
    }

    /// The same, when it has to succeed.
    pub(crate) fn said(&self, words: &[&str]) -> String {
        let output = self.asked(words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// `ostium status`, as JSON.
    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.said(&["status", "--format", "json"])).unwrap()
    }

    /// The whole report.
    pub(crate) fn report(&self) -> Value {
        let mut stream = UnixStream::connect(self.path("s")).unwrap();
        stream.write_all(b"{\"ask\":\"report\"}\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        answer["report"].take()
    }

    /// What is blocked because of this host.
    pub(crate) fn blocked_for(&self, host: &str) -> Vec<String> {
        let status = self.status();
        let rows = status["blocks"].as_array().cloned().unwrap_or_default();
        let for_it = |row: &&Value| {
            let because = row["because"].as_str().unwrap_or_default();
            because.starts_with(&format!("{host} is infected"))
        };
        let target = |row: &Value| row["target"].as_str().unwrap_or_default().to_owned();
        rows.iter().filter(for_it).map(target).collect()
    }

    /// What is blocked, or would be, with the packets that each block stopped.
    pub(crate) fn blocks(&self) -> Vec<(String, u64)> {
        let status = self.status();
        let rows = status["blocks"].as_array().cloned().unwrap_or_default();
        let row = |row: &Value| {
            let target = row["target"].as_str().unwrap_or_default().to_owned();
            (target, row["packets"].as_u64().unwrap_or(0))
        };
        rows.iter().map(row).collect()
    }

    /// Is this blocked?
    pub(crate) fn blocked(&self, target: &str) -> bool {
        self.blocks().iter().any(|(each, _)| each == target)
    }

    /// Is this host infected, as `ostium status` says?
    pub(crate) fn infected(&self, host: &str) -> bool {
        let status = self.status();
        let rows = status["hosts"].as_array().cloned().unwrap_or_default();
        rows.iter().any(|row| row["host"] == host && row["verdict"] == "infected")
    }

    /// The rules of the gateway, without the table that is ours.
    pub(crate) fn foreign_rules(&self) -> String {
        let all = self.gateway.run("nft", &["list", "ruleset"]).unwrap();
        let mut kept = String::new();
        let mut ours = false;
        for line in all.lines() {
            ours = match line.starts_with("table ") {
                true => line.ends_with(" ostium {"),
                false => ours,
            };
            if !ours {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        kept
    }
}

/// A host of a report: its verdict, and its evidence as detector and summary.
pub(crate) fn of_host(report: &Value, host: &str) -> (String, Vec<(String, String)>) {
    let rows = report["hosts"].as_array().cloned().unwrap_or_default();
    let Some(row) = rows.iter().find(|row| row["host"] == host) else {
        return ("clean".to_owned(), Vec::new());
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let evidence = row["evidence"].as_array().cloned().unwrap_or_default();
    let items = evidence.iter().map(|item| (text(&item["detector"]), text(&item["summary"])));
    (text(&row["verdict"]), items.collect())
}
