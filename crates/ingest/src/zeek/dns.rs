//! Zeek dns: one row is a question with its answer, or a question alone.
//!
//! Answers are text of several forms: addresses, names, and words for other records
//! (`TXT 41 ...` with the length of the string). An answer without an address is a name that the
//! name stands for when an address was asked for, and otherwise a record of the type asked for.

use ostium_event::{
    Addr, Answer, AnswerData, Dns as DnsEvent, DnsStage, Event, Home, Proto, RecordType, What,
};

use super::ports;
use crate::address::address;
use crate::block::Row;
use crate::cells::{Cells, Style, slots};
use crate::ends::{Ends, protocol};
use crate::error::RowError;
use crate::number::{small, unsigned};
use crate::text::{Scratch, name, push_name};

/// Answers of one event, at most.
pub(crate) const ANSWERS: usize = 32;

slots! {
    /// Fields of dns.log.
    Dns {
        Ts = "ts", Uid = "uid", OrigH = "id.orig_h", OrigP = "id.orig_p",
        RespH = "id.resp_h", RespP = "id.resp_p",
        Proto = "proto", Id = "trans_id", Query = "query",
        Qtype = "qtype", QtypeName = "qtype_name", Rcode = "rcode", RcodeName = "rcode_name",
        Answers = "answers", Ttls = "TTLs",
    }
}

/// An answer before its text is in its final place.
#[derive(Clone, Copy)]
pub(crate) enum Draft {
    Addr(Addr),
    /// A name: its bytes in `Scratch::names`.
    Name(u32, u32),
    Other(RecordType, u32),
}

pub(super) fn events(
    cells: &Cells<'_>,
    home: &Home,
    row: &Row,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let query = cells.get(Dns::Query as usize);
    if query.is_empty() {
        return Ok(());
    }
    let (orig_p, resp_p) = ports(cells)?;
    let proto = match cells.get(Dns::Proto as usize) {
        b"" => Proto::UDP,
        text => protocol(text, row.orig),
    };
    let ends = Ends::of(home, (row.orig, orig_p), (row.resp, resp_p), proto);
    let record_type = match small(cells.get(Dns::Qtype as usize)) {
        Some(number) => RecordType(number),
        None => type_of_name(cells.get(Dns::QtypeName as usize)),
    };
    let rcode = match unsigned(cells.get(Dns::Rcode as usize)) {
        Some(code) => u8::try_from(code).ok(),
        None => rcode_of_name(cells.get(Dns::RcodeName as usize)),
    };
    let mut ttls = cells.list(Dns::Ttls as usize);
    let mut drafts = [(0, Draft::Other(RecordType(0), 0)); ANSWERS];
    let mut count = 0;
    let (names, texts) = (&mut scratch.names, &mut scratch.texts);
    names.clear();
    for (text, draft) in cells.list(Dns::Answers as usize).zip(&mut drafts) {
        let ttl = ttls.next().and_then(unsigned).unwrap_or(0);
        let ttl = u32::try_from(ttl).unwrap_or(u32::MAX);
        *draft = (ttl, draft_of(text, record_type, cells.style, names));
        count += 1;
    }
    let both = rcode.is_some() || count > 0;
    let [buffer, ..] = texts;
    let answers = finish(&drafts, names);
    let dns = DnsEvent {
        stage: if both { DnsStage::Both } else { DnsStage::Query },
        id: small(cells.get(Dns::Id as usize)).unwrap_or(0),
        name: name(query, cells.style, buffer),
        record_type,
        // Answers came, so there was a reply, and it was no refusal.
        rcode: rcode.or_else(|| (count > 0).then_some(0)),
        answers: answers.get(..count).unwrap_or_default(),
        reply_bytes: 0,
    };
    out(&ends.event(row.at, What::Dns(dns)));
    Ok(())
}

/// Answers with their names in place.
pub(crate) fn finish<'a>(
    drafts: &[(u32, Draft); ANSWERS],
    names: &'a str,
) -> [Answer<'a>; ANSWERS] {
    drafts.map(|(ttl, draft)| Answer {
        ttl,
        data: match draft {
            Draft::Addr(addr) => AnswerData::Addr(addr),
            Draft::Name(from, to) => {
                AnswerData::Cname(names.get(from as usize..to as usize).unwrap_or_default())
            }
            Draft::Other(record_type, len) => AnswerData::Other(record_type, len),
        },
    })
}

/// Takes a name into the buffer.
pub(crate) fn draft_name(text: &[u8], style: Style, names: &mut String) -> Draft {
    let from = names.len();
    push_name(text, style, names);
    // At most 32 names of 300 bytes.
    #[allow(clippy::cast_possible_truncation, reason = "fits by the bounds above")]
    Draft::Name(from as u32, names.len() as u32)
}

fn draft_of(text: &[u8], asked: RecordType, style: Style, names: &mut String) -> Draft {
    if let Some(addr) = address(text) {
        return Draft::Addr(addr);
    }
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if let Some(rest) = text.strip_prefix(b"TXT ").or_else(|| text.strip_prefix(b"SPF ")) {
        return Draft::Other(RecordType::TXT, text_len(rest));
    }
    if let Some(rest) = text.strip_prefix(b"<unknown type=") {
        let number = rest.strip_suffix(b">").and_then(small);
        return Draft::Other(RecordType(number.unwrap_or(asked.0)), 0);
    }
    let points = matches!(asked, RecordType::A | RecordType::AAAA | RecordType::CNAME);
    if points && !text.contains(&b' ') {
        draft_name(text, style, names)
    } else {
        Draft::Other(asked, len)
    }
}

/// `41 first string TXT 12 second`: the sum of the lengths told.
fn text_len(text: &[u8]) -> u32 {
    let (mut rest, mut sum) = (text, 0u32);
    loop {
        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let Some(len) = rest.get(..end).and_then(unsigned) else {
            return sum;
        };
        sum = sum.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        // Escapes make the text longer than its length, so the next string is searched for.
        let skip = end.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
        let after = rest.get(skip..).unwrap_or_default();
        match memchr::memmem::find(after, b" TXT ") {
            Some(next) => rest = after.get(next + 5..).unwrap_or_default(),
            None => return sum,
        }
    }
}

/// The number of a record type's name; 0 when it is not known.
pub(crate) fn type_of_name(name: &[u8]) -> RecordType {
    match name {
        b"A" => RecordType::A,
        b"AAAA" => RecordType::AAAA,
        b"CNAME" => RecordType::CNAME,
        b"NULL" => RecordType::NULL,
        b"PTR" => RecordType::PTR,
        b"MX" => RecordType::MX,
        b"TXT" => RecordType::TXT,
        b"SRV" => RecordType::SRV,
        b"ANY" | b"*" => RecordType::ANY,
        b"NS" => RecordType(2),
        b"SOA" => RecordType(6),
        b"HINFO" => RecordType(13),
        b"KEY" => RecordType(25),
        b"NB" => RecordType(32),
        b"NAPTR" => RecordType(35),
        b"DNAME" => RecordType(39),
        b"DS" => RecordType(43),
        b"SSHFP" => RecordType(44),
        b"RRSIG" => RecordType(46),
        b"NSEC" => RecordType(47),
        b"DNSKEY" => RecordType(48),
        b"NSEC3" => RecordType(50),
        b"TLSA" => RecordType(52),
        b"SVCB" => RecordType(64),
        b"HTTPS" => RecordType(65),
        b"SPF" => RecordType(99),
        b"CAA" => RecordType(257),
        // RFC 3597: TYPE65399.
        other => RecordType(other.strip_prefix(b"TYPE").and_then(small).unwrap_or(0)),
    }
}

/// The number of a response code's name or text.
pub(crate) fn rcode_of_name(name: &[u8]) -> Option<u8> {
    Some(match name {
        b"NOERROR" => 0,
        b"FORMERR" => 1,
        b"SERVFAIL" => 2,
        b"NXDOMAIN" => 3,
        b"NOTIMP" => 4,
        b"REFUSED" => 5,
        b"YXDOMAIN" => 6,
        b"YXRRSET" => 7,
        b"NXRRSET" => 8,
        b"NOTAUTH" => 9,
        b"NOTZONE" => 10,
        other => u8::try_from(unsigned(other)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_texts() {
        assert_eq!(text_len(b"41 abc"), 41);
        assert_eq!(text_len(b"3 abc TXT 2 de"), 5);
        assert_eq!(text_len(br"2 \x00\x01 TXT 4 dede"), 6);
        assert_eq!(text_len(b"many"), 0);
        assert_eq!(text_len(b""), 0);
        assert_eq!(text_len(b"99999999999 x"), u32::MAX);
    }

    #[test]
    fn answers_of_many_forms() {
        let mut names = String::new();
        let mut of = |text: &[u8], asked| draft_of(text, asked, Style::Tsv(b','), &mut names);
        assert!(matches!(of(b"192.0.2.1", RecordType::A), Draft::Addr(_)));
        assert!(matches!(of(b"A.example", RecordType::A), Draft::Name(0, 9)));
        assert!(matches!(of(b"TXT 3 abc", RecordType::TXT), Draft::Other(RecordType::TXT, 3)));
        assert!(matches!(of(b"mail.example", RecordType::MX), Draft::Other(RecordType::MX, 12)));
        assert!(matches!(
            of(b"<unknown type=65>", RecordType(65)),
            Draft::Other(RecordType(65), 0)
        ));
        assert!(matches!(of(b"RRSIG 5 example", RecordType::A), Draft::Other(RecordType::A, 15)));
        assert_eq!(names, "a.example");
    }
}
