//! Programs that go on while a test does something else.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::LabError;

/// A program that runs until it is dropped or ends by itself.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
    told: String,
}

// === impl Running ===

impl Running {
    /// Starts a command; it hears nothing, and what it says is kept for [`Self::finish`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Result<Self, LabError> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::quiet(command)
    }

    /// Starts a command whose input and output are as the command says, such as files: one that goes
    /// on for long and says much, which nobody reads from a pipe.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn quiet(mut command: Command) -> Result<Self, LabError> {
        let told = format!("{command:?}");
        let child = command.spawn().map_err(|error| LabError::Start(told.clone(), error))?;
        Ok(Self { child: Some(child), told })
    }

    /// Number of the process. `ip netns exec` becomes the program that it runs.
    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Has it not ended yet?
    pub fn is_going(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Sends a signal, such as `INT`, `HUP` or `KILL`.
    ///
    /// # Errors
    /// When there is no such process any more.
    pub fn signal(&self, name: &str) -> Result<(), LabError> {
        let id = self.id().to_string();
        crate::run(Command::new("kill").args(["-s", name, &id])).map(|_| ())
    }

    /// Waits for its end; what it wrote.
    ///
    /// # Errors
    /// When it has not ended in time (it is killed then).
    pub fn finish(mut self, patience: Duration) -> Result<Output, LabError> {
        let told = std::mem::take(&mut self.told);
        let Some(mut child) = self.child.take() else {
            return Err(LabError::Command { command: told, said: "it was taken".to_owned() });
        };
        // Pipes are emptied while it runs, or a talkative program would wait for ever.
        let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let late = !wait_for(patience, || !matches!(child.try_wait(), Ok(None)));
        if late {
            child.kill().ok();
        }
        let status = child.wait().map_err(|error| LabError::Start(told.clone(), error))?;
        let take = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| {
            thread.and_then(|t| t.join().ok()).unwrap_or_default()
        };
        let (stdout, stderr) = (take(out), take(err));
        if late {
            let said = format!("not at its end after {patience:?}");
            return Err(LabError::Command { command: told, said });
        }
        Ok(Output { status, stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Asks every ten milliseconds whether it is so; `false` when patience has ended.
#[allow(clippy::disallowed_methods, reason = "real programs take real time")]
pub fn wait_for(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        if so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Kills whatever still runs in a namespace.
pub(crate) fn end_all(space: &str) {
    let Ok(ids) = crate::run(Command::new("ip").args(["netns", "pids", space])) else {
        return;
    };
    for id in ids.split_whitespace() {
        crate::run(Command::new("kill").args(["-s", "KILL", id])).ok();
    }
}

fn drain<R: Read + Send + 'static>(pipe: Option<R>) -> Option<std::thread::JoinHandle<Vec<u8>>> {
    pipe.map(|mut pipe| {
        std::thread::spawn(move || {
            let mut all = Vec::new();
            pipe.read_to_end(&mut all).ok();
            all
        })
    })
}
