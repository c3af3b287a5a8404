//! Choices and cuts that follow from the fuzzed bytes.

use std::io::Read;

/// Takes small choices from the front of the bytes; 0 when there are no more.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a>(pub &'a [u8]);

/// A reader that gives bytes in pieces of at most so many.
#[derive(Debug)]
pub struct Dribble {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
}

// === impl Bits ===

impl<'a> Bits<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let [first, rest @ ..] = self.0 else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// The next two bytes.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// The next so many bytes, or what is left.
    pub fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Are there no more?
    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

// === impl Dribble ===

impl Dribble {
    /// Gives `bytes` in pieces of at most `piece` bytes.
    pub fn new(bytes: &[u8], piece: usize) -> Box<Self> {
        Box::new(Self { bytes: bytes.to_vec(), at: 0, piece: piece.max(1) })
    }
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.len().min(self.piece).min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}
