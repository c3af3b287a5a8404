//! One possible channel: the distinct labels that were asked for, and what came back.

mod facts;
#[cfg(test)]
mod tests;

use ostium_event::{RecordType, Timestamp};
use ostium_profile::stable_hash;

pub(super) use facts::Facts;

/// Labels remembered. How often these were asked for again tells how many of the questions beyond
/// them were for labels never met.
const REMEMBERED: usize = 128;
/// Bits of a remembered label that tell which addresses it was asked for: IPv4, IPv6.
const FAMILIES: u64 = 3;
/// Bits of one character of a label (letters, digits, `-`).
const BITS: f64 = 5.2;

/// What was asked for.
#[derive(Debug, Default, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Channel {
    labels: Vec<u64>,
    /// The label asked for last: asked for again at once, it was sent again.
    latest: u64,
    /// Questions for labels that are remembered, after the first.
    again: u32,
    /// Questions for others, once no more could be remembered.
    beyond: u32,
    bits: f64,
    bits_beyond: f64,
    encoded: u32,
    carrying: u32,
    replies: u32,
    reply_bytes: u64,
    first: Timestamp,
    last: Timestamp,
    example: Box<str>,
    domain: Box<str>,
    domains: Vec<u64>,
    /// What it looked like when an answer carried something last, if that was a channel: what is
    /// asked of one that is refused is not what it was.
    answered: Option<Box<Facts>>,
}

/// The shape of a first label with the type asked for: what the rare names of one channel share.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub(super) struct Pattern {
    length: u8,
    labels: u8,
    alphabet: u8,
    record_type: u16,
}

// === impl Pattern ===

impl Pattern {
    pub(super) fn of(label: &str, record_type: RecordType) -> Self {
        let first = label.split('.').next().unwrap_or_default();
        let has = |test: fn(u8) -> bool| u8::from(first.bytes().any(test));
        let alphabet = has(|b| b.is_ascii_digit())
            | has(|b| (b'g'..=b'z').contains(&b)) << 1
            | has(|b| matches!(b, b'-' | b'_' | b'=' | b'+' | b'/')) << 2;
        Self {
            // Lengths in steps that double: 1-2, 3-5, 6-11, 12-23, 24-47, 48 and more.
            length: match first.len() {
                0..=2 => 0,
                3..=5 => 1,
                6..=11 => 2,
                12..=23 => 3,
                24..=47 => 4,
                _ => 5,
            },
            labels: label.split('.').count().min(8) as u8,
            alphabet,
            record_type: record_type.0,
        }
    }
}

// === impl Channel ===

impl Channel {
    /// What is told of it: how it looks now, or looked when it was answered last, if that says more.
    /// Only there: of all times one would be found at which chance makes a channel of anything.
    pub(super) fn told(&self) -> Facts {
        let now = Facts::of(self);
        match &self.answered {
            Some(then) if !now.is_louder(then) => then.faded(now.last),
            _ => now,
        }
    }

    pub(super) fn ask(&mut self, at: Timestamp, label: &str, domain: &str, kind: RecordType) {
        if self.labels.is_empty() {
            (self.first, self.domain) = (at, domain.into());
        }
        self.last = self.last.max(at);
        let both = stable_hash(label.as_bytes()) ^ stable_hash(domain.as_bytes()).rotate_left(7);
        let print = both & !FAMILIES;
        let at_once = !self.labels.is_empty() && self.latest == print;
        self.latest = print;
        if let Some(known) = self.labels.iter_mut().find(|l| **l & !FAMILIES == print) {
            let (family, before) = (family(kind), *known & FAMILIES);
            *known |= family;
            // IPv4 and IPv6 of one name are one question.
            let other = family != 0 && before == FAMILIES ^ family;
            self.again = self.again.saturating_add(u32::from(!at_once && !other));
            return;
        }
        if at_once {
            return;
        }
        let bits = label.len() as f64 * BITS;
        if self.labels.len() < REMEMBERED {
            self.labels.push(print | family(kind));
            self.bits += bits;
        } else {
            self.beyond = self.beyond.saturating_add(1);
            self.bits_beyond += bits;
        }
        self.encoded += u32::from(is_encoded(label));
        let carrying = matches!(
            kind,
            RecordType::TXT
                | RecordType::NULL
                | RecordType::MX
                | RecordType::SRV
                | RecordType::CNAME
                | RecordType::PRIVATE
        );
        self.carrying += u32::from(carrying);
        if is_encoded(label) || self.example.is_empty() {
            self.example = label.chars().take(24).collect::<String>().into();
        }
        let domain = stable_hash(domain.as_bytes());
        if self.domains.len() < 32 && !self.domains.contains(&domain) {
            self.domains.push(domain);
        }
    }

    pub(super) fn reply(&mut self, rcode: Option<u8>, bytes: u32) {
        if rcode == Some(0) {
            self.replies = self.replies.saturating_add(1);
            self.reply_bytes += u64::from(bytes);
            if bytes > 0 {
                self.answered = Some(Facts::of(self)).filter(Facts::speaks).map(Box::new);
            }
        }
    }

    /// Distinct labels: exact as far as they are remembered, estimated beyond.
    pub(super) fn labels(&self) -> u32 {
        self.labels.len() as u32 + (f64::from(self.beyond) * self.once()).round() as u32
    }

    /// Questions; those sent again at once do not count.
    pub(super) const fn queries(&self) -> u32 {
        self.met().saturating_add(self.again)
    }

    /// Share of questions that were the first for their label, among labels remembered.
    pub(super) fn once(&self) -> f64 {
        let labels = self.labels.len() as f64;
        labels / (labels + f64::from(self.again)).max(1.0)
    }

    /// Information in the distinct labels.
    pub(super) fn bits(&self) -> f64 {
        self.bits + self.bits_beyond * self.once()
    }

    /// Do most labels look like encoded data?
    pub(super) fn looks_encoded(&self) -> bool {
        f64::from(self.encoded) >= 0.7 * f64::from(self.met())
    }

    /// Are most questions for types that carry data?
    pub(super) fn carrying_types(&self) -> bool {
        f64::from(self.carrying) >= 0.5 * f64::from(self.met())
    }

    /// Questions for labels that were not remembered when they were asked for.
    const fn met(&self) -> u32 {
        (self.labels.len() as u32).saturating_add(self.beyond)
    }

    /// Bytes of data in a reply, on average.
    pub(super) fn reply_bytes_each(&self) -> f64 {
        self.reply_bytes as f64 / f64::from(self.replies.max(1))
    }

    pub(super) fn domains(&self) -> u32 {
        self.domains.len() as u32
    }

    /// Were labels of this domain asked for?
    pub(super) fn is_under(&self, domain: &str) -> bool {
        self.domains.contains(&stable_hash(domain.as_bytes()))
    }

    pub(super) const fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) const fn example(&self) -> &str {
        &self.example
    }

    pub(super) const fn first(&self) -> Timestamp {
        self.first
    }

    pub(super) const fn last(&self) -> Timestamp {
        self.last
    }
}

/// The bit of the addresses asked for; 0 for other types.
const fn family(kind: RecordType) -> u64 {
    match kind {
        RecordType::A => 1,
        RecordType::AAAA => 2,
        _ => 0,
    }
}

/// Block lists are asked with the octets of an address, or its nibbles, in reverse (RFC 5782).
pub(super) fn is_reversed_address(label: &str) -> bool {
    let parts: Vec<&str> = label.split('.').collect();
    let octets = parts.len() >= 4 && parts.iter().take(4).all(|p| p.parse::<u8>().is_ok());
    // Lists of IPv6 hold whole addresses, or networks of 64 bits.
    let nibble = |p: &&&str| matches!(p.as_bytes(), [b'0'..=b'9' | b'a'..=b'f']);
    let nibbles = parts.iter().take_while(nibble).count() >= 16;
    octets || nibbles
}

/// Does a label look like encoded data rather than words: by what share of its character pairs
/// people would write.
fn is_encoded(label: &str) -> bool {
    let first = label.split('.').max_by_key(|part| part.len()).unwrap_or_default();
    if first.len() < 4 {
        return false;
    }
    let digits = first.bytes().filter(u8::is_ascii_digit).count();
    let letters = first.bytes().filter(u8::is_ascii_alphabetic).count();
    let vowels = first.bytes().filter(|b| b"aeiou".contains(b)).count();
    let switches = first
        .as_bytes()
        .windows(2)
        .filter(|w| matches!(w, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    // `server12` switches once; encoded data switches often, or is long, or has no vowels to speak.
    first.len() >= 24
        || (digits > 0 && switches >= 2 && first.len() >= 6)
        || (letters >= 5 && vowels * 6 <= letters)
        || (digits * 2 >= first.len() && first.len() >= 8)
        // Browsers probe with 7 to 15 letters, and search lists put a domain behind them. The model
        // wants a name under some top level.
        || first.len() >= 16 && ostium_names::dga_llr(&format!("{first}.com")) > 0.7
}
