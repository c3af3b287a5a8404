//! What one host asked for in vain.

#[cfg(test)]
mod tests;

use ostium_event::Timestamp;
use ostium_names as names;
use ostium_profile::stable_hash;

/// Names remembered so that each counts once.
const REMEMBERED: usize = 256;
const EXAMPLES: usize = 4;
/// Seconds in which the sum halves.
const HALF_LIFE: f64 = 6.0 * 3600.0;

/// The sequential test of one host.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Asked {
    recent: Vec<u64>,
    next: usize,
    sum: f64,
    /// Distinct names of late, each counting half after six hours, and the most there were.
    pressure: f64,
    most: f64,
    counted: u32,
    best: Best,
    total: u32,
    first: Timestamp,
    last: Timestamp,
    examples: Vec<Box<str>>,
    suffixes: Vec<u64>,
    candidate: Option<Box<str>>,
}

/// The highest point of the test.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Best {
    pub(super) nats: f64,
    pub(super) names: u32,
}

// === impl Asked ===

impl Asked {
    /// A registrable name that does not exist.
    pub(super) fn unregistered(&mut self, at: Timestamp, domain: &str) {
        let print = stable_hash(domain.as_bytes());
        if self.recent.contains(&print) {
            return;
        }
        self.remember(print);
        self.total = self.total.saturating_add(1);
        if self.first == Timestamp::ZERO {
            self.first = at;
        }
        let quiet = at.since(self.last).secs_f64();
        if self.last != Timestamp::ZERO {
            let left = (-quiet / HALF_LIFE * std::f64::consts::LN_2).exp();
            self.sum *= left;
            self.pressure *= left;
        }
        self.last = self.last.max(at);
        // A resolver that filters says of popular trackers, too, that they do not exist.
        if names::popularity(domain).is_none() {
            self.pressure += 1.0;
            self.most = self.most.max(self.pressure);
        }
        let nats = f64::from(names::dga_llr(domain)).clamp(-3.0, 3.0);
        self.sum = (self.sum + nats).max(0.0);
        if self.sum <= 0.0 {
            // The test begins anew: names before this point are forgotten.
            self.counted = 0;
            return;
        }
        self.counted += u32::from(nats > 0.0);
        if nats > 0.5 && self.examples.len() < EXAMPLES {
            self.examples.push(domain.into());
        }
        if let Some((_, suffix)) = domain.split_once('.') {
            let suffix = stable_hash(suffix.as_bytes());
            if self.suffixes.len() < 64 && !self.suffixes.contains(&suffix) {
                self.suffixes.push(suffix);
            }
        }
        if self.sum > self.best.nats {
            self.best = Best { nats: self.sum, names: self.counted };
        }
    }

    /// A name that exists: after many of its kind in vain it may be the controller.
    pub(super) fn resolved(&mut self, at: Timestamp, domain: &str) {
        let recent = at.since(self.last).secs() < 600;
        if recent
            && self.sum >= 8.0
            && self.candidate.is_none()
            && names::popularity(domain).is_none()
            && names::dga_llr(domain) > 1.0
        {
            self.candidate = Some(domain.into());
        }
    }

    pub(super) const fn best(&self) -> Best {
        self.best
    }

    /// The most distinct names within some hours.
    pub(super) const fn most(&self) -> f64 {
        self.most
    }

    pub(super) const fn total(&self) -> u32 {
        self.total
    }

    pub(super) const fn first(&self) -> Timestamp {
        self.first
    }

    pub(super) const fn last(&self) -> Timestamp {
        self.last
    }

    pub(super) fn suffixes(&self) -> u32 {
        self.suffixes.len() as u32
    }

    pub(super) fn examples(&self) -> Vec<&str> {
        self.examples.iter().map(|e| &**e).collect()
    }

    pub(super) fn candidate(&self) -> Option<&str> {
        self.candidate.as_deref()
    }

    fn remember(&mut self, hash: u64) {
        if self.recent.len() < REMEMBERED {
            self.recent.push(hash);
        } else if let Some(slot) = self.recent.get_mut(self.next) {
            *slot = hash;
            self.next = (self.next + 1) % REMEMBERED;
        }
    }
}
