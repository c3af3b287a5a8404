//! The process and the two pipes that lead to it.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser that runs.
pub struct Browser {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    folder: PathBuf,
    serial: u64,
    /// Events that nobody has looked at yet.
    pub(crate) events: VecDeque<Value>,
}

/// Why the browser did not do what it was told.
#[derive(Debug)]
pub enum Trouble {
    /// The system refuses.
    Io(io::Error),
    /// It says nothing any more.
    Silent(&'static str),
    /// It says that it cannot.
    Refused(String),
}

/// Patience for one answer: a first start on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options of Chromium in a test: no window, no sandbox within that of the test, and no call to
/// anybody that nobody asked for.
pub const QUIET: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Besides, for pictures and for being told what to do.
const WORDS: [&str; 5] = [
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
];

/// Puts the pipes where the protocol wants them: commands on 3, answers on 4.
const PIPES: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1";

// === impl Browser ===

impl Browser {
    /// Starts this browser with a profile of its own below `folder`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path, folder: &Path) -> Result<Self, Trouble> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let folder = folder.join(format!("browser-{}-{serial}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut child = Command::new("sh")
            .args(["-c", PIPES])
            .arg(program)
            .args(QUIET)
            .args(WORDS)
            .arg(format!("--user-data-dir={}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (sender, messages) = channel();
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for message in BufReader::new(output).split(0).map_while(Result::ok) {
                    let Ok(message) = serde_json::from_slice(&message) else { continue };
                    // Who has ended wants to hear no more.
                    if sender.send(message).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, input, messages, folder, serial: 0, events: VecDeque::new() })
    }

    /// Tells the browser to do something, and waits until it has.
    pub(crate) fn tell(
        &mut self,
        session: Option<&str>,
        method: &'static str,
        params: Value,
    ) -> Result<Value, Trouble> {
        self.serial += 1;
        let mut message = json!({ "id": self.serial, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let input = self.input.as_mut().ok_or(Trouble::Silent(method))?;
        input.write_all(&bytes)?;
        input.flush()?;
        loop {
            let mut answer = self.next(method)?;
            if answer["id"] != self.serial {
                self.events.push_back(answer);
                continue;
            }
            if let Some(error) = answer.get("error") {
                return Err(Trouble::Refused(format!("{method}: {error}")));
            }
            return Ok(answer["result"].take());
        }
    }

    /// Waits for an event of this kind; those before it are kept.
    pub(crate) fn await_event(&mut self, kind: &'static str) -> Result<Value, Trouble> {
        if let Some(at) = self.events.iter().position(|event| event["method"] == kind)
            && let Some(event) = self.events.remove(at)
        {
            return Ok(event);
        }
        loop {
            let event = self.next(kind)?;
            if event["method"] == kind {
                return Ok(event);
            }
            self.events.push_back(event);
        }
    }

    /// The next message. A page that opens a box answers nothing any more.
    fn next(&self, what: &'static str) -> Result<Value, Trouble> {
        let message = self.messages.recv_timeout(PATIENCE).map_err(|_| Trouble::Silent(what))?;
        match message["method"].as_str() {
            Some("Page.javascriptDialogOpening") => {
                Err(Trouble::Refused(format!("the page opened a box: {}", message["params"])))
            }
            _ => Ok(message),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The end of its input is the end of the browser; one that hangs is killed.
        drop(self.input.take());
        while self.messages.recv_timeout(Duration::from_secs(5)).is_ok() {}
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

// === impl Trouble ===

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot speak with the browser: {error}"),
            Self::Silent(what) => write!(f, "the browser gave no answer to {what}"),
            Self::Refused(why) => write!(f, "the browser cannot do this: {why}"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
