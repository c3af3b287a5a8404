//! EVE dns, in its three shapes.
//!
//! Version 1 logs each record of an answer in a line of its own (`rdata`), version 2 a question or
//! an answer with its records (`answers`, or `grouped` by type), version 3 questions in a list
//! (`queries`). A line becomes a question or a reply; a line of version 1 is a reply with one
//! record under the name of that record.

use ostium_event::{Dns, DnsStage, Event, RecordType, Timestamp, What};

use crate::address::address;
use crate::cells::{Cells, Style, slots};
use crate::ends::Ends;
use crate::error::RowError;
use crate::json::{Items, Members, bare};
use crate::number::small;
use crate::text::{Scratch, name};
use crate::zeek::dns::{ANSWERS, Draft, draft_name, finish, rcode_of_name, type_of_name};

slots! {
    /// The object `dns`.
    Object {
        Type = "type", Id = "id", Rrname = "rrname", Rrtype = "rrtype", Rcode = "rcode",
        Rdata = "rdata", Ttl = "ttl", Answers = "answers", Grouped = "grouped",
        Queries = "queries", Query = "query",
    }
}

slots! {
    /// One question or record.
    Record { Rrname = "rrname", Rrtype = "rrtype", Ttl = "ttl", Rdata = "rdata" }
}

type Drafts = [(u32, Draft); ANSWERS];

pub(super) fn events(
    object: &[u8],
    ends: &Ends,
    at: Timestamp,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let bad = || RowError::Field("dns");
    let cells = Cells::json(object, Object::NAMES).map_err(|_| bad())?;
    let get = |slot: Object| cells.get(slot as usize);
    let stage = match get(Object::Type) {
        b"query" | b"request" => DnsStage::Query,
        b"answer" | b"response" => DnsStage::Reply,
        _ => return Err(bad()),
    };
    // Version 3 has its question in a list; one question is all that is ever asked.
    let asked = [Object::Queries, Object::Query]
        .iter()
        .find_map(|slot| Items::of(get(*slot)).next())
        .and_then(|item| Cells::json(item, Record::NAMES).ok());
    let (rrname, rrtype) = match &asked {
        Some(record) => (record.get(Record::Rrname as usize), record.get(Record::Rrtype as usize)),
        None => (get(Object::Rrname), get(Object::Rrtype)),
    };
    if rrname.is_empty() {
        return Ok(());
    }
    let mut drafts: Drafts = [(0, Draft::Other(RecordType(0), 0)); ANSWERS];
    scratch.names.clear();
    let count = match stage {
        DnsStage::Query => 0,
        _ => answers(&cells, &mut drafts, &mut scratch.names),
    };
    let [buffer, ..] = &mut scratch.texts;
    let answers = finish(&drafts, &scratch.names);
    let reply = stage == DnsStage::Reply;
    let dns = Dns {
        stage,
        id: small(get(Object::Id)).unwrap_or(0),
        name: name(rrname, Style::Json, buffer),
        record_type: type_of_name(rrtype),
        rcode: if reply {
            rcode_of_name(get(Object::Rcode)).or_else(|| (count > 0).then_some(0))
        } else {
            None
        },
        answers: answers.get(..count).unwrap_or_default(),
        reply_bytes: 0,
    };
    out(&ends.event(at, What::Dns(dns)));
    Ok(())
}

/// Reads the records of an answer in whichever shape they are; how many there are.
fn answers(cells: &Cells<'_>, drafts: &mut Drafts, names: &mut String) -> usize {
    let get = |slot: Object| cells.get(slot as usize);
    let mut count = 0;
    let mut places = drafts.iter_mut();
    let mut put = |kind: &[u8], ttl: &[u8], data: &[u8]| {
        if let Some(place) = places.next() {
            let ttl = crate::number::unsigned(ttl).unwrap_or(0);
            let ttl = u32::try_from(ttl).unwrap_or(u32::MAX);
            *place = (ttl, draft_of(kind, data, names));
            count += 1;
        }
    };
    if !get(Object::Answers).is_empty() {
        for item in Items::of(get(Object::Answers)).take(ANSWERS) {
            let Ok(record) = Cells::json(item, Record::NAMES) else {
                continue;
            };
            let field = |slot: Record| record.get(slot as usize);
            put(field(Record::Rrtype), field(Record::Ttl), field(Record::Rdata));
        }
    } else if !get(Object::Grouped).is_empty() {
        let Ok(mut members) = Members::of(get(Object::Grouped)) else {
            return 0;
        };
        while let Ok(Some((kind, list))) = members.next() {
            for item in Items::of(list).take(ANSWERS) {
                put(kind, b"", bare(item));
            }
        }
    } else if !get(Object::Rdata).is_empty() {
        put(get(Object::Rrtype), get(Object::Ttl), get(Object::Rdata));
    }
    count
}

fn draft_of(kind: &[u8], data: &[u8], names: &mut String) -> Draft {
    let record_type = type_of_name(kind);
    match record_type {
        RecordType::A | RecordType::AAAA => {
            if let Some(addr) = address(data) {
                return Draft::Addr(addr);
            }
        }
        RecordType::CNAME => return draft_name(data, Style::Json, names),
        _ => {}
    }
    Draft::Other(record_type, u32::try_from(data.len()).unwrap_or(u32::MAX))
}
