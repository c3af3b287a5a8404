//! Inside, a gateway, outside, a garden; people and servers that are a few lines of Python.

use std::time::Duration;

use ostium_lab::{Host, Lab, Running, wait_for};

pub(crate) struct World {
    pub(crate) inside: Host,
    pub(crate) gateway: Host,
    pub(crate) outside: Host,
    #[expect(dead_code, reason = "its servers live as long as the world")]
    servers: Vec<Running>,
    #[expect(dead_code, reason = "hosts live as long as their lab")]
    lab: Lab,
}

/// Answers each first word on some TCP ports and on UDP port 53 with its name and the port, and
/// goes on answering.
const SERVER: &str = r#"
import socket, sys, threading
name = sys.argv[1].encode()
def talk(c, port):
    try:
        while c.recv(2000): c.sendall(name + b' ' + port)
    except OSError: pass
def tcp(port):
    s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=50)
    while True:
        c, _ = s.accept()
        threading.Thread(target=talk, args=(c, b'%d' % port), daemon=True).start()
for port in (53, 80, 443, 8080, 8081): threading.Thread(target=tcp, args=(port,), daemon=True).start()
import selectors
sel = selectors.DefaultSelector()
for port in (53, 443):
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    u.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    u.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    u.bind(('::', port))
    sel.register(u, 1, port)
while True:
    for key, _ in sel.select():
        d, anc, _, who = key.fileobj.recvmsg(2000, 200)
        # The answer leaves from the address that was asked.
        try: key.fileobj.sendmsg([name + b' %d' % key.data], [a for a in anc if a[1] == socket.IPV6_PKTINFO], 0, who)
        except OSError: pass
"#;

/// Tries all at once: `from|to|port|proto`; one line for each.
const TRY: &str = r#"
import errno, socket, sys, threading
def one(i, text):
    src, dst, port, kind = text.split('|')
    family = socket.AF_INET6 if ':' in dst else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
    s.settimeout(0.9)
    try:
        if src: s.bind((src, 0))
        s.connect((dst, int(port)))
        s.send(b'hello')
        told[i] = s.recv(100).decode()
    except TimeoutError: told[i] = 'silent'
    except OSError as e: told[i] = errno.errorcode.get(e.errno, str(e))
told = [None] * (len(sys.argv) - 1)
all = [threading.Thread(target=one, args=a) for a in enumerate(sys.argv[1:])]
for t in all: t.start()
for t in all: t.join()
print('\n'.join(told))
"#;

/// One connection that talks every 20 ms, for four seconds or until it is stopped.
const TALK: &str = r#"
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
s.settimeout(1.5)
n = 0
try:
    end = time.time() + 4
    while time.time() < end:
        s.send(b'tick'); s.recv(100); n += 1; time.sleep(0.02)
    print('went on', n)
except OSError as e: print('stopped', n, type(e).__name__)
"#;

pub(crate) const PYTHON: &str = "python3";

// === impl World ===

impl World {
    /// All wired, with servers outside (10.2.0.2, 10.2.0.3, fd02::2, fd02::3), in the garden
    /// (10.3.0.2, fd03::2) and inside (10.1.0.2, 10.1.0.3, fd01::2, fd01::3); `None` where the
    /// machine cannot have it.
    pub(crate) fn or_skip() -> Option<Self> {
        let mut lab = Lab::or_skip()?;
        let mut add = |name| lab.add(name).unwrap();
        let (inside, gateway, outside, garden) =
            (add("inside"), add("gateway"), add("outside"), add("garden"));
        if !has_nft(&gateway) {
            return None;
        }
        for (n, name, host) in [(1, "in0", &inside), (2, "out0", &outside), (3, "gar0", &garden)] {
            lab.wire((host, "eth0"), (&gateway, name)).unwrap();
            gateway.address(name, &format!("10.{n}.0.1/24")).unwrap();
            gateway.address(name, &format!("fd0{n}::1/64")).unwrap();
            for last in [2, 3] {
                host.address("eth0", &format!("10.{n}.0.{last}/24")).unwrap();
                host.address("eth0", &format!("fd0{n}::{last}/64")).unwrap();
            }
            host.default_via(&format!("10.{n}.0.1")).unwrap();
            host.default_via(&format!("fd0{n}::1")).unwrap();
        }
        gateway.forward().unwrap();
        let serve = |host: &Host, name| host.start(PYTHON, &["-c", SERVER, name]).unwrap();
        let servers =
            vec![serve(&inside, "inside"), serve(&outside, "outside"), serve(&garden, "garden")];
        let world = Self { inside, gateway, outside, servers, lab };
        let up =
            ["|10.2.0.2|8080|tcp", "|fd02::3|53|udp", "|10.3.0.2|8081|tcp", "|fd01::2|443|tcp"];
        let all_up = || {
            let told = world.attempt(&world.inside, &up);
            told.iter().all(|told| told.contains(' '))
        };
        assert!(wait_for(Duration::from_secs(20), all_up), "servers are up");
        Some(world)
    }

    /// What each attempt from a host gets: the server's word, `silent`, or an error's name.
    pub(crate) fn attempt(&self, host: &Host, attempts: &[&str]) -> Vec<String> {
        let words = [&["-c", TRY], attempts].concat();
        host.run(PYTHON, &words).unwrap().lines().map(str::to_owned).collect()
    }

    /// The same from inside, held against what is expected. On a busy machine an answer may be
    /// late: only what should have been answered is tried again, never what should be silent.
    pub(crate) fn expect(&self, table: &[(&str, &str)]) {
        let mut rest = table.to_vec();
        for turn in 0..4 {
            let attempts: Vec<&str> = rest.iter().map(|row| row.0).collect();
            let told = self.attempt(&self.inside, &attempts);
            let told = attempts.iter().zip(told.iter()).map(|(to, got)| (*to, got.as_str()));
            let wrong = rest.iter().copied().zip(told).filter(|(row, told)| row != told);
            let wrong: Vec<_> = wrong.collect();
            let late = wrong.iter().all(|(_, told)| told.1 == "silent");
            assert!(wrong.is_empty() || (late && turn < 3), "expected and told: {wrong:?}");
            rest = wrong.into_iter().map(|(row, _)| row).collect();
            if rest.is_empty() {
                break;
            }
        }
    }

    /// Connections from inside that are established, and go on talking.
    pub(crate) fn talk<const N: usize>(&self, to: [(&str, &str); N]) -> [Running; N] {
        let start = |(to, port)| self.inside.start(PYTHON, &["-c", TALK, to, port]).unwrap();
        let talkers = to.map(start);
        let up = || {
            let list = self.inside.run("ss", &["-tnH", "state", "established"]).unwrap();
            let end = |(to, port): &(&str, &str)| match to.contains(':') {
                true => format!("[{to}]:{port}"),
                false => format!("{to}:{port}"),
            };
            to.iter().all(|to| list.contains(&end(to)))
        };
        assert!(wait_for(Duration::from_secs(10), up), "{to:?}");
        // A few words each.
        std::thread::sleep(Duration::from_millis(150));
        talkers
    }

    /// The whole ruleset of the gateway, without our tables.
    pub(crate) fn foreign_ruleset(&self) -> String {
        let all = self.gateway.run("nft", &["list", "ruleset"]).unwrap();
        let (mut ours, mut rest) = (false, String::new());
        for line in all.lines() {
            ours |= line.starts_with("table ") && line.contains(" ostium {");
            if !ours {
                rest.push_str(line);
                rest.push('\n');
            }
            ours &= line != "}";
        }
        rest
    }

    /// Loads nft's own language on a host.
    pub(crate) fn nft(&self, host: &Host, script: &str) {
        host.run("sh", &["-c", &format!("nft -f - <<'END'\n{script}\nEND")]).unwrap();
    }
}

/// Is there nft? If not, says so; with `CI` set nothing may be skipped in silence.
pub(crate) fn has_nft(host: &Host) -> bool {
    let has = host.run("nft", &["--version"]).is_ok();
    assert!(has || std::env::var_os("CI").is_none(), "no nft here; install nftables");
    if !has {
        eprintln!("skipped: no nft here; install nftables");
    }
    has
}

/// What a talker said at its end.
pub(crate) fn end_of(talker: Running) -> String {
    let output = talker.finish(Duration::from_secs(10)).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
