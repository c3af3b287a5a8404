//! DNS messages (RFC 1035): a question, and its reply with answers of a few types.

use ostium_event::{Addr, RecordType};

use crate::internet::Site;

/// What a reply says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    rcode: u8,
    ttl: u32,
    records: Vec<Record>,
}

#[derive(Clone, Debug)]
enum Record {
    Alias(String),
    Addr(Addr),
    Mail(String),
    Text(Vec<u8>),
}

const NXDOMAIN: u8 = 3;
/// A pointer to the name in the question.
const ASKED: [u8; 2] = [0xc0, 12];

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
    pub(crate) fn missing() -> Self {
        Self { rcode: NXDOMAIN, ttl: 900, ..Self::default() }
    }

    /// The name of a mail exchanger.
    pub(crate) fn mail(exchanger: &str) -> Self {
        Self { ttl: 3600, records: vec![Record::Mail(exchanger.to_owned())], ..Self::default() }
    }

    /// Text of at most 255 bytes.
    pub(crate) fn text(ttl: u32, text: Vec<u8>) -> Self {
        Self { ttl, records: vec![Record::Text(text)], ..Self::default() }
    }
}

/// A question with recursion desired.
pub(crate) fn query(id: u16, name: &str, record_type: RecordType) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 18);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    write_name(&mut out, name);
    out.extend_from_slice(&record_type.0.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out
}

/// The reply to a question that [`query`] made.
pub(crate) fn reply(query: &[u8], answers: &Answers) -> Vec<u8> {
    let mut out = query.to_vec();
    let missing = answers.rcode == NXDOMAIN || answers.records.is_empty();
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
