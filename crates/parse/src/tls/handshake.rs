//! Handshake messages (RFC 8446, section 4) out of fragments of records.
//!
//! A message that lies whole in a fragment is read where it lies; of a certificate message only the
//! leaf is kept, of messages of no interest nothing.

use crate::bytes::Reader;

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const CERTIFICATE: u8 = 11;

const MAX_HELLO: usize = 16 * 1024;
const MAX_LEAF: usize = 64 * 1024;
/// Header of a message, length of the chain, length of the leaf.
const LEAF_AT: usize = 10;

/// Messages of one side.
#[derive(Default, Debug)]
pub(super) struct Messages {
    part: Vec<u8>,
    skip: usize,
}

/// What the reader of a message decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Go on.
    More,
    /// No more is wanted of this side.
    SideDone,
    /// No more is wanted of this flow.
    Done,
    /// The message is malformed.
    Malformed,
}

/// How much of a message is wanted.
enum Plan {
    /// So many bytes are needed to say.
    Need(usize),
    /// Deliver the first, of all.
    Take(usize, usize),
    TooLong,
}

// === impl Messages ===

impl Messages {
    /// Bytes held.
    pub(super) const fn heap_bytes(&self) -> usize {
        self.part.capacity()
    }

    /// Adds a fragment; `each` is told the type and the kept bytes of every message.
    pub(super) fn push(
        &mut self,
        fragment: &[u8],
        each: &mut dyn FnMut(u8, &[u8]) -> Verdict,
    ) -> Verdict {
        let mut rest = fragment;
        while !rest.is_empty() {
            let skipped = self.skip.min(rest.len());
            self.skip -= skipped;
            rest = rest.get(skipped..).unwrap_or_default();
            let verdict = if self.part.is_empty() {
                self.whole(&mut rest, each)
            } else {
                self.keep(&mut rest, each)
            };
            if verdict != Verdict::More {
                self.part = Vec::new();
                return verdict;
            }
        }
        Verdict::More
    }

    /// Reads a message where it lies, or begins to keep it.
    fn whole(&mut self, rest: &mut &[u8], each: &mut dyn FnMut(u8, &[u8]) -> Verdict) -> Verdict {
        if let Plan::Take(take, total) = plan(rest)
            && let Some((message, after)) = rest.split_at_checked(take)
        {
            *rest = after;
            self.skip = total - take;
            return deliver(message, each);
        }
        self.keep(rest, each)
    }

    /// Keeps what the begun message lacks, and reads it when that was all.
    fn keep(&mut self, rest: &mut &[u8], each: &mut dyn FnMut(u8, &[u8]) -> Verdict) -> Verdict {
        let want = match plan(&self.part) {
            Plan::Need(want) | Plan::Take(want, _) => want,
            Plan::TooLong => return Verdict::Malformed,
        };
        let lacking = want.saturating_sub(self.part.len());
        let (taken, after) = rest.split_at_checked(lacking).unwrap_or((*rest, &[]));
        self.part.extend_from_slice(taken);
        *rest = after;
        match plan(&self.part) {
            Plan::Take(take, total) if self.part.len() >= take => {
                self.skip = total - take;
                let part = std::mem::take(&mut self.part);
                deliver(&part, each)
            }
            Plan::TooLong => Verdict::Malformed,
            Plan::Need(_) | Plan::Take(..) => Verdict::More,
        }
    }
}

fn deliver(message: &[u8], each: &mut dyn FnMut(u8, &[u8]) -> Verdict) -> Verdict {
    match message.split_first_chunk::<4>() {
        Some(([kind, ..], body)) => each(*kind, body),
        None => Verdict::Malformed,
    }
}

fn plan(bytes: &[u8]) -> Plan {
    let mut reader = Reader::new(bytes);
    let (Some(kind), Some(length)) = (reader.u8(), reader.u24()) else {
        return Plan::Need(4);
    };
    let total = 4 + usize::try_from(length).unwrap_or(usize::MAX - 4);
    match kind {
        CLIENT_HELLO | SERVER_HELLO if total > MAX_HELLO => Plan::TooLong,
        CLIENT_HELLO | SERVER_HELLO => Plan::Take(total, total),
        CERTIFICATE if total < LEAF_AT => Plan::Take(total, total),
        CERTIFICATE => {
            reader.u24();
            let Some(leaf) = reader.u24() else {
                return Plan::Need(LEAF_AT);
            };
            let end = LEAF_AT.saturating_add(usize::try_from(leaf).unwrap_or(usize::MAX));
            if end > total || end > MAX_LEAF { Plan::TooLong } else { Plan::Take(end, total) }
        }
        _ => Plan::Take(4, total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(parts: &[&[u8]]) -> (Vec<(u8, Vec<u8>)>, Verdict) {
        let mut messages = Messages::default();
        let mut found = Vec::new();
        let mut last = Verdict::More;
        for part in parts {
            last = messages.push(part, &mut |kind, body| {
                found.push((kind, body.to_vec()));
                Verdict::More
            });
        }
        (found, last)
    }

    #[test]
    fn messages_from_any_cut() {
        let mut bytes = vec![2, 0, 0, 3, 7, 8, 9];
        bytes.extend_from_slice(&[22, 0, 0, 2, 5, 5]);
        bytes.extend_from_slice(&[11, 0, 0, 11, 0, 0, 8, 0, 0, 2, 0xaa, 0xbb, 0, 0, 0]);
        bytes.extend_from_slice(&[14, 0, 0, 0]);
        let expected = vec![
            (2, vec![7, 8, 9]),
            (22, vec![]),
            (11, vec![0, 0, 8, 0, 0, 2, 0xaa, 0xbb]),
            (14, vec![]),
        ];
        assert_eq!(seen(&[&bytes]), (expected.clone(), Verdict::More));
        for size in 1..bytes.len() {
            let parts: Vec<_> = bytes.chunks(size).collect();
            assert_eq!(seen(&parts), (expected.clone(), Verdict::More), "{size}");
        }
    }

    #[test]
    fn too_long_is_malformed() {
        assert_eq!(seen(&[&[1, 1, 0, 0, 0]]).1, Verdict::Malformed);
        let leaf = [11, 0, 0, 9, 0, 0, 6, 0, 0, 9, 1];
        assert_eq!(seen(&[&leaf]).1, Verdict::Malformed);
    }
}
