//! The side that follows: it believes what is signed, new, in order and complete, and nothing else.

use prost::Message;
use prost::bytes::Bytes;

use crate::limit::{AHEAD_MS, LONGEST_BODY, MOST_OPS, MOST_PARTS};
use crate::seal::{Hash, Kind, open};
use crate::state::{Leaf, State, leaf};
use crate::wire::{self, Frame, frame, op};
use crate::{Bound, Entry, FeedId, PublicKey, Refusal, Table, VERSION};

/// A place in the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Which feed.
    pub feed: FeedId,
    /// Which history of it.
    pub epoch: u64,
    /// How many deltas of that history.
    pub seq: u64,
    /// The hash of the last one.
    pub head: Hash,
    /// The sum over the set.
    pub state: State,
}

/// Who may sign with the online key, as the root said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Certificate {
    serial: u64,
    epoch: u64,
    online: PublicKey,
    not_before_ms: u64,
    not_after_ms: u64,
}

/// A snapshot of which the head and perhaps some parts have come.
#[derive(Debug)]
struct Begun {
    at: Position,
    entries: u64,
    parts: Vec<Hash>,
    next: usize,
    fresh_until_ms: u64,
    issued_ms: u64,
    /// Bytes of the parts that have come.
    bytes: u64,
    table: Table,
}

/// What a frame changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Another key speaks for the feed, or another root for its keys.
    Key,
    /// The set changed by so many entries.
    Delta(usize),
    /// Nothing; the publisher is alive.
    Heartbeat,
    /// More of a snapshot is awaited.
    Part,
    /// The set is that of a snapshot now.
    Snapshot,
}

/// A reader of the feed: the last good set, and what it takes to change it.
#[derive(Debug)]
pub struct Follower {
    root: PublicKey,
    root_serial: u64,
    certificate: Option<Certificate>,
    at: Position,
    issued_ms: u64,
    fresh_until_ms: u64,
    table: Table,
    begun: Option<Box<Begun>>,
    bound: Bound,
}

// === impl Follower ===

impl Follower {
    /// One that knows nothing but whose word counts.
    pub fn new(feed: FeedId, root: PublicKey) -> Self {
        Self {
            root,
            root_serial: 0,
            certificate: None,
            at: Position { feed, ..Position::default() },
            issued_ms: 0,
            fresh_until_ms: 0,
            table: Table::default(),
            begun: None,
            bound: Bound::default(),
        }
    }

    /// Holds no more than this from now on; what it has stays.
    pub const fn settle(&mut self, bound: Bound) {
        self.bound = bound;
    }

    /// Where it is; what to ask the publisher to go on from.
    pub const fn at(&self) -> Position {
        self.at
    }

    /// The last good set.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Does the publisher still say that this is all? If not, the set is kept and called stale.
    pub fn is_fresh(&self, now_ms: u64) -> bool {
        self.fresh_until_ms() != 0 && now_ms <= self.fresh_until_ms()
    }

    /// Until when the publisher's word holds: never longer than the root vouches for its key.
    pub fn fresh_until_ms(&self) -> u64 {
        let vouched = self.certificate.map_or(0, |certificate| certificate.not_after_ms);
        self.fresh_until_ms.min(vouched)
    }

    /// Takes a frame as it came over the wire.
    pub fn take_bytes(&mut self, bytes: &[u8], now_ms: u64) -> Result<Taken, Refusal> {
        // A frame is a body with a signature and a few bytes of tags.
        if bytes.len() > LONGEST_BODY + 1_024 {
            return Err(Refusal::Oversize);
        }
        let frame = Frame::decode(bytes).map_err(|_| Refusal::Malformed("a frame is broken"))?;
        self.take(&frame, now_ms)
    }

    /// Takes a frame, or says why not; then nothing has changed.
    pub fn take(&mut self, frame: &Frame, now_ms: u64) -> Result<Taken, Refusal> {
        match &frame.step {
            Some(frame::Step::Certificate(signed)) => self.certificate(signed),
            Some(frame::Step::RootChange(change)) => self.root_change(change),
            Some(frame::Step::Delta(signed)) => self.delta(signed, now_ms),
            Some(frame::Step::Heartbeat(signed)) => self.heartbeat(signed, now_ms),
            Some(frame::Step::Snapshot(signed)) => self.snapshot(signed, now_ms),
            Some(frame::Step::Part(bytes)) => self.part(bytes),
            None => Err(Refusal::Malformed("a frame without a step")),
        }
    }

    fn certificate(&mut self, signed: &wire::Signed) -> Result<Taken, Refusal> {
        open(&self.root, Kind::Certificate, signed)?;
        let body: wire::CertificateBody = decode(&signed.body)?;
        self.right(body.version, &body.feed)?;
        let online = PublicKey::from_slice(&body.online_key)
            .map_err(|_| Refusal::Malformed("a key has not 32 bytes"))?;
        let new = Certificate {
            serial: body.serial,
            epoch: body.epoch,
            online,
            not_before_ms: body.not_before_ms,
            not_after_ms: body.not_after_ms,
        };
        if let Some(old) = &self.certificate {
            if new == *old {
                return Ok(Taken::Key);
            }
            if new.serial <= old.serial || new.epoch < old.epoch {
                return Err(Refusal::OldCertificate { have: old.serial, got: new.serial });
            }
        }
        // What another key began, it does not finish.
        self.begun = None;
        self.certificate = Some(new);
        Ok(Taken::Key)
    }

    fn root_change(&mut self, change: &wire::RootChange) -> Result<Taken, Refusal> {
        let signed = |by: &Bytes| wire::Signed { body: change.body.clone(), signature: by.clone() };
        let body: wire::RootBody = decode(&change.body)?;
        let new = PublicKey::from_slice(&body.new_root)
            .map_err(|_| Refusal::Malformed("a key has not 32 bytes"))?;
        if new == self.root && body.serial == self.root_serial {
            return Ok(Taken::Key);
        }
        open(&self.root, Kind::RootChange, &signed(&change.by_old))?;
        open(&new, Kind::RootChange, &signed(&change.by_new))?;
        self.right(body.version, &body.feed)?;
        if body.serial <= self.root_serial {
            let (have, got) = (self.root_serial, body.serial);
            return Err(Refusal::OldCertificate { have, got });
        }
        (self.root, self.root_serial) = (new, body.serial);
        Ok(Taken::Key)
    }

    fn delta(&mut self, signed: &wire::Signed, now_ms: u64) -> Result<Taken, Refusal> {
        let (certificate, head) = self.opened(Kind::Delta, signed, now_ms)?;
        let body: wire::DeltaBody = decode(&signed.body)?;
        self.right(body.version, &body.feed)?;
        // The first delta of a new history comes after its snapshot, or begins it.
        self.in_epoch(&certificate, body.epoch, body.seq)?;
        if body.seq <= self.at.seq {
            let same = body.seq == self.at.seq && head == self.at.head;
            return Err(if same {
                Refusal::Replay
            } else if body.seq == self.at.seq {
                Refusal::Fork
            } else {
                Refusal::Rollback { have: self.place(), got: (body.epoch, body.seq) }
            });
        }
        if body.seq > self.at.seq + 1 {
            return Err(Refusal::Gap { have: self.at.seq, got: body.seq });
        }
        if body.prev != self.at.head.0.as_slice() {
            return Err(Refusal::Fork);
        }
        not_ahead(body.issued_ms, now_ms)?;
        if body.ops.len() > MOST_OPS {
            return Err(Refusal::Oversize);
        }
        let state = State::from_slice(&body.state).ok_or(Refusal::Malformed("a sum"))?;
        // All is read before anything changes.
        let changes = body.ops.iter().map(read_op).collect::<Result<Vec<_>, _>>()?;
        if self.sum_after(&changes) != state {
            return Err(Refusal::OtherState);
        }
        self.has_room(&changes, signed.body.len())?;
        for change in &changes {
            match change {
                Op::Put(id, entry, leaf) => self.table.put(*id, entry.as_ref(), *leaf),
                Op::Remove(id) => drop(self.table.remove(*id)),
            }
        }
        self.at = Position { epoch: body.epoch, seq: body.seq, head, state, ..self.at };
        self.heard(body.issued_ms, body.expires_ms);
        Ok(Taken::Delta(changes.len()))
    }

    fn heartbeat(&mut self, signed: &wire::Signed, now_ms: u64) -> Result<Taken, Refusal> {
        let (certificate, _) = self.opened(Kind::Heartbeat, signed, now_ms)?;
        let body: wire::HeartbeatBody = decode(&signed.body)?;
        self.right(body.version, &body.feed)?;
        self.in_epoch(&certificate, body.epoch, body.seq)?;
        if body.seq > self.at.seq {
            return Err(Refusal::Gap { have: self.at.seq, got: body.seq });
        }
        if body.seq < self.at.seq {
            return Err(Refusal::Rollback { have: self.place(), got: (body.epoch, body.seq) });
        }
        if body.head != self.at.head.0.as_slice() {
            return Err(Refusal::Fork);
        }
        not_ahead(body.issued_ms, now_ms)?;
        if body.issued_ms < self.issued_ms {
            return Err(Refusal::Replay);
        }
        if body.expires_ms < now_ms {
            return Err(Refusal::Expired);
        }
        self.at.epoch = body.epoch;
        self.heard(body.issued_ms, body.expires_ms);
        Ok(Taken::Heartbeat)
    }

    fn snapshot(&mut self, signed: &wire::Signed, now_ms: u64) -> Result<Taken, Refusal> {
        let (certificate, _) = self.opened(Kind::Snapshot, signed, now_ms)?;
        let body: wire::SnapshotBody = decode(&signed.body)?;
        self.right(body.version, &body.feed)?;
        if body.epoch != certificate.epoch {
            return Err(Refusal::Rollback {
                have: (certificate.epoch, 0),
                got: (body.epoch, body.seq),
            });
        }
        let head = Hash::from_slice(&body.head).ok_or(Refusal::Malformed("a hash"))?;
        let state = State::from_slice(&body.state).ok_or(Refusal::Malformed("a sum"))?;
        let at = Position { feed: self.at.feed, epoch: body.epoch, seq: body.seq, head, state };
        self.not_back(&at)?;
        not_ahead(body.issued_ms, now_ms)?;
        if body.expires_ms < now_ms {
            return Err(Refusal::Expired);
        }
        if body.parts.len() > MOST_PARTS {
            return Err(Refusal::Oversize);
        }
        self.bound.holds(body.entries, 0)?;
        let hashes = body.parts.iter().map(|part| Hash::from_slice(part));
        let parts: Vec<Hash> = hashes.collect::<Option<_>>().ok_or(Refusal::Malformed("a hash"))?;
        self.begun = Some(Box::new(Begun {
            at,
            entries: body.entries,
            parts,
            next: 0,
            fresh_until_ms: body.expires_ms,
            issued_ms: body.issued_ms,
            bytes: 0,
            table: Table::default(),
        }));
        self.finish()
    }

    fn part(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        if bytes.len() > LONGEST_BODY {
            return Err(Refusal::Oversize);
        }
        let begun = self.begun.as_mut().ok_or(Refusal::MixedParts)?;
        if begun.parts.get(begun.next) != Some(&Hash::of(bytes)) {
            return Err(Refusal::MixedParts);
        }
        begun.bytes += bytes.len() as u64;
        let come = self.bound.holds(begun.entries, begun.bytes);
        if let Err(refusal) = come.and_then(|()| self.bound.holds_more(&begun.table, 0, 0)) {
            self.begun = None;
            return Err(refusal);
        }
        let part: wire::SnapshotPart = decode(bytes)?;
        if begun.next == 0 {
            // No part has many more than the first.
            let likely = part.entries.len().saturating_mul(begun.parts.len()) as u64;
            let likely = likely.min(begun.entries).min(self.bound.room());
            begun.table.reserve(usize::try_from(likely).unwrap_or(0));
        }
        for bytes in &part.entries {
            let (id, entry) = Entry::decode(bytes)?;
            begun.table.put(id, entry.as_ref(), leaf(bytes));
        }
        // More than were signed would be refused at the end: no room is made for them.
        if begun.table.len() as u64 > begun.entries {
            self.begun = None;
            return Err(Refusal::OtherState);
        }
        begun.next += 1;
        self.finish()
    }

    /// Takes the snapshot in, if all its parts have come.
    fn finish(&mut self) -> Result<Taken, Refusal> {
        if self.begun.as_ref().is_some_and(|begun| begun.next < begun.parts.len()) {
            return Ok(Taken::Part);
        }
        let Some(begun) = self.begun.take() else {
            return Ok(Taken::Part);
        };
        // Deltas that came between its parts may have led further.
        self.not_back(&begun.at)?;
        let whole = begun.table.len() as u64 == begun.entries;
        if !whole || begun.table.state() != begun.at.state {
            return Err(Refusal::OtherState);
        }
        if begun.at.epoch > self.at.epoch {
            // Whoever stole the key may have signed a word that never ends.
            (self.issued_ms, self.fresh_until_ms) = (0, 0);
        }
        self.table = begun.table;
        self.at = begun.at;
        self.heard(begun.issued_ms, begun.fresh_until_ms);
        Ok(Taken::Snapshot)
    }

    /// The certificate in force, and the hash of what its key signed.
    fn opened(
        &self,
        kind: Kind,
        signed: &wire::Signed,
        now_ms: u64,
    ) -> Result<(Certificate, Hash), Refusal> {
        let certificate = self.certificate.ok_or(Refusal::Uncertified)?;
        let valid = certificate.not_before_ms <= now_ms.saturating_add(AHEAD_MS)
            && now_ms <= certificate.not_after_ms;
        if !valid {
            return Err(Refusal::Uncertified);
        }
        let hash = open(&certificate.online, kind, signed)?;
        Ok((certificate, hash))
    }

    /// Is this of a version that is read, and of the feed that is followed?
    fn right(&self, version: u32, feed: &[u8]) -> Result<(), Refusal> {
        if version != VERSION {
            return Err(Refusal::UnknownVersion(version));
        }
        if feed == self.at.feed { Ok(()) } else { Err(Refusal::OtherFeed) }
    }

    /// Deltas and heartbeats go on in the history that is followed; another begins by a snapshot,
    /// or from nothing.
    fn in_epoch(&self, certificate: &Certificate, epoch: u64, seq: u64) -> Result<(), Refusal> {
        if epoch < self.at.epoch || epoch != certificate.epoch {
            let have = (self.at.epoch.max(certificate.epoch), self.at.seq);
            return Err(Refusal::Rollback { have, got: (epoch, seq) });
        }
        // Nothing was followed yet: any history may begin at its first delta.
        let fresh = self.at == Position { feed: self.at.feed, ..Position::default() };
        if epoch == self.at.epoch || fresh {
            return Ok(());
        }
        Err(Refusal::Gap { have: self.at.seq, got: seq })
    }

    /// Does a snapshot of this place lead on from, or to, where this follower is?
    fn not_back(&self, at: &Position) -> Result<(), Refusal> {
        let got = (at.epoch, at.seq);
        if got < self.place() {
            return Err(Refusal::Rollback { have: self.place(), got });
        }
        if got == self.place() && at.head != self.at.head { Err(Refusal::Fork) } else { Ok(()) }
    }

    /// May the set grow by these changes, of so many bytes? Entries may always go.
    fn has_room(&self, changes: &[Op], bytes: usize) -> Result<(), Refusal> {
        let put = |change: &Op| match change {
            Op::Put(id, ..) => Some(u64::from(self.table.leaf(*id).is_none())),
            Op::Remove(_) => None,
        };
        let new: Vec<u64> = changes.iter().filter_map(put).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.bound.holds_more(&self.table, new.iter().sum(), bytes as u64)
    }

    /// The sum over the set if these changes were made.
    fn sum_after(&self, changes: &[Op]) -> State {
        let mut sum = self.table.state();
        let mut since = std::collections::BTreeMap::<u64, Option<Leaf>>::new();
        for change in changes {
            let (id, new) = match change {
                Op::Put(id, _, leaf) => (*id, Some(*leaf)),
                Op::Remove(id) => (*id, None),
            };
            let before = since.get(&id).copied().unwrap_or_else(|| self.table.leaf(id));
            before.into_iter().for_each(|leaf| sum.take(leaf));
            new.into_iter().for_each(|leaf| sum.add(leaf));
            since.insert(id, new);
        }
        sum
    }

    const fn place(&self) -> (u64, u64) {
        (self.at.epoch, self.at.seq)
    }

    fn heard(&mut self, issued_ms: u64, expires_ms: u64) {
        self.issued_ms = self.issued_ms.max(issued_ms);
        self.fresh_until_ms = self.fresh_until_ms.max(expires_ms);
    }
}

/// The numbers of the entries that a delta changes; of other frames none.
pub fn numbers(frame: &[u8]) -> Vec<u64> {
    let step = Frame::decode(frame).ok().and_then(|frame| frame.step);
    let Some(frame::Step::Delta(signed)) = step else { return Vec::new() };
    let body = decode::<wire::DeltaBody>(&signed.body).unwrap_or_default();
    let number = |op: &wire::Op| match read_op(op).ok()? {
        Op::Put(id, ..) | Op::Remove(id) => Some(id),
    };
    body.ops.iter().filter_map(number).collect()
}

/// A change that was read.
enum Op {
    Put(u64, Option<Entry>, Leaf),
    Remove(u64),
}

fn read_op(op: &wire::Op) -> Result<Op, Refusal> {
    match &op.what {
        Some(op::What::Put(bytes)) => {
            let (id, entry) = Entry::decode(bytes)?;
            Ok(Op::Put(id, entry, leaf(bytes)))
        }
        Some(op::What::Remove(id)) => Ok(Op::Remove(*id)),
        None => Err(Refusal::Malformed("a change without a kind")),
    }
}

fn not_ahead(issued_ms: u64, now_ms: u64) -> Result<(), Refusal> {
    if issued_ms > now_ms.saturating_add(AHEAD_MS) { Err(Refusal::FromTheFuture) } else { Ok(()) }
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Refusal> {
    M::decode(bytes).map_err(|_| Refusal::Malformed("a body is broken"))
}

#[cfg(test)]
mod tests;
