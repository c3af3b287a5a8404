//! Three hosts on two wires: inside, a gateway that forwards, outside.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use ostium_lab::{Host, Lab, Running, wait_for};
use serde_json::Value;

use crate::{OSTIUM, folder};

/// A gateway, and what is on both sides of it.
pub(crate) struct Gateway {
    pub(crate) inside: Host,
    pub(crate) gateway: Host,
    pub(crate) outside: Host,
    pub(crate) folder: PathBuf,
    _server: Running,
    _lab: Lab,
}

/// Answers every connection on two ports, whatever the address, by what it was sent.
const ECHO: &str = "\
import socket,threading
def serve(c):
    try:
        while True:
            b=c.recv(4096)
            if not b: break
            c.sendall(b)
    except OSError: pass
def listen(port):
    s=socket.create_server(('::',port),family=socket.AF_INET6,dualstack_ipv6=True)
    while True: threading.Thread(target=serve,args=(s.accept()[0],),daemon=True).start()
threading.Thread(target=listen,args=(80,),daemon=True).start()
listen(4444)
";

/// Addresses outside.
pub(crate) const OUTSIDE: [&str; 6] = [
    "198.51.100.7",
    "198.51.100.8",
    "198.51.100.9",
    "198.51.100.66",
    "2001:db8:1::7",
    "2001:db8:1::66",
];

// === impl Gateway ===

impl Gateway {
    /// Wires it up; `None` where that cannot be done.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let mut lab = Lab::or_skip()?;
        let inside = lab.add("inside").unwrap();
        let gateway = lab.add("gateway").unwrap();
        let outside = lab.add("outside").unwrap();
        lab.wire((&inside, "eth0"), (&gateway, "in0")).unwrap();
        lab.wire((&gateway, "out0"), (&outside, "eth0")).unwrap();
        for (host, interface, address) in [
            (&inside, "eth0", "10.0.0.2/24"),
            (&inside, "eth0", "fd00:a::2/64"),
            (&gateway, "in0", "10.0.0.1/24"),
            (&gateway, "in0", "fd00:a::1/64"),
            (&gateway, "out0", "198.51.100.1/24"),
            (&gateway, "out0", "2001:db8:1::1/64"),
        ] {
            host.address(interface, address).unwrap();
        }
        for address in OUTSIDE {
            let bits = if address.contains(':') { 64 } else { 24 };
            outside.address("eth0", &format!("{address}/{bits}")).unwrap();
        }
        gateway.forward().unwrap();
        for (host, gateways) in
            [(&inside, ["10.0.0.1", "fd00:a::1"]), (&outside, ["198.51.100.1", "2001:db8:1::1"])]
        {
            gateways.iter().for_each(|gateway| host.default_via(gateway).unwrap());
        }
        let server = outside.start("python3", &["-c", ECHO]).unwrap();
        let all =
            Self { inside, gateway, outside, folder: folder(name), _server: server, _lab: lab };
        for address in OUTSIDE {
            assert!(
                all.reaches(address, 80, "ready?"),
                "{address} answers before anything is blocked"
            );
        }
        Some(all)
    }

    /// Does an inside host hear its own words from there within a second? Tried until the server
    /// is up, which takes a moment only at first.
    pub(crate) fn reaches(&self, address: &str, port: u16, words: &str) -> bool {
        wait_for(Duration::from_secs(5), || self.reaches_at_once(address, port, words))
    }

    pub(crate) fn reaches_at_once(&self, address: &str, port: u16, words: &str) -> bool {
        let script = format!(
            "import socket,sys\ns=socket.create_connection(('{address}',{port}),1)\ns.settimeout(1)\n\
             w={words:?}.encode()\ns.sendall(w)\nsys.exit(0 if s.recv(4096)==w else 1)"
        );
        self.inside.run("python3", &["-c", &script]).is_ok()
    }

    /// Starts a sensor on the inside interface of the gateway, and waits until it answers.
    pub(crate) fn sensor(&self, more: &[&str]) -> Running {
        let (state, socket) = (self.path("state"), self.path("s"));
        let mut words =
            vec!["sensor", "--interface", "in0", "--state", &state, "--socket", &socket];
        words.extend(more);
        let running = self.gateway.start(OSTIUM, &words).unwrap();
        let up = wait_for(Duration::from_secs(20), || self.ask(&["status"]).status.success());
        assert!(up, "the sensor answers");
        running
    }

    /// Runs a command that talks to the sensor.
    pub(crate) fn ask(&self, words: &[&str]) -> Output {
        let socket = self.path("s");
        let mut command = self.gateway.command(OSTIUM);
        command.args(words).args(["--socket", &socket]).output().unwrap()
    }

    pub(crate) fn said(&self, words: &[&str]) -> String {
        let output = self.ask(words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.said(&["status", "--format", "json"])).unwrap()
    }

    /// Is there a block of this target?
    pub(crate) fn blocks(&self, target: &str) -> bool {
        let status = self.status();
        status["blocks"].as_array().unwrap().iter().any(|block| block["target"] == target)
    }

    pub(crate) fn rules(&self) -> String {
        self.gateway.run("nft", &["list", "ruleset"]).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        Path::new(&self.folder).join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
