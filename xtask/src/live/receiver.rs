//! Who listens: the sensor, or a program to compare it with. Each says itself what it lost.

use std::error::Error;
use std::time::Duration;

use ostium_lab::{Host, wait_for};

use super::Bench;
use super::sensor::{Sensor, Used, Wish, used};

/// The interface that is listened at.
pub(super) const AT: &str = "hear0";

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The sensor with so many threads.
    Sensor(usize),
    /// `tcpdump -w /dev/null`, with a buffer of the sensor's size.
    Tcpdump,
}

/// What came of listening.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// Packets that the kernel showed it, those that it lost among them.
    pub(super) seen: u64,
    /// Lost by the kernel, because the ring was full.
    pub(super) dropped: u64,
    /// Let go by the sensor, flow by flow.
    pub(super) shed: u64,
    pub(super) used: Used,
}

/// It works off what it has heard within this time, or it never will.
const PATIENCE: Duration = Duration::from_secs(30);
/// The status is made every second, so what stays the same for longer is at rest.
const TURN: Duration = Duration::from_millis(1200);

// === impl Receiver ===

impl Receiver {
    pub(super) const ALL: [Self; 3] = [Self::Tcpdump, Self::Sensor(1), Self::Sensor(2)];

    pub(super) fn title(self) -> String {
        match self {
            Self::Sensor(threads) => format!("sensor, `threads = {threads}`"),
            Self::Tcpdump => "`tcpdump -B 65536 -w /dev/null`".into(),
        }
    }

    /// Listens on a host while something is done, and until all of it is worked off.
    pub(super) fn listen<T>(
        self,
        bench: &Bench,
        host: &Host,
        home: &[&str],
        act: impl FnOnce() -> Result<T, Box<dyn Error>>,
    ) -> Result<(T, Heard), Box<dyn Error>> {
        match self {
            Self::Sensor(threads) => {
                let wish = Wish { interface: AT, threads, home, ..Wish::default() };
                let sensor = Sensor::start(bench, host, &wish)?;
                let before = sensor.used()?;
                let did = act()?;
                let heard = at_rest(&sensor, before)?;
                sensor.end(bench, host)?;
                Ok((did, heard))
            }
            Self::Tcpdump => tcpdump(host, act),
        }
    }
}

/// What a sensor has heard, once nothing changes any more.
fn at_rest(sensor: &Sensor, before: Used) -> Result<Heard, Box<dyn Error>> {
    let now = || -> Result<Heard, Box<dyn Error>> {
        let status = sensor.status()?;
        let (seen, dropped) =
            status.interfaces.iter().fold((0, 0), |(s, d), i| (s + i.seen, d + i.dropped));
        let used = sensor.used()?;
        let cpu = used.cpu.saturating_sub(before.cpu);
        Ok(Heard { seen, dropped, shed: status.shed_packets, used: Used { cpu, ..used } })
    };
    let mut last = now()?;
    for _ in 0..PATIENCE.as_millis() / TURN.as_millis() {
        std::thread::sleep(TURN);
        let next = now()?;
        let same = |of: fn(&Heard) -> u64| of(&last) == of(&next);
        // A thread that still works off packets takes much more than this.
        let idle = next.used.cpu.saturating_sub(last.used.cpu) < TURN / 10;
        if same(|h| h.seen) && same(|h| h.dropped) && same(|h| h.shed) && idle {
            return Ok(next);
        }
        last = next;
    }
    Err("the sensor does not come to rest".into())
}

fn tcpdump<T>(
    host: &Host,
    act: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, Heard), Box<dyn Error>> {
    let words = ["-i", AT, "-n", "-B", "65536", "-Z", "root", "-w", "/dev/null"];
    let running = host.start("tcpdump", &words)?;
    let sockets = || host.run("cat", &["/proc/net/packet"]).unwrap_or_default();
    if !wait_for(PATIENCE, || sockets().lines().count() > 1) {
        return Err("tcpdump does not listen".into());
    }
    let did = act()?;
    let mut last = used(running.id())?;
    loop {
        std::thread::sleep(TURN / 2);
        let next = used(running.id())?;
        if next.cpu == last.cpu {
            break;
        }
        last = next;
    }
    running.signal("INT")?;
    let output = running.finish(PATIENCE)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (seen, dropped) = counts(&said).ok_or_else(|| format!("tcpdump said: {}", said.trim()))?;
    Ok((did, Heard { seen, dropped, shed: 0, used: last }))
}

/// What tcpdump says at its end: received by its filter, dropped by the kernel.
fn counts(said: &str) -> Option<(u64, u64)> {
    let number = |what: &str| {
        let line = said.lines().find(|line| line.contains(what))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((number("received by filter")?, number("dropped by kernel")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tcpdump_says_is_read() {
        let said = "tcpdump: listening on hear0, link-type EN10MB\n900 packets captured\n\
                    1000 packets received by filter\n100 packets dropped by kernel\n";
        assert_eq!(counts(said), Some((1000, 100)));
        assert_eq!(counts("tcpdump: hear0: no such device"), None);
    }
}
