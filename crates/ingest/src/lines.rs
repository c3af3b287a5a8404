//! Lines out of a stream, with a limit on their length.

use std::io::{self, Read};

use crate::unpack::Unpacked;

/// The longest line that is read.
pub(crate) const LIMIT: usize = 1 << 20;
/// Bytes asked for at once: few enough to be in the processor's cache still when they are looked at.
const CHUNK: usize = 1 << 18;
/// The kernel copies a file's pages several times faster on some processors (AMD Zen 3) when a byte
/// goes to the place in a page that it has in the file.
const PAGE: usize = 4096;
/// Bytes of the buffer that may be looked at from the beginning of any line, though they lie behind
/// its end: they mean nothing, but whoever reads many at once need not ask where the line ends.
pub(crate) const REACH: usize = 320;

/// Cuts a stream into lines, in one buffer that never grows.
pub(crate) struct Lines {
    reader: Unpacked,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// No newline lies between `start` and here.
    searched: usize,
    ended: bool,
    /// Within a line that is too long.
    skipping: bool,
    number: u64,
    /// Bytes read so far.
    read: u64,
}

/// A line, without its line ending, where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub(crate) line: &'a [u8],
    /// The buffer from the beginning of the line on.
    pub(crate) from: &'a [u8],
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A line.
    Text(Text<'a>),
    /// A line longer than the limit was left out.
    TooLong,
    /// The last line of a damaged input breaks off.
    Cut,
    /// There is no more.
    End,
}

// === impl Lines ===

impl Lines {
    pub(crate) fn new(reader: Unpacked) -> Self {
        Self {
            reader,
            buffer: vec![0; LIMIT + PAGE + CHUNK + REACH],
            start: 0,
            end: 0,
            searched: 0,
            ended: false,
            skipping: false,
            number: 0,
            read: 0,
        }
    }

    /// The number of the last line given, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) const fn reader(&self) -> &Unpacked {
        &self.reader
    }

    /// The next bytes, up to `want` of them, without taking them.
    pub(crate) fn peek(&mut self, want: usize) -> io::Result<&[u8]> {
        while self.end - self.start < want && !self.ended {
            self.fill()?;
        }
        let end = self.end.min(self.start.saturating_add(want));
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    /// Leaves out the next bytes.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.start = self.end.min(self.start.saturating_add(bytes));
        self.searched = self.searched.max(self.start);
    }

    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Line<'_>> {
        loop {
            let fresh = self.buffer.get(self.searched..self.end).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', fresh) {
                let (from, to) = (self.start, self.searched + at);
                self.start = to + 1;
                self.searched = self.start;
                self.number += 1;
                if std::mem::take(&mut self.skipping) || to - from > LIMIT {
                    return Ok(Line::TooLong);
                }
                return Ok(Line::Text(trimmed(&self.buffer, from, to)));
            }
            self.searched = self.end;
            if self.end - self.start > LIMIT {
                self.skipping = true;
                self.start = self.end;
            }
            if self.ended {
                return Ok(self.last());
            }
            self.fill()?;
        }
    }

    /// The last line, which has no newline.
    fn last(&mut self) -> Line<'_> {
        let (from, to) = (self.start, self.end);
        self.start = self.end;
        let skipping = std::mem::take(&mut self.skipping);
        if from == to && !skipping {
            return Line::End;
        }
        self.number += 1;
        if skipping {
            Line::TooLong
        } else if self.reader.damaged() {
            Line::Cut
        } else {
            Line::Text(trimmed(&self.buffer, from, to))
        }
    }

    /// Moves what is left to the front and reads more behind it.
    fn fill(&mut self) -> io::Result<()> {
        let left = self.end - self.start;
        let front = self.place(left);
        self.buffer.copy_within(self.start..self.end, front);
        self.searched = front + (self.searched - self.start);
        (self.start, self.end) = (front, front + left);
        // At most a line of the limit is left, so there is room for a chunk behind it.
        let Some(space) = self.buffer.get_mut(self.end..self.end + CHUNK) else {
            return Ok(());
        };
        match self.reader.read(space) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                let count = count.min(CHUNK);
                self.end += count;
                self.read += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Where in the first page what is left has to begin, for what is read behind it to lie in its
    /// page as it does in the file.
    fn place(&self, left: usize) -> usize {
        let address = self.buffer.as_ptr().addr() % PAGE;
        let wanted = (self.read % PAGE as u64) as usize;
        (2 * PAGE + wanted - address - left % PAGE) % PAGE
    }
}

/// A line without the carriage return of a CRLF ending.
#[inline]
fn trimmed(buffer: &[u8], from: usize, to: usize) -> Text<'_> {
    let line = buffer.get(from..to).unwrap_or_default();
    Text {
        line: line.strip_suffix(b"\r").unwrap_or(line),
        from: buffer.get(from..).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::Packing;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// Gives bytes in pieces of a size.
    struct Pieces(Cursor<Vec<u8>>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let want = buffer.len().min(self.1);
            self.0.read(&mut buffer[..want])
        }
    }

    fn lines(bytes: &[u8], piece: usize) -> Vec<Option<Vec<u8>>> {
        let pieces = Pieces(Cursor::new(bytes.to_vec()), piece);
        let mut lines = Lines::new(Unpacked::new(Packing::Plain, Box::new(pieces)).unwrap());
        let mut all = Vec::new();
        loop {
            match lines.next().unwrap() {
                Line::Text(text) => all.push(Some(text.line.to_vec())),
                Line::TooLong => all.push(None),
                Line::Cut | Line::End => break,
            }
        }
        assert_eq!(lines.number(), all.len() as u64);
        all
    }

    #[test]
    fn endings_of_every_kind() {
        let text = |t: &str| Some(t.as_bytes().to_vec());
        assert_eq!(lines(b"a\r\nb\n\nc", 2), [text("a"), text("b"), text(""), text("c")]);
        assert_eq!(lines(b"a\n", 1), [text("a")]);
        assert_eq!(lines(b"", 1), []);
    }

    #[test]
    fn long_lines_are_left_out() {
        let mut bytes = b"first\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 10 << 20));
        bytes.extend(b"\nlast\n");
        bytes.extend(std::iter::repeat_n(b'y', LIMIT));
        bytes.extend(b"\n");
        bytes.extend(std::iter::repeat_n(b'z', LIMIT + 1));
        let all = lines(&bytes, 100_000);
        assert_eq!(all.len(), 5);
        assert_eq!(all[0].as_deref(), Some(&b"first"[..]));
        assert_eq!(all[1], None);
        assert_eq!(all[2].as_deref(), Some(&b"last"[..]));
        assert_eq!(all[3].as_ref().map(Vec::len), Some(LIMIT));
        assert_eq!(all[4], None);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[a-c\n]{0,80}", piece in 1usize..20) {
            let mut want: Vec<_> = text.split('\n').map(|l| Some(l.as_bytes().to_vec())).collect();
            if text.is_empty() || text.ends_with('\n') {
                want.pop();
            }
            prop_assert_eq!(lines(text.as_bytes(), piece), want);
        }
    }
}
