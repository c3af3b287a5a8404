//! The process inside a namespace that serves the zone, and how it is told what to do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use ostium_event::{Span, Timestamp};
use ostium_lab::Host;
use ostium_rpz::query::Kind;
use ostium_rpz::{Limits, Peer, Peers, Rules, Server, TsigKey, Zone, ZoneConfig, file};
use ostium_verdict::{Block, BlockSet, Mode, Origin};

pub(crate) const ORIGIN: &str = "rpz.test";
pub(crate) const KEY: &str = "c2l0ZS1rZXktb2YtdGhpcnR5LXR3by1ieXRlcy1sb25n";
pub(crate) const WRONG: &str = "d3Jvbmcta2V5LW9mLXRoaXJ0eS10d28tYnl0ZXMtbG9u";
pub(crate) const PORT: u16 = 5353;
const JOB: &str = "OSTIUM_RPZ_JOB";
const TOLD: &str = "told: ";

/// A server inside; it ends when this is dropped.
pub(crate) struct Serving {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts one at an address, for one resolver that hears NOTIFY at its port 53, with the key
    /// or without, and with a file.
    pub(crate) fn start(host: &Host, at: &str, peer: &str, key: bool, file: &Path) -> Self {
        let mut command = host.part(&[], "serve::serve_inside").unwrap();
        command.env(JOB, format!("{at} {peer} {key} {}", file.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut serving = Self { child, to, from: BufReader::new(from) };
        serving.told();
        serving
    }

    /// Has these names blocked and those allowed; what the server has done so far.
    pub(crate) fn rules(&mut self, blocked: &[&str], allowed: &[&str]) -> BTreeMap<String, u64> {
        writeln!(self.to, "{};{}", blocked.join(","), allowed.join(",")).unwrap();
        self.told()
    }

    /// What the server has done so far.
    pub(crate) fn done(&mut self) -> BTreeMap<String, u64> {
        writeln!(self.to).unwrap();
        self.told()
    }

    fn told(&mut self) -> BTreeMap<String, u64> {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.from.read_line(&mut line).unwrap(), 0, "the server has ended");
            let Some((_, told)) = line.split_once(TOLD) else { continue };
            let pairs = told.split_whitespace().filter_map(|pair| pair.split_once('='));
            return pairs.map(|(name, n)| (name.to_owned(), n.parse().unwrap())).collect();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "runs inside a namespace, started by the others"]
fn serve_inside() {
    let Ok(job) = std::env::var(JOB) else { return };
    let words: Vec<_> = job.split(' ').collect();
    let [at, peer, key, path] = words[..] else { panic!("{job}") };
    let key = (key == "true").then(|| TsigKey::new("site", KEY).unwrap());
    let peer = Peer { addr: peer.parse().unwrap(), notify: Some(53), key };
    let path = Path::new(path);
    let last = file::serial_of(path).unwrap().unwrap_or(1000);
    let zone = Zone::new(ZoneConfig::new(ORIGIN), last, Rules::default()).unwrap();
    let at = format!("{at}:{PORT}").parse().unwrap();
    let limits = Limits { notices: 8, ..Limits::default() };
    let server = Server::start(zone, &[at], Peers::new(vec![peer]), limits).unwrap();
    tell(&server);
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        if let Some((blocked, allowed)) = line.split_once(';') {
            let now = Timestamp::from_secs(1000);
            let blocks: BlockSet =
                blocked.split(',').filter(|n| !n.is_empty()).map(block).collect();
            let allowed = allowed.split(',').filter(|n| !n.is_empty());
            let rules = Rules::of(&blocks, allowed, now, server.zone().config());
            server.publish(rules);
            file::write_atomically(&server.zone(), path).unwrap();
        }
        tell(&server);
    }
}

fn block(name: &str) -> Block {
    let (since, span) = (Timestamp::from_secs(999), Span::from_secs(600));
    Block::new(name.parse().unwrap(), Origin::Operator, Mode::Block, since, span)
}

fn tell(server: &Server) {
    let stats = server.stats();
    let kinds = Kind::ALL.map(|kind| format!("{}={}", kind.name(), stats.questions(kind)));
    let (serial, notices, notified) = (server.zone().serial(), stats.notices(), stats.notified());
    println!(
        "{TOLD}{} serial={serial} notices={notices} notified={notified} failed={}",
        kinds.join(" "),
        stats.failed()
    );
}
