//! Running a tool: its whole output kept in order, its time measured, its patience limited.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Tells apart the logs of one process.
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// How a tool went.
pub(crate) struct Ran {
    /// Exit code; `None` when a signal ended it or its time was up.
    pub(crate) code: Option<i32>,
    /// Both its streams as they came.
    pub(crate) output: String,
    /// Its time was up.
    pub(crate) timed_out: bool,
}

/// A tool of cargo, run in the root of the workspace.
pub(crate) fn cargo(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(root);
    command.env("CARGO_TERM_COLOR", "never");
    command
}

/// Is this sub-command of cargo installed?
pub(crate) fn has_cargo_tool(root: &Path, tool: &str) -> bool {
    succeeds(&mut cargo(root, &[tool, "--version"]))
}

/// Runs it silently: did it end well?
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs it to its end, or kills it after `limit`. Output goes through a file below `target`, so
/// that a grandchild that outlives its parent cannot keep us waiting on a pipe.
pub(crate) fn run(root: &Path, command: &mut Command, limit: Duration) -> io::Result<Ran> {
    let folder = root.join("target").join("xtask");
    fs::create_dir_all(&folder)?;
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}-{serial}.log", std::process::id()));
    let log = File::create(&path)?;
    let mut child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
    let start = Instant::now();
    let mut timed_out = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            timed_out = true;
            child.kill()?;
            break child.wait()?;
        }
        sleep(Duration::from_millis(20));
    };
    let output = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
    fs::remove_file(&path)?;
    Ok(Ran { code: status.code().filter(|_| !timed_out), output, timed_out })
}

// === impl Ran ===

impl Ran {
    pub(crate) fn is_ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Why it failed, in a few words.
    pub(crate) fn reason(&self) -> String {
        match self.code {
            _ if self.timed_out => "its time was up".into(),
            Some(code) => format!("exit code {code}"),
            None => "ended by a signal".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn sh(script: &str, limit: Duration) -> Ran {
        run(&root(), Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn keeps_both_streams_and_the_code() {
        let ran = sh("echo one; echo two >&2; exit 7", Duration::from_secs(20));
        assert_eq!(ran.output, "one\ntwo\n");
        assert_eq!(ran.reason(), "exit code 7");
        assert!(!ran.is_ok());
    }

    #[test]
    fn ends_what_does_not_end() {
        let ran = sh("exec sleep 60", Duration::from_millis(60));
        assert!(ran.timed_out && !ran.is_ok());
    }
}
