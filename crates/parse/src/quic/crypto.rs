//! The client hello out of CRYPTO frames, which may come in any order and over several packets.

use crate::bytes::Reader;

/// The most bytes of handshake that are kept.
const MAX_CRYPTO: usize = 16 * 1024;
/// The most separate pieces that are kept.
const MAX_PIECES: usize = 64;

/// Bytes of the handshake as far as they are known.
#[derive(Default, Debug)]
pub(super) struct Handshake {
    bytes: Vec<u8>,
    /// Sorted, disjoint and not touching: from, to.
    known: Vec<(usize, usize)>,
}

/// These are no frames that an initial may hold, or they exceed a limit.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Malformed;

// === impl Handshake ===

impl Handshake {
    /// Bytes held.
    pub(super) const fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.known.capacity() * size_of::<(usize, usize)>()
    }

    /// Adds the frames of one packet (RFC 9000, section 19), of which those of type `crypto` carry
    /// the handshake.
    pub(super) fn add_frames(&mut self, frames: &[u8], crypto: u8) -> Result<(), Malformed> {
        self.frames(frames, crypto).ok_or(Malformed)
    }

    /// The body of the client hello once it is whole. `Err` when the handshake begins with
    /// something else.
    pub(super) fn client_hello(&self) -> Result<Option<&[u8]>, Malformed> {
        let known = match self.known.first() {
            Some((0, to)) => self.bytes.get(..*to).unwrap_or_default(),
            _ => return Ok(None),
        };
        let mut reader = Reader::new(known);
        let (Some(kind), Some(length)) = (reader.u8(), reader.u24()) else {
            return Ok(None);
        };
        let length = usize::try_from(length).map_err(|_| Malformed)?;
        if kind != 1 || length > MAX_CRYPTO {
            return Err(Malformed);
        }
        Ok(reader.take(length))
    }

    fn frames(&mut self, frames: &[u8], crypto: u8) -> Option<()> {
        let mut reader = Reader::new(frames);
        while let Some(kind) = reader.u8() {
            match kind {
                // Padding, ping.
                0 | 1 => {}
                2 | 3 => skip_ack(&mut reader, kind == 3)?,
                kind if kind == crypto => {
                    let offset = usize::try_from(reader.varint()?).ok()?;
                    let length = usize::try_from(reader.varint()?).ok()?;
                    self.add(offset, reader.take(length)?)?;
                }
                // The connection closes: nothing follows.
                0x1c | 0x1d => return Some(()),
                _ => return None,
            }
        }
        Some(())
    }

    fn add(&mut self, from: usize, bytes: &[u8]) -> Option<()> {
        let to = from.checked_add(bytes.len())?;
        if to > MAX_CRYPTO {
            return None;
        }
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        self.bytes.get_mut(from..to)?.copy_from_slice(bytes);
        let (mut low, mut high) = (from, to);
        self.known.retain(|(a, b)| {
            let apart = *b < from || *a > to;
            if !apart {
                low = low.min(*a);
                high = high.max(*b);
            }
            apart
        });
        if self.known.len() >= MAX_PIECES {
            return None;
        }
        let at = self.known.partition_point(|(a, _)| *a < low);
        self.known.insert(at, (low, high));
        Some(())
    }
}

fn skip_ack(reader: &mut Reader<'_>, with_counts: bool) -> Option<()> {
    reader.varint()?;
    reader.varint()?;
    let ranges = reader.varint()?;
    reader.varint()?;
    for _ in 0..ranges {
        reader.varint()?;
        reader.varint()?;
    }
    if with_counts {
        for _ in 0..3 {
            reader.varint()?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(at: u8, bytes: &[u8]) -> Vec<u8> {
        let mut frame = vec![6, at, bytes.len() as u8];
        frame.extend_from_slice(bytes);
        frame
    }

    #[test]
    fn pieces_in_any_order() {
        let hello = [1, 0, 0, 4, 9, 8, 7, 6];
        let mut handshake = Handshake::default();
        let mut packet = frame(6, &hello[6..]);
        packet.extend_from_slice(&[0, 0, 1, 2, 5, 0, 0, 0]);
        packet.extend_from_slice(&frame(0, &hello[..3]));
        assert_eq!(handshake.add_frames(&packet, 6), Ok(()));
        assert_eq!(handshake.client_hello(), Ok(None));
        assert_eq!(handshake.add_frames(&frame(2, &hello[2..7]), 6), Ok(()));
        assert_eq!(handshake.client_hello(), Ok(Some(&[9, 8, 7, 6][..])));
        assert_eq!(handshake.known, [(0, 8)]);
    }

    #[test]
    fn limits_and_strangers() {
        let mut handshake = Handshake::default();
        assert_eq!(handshake.add_frames(&[6, 0x80, 1, 0, 0, 1, 5], 6), Err(Malformed));
        assert_eq!(handshake.add_frames(&[0x08, 1], 6), Err(Malformed));
        assert_eq!(handshake.add_frames(&[6, 0, 9, 1], 6), Err(Malformed));
        assert_eq!(handshake.add_frames(&frame(0, &[2, 0, 0, 0]), 6), Ok(()));
        assert_eq!(handshake.client_hello(), Err(Malformed));
        let mut scattered = Vec::new();
        for at in 0..64u8 {
            scattered.extend_from_slice(&frame(at & 0x3f, &[]));
        }
        assert_eq!(Handshake::default().add_frames(&scattered, 6), Ok(()));
    }
}
