//! Machines played to the product as events, and both scores of each of their conversations.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use ostium_event::{
    Addr, Event, FlowKey, FlowRecord, OpenedBy, Proto, Scope, Service, Span, Timestamp, TlsClient,
    TlsVersion, Volume, What,
};
use ostium_pipeline::{Settings, analyze_events};
use ostium_report::HostRow;

use super::clean::Call;
use super::score::{Parts, Window};

/// All connections of one machine, by name: no two machines call the same.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) talks: Vec<Vec<Call>>,
}

/// What is compared, in the order of `Scores`.
pub(super) const METHODS: [&str; 3] = ["RITA", "`beacon`", "whole verdict"];
/// Of one machine or conversation, by each method.
pub(super) type Scores = [f64; METHODS.len()];

/// The scores of one machine.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    /// RITA's score and that of `beacon` for each conversation, a bot's last.
    pub(super) talks: Vec<[f64; 2]>,
    /// The verdict's log-odds.
    pub(super) verdict: f64,
}

/// When worlds begin: a Monday.
const START: u64 = 1_789_344_000;
const DAY: u32 = 86_400;
/// Bytes of a hello and its headers, and of headers of a packet.
const PACKET: u64 = 40;
/// Packets sent in a short exchange.
const PACKETS: u64 = 6;

/// A connection that begins or ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    nanos: u64,
    machine: usize,
    talk: usize,
    call: usize,
    ends: bool,
}

/// Plays machines that live on one network for so many days.
pub(super) fn play(machines: &[Machine], days: u32) -> Vec<Scored> {
    let settings = Settings { site: "rita".to_owned(), all: true, ..Settings::default() };
    let turns = turns(machines);
    let names: Vec<Vec<String>> = (0..machines.len())
        .map(|n| (0..machines[n].talks.len()).map(|talk| name(n, talk)).collect())
        .collect();
    let analysis = analyze_events("rita", &settings, |hear| {
        for turn in &turns {
            let call = &machines[turn.machine].talks[turn.talk][turn.call];
            let name = &names[turn.machine][turn.talk];
            if tell(turn, call, name, hear).is_break() {
                return;
            }
        }
    });
    let hosts = analysis.document.hosts.iter();
    let rows: BTreeMap<&str, &HostRow> = hosts.map(|row| (row.host.as_str(), row)).collect();
    let windows = windows(machines, days);
    let scored = machines.iter().enumerate().map(|(n, machine)| {
        let row = rows.get(inside(n).to_string().as_str()).copied();
        scored(machine, &names[n], row, &windows)
    });
    scored.collect()
}

fn turns(machines: &[Machine]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (machine, of) in machines.iter().enumerate() {
        for (talk, calls) in of.talks.iter().enumerate() {
            for (place, call) in calls.iter().enumerate() {
                let turn = Turn { nanos: nanos(call.at), machine, talk, call: place, ends: false };
                let end = nanos(call.at + call.lasts);
                turns.extend([turn, Turn { nanos: end, ends: true, ..turn }]);
            }
        }
    }
    turns.sort_unstable();
    turns
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// A connection opens and says its name, or closes.
fn tell(
    turn: &Turn,
    call: &Call,
    name: &str,
    hear: &mut ostium_pipeline::Listener<'_>,
) -> ControlFlow<()> {
    let start = Timestamp::from_secs(START);
    let at = start.plus(Span::from_nanos(turn.nanos));
    let flow = FlowKey {
        inside: inside(turn.machine),
        outside: outside(turn.machine, turn.talk),
        inside_port: 1024 + (turn.call % 64_000) as u16,
        outside_port: 443,
        proto: Proto::TCP,
    };
    let event = |what| Event { at, flow, opened_by: OpenedBy::Inside, scope: Scope::Egress, what };
    if turn.ends {
        let record = FlowRecord {
            first: start.plus(Span::from_nanos(nanos(call.at))),
            last: at,
            out: Volume { packets: PACKETS, bytes: call.bytes },
            back: Volume { packets: PACKETS, bytes: 2 * call.bytes },
            service: Service::Tls,
            start_seen: true,
            ..FlowRecord::default()
        };
        return hear(&event(What::FlowClosed(record)));
    }
    hear(&event(What::FlowOpened { start: true }))?;
    let hello = TlsClient {
        server_name: Some(name),
        alpn: None,
        version: TlsVersion(0x0304),
        ja4: None,
        quic: false,
    };
    hear(&event(What::Tls(hello)))
}

fn inside(machine: usize) -> Addr {
    Addr::v4([10, 40, (machine / 200) as u8, (1 + machine % 200) as u8])
}

/// Addresses that no list knows and no two names share.
fn outside(machine: usize, talk: usize) -> Addr {
    Addr::v4([198, 18 + (talk / 250) as u8, (machine % 256) as u8, (1 + talk % 250) as u8])
}

fn name(machine: usize, talk: usize) -> String {
    const FIRST: [&str; 8] =
        ["harbor", "quiet", "maple", "silver", "garden", "copper", "meadow", "winter"];
    const SECOND: [&str; 8] =
        ["ledger", "river", "studio", "market", "letter", "bridge", "corner", "office"];
    let (first, second) = (FIRST[machine % 8], SECOND[talk % 8]);
    format!("{first}{second}{machine}x{talk}.com")
}

/// The first and last second of each day's data set.
fn windows(machines: &[Machine], days: u32) -> Vec<Window> {
    let mut windows: Vec<_> =
        (0..days).map(|day| Window { first: (day + 1) * DAY, last: day * DAY }).collect();
    for call in machines.iter().flat_map(|machine| machine.talks.iter().flatten()) {
        let second = call.at as u32;
        if let Some(window) = windows.get_mut((second / DAY) as usize) {
            window.first = window.first.min(second);
            window.last = window.last.max(second);
        }
    }
    windows
}

fn scored(
    machine: &Machine,
    names: &[String],
    row: Option<&HostRow>,
    windows: &[Window],
) -> Scored {
    let verdict = row.map_or(f64::NEG_INFINITY, log_odds);
    let talks = machine
        .talks
        .iter()
        .zip(names)
        .map(|(calls, name)| [rita(calls, windows), row.map_or(0.0, |row| beacon(row, name))]);
    Scored { talks: talks.collect(), verdict }
}

// === impl Scored ===

impl Scored {
    /// The highest of its conversations.
    pub(super) fn highest(&self) -> Scores {
        self.highest_of(|_| true)
    }

    /// The highest of those of its conversations that count.
    pub(super) fn highest_of(&self, counts: impl Fn(usize) -> bool) -> Scores {
        let talks = self.talks.iter().enumerate().filter(|(place, _)| counts(*place));
        let highest = |a: [f64; 2], b: &[f64; 2]| [a[0].max(b[0]), a[1].max(b[1])];
        let [rita, ours] = talks.fold([0.0; 2], |a, (_, b)| highest(a, b));
        [rita, ours, self.verdict]
    }

    /// Those of its last conversation.
    pub(super) fn last(&self) -> Scores {
        let [rita, ours] = self.talks.last().copied().unwrap_or_default();
        [rita, ours, self.verdict]
    }
}

/// RITA's score of the best day.
fn rita(calls: &[Call], windows: &[Window]) -> f64 {
    let mut best = 0.0f64;
    for (day, window) in windows.iter().enumerate() {
        let mut here: Vec<(u32, f64)> = calls
            .iter()
            .filter(|call| (call.at as u32) / DAY == day as u32)
            .map(|call| (call.at as u32, (call.bytes + PACKETS * PACKET) as f64))
            .collect();
        here.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (starts, bytes): (Vec<u32>, Vec<f64>) = here.into_iter().unzip();
        best = best.max(Parts::of(&starts, &bytes, *window).map_or(0.0, Parts::score));
    }
    best
}

fn beacon(row: &HostRow, name: &str) -> f64 {
    let items = row.evidence.iter().filter(|item| item.detector == "beacon");
    let about = items.filter(|item| item.peer.split(':').next() == Some(name));
    about.map(|item| item.log_odds).fold(0.0, f64::max)
}

/// Of the verdict: as its probability, but without rounding near 0 and 1.
fn log_odds(row: &HostRow) -> f64 {
    row.prior_log_odds + row.groups.values().map(|group| group.capped).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::super::bots::{Kind, Law};
    use super::super::chance::Chance;
    use super::*;

    #[test]
    fn both_hear_a_clock_and_neither_hears_chance() {
        let clock = Kind { sleep: 600, jitter: 0, law: Law::Shorten };
        let mut chance = Chance::new(5, 6);
        let random = (0..8).map(|_| Call {
            at: chance.between(0.0, 86_400.0),
            lasts: 1.0,
            bytes: chance.size(80, 9000),
        });
        let random: Vec<Call> = random.collect();
        let bot = Machine {
            talks: vec![random.clone(), clock.polls(&mut Chance::new(1, 2), &[(0.0, 86_400.0)])],
        };
        let scored = play(&[bot, Machine { talks: vec![random] }], 1);
        let (bot, clean) = (scored[0].last(), scored[1].highest());
        assert!(bot[0] > 0.95 && bot[1] > 4.5 && bot[2] > clean[2], "{scored:?}");
        assert_eq!(scored[0].highest(), bot);
        assert_eq!(scored[0].highest_of(|place| place == 0)[..2], clean[..2]);
        assert!(clean[0] < 0.8 && clean[1] < 0.5, "{scored:?}");
    }
}
