//! Writing a capture file: classic pcap, microseconds, Ethernet.

use std::io::{self, Write};

use ostium_event::Timestamp;

/// Writes packets as they come; the caller brings them in order of time.
pub(crate) struct Writer<W> {
    out: W,
}

// === impl Writer ===

impl<W: Write> Writer<W> {
    /// Begins the file.
    pub(crate) fn new(mut out: W) -> io::Result<Self> {
        let mut head = Vec::with_capacity(24);
        head.extend_from_slice(&0xa1b2_c3d4u32.to_le_bytes());
        head.extend_from_slice(&2u16.to_le_bytes());
        head.extend_from_slice(&4u16.to_le_bytes());
        head.extend_from_slice(&[0; 8]);
        head.extend_from_slice(&65_535u32.to_le_bytes());
        head.extend_from_slice(&1u32.to_le_bytes());
        out.write_all(&head)?;
        Ok(Self { out })
    }

    /// Adds a packet.
    pub(crate) fn write(&mut self, at: Timestamp, bytes: &[u8]) -> io::Result<()> {
        let length = (bytes.len() as u32).to_le_bytes();
        let micros = (at.nanos() % 1_000_000_000 / 1000) as u32;
        let mut head = [[0; 4]; 4];
        head[0] = (at.secs() as u32).to_le_bytes();
        head[1] = micros.to_le_bytes();
        head[2] = length;
        head[3] = length;
        self.out.write_all(head.as_flattened())?;
        self.out.write_all(bytes)
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut file = Vec::new();
        let mut writer = Writer::new(&mut file).unwrap();
        let at = Timestamp::from_nanos(3_000_042_999);
        writer.write(at, &[9; 5]).unwrap();
        writer.finish().unwrap();
        assert_eq!(file.len(), 24 + 16 + 5);
        assert_eq!(file[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
        assert_eq!(file[24..40], [3, 0, 0, 0, 42, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0]);
    }
}
