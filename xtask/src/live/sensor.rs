//! A sensor that is measured: the release binary with a configuration of its own, and what the
//! kernel tells of its process.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ostium_lab::{Host, Running, wait_for};
use ostium_sensor_api::{Answer, Ask, Client, Status};

use super::Bench;
use super::gateway::HEARD;

/// How a sensor is to be.
pub(super) struct Wish<'a> {
    pub(super) interface: &'a str,
    /// `observe` or `block`.
    pub(super) mode: &'a str,
    pub(super) threads: usize,
    /// Networks that are inside; none are the private ranges.
    pub(super) home: &'a [&'a str],
    /// Lists of what is known.
    pub(super) known: &'a [PathBuf],
    /// More lines of the section `[enforce]`.
    pub(super) enforce: &'a str,
}

/// A sensor that runs.
pub(super) struct Sensor {
    running: Running,
    socket: PathBuf,
    log: PathBuf,
}

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    /// User and system time.
    pub(super) cpu: Duration,
    /// Largest resident set in bytes.
    pub(super) peak: u64,
}

const UP: Duration = Duration::from_secs(60);
const DOWN: Duration = Duration::from_secs(60);
/// Ticks a second in /proc, on every Linux that there is (`USER_HZ`).
const TICKS: u64 = 100;

impl Default for Wish<'_> {
    fn default() -> Self {
        Self { interface: HEARD, mode: "observe", threads: 1, home: &[], known: &[], enforce: "" }
    }
}

// === impl Wish ===

impl Wish<'_> {
    /// The configuration. The limits on new blocks a minute are out of the way: here each trial
    /// makes one.
    fn toml(&self, folder: &Path) -> String {
        let mut text = String::new();
        let known: Vec<_> = self.known.iter().map(|path| path.to_string_lossy()).collect();
        // Writing to a string does not fail.
        let _written = write!(
            text,
            "interfaces = [{:?}]\nmode = {:?}\nthreads = {}\nhome = {:?}\nstate = {:?}\n\
             socket = {:?}\n[indicators]\nfiles = {known:?}\n[enforce]\nnew-per-minute = 100000\n{}\n",
            self.interface,
            self.mode,
            self.threads,
            self.home,
            folder.join("state").to_string_lossy(),
            folder.join("socket").to_string_lossy(),
            self.enforce
        );
        text
    }
}

// === impl Sensor ===

impl Sensor {
    /// Starts one that knows nothing of those before it, and waits until it answers.
    pub(super) fn start(
        bench: &Bench,
        host: &Host,
        wish: &Wish<'_>,
    ) -> Result<Self, Box<dyn Error>> {
        bench.go_on()?;
        let folder = bench.path("sensor");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let (config, log) = (folder.join("sensor.toml"), folder.join("log"));
        fs::write(&config, wish.toml(&folder))?;
        let mut command = host.command("sh");
        // What it says goes to a file: a pipe that nobody empties would hold it up.
        command.args(["-c", "exec \"$1\" sensor --config \"$2\" > \"$3\" 2>&1", "sh"]);
        command.args([&bench.ostium, &config, &log]);
        let sensor = Self { running: Running::start(command)?, socket: folder.join("socket"), log };
        if !wait_for(UP, || sensor.status().is_ok()) {
            let said = fs::read_to_string(&sensor.log).unwrap_or_default();
            return Err(format!("the sensor does not answer; it said: {}", said.trim()).into());
        }
        Ok(sensor)
    }

    /// How it is doing; at most a second old.
    pub(super) fn status(&self) -> Result<Status, Box<dyn Error>> {
        match Client::connect(&self.socket)?.ask(&Ask::Status)? {
            Answer::Status(status) => Ok(*status),
            _ => Err("the sensor answers something else".into()),
        }
    }

    pub(super) fn used(&self) -> Result<Used, Box<dyn Error>> {
        used(self.running.id())
    }

    /// Ends it, and takes what it blocked out of the kernel.
    pub(super) fn end(self, bench: &Bench, host: &Host) -> Result<(), Box<dyn Error>> {
        self.running.signal("TERM")?;
        let config = self.log.with_file_name("sensor.toml");
        self.running.finish(DOWN)?;
        host.run(
            &bench.ostium.to_string_lossy(),
            &["sensor", "--teardown", "--config", &config.to_string_lossy()],
        )?;
        Ok(())
    }
}

/// What a process has used so far.
pub(super) fn used(id: u32) -> Result<Used, Box<dyn Error>> {
    let read = |file: &str| {
        let path = format!("/proc/{id}/{file}");
        fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))
    };
    let cpu = ticks(&read("stat")?).ok_or("/proc/PID/stat does not tell processor time")?;
    let peak = peak(&read("status")?).ok_or("/proc/PID/status does not tell VmHWM")?;
    Ok(Used { cpu: Duration::from_millis(cpu * 1000 / TICKS), peak })
}

/// User and system time, in ticks. The name of the program may hold anything, so what counts is
/// what follows its last bracket.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

/// Largest resident set in bytes.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_read_from_proc() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 900 0 0 0 117 33 5 6 20 0 4 0 99 1 2";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("42 (a"), None);
        assert_eq!(peak("Name:\ta\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        let own = used(std::process::id()).unwrap();
        assert!(own.peak > 0);
    }

    #[test]
    fn a_wish_is_a_configuration() {
        let known = [PathBuf::from("/x/known.txt")];
        let wish = Wish { known: &known, enforce: "resets = \"always\"", ..Wish::default() };
        let text = wish.toml(Path::new("/x"));
        for line in [
            "interfaces = [\"in0\"]",
            "mode = \"observe\"",
            "home = []",
            "socket = \"/x/socket\"",
            "files = [\"/x/known.txt\"]",
            "resets = \"always\"",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}: {text}");
        }
    }
}
