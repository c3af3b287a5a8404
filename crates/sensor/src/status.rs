//! How the sensor is doing, put together by the main thread and read by others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ostium_enforce::Stopped;
use ostium_event::Timestamp;
use ostium_pipeline::Engine;
use ostium_report::escape;
use ostium_sensor_api::{BlockRow, HostRow, HubRow, LimitRow, Status, VERSION};
use ostium_verdict::{Rationale, Target};

use crate::source::Gauge;
use crate::warden::{Warden, why};

/// Where the latest status hangs.
#[derive(Debug, Default)]
pub(crate) struct Board {
    latest: Mutex<Status>,
}

/// What the main thread puts together.
pub(crate) struct Desk {
    board: Arc<Board>,
    gauges: Vec<Arc<Gauge>>,
    started: Timestamp,
    /// Hosts that are not clean, by the part of the hosts that they were found in.
    hosts: Vec<Vec<HostRow>>,
    /// Packets and bytes when the rate was taken last, and when.
    rate: (u64, u64, Timestamp),
    rates: (f64, f64),
    stopped: BTreeMap<Target, (u64, u64)>,
}

/// Rows of a status.
const HOSTS: usize = 200;
const BLOCKS: usize = 1000;
const NEWS: usize = 100;

// === impl Board ===

impl Board {
    pub(crate) fn read(&self) -> Status {
        match self.latest.lock() {
            Ok(latest) => latest.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    fn hang(&self, status: Status) {
        match self.latest.lock() {
            Ok(mut latest) => *latest = status,
            Err(poisoned) => *poisoned.into_inner() = status,
        }
    }
}

/// What is not read off the engine and the warden.
pub(crate) struct Facts<'a> {
    pub(crate) site: &'a str,
    pub(crate) indicators: usize,
    pub(crate) shed_level: u32,
    pub(crate) kept: u64,
    pub(crate) hub: Option<HubRow>,
}

// === impl Desk ===

impl Desk {
    pub(crate) fn new(
        board: Arc<Board>,
        gauges: Vec<Arc<Gauge>>,
        started: Timestamp,
        parts: u32,
    ) -> Self {
        Self {
            board,
            gauges,
            started,
            hosts: vec![Vec::new(); parts as usize],
            rate: (0, 0, started),
            rates: (0.0, 0.0),
            stopped: BTreeMap::new(),
        }
    }

    /// The hosts of one part were looked at.
    pub(crate) fn looked<'a>(&mut self, part: u32, all: impl Iterator<Item = &'a Rationale>) {
        if let Some(rows) = self.hosts.get_mut(part as usize) {
            *rows = all.map(row).collect();
        }
    }

    /// What hangs out now.
    pub(crate) fn read(&self) -> Status {
        self.board.read()
    }

    /// What blocks have stopped.
    pub(crate) fn stopped(&mut self, all: Vec<Stopped>) {
        self.stopped = all.into_iter().map(|s| (s.target, (s.packets, s.bytes))).collect();
    }

    /// Hangs out how things are now. `wall` is the machine's clock, for rates.
    pub(crate) fn publish(
        &mut self,
        engine: &Engine,
        warden: &Warden,
        now: Timestamp,
        wall: Timestamp,
        facts: Facts<'_>,
    ) {
        let counts = engine.counts();
        let passed = wall.since(self.rate.2).secs_f64();
        if passed >= 1.0 {
            let per = |now: u64, before: u64| now.saturating_sub(before) as f64 / passed;
            self.rates = (per(counts.packets, self.rate.0), per(counts.bytes, self.rate.1));
            self.rate = (counts.packets, counts.bytes, wall);
        }
        let mut hosts: Vec<HostRow> = self.hosts.iter().flatten().cloned().collect();
        hosts.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.host.cmp(&b.host)));
        let of = |verdict: &str| hosts.iter().filter(|row| row.verdict == verdict).count() as u64;
        let (infected, suspects) = (of("infected"), of("suspect"));
        hosts.truncate(HOSTS);
        let mut dropped: Vec<(String, u64)> = counts
            .dropped
            .iter()
            .chain(&counts.anomalies)
            .map(|(reason, count)| ((*reason).to_owned(), *count))
            .collect();
        dropped.sort_unstable();
        let blocks = warden.blocks().take(BLOCKS).map(|block| {
            let (packets, bytes) = self.stopped.get(&block.target).copied().unwrap_or_default();
            BlockRow { block: block.clone(), packets, bytes }
        });
        let limits = warden.limits().map(|(limit, packets, bytes)| LimitRow {
            target: limit.target(),
            packets_per_second: limit.packets_per_second,
            until: limit.until.secs(),
            packets,
            bytes,
        });
        self.board.hang(Status {
            api: VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            site: facts.site.to_owned(),
            mode: warden.ways.mode,
            started: self.started.secs(),
            now: now.secs(),
            interfaces: self.gauges.iter().map(|gauge| gauge.row()).collect(),
            packets: counts.packets,
            bytes: counts.bytes,
            packets_per_second: self.rates.0,
            bytes_per_second: self.rates.1,
            flows: counts.flows,
            events: counts.events,
            shed_packets: counts.shed_packets,
            shed_level: facts.shed_level,
            dropped,
            hosts,
            infected,
            suspects,
            blocks: blocks.collect(),
            blocks_in_all: warden.blocks().count() as u64,
            news: warden.news.rows().take(NEWS).cloned().collect(),
            indicators: facts.indicators as u64,
            preloaded: warden.preloaded() as u64,
            zone: warden.zone.as_ref().map(|zone| zone.row()),
            kept: facts.kept,
            limits: limits.collect(),
            hub: facts.hub,
            memory: resident(),
            trouble: warden.trouble.clone(),
        });
    }
}

fn row(r: &Rationale) -> HostRow {
    HostRow {
        host: r.host.to_string(),
        verdict: r.verdict.name().to_owned(),
        probability: r.probability,
        families: r.families.clone(),
        summary: escape(why(r)),
        last: r.last.secs(),
    }
}

/// Resident memory in bytes; 0 when the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    kibibytes.unwrap_or(0u64) * 1024
}
