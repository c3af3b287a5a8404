//! The unit of the package below a real systemd: one of its own, first process of namespaces of its
//! own, with this machine's files beneath an overlay that is thrown away.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ostium_lab::{Running, programs_or_skip};

use crate::OSTIUM;

const PACKAGING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging");
const SCRIPT: &str = include_str!("unit.sh");
/// Nothing of this machine is started besides what any systemd starts.
const TARGET: &str = "[Unit]\nDescription=the unit's test\nRequires=sysinit.target unit.service\n\
                      After=sysinit.target\nAllowIsolate=yes\n";
const PROBE: &str = "[Unit]\nRequires=sysinit.target dbus.socket\nAfter=sysinit.target dbus.socket\n\
                     [Service]\nType=oneshot\nExecStart=/bin/sh /unit.sh\n";
/// As the package's script makes it.
const USER: &str = "u ostium - - /nonexistent\n";
/// A minute is long for a test.
const WATCHDOG: &str = "[Service]\nWatchdogSec=6\nRestartSec=1\n";
const PATIENCE: Duration = Duration::from_secs(120);
/// Capabilities 12 and 13 of capabilities(7): to administer the network, and raw sockets.
const NET_ADMIN_AND_RAW: &str = "0000000000003000";

/// The machine's files, and what is written over them, in memory.
struct Overlay(std::path::PathBuf);

fn mounts(words: &[&str]) -> bool {
    Command::new("mount").args(words).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

impl Overlay {
    /// `None` where this machine cannot have one.
    fn new() -> Option<Self> {
        let at = std::env::temp_dir().join(format!("ostium-unit-{}", std::process::id()));
        let overlay = Self(at.clone());
        let path = |name: &str| at.join(name).to_str().unwrap().to_owned();
        std::fs::create_dir_all(&at).unwrap();
        if !mounts(&["-t", "tmpfs", "-o", "size=512m", "tmpfs", at.to_str().unwrap()]) {
            return None;
        }
        for folder in ["upper", "work", "root"] {
            std::fs::create_dir(at.join(folder)).unwrap();
        }
        let layers = format!("lowerdir=/,upperdir={},workdir={}", path("upper"), path("work"));
        mounts(&["-t", "overlay", "overlay", "-o", &layers, &path("root")]).then_some(overlay)
    }

    fn root(&self) -> std::path::PathBuf {
        self.0.join("root")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        for mounted in [self.root(), self.0.clone()] {
            Command::new("umount").arg("-l").arg(mounted).stderr(Stdio::null()).status().ok();
        }
        std::fs::remove_dir(&self.0).ok();
    }
}

/// Boots it; what the script told, and all that was written on the console.
fn boot(overlay: &Overlay) -> (BTreeMap<String, String>, String) {
    let root = overlay.root();
    let mut command = Command::new("systemd-nspawn");
    command.args(["--quiet", "--boot", "--private-network", "--register=no", "--keep-unit"]);
    // Of the kernel's logs and time nothing, of the network all: it is its own.
    command.args(["--machine", &format!("ostium-unit-{}", std::process::id())]);
    command.arg("-D").arg(&root).args(["--", "systemd.unit=unit.target"]);
    let output = Running::start(command).unwrap().finish(PATIENCE).unwrap();
    let console = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let told = read("unit.out");
    let pairs = told.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    (pairs, format!("{told}\n{}\n{console}", read("unit.log")))
}

#[test]
fn the_unit_starts_reloads_is_watched_and_stops_below_a_real_systemd() {
    if !programs_or_skip(&["systemd-nspawn", "dbus-daemon", "nft", "mount"]) {
        return;
    }
    let Some(overlay) = Overlay::new() else {
        assert!(std::env::var_os("CI").is_none(), "this machine cannot mount an overlay");
        eprintln!("skipped: this machine cannot mount an overlay; run it as root");
        return;
    };
    let unit = std::fs::read_to_string(Path::new(PACKAGING).join("ostium-sensor.service")).unwrap();
    overlay.write("usr/lib/systemd/system/ostium-sensor.service", &unit);
    overlay.write("etc/systemd/system/ostium-sensor.service.d/test.conf", WATCHDOG);
    overlay.write("etc/systemd/system/unit.target", TARGET);
    overlay.write("etc/systemd/system/unit.service", PROBE);
    overlay.write("etc/unit-user.conf", USER);
    overlay.write("etc/ostium/sensor.toml", "");
    overlay.write("unit.sh", SCRIPT);
    std::fs::copy(OSTIUM, overlay.root().join("usr/bin/ostium")).unwrap();

    let (told, all) = boot(&overlay);
    for (key, wanted) in [
        ("start", "0"),
        ("answers", "0"),
        ("state", "active"),
        ("user", "ostium:ostium"),
        ("CapEff", NET_ADMIN_AND_RAW),
        ("CapPrm", NET_ADMIN_AND_RAW),
        ("CapBnd", NET_ADMIN_AND_RAW),
        ("CapAmb", NET_ADMIN_AND_RAW),
        ("NoNewPrivs", "1"),
        // Filtered.
        ("Seccomp", "2"),
        ("socket", "ostium:ostium:660"),
        ("folder", "ostium:ostium:750"),
        ("block", "0"),
        ("blocked", "1"),
        ("reload", "0"),
        ("refused", "1"),
        ("same", "yes"),
        ("restarts", "1"),
        ("again", "1"),
        ("stop", "0"),
        ("stopped", "inactive/success"),
        ("stands", "1"),
        ("done", "yes"),
    ] {
        assert_eq!(told.get(key).map(String::as_str), Some(wanted), "{key}\n{all}");
    }
}
