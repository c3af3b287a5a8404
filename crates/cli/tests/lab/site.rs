//! A site: some machines on one network, a gateway that forwards and listens to them, and all that
//! is outside, which is one machine with many addresses.

use std::path::{Path, PathBuf};

use ostium_lab::{Host, Lab, Running, wait_for};

use crate::SOON;

/// The gateway's address inside, and the site's resolver.
pub(crate) const GATEWAY: &str = "10.77.0.1";
pub(crate) const GATEWAY_6: &str = "fd00:77::1";
/// Who knows all names, outside.
pub(crate) const WORLD: &str = "192.0.2.53";
/// The networks of documentation (RFC 5737), whose every address is outside.
const NETWORKS: [&str; 2] = ["198.51.100.0/24", "203.0.113.0/24"];

/// All machines, and a folder for their files.
pub(crate) struct Site {
    pub(crate) inside: Vec<Host>,
    pub(crate) gateway: Host,
    pub(crate) outside: Host,
    pub(crate) folder: PathBuf,
    /// Programs that go on until the end.
    programs: Vec<Running>,
    _lab: Lab,
}

// === impl Site ===

impl Site {
    /// A site with so many machines, of which number `n` has the address [`address`] gives; `None`
    /// where it cannot be had.
    pub(crate) fn new(name: &str, machines: usize) -> Option<Self> {
        let mut lab = Lab::or_skip()?;
        let gateway = lab.add("gateway").unwrap();
        let outside = lab.add("outside").unwrap();
        gateway.ip(&["link", "add", "lan0", "type", "bridge"]).unwrap();
        gateway.ip(&["link", "set", "lan0", "up"]).unwrap();
        lab.wire((&gateway, "out0"), (&outside, "eth0")).unwrap();
        for (host, interface, own) in [
            (&gateway, "lan0", "10.77.0.1/24"),
            (&gateway, "lan0", "fd00:77::1/64"),
            (&gateway, "out0", "192.0.2.1/24"),
            (&gateway, "out0", "2001:db8::1/64"),
            (&outside, "eth0", "192.0.2.2/24"),
            (&outside, "eth0", "2001:db8::2/64"),
            (&outside, "eth0", "192.0.2.53/24"),
        ] {
            host.address(interface, own).unwrap();
        }
        gateway.forward().unwrap();
        for (host, others) in
            [(&gateway, ["192.0.2.2", "2001:db8::2"]), (&outside, ["192.0.2.1", "2001:db8::1"])]
        {
            others.iter().for_each(|other| host.default_via(other).unwrap());
        }
        // Every address of these is the outside's own, whether a program listens there or not.
        for network in NETWORKS {
            outside.ip(&["route", "add", "local", network, "dev", "lo"]).unwrap();
        }
        let mut inside = Vec::new();
        for n in 0..machines {
            let host = lab.add(&format!("pc{n}")).unwrap();
            let port = format!("p{n}");
            lab.wire((&host, "eth0"), (&gateway, &port)).unwrap();
            gateway.ip(&["link", "set", &port, "master", "lan0"]).unwrap();
            host.address("eth0", &format!("{}/24", address(n))).unwrap();
            host.address("eth0", &format!("{}/64", address_6(n))).unwrap();
            host.default_via(GATEWAY).unwrap();
            host.default_via(GATEWAY_6).unwrap();
            host.asks(GATEWAY).unwrap();
            inside.push(host);
        }
        let folder = folder(name);
        Some(Self { inside, gateway, outside, folder, programs: Vec::new(), _lab: lab })
    }

    /// Gives the outside more addresses of IPv6; of IPv4 it has all.
    pub(crate) fn outside_has(&self, addresses: &[&str]) {
        for own in addresses {
            self.outside.address("lo", &format!("{own}/128")).unwrap();
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file in the folder; its path. `FOLDER` in it becomes the folder's path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        if let Some(above) = Path::new(&path).parent() {
            std::fs::create_dir_all(above).unwrap();
        }
        std::fs::write(&path, text.replace("FOLDER", self.folder.to_str().unwrap())).unwrap();
        path
    }

    /// Starts a program that goes on until the end of the test.
    pub(crate) fn go_on(&mut self, host: &Host, program: &str, words: &[&str]) {
        let mut command = host.command(program);
        // What it says goes to a file: nobody empties a pipe.
        let short = program.rsplit('/').next().unwrap_or(program);
        let log = self.path(&format!("{}-{short}.log", self.programs.len()));
        let file = std::fs::File::create(&log).unwrap();
        let errors = file.try_clone().unwrap();
        command.args(words).stdin(std::process::Stdio::null()).stdout(file).stderr(errors);
        self.programs.push(Running::quiet(command).unwrap());
    }

    /// What programs of this name have written.
    pub(crate) fn log_of(&self, program: &str) -> String {
        let ending = format!("-{program}.log");
        let files = std::fs::read_dir(&self.folder).unwrap().flatten();
        let texts = files.filter(|file| file.file_name().to_string_lossy().ends_with(&ending));
        texts.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default()).collect()
    }

    /// Waits until somebody listens at a place of the outside, such as `198.51.100.20:443`.
    pub(crate) fn outside_listens(&self, place: &str) {
        listens(&self.outside, place);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.programs.clear();
        if std::env::var_os("OSTIUM_LAB_KEEP").is_none() {
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// A site whose gateway is a transparent bridge from `p0`, where its one machine is, to `out0`. The
/// router is outside.
pub(crate) fn bridged(name: &str) -> Option<Site> {
    let mut lab = Lab::or_skip()?;
    let (gateway, outside) = (lab.add("gateway").unwrap(), lab.add("outside").unwrap());
    let host = lab.add("pc0").unwrap();
    gateway.ip(&["link", "add", "br0", "type", "bridge"]).unwrap();
    gateway.ip(&["link", "set", "br0", "up"]).unwrap();
    lab.wire((&host, "eth0"), (&gateway, "p0")).unwrap();
    lab.wire((&gateway, "out0"), (&outside, "eth0")).unwrap();
    for port in ["p0", "out0"] {
        gateway.ip(&["link", "set", port, "master", "br0"]).unwrap();
    }
    for (host, own) in [
        (&host, format!("{}/24", address(0))),
        (&host, format!("{}/64", address_6(0))),
        (&outside, format!("{GATEWAY}/24")),
        (&outside, format!("{GATEWAY_6}/64")),
    ] {
        host.address("eth0", &own).unwrap();
    }
    host.default_via(GATEWAY).unwrap();
    host.default_via(GATEWAY_6).unwrap();
    for network in NETWORKS {
        outside.ip(&["route", "add", "local", network, "dev", "lo"]).unwrap();
    }
    outside.forward().unwrap();
    let (inside, folder) = (vec![host], folder(name));
    Some(Site { inside, gateway, outside, folder, programs: Vec::new(), _lab: lab })
}

/// Waits until somebody listens there.
pub(crate) fn listens(host: &Host, place: &str) {
    let there = || {
        let all = host.run("ss", &["-ltunH"]).unwrap_or_default();
        all.split_whitespace().any(|word| word == place)
    };
    assert!(wait_for(SOON, there), "nobody listens at {place}");
}

/// The address of a machine inside.
pub(crate) fn address(n: usize) -> String {
    format!("10.77.0.{}", n + 11)
}

/// The same of IPv6.
pub(crate) fn address_6(n: usize) -> String {
    format!("fd00:77::{}", n + 11)
}

/// A folder of its own for a test, which all users may enter, because servers drop their rights.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ostium-lab-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
