//! Reading a capture block by block.
//!
//! Bias: what was readable is kept. A record that claims more than 4 MiB ends the file, because
//! there is no way to find the next record.

use std::io::Read;

use ostium_event::{Anomaly, Timestamp};

use crate::block::PacketBlock;
use crate::error::CaptureError;
use crate::{pcap, pcapng};

/// Bytes asked for at once.
const CHUNK: usize = 1 << 18;
/// The kernel copies a file's pages several times faster on some processors (AMD Zen 3) when a byte
/// goes to the place in a page that it has in the file.
const PAGE: usize = 4096;
/// The largest record that is believed.
pub(crate) const MAX_RECORD: usize = 4 << 20;

/// One capture file or stream.
pub struct CaptureFile {
    reader: Box<dyn Read + Send>,
    format: Format,
    carry: Vec<u8>,
    offset: u64,
    ended: bool,
    trouble: Option<Trouble>,
    counts: Counts,
}

/// What the file is, with what its header said.
#[derive(Clone, Debug)]
pub enum Format {
    /// Classic pcap.
    Pcap(pcap::Header),
    /// pcapng.
    PcapNg(pcapng::Section),
}

/// What ended a file early: told once, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Offset in the (decompressed) file.
    pub offset: u64,
    /// What is wrong.
    pub anomaly: Anomaly,
    /// What is wrong, in words.
    pub what: String,
}

/// What was met besides packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) malformed: u64,
    pub(crate) unknown_link: u64,
}

/// What a parser says after looking at the buffer.
pub(crate) enum Step {
    /// Look on after this many bytes.
    Next(usize),
    /// The record is not whole yet.
    NeedMore,
    /// The record makes no sense; there is no way on.
    Broken(String),
}

// === impl CaptureFile ===

impl CaptureFile {
    /// Reads the header.
    ///
    /// # Errors
    /// When this is no capture, or one whose link layer is not decoded.
    pub fn open(mut reader: Box<dyn Read + Send>) -> Result<Self, CaptureError> {
        let mut carry = Vec::with_capacity(4096);
        reader.by_ref().take(pcap::HEADER as u64).read_to_end(&mut carry)?;
        let magic: [u8; 4] = carry
            .get(..4)
            .and_then(|m| m.try_into().ok())
            .ok_or(CaptureError::Header(carry.len() as u64))?;
        let (format, used) = if pcapng::is_magic(magic) {
            (Format::PcapNg(pcapng::Section::default()), 0)
        } else {
            let header = pcap::Header::parse(&carry)?;
            (Format::Pcap(header), pcap::HEADER)
        };
        carry.drain(..used);
        Ok(Self {
            reader,
            format,
            carry,
            offset: used as u64,
            ended: false,
            trouble: None,
            counts: Counts::default(),
        })
    }

    /// Reads the next packets into `block`, whose contents are replaced. `false` at the end.
    ///
    /// # Errors
    /// When a pcapng file has packets, but none on a link layer that can be decoded.
    pub fn next_block(&mut self, block: &mut PacketBlock) -> Result<bool, CaptureError> {
        block.packets.clear();
        let carried = self.carry.len();
        grow(&mut block.bytes, carried + PAGE + CHUNK);
        let mut from = self.place(&block.bytes);
        let mut filled = from + carried;
        if let Some(front) = block.bytes.get_mut(from..filled) {
            front.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        while block.packets.is_empty() {
            if self.trouble.is_some() {
                return Ok(false);
            }
            if !self.ended {
                grow(&mut block.bytes, filled + CHUNK);
                filled += self.fill_noting_damage(&mut block.bytes, filled);
            }
            let used = self.parse(block, from, filled)?;
            self.offset += (used - from) as u64;
            if self.ended || !block.packets.is_empty() {
                let rest = block.bytes.get(used..filled).unwrap_or_default();
                self.carry.extend_from_slice(rest);
            }
            if self.ended {
                self.note_rest();
                return Ok(!block.packets.is_empty());
            }
            if block.packets.is_empty() {
                block.bytes.copy_within(used..filled, 0);
                filled -= used;
                from = 0;
            }
        }
        Ok(true)
    }

    /// What ended the file early, if anything did.
    pub const fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Malformed records, and packets of links that are not decoded.
    pub fn skipped(&self) -> [(&'static str, u64); 2] {
        [("malformed_record", self.counts.malformed), ("unknown_link", self.counts.unknown_link)]
    }

    /// Where what was carried over has to lie, for what is read behind it to lie in its page as it
    /// does in the file.
    fn place(&self, bytes: &[u8]) -> usize {
        let address = bytes.as_ptr().addr() % PAGE;
        let wanted = (self.offset % PAGE as u64) as usize;
        (PAGE + wanted - address) % PAGE
    }

    /// Finds every whole packet in a part of the block; says up to where it is done with.
    fn parse(
        &mut self,
        block: &mut PacketBlock,
        from: usize,
        filled: usize,
    ) -> Result<usize, CaptureError> {
        let mut used = from;
        loop {
            let here = block.bytes.get(used..filled).unwrap_or_default();
            if here.is_empty() {
                return Ok(used);
            }
            let step = match &mut self.format {
                Format::Pcap(header) => header.step(here, used, &mut block.packets),
                Format::PcapNg(section) => {
                    section.step(here, used, &mut block.packets, &mut self.counts)?
                }
            };
            match step {
                Step::Next(bytes) => used += bytes,
                Step::NeedMore => return Ok(used),
                Step::Broken(what) => {
                    self.counts.malformed += 1;
                    self.trouble = Some(Trouble {
                        offset: self.offset + (used - from) as u64,
                        anomaly: Anomaly::RecordMalformed,
                        what,
                    });
                    self.ended = true;
                    return Ok(used);
                }
            }
        }
    }

    /// Fills the buffer from `filled` on, and says how many bytes came; damage of a compressed stream
    /// is its end.
    fn fill_noting_damage(&mut self, bytes: &mut [u8], filled: usize) -> usize {
        let mut got = 0;
        while let Some(room) =
            bytes.get_mut(filled + got..filled + CHUNK).filter(|room| !room.is_empty())
        {
            match self.reader.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(more) => got += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.trouble = Some(Trouble {
                        offset: self.offset + (filled + got) as u64,
                        anomaly: Anomaly::CompressionDamaged,
                        what: format!("the input cannot be read on: {error}"),
                    });
                    self.ended = true;
                    break;
                }
            }
        }
        got
    }

    /// At the end of the file: bytes of a packet that is not whole.
    fn note_rest(&mut self) {
        if self.carry.is_empty() || self.trouble.is_some() {
            return;
        }
        self.trouble = Some(Trouble {
            offset: self.offset,
            anomaly: Anomaly::FileCut,
            what: format!(
                "the file ends inside a record, {} bytes of it are there",
                self.carry.len()
            ),
        });
    }
}

/// Makes the buffer at least this long. It never shrinks, so it is zeroed only once.
fn grow(bytes: &mut Vec<u8>, len: usize) {
    if bytes.len() < len {
        bytes.resize(len, 0);
    }
}

/// A time of seconds and a fraction, which may be out of its range.
pub(crate) const fn timestamp(secs: u64, nanos: u64) -> Timestamp {
    Timestamp::from_nanos(secs.saturating_mul(1_000_000_000).saturating_add(nanos))
}
