//! Several inputs as one observation: merged by time, block by block.

use std::sync::Arc;

use ostium_capture::PacketBlock;
use ostium_event::{Anomaly, Home, Span, Timestamp};
use ostium_ingest::{Admit, CertIndex, Rejoin, RowBlock, RowKind};

use crate::dispatch::{Block, RowTask};
use crate::input::{Input, Note, Source};
use crate::workers::Crew;

/// One input being read.
pub(crate) struct Stream {
    input: Input,
    block: Arc<Block>,
    next: usize,
    len: usize,
    latest: Timestamp,
    ended: bool,
}

/// What the reading thread counts itself.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) replaced: u64,
    anomalies: Vec<u64>,
}

/// What rows of one file tell of rows in others.
#[derive(Default)]
pub(crate) struct Joins {
    certs: CertIndex,
    rejoin: Rejoin,
}

/// Time may run backwards this far without being worth a word.
const JITTER: Span = Span::from_secs(1);

// === impl Stream ===

impl Stream {
    pub(crate) fn new(mut input: Input, identify: bool) -> Self {
        let block = match &mut input.source {
            Source::Packets(_) => Block::Packets(PacketBlock::default()),
            Source::Rows(log) => {
                if identify {
                    log.identify();
                }
                Block::Rows(RowBlock::default())
            }
        };
        Self {
            input,
            block: Arc::new(block),
            next: 0,
            len: 0,
            latest: Timestamp::ZERO,
            ended: false,
        }
    }

    /// Is it about connections still going on?
    pub(crate) fn is_open_log(input: &Input) -> bool {
        matches!(&input.source, Source::Rows(log) if log.is_open_log())
    }

    /// When the next packet or row was; `None` at the end. Reads on when the block is used up.
    pub(crate) fn head(&mut self, crew: &mut Crew, notes: &mut Vec<Note>) -> Option<Timestamp> {
        if self.next >= self.len && !self.ended {
            self.refill(crew, notes);
        }
        match &*self.block {
            Block::Packets(block) => block.packets.get(self.next).map(|p| p.at),
            Block::Rows(block) => block.rows.get(self.next).map(|r| r.at),
        }
    }

    fn refill(&mut self, crew: &mut Crew, notes: &mut Vec<Note>) {
        if self.len > 0 {
            crew.block_read();
        }
        let block = match Arc::get_mut(&mut self.block) {
            Some(block) => block,
            None => {
                // Threads still work on the last block.
                let fresh = match &self.input.source {
                    Source::Packets(_) => crew
                        .spare(|block| matches!(block, Block::Packets(_)))
                        .unwrap_or_else(|| Block::Packets(PacketBlock::default())),
                    Source::Rows(_) => crew
                        .spare(|block| matches!(block, Block::Rows(_)))
                        .unwrap_or_else(|| Block::Rows(RowBlock::default())),
                };
                self.block = Arc::new(fresh);
                let Some(block) = Arc::get_mut(&mut self.block) else {
                    return;
                };
                block
            }
        };
        let name = &self.input.name;
        let more = match (&mut self.input.source, block) {
            (Source::Packets(capture), Block::Packets(block)) => {
                let more = capture.next_block(block);
                self.len = block.packets.len();
                more.map_err(|error| Note(format!("{name}: {error}")))
            }
            (Source::Rows(log), Block::Rows(block)) => {
                let more = log.next_rows(block);
                self.len = block.rows.len();
                more.map_err(|error| Note(error.to_string()))
            }
            _ => Ok(false),
        };
        self.next = 0;
        match more {
            Ok(more) => self.ended = !more,
            Err(note) => {
                notes.push(note);
                self.ended = true;
                self.len = 0;
            }
        }
        if self.ended && self.len == 0 {
            self.clear();
        }
    }

    fn clear(&mut self) {
        (self.next, self.len) = (0, 0);
        self.block = match &self.input.source {
            Source::Packets(_) => Arc::new(Block::Packets(PacketBlock::default())),
            Source::Rows(_) => Arc::new(Block::Rows(RowBlock::default())),
        };
    }

    /// Hands on packets or rows until the block is used up or the next one is later than `until`.
    pub(crate) fn run(
        &mut self,
        until: Timestamp,
        home: &Home,
        crew: &mut Crew,
        joins: &mut Joins,
        tally: &mut Tally,
    ) {
        let block = Arc::clone(&self.block);
        match &*block {
            Block::Packets(packets) => self.run_packets(until, home, crew, &block, packets, tally),
            Block::Rows(rows) => self.run_rows(until, home, crew, &block, rows, joins, tally),
        }
    }

    fn run_packets(
        &mut self,
        until: Timestamp,
        home: &Home,
        crew: &mut Crew,
        shared: &Arc<Block>,
        block: &PacketBlock,
        tally: &mut Tally,
    ) {
        let rest = block.packets.get(self.next..).unwrap_or_default();
        for packet in rest {
            if packet.at > until {
                return;
            }
            if packet.at.plus(JITTER) < self.latest {
                tally.anomaly(Anomaly::TimeBackwards);
            }
            self.latest = self.latest.max(packet.at);
            tally.packets += 1;
            tally.bytes += u64::from(packet.wire_len.max(packet.len));
            if let Err(anomaly) = crew.packet(home, shared, block, self.next as u32) {
                tally.anomaly(anomaly);
            }
            self.next += 1;
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one run, borrowed apart")]
    fn run_rows(
        &mut self,
        until: Timestamp,
        home: &Home,
        crew: &mut Crew,
        shared: &Arc<Block>,
        block: &RowBlock,
        joins: &mut Joins,
        tally: &mut Tally,
    ) {
        let rest = block.rows.get(self.next..).unwrap_or_default();
        for row in rest {
            if row.at > until {
                return;
            }
            let index = self.next as u32;
            self.next += 1;
            tally.rows += 1;
            let Some(schema) = &block.schema else {
                continue;
            };
            if row.kind == RowKind::Conn {
                match joins.rejoin.admit(row) {
                    Admit::Drop => tally.replaced += 1,
                    admit => {
                        let closes_only = admit == Admit::Again;
                        if let Some(row) = block.connection(home, row, closes_only) {
                            crew.connection(row);
                        }
                    }
                }
                continue;
            }
            let bytes = block.bytes_of(row);
            if row.kind == RowKind::X509 {
                if joins.certs.learn(schema, row, bytes).is_err() {
                    tally.anomaly(Anomaly::LineMalformed);
                }
                continue;
            }
            let closes_only = match joins.rejoin.admit(row) {
                Admit::New => false,
                Admit::Again => true,
                Admit::Drop => {
                    tally.replaced += 1;
                    continue;
                }
            };
            let cert = match row.kind {
                RowKind::Ssl => joins.certs.find(schema, row, bytes),
                _ => None,
            };
            crew.row(home, shared, block, RowTask { row: index, closes_only, cert });
        }
    }

    /// Bytes read so far, and all there are where that is known.
    pub(crate) fn progress(&self) -> (u64, Option<u64>) {
        (self.input.read.load(std::sync::atomic::Ordering::Relaxed), self.input.size)
    }

    /// Adds up what the file itself counted, and says what was wrong with it.
    pub(crate) fn close(&self, tally: &mut Tally, notes: &mut Vec<Note>) -> Vec<(String, u64)> {
        match &self.input.source {
            Source::Packets(capture) => {
                if let Some(trouble) = capture.trouble() {
                    tally.anomaly(trouble.anomaly);
                    notes.push(Note(format!(
                        "{}: at byte {}: {}; what came before is used",
                        self.input.name, trouble.offset, trouble.what
                    )));
                }
                let skipped = capture.skipped().into_iter().filter(|(_, n)| *n > 0);
                skipped.map(|(reason, n)| (reason.to_owned(), n)).collect()
            }
            Source::Rows(log) => {
                let counters = log.counters();
                for (anomaly, count) in counters.anomalies() {
                    tally.anomalies_of(anomaly, count);
                }
                notes.extend(log.trouble().map(Note));
                let mut dropped = vec![];
                for (reason, n) in
                    [("row_not_needed", counters.skipped), ("row_replaced", counters.replaced)]
                {
                    if n > 0 {
                        dropped.push((reason.to_owned(), n));
                    }
                }
                dropped
            }
        }
    }
}

// === impl Tally ===

impl Tally {
    pub(crate) fn new() -> Self {
        Self { packets: 0, bytes: 0, rows: 0, replaced: 0, anomalies: vec![0; Anomaly::ALL.len()] }
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.anomalies_of(anomaly, 1);
    }

    pub(crate) fn anomalies_of(&mut self, anomaly: Anomaly, count: u64) {
        if let Some(counted) = self.anomalies.get_mut(anomaly as usize) {
            *counted += count;
        }
    }

    /// Anomalies met, with how often.
    pub(crate) fn anomalies(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let all = Anomaly::ALL.iter().zip(&self.anomalies);
        all.filter(|(_, n)| **n > 0).map(|(anomaly, n)| (anomaly.name(), *n))
    }
}
