//! One shard: everything about the inside hosts that hash to it.

use ostium_capture::{PacketBlock, PacketRef};
use ostium_detect::Origins;
use ostium_event::{Addr, Anomaly, Event, Home, OpenedBy, Scope, Timestamp, What};
use ostium_ingest::{ConnectionRow, RowBlock, Scratch};
use ostium_parse::FlowParser;
use ostium_profile::{Ahead, Profile};
use ostium_track::{Facing, Tracker};
use ostium_wire::{Meta, decode};

use crate::budget::Budget;
use crate::dispatch::RowTask;
use crate::hub::Hub;
use crate::lookout::Segment;

/// Shards there are, whatever the number of threads.
pub const SHARDS: u32 = 64;
/// Connections whose state is fetched together: what they need, a kilobyte each, is still in the
/// nearest caches when the last of them is heard.
const AHEAD: usize = 24;

/// Everything about some inside hosts.
pub(crate) struct Shard {
    pub(crate) hub: Hub,
    pub(crate) origins: Origins,
    tracker: Tracker<FlowParser>,
    scratch: Scratch,
    last_origin: (u64, Addr),
    ahead: Vec<Option<Ahead>>,
}

// === impl Shard ===

impl Shard {
    pub(crate) fn new(budget: Budget, known: bool, home: &Home) -> Self {
        let detectors = ostium_detect::all(budget.detector_hosts, known, home);
        Self {
            hub: Hub::new(Profile::new(budget.profile), detectors, budget.parser_bytes),
            origins: Origins::default(),
            tracker: Tracker::new(budget.track),
            scratch: Scratch::default(),
            last_origin: (0, Addr::UNSPECIFIED),
            ahead: Vec::new(),
        }
    }

    /// What it holds of all that is limited.
    pub(crate) fn used(&self) -> Budget {
        let (parser_bytes, detector_hosts) = self.hub.used();
        let (track, profile) = (self.tracker.used(), self.hub.profile.used());
        Budget { track, profile, detector_hosts, parser_bytes }
    }

    /// It may hold so much from now on; what is too much goes.
    pub(crate) fn set_budget(&mut self, budget: Budget) {
        self.hub.set_limits(budget.parser_bytes, budget.detector_hosts);
        self.hub.profile.set_limits(budget.profile);
        self.hub.segment = None;
        self.tracker.set_limits(budget.track, &mut self.hub);
    }

    /// Takes one packet of this shard, still to be decoded.
    pub(crate) fn packet(&mut self, home: &Home, block: &PacketBlock, packet: &PacketRef) {
        let frame = block.frame(packet);
        if let Ok(meta) = decode(packet.link, frame) {
            self.decoded(packet.at, &meta, &Facing::of(&meta, home), frame);
        }
    }

    /// Takes one packet of this shard.
    #[inline]
    pub(crate) fn decoded(&mut self, at: Timestamp, meta: &Meta, facing: &Facing, frame: &[u8]) {
        self.hub.counters.at(at);
        if facing.scope == Scope::Transit {
            self.hub.counters.transit += 1;
            self.origins.foreign(at, meta.src_mac, meta.src, meta.dst);
            return;
        }
        if facing.scope == Scope::Egress && facing.from_inside {
            self.sent(at, meta, facing);
        }
        if let Some(lookout) = &mut self.hub.lookout {
            self.hub.segment = Segment::of(meta, facing.from_inside);
            lookout.packet(at, &facing.key, self.hub.segment);
        }
        self.tracker.packet(at, meta, facing, frame, &mut self.hub);
    }

    /// Event time has come to `at`, with or without packets of this shard.
    pub(crate) fn advance(&mut self, at: Timestamp) {
        self.hub.segment = None;
        self.tracker.advance(at, &mut self.hub);
    }

    /// What a packet of an inside host tells besides its flow.
    fn sent(&mut self, at: Timestamp, meta: &Meta, facing: &Facing) {
        if self.last_origin != (meta.src_mac, meta.src) {
            self.last_origin = (meta.src_mac, meta.src);
            self.origins.inside(meta.src_mac, meta.src);
        }
        if meta.flags.syn()
            && !meta.flags.ack()
            && meta.dst.v4_bits() == Some(meta.seq)
            && meta.proto == ostium_event::Proto::TCP
        {
            self.hub.event(&Event {
                at,
                flow: facing.key,
                opened_by: OpenedBy::Inside,
                scope: facing.scope,
                what: What::Anomaly(Anomaly::SequenceIsAddress),
            });
        }
    }

    /// Takes one log row of this shard.
    pub(crate) fn row(&mut self, home: &Home, block: &RowBlock, task: &RowTask) {
        let (Some(row), Some(schema)) = (block.rows.get(task.row as usize), &block.schema) else {
            return;
        };
        self.hub.counters.at(row.at);
        let mut reference = block.reference(row);
        reference.cert = task.cert.as_deref();
        reference.closes_only = task.closes_only;
        let hub = &mut self.hub;
        let mut transit = false;
        let read = schema.events(home, &reference, &mut self.scratch, |event| {
            transit |= event.scope == Scope::Transit;
            if !transit {
                hub.event(event);
            }
        });
        self.hub.counters.transit += u64::from(transit);
        self.hub.counters.rows_malformed += u64::from(read.is_err());
    }

    /// Takes connections of a log of this shard.
    pub(crate) fn connections(&mut self, rows: &[ConnectionRow]) {
        let hub = &mut self.hub;
        for rows in rows.chunks(AHEAD) {
            hub.profile.look_ahead(rows.iter().map(ConnectionRow::flow), &mut self.ahead);
            for (row, ahead) in rows.iter().zip(&self.ahead) {
                hub.counters.at(row.at());
                if row.is_transit() {
                    hub.counters.transit += 1;
                    continue;
                }
                if let Some(ahead) = ahead {
                    hub.profile.expect(ahead);
                }
                hub.connection(row);
            }
        }
    }

    /// The input has ended.
    pub(crate) fn finish(&mut self) {
        self.tracker.finish(&mut self.hub);
    }
}
