//! Zeek logs: one file per kind, which names its fields and turns them into events.
//!
//! Field names and meanings: Zeek's documentation of its log streams (base/protocols/*/main.zeek).
//! The first six fields are common to all kinds, so that the first look finds them anywhere.

mod conn;
pub(crate) mod dns;
mod http;
mod ssl;
mod x509;

use ostium_event::{Event, Home};

use crate::block::{RowKind, RowRef};
use crate::cells::Cells;
use crate::error::RowError;
use crate::number::small;
use crate::schema::LogKind;
use crate::text::Scratch;

pub(crate) use conn::{Connection, Fields, is_usual};
pub(crate) use http::target;
pub(crate) use ssl::{cert_key, of_names, offered};
pub(crate) use x509::{fingerprint_of, record};

/// When.
pub(crate) const TS: usize = 0;
/// Which connection.
pub(crate) const UID: usize = 1;
/// Originator.
pub(crate) const ORIG_H: usize = 2;
const ORIG_P: usize = 3;
/// Responder.
pub(crate) const RESP_H: usize = 4;
const RESP_P: usize = 5;
/// Which request of a connection (http).
pub(crate) const DEPTH: usize = 6;
/// The kind of a JSON line, in [`LOOK`].
pub(crate) const LOOK_PATH: usize = 7;

/// What the first look at a JSON line wants.
pub(crate) const LOOK: &[&str] =
    &["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "trans_depth", "_path"];

/// What the first look at a TSV row wants; `id` also who it is about.
pub(crate) const fn looked_at(kind: LogKind, id: bool) -> &'static [usize] {
    match (kind, id) {
        (LogKind::ZeekX509, _) => &[TS],
        (LogKind::ZeekHttp, true) => &[TS, UID, ORIG_H, RESP_H, DEPTH],
        (_, true) => &[TS, UID, ORIG_H, RESP_H],
        (_, false) => &[TS, ORIG_H, RESP_H],
    }
}

/// The fields of a kind, each at its place.
pub(crate) const fn names(kind: LogKind) -> &'static [&'static str] {
    match kind {
        LogKind::ZeekConn => conn::Conn::NAMES,
        LogKind::ZeekDns => dns::Dns::NAMES,
        LogKind::ZeekSsl => ssl::Ssl::NAMES,
        LogKind::ZeekX509 => x509::X509::NAMES,
        LogKind::ZeekHttp => http::Http::NAMES,
        LogKind::ZeekMixed | LogKind::Eve => LOOK,
    }
}

/// The fields of a row.
pub(crate) const fn row_names(kind: RowKind) -> &'static [&'static str] {
    names(match kind {
        RowKind::Conn => LogKind::ZeekConn,
        RowKind::Dns => LogKind::ZeekDns,
        RowKind::Ssl => LogKind::ZeekSsl,
        RowKind::X509 => LogKind::ZeekX509,
        RowKind::Http => LogKind::ZeekHttp,
        _ => LogKind::Eve,
    })
}

/// The columns without which no row of a kind can be used.
pub(crate) const fn needed(kind: LogKind) -> &'static [(usize, &'static str)] {
    const ENDS: [(usize, &str); 5] = [
        (TS, "ts"),
        (ORIG_H, "id.orig_h"),
        (ORIG_P, "id.orig_p"),
        (RESP_H, "id.resp_h"),
        (RESP_P, "id.resp_p"),
    ];
    const CONN: [(usize, &str); 6] = with(ENDS, (conn::Conn::Proto as usize, "proto"));
    const DNS: [(usize, &str); 6] = with(ENDS, (dns::Dns::Query as usize, "query"));
    const X509: [(usize, &str); 2] =
        [(TS, "ts"), (x509::X509::Subject as usize, "certificate.subject")];
    match kind {
        LogKind::ZeekConn => &CONN,
        LogKind::ZeekDns => &DNS,
        LogKind::ZeekX509 => &X509,
        _ => &ENDS,
    }
}

const fn with(
    [a, b, c, d, e]: [(usize, &'static str); 5],
    last: (usize, &'static str),
) -> [(usize, &'static str); 6] {
    [a, b, c, d, e, last]
}

/// The kind of a log by fields that only it has.
pub(crate) fn kind_by_fields(has: impl Fn(&str) -> bool) -> Option<LogKind> {
    if has("certificate.subject") {
        return Some(LogKind::ZeekX509);
    }
    let nested = has("id") && has("uid");
    if !has("ts") || !(has("id.orig_h") || has("id_orig_h") || nested) {
        return None;
    }
    // JSON lines leave out what is unset: take fields that are always there.
    if has("conn_state") {
        Some(LogKind::ZeekConn)
    } else if has("trans_id") && (has("rejected") || has("qtype")) {
        Some(LogKind::ZeekDns)
    } else if has("established") && (has("resumed") || has("cipher")) {
        Some(LogKind::ZeekSsl)
    } else if has("trans_depth") && has("request_body_len") {
        Some(LogKind::ZeekHttp)
    } else {
        None
    }
}

/// Turns the fields of a row into events.
#[inline]
pub(crate) fn events(
    cells: &Cells<'_>,
    home: &Home,
    row: &RowRef<'_>,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    match row.row.kind {
        RowKind::Dns => dns::events(cells, home, row.row, scratch, out),
        RowKind::Ssl => ssl::events(cells, home, row, scratch, out),
        RowKind::Http => http::events(cells, home, row.row, scratch, out),
        _ => Ok(()),
    }
}

/// The two ports; an unset port is 0.
#[inline]
fn ports(cells: &Cells<'_>) -> Result<(u16, u16), RowError> {
    let port = |slot: usize, name| match cells.get(slot) {
        b"" => Ok(0),
        text => small(text).ok_or(RowError::Field(name)),
    };
    Ok((port(ORIG_P, "id.orig_p")?, port(RESP_P, "id.resp_p")?))
}
