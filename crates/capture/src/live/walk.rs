//! What the kernel laid into a block of the ring.
//!
//! Nothing here believes what a block says: offsets and counts may be anything. A block that makes
//! no sense ends where it stops making sense, and what it had promised is counted. Frames of one
//! block never overlap, so that they are never more bytes than the block.

use std::mem::offset_of;

use ostium_event::Timestamp;
use ostium_wire::LinkType;

use crate::block::{PacketBlock, PacketRef};
use crate::file::timestamp;
use crate::live::hardware::link_of;

/// The frames of a block, in the order in which they came.
#[derive(Clone, Debug)]
pub struct RingFrames<'a> {
    block: &'a [u8],
    at: usize,
    left: u32,
}

/// One frame in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingFrame<'a> {
    /// When the kernel had it, by the clock of the system.
    pub at: Timestamp,
    /// What was kept of it.
    pub bytes: &'a [u8],
    /// Its length on the wire; a tag that was taken out does not count.
    pub wire_len: u32,
    /// The VLAN tag that was taken out: protocol and control information.
    pub tag: Option<(u16, u16)>,
    /// What it begins with: a number of `ARPHRD_`.
    pub hardware: u16,
}

/// What came of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Packets that were added.
    pub packets: u64,
    /// Packets that the block promised and does not hold.
    pub malformed: u64,
    /// Packets of a link layer that is not decoded.
    pub unknown_link: u64,
}

const COUNT: usize =
    offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, num_pkts);
const FIRST: usize = offset_of!(libc::tpacket_block_desc, hdr)
    + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt);
/// An address of the link layer follows the head of each frame at the next multiple of 16.
const ADDRESS: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(libc::TPACKET_ALIGNMENT);
const HARDWARE: usize = ADDRESS + offset_of!(libc::sockaddr_ll, sll_hatype);
const VARIANT: usize = offset_of!(libc::tpacket3_hdr, hv1);
const TAG: usize = VARIANT + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tci);
const TAG_PROTOCOL: usize = VARIANT + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tpid);
/// 802.1Q, when a tag does not say otherwise.
const DOT1Q: u16 = 0x8100;
/// Two addresses of Ethernet; a tag stands behind them.
const ADDRESSES: usize = 12;

/// Adds the frames of a block to `into`, with tags where they were.
pub fn take_block(block: &[u8], into: &mut PacketBlock) -> Taken {
    let mut taken = Taken::default();
    let mut frames = RingFrames::of(block);
    for frame in &mut frames {
        match link_of(frame.hardware) {
            Some(link) => {
                frame.put(link, into);
                taken.packets += 1;
            }
            None => taken.unknown_link += 1,
        }
    }
    taken.malformed = u64::from(frames.left());
    taken
}

// === impl RingFrames ===

impl<'a> RingFrames<'a> {
    /// The frames of a block that begins with a `tpacket_block_desc`.
    pub fn of(block: &'a [u8]) -> Self {
        let first = u32_at(block, FIRST).unwrap_or_default();
        Self { block, at: first as usize, left: u32_at(block, COUNT).unwrap_or_default() }
    }

    /// How many the block still promises; at the end those that it does not hold.
    pub const fn left(&self) -> u32 {
        self.left
    }

    fn take(&mut self) -> Option<RingFrame<'a>> {
        let rest = self.block.get(self.at..)?;
        let step = u32_at(rest, offset_of!(libc::tpacket3_hdr, tp_next_offset))? as usize;
        // The last one says 0. A step that is shorter than a head holds no frame, so each frame
        // brings the walk nearer to its end.
        let slot = match step {
            0 => rest,
            _ => rest.get(..step)?,
        };
        let frame = RingFrame::of(slot)?;
        self.at = match step {
            0 => self.block.len(),
            _ => self.at.checked_add(step)?,
        };
        Some(frame)
    }
}

impl<'a> Iterator for RingFrames<'a> {
    type Item = RingFrame<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.left.checked_sub(1)?;
        let Some(frame) = self.take() else {
            self.at = self.block.len();
            return None;
        };
        self.left = left;
        Some(frame)
    }
}

// === impl RingFrame ===

impl<'a> RingFrame<'a> {
    /// Reads the frame of a slot, which begins with a `tpacket3_hdr`.
    fn of(slot: &'a [u8]) -> Option<Self> {
        let start = usize::from(u16_at(slot, offset_of!(libc::tpacket3_hdr, tp_mac))?);
        let len = u32_at(slot, offset_of!(libc::tpacket3_hdr, tp_snaplen))? as usize;
        let seconds = u32_at(slot, offset_of!(libc::tpacket3_hdr, tp_sec))?;
        let nanos = u32_at(slot, offset_of!(libc::tpacket3_hdr, tp_nsec))?;
        let status = u32_at(slot, offset_of!(libc::tpacket3_hdr, tp_status))?;
        let tag = u32_at(slot, TAG)? as u16;
        let protocol = u16_at(slot, TAG_PROTOCOL)?;
        let named = status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
        Some(Self {
            at: timestamp(u64::from(seconds), u64::from(nanos)),
            bytes: slot.get(start..start.checked_add(len)?)?,
            wire_len: u32_at(slot, offset_of!(libc::tpacket3_hdr, tp_len))?,
            tag: (status & libc::TP_STATUS_VLAN_VALID != 0)
                .then_some((if named { protocol } else { DOT1Q }, tag)),
            hardware: u16_at(slot, HARDWARE)?,
        })
    }

    /// Adds it to a block of packets.
    fn put(&self, link: LinkType, into: &mut PacketBlock) {
        let start = into.bytes.len();
        let tag = self.tag.filter(|_| link == LinkType::Ethernet);
        let mut added = 0;
        match (tag, self.bytes.split_at_checked(ADDRESSES)) {
            (Some((protocol, control)), Some((addresses, rest))) => {
                into.bytes.extend_from_slice(addresses);
                into.bytes.extend_from_slice(&protocol.to_be_bytes());
                into.bytes.extend_from_slice(&control.to_be_bytes());
                into.bytes.extend_from_slice(rest);
                added = 4;
            }
            _ => into.bytes.extend_from_slice(self.bytes),
        }
        let len = into.bytes.len() - start;
        into.packets.push(PacketRef {
            at: self.at,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            len: u32::try_from(len).unwrap_or(u32::MAX),
            wire_len: self.wire_len.saturating_add(added),
            link,
        });
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}
