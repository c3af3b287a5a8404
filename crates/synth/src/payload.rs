//! What a packet carries, as a description: bytes are made only where somebody wants them.
//!
//! Random bytes and TLS records follow from a seed and a place, so that any part of a gigabyte can
//! be made without the rest.

use std::rc::Rc;

use crate::dns;
use crate::rng::{Rng, mix};

/// Some pieces, one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    pieces: Vec<Piece>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Piece {
    Bytes(Rc<[u8]>),
    Noise { seed: u64, len: usize },
    Text { seed: u64, alphabet: &'static [u8], len: usize },
    Records { seed: u64, version: u16, plain: usize },
    Dns(Rc<dns::Message>),
}

/// The most that one record of TLS holds.
const RECORD: usize = 16_000;
/// Header of a record, and what encryption adds to it.
const RECORD_EXTRA: usize = 5 + 17;
const WHOLE_RECORD: usize = RECORD + RECORD_EXTRA;

// === impl Payload ===

impl Payload {
    /// As many bytes that look encrypted.
    pub(crate) fn noise(rng: &mut Rng, len: usize) -> Self {
        Self::one(Piece::Noise { seed: rng.next(), len }, len)
    }

    /// As many letters of an alphabet.
    pub(crate) fn text(rng: &mut Rng, alphabet: &'static str, len: usize) -> Self {
        Self::one(Piece::Text { seed: rng.next(), alphabet: alphabet.as_bytes(), len }, len)
    }

    /// Records of TLS that carry `plain` bytes of application data, at least one.
    pub(crate) fn records(seed: u64, version: u16, plain: usize) -> Self {
        let plain = plain.max(1);
        Self::one(Piece::Records { seed, version, plain }, records_len(plain))
    }

    /// Bytes of the records that carry `plain` bytes, at least one.
    pub(crate) fn records_len(plain: usize) -> usize {
        records_len(plain.max(1))
    }

    /// A DNS message.
    pub(crate) fn dns(message: dns::Message) -> Self {
        let len = message.wire_len();
        Self::one(Piece::Dns(Rc::new(message)), len)
    }

    fn one(piece: Piece, len: usize) -> Self {
        Self { pieces: vec![piece], len }
    }

    /// This, and then that.
    pub(crate) fn then(mut self, more: Self) -> Self {
        self.len += more.len;
        self.pieces.extend(more.pieces);
        self
    }

    /// All of its bytes.
    pub(crate) fn whole(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len);
        self.render(0, self.len, &mut out);
        out
    }

    /// Bytes in all.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The DNS message that this is, when it is made of one.
    pub(crate) fn as_dns(&self) -> Option<&dns::Message> {
        match self.pieces.as_slice() {
            [Piece::Dns(message)] => Some(message),
            _ => None,
        }
    }

    /// Appends the bytes from `from` to `to` to `out`.
    pub(crate) fn render(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        let mut start = 0;
        for piece in &self.pieces {
            let end = start + piece.len();
            let (first, last) = (from.max(start), to.min(end));
            if first < last {
                piece.render(first - start, last - start, out);
            }
            start = end;
        }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        match len {
            0 => Self::default(),
            _ => Self::one(Piece::Bytes(bytes.into()), len),
        }
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        Self::from(bytes.to_vec())
    }
}

impl From<&Vec<u8>> for Payload {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<const N: usize> From<&[u8; N]> for Payload {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<&Self> for Payload {
    fn from(payload: &Self) -> Self {
        payload.clone()
    }
}

// === impl Piece ===

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Noise { len, .. } | Self::Text { len, .. } => *len,
            Self::Records { plain, .. } => records_len(*plain),
            Self::Dns(message) => message.wire_len(),
        }
    }

    fn render(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => out.extend_from_slice(bytes.get(from..to).unwrap_or_default()),
            Self::Noise { seed, .. } => noise(*seed, from, to, out),
            Self::Text { seed, alphabet, .. } => text(*seed, alphabet, from, to, out),
            Self::Records { seed, version, plain } => {
                records(*seed, *version, *plain, (from, to), out);
            }
            Self::Dns(message) => {
                out.extend_from_slice(message.bytes().get(from..to).unwrap_or_default());
            }
        }
    }
}

/// Word `n` of the noise of a seed.
const fn word(seed: u64, n: usize) -> u64 {
    mix(seed.wrapping_add((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn noise(seed: u64, from: usize, to: usize, out: &mut Vec<u8>) {
    let end = out.len() + (to - from);
    let mut n = from / 8;
    let skip = from % 8;
    if skip > 0 {
        out.extend(word(seed, n).to_le_bytes().iter().skip(skip));
        n += 1;
    }
    while out.len() < end {
        out.extend_from_slice(&word(seed, n).to_le_bytes());
        n += 1;
    }
    out.truncate(end);
}

fn text(seed: u64, alphabet: &[u8], from: usize, to: usize, out: &mut Vec<u8>) {
    for place in from..to {
        let byte = word(seed, place / 8).to_le_bytes().get(place % 8).copied().unwrap_or_default();
        let letter = (usize::from(byte) * alphabet.len()) >> 8;
        out.push(alphabet.get(letter).copied().unwrap_or(b' '));
    }
}

/// Bytes of the records that carry `plain` bytes.
const fn records_len(plain: usize) -> usize {
    plain + plain.div_ceil(RECORD) * RECORD_EXTRA
}

fn records(seed: u64, version: u16, plain: usize, (from, to): (usize, usize), out: &mut Vec<u8>) {
    let mut place = from;
    while place < to {
        let (record, within) = (place / WHOLE_RECORD, place % WHOLE_RECORD);
        let body = RECORD.min(plain - record * RECORD) + RECORD_EXTRA - 5;
        let stop = to.min(record * WHOLE_RECORD + 5 + body);
        if within < 5 {
            let [major, minor] = version.to_be_bytes();
            let [high, low] = (body as u16).to_be_bytes();
            let header = [23, major, minor, high, low];
            let end = within + (stop - place).min(5 - within);
            out.extend_from_slice(header.get(within..end).unwrap_or_default());
            place += end - within;
        } else {
            noise(seed ^ mix(record as u64), within - 5, within - 5 + (stop - place), out);
            place = stop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_bytes() {
        let mut rng = Rng::new(1);
        let payload = Payload::from(b"head\r\n")
            .then(Payload::noise(&mut rng, 77))
            .then(Payload::text(&mut rng, "abc ", 41))
            .then(Payload::records(7, 0x0303, 33_000));
        let all = payload.whole();
        assert_eq!(all.len(), payload.len());
        for step in [1, 3, 8, 1400, 16_022] {
            let mut out = Vec::new();
            for from in (0..all.len()).step_by(step) {
                payload.render(from, (from + step).min(all.len()), &mut out);
            }
            assert!(out == all, "cut in {step}");
        }
    }

    #[test]
    fn records_have_their_lengths_in_front() {
        let all = Payload::records(7, 0x0303, 33_000).whole();
        let (mut rest, mut plain) = (&all[..], 0);
        while let [23, 3, 3, high, low, after @ ..] = rest {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            plain += len - 17;
            rest = &after[len..];
        }
        assert!(rest.is_empty());
        assert_eq!(plain, 33_000);
    }

    #[test]
    fn noise_has_no_favourite_byte() {
        let all = Payload::noise(&mut Rng::new(3), 100_000).whole();
        let mut counts = [0u32; 256];
        all.iter().for_each(|b| counts[usize::from(*b)] += 1);
        assert!(counts.iter().all(|n| (280..500).contains(n)), "{counts:?}");
    }
}
