//! The signed feed: frames, their bodies once a signature is right, entries, and the table.
//!
//! A signature would keep every changed frame out, so a target signs what it was given with a fixed
//! key, as docs/protocol.md says; what lies behind the signature is reached that way.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ostium_event::Addr;
use ostium_feed::wire::{self, Frame, frame, op};
use ostium_feed::{Basis, Entry, Follower, Hash, Position, PublicKey, State, Taken};
use ostium_intel::IndicatorValue;
use prost::Message;
use prost::bytes::Bytes;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};

const FEED: [u8; 16] = [7; 16];
/// Milliseconds since 1970 when everything comes.
const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 86_400_000;

static ROOT: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(1));
static ONLINE: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(2));

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap_or_else(|error| panic!("{error}"))
}

fn public(key: &Ed25519KeyPair) -> PublicKey {
    PublicKey::from_slice(key.public_key().as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

fn sign(key: &Ed25519KeyPair, kind: u8, body: Vec<u8>) -> wire::Signed {
    let message = [b"ostium-feed/1\0", &[kind][..], &body].concat();
    let signature = Bytes::copy_from_slice(key.sign(&message).as_ref());
    wire::Signed { body: body.into(), signature }
}

/// A certificate of the online key for the first epoch.
pub fn certificate() -> Frame {
    let body = wire::CertificateBody {
        version: 1,
        feed: Bytes::from_static(&FEED),
        serial: 1,
        epoch: 1,
        online_key: Bytes::copy_from_slice(&public(&ONLINE).0),
        not_before_ms: NOW - DAY,
        not_after_ms: NOW + DAY,
    };
    Frame { step: Some(frame::Step::Certificate(sign(&ROOT, 1, body.encode_to_vec()))) }
}

/// The delta after this place; `state` is as it will be.
pub fn delta(at: &Position, ops: Vec<wire::Op>, state: State) -> wire::DeltaBody {
    wire::DeltaBody {
        version: 1,
        feed: Bytes::from_static(&FEED),
        epoch: 1,
        seq: at.seq + 1,
        prev: Bytes::copy_from_slice(&at.head.0),
        issued_ms: NOW,
        expires_ms: NOW + 60_000,
        ops,
        state: Bytes::copy_from_slice(&state.to_bytes()),
    }
}

fn follower() -> Follower {
    let mut follower = Follower::new(FEED, public(&ROOT));
    assert_eq!(follower.take(&certificate(), NOW), Ok(Taken::Key));
    follower
}

/// A step with a body that the right key signs.
fn signed(kind: u8, body: Vec<u8>) -> frame::Step {
    match kind {
        1 => frame::Step::Certificate(sign(&ROOT, 1, body)),
        2 => {
            let signed = sign(&ROOT, 2, body);
            let by_new = sign(&ONLINE, 2, signed.body.to_vec()).signature;
            let (body, by_old) = (signed.body, signed.signature);
            frame::Step::RootChange(wire::RootChange { body, by_old, by_new })
        }
        3 => frame::Step::Delta(sign(&ONLINE, 3, body)),
        4 => frame::Step::Heartbeat(sign(&ONLINE, 4, body)),
        _ => frame::Step::Snapshot(sign(&ONLINE, 5, body)),
    }
}

/// What must hold after every frame: a refusal changes nothing, and the set adds up.
fn take(follower: &mut Follower, bytes: &[u8]) -> bool {
    let (before, fresh) = (follower.at(), follower.fresh_until_ms());
    let len = follower.table().len();
    let taken = follower.take_bytes(bytes, NOW);
    let at = follower.at();
    assert_eq!(follower.table().state(), at.state);
    assert!((at.epoch, at.seq) >= (before.epoch, before.seq), "it went back");
    assert_eq!(at.feed, before.feed);
    if taken.is_err() {
        assert_eq!((at, follower.fresh_until_ms()), (before, fresh));
        assert_eq!(follower.table().len(), len);
    }
    taken.is_ok()
}

/// Frames one after the other, each a length in two bytes and what a selector says: bytes as they
/// came, a body that is signed here, a part with or without its head. A set is followed whatever comes.
pub fn feed_frame(bytes: &[u8]) -> bool {
    let mut follower = follower();
    let mut rest = bytes;
    let mut took = false;
    while let Some(([kind, high, low], more)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(more.len());
        let (body, after) = more.split_at(len);
        rest = after;
        let frame = match kind % 8 {
            0 => body.to_vec(),
            5 if *kind >= 0x80 => {
                let head = right_head(&follower, body);
                took |= take(&mut follower, &head);
                part(body)
            }
            6 => part(body),
            // Entries as they come, in a delta that is right but for them.
            7 => right_delta(&follower, body),
            kind => Frame { step: Some(signed(kind, body.to_vec())) }.encode_to_vec(),
        };
        took |= take(&mut follower, &frame);
    }
    took || !bytes.is_empty()
}

fn part(body: &[u8]) -> Vec<u8> {
    Frame { step: Some(frame::Step::Part(Bytes::copy_from_slice(body))) }.encode_to_vec()
}

/// The head of a snapshot of this part, right if no number is in it twice.
fn right_head(follower: &Follower, part: &[u8]) -> Vec<u8> {
    let at = follower.at();
    let entries = wire::SnapshotPart::decode(part).map(|part| part.entries).unwrap_or_default();
    let sum = entries.iter().fold(0u128, |sum, entry| sum.wrapping_add(leaf(entry)));
    let body = wire::SnapshotBody {
        version: 1,
        feed: Bytes::from_static(&FEED),
        epoch: 1,
        seq: at.seq,
        head: Bytes::copy_from_slice(&at.head.0),
        issued_ms: NOW,
        expires_ms: NOW + 60_000,
        entries: entries.len() as u64,
        state: Bytes::copy_from_slice(&sum.to_be_bytes()),
        parts: vec![Bytes::copy_from_slice(digest(&SHA256, part).as_ref())],
    };
    Frame { step: Some(signed(5, body.encode_to_vec())) }.encode_to_vec()
}

/// A delta in its place, whose sum is right if nothing of it replaces anything.
fn right_delta(follower: &Follower, entry: &[u8]) -> Vec<u8> {
    let at = follower.at();
    let sum = u128::from_be_bytes(at.state.to_bytes()).wrapping_add(leaf(entry));
    let state = State::from_slice(&sum.to_be_bytes()).unwrap_or_default();
    let put = wire::Op { what: Some(op::What::Put(Bytes::copy_from_slice(entry))) };
    let body = delta(&at, vec![put], state).encode_to_vec();
    Frame { step: Some(signed(3, body)) }.encode_to_vec()
}

fn leaf(entry: &[u8]) -> u128 {
    let hash = digest(&SHA256, entry);
    hash.as_ref().iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// An entry that is read is, written and read again, the same.
pub fn feed_entry(bytes: &[u8]) -> bool {
    let Ok((id, entry)) = Entry::decode(bytes) else { return false };
    let Some(entry) = entry else { return true };
    assert_eq!(entry.id, id);
    assert!(entry.confidence <= 100 && entry.canary <= 1_000 && entry.family.len() <= 64);
    assert_eq!(Entry::decode(&entry.encode()), Ok((id, Some(entry))));
    true
}

/// Values that are close to each other, so that they meet.
fn value(kind: u8, which: u8) -> IndicatorValue {
    let addr = if which & 0x80 == 0 {
        Addr::v4([198, 51, 100, which & 7])
    } else {
        Addr::v6([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, which & 7])
    };
    match kind % 5 {
        0 => IndicatorValue::Domain(name(which)),
        1 => IndicatorValue::Addr(addr),
        2 => IndicatorValue::Socket(addr, u16::from(which)),
        3 => IndicatorValue::Url(format!("{}/{which}", name(which))),
        _ => {
            let width: u8 = if addr.is_v4() { 32 } else { 128 };
            let prefix = ostium_event::Prefix::new(addr, width - which % 4);
            prefix.map_or(IndicatorValue::Addr(addr), IndicatorValue::Network)
        }
    }
}

fn name(which: u8) -> String {
    let labels = ["c2.example", "a.c2.example", "b.a.c2.example", "d.example"];
    let long = "x".repeat(usize::from(which >> 2) % 50 + 1);
    format!("{long}.{}", labels.get(usize::from(which % 4)).copied().unwrap_or("e.example"))
}

/// Deltas of changes of four bytes (put or remove, number, kind, which) against a map: all that
/// the map holds is found by number and by value, what it does not hold is not, and the sums agree.
pub fn feed_table(bytes: &[u8]) -> bool {
    let mut follower = follower();
    let mut map = BTreeMap::<u64, Entry>::new();
    let mut at = Position { epoch: 1, ..follower.at() };
    for step in bytes.chunks(4 * 8).take(64) {
        let mut ops = Vec::new();
        for change in step.chunks_exact(4) {
            let &[what, id, kind, which] = change else { continue };
            let id = u64::from(id % 32);
            if what % 3 == 0 {
                map.remove(&id);
                ops.push(wire::Op { what: Some(op::What::Remove(id)) });
                continue;
            }
            let family = ["", "mirai", "qakbot", "emotet"].get(usize::from(what % 4)).copied();
            let entry = Entry {
                id,
                value: value(kind, which).into(),
                confidence: which % 101,
                family: family.unwrap_or_default().to_owned(),
                expires: u32::from(which),
                basis: Basis::List,
                organisations: u16::from(what),
                canary: u16::from(what),
            };
            ops.push(wire::Op { what: Some(op::What::Put(entry.encode())) });
            map.insert(id, entry);
        }
        let sum = map.values().fold(0u128, |sum, entry| sum.wrapping_add(leaf(&entry.encode())));
        let state = State::from_slice(&sum.to_be_bytes()).unwrap_or_default();
        let count = ops.len();
        let body = delta(&at, ops, state).encode_to_vec();
        let message = [b"ostium-feed/1\0", &[3u8][..], &body].concat();
        let frame = Frame { step: Some(signed(3, body)) };
        assert_eq!(follower.take(&frame, NOW), Ok(Taken::Delta(count)));
        let head = Hash::from_slice(digest(&SHA256, &message).as_ref()).unwrap_or_default();
        at = Position { seq: at.seq + 1, head, state, ..at };
        assert_eq!(follower.at(), at);
    }
    agrees(&follower, &map);
    !bytes.is_empty()
}

fn agrees(follower: &Follower, map: &BTreeMap<u64, Entry>) {
    let table = follower.table();
    assert_eq!((table.len(), table.iter().count()), (map.len(), map.len()));
    for id in 0..32 {
        let (hit, entry) = (table.get(id), map.get(&id));
        assert_eq!(hit.is_some(), entry.is_some());
        if let (Some(hit), Some(entry)) = (hit, entry) {
            assert_eq!(Some(&hit.value), entry.value.indicator());
            assert_eq!(hit.family.as_deref().unwrap_or_default(), entry.family);
            let said = (hit.confidence, hit.expires, hit.basis, hit.organisations, hit.canary);
            let right =
                (entry.confidence, entry.expires, entry.basis, entry.organisations, entry.canary);
            assert_eq!(said, right);
        }
    }
    let held = |value: &IndicatorValue| map.values().any(|entry| entry.value.indicator() == Some(value));
    for which in 0..=255u8 {
        let name = name(which);
        let above = |entry: &Entry| {
            matches!(entry.value.indicator(), Some(IndicatorValue::Domain(known))
            if name == *known || name.ends_with(&format!(".{known}")))
        };
        assert_eq!(table.domain(&name).is_some(), map.values().any(above));
        let IndicatorValue::Addr(addr) = value(1, which) else { continue };
        let around = |entry: &Entry| match entry.value.indicator() {
            Some(IndicatorValue::Addr(known)) => *known == addr,
            Some(IndicatorValue::Network(known)) => known.contains(addr),
            _ => false,
        };
        assert_eq!(table.addr(addr).is_some(), map.values().any(around));
        assert_eq!(table.socket(addr, which.into()).is_some(), held(&value(2, which)));
        let path = format!("/{which}");
        assert_eq!(table.url(&name, &path).is_some(), held(&value(3, which)));
    }
}
