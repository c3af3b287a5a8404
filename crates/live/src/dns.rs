//! Reading DNS messages (RFC 1035) as far as bots and their outside need it: the question of a
//! query, and code and first address of a reply. Failure choice: what is cut, damaged or odd is
//! read as nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ostium_event::RecordType;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its number.
    pub id: u16,
    /// As it was written, without the last dot.
    pub name: String,
    /// What is asked for.
    pub record_type: RecordType,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The number of its question.
    pub id: u16,
    /// Its code (RFC 1035, section 4.1.1).
    pub rcode: u8,
    /// Records of the answer.
    pub answers: u16,
    /// The first address, and for how many seconds it may be kept.
    pub addr: Option<(IpAddr, u32)>,
}

const HEADER: usize = 12;
const IS_REPLY: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const LONGEST_NAME: usize = 253;
const INTERNET: u16 = 1;
/// Records of a reply that are looked at.
const MOST_RECORDS: u16 = 32;
pub(crate) const NXDOMAIN: u8 = 3;

// === impl Question ===

impl Question {
    /// Reads a query of one question.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (id, flags, count) = (word(bytes, 0)?, word(bytes, 2)?, word(bytes, 4)?);
        if flags & (IS_REPLY | OPCODE) != 0 || count != 1 {
            return None;
        }
        let (name, end) = name(bytes, HEADER)?;
        let record_type = RecordType(word(bytes, end)?);
        let class = word(bytes, end + 2)?;
        (class == INTERNET).then_some(Self { id, name, record_type })
    }
}

// === impl Reply ===

impl Reply {
    /// Reads a reply.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (id, flags) = (word(bytes, 0)?, word(bytes, 2)?);
        let (questions, answers) = (word(bytes, 4)?, word(bytes, 6)?);
        if flags & IS_REPLY == 0 || questions != 1 {
            return None;
        }
        let mut place = skip_name(bytes, HEADER)? + 4;
        let mut addr = None;
        for _ in 0..answers.min(MOST_RECORDS) {
            let head = skip_name(bytes, place)?;
            let (number, ttl) =
                (word(bytes, head)?, (word(bytes, head + 4)?, word(bytes, head + 6)?));
            let length = usize::from(word(bytes, head + 8)?);
            let data = bytes.get(head + 10..head + 10 + length)?;
            let ttl = u32::from(ttl.0) << 16 | u32::from(ttl.1);
            addr = addr.or_else(|| address(number, data).map(|addr| (addr, ttl)));
            place = head + 10 + length;
        }
        Some(Self { id, rcode: (flags & 0x0f) as u8, answers, addr })
    }
}

fn address(number: u16, data: &[u8]) -> Option<IpAddr> {
    match RecordType(number) {
        RecordType::A => Some(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into()),
        RecordType::AAAA => Some(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into()),
        _ => None,
    }
}

/// A name without pointers, of printable bytes; and where it ends.
fn name(bytes: &[u8], mut place: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    loop {
        let length = usize::from(*bytes.get(place)?);
        place += 1;
        if length == 0 {
            return Some((name, place));
        }
        let label = bytes.get(place..place + length).filter(|_| length < 64)?;
        if name.len() + length >= LONGEST_NAME {
            return None;
        }
        if !label.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'.') {
            return None;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.extend(label.iter().map(|byte| char::from(*byte)));
        place += length;
    }
}

/// Where a name ends, which may end in a pointer.
fn skip_name(bytes: &[u8], mut place: usize) -> Option<usize> {
    loop {
        match *bytes.get(place)? {
            0 => return Some(place + 1),
            length @ 1..64 => place += 1 + usize::from(length),
            192.. => return Some(place + 2),
            _ => return None,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ostium_event::Addr;
    use ostium_synth::speech::{Answers, query, reply};
    use proptest::prelude::*;

    #[test]
    fn what_is_asked_is_read() {
        let bytes = query(7, "Www.Example.org", RecordType::TXT);
        let name = "Www.Example.org".to_owned();
        assert_eq!(
            Question::read(&bytes),
            Some(Question { id: 7, name, record_type: RecordType::TXT })
        );
        assert_eq!(Reply::read(&bytes), None, "a question is no reply");
    }

    #[test]
    fn replies_are_read() {
        let asked = query(9, "a.example", RecordType::A);
        let found = reply(&asked, &Answers::address(60, Addr::v4([10, 1, 2, 3])));
        let read = Reply::read(&found).unwrap();
        assert_eq!((read.id, read.rcode, read.answers), (9, 0, 1));
        assert_eq!(read.addr, Some(("10.1.2.3".parse().unwrap(), 60)));
        let missing = Reply::read(&reply(&asked, &Answers::missing())).unwrap();
        assert_eq!((missing.rcode, missing.addr), (NXDOMAIN, None));
        assert_eq!(Question::read(&found), None, "a reply is no question");
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes: Vec<u8>) {
            Question::read(&bytes);
            Reply::read(&bytes);
        }

        #[test]
        fn damage_is_survived(place in 0usize..60, byte: u8, cut in 0usize..80) {
            let asked = query(9, "name.of.example", RecordType::A);
            let told = reply(&asked, &Answers::address(60, Addr::v4([10, 1, 2, 3])));
            for mut bytes in [asked, told] {
                let place = place % bytes.len();
                bytes[place] = byte;
                bytes.truncate(cut);
                if let Some(question) = Question::read(&bytes) {
                    prop_assert!(question.name.len() < LONGEST_NAME);
                    prop_assert!(question.name.is_ascii());
                }
                Reply::read(&bytes);
            }
        }
    }
}
