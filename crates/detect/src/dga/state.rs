//! What one host asked for in vain.

#[cfg(test)]
mod tests;

use ostium_event::{Span, Timestamp};
use ostium_names as names;
use ostium_profile::stable_hash;

/// Names remembered so that each counts once.
const REMEMBERED: usize = 256;
const EXAMPLES: usize = 4;
/// Names that answered, of late: a generator seldom has more that live at a time.
const MET: usize = 8;
/// A generator goes on until a name answers, so that one soon follows those in vain.
const SOON: Span = Span::from_secs(600);
/// Nats from which a name counts as one of those that look generated.
const LOOKS_MADE: f64 = 0.5;
/// Nats that a name which answered has to have by itself: at most seven in a thousand unpopular
/// names of people have as much, and six to ten in ten of families that draw letters.
const RENDEZVOUS: f32 = 2.5;
/// Nats that it has to have where its shape is that of those in vain.
const SHAPED_RENDEZVOUS: f32 = 0.0;
/// Generators that join syllables repeat the order of consonants and vowels: from so many names on,
/// of which such a share has one shape of so many characters. No shape of seven characters or more
/// is that of ten in a thousand unpopular names of people, whatever their top level.
const SHAPED_NAMES: u32 = 12;
const SHAPED_SHARE: f64 = 0.8;
const SHAPED_LENGTH: usize = 7;
/// Shapes that are counted at a time.
const SHAPES: usize = 4;
/// Characters by which a generator's other names may be shorter or longer than those met.
const LENGTHS: u8 = 2;
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
    kind: Kind,
    /// When the last name in vain was one that looks generated.
    last_made: Timestamp,
    met: Vec<Box<str>>,
}

/// What the names in vain that look generated have in common.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Kind {
    shortest: u8,
    longest: u8,
    digits: bool,
    hyphens: bool,
    names: u32,
    /// The commonest shapes (space-saving sketch, Metwally et al. 2005).
    shapes: Vec<(Box<str>, u32)>,
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
        if nats > LOOKS_MADE {
            self.last_made = self.last_made.max(at);
            self.kind.widen(label(domain));
            if self.examples.len() < EXAMPLES {
                self.examples.push(domain.into());
            }
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

    /// A name that exists: soon after some in vain that look generated it may be the rendezvous.
    pub(super) fn resolved(&mut self, at: Timestamp, domain: &str) {
        if at.since(self.last_made) >= SOON
            || self.last_made == Timestamp::ZERO
            || self.met.iter().any(|met| **met == *domain)
            || names::popularity(domain).is_some()
            || !self.looks_like_one(domain)
        {
            return;
        }
        if self.met.len() >= MET {
            self.met.remove(0);
        }
        self.met.push(domain.into());
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

    /// Names that answered soon after some in vain, and are of their kind.
    pub(super) fn rendezvous(&self) -> impl Iterator<Item = &str> {
        self.met.iter().map(|met| &**met).filter(|met| self.kind.has(label(met)))
    }

    /// By itself, or because it has the shape and the top level of those in vain.
    fn looks_like_one(&self, domain: &str) -> bool {
        let nats = names::dga_llr(domain);
        let known = |suffix: &str| self.suffixes.contains(&stable_hash(suffix.as_bytes()));
        nats >= RENDEZVOUS
            || nats >= SHAPED_RENDEZVOUS
                && self.kind.has_shape_of(label(domain))
                && domain.split_once('.').is_some_and(|(_, suffix)| known(suffix))
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

// === impl Kind ===

impl Kind {
    /// Another label is of this kind.
    fn widen(&mut self, label: &str) {
        let length = length(label);
        self.shortest = if self.shortest == 0 { length } else { self.shortest.min(length) };
        self.longest = self.longest.max(length);
        self.digits |= has_digits(label);
        self.hyphens |= label.contains('-');
        self.names = self.names.saturating_add(1);
        let shape = shape(label);
        if let Some((_, count)) = self.shapes.iter_mut().find(|(known, _)| **known == *shape) {
            *count = count.saturating_add(1);
        } else if self.shapes.len() < SHAPES {
            self.shapes.push((shape.into(), 1));
        } else if let Some(rarest) = self.shapes.iter_mut().min_by_key(|(_, count)| *count) {
            *rarest = (shape.into(), rarest.1.saturating_add(1));
        }
    }

    /// Do most have one shape, and is it this label's?
    fn has_shape_of(&self, label: &str) -> bool {
        let shape = shape(label);
        let share = |count: u32| f64::from(count) / f64::from(self.names.max(1));
        let common =
            |(known, count): &(Box<str>, u32)| **known == *shape && share(*count) >= SHAPED_SHARE;
        self.names >= SHAPED_NAMES && shape.len() >= SHAPED_LENGTH && self.shapes.iter().any(common)
    }

    /// Could the same generator have made it?
    fn has(&self, label: &str) -> bool {
        let lengths = self.shortest.saturating_sub(LENGTHS)..=self.longest.saturating_add(LENGTHS);
        lengths.contains(&length(label))
            && (self.digits || !has_digits(label))
            && (self.hyphens || !label.contains('-'))
    }
}

/// What somebody chose of a registrable name.
fn label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or_default()
}

/// Its order of vowels, consonants, digits and hyphens.
fn shape(label: &str) -> String {
    let class = |byte: u8| match byte {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => 'v',
        b'0'..=b'9' => 'd',
        b'-' => '-',
        _ => 'c',
    };
    label.bytes().map(class).collect()
}

fn length(label: &str) -> u8 {
    u8::try_from(label.len()).unwrap_or(u8::MAX)
}

fn has_digits(label: &str) -> bool {
    label.bytes().any(|byte| byte.is_ascii_digit())
}
