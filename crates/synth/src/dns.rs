//! DNS messages (RFC 1035): a question, and its reply with answers of a few types.

use std::rc::Rc;

use ostium_event::{Addr, Answer, AnswerData, Dns, DnsStage, RecordType};

use crate::internet::Site;

/// A question, or its reply.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) name: Rc<str>,
    pub(crate) record_type: RecordType,
    /// What the reply says; `None` is the question.
    pub(crate) reply: Option<Rc<Answers>>,
}

/// What a reply says.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub(crate) rcode: u8,
    ttl: u32,
    pub(crate) records: Vec<Record>,
}

#[derive(Clone, Debug)]
pub(crate) enum Record {
    Alias(String),
    Addr(Addr),
    Mail(String),
    Text(Vec<u8>),
    /// Bytes as they are.
    Raw(RecordType, Vec<u8>),
    /// One that was read off the wire: its type, and the length of its data.
    Other(RecordType, u32),
}

const NXDOMAIN: u8 = 3;
/// A pointer to the name in the question.
const ASKED: [u8; 2] = [0xc0, 12];
/// Header, and the type and class of the question.
const AROUND_NAME: usize = 12 + 4;
/// Type, class, time to live and length of a record.
const RECORD_HEAD: usize = 10;
/// The record of authority below a reply without answers.
const AUTHORITY: usize = 1 + RECORD_HEAD + 11 + 20 + 20;

// === impl Message ===

impl Message {
    /// Bytes on the wire.
    pub(crate) fn wire_len(&self) -> usize {
        let question = AROUND_NAME + name_len(&self.name);
        question + self.reply.as_ref().map_or(0, |answers| answers.wire_len())
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let query = query(self.id, &self.name, self.record_type);
        match &self.reply {
            Some(answers) => reply(&query, answers),
            None => query,
        }
    }

    /// The same with its name in lower case, as parsers give names.
    pub(crate) fn lower(&self) -> Self {
        let mut message = self.clone();
        if message.name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            message.name = message.name.to_ascii_lowercase().into();
        }
        message
    }

    /// As a parser would have read it.
    pub(crate) fn tell(&self, hear: &mut dyn FnMut(Dns<'_>)) {
        let answers = self.reply.iter();
        let told: Vec<Answer<'_>> =
            answers.flat_map(|a| a.records.iter().map(|record| record.told(a.ttl))).collect();
        let reply = self.reply.is_some();
        hear(Dns {
            stage: if reply { DnsStage::Reply } else { DnsStage::Query },
            id: self.id,
            name: &self.name,
            record_type: self.record_type,
            rcode: self.reply.as_ref().map(|answers| answers.rcode),
            answers: &told,
            reply_bytes: if reply { self.wire_len() as u32 } else { 0 },
        });
    }

    /// From what a parser has read.
    pub(crate) fn read(dns: &Dns<'_>) -> Self {
        let reply = dns.rcode.map(|rcode| {
            Rc::new(Answers {
                rcode,
                ttl: dns.answers.first().map_or(0, |answer| answer.ttl),
                records: dns.answers.iter().map(|answer| Record::read(answer.data)).collect(),
            })
        });
        Self { id: dns.id, name: dns.name.into(), record_type: dns.record_type, reply }
    }
}

// === impl Answers ===

impl Answers {
    pub(crate) fn addresses(site: &Site) -> Self {
        Self::site(site, site.v4.iter().copied())
    }

    pub(crate) fn addresses6(site: &Site) -> Self {
        Self::site(site, site.v6)
    }

    fn site(site: &Site, addresses: impl IntoIterator<Item = Addr>) -> Self {
        let alias = site.alias.iter().cloned().map(Record::Alias);
        Self {
            rcode: 0,
            ttl: site.ttl,
            records: alias.chain(addresses.into_iter().map(Record::Addr)).collect(),
        }
    }

    /// There is no such name.
    pub fn missing() -> Self {
        Self { rcode: NXDOMAIN, ttl: 900, ..Self::default() }
    }

    /// The name of a mail exchanger.
    pub fn mail(exchanger: &str) -> Self {
        Self { ttl: 3600, records: vec![Record::Mail(exchanger.to_owned())], ..Self::default() }
    }

    /// Text of at most 255 bytes.
    pub(crate) fn text(ttl: u32, text: Vec<u8>) -> Self {
        Self { ttl, records: vec![Record::Text(text)], ..Self::default() }
    }

    /// Bytes as they are, in a record of some type.
    pub(crate) fn raw(record_type: RecordType, data: Vec<u8>) -> Self {
        Self { records: vec![Record::Raw(record_type, data)], ..Self::default() }
    }

    /// Another name for it, that leads nowhere.
    pub(crate) fn alias(name: String) -> Self {
        Self { records: vec![Record::Alias(name)], ..Self::default() }
    }

    /// One address.
    pub fn address(ttl: u32, addr: Addr) -> Self {
        Self { ttl, records: vec![Record::Addr(addr)], ..Self::default() }
    }

    /// Seconds that they may be kept.
    pub(crate) const fn ttl(&self) -> u32 {
        self.ttl
    }

    /// Nothing was found.
    fn is_missing(&self) -> bool {
        self.rcode == NXDOMAIN || self.records.is_empty()
    }

    /// Bytes after the question.
    fn wire_len(&self) -> usize {
        let (mut owner, mut length) = (ASKED.len(), 0);
        for record in &self.records {
            length += owner + RECORD_HEAD + record.data_len();
            if let Record::Alias(name) = record {
                owner = name_len(name);
            }
        }
        length + if self.is_missing() { AUTHORITY } else { 0 }
    }
}

/// A question with recursion desired.
pub fn query(id: u16, name: &str, record_type: RecordType) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 18);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    write_name(&mut out, name);
    out.extend_from_slice(&record_type.0.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out
}

/// The reply to a question that [`query`] made.
pub fn reply(query: &[u8], answers: &Answers) -> Vec<u8> {
    let mut out = query.to_vec();
    let missing = answers.is_missing();
    let head = [0x81, 0x80 | answers.rcode];
    let counts = [0, answers.records.len() as u8, 0, u8::from(missing)];
    for (place, byte) in out.iter_mut().skip(2).zip(head) {
        *place = byte;
    }
    for (place, byte) in out.iter_mut().skip(6).zip(counts) {
        *place = byte;
    }
    let mut owner = ASKED.to_vec();
    for record in &answers.records {
        let (number, data) = record.wire();
        write_record(&mut out, &owner, number, answers.ttl, &data);
        if let Record::Alias(name) = record {
            owner.clear();
            write_name(&mut owner, name);
        }
    }
    if missing {
        let mut data = Vec::new();
        write_name(&mut data, "a.nic.net");
        write_name(&mut data, "hostmaster.nic.net");
        for number in [2_026_091_401u32, 1800, 900, 604_800, 900] {
            data.extend_from_slice(&number.to_be_bytes());
        }
        write_record(&mut out, &[0], 6, 900, &data);
    }
    out
}

fn write_record(out: &mut Vec<u8>, owner: &[u8], number: u16, ttl: u32, data: &[u8]) {
    out.extend_from_slice(owner);
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out.extend_from_slice(&ttl.to_be_bytes());
    out.extend_from_slice(&(data.len() as u16).to_be_bytes());
    out.extend_from_slice(data);
}

/// Bytes of a name on the wire.
fn name_len(name: &str) -> usize {
    let labels = name.split('.').filter(|label| !label.is_empty());
    labels.map(|label| 1 + label.len().min(63)).sum::<usize>() + 1
}

/// Labels longer than 63 bytes are cut, as no label may be.
fn write_name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let bytes = label.as_bytes();
        let bytes = bytes.get(..63).unwrap_or(bytes);
        out.push(bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    out.push(0);
}

// === impl Record ===

impl Record {
    fn data_len(&self) -> usize {
        match self {
            Self::Alias(name) => name_len(name),
            Self::Addr(addr) => addr.v4_bits().map_or(16, |_| 4),
            Self::Mail(name) => 2 + name_len(name),
            Self::Text(text) => 1 + text.len().min(255),
            Self::Raw(_, data) => data.len(),
            Self::Other(_, length) => *length as usize,
        }
    }

    fn told(&self, ttl: u32) -> Answer<'_> {
        let length = self.data_len() as u32;
        let data = match self {
            Self::Alias(name) => AnswerData::Cname(name),
            Self::Addr(addr) => AnswerData::Addr(*addr),
            Self::Mail(_) => AnswerData::Other(RecordType::MX, length),
            Self::Text(_) => AnswerData::Other(RecordType::TXT, length),
            Self::Raw(record_type, _) => AnswerData::Other(*record_type, length),
            Self::Other(record_type, length) => AnswerData::Other(*record_type, *length),
        };
        Answer { ttl, data }
    }

    fn read(data: AnswerData<'_>) -> Self {
        match data {
            AnswerData::Addr(addr) => Self::Addr(addr),
            AnswerData::Cname(name) => Self::Alias(name.to_owned()),
            AnswerData::Other(record_type, length) => Self::Other(record_type, length),
        }
    }

    fn wire(&self) -> (u16, Vec<u8>) {
        let mut data = Vec::new();
        match self {
            Self::Alias(name) => {
                write_name(&mut data, name);
                (RecordType::CNAME.0, data)
            }
            Self::Addr(addr) => match addr.v4_bits() {
                Some(bits) => (RecordType::A.0, bits.to_be_bytes().to_vec()),
                None => (RecordType::AAAA.0, addr.bits().to_be_bytes().to_vec()),
            },
            Self::Mail(name) => {
                data.extend_from_slice(&[0, 10]);
                write_name(&mut data, name);
                (RecordType::MX.0, data)
            }
            Self::Text(text) => {
                let text = text.get(..255).unwrap_or(text);
                data.push(text.len() as u8);
                data.extend_from_slice(text);
                (RecordType::TXT.0, data)
            }
            Self::Raw(record_type, raw) => (record_type.0, raw.clone()),
            Self::Other(record_type, length) => {
                data.resize(*length as usize, 0);
                (record_type.0, data)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_the_rfc_says() {
        let bytes = query(0x1234, "a.bc", RecordType::A);
        let want =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01";
        assert_eq!(bytes, want);
    }

    #[test]
    fn lengths_are_known_before_the_bytes() {
        let site = crate::internet::Internet::new(3, ostium_event::Timestamp::ZERO)
            .site("www.example.org");
        for answers in [
            Answers::addresses(&site),
            Answers::missing(),
            Answers::mail("mx.example.org"),
            Answers::text(0, vec![b'x'; 300]),
            Answers::default(),
        ] {
            let name = "a.www.example.org.".into();
            let reply = Some(Rc::new(answers));
            let message = Message { id: 1, name, record_type: RecordType::A, reply };
            assert_eq!(message.wire_len(), message.bytes().len(), "{message:?}");
            let question = Message { reply: None, ..message };
            assert_eq!(question.wire_len(), question.bytes().len());
        }
    }

    #[test]
    fn a_reply_repeats_the_question_and_counts_its_answers() {
        let query = query(7, "www.example", RecordType::A);
        let site = Site {
            v4: vec![Addr::v4([1, 2, 3, 4]), Addr::v4([1, 2, 3, 5])],
            v6: None,
            alias: Some("x.edge.example".into()),
            ttl: 60,
            modern: true,
        };
        let bytes = reply(&query, &Answers::addresses(&site));
        assert_eq!(bytes[..12], [0, 7, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0]);
        assert_eq!(bytes[12..query.len()], query[12..]);
        assert!(bytes.ends_with(&[0, 4, 1, 2, 3, 5]));
        let missing = reply(&query, &Answers::missing());
        assert_eq!(missing[..12], [0, 7, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 0]);
    }
}
