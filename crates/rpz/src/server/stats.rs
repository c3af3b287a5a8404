//! What the server has done, as counters that only rise.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::query::Kind;

/// Counters; read them at any time.
#[derive(Debug, Default)]
pub struct Stats {
    questions: [AtomicU64; Kind::ALL.len()],
    pub(super) turned_away: AtomicU64,
    pub(super) too_slow: AtomicU64,
    pub(super) notified: AtomicU64,
    pub(super) notices: AtomicU64,
    pub(super) unheard: AtomicU64,
    pub(super) failed: AtomicU64,
}

// === impl Stats ===

impl Stats {
    /// How many questions of a kind have come.
    pub fn questions(&self, kind: Kind) -> u64 {
        self.questions.get(kind as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Connections that were closed at once, because too many were open.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// Connections that were closed, because a question or an answer took too long, or was cut off.
    pub fn too_slow(&self) -> u64 {
        self.too_slow.load(Ordering::Relaxed)
    }

    /// Datagrams of NOTIFY that were sent.
    pub fn notices(&self) -> u64 {
        self.notices.load(Ordering::Relaxed)
    }

    /// Serials that a resolver was told of and that it acknowledged.
    pub fn notified(&self) -> u64 {
        self.notified.load(Ordering::Relaxed)
    }

    /// Serials that a resolver was told of as often as allowed, without an answer.
    pub fn unheard(&self) -> u64 {
        self.unheard.load(Ordering::Relaxed)
    }

    /// Failures of our own sockets and threads.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, kind: Kind) {
        if let Some(count) = self.questions.get(kind as usize) {
            add(count);
        }
    }
}

pub(super) fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
