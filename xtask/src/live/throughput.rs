//! Packets a second that are heard without loss, beside tcpdump on the same pair of interfaces.
//!
//! First all is sent that can be; if something is lost, the rate is halved towards the highest that
//! is not, in a few steps. Lost is what the kernel dropped and what the sensor let go.

use std::error::Error;
use std::fmt::Write as _;

use ostium_lab::{Host, Lab};

use super::gateway::quiet;
use super::receiver::{AT, Heard, Receiver};
use super::sender::{FROM, SECONDS, Sender, Sent, Traffic};
use super::stats::thousands;
use super::{Bench, Told};
use crate::run::succeeds;

/// Sendings after the first: the rate is known to a thirty-second of the highest.
const STEPS: usize = 5;
/// Programs to compare with, how to ask whether they are there, and where they come from.
const TOOLS: &[(&str, &str)] =
    &[("trafgen", "netsniff-ng"), ("tcpreplay", "tcpreplay"), ("tcpdump", "tcpdump")];
/// Others of the trade. Their losses hang on their rules, so they are not run by themselves.
const OTHERS: &[&str] = &["suricata", "zeek"];

/// A sending, and what was heard of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trial {
    sent: Sent,
    heard: Heard,
}

/// What was found of a receiver.
struct Row {
    traffic: Traffic,
    receiver: Receiver,
    /// As fast as could be sent.
    top: Trial,
    /// The fastest without loss.
    best: Option<Trial>,
}

/// Two hosts on one wire, which know nothing of IP.
struct Pair {
    from: Host,
    at: Host,
    _lab: Lab,
}

pub(super) fn measure(bench: &Bench) -> Told {
    let missing = missing();
    let is_there = |name: &str| !missing.iter().any(|(tool, _)| *tool == name);
    let pair = Pair::new()?;
    let mut rows = Vec::new();
    for traffic in Traffic::ALL.into_iter().filter(|traffic| is_there(traffic.program())) {
        let sender = Sender::new(bench, &pair.from, traffic)?;
        for receiver in Receiver::ALL {
            if receiver != Receiver::Tcpdump || is_there("tcpdump") {
                rows.push(search(bench, &pair, &sender, receiver)?);
            }
        }
    }
    Ok(told(&rows, &missing))
}

/// Tools that are not installed, and their packages.
fn missing() -> Vec<(&'static str, &'static str)> {
    let is_missing = |tool: &&(&str, &str)| !is_there(tool.0);
    TOOLS.iter().filter(is_missing).copied().collect()
}

fn is_there(program: &str) -> bool {
    succeeds(std::process::Command::new("which").arg(program))
}

/// The highest rate without loss, by sending a few times.
fn search(
    bench: &Bench,
    pair: &Pair,
    sender: &Sender,
    receiver: Receiver,
) -> Result<Row, Box<dyn Error>> {
    let traffic = sender.traffic;
    let trial = |rate: Option<u64>| -> Result<Trial, Box<dyn Error>> {
        let act = || sender.send(bench, &pair.from, rate);
        let before = arrived(&pair.at)?;
        let (mut sent, heard) = receiver.listen(bench, &pair.at, traffic.home(), act)?;
        // What the machine lost before the interface is nobody's loss here.
        let share = (arrived(&pair.at)? - before) as f64 / sent.packets.max(1) as f64;
        sent = sent.of(share);
        let trial = Trial { sent, heard };
        let (title, lost) = (receiver.title(), thousands(trial.lost()));
        eprintln!("     {}: {title}: {} a second, {lost} lost", traffic.title(), sent.rate());
        Ok(trial)
    };
    // Others use the machine now and then: a loss that does not come again is not the receiver's.
    let trial = |rate: Option<u64>| {
        let first = trial(rate)?;
        if first.lost() == 0 {
            return Ok(first);
        }
        let second = trial(rate)?;
        Ok(if second.lost() < first.lost() { second } else { first })
    };
    let top = trial(None)?;
    let best = highest(top, bench.count(STEPS * 2).min(STEPS), |rate| trial(Some(rate)))?;
    Ok(Row { traffic, receiver, top, best })
}

/// Packets that the receiver's interface has taken since it was made.
fn arrived(at: &Host) -> Result<u64, Box<dyn Error>> {
    let table = at.run("cat", &["/proc/net/dev"])?;
    Ok(taken(&table, AT).ok_or("/proc/net/dev does not tell what was received")?)
}

/// Packets received by an interface: the second number after its name.
fn taken(table: &str, interface: &str) -> Option<u64> {
    let rows = table.lines().filter_map(|row| row.split_once(':'));
    let (_, numbers) = rows.into_iter().find(|(name, _)| name.trim() == interface)?;
    numbers.split_whitespace().nth(1)?.parse().ok()
}

/// Halves towards the highest rate of a trial without loss.
fn highest(
    top: Trial,
    steps: usize,
    mut trial: impl FnMut(u64) -> Result<Trial, Box<dyn Error>>,
) -> Result<Option<Trial>, Box<dyn Error>> {
    if top.lost() == 0 {
        return Ok(Some(top));
    }
    let (mut low, mut high, mut best) = (0, top.sent.rate(), None);
    for _ in 0..steps {
        let rate = (low + high) / 2;
        let next = trial(rate.max(1))?;
        if next.lost() > 0 {
            high = rate;
            continue;
        }
        low = rate;
        // The sender may not have kept up with what it was asked for.
        let rates = (best.map_or(0, |best: Trial| best.sent.rate()), next.sent.rate());
        if rates.1 > rates.0 {
            best = Some(next);
        }
    }
    Ok(best)
}

fn told(rows: &[Row], missing: &[(&str, &str)]) -> String {
    let mut out = format!(
        "A veth pair, a sender and a receiver on the same cores, {SECONDS} s for each sending.\n\
         The flood has other addresses and ports in each frame: inside hosts within 10.1.0.0/16, peers within \
         198.18.0.0/16, so nearly each frame is a new flow, and of a new pair.\n\
         Mixed traffic is a day of the world of `ostium demo` as fast as the rate says, again and again.\n\
         Without loss: nothing dropped by the kernel, nothing let go (shed) by the sensor; ≥ where the \
         sender was the limit.\n\
         Where it was that of both, no ratio can be told.\n\
         A loss counts when it comes twice, and only of what came to the receiver's interface.\n\
         Processor time is that of the receiver's process; its ring is filled in the sender's.\n\n\
         | traffic | receiver | packets/s without loss | Mbit/s | of tcpdump's | processor a packet | at \
         most sent/s | then dropped | then shed |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    for row in rows {
        line(&mut out, row, rows);
    }
    out.push('\n');
    // Writing to a string does not fail.
    for (tool, package) in missing {
        let _written =
            writeln!(out, "Without {tool} its rows are left out: `apt install {package}`.");
    }
    for other in OTHERS.iter().filter(|other| !is_there(other)) {
        let _written = writeln!(out, "There is no {other} on the path to compare with.");
    }
    out
}

/// The rate over that of tcpdump with the same traffic; only a bound where the sender was the limit of
/// one of them, and nothing where it was of both.
fn ratio(row: &Row, all: &[Row]) -> String {
    let is_same =
        |other: &&Row| other.receiver == Receiver::Tcpdump && other.traffic == row.traffic;
    let rate = |row: &Row| row.best.map(|best| best.sent.rate());
    let Some(other) = all.iter().find(is_same).filter(|_| row.receiver != Receiver::Tcpdump) else {
        return String::new();
    };
    let (Some(own), Some(its)) = (rate(row), rate(other)) else {
        return String::new();
    };
    let bound = match (row.top.lost() == 0, other.top.lost() == 0) {
        (true, true) => return "both ≥".into(),
        (true, false) => "≥ ",
        (false, true) => "≤ ",
        (false, false) => "",
    };
    format!("{bound}{:.2}", own as f64 / its.max(1) as f64)
}

fn line(out: &mut String, row: &Row, all: &[Row]) {
    let ratio = ratio(row, all);
    let limit = if row.top.lost() == 0 { "≥ " } else { "" };
    let best = row.best.map_or_else(
        || "none found | ".to_owned(),
        |best| format!("{limit}{} | {:.0} ", thousands(best.sent.rate()), best.sent.megabits()),
    );
    let trial = row.best.unwrap_or(row.top);
    let share =
        |part: u64| format!("{:.2} %", 100.0 * part as f64 / row.top.sent.packets.max(1) as f64);
    // Writing to a string does not fail.
    let _written = writeln!(
        out,
        "| {} | {} | {best}| {ratio} | {:.2} µs | {} | {} | {} |",
        row.traffic.title(),
        row.receiver.title(),
        trial.micros(),
        thousands(row.top.sent.rate()),
        share(row.top.dropped()),
        share(row.top.heard.shed)
    );
}

// === impl Trial ===

impl Trial {
    /// What the kernel dropped of what came to the interface.
    fn dropped(&self) -> u64 {
        let came = self.heard.seen.saturating_sub(self.heard.dropped);
        self.sent.packets.saturating_sub(came)
    }

    fn lost(&self) -> u64 {
        self.dropped() + self.heard.shed
    }

    /// Microseconds of processor time of the receiver for each packet.
    fn micros(&self) -> f64 {
        let came = self.heard.seen.saturating_sub(self.heard.dropped);
        self.heard.used.cpu.as_secs_f64() * 1e6 / came.max(1) as f64
    }
}

// === impl Pair ===

impl Pair {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut lab = Lab::new()?;
        let (from, at) = (lab.add("from")?, lab.add("at")?);
        quiet(&from)?;
        quiet(&at)?;
        lab.wire((&from, FROM), (&at, AT))?;
        // Whatever a made-up world may have joined.
        from.ip(&["link", "set", FROM, "mtu", "9000"])?;
        at.ip(&["link", "set", AT, "mtu", "9000"])?;
        Ok(Self { from, at, _lab: lab })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::live::sensor::Used;

    /// A receiver that keeps up with so many packets a second.
    fn trial(rate: u64, limit: u64) -> Trial {
        let dropped = rate.saturating_sub(limit);
        let used = Used { cpu: Duration::from_millis(500), peak: 0 };
        let heard = Heard { seen: rate, dropped, shed: 0, used };
        Trial { sent: Sent { packets: rate, bytes: 64 * rate, seconds: 1.0 }, heard }
    }

    #[test]
    fn the_highest_rate_without_loss_is_found_in_few_steps() {
        let mut tried = 0;
        let found = highest(trial(100_000, 70_000), STEPS, |rate| {
            tried += 1;
            Ok(trial(rate, 70_000))
        });
        assert_eq!(found.unwrap().map(|best| best.sent.rate()), Some(68_750));
        assert_eq!(tried, STEPS);
        let all = highest(trial(100_000, 100_000), STEPS, |_| Err("not asked".into()));
        assert_eq!(all.unwrap(), Some(trial(100_000, 100_000)));
        let none = highest(trial(100_000, 0), STEPS, |rate| Ok(trial(rate, 0)));
        assert_eq!(none.unwrap(), None);
    }

    #[test]
    fn what_an_interface_took_is_read() {
        let table = "Inter-|   Receive\n face |bytes    packets errs\n    lo:   10   1 0\n hear0: 640 10 0 0\n";
        assert_eq!(taken(table, "hear0"), Some(10));
        assert_eq!(taken(table, "hear1"), None);
    }

    #[test]
    fn the_ratio_is_to_tcpdump_with_the_same_traffic() {
        let row = |traffic, receiver, rate, limit| Row {
            traffic,
            receiver,
            top: trial(200_000, limit),
            best: Some(trial(rate, limit)),
        };
        let rows = [
            row(Traffic::Flood, Receiver::Tcpdump, 100_000, 100_000),
            row(Traffic::Flood, Receiver::Sensor(1), 50_000, 50_000),
            row(Traffic::Flood, Receiver::Sensor(2), 200_000, 200_000),
            row(Traffic::Mixed, Receiver::Tcpdump, 200_000, 200_000),
            row(Traffic::Mixed, Receiver::Sensor(1), 100_000, 100_000),
            row(Traffic::Mixed, Receiver::Sensor(2), 200_000, 200_000),
        ];
        let ratios: Vec<String> = rows.iter().map(|row| ratio(row, &rows)).collect();
        assert_eq!(ratios, ["", "0.50", "≥ 2.00", "", "≤ 0.50", "both ≥"]);
        let text = told(&rows, &[("tcpdump", "tcpdump")]);
        let heads = text.lines().find(|line| line.starts_with("| traffic")).unwrap();
        let cells = |line: &str| line.matches('|').count();
        assert!(text.lines().filter(|l| l.starts_with("| ")).all(|l| cells(l) == cells(heads)));
        assert!(text.contains("| 50,000 | 26 | 0.50 | 10.00 µs | 200,000 | 75.00 % |"), "{text}");
        assert!(text.contains("`apt install tcpdump`"), "{text}");
        let none = Row { best: None, ..row(Traffic::Mixed, Receiver::Sensor(1), 1, 1) };
        let text = told(&[none], &[]);
        let last = text.lines().rfind(|line| line.starts_with("| ")).unwrap();
        assert_eq!(cells(last), cells(heads), "{last}");
    }
}
