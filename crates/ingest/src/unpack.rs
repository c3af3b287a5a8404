//! Plain bytes out of plain, gzip (many members) or zstd (many frames) input.
//!
//! Bias: damage ends the input, and what came before it is kept; only the system failing to read
//! is an error. Memory is bounded: zstd windows of more than 128 MiB are damage. Decoders get full
//! blocks, however the bytes arrive: what zstd gives before damage depends on where input ends.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder;

/// Bytes asked for at once.
const CHUNK: usize = 1 << 17;

/// How an input is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    #[default]
    Plain,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

/// An input with its compression undone.
pub struct Unpacked {
    stream: Stream,
    source: Arc<Source>,
    damaged: bool,
}

enum Stream {
    Plain(Counted),
    Gzip(Box<MultiGzDecoder<BufReader<Filled>>>),
    Zstd(Box<Decoder<'static, BufReader<Filled>>>),
    Ended,
}

/// What happens below the decoder.
#[derive(Debug, Default)]
struct Source {
    bytes: AtomicU64,
    failed: AtomicBool,
}

struct Counted {
    inner: Box<dyn Read + Send>,
    source: Arc<Source>,
}

/// Fills the buffer before it returns, but at the end.
struct Filled {
    inner: Counted,
    /// What came after the last bytes.
    error: Option<io::Error>,
}

// === impl Packing ===

impl Packing {
    /// By the first bytes.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// The beginning of a compressed input, at most `limit` bytes; as much as `head` gives.
pub(crate) fn peek(packing: Packing, head: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let cursor = Box::new(Cursor::new(head.to_vec()));
    if let Ok(unpacked) = Unpacked::new(packing, cursor) {
        // Damage is not an error, and memory does not fail to read.
        if unpacked.take(limit as u64).read_to_end(&mut out).is_err() {
            out.clear();
        }
    }
    out
}

// === impl Unpacked ===

impl Unpacked {
    /// Undoes the compression of `inner`.
    ///
    /// # Errors
    /// When the system refuses memory for a decoder.
    pub fn new(packing: Packing, inner: Box<dyn Read + Send>) -> io::Result<Self> {
        let source = Arc::new(Source::default());
        let counted = Counted { inner, source: Arc::clone(&source) };
        let stream = match packing {
            Packing::Plain => Stream::Plain(counted),
            Packing::Gzip => {
                let buffered =
                    BufReader::with_capacity(CHUNK, Filled { inner: counted, error: None });
                Stream::Gzip(Box::new(MultiGzDecoder::new(buffered)))
            }
            Packing::Zstd => {
                let buffered =
                    BufReader::with_capacity(CHUNK, Filled { inner: counted, error: None });
                let mut decoder = Decoder::with_buffer(buffered)?;
                decoder.window_log_max(27)?;
                Stream::Zstd(Box::new(decoder))
            }
        };
        Ok(Self { stream, source, damaged: false })
    }

    /// Did the compression end early, or make no sense?
    pub const fn damaged(&self) -> bool {
        self.damaged
    }

    /// Bytes taken from the input, still compressed.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes.load(Ordering::Relaxed)
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = match &mut self.stream {
            Stream::Plain(reader) => return reader.read(buffer),
            Stream::Gzip(reader) => reader.read(buffer),
            Stream::Zstd(reader) => reader.read(buffer),
            Stream::Ended => return Ok(0),
        };
        match result {
            Ok(count) => Ok(count),
            Err(error) if self.source.failed.load(Ordering::Relaxed) => Err(error),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => {
                self.damaged = true;
                self.stream = Stream::Ended;
                Ok(0)
            }
        }
    }
}

// === impl Counted ===

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.source.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

// === impl Filled ===

impl Read for Filled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while self.error.is_none() && filled < buffer.len() {
            match self.inner.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => return Ok(filled),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        if filled > 0 {
            return Ok(filled);
        }
        match self.error.take() {
            Some(error) => {
                self.inner.source.failed.store(true, Ordering::Relaxed);
                Err(error)
            }
            None => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> (Vec<u8>, bool, u64) {
        let packing = Packing::of(&bytes);
        let mut unpacked = Unpacked::new(packing, Box::new(Cursor::new(bytes))).unwrap();
        let mut out = Vec::new();
        unpacked.read_to_end(&mut out).unwrap();
        (out, unpacked.damaged(), unpacked.bytes_read())
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn undoes_compression() {
        let plain = noise(300_000);
        let zipped = gzip(&plain);
        assert_eq!(read(zipped.clone()), (plain.clone(), false, zipped.len() as u64));
        let zstd = zstd::encode_all(&plain[..], 1).unwrap();
        assert_eq!(read(zstd.clone()), (plain.clone(), false, zstd.len() as u64));
        assert_eq!(read(plain.clone()), (plain, false, 300_000));
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let both = [gzip(b"one"), gzip(b"two")].concat();
        assert_eq!(read(both).0, b"onetwo");
        let frame = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        assert_eq!(read([frame(b"one"), frame(b"two")].concat()).0, b"onetwo");
    }

    #[test]
    fn damage_keeps_what_came_before() {
        let plain = noise(300_000);
        for packed in [gzip(&plain), zstd::encode_all(&plain[..], 1).unwrap()] {
            let (out, damaged, _) = read(packed[..packed.len() / 2].to_vec());
            assert!(damaged);
            assert!(out.len() > 50_000 && plain.starts_with(&out));
        }
        let (out, damaged, _) = read([gzip(b"good"), b"garbage".to_vec()].concat());
        assert_eq!((out, damaged), (b"good".to_vec(), true));
    }

    /// Gives so many bytes at once.
    struct Pieces(Cursor<Vec<u8>>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn damage_is_the_same_for_any_cut_of_the_input() {
        // A block whose end is missing; and one of a run of bytes, then nonsense.
        let begun = b"\x28\xb5\x2f\xfd\0\x58\xc2\0\0#path\tconn\n#fields\tts\n".to_vec();
        let packed = zstd::encode_all(&noise(3000)[..], 1).unwrap();
        let mut bent = [zstd::encode_all(&b"one"[..], 1).unwrap(), packed].concat();
        let at = bent.len() - 9;
        bent[at] ^= 0x55;
        bent.truncate(at + 2);
        for bytes in [begun, bent] {
            let whole = read(bytes.clone());
            assert!(whole.1);
            for piece in 1..40 {
                let pieces = Pieces(Cursor::new(bytes.clone()), piece);
                let mut unpacked = Unpacked::new(Packing::Zstd, Box::new(pieces)).unwrap();
                let mut out = Vec::new();
                unpacked.read_to_end(&mut out).unwrap();
                let got = (out, unpacked.damaged(), unpacked.bytes_read());
                assert_eq!(got, whole, "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_failing_disk_is_an_error() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let head = Cursor::new([0x1f, 0x8b, 0x08]);
            let mut unpacked = Unpacked::new(packing, Box::new(head.chain(Failing))).unwrap();
            let mut out = Vec::new();
            let result = unpacked.read_to_end(&mut out);
            assert!(result.is_err() || unpacked.damaged(), "{packing:?}");
            assert_eq!(packing == Packing::Zstd, result.is_ok());
        }
    }
}
