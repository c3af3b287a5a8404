//! A sensor and a resolver on a wire, and a folder for what the resolver reads.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ostium_lab::{Host, Lab, Running, wait_for};

pub(crate) const SENSOR: &str = "10.9.0.1";
pub(crate) const RESOLVER: &str = "10.9.0.2";
/// Another address of the host of the resolver, which is listed nowhere.
pub(crate) const STRANGER: &str = "10.9.0.3";

/// How long a resolver may take to start or to hear of a change.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Names that exist, with one address for all of them.
pub(crate) const NAMES: [&str; 9] = [
    "evil.example",
    "www.evil.example",
    "a.b.evil.example",
    "fine.shared.evil.example",
    "other.shared.evil.example",
    "good.example",
    "worse.example",
    "deep.parent.example",
    "parent.example",
];

pub(crate) struct Site {
    pub(crate) sensor: Host,
    pub(crate) resolver: Host,
    pub(crate) folder: PathBuf,
    #[expect(dead_code, reason = "hosts live as long as their lab")]
    lab: Lab,
}

impl Site {
    /// `None` where the machine lacks namespaces or one of the programs.
    pub(crate) fn with(programs: &[&str]) -> Option<Self> {
        if !ostium_lab::programs_or_skip(programs) {
            return None;
        }
        let mut lab = Lab::or_skip()?;
        let (sensor, resolver) = (lab.add("sensor").unwrap(), lab.add("resolver").unwrap());
        lab.wire((&sensor, "in"), (&resolver, "in")).unwrap();
        sensor.address("in", &format!("{SENSOR}/24")).unwrap();
        for address in [RESOLVER, STRANGER] {
            resolver.address("in", &format!("{address}/24")).unwrap();
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ostium-rpz-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Some(Self { sensor, resolver, folder, lab })
    }

    /// Writes a file into the folder; its path.
    pub(crate) fn put(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// A zone with all names that exist.
    pub(crate) fn example(&self) -> String {
        let names = NAMES.map(|name| format!("{name}. 60 IN A 192.0.2.1\n")).concat();
        let head = "example. 60 IN SOA localhost. root.localhost. 1 60 60 60 60\n\
                    example. 60 IN NS ns.example.\nns.example. 60 IN A 192.0.2.2\n";
        self.put("example.zone", &format!("{head}{names}"))
    }

    /// What the resolver says of a name: NXDOMAIN, an address, or what `dig` calls the fault.
    pub(crate) fn ask(&self, name: &str) -> String {
        let server = format!("@{RESOLVER}");
        let words = [&server, name, "A", "+tries=1", "+time=2", "+noall", "+comments", "+answer"];
        let output = self.resolver.command("dig").args(words).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        if let Some(address) = text.lines().rfind(|line| !line.is_empty() && !line.starts_with(';'))
            && let Some(address) = address.split_whitespace().nth(4)
        {
            return address.to_owned();
        }
        let status = text.split("status: ").nth(1).and_then(|rest| rest.split(',').next());
        status.unwrap_or("silent").to_owned()
    }

    /// Waits until the resolver says so of a name.
    pub(crate) fn until(&self, name: &str, says: &str) {
        let mut last = String::new();
        let so = wait_for(PATIENCE, || {
            last = self.ask(name);
            last == says
        });
        assert!(so, "{name}: {last}, not {says}\n{}", self.logs());
    }

    /// All of these at once, without waiting.
    pub(crate) fn all(&self, names: &[&str], says: &str) {
        for name in names {
            assert_eq!(self.ask(name), says, "{name}\n{}", self.logs());
        }
    }

    /// Starts a resolver. What it says goes to files, or its pipe would be full one day.
    pub(crate) fn run(&self, script: &str) -> Running {
        let log = self.folder.join("resolver.log");
        let script = format!("exec {script} >{} 2>&1", log.display());
        self.resolver.start("sh", &["-c", &script]).unwrap()
    }

    pub(crate) fn logs(&self) -> String {
        let log = fs::read_to_string(self.folder.join("resolver.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}
