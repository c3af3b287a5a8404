//! Domain names on the wire (RFC 1035, sections 3.1 and 4.1.4) into lower-case text.
//!
//! Every pointer must lead strictly backwards, and there may be few of them, so that no message
//! costs more than its length a small number of times.

/// Why a name could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// It runs out of the message, is too long, or its pointers loop.
    Malformed,
    /// It is longer than the room for it.
    NoRoom,
}

/// A name that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name {
    /// Where the message goes on.
    pub(super) next: usize,
    /// Bytes of text written.
    pub(super) len: usize,
}

const MAX_POINTERS: u8 = 16;
const MAX_WIRE: usize = 255;

/// Reads the name at `at`, and writes it as text without the final dot.
pub(super) fn read(message: &[u8], at: usize, into: &mut [u8]) -> Result<Name, Fault> {
    let mut walk = Walk::new(message, at);
    let mut len = 0;
    while let Some(label) = walk.label()? {
        let start = if len == 0 { 0 } else { len + 1 };
        let end = start + label.len();
        if start > 0 {
            *into.get_mut(len).ok_or(Fault::NoRoom)? = b'.';
        }
        let room = into.get_mut(start..end).ok_or(Fault::NoRoom)?;
        for (to, from) in room.iter_mut().zip(label) {
            *to = shown(*from);
        }
        len = end;
    }
    Ok(Name { next: walk.next.unwrap_or(walk.at), len })
}

/// Walks over the name at `at` without keeping it; gives where the message goes on.
pub(super) fn skip(message: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at;
    loop {
        let first = *message.get(at).ok_or(Fault::Malformed)?;
        match first {
            0 => return Ok(at + 1),
            1..=63 => at += 1 + usize::from(first),
            0xc0.. if at + 1 < message.len() => return Ok(at + 2),
            _ => return Err(Fault::Malformed),
        }
    }
}

/// A byte of a label as it is shown. A dot inside a label would look like two labels.
const fn shown(byte: u8) -> u8 {
    match byte {
        b'.' => b'?',
        b'!'..=b'~' => byte.to_ascii_lowercase(),
        _ => b'?',
    }
}

/// The way through the labels of one name.
struct Walk<'a> {
    message: &'a [u8],
    at: usize,
    floor: usize,
    next: Option<usize>,
    pointers: u8,
    wire: usize,
}

// === impl Walk ===

impl<'a> Walk<'a> {
    const fn new(message: &'a [u8], at: usize) -> Self {
        Self { message, at, floor: at, next: None, pointers: 0, wire: 1 }
    }

    fn label(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        loop {
            let first = *self.message.get(self.at).ok_or(Fault::Malformed)?;
            match first {
                0 => {
                    self.at += 1;
                    return Ok(None);
                }
                1..=63 => return self.plain(usize::from(first)).map(Some),
                0xc0.. => self.jump(first)?,
                _ => return Err(Fault::Malformed),
            }
        }
    }

    fn plain(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let start = self.at + 1;
        self.at = start + length;
        self.wire += 1 + length;
        if self.wire > MAX_WIRE {
            return Err(Fault::Malformed);
        }
        self.message.get(start..self.at).ok_or(Fault::Malformed)
    }

    fn jump(&mut self, first: u8) -> Result<(), Fault> {
        let low = *self.message.get(self.at + 1).ok_or(Fault::Malformed)?;
        let target = usize::from(first & 0x3f) << 8 | usize::from(low);
        self.next = self.next.or(Some(self.at + 2));
        self.pointers += 1;
        if target >= self.floor || self.pointers > MAX_POINTERS {
            return Err(Fault::Malformed);
        }
        self.floor = target;
        self.at = target;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &[u8], at: usize) -> Result<(String, usize), Fault> {
        let mut into = [0; 255];
        let name = read(message, at, &mut into)?;
        let text = String::from_utf8(into[..name.len].to_vec()).unwrap();
        Ok((text, name.next))
    }

    #[test]
    fn plain_and_pointed() {
        let message = b"\x03wWw\x02ex\x00\x01a\xc0\x04";
        assert_eq!(text(message, 0), Ok(("www.ex".to_owned(), 8)));
        assert_eq!(text(message, 8), Ok(("a.ex".to_owned(), 12)));
        assert_eq!(skip(message, 0), Ok(8));
        assert_eq!(skip(message, 8), Ok(12));
        assert_eq!(text(b"\x00", 0), Ok((String::new(), 1)));
    }

    #[test]
    fn odd_bytes_are_shown_as_question_marks() {
        assert_eq!(text(b"\x04a.\x00\xff\x00", 0).unwrap().0, "a???");
    }

    #[test]
    fn loops_and_cuts_are_malformed() {
        for message in [&b"\xc0\x00"[..], b"\x01a\xc0\x00", b"\x05ab", b"\x80ab\x00", b"\xc0", b""]
        {
            assert_eq!(text(message, 0), Err(Fault::Malformed), "{message:?}");
        }
        // Pointers that lead back one by one.
        let mut chain = vec![0u8];
        for target in 0..40u8 {
            let to = if target == 0 { 0 } else { target * 2 - 1 };
            chain.extend_from_slice(&[0xc0, to]);
        }
        let last = chain.len() - 2;
        assert_eq!(text(&chain, last), Err(Fault::Malformed));
        assert_eq!(text(&chain, 19), Ok((String::new(), 21)));
    }

    #[test]
    fn too_long_is_malformed_and_no_room_is_said() {
        let mut long = Vec::new();
        for _ in 0..5 {
            long.push(63);
            long.extend_from_slice(&[b'a'; 63]);
        }
        long.push(0);
        assert_eq!(text(&long, 0), Err(Fault::Malformed));
        assert_eq!(read(b"\x03abc\x00", 0, &mut [0; 2]), Err(Fault::NoRoom));
    }
}
