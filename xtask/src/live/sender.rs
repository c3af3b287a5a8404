//! Who sends: trafgen small frames, tcpreplay a made-up world. Both say how much left, and how
//! fast; what they say is what counts, not what they were asked for.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ostium_lab::{Host, Running};

use super::Bench;

/// The interface that packets leave by.
pub(super) const FROM: &str = "send0";
/// A sending takes so long, about.
pub(super) const SECONDS: u64 = 5;
/// Frames that a first, unmeasured sending has, which tells how fast all can go.
const TRIAL: u64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// Flows of the even kind of traffic.
const FLOWS: u16 = 4096;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// Frames of 64 bytes, each with other addresses and ports.
    Flood,
    /// Frames of 64 bytes of some thousand flows.
    Even,
    /// A made-up office.
    Mixed,
}

/// What left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sent {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
}

/// Sends traffic of one kind.
pub(super) struct Sender {
    pub(super) traffic: Traffic,
    file: PathBuf,
    /// Frames a second at most, as far as is known.
    most: u64,
}

// === impl Traffic ===

impl Traffic {
    pub(super) const ALL: [Self; 3] = [Self::Flood, Self::Even, Self::Mixed];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Flood => "64 bytes, a flood",
            Self::Even => "64 bytes, 4,096 flows",
            Self::Mixed => "mixed",
        }
    }

    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::Flood | Self::Even => "trafgen",
            Self::Mixed => "tcpreplay",
        }
    }

    /// The networks that are inside.
    pub(super) const fn home(self) -> &'static [&'static str] {
        match self {
            Self::Flood | Self::Even => &["10.1.0.0/16"],
            Self::Mixed => &["10.20.0.0/24", "2a01:c40:7:1::/64"],
        }
    }
}

// === impl Sender ===

impl Sender {
    /// Makes what will be sent, and tries how fast that can be.
    pub(super) fn new(
        bench: &Bench,
        host: &Host,
        traffic: Traffic,
    ) -> Result<Self, Box<dyn Error>> {
        let file = match traffic {
            Traffic::Flood => {
                let file = bench.path("flood.cfg");
                fs::write(&file, frame("drnd(2)", "drnd(2)", "drnd(2)"))?;
                file
            }
            Traffic::Even => {
                let file = bench.path("even.cfg");
                fs::write(&file, even())?;
                file
            }
            Traffic::Mixed => {
                let file = bench.path("mixed.pcap");
                let mut make = Command::new(&bench.ostium);
                make.args(["synth", "demo", "--days", "1", "--quiet", "--out"]).arg(&file);
                if !make.status()?.success() {
                    return Err("cannot make a made-up world".into());
                }
                file
            }
        };
        let mut sender = Self { traffic, file, most: TRIAL / SECONDS };
        sender.most = sender.send(bench, host, None)?.rate();
        Ok(sender)
    }

    /// Sends for some seconds: so many frames a second, or as many as it can.
    pub(super) fn send(
        &self,
        bench: &Bench,
        host: &Host,
        rate: Option<u64>,
    ) -> Result<Sent, Box<dyn Error>> {
        bench.go_on()?;
        let file = self.file.to_string_lossy();
        let mut words: Vec<String> = Vec::new();
        match self.traffic {
            Traffic::Flood | Traffic::Even => {
                let count = rate.unwrap_or(self.most) * SECONDS;
                words.extend(["--dev", FROM, "--conf", &file, "--cpus", "1"].map(Into::into));
                words.extend(["--num".into(), count.to_string()]);
                words.extend(rate.iter().flat_map(|rate| ["--rate".into(), format!("{rate}pps")]));
            }
            Traffic::Mixed => {
                words.extend(["-i", FROM, "--quiet", "--no-flow-stats"].map(Into::into));
                words.extend(["--preload-pcap", "--loop=0"].map(Into::into));
                words.push(format!("--duration={SECONDS}"));
                words
                    .push(rate.map_or_else(|| "--topspeed".into(), |rate| format!("--pps={rate}")));
                words.push(file.into_owned());
            }
        }
        let mut command = host.command(self.traffic.program());
        command.args(&words);
        let output = Running::start(command)?.finish(PATIENCE)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let sent = match self.traffic {
            Traffic::Flood | Traffic::Even => trafgen(&said),
            Traffic::Mixed => tcpreplay(&said),
        };
        sent.ok_or_else(|| {
            let why = String::from_utf8_lossy(&output.stderr);
            format!("{} does not say what it sent: {}", self.traffic.program(), why.trim()).into()
        })
    }
}

/// The configuration of trafgen for a frame of 64 bytes of UDP, from this host in 10.1.0.0/16 and
/// port to this one in 198.18.0.0/16.
fn frame(host: &str, port: &str, peer: &str) -> String {
    format!(
        "{{ 0x02,0,0,0,0,2, 0x02,0,0,0,0,1, c16(0x0800), \
         0x45,0, c16(50), c16(0), 0x40,0, 64, 17, c16(0), 10,1,{host}, 198,18,{peer}, \
         {port}, c16(4444), c16(30), c16(0), fill(0x61, 22) }}\n"
    )
}

/// As many flows as there are, of a host each, to a peer each.
fn even() -> String {
    let number = |n: u16| format!("c16({n})");
    (0..FLOWS).map(|n| frame(&number(n * 7), &number(20_000 + n), &number(n * 11))).collect()
}

/// What trafgen says at its end.
fn trafgen(said: &str) -> Option<Sent> {
    let number = |unit: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_suffix(unit))?;
        line.trim().parse::<u64>().ok()
    };
    let time = said.lines().find(|line| line.contains(" usec on CPU"))?;
    let mut words = time.split_whitespace();
    let seconds: f64 = words.next()?.parse().ok()?;
    let micros: f64 = words.nth(1)?.parse().ok()?;
    Some(Sent {
        packets: number("packets outgoing")?,
        bytes: number("bytes outgoing")?,
        seconds: seconds + micros / 1e6,
    })
}

/// What tcpreplay says at its end.
fn tcpreplay(said: &str) -> Option<Sent> {
    let line = said.lines().find_map(|line| line.strip_prefix("Actual: "))?;
    let numbers: Vec<f64> = line
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[packets, bytes, seconds] = numbers.as_slice() else {
        return None;
    };
    Some(Sent { packets: packets as u64, bytes: bytes as u64, seconds })
}

// === impl Sent ===

impl Sent {
    /// Packets a second.
    pub(super) fn rate(self) -> u64 {
        (self.packets as f64 / self.seconds.max(1e-6)) as u64
    }

    /// The same when only a share of it arrived.
    pub(super) fn of(self, share: f64) -> Self {
        let part = |number: u64| (number as f64 * share).round() as u64;
        Self { packets: part(self.packets), bytes: part(self.bytes), ..self }
    }

    /// Megabits a second.
    pub(super) fn megabits(self) -> f64 {
        self.bytes as f64 * 8.0 / 1e6 / self.seconds.max(1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_trafgen_says_is_read() {
        let said = "     1 packets to schedule\n    64 bytes in total\nRunning! Hang up with ^C!\n\n\
                    \n      300000 packets outgoing\n    19200000 bytes outgoing\n           \
                    2 sec, 500000 usec on CPU0 (300000 packets)\n";
        let sent = Sent { packets: 300_000, bytes: 19_200_000, seconds: 2.5 };
        assert_eq!(trafgen(said), Some(sent));
        assert_eq!((sent.rate(), sent.megabits()), (120_000, 61.44));
        assert_eq!(sent.of(0.5).packets, 150_000);
        assert_eq!(trafgen("cannot open send0"), None);
    }

    #[test]
    fn what_tcpreplay_says_is_read() {
        let said = "Actual: 989119 packets (345503539 bytes) sent in 3.06 seconds\n\
                    Rated: 112590206.1 Bps, 900.72 Mbps, 322326.97 pps\n";
        let sent = Sent { packets: 989_119, bytes: 345_503_539, seconds: 3.06 };
        assert_eq!(tcpreplay(said), Some(sent));
        assert_eq!(tcpreplay("Fatal Error: no such device"), None);
    }

    #[test]
    fn flows_are_as_many_as_is_said() {
        let text = even();
        let all: std::collections::BTreeSet<&str> = text.lines().collect();
        assert_eq!(all.len(), usize::from(FLOWS));
        assert!(Traffic::Even.title().contains("4,096"));
    }
}
