//! One DNS message into one event, without allocation.

use ostium_event::{Addr, Anomaly, Answer, AnswerData, Dns, DnsStage, RecordType, What};

use super::name::{self, Fault};
use crate::bytes::Reader;
use crate::context::Sink;

const HEADER: usize = 12;
/// Records of the answer section that are told.
const MAX_ANSWERS: usize = 32;
/// Room for the names in the answers; one that does not fit is told as `Other`.
const NAMES_ROOM: usize = 1024;

/// The header of a message (RFC 1035, section 4.1.1).
#[derive(Clone, Copy, Debug)]
struct Header {
    id: u16,
    flags: u16,
    questions: u16,
    answers: u16,
    authorities: u16,
    additional: u16,
}

/// Has the message a header that DNS software writes? Enough on the ports of DNS.
pub(super) fn is_plausible(message: &[u8]) -> bool {
    let Some(header) = Header::read(message) else {
        return false;
    };
    matches!(header.opcode(), 0 | 1 | 2 | 4 | 5)
        && header.questions <= 4
        && (header.is_reply() || header.answers <= 4)
}

/// Is the message DNS to its last byte? For ports that promise nothing.
pub(super) fn is_certain(message: &[u8]) -> bool {
    let Some(header) = Header::read(message) else {
        return false;
    };
    let head = header.questions == 1
        && header.opcode() == 0
        && header.flags & 0x40 == 0
        && if header.is_reply() {
            header.rcode() <= 5 && header.answers <= 64
        } else {
            header.rcode() == 0 && header.answers == 0 && header.authorities == 0
        };
    head && is_whole(message, &header).is_some()
}

/// Tells what a message says, or that it is malformed.
pub(super) fn read(message: &[u8], out: &mut Sink<'_>) {
    let Some(header) = Header::read(message) else {
        out(What::Anomaly(Anomaly::DnsMalformed));
        return;
    };
    if header.opcode() != 0 {
        return;
    }
    if header.questions == 0 {
        // A reply to a question that could not be read repeats none.
        if !header.is_reply() {
            out(What::Anomaly(Anomaly::DnsMalformed));
        }
        return;
    }
    let mut room = [0; 255];
    let Some((name, record_type, next)) = question(message, HEADER, &mut room) else {
        out(What::Anomaly(Anomaly::DnsMalformed));
        return;
    };
    let mut event = Dns {
        stage: DnsStage::Query,
        id: header.id,
        name,
        record_type,
        rcode: None,
        answers: &[],
        reply_bytes: 0,
    };
    if header.is_reply() {
        event.stage = DnsStage::Reply;
        event.rcode = Some(header.rcode());
        event.reply_bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
        reply(message, &header, next, event, out);
    } else {
        out(What::Dns(event));
    }
}

/// Adds the answers to the event of a reply, and tells it.
fn reply(message: &[u8], header: &Header, next: usize, event: Dns<'_>, out: &mut Sink<'_>) {
    let nothing = Answer { ttl: 0, data: AnswerData::Other(RecordType(0), 0) };
    let mut answers = [nothing; MAX_ANSWERS];
    let mut names = [0; NAMES_ROOM];
    let mut free: &mut [u8] = &mut names;
    let mut at = skip_questions(message, next, header.questions.saturating_sub(1));
    let mut told = 0;
    for slot in answers.iter_mut().take(usize::from(header.answers)) {
        let Some(record) = at.and_then(|at| Record::read(message, at)) else {
            at = None;
            break;
        };
        let (data, rest) = record.data(message, free);
        free = rest;
        *slot = Answer { ttl: record.ttl, data };
        at = Some(record.next);
        told += 1;
    }
    out(What::Dns(Dns { answers: answers.get(..told).unwrap_or_default(), ..event }));
    if at.is_none() && !header.is_truncated() {
        out(What::Anomaly(Anomaly::DnsMalformed));
    }
}

fn question<'r>(
    message: &[u8],
    at: usize,
    room: &'r mut [u8],
) -> Option<(&'r str, RecordType, usize)> {
    let name = name::read(message, at, room).ok()?;
    let mut reader = Reader::new(message.get(name.next..)?);
    let record_type = RecordType(reader.u16()?);
    reader.u16()?;
    let text = std::str::from_utf8(room.get(..name.len)?).ok()?;
    Some((text, record_type, name.next + 4))
}

fn skip_questions(message: &[u8], at: usize, count: u16) -> Option<usize> {
    let mut at = at;
    for _ in 0..count {
        at = name::skip(message, at).ok()? + 4;
    }
    (at <= message.len()).then_some(at)
}

/// Reads a whole message of one question, to its last byte.
fn is_whole(message: &[u8], header: &Header) -> Option<()> {
    let mut room = [0; 255];
    let (name, kind, mut at) = question(message, HEADER, &mut room)?;
    let class = Reader::new(message.get(at.checked_sub(2)?..)?).u16()?;
    let named = !name.is_empty() && !name.contains('?');
    if !named || !matches!(class & 0x7fff, 1 | 3 | 255) || !is_known(kind) {
        return None;
    }
    let records = header.records();
    if records > 256 {
        return None;
    }
    for _ in 0..records {
        at = Record::read(message, at)?.next;
    }
    (at == message.len()).then_some(())
}

/// Types that software asks for.
const fn is_known(kind: RecordType) -> bool {
    matches!(kind.0, 1..=65 | 99..=109 | 249..=259 | 32768 | 32769 | 65399)
}

// === impl Header ===

impl Header {
    fn read(message: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(message);
        Some(Self {
            id: reader.u16()?,
            flags: reader.u16()?,
            questions: reader.u16()?,
            answers: reader.u16()?,
            authorities: reader.u16()?,
            additional: reader.u16()?,
        })
    }

    const fn is_reply(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    const fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }

    const fn opcode(&self) -> u16 {
        self.flags >> 11 & 15
    }

    #[allow(clippy::cast_possible_truncation, reason = "four bits")]
    const fn rcode(&self) -> u8 {
        (self.flags & 15) as u8
    }

    fn records(&self) -> u32 {
        u32::from(self.answers) + u32::from(self.authorities) + u32::from(self.additional)
    }
}

/// A resource record (RFC 1035, section 4.1.3).
struct Record<'a> {
    kind: RecordType,
    ttl: u32,
    data: &'a [u8],
    data_at: usize,
    next: usize,
}

// === impl Record ===

impl<'a> Record<'a> {
    fn read(message: &'a [u8], at: usize) -> Option<Self> {
        let at = name::skip(message, at).ok()?;
        let mut reader = Reader::new(message.get(at..)?);
        let kind = RecordType(reader.u16()?);
        reader.u16()?;
        let ttl = reader.u32()?;
        let data = reader.vec16()?;
        let data_at = at + 10;
        Some(Self { kind, ttl, data, data_at, next: data_at + data.len() })
    }

    /// What the record says; a name is written into `free`, and the rest of that given back.
    fn data<'n>(&self, message: &[u8], free: &'n mut [u8]) -> (AnswerData<'n>, &'n mut [u8]) {
        let length = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        let other = AnswerData::Other(self.kind, length);
        match self.kind {
            RecordType::A => {
                let data = <[u8; 4]>::try_from(self.data).map(Addr::v4);
                (data.map_or(other, AnswerData::Addr), free)
            }
            RecordType::AAAA => {
                let data = <[u8; 16]>::try_from(self.data).map(Addr::v6);
                (data.map_or(other, AnswerData::Addr), free)
            }
            RecordType::CNAME => match name::read(message, self.data_at, free) {
                Ok(name) => {
                    let (text, rest) = free.split_at_mut(name.len.min(free.len()));
                    let text = std::str::from_utf8(text).unwrap_or_default();
                    (AnswerData::Cname(text), rest)
                }
                Err(Fault::Malformed | Fault::NoRoom) => (other, free),
            },
            _ => (other, free),
        }
    }
}
