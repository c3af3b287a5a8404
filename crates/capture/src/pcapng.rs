//! pcapng: several sections, byte orders, interfaces, resolutions; enhanced, simple and old packets.
//!
//! Source: draft-ietf-opsawg-pcapng. Blocks of other kinds are skipped.

use ostium_event::Timestamp;
use ostium_wire::{LinkType, UnknownLink};

use crate::block::PacketRef;
use crate::error::CaptureError;
use crate::file::{Counts, MAX_RECORD, Step};

/// What the section being read has said so far.
#[derive(Clone, Debug, Default)]
pub struct Section {
    big: bool,
    interfaces: Vec<Interface>,
    last: Timestamp,
    seen_packet: bool,
}

#[derive(Clone, Debug)]
struct Interface {
    link: Result<LinkType, UnknownLink>,
    snap_len: u32,
    units_per_second: u64,
    offset_secs: i64,
}

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// A section may describe at most this many interfaces.
const MAX_INTERFACES: usize = 4096;

/// Does a file begin as pcapng?
pub(crate) const fn is_magic(magic: [u8; 4]) -> bool {
    u32::from_be_bytes(magic) == SECTION
}

// === impl Section ===

impl Section {
    /// Takes the block at the beginning of `here`, which lies at `start` of its buffer.
    pub(crate) fn step(
        &mut self,
        here: &[u8],
        start: usize,
        packets: &mut Vec<PacketRef>,
        counts: &mut Counts,
    ) -> Result<Step, CaptureError> {
        let Some(&[k0, k1, k2, k3, l0, l1, l2, l3, o0, o1, o2, o3]) = here.first_chunk::<12>()
        else {
            return Ok(Step::NeedMore);
        };
        let is_section = u32::from_be_bytes([k0, k1, k2, k3]) == SECTION;
        if is_section {
            self.big = match [o0, o1, o2, o3] {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                other => return Ok(Step::Broken(format!("byte-order magic is {other:02x?}"))),
            };
        }
        let kind = self.u32([k0, k1, k2, k3]);
        let len = self.u32([l0, l1, l2, l3]) as usize;
        if !(12..=MAX_RECORD).contains(&len) || !len.is_multiple_of(4) {
            return Ok(Step::Broken(format!("a block claims {len} bytes")));
        }
        let Some(body) = here.get(8..len - 4) else {
            return Ok(Step::NeedMore);
        };
        if here.len() < len {
            return Ok(Step::NeedMore);
        }
        match kind {
            SECTION => self.interfaces.clear(),
            _ if is_section => self.interfaces.clear(),
            INTERFACE => self.interface(body, counts),
            ENHANCED_PACKET => self.packet(body, start + 8, false, packets, counts)?,
            OLD_PACKET => self.packet(body, start + 8, true, packets, counts)?,
            SIMPLE_PACKET => self.simple(body, start + 8, packets, counts),
            _ => {}
        }
        Ok(Step::Next(len))
    }

    fn interface(&mut self, body: &[u8], counts: &mut Counts) {
        let Some(link) = self.u16_at(body, 0) else {
            counts.malformed += 1;
            return;
        };
        if self.interfaces.len() >= MAX_INTERFACES {
            counts.malformed += 1;
            return;
        }
        let mut interface = Interface {
            link: LinkType::from_number(u32::from(link)),
            snap_len: self.u32_at(body, 4).unwrap_or(0),
            units_per_second: 1_000_000,
            offset_secs: 0,
        };
        let mut options = body.get(8..).unwrap_or_default();
        while let (Some(code), Some(len)) = (self.u16_at(options, 0), self.u16_at(options, 2)) {
            let len = usize::from(len);
            let value = options.get(4..4 + len).unwrap_or_default();
            match (code, value) {
                (0, _) => break,
                (9, &[resolution, ..]) => interface.units_per_second = units(resolution),
                (14, value) => {
                    if let Some(raw) = value.first_chunk::<8>() {
                        interface.offset_secs = if self.big {
                            i64::from_be_bytes(*raw)
                        } else {
                            i64::from_le_bytes(*raw)
                        };
                    }
                }
                _ => {}
            }
            options = options.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        }
        self.interfaces.push(interface);
    }

    fn packet(
        &mut self,
        body: &[u8],
        start: usize,
        old: bool,
        packets: &mut Vec<PacketRef>,
        counts: &mut Counts,
    ) -> Result<(), CaptureError> {
        let id = if old { self.u16_at(body, 0).map(u32::from) } else { self.u32_at(body, 0) };
        let fields = (id, self.u32_at(body, 4), self.u32_at(body, 8), self.u32_at(body, 12));
        let (Some(id), Some(high), Some(low), Some(len)) = fields else {
            counts.malformed += 1;
            return Ok(());
        };
        let wire_len = self.u32_at(body, 16).unwrap_or(len);
        let Some(interface) = self.interfaces.get(id as usize) else {
            counts.malformed += 1;
            return Ok(());
        };
        if body.len() < 20 + len as usize {
            counts.malformed += 1;
            return Ok(());
        }
        let at = interface.timestamp(u64::from(high) << 32 | u64::from(low));
        let link = match interface.link {
            Ok(link) => link,
            Err(unknown) => {
                counts.unknown_link += 1;
                // A file with only such interfaces is refused; one with others is read on.
                if !self.seen_packet && self.interfaces.iter().all(|i| i.link.is_err()) {
                    return Err(unknown.into());
                }
                return Ok(());
            }
        };
        self.last = at;
        self.seen_packet = true;
        packets.push(PacketRef { at, start: place(start + 20), len, wire_len, link });
        Ok(())
    }

    fn simple(
        &mut self,
        body: &[u8],
        start: usize,
        packets: &mut Vec<PacketRef>,
        counts: &mut Counts,
    ) {
        let (Some(wire_len), Some(interface)) = (self.u32_at(body, 0), self.interfaces.first())
        else {
            counts.malformed += 1;
            return;
        };
        let Ok(link) = interface.link else {
            counts.unknown_link += 1;
            return;
        };
        let snap = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        let there = u32::try_from(body.len() - 4).unwrap_or(u32::MAX);
        let len = wire_len.min(snap).min(there);
        // A simple packet has no time of its own.
        packets.push(PacketRef { at: self.last, start: place(start + 4), len, wire_len, link });
        self.seen_packet = true;
    }

    const fn u32(&self, raw: [u8; 4]) -> u32 {
        if self.big { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) }
    }

    fn u32_at(&self, bytes: &[u8], at: usize) -> Option<u32> {
        Some(self.u32(bytes.get(at..at + 4)?.try_into().ok()?))
    }

    fn u16_at(&self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) })
    }
}

// === impl Interface ===

impl Interface {
    fn timestamp(&self, units: u64) -> Timestamp {
        let nanos = u128::from(units) * 1_000_000_000 / u128::from(self.units_per_second);
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX);
        let shifted = nanos.saturating_add(i128::from(self.offset_secs) * 1_000_000_000);
        Timestamp::from_nanos(u64::try_from(shifted.max(0)).unwrap_or(u64::MAX))
    }
}

/// Units a second of an `if_tsresol` option; what does not fit is taken as microseconds.
const fn units(resolution: u8) -> u64 {
    let power = (resolution & 0x7f) as u32;
    let base: u64 = if resolution & 0x80 != 0 { 2 } else { 10 };
    match base.checked_pow(power) {
        Some(units) => units,
        None => 1_000_000,
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
