//! Lines of text protocols, cut out of a stream. A line longer than [`LINE_BYTES`] is cut there;
//! its rest is dropped.

use memchr::memchr;

/// The longest line that is kept.
pub(crate) const LINE_BYTES: usize = 1024;

/// The lines of one side.
#[derive(Default, Debug)]
pub(crate) struct Lines {
    part: Vec<u8>,
    whole: bool,
}

/// The first word of a line as it stands in `known` (upper case), and what follows it.
pub(crate) fn verb<'l>(line: &'l [u8], known: &[&'static str]) -> Option<(&'static str, &'l [u8])> {
    let end = line.iter().position(|byte| *byte == b' ');
    let (word, rest) = line.split_at_checked(end.unwrap_or(line.len()))?;
    let verb = known.iter().find(|verb| verb.as_bytes().eq_ignore_ascii_case(word))?;
    Some((verb, rest.trim_ascii()))
}

/// The number of a reply line such as `220 ready` or `250-SIZE`, and whether it is the last.
pub(crate) fn reply(line: &[u8]) -> Option<(u16, bool)> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    let last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let code = digits.iter().try_fold(0u16, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
    })?;
    Some((code, last))
}

// === impl Lines ===

impl Lines {
    /// Bytes held.
    pub(crate) const fn heap_bytes(&self) -> usize {
        self.part.capacity()
    }

    /// Takes the next whole line off `bytes`, without its end; keeps the begun one and gives `None`
    /// when there is no more.
    pub(crate) fn next<'l, 's: 'l, 'b: 'l>(&'s mut self, bytes: &mut &'b [u8]) -> Option<&'l [u8]> {
        if self.whole {
            *self = Self::default();
        }
        let Some(end) = memchr(b'\n', bytes) else {
            self.keep(bytes);
            *bytes = &[];
            return None;
        };
        let (line, rest) = bytes.split_at_checked(end)?;
        *bytes = rest.get(1..).unwrap_or_default();
        if self.part.is_empty() {
            return Some(trimmed(line));
        }
        self.keep(line);
        self.whole = true;
        Some(trimmed(&self.part))
    }

    /// Forgets a begun line.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES.saturating_sub(self.part.len());
        let fits = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        self.part.extend_from_slice(fits);
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.get(..LINE_BYTES).unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for part in parts {
            let mut rest = *part;
            while let Some(line) = lines.next(&mut rest) {
                found.push(line.to_vec());
            }
        }
        found
    }

    #[test]
    fn lines_span_segments() {
        let expected = vec![b"ab".to_vec(), b"".to_vec(), b"cd".to_vec()];
        assert_eq!(cut(&[b"ab\r\n\ncd\r\nrest"]), expected);
        assert_eq!(cut(&[b"a", b"b\r", b"\n\nc", b"", b"d\r\nrest"]), expected);
    }

    #[test]
    fn a_long_line_is_cut_the_same_everywhere() {
        let mut text = vec![b'x'; 3000];
        text.extend_from_slice(b"\r\nend\n");
        let whole = cut(&[&text]);
        assert_eq!(whole[0].len(), LINE_BYTES);
        assert_eq!(whole[1], b"end");
        let (a, b) = text.split_at(1023);
        assert_eq!(cut(&[a, b]), whole);
    }

    #[test]
    fn verbs_and_replies() {
        assert_eq!(verb(b"ehlo me", &["HELO", "EHLO"]), Some(("EHLO", &b"me"[..])));
        assert_eq!(verb(b"EHLOX", &["EHLO"]), None);
        assert_eq!(reply(b"220-hi"), Some((220, false)));
        assert_eq!(reply(b"354"), Some((354, true)));
        assert_eq!(reply(b"22x hi"), None);
    }
}
