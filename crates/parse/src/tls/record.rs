//! The record layer (RFC 8446, section 5.1), read as a stream: no record is ever buffered.

/// Content types.
pub(super) const CHANGE_CIPHER: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION: u8 = 23;
/// Not on the wire: a client hello in the form of SSL 2.
pub(super) const SSL2_HELLO: u8 = 0x80;

/// The longest record that any version sends.
const MAX_RECORD: u16 = 16_384 + 2048;

/// Where one side is in its records.
#[derive(Default, Debug)]
pub(super) struct Records {
    header: [u8; 5],
    filled: u8,
    left: u16,
    kind: u8,
    begun: bool,
}

/// The next thing in the records of one side.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Step<'a> {
    /// Some bytes of a record of this content type.
    Fragment(u8, &'a [u8]),
    /// More bytes are needed.
    Need,
    /// This is no record.
    Bad,
}

// === impl Records ===

impl Records {
    /// Takes the next fragment off `bytes`.
    pub(super) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Step<'a> {
        while self.left == 0 {
            let Some((first, rest)) = bytes.split_first() else {
                return Step::Need;
            };
            *bytes = rest;
            if let Some(slot) = self.header.get_mut(usize::from(self.filled)) {
                *slot = *first;
            }
            self.filled += 1;
            if !self.header_is_read() {
                return Step::Bad;
            }
        }
        if bytes.is_empty() {
            return Step::Need;
        }
        let count = usize::from(self.left).min(bytes.len());
        let (fragment, rest) = bytes.split_at_checked(count).unwrap_or_default();
        self.left -= u16::try_from(count).unwrap_or(self.left);
        *bytes = rest;
        Step::Fragment(self.kind, fragment)
    }

    /// Looks at the header as far as it is filled; false when it cannot be one.
    fn header_is_read(&mut self) -> bool {
        let [kind, major, _, high, low] = self.header;
        if !self.begun && kind & 0x80 != 0 {
            if self.filled == 2 {
                self.start(SSL2_HELLO, u16::from_be_bytes([kind & 0x7f, major]));
            }
            return true;
        }
        match self.filled {
            1 => (CHANGE_CIPHER..=24).contains(&kind),
            2 => major == 3,
            5 => {
                let length = u16::from_be_bytes([high, low]);
                self.start(kind, length);
                length <= MAX_RECORD
            }
            _ => true,
        }
    }

    const fn start(&mut self, kind: u8, length: u16) {
        self.filled = 0;
        self.begun = true;
        self.kind = kind;
        self.left = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(bytes: &[u8]) -> Vec<Step<'_>> {
        let mut records = Records::default();
        let mut rest = bytes;
        let mut found = Vec::new();
        loop {
            match records.next(&mut rest) {
                Step::Need => return found,
                step => {
                    let bad = step == Step::Bad;
                    found.push(step);
                    if bad {
                        return found;
                    }
                }
            }
        }
    }

    #[test]
    fn fragments_of_records() {
        let bytes = [22, 3, 1, 0, 2, 7, 8, 23, 3, 3, 0, 0, 21, 3, 3, 0, 4, 9];
        assert_eq!(steps(&bytes), [Step::Fragment(22, &[7, 8]), Step::Fragment(21, &[9])]);
    }

    #[test]
    fn what_is_no_record() {
        for bytes in [
            &[19, 3, 1, 0, 2][..],
            &[22, 2, 1, 0, 2],
            &[22, 3, 1, 0xff, 2],
            &[22, 3, 1, 0, 1, 5, 0x80],
        ] {
            assert_eq!(steps(bytes).last(), Some(&Step::Bad), "{bytes:?}");
        }
    }

    #[test]
    fn an_old_hello_comes_first_only() {
        assert_eq!(steps(&[0x80, 3, 1, 3, 1, 22]), [Step::Fragment(SSL2_HELLO, &[1, 3, 1])]);
    }
}
