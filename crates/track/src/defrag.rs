//! Putting IP fragments together again.
//!
//! Bounded: datagrams of at most 64 KiB, a fixed number at once, fifteen seconds each (RFC 791
//! suggests that for a gateway). Overlaps keep the bytes that came first and are told as an anomaly.

use ostium_event::{Addr, Proto, Span, Timestamp};
use ostium_wire::{Fragment, Meta};

use crate::flow::FlowInfo;

const MAX_DATAGRAM: usize = 65_535;
const PATIENCE: Span = Span::from_secs(15);

/// Datagrams waiting for their fragments.
#[derive(Debug, Default)]
pub(crate) struct Defrag {
    waiting: Vec<Partial>,
    limit: usize,
}

#[derive(Debug)]
struct Partial {
    key: (Addr, Addr, Proto, u32),
    /// Of the first fragment.
    info: FlowInfo,
    bytes: Vec<u8>,
    /// Received ranges, sorted, not touching.
    ranges: Vec<(u32, u32)>,
    total: Option<u32>,
}

/// What came of a fragment.
pub(crate) enum Outcome {
    /// More is needed.
    Waiting,
    /// The datagram is whole.
    Whole(Vec<u8>),
}

/// Things to count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) overlap: bool,
    pub(crate) evicted: bool,
}

// === impl Defrag ===

impl Defrag {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { waiting: Vec::new(), limit }
    }

    /// Datagrams that have waited for too long are forgotten.
    pub(crate) const fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn give_up(&mut self, at: Timestamp) -> Vec<FlowInfo> {
        let late = |p: &mut Partial| at.since(p.info.at) > PATIENCE;
        self.waiting.extract_if(.., late).map(|p| p.info).collect()
    }

    /// All waiting is over.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = FlowInfo> + use<> {
        std::mem::take(&mut self.waiting).into_iter().map(|p| p.info)
    }

    /// Takes a fragment whose IP payload is `bytes`.
    pub(crate) fn take(
        &mut self,
        info: &FlowInfo,
        meta: &Meta,
        fragment: Fragment,
        bytes: &[u8],
    ) -> (Outcome, Notes) {
        let mut notes = Notes::default();
        let key = (meta.src, meta.dst, meta.proto, fragment.id);
        let index = match self.waiting.iter().position(|p| p.key == key) {
            Some(index) => index,
            None => {
                if self.waiting.len() >= self.limit.max(1) {
                    self.waiting.remove(0);
                    notes.evicted = true;
                }
                self.waiting.push(Partial {
                    key,
                    info: *info,
                    bytes: Vec::new(),
                    ranges: Vec::new(),
                    total: None,
                });
                self.waiting.len() - 1
            }
        };
        let Some(partial) = self.waiting.get_mut(index) else {
            return (Outcome::Waiting, notes);
        };
        notes.overlap = !partial.add(fragment, bytes);
        if partial.is_whole() {
            let mut partial = self.waiting.swap_remove(index);
            partial.bytes.truncate(partial.total.map_or(0, |total| total as usize));
            return (Outcome::Whole(partial.bytes), notes);
        }
        (Outcome::Waiting, notes)
    }
}

// === impl Partial ===

impl Partial {
    /// Adds a fragment; `false` when it overlapped with other bytes.
    fn add(&mut self, fragment: Fragment, bytes: &[u8]) -> bool {
        let start = usize::from(fragment.offset);
        let end = start + bytes.len();
        if end > MAX_DATAGRAM || (fragment.more && !bytes.len().is_multiple_of(8)) {
            return false;
        }
        let (from, to) = (start as u32, end as u32);
        if !fragment.more {
            self.total = Some(self.total.unwrap_or(to));
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let mut clean = true;
        for (offset, byte) in bytes.iter().enumerate() {
            let at = (start + offset) as u32;
            let Some(slot) = self.bytes.get_mut(start + offset) else {
                break;
            };
            if self.ranges.iter().any(|&(a, b)| a <= at && at < b) {
                clean &= *slot == *byte;
            } else {
                *slot = *byte;
            }
        }
        self.ranges.push((from, to));
        self.ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.ranges.len());
        for &(a, b) in &self.ranges {
            match merged.last_mut() {
                Some(last) if a <= last.1 => last.1 = last.1.max(b),
                _ => merged.push((a, b)),
            }
        }
        self.ranges = merged;
        clean
    }

    /// What lies behind the end keeps no datagram from being whole.
    fn is_whole(&self) -> bool {
        matches!((self.ranges.first(), self.total), (Some(&(0, end)), Some(total)) if end >= total)
    }
}
