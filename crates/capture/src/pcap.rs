//! Classic pcap: micro- and nanosecond times, both byte orders, and the "modified" record header.

use ostium_wire::LinkType;

use crate::block::PacketRef;
use crate::error::CaptureError;
use crate::file::{MAX_RECORD, Step, timestamp};

/// Length of the file header.
pub(crate) const HEADER: usize = 24;

/// What a pcap file's header says.
#[derive(Clone, Debug)]
pub struct Header {
    link: LinkType,
    little: bool,
    nanos_per_unit: u64,
    record_header: usize,
}

// === impl Header ===

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CaptureError> {
        let short = || CaptureError::Header(bytes.len() as u64);
        let magic: [u8; 4] = bytes.get(..4).and_then(|b| b.try_into().ok()).ok_or_else(short)?;
        let (little, nanos_per_unit, record_header) = match magic {
            [0xd4, 0xc3, 0xb2, 0xa1] => (true, 1000, 16),
            [0xa1, 0xb2, 0xc3, 0xd4] => (false, 1000, 16),
            [0x4d, 0x3c, 0xb2, 0xa1] => (true, 1, 16),
            [0xa1, 0xb2, 0x3c, 0x4d] => (false, 1, 16),
            // Kuznetzov's patched libpcap: eight more bytes a record.
            [0x34, 0xcd, 0xb2, 0xa1] => (true, 1000, 24),
            [0xa1, 0xb2, 0xcd, 0x34] => (false, 1000, 24),
            other => return Err(CaptureError::Magic(other)),
        };
        let link: [u8; 4] = bytes.get(20..24).and_then(|b| b.try_into().ok()).ok_or_else(short)?;
        let link = if little { u32::from_le_bytes(link) } else { u32::from_be_bytes(link) };
        // The upper bits tell the length of a frame check sequence.
        let link = LinkType::from_number(link & 0xffff)?;
        Ok(Self { link, little, nanos_per_unit, record_header })
    }

    /// Takes the record at the beginning of `here`, which lies at `start` of its block.
    #[inline]
    pub(crate) fn step(&self, here: &[u8], start: usize, packets: &mut Vec<PacketRef>) -> Step {
        let Some(header) = here.first_chunk::<16>() else {
            return Step::NeedMore;
        };
        let [s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, w0, w1, w2, w3] = *header;
        let read = if self.little { u32::from_le_bytes } else { u32::from_be_bytes };
        let len = read([c0, c1, c2, c3]) as usize;
        if len > MAX_RECORD {
            return Step::Broken(format!("a record claims {len} bytes"));
        }
        if here.len() < self.record_header + len {
            return Step::NeedMore;
        }
        let fraction = u64::from(read([f0, f1, f2, f3]));
        packets.push(PacketRef {
            at: timestamp(u64::from(read([s0, s1, s2, s3])), fraction * self.nanos_per_unit),
            start: u32::try_from(start + self.record_header).unwrap_or(u32::MAX),
            len: u32::try_from(len).unwrap_or(u32::MAX),
            wire_len: read([w0, w1, w2, w3]),
            link: self.link,
        });
        Step::Next(self.record_header + len)
    }
}
