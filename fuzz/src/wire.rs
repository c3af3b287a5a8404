//! Frames, capture files, and blocks of a ring.

use ostium_capture::{CaptureFile, PacketBlock, RingFrames, take_block};
use ostium_wire::{LinkType, decode, unreachable_flow};

use crate::{Bits, Dribble};

const LINKS: [LinkType; 7] = [
    LinkType::Ethernet,
    LinkType::Null,
    LinkType::Loop,
    LinkType::RawIp,
    LinkType::Ppp,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
];

/// What a reader of captures has told.
type Told = (Vec<(u64, Vec<u8>, u32)>, Option<String>);

/// The first byte chooses the link layer; the rest is the frame.
pub fn frame(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let link = LINKS[usize::from(bits.byte()) % LINKS.len()];
    let frame = bits.0;
    let _ = unreachable_flow(frame);
    let Ok(meta) = decode(link, frame) else {
        return true;
    };
    assert_eq!(meta.payload(frame).len(), meta.payload_len as usize, "the payload is in the frame");
    assert!(meta.wire_len >= meta.payload_len, "cut payloads are shorter, not longer");
    assert!(meta.src_mac >> 48 == 0);
    if meta.fragment.is_some() {
        assert_eq!((meta.src_port, meta.dst_port), (0, 0), "a fragment has no ports");
    }
    let _ = unreachable_flow(meta.payload(frame));
    true
}

/// A capture file: the same packets however the bytes arrive.
pub fn capture(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let piece = usize::from(bits.byte());
    let whole = packets(bits.0, usize::MAX);
    let pieces = packets(bits.0, piece);
    assert!(whole == pieces, "the same packets for any cut of the bytes");
    whole.is_some()
}

/// A block of the ring: walked to its end, whatever it says.
pub fn ring_block(bytes: &[u8]) -> bool {
    let mut frames = RingFrames::of(bytes);
    let promised = u64::from(frames.left());
    let (mut found, mut end) = (0, 0);
    for frame in &mut frames {
        found += 1;
        if !frame.bytes.is_empty() {
            let start = frame.bytes.as_ptr() as usize - bytes.as_ptr() as usize;
            assert!(start >= end, "frames do not overlap");
            end = start + frame.bytes.len();
        }
    }
    assert_eq!(found + u64::from(frames.left()), promised, "each packet is told or missed");
    let mut block = PacketBlock::default();
    let taken = take_block(bytes, &mut block);
    assert_eq!(taken.packets + taken.unknown_link, found);
    assert_eq!(taken.malformed, promised - found);
    assert!(block.bytes.len() <= bytes.len() + 4 * block.packets.len(), "no byte is told twice");
    for packet in &block.packets {
        assert_eq!(block.frame(packet).len(), packet.len as usize, "a packet lies in its block");
    }
    found > 0
}

fn packets(bytes: &[u8], piece: usize) -> Option<Told> {
    let mut file = CaptureFile::open(Dribble::new(bytes, piece)).ok()?;
    let (mut block, mut all, mut sum) = (PacketBlock::default(), Vec::new(), 0);
    let mut error = None;
    loop {
        match file.next_block(&mut block) {
            Ok(true) => {}
            Ok(false) => break,
            Err(refused) => {
                error = Some(refused.to_string());
                break;
            }
        }
        assert!(block.bytes.len() <= 16 << 20, "a buffer has a bound");
        for packet in &block.packets {
            let frame = block.frame(packet);
            assert_eq!(frame.len(), packet.len as usize, "a packet lies in its block");
            sum += frame.len();
            all.push((packet.at.nanos(), frame.to_vec(), packet.wire_len));
        }
    }
    assert!(sum <= bytes.len(), "no byte is told twice");
    let trouble = file.trouble().map(|trouble| format!("{trouble:?}"));
    Some((all, error.or(trouble)))
}
