//! A hub in a process of its own, and its folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use ostium_uplink::{MEMBERSHIP, Membership};
use serde_json::Value;

/// The command.
pub(crate) const OSTIUM: &str = env!("CARGO_BIN_EXE_ostium");

/// A hub that ends with this.
pub(crate) struct Hub {
    pub(crate) folder: PathBuf,
    port: u16,
    extra: Vec<String>,
    child: Option<Child>,
}

impl Hub {
    /// A hub that is not started yet, in a folder of its own.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ostium-hub-{}-{name}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        // A port that was free a moment ago; it stays the same over restarts.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { folder, port, extra: Vec::new(), child: None }
    }

    /// The same, started.
    pub(crate) fn started(name: &str) -> Self {
        let mut hub = Self::new(name);
        hub.start();
        hub
    }

    /// More options at its next start.
    pub(crate) fn with(mut self, extra: &[&str]) -> Self {
        self.extra = extra.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("hub.sock")
    }

    /// How it is started.
    pub(crate) fn words(&self) -> Vec<String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let mut words: Vec<String> = ["hub", "--state"].map(str::to_owned).to_vec();
        words.push(text(self.state()));
        words.extend(["--socket".to_owned(), text(self.socket())]);
        words.extend(["--listen".to_owned(), format!("127.0.0.1:{}", self.port)]);
        words.extend(self.extra.clone());
        words
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let mut command = Command::new(OSTIUM);
        command.args(self.words());
        self.start_by(command);
    }

    /// Starts it by another command, and waits until it answers.
    pub(crate) fn start_by(&mut self, mut command: Command) {
        let said = File::options().create(true).append(true).open(self.said()).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn();
        self.child = Some(child.unwrap());
        for _ in 0..600 {
            if self.ask(&["status"]).status.success() {
                return;
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", self.words_said());
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not answer: {}", self.words_said());
    }

    fn said(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    /// What it has said on standard error so far.
    pub(crate) fn words_said(&self) -> String {
        fs::read_to_string(self.said()).unwrap_or_default()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.take().unwrap().wait().unwrap()
    }

    /// Asks the hub by the command; the last word is its socket.
    pub(crate) fn ask(&self, words: &[&str]) -> Output {
        let socket = self.socket();
        run(&[&["hub"], words, &["--socket", socket.to_str().unwrap()]].concat())
    }

    /// The same; what it prints, and it must go well.
    pub(crate) fn says(&self, words: &[&str]) -> String {
        good(words, &self.ask(words))
    }

    /// The same, as JSON.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[words, &["--format", "json"]].concat())).unwrap()
    }

    /// A command on its keys; `words` come before the folder and the socket.
    pub(crate) fn keys(&self, words: &[&str]) -> Output {
        let state = self.state();
        self.ask(&[words, &["--state", state.to_str().unwrap()]].concat())
    }

    /// A sensor that joined by the commands; its organisation is vouched for.
    pub(crate) fn member(&self, organisation: &str, network: u32) -> Membership {
        let network = format!("AS{network}");
        let line = self.says(&["invite", organisation, "--vouch", "--network", &network]);
        let state = self.folder.join(organisation);
        join(line.trim(), &state, &[]).unwrap();
        Membership::load(&state.join(MEMBERSHIP)).unwrap().unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
        // What went wrong is to be looked at.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// Runs the command.
pub(crate) fn run(words: &[&str]) -> Output {
    let output = Command::new(OSTIUM).args(words).stdin(Stdio::null()).output().unwrap();
    let err = text(&output.stderr);
    assert!(!err.contains("panicked"), "{words:?}: {err}");
    output
}

/// What it printed; it must have gone well.
pub(crate) fn good(words: &[&str], output: &Output) -> String {
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Why it failed; it must have.
pub(crate) fn bad(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `ostium join`; why not, if it fails.
pub(crate) fn join(line: &str, state: &Path, more: &[&str]) -> Result<String, String> {
    let (folder, socket) = (state.to_str().unwrap(), state.join("s"));
    let words = ["join", line, "--state", folder, "--sensor", "gate"];
    let output = run(&[&words, more, &["--socket", socket.to_str().unwrap()]].concat());
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}
