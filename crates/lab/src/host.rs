//! One host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::running::Running;
use crate::{LabError, run};

/// A network namespace.
#[derive(Clone, Debug)]
pub struct Host {
    space: Arc<str>,
}

// === impl Host ===

impl Host {
    pub(crate) const fn new(space: Arc<str>) -> Self {
        Self { space }
    }

    /// Its name, as `ip netns` knows it.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// A program that will run on this host.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space, program]);
        command
    }

    /// A part of the running test program, on this host: its test of this name, which is ignored so
    /// that it does not run by itself. `by` are the words of a program that is to start it, such as
    /// one that takes rights away; none is fine.
    ///
    /// # Errors
    /// When this program does not know where it lies.
    pub fn part(&self, by: &[&str], test: &str) -> Result<Command, LabError> {
        let lost = |error| LabError::Start(test.to_owned(), error);
        let me = std::env::current_exe().map_err(lost)?;
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space]).args(by).arg(me);
        command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
        Ok(command)
    }

    /// Runs a program to its end; what it wrote on standard output.
    ///
    /// # Errors
    /// When it cannot be started or fails; with what it said.
    pub fn run(&self, program: &str, words: &[&str]) -> Result<String, LabError> {
        run(self.command(program).args(words))
    }

    /// Starts a program that goes on; it is ended when what is given back is dropped.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, program: &str, words: &[&str]) -> Result<Running, LabError> {
        let mut command = self.command(program);
        command.args(words);
        Running::start(command)
    }

    /// Sets something with `ip`.
    ///
    /// # Errors
    /// When it is refused.
    pub fn ip(&self, words: &[&str]) -> Result<(), LabError> {
        let mut all = vec!["-n", &*self.space];
        all.extend(words);
        crate::ip(&all)
    }

    /// Gives an interface an address, such as `10.0.0.1/24` or `fd00::1/64`.
    ///
    /// # Errors
    /// When it is refused.
    pub fn address(&self, interface: &str, address: &str) -> Result<(), LabError> {
        let mut words = vec!["addr", "add", address, "dev", interface];
        if address.contains(':') {
            // No waiting until nobody objects: there is nobody else.
            words.push("nodad");
        }
        self.ip(&words)
    }

    /// Sets a default route.
    ///
    /// # Errors
    /// When it is refused.
    pub fn default_via(&self, gateway: &str) -> Result<(), LabError> {
        let family = if gateway.contains(':') { "-6" } else { "-4" };
        self.ip(&[family, "route", "add", "default", "via", gateway])
    }

    /// Lets its programs ask this resolver for names. `ip netns exec` lays the file that this writes
    /// over `/etc/resolv.conf`; it goes with the lab.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn asks(&self, resolver: &str) -> Result<(), LabError> {
        let folder = settings(&self.space);
        let text = format!("nameserver {resolver}\noptions timeout:2 attempts:2\n");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join("resolv.conf"), text))
            .map_err(|error| LabError::Write(folder, error))
    }

    /// Lets it forward packets between its interfaces, of IPv4 and IPv6.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn forward(&self) -> Result<(), LabError> {
        for setting in ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] {
            let (name, value) = setting.split_once('=').unwrap_or((setting, "1"));
            let script = format!("echo {value} > /proc/sys/{}", name.replace('.', "/"));
            self.run("sh", &["-c", &script])?;
        }
        Ok(())
    }
}

/// Where `ip netns exec` looks for files that are a namespace's own (ip-netns(8)).
pub(crate) fn settings(space: &str) -> PathBuf {
    Path::new("/etc/netns").join(space)
}
