//! Blocks as the kernel lays them, as it never would, and what was asked for.

use std::time::Duration;

use ostium_event::Timestamp;
use ostium_wire::LinkType;
use proptest::prelude::*;

use super::error::names_in;
use super::*;
use crate::PacketBlock;

/// What is laid into a block.
#[derive(Clone, Copy, Debug)]
struct Laid<'a> {
    bytes: &'a [u8],
    wire_len: u32,
    hardware: u16,
    status: u32,
    tag: (u16, u16),
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn laid(bytes: &[u8]) -> Laid<'_> {
    let wire_len = bytes.len() as u32;
    Laid { bytes, wire_len, hardware: libc::ARPHRD_ETHER, status: 1, tag: (0, 0) }
}

/// A block of this length: its head of 48 bytes, then the frames.
fn block(frames: &[Laid<'_>], len: usize) -> Vec<u8> {
    let mut out = vec![0; 48];
    out[8..12].copy_from_slice(&1_u32.to_ne_bytes());
    out[12..16].copy_from_slice(&(frames.len() as u32).to_ne_bytes());
    out[16..20].copy_from_slice(&48_u32.to_ne_bytes());
    for (n, frame) in frames.iter().enumerate() {
        let step = (82 + frame.bytes.len()).next_multiple_of(16);
        let next = if n + 1 == frames.len() { 0 } else { step as u32 };
        let mut slot = Vec::new();
        for number in [next, 1_700_000_000, n as u32, frame.bytes.len() as u32] {
            slot.extend(number.to_ne_bytes());
        }
        slot.extend(frame.wire_len.to_ne_bytes());
        slot.extend(frame.status.to_ne_bytes());
        slot.extend(82_u16.to_ne_bytes());
        slot.extend([0; 6]);
        slot.extend(u32::from(frame.tag.1).to_ne_bytes());
        slot.extend(frame.tag.0.to_ne_bytes());
        slot.resize(56, 0);
        slot.extend(frame.hardware.to_ne_bytes());
        slot.resize(82, 0);
        slot.extend(frame.bytes);
        slot.resize(step, 0xee);
        out.extend(slot);
    }
    out.resize(len.max(out.len()), 0);
    out
}

fn take(block: &[u8]) -> (PacketBlock, Taken) {
    let mut into = PacketBlock::default();
    let taken = take_block(block, &mut into);
    (into, taken)
}

#[test]
fn frames_come_out_as_they_were_laid() {
    let (first, second) = ([7; 60], [8; 1514]);
    let cut = Laid { wire_len: 9000, ..laid(&second) };
    let bare = Laid { hardware: libc::ARPHRD_NONE, ..laid(&first[..20]) };
    let (packets, taken) = take(&block(&[laid(&first), cut, bare], 1 << 14));
    assert_eq!(taken, Taken { packets: 3, malformed: 0, unknown_link: 0 });
    let told: Vec<_> = packets.packets.iter().map(|p| (packets.frame(p), p.wire_len)).collect();
    assert_eq!(told, [(&first[..], 60), (&second[..], 9000), (&first[..20], 20)]);
    let at = packets.packets[1].at;
    assert_eq!(at, Timestamp::from_nanos(1_700_000_000_000_000_001));
    assert_eq!(packets.packets[0].link, LinkType::Ethernet);
    assert_eq!(packets.packets[2].link, LinkType::RawIp);
}

#[test]
fn tags_that_were_taken_out_are_put_back() {
    let frame = [&MACS[..], &[8, 0, 0x45, 0, 0, 20]].concat();
    let valid = libc::TP_STATUS_VLAN_VALID;
    let both = valid | libc::TP_STATUS_VLAN_TPID_VALID;
    let tag = |status, protocol| Laid { status, tag: (protocol, 0x2005), ..laid(&frame) };
    let bare = Laid { hardware: libc::ARPHRD_NONE, ..tag(both, 0x8100) };
    let short = Laid { bytes: &frame[..11], ..tag(both, 0x8100) };
    let all = [tag(both, 0x88a8), tag(valid, 0), tag(0, 0x8100), bare, short];
    let (packets, _) = take(&block(&all, 1 << 12));
    let told: Vec<_> = packets.packets.iter().map(|p| packets.frame(p).to_vec()).collect();
    let with = |tag: &[u8]| [&MACS[..], tag, &frame[12..]].concat();
    assert_eq!(told[0], with(&[0x88, 0xa8, 0x20, 5]));
    assert_eq!(told[1], with(&[0x81, 0, 0x20, 5]), "802.1Q when it is not said");
    assert_eq!(told[2], frame, "no tag");
    assert_eq!(told[3], frame, "no place for one");
    assert_eq!(told[4], frame[..11], "no place for one");
    assert_eq!(packets.packets[0].wire_len as usize, frame.len() + 4);
    assert_eq!(packets.packets[2].wire_len as usize, frame.len());
}

#[test]
fn what_a_block_promises_and_does_not_hold_is_counted() {
    let frame = [5; 60];
    let good = block(&[laid(&frame); 3], 4096);
    let with = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        let (_, taken) = take(&bytes);
        (taken.packets, taken.malformed)
    };
    assert_eq!(with(12, 3), (3, 0));
    assert_eq!(with(12, 9), (3, 6), "more promised than there are");
    assert_eq!(with(12, u32::MAX), (3, u64::from(u32::MAX) - 3));
    assert_eq!(with(16, 5000), (0, 3), "the first lies outside");
    assert_eq!(with(48, 5000), (0, 3), "the next lies outside");
    assert_eq!(with(48, 8), (0, 3), "the next lies in the head of the first");
    assert_eq!(with(48 + 12, 200), (0, 3), "longer than its slot");
    assert_eq!(with(48 + 24, 0xffff), (0, 3), "it begins outside");
    assert_eq!(take(&good[..30]).1.malformed, 3, "a head that is cut");
    assert_eq!(take(&[]).1, Taken::default());
}

#[test]
fn other_link_layers_are_counted() {
    let frame = [5; 60];
    let radio = Laid { hardware: 803, ..laid(&frame) };
    let (packets, taken) = take(&block(&[radio, laid(&frame), radio], 4096));
    assert_eq!(packets.packets.len(), 1);
    assert_eq!(taken, Taken { packets: 1, malformed: 0, unknown_link: 2 });
}

#[test]
fn names_are_read_and_a_colon_is_no_end() {
    let table = "Inter-|   Receive\n face |bytes\n  wan0:1: 12 3\n    lo: 0 0\nbr-lan: 5 5\n";
    assert_eq!(names_in(table), ["br-lan", "lo", "wan0:1"]);
    assert!(names_in("").is_empty());
}

#[test]
fn what_is_asked_for_has_bounds() {
    let shape = |bytes, millis| {
        let block_timeout = Duration::from_millis(millis);
        let options = LiveOptions { ring_bytes: bytes, block_timeout, ..LiveOptions::of("x") };
        let shape = options.shape();
        (shape.blocks, shape.patience)
    };
    assert_eq!(shape(0, 0), (2, 1));
    assert_eq!(shape((1 << 20) + 1, 4), (5, 4));
    assert_eq!(shape(usize::MAX, u64::MAX), (8192, 10_000));
    assert_eq!(LiveOptions { snap_length: 0, ..LiveOptions::of("x") }.snap(), 64);
}

/// Holds whatever a block says.
fn hold(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut frames = RingFrames::of(bytes);
    let promised = u64::from(frames.left());
    let found = (&mut frames).count() as u64;
    prop_assert_eq!(found + u64::from(frames.left()), promised);
    prop_assert!(found <= bytes.len() as u64 / 48);
    let (packets, taken) = take(bytes);
    prop_assert_eq!(taken.packets + taken.malformed + taken.unknown_link, promised);
    prop_assert_eq!(packets.packets.len() as u64, taken.packets);
    prop_assert!(packets.bytes.len() <= bytes.len() + 4 * packets.packets.len());
    let mut end = 0;
    for packet in &packets.packets {
        prop_assert_eq!(packet.start, end, "one behind the other");
        end += packet.len;
        prop_assert_eq!(packets.frame(packet).len(), packet.len as usize);
    }
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_blocks_are_walked_to_an_end(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..600),
        count in any::<u32>(), first in 0u32..100, step in 0u32..200, len in 0u32..300,
    ) {
        hold(&bytes)?;
        // And with offsets that lead somewhere.
        for (at, value) in [(12, count), (16, first), (48, step), (60, len)] {
            if let Some(place) = bytes.get_mut(at..at + 4) {
                place.copy_from_slice(&value.to_ne_bytes());
            }
        }
        hold(&bytes)?;
    }

    #[test]
    fn damaged_blocks_are_walked_to_an_end(
        sizes in proptest::collection::vec(0usize..200, 1..8),
        harm in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = [9; 200];
        let frames: Vec<_> = sizes.iter().map(|len| laid(&bytes[..*len])).collect();
        let mut block = block(&frames, 0);
        prop_assert_eq!(take(&block).1.packets, frames.len() as u64);
        for (at, value) in harm {
            let at = at.index(block.len());
            block[at] = value;
        }
        hold(&block)?;
        hold(&block[..cut.index(block.len())])?;
    }
}
