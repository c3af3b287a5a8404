//! Bytes from the thread that makes a world to the thread that analyses it.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of one piece, and pieces that may wait.
const PIECE: usize = 1 << 18;
const WAITING: usize = 8;

/// The end that is written to.
pub(crate) struct Writer {
    piece: Vec<u8>,
    sender: SyncSender<Vec<u8>>,
}

/// The end that is read.
pub(crate) struct Reader {
    piece: io::Cursor<Vec<u8>>,
    receiver: Receiver<Vec<u8>>,
}

/// The two ends.
pub(crate) fn pipe() -> (Writer, Reader) {
    let (sender, receiver) = sync_channel(WAITING);
    (Writer { piece: Vec::new(), sender }, Reader { piece: io::Cursor::default(), receiver })
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.piece);
        self.sender.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(bytes)?;
            if count > 0 || bytes.is_empty() {
                return Ok(count);
            }
            match self.receiver.recv() {
                Ok(piece) => self.piece = io::Cursor::new(piece),
                // The writer has ended.
                Err(_) => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let (mut writer, mut reader) = pipe();
        let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let sent = bytes.clone();
        let thread = std::thread::spawn(move || {
            for chunk in sent.chunks(7001) {
                writer.write_all(chunk).unwrap();
            }
            writer.flush().unwrap();
        });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        thread.join().unwrap();
        assert!(got == bytes);
    }
}
