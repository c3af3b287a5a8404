//! dns.log: a question with its answer, or alone.

use ostium_event::{RecordType, Timestamp};

use super::Key;
use super::table::Row;
use crate::dns::{Answers, Message, Record};

pub(super) const FIELDS: &[(&str, &str)] = &[
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("proto", "enum"),
    ("trans_id", "count"),
    ("rtt", "interval"),
    ("query", "string"),
    ("qclass", "count"),
    ("qclass_name", "string"),
    ("qtype", "count"),
    ("qtype_name", "string"),
    ("rcode", "count"),
    ("rcode_name", "string"),
    ("AA", "bool"),
    ("TC", "bool"),
    ("RD", "bool"),
    ("RA", "bool"),
    ("Z", "count"),
    ("answers", "vector[string]"),
    ("TTLs", "vector[interval]"),
    ("rejected", "bool"),
];

/// A question that waits for its answer.
pub(super) struct Question {
    at: Timestamp,
    message: Message,
}

/// Takes a message; the row that is complete with it.
pub(super) fn take(
    waiting: &mut Vec<Question>,
    message: &Message,
    at: Timestamp,
    key: &Key<'_>,
) -> Option<Row> {
    if message.reply.is_none() {
        waiting.push(Question { at, message: message.clone() });
        return None;
    }
    let asked = waiting.iter().position(|question| {
        question.message.id == message.id && question.message.name == message.name
    });
    let question = match asked {
        Some(place) => waiting.remove(place),
        None => Question { at, message: message.clone() },
    };
    Some(row(&question, message.reply.as_deref().map(|answers| (answers, at)), key))
}

pub(super) fn row(question: &Question, reply: Option<(&Answers, Timestamp)>, key: &Key<'_>) -> Row {
    let Message { id, name, record_type, .. } = &question.message;
    let mut row = key.row(question.at);
    row.show(key.ends.key.proto.name());
    row.show(id);
    match reply {
        Some((_, at)) => row.interval(at.since(question.at)),
        None => row.unset(),
    }
    row.text(name);
    row.show(1);
    row.text("C_INTERNET");
    row.show(record_type.0);
    row.text(&type_name(*record_type));
    match reply {
        Some((answers, _)) => {
            row.show(answers.rcode);
            row.text(rcode_name(answers.rcode));
        }
        None => (0..2).for_each(|_| row.unset()),
    }
    for flag in [false, false, true, reply.is_some()] {
        row.flag(flag);
    }
    row.show(0);
    let records = reply.map_or(&[][..], |(answers, _)| &answers.records);
    let ttl = reply.map_or(0, |(answers, _)| answers.ttl());
    row.list(&records.iter().map(answer).collect::<Vec<_>>());
    row.list(&records.iter().map(|_| format!("{ttl}.000000")).collect::<Vec<_>>());
    row.flag(reply.is_some_and(|(answers, _)| answers.rcode != 0));
    row
}

fn answer(record: &Record) -> String {
    match record {
        Record::Alias(name) | Record::Mail(name) => name.clone(),
        Record::Addr(addr) => addr.to_string(),
        Record::Text(text) => {
            format!("TXT {} {}", text.len().min(255), String::from_utf8_lossy(text))
        }
        Record::Raw(record_type, _) | Record::Other(record_type, _) => {
            format!("<unknown type={}>", record_type.0)
        }
    }
}

fn type_name(record_type: RecordType) -> String {
    match record_type {
        RecordType::A => "A",
        RecordType::AAAA => "AAAA",
        RecordType::CNAME => "CNAME",
        RecordType::NULL => "NULL",
        RecordType::PTR => "PTR",
        RecordType::MX => "MX",
        RecordType::TXT => "TXT",
        RecordType::SRV => "SRV",
        RecordType::ANY => "*",
        RecordType(2) => "NS",
        RecordType(6) => "SOA",
        RecordType(64) => "SVCB",
        RecordType(65) => "HTTPS",
        RecordType(number) => return format!("query-{number}"),
    }
    .to_owned()
}

const fn rcode_name(rcode: u8) -> &'static str {
    match rcode {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        _ => "unknown",
    }
}
