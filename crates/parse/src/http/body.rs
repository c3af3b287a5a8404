//! Bodies of HTTP/1 messages (RFC 9112, sections 6 and 7): skipped, but for their first bytes.

/// First bytes of a body that are looked at.
pub(super) const PREFIX_BYTES: usize = 16;

/// How long a body is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// So many bytes.
    Bytes(u64),
    /// It comes in chunks.
    Chunked,
    /// To the end of the connection.
    UntilClose,
}

/// Skips one body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skipper {
    state: State,
    prefix: [u8; PREFIX_BYTES],
    filled: usize,
}

/// What a piece of a body came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// The body goes on.
    More,
    /// The body has ended.
    Ended,
    /// Its chunks are malformed.
    Broken,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Bytes(u64),
    UntilClose,
    /// In the line with the size of a chunk.
    Size {
        value: u64,
        digits: u8,
        extension: bool,
    },
    Data(u64),
    /// Before the end of the line after a chunk.
    DataEnd,
    /// In the lines after the last chunk; is the present one empty so far?
    Trailer {
        empty: bool,
    },
    Ended,
}

const SIZE: State = State::Size { value: 0, digits: 0, extension: false };

// === impl Skipper ===

impl Skipper {
    pub(super) const fn new(length: Length) -> Self {
        Self {
            state: match length {
                Length::Bytes(0) => State::Ended,
                Length::Bytes(count) => State::Bytes(count),
                Length::Chunked => SIZE,
                Length::UntilClose => State::UntilClose,
            },
            prefix: [0; PREFIX_BYTES],
            filled: 0,
        }
    }

    /// The first bytes of the body, without the frames of chunks.
    pub(super) fn prefix(&self) -> &[u8] {
        self.prefix.get(..self.filled).unwrap_or_default()
    }

    /// No more can come to the first bytes.
    pub(super) fn prefix_is_whole(&self) -> bool {
        self.filled == PREFIX_BYTES || self.state == State::Ended
    }

    pub(super) fn is_until_close(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Takes what belongs to the body off `bytes`.
    pub(super) fn feed(&mut self, bytes: &mut &[u8]) -> Progress {
        loop {
            let step = match self.state {
                State::Ended => return Progress::Ended,
                _ if bytes.is_empty() => return Progress::More,
                State::Bytes(left) => {
                    let left = self.data(left, bytes);
                    Some(if left == 0 { State::Ended } else { State::Bytes(left) })
                }
                State::UntilClose => {
                    self.data(u64::MAX, bytes);
                    Some(State::UntilClose)
                }
                State::Data(left) => {
                    let left = self.data(left, bytes);
                    Some(if left == 0 { State::DataEnd } else { State::Data(left) })
                }
                framing => step(framing, bytes),
            };
            match step {
                Some(state) => self.state = state,
                None => return Progress::Broken,
            }
        }
    }

    /// `missing` bytes were not seen. False when the end of the body is lost with them.
    pub(super) fn gap(&mut self, missing: u64) -> bool {
        match &mut self.state {
            State::Bytes(left) | State::Data(left) if missing < *left => {
                *left -= missing;
                true
            }
            State::UntilClose => true,
            _ => false,
        }
    }

    /// Skips up to `left` bytes; gives how many are left.
    fn data(&mut self, left: u64, bytes: &mut &[u8]) -> u64 {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (taken, rest) = bytes.split_at_checked(count).unwrap_or_default();
        *bytes = rest;
        let room = self.prefix.get_mut(self.filled..).unwrap_or_default();
        let kept = room.len().min(taken.len());
        for (to, from) in room.iter_mut().zip(taken) {
            *to = *from;
        }
        self.filled += kept;
        left - count as u64
    }
}

/// Reads one byte around chunks.
fn step(state: State, bytes: &mut &[u8]) -> Option<State> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    match (state, *byte) {
        (State::Size { digits: 0, .. }, b'\n') => None,
        (State::Size { value: 0, .. }, b'\n') => Some(State::Trailer { empty: true }),
        (State::Size { value, .. }, b'\n') => Some(State::Data(value)),
        (State::Size { extension: true, .. }, _) => Some(state),
        (State::Size { value, digits, .. }, byte) => size(value, digits, byte),
        (State::DataEnd, b'\n') => Some(SIZE),
        (State::DataEnd, b'\r') => Some(state),
        (State::Trailer { empty: true }, b'\n') => Some(State::Ended),
        (State::Trailer { .. }, b'\n') => Some(State::Trailer { empty: true }),
        (State::Trailer { .. }, b'\r') => Some(state),
        (State::Trailer { .. }, _) => Some(State::Trailer { empty: false }),
        _ => None,
    }
}

fn size(value: u64, digits: u8, byte: u8) -> Option<State> {
    let ends = matches!(byte, b';' | b' ' | b'\t' | b'\r');
    if ends && digits > 0 {
        return Some(State::Size { value, digits, extension: true });
    }
    let digit = char::from(byte).to_digit(16)?;
    (digits < 15).then(|| State::Size {
        value: value << 4 | u64::from(digit),
        digits: digits + 1,
        extension: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_from_any_cut() {
        let body = b"5;x=y\r\nhello\r\n0b\r\n, world of \r\n6\r\nchunks\r\n0\r\nA: b\r\n\r\nHTTP";
        for size in 1..body.len() {
            let mut skipper = Skipper::new(Length::Chunked);
            let mut left = 0;
            for part in body.chunks(size) {
                let mut rest = part;
                if skipper.feed(&mut rest) == Progress::Ended {
                    left += rest.len();
                }
            }
            assert_eq!(skipper.state, State::Ended);
            assert_eq!((left, skipper.prefix()), (4, &b"hello, world of "[..]));
        }
    }

    #[test]
    fn plain_bodies() {
        let mut skipper = Skipper::new(Length::Bytes(3));
        let mut rest = &b"abcd"[..];
        assert_eq!(skipper.feed(&mut rest), Progress::Ended);
        assert_eq!((rest, skipper.prefix()), (&b"d"[..], &b"abc"[..]));
        assert!(Skipper::new(Length::Bytes(0)).prefix_is_whole());
        let mut open = Skipper::new(Length::UntilClose);
        assert_eq!(open.feed(&mut &b"xyz"[..]), Progress::More);
        assert!(!open.prefix_is_whole());
    }

    #[test]
    fn broken_chunks() {
        for body in [&b"x\r\n"[..], b"\r\n", b"1\r\naX", b"11112222333344445\r\n"] {
            let mut skipper = Skipper::new(Length::Chunked);
            assert_eq!(skipper.feed(&mut &body[..]), Progress::Broken, "{body:?}");
        }
    }

    #[test]
    fn gaps_inside_a_body() {
        let mut skipper = Skipper::new(Length::Bytes(10));
        skipper.feed(&mut &b"MZ"[..]);
        assert!(skipper.gap(5));
        assert_eq!(skipper.feed(&mut &b"abc"[..]), Progress::Ended);
        assert!(!Skipper::new(Length::Bytes(10)).gap(10));
        assert!(!Skipper::new(Length::Chunked).gap(1));
    }
}
