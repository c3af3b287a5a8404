//! Real hosts for tests and measurements: network namespaces that a program made itself, wired by
//! veth pairs.
//!
//! All is set up by `ip` of iproute2, so nothing here needs `unsafe`. Bias: nothing is left behind.
//! Namespaces have the number of the process in their name, and go, with every process that was
//! started in them, when the [`Lab`] is dropped; traffic can reach no other network, because only
//! veth pairs between these namespaces exist in them.
#![forbid(unsafe_code)]

mod host;
mod running;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub use host::Host;
pub use running::{Running, wait_for};

/// Some hosts that are wired to each other and to nothing else.
#[derive(Debug)]
pub struct Lab {
    prefix: String,
    hosts: Vec<Arc<str>>,
}

/// What went wrong in a lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// This machine cannot have one.
    #[error("no network namespaces here: {0}; run it as root with iproute2 installed")]
    Unable(String),
    /// A command failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// What was to run.
        command: String,
        /// What it said.
        said: String,
    },
    /// A program could not be started.
    #[error("cannot start `{0}`: {1}")]
    Start(String, std::io::Error),
    /// A setting of a host could not be written.
    #[error("cannot write in `{folder}`: {1}", folder = .0.display())]
    Write(std::path::PathBuf, std::io::Error),
}

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Are all of these programs on the path? Where one is missing a test is skipped, saying so.
///
/// # Panics
/// Where one is missing and `CI` is set: what cannot run there has failed.
pub fn programs_or_skip(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    let Some(missing) = names.iter().find(|name| !is_there(name)) else {
        return true;
    };
    assert!(std::env::var_os("CI").is_none(), "{missing} is not installed");
    eprintln!("skipped: {missing} is not installed");
    false
}

// === impl Lab ===

impl Lab {
    /// An empty lab.
    ///
    /// # Errors
    /// When this process may not make network namespaces, or `ip` is missing.
    pub fn new() -> Result<Self, LabError> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut lab =
            Self { prefix: format!("ostium-{}-{number}", std::process::id()), hosts: Vec::new() };
        lab.add("probe").map_err(|error| LabError::Unable(error.to_string()))?;
        Ok(lab)
    }

    /// An empty lab, or `None` with a word on standard error where the machine cannot have one.
    ///
    /// # Panics
    /// With `CI` set, where nothing may be skipped in silence.
    pub fn or_skip() -> Option<Self> {
        match Self::new() {
            Ok(lab) => Some(lab),
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "{error}");
                eprintln!("skipped: {error}");
                None
            }
        }
    }

    /// Adds a host: a namespace with its loopback up.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn add(&mut self, name: &str) -> Result<Host, LabError> {
        let space: Arc<str> = format!("{}-{name}", self.prefix).into();
        ip(&["netns", "add", &space])?;
        self.hosts.push(Arc::clone(&space));
        let host = Host::new(space);
        host.ip(&["link", "set", "lo", "up"])?;
        Ok(host)
    }

    /// Lays a wire (a veth pair) between two hosts, and puts both ends up.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn wire(
        &self,
        (one, its): (&Host, &str),
        (other, others): (&Host, &str),
    ) -> Result<(), LabError> {
        let far = other.space();
        one.ip(&["link", "add", its, "type", "veth", "peer", "name", others, "netns", far])?;
        one.ip(&["link", "set", its, "up"])?;
        other.ip(&["link", "set", others, "up"])
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for space in &self.hosts {
            running::end_all(space);
            if let Err(error) = ip(&["netns", "delete", space]) {
                eprintln!("{error}");
            }
            std::fs::remove_dir_all(host::settings(space)).ok();
        }
    }
}

/// Runs `ip`.
pub(crate) fn ip(words: &[&str]) -> Result<(), LabError> {
    run(Command::new("ip").args(words)).map(|_| ())
}

/// Runs a command to its end; what it wrote on standard output.
pub(crate) fn run(command: &mut Command) -> Result<String, LabError> {
    let told = format!("{command:?}");
    let output = command.output().map_err(|error| LabError::Start(told.clone(), error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Command { command: told, said })
}

#[cfg(test)]
mod tests;
