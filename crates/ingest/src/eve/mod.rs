//! Suricata EVE: one JSON object a line, told apart by `event_type`.
//!
//! Field names: Suricata's user guide, "EVE JSON format". Flows, DNS, TLS, QUIC and HTTP are read;
//! alerts, file information, statistics and the rest are counted as skipped. The flow is taken in
//! the direction that the record has; a DNS answer logged from server to client is turned round.

mod dns;
mod flow;
mod http;
mod tls;

use ostium_event::{Event, Home, Proto};

use crate::address::address;
use crate::block::{RowKind, RowRef};
use crate::cells::{Cells, slots};
use crate::clock::timestamp;
use crate::ends::{Ends, protocol};
use crate::error::RowError;
use crate::json::BadJson;
use crate::number::small;
use crate::schema::{Body, Look, row};
use crate::text::Scratch;

slots! {
    /// Fields of every record, and the objects that hold the rest.
    Eve {
        Timestamp = "timestamp", EventType = "event_type",
        SrcIp = "src_ip", SrcPort = "src_port", DestIp = "dest_ip", DestPort = "dest_port",
        Proto = "proto", IcmpType = "icmp_type", AppProto = "app_proto",
        Flow = "flow", Tcp = "tcp", Dns = "dns", Tls = "tls", Quic = "quic", Http = "http",
    }
}

/// The first look: kind, time, addresses.
pub(crate) fn look(line: &[u8], number: u32) -> Result<Look<'_>, BadJson> {
    let cells = Cells::json(line, Eve::NAMES)?;
    let get = |slot: Eve| cells.get(slot as usize);
    let kind = match get(Eve::EventType) {
        b"flow" => RowKind::EveFlow,
        b"dns" => RowKind::EveDns,
        b"tls" => RowKind::EveTls,
        b"quic" => RowKind::EveQuic,
        b"http" => RowKind::EveHttp,
        b"" => return Err(BadJson),
        _ => return Ok(Look::Skip),
    };
    let at = match kind {
        // A flow is logged when it ends; what counts is when it began.
        RowKind::EveFlow => flow::began(get(Eve::Flow)),
        _ => None,
    };
    let at = at.or_else(|| timestamp(get(Eve::Timestamp))).ok_or(BadJson)?;
    let src = address(get(Eve::SrcIp)).ok_or(BadJson)?;
    let dest = address(get(Eve::DestIp)).ok_or(BadJson)?;
    let ends =
        if kind == RowKind::EveDns && is_reversed(&cells) { (dest, src) } else { (src, dest) };
    Ok(Look::Row(row(kind, false, number, at, ends, 0), Body::Text(line)))
}

/// Is it a DNS record from server to client?
fn is_reversed(cells: &Cells<'_>) -> bool {
    let port = |slot: Eve| small(cells.get(slot as usize)).unwrap_or(0);
    let (src, dest) = (port(Eve::SrcPort), port(Eve::DestPort));
    matches!(src, 53 | 5353 | 5355) && src != dest
}

/// Turns a record into events.
pub(crate) fn events(
    home: &Home,
    row: &RowRef<'_>,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let cells = Cells::json(row.bytes, Eve::NAMES).map_err(|_| RowError::Json)?;
    let get = |slot: Eve| cells.get(slot as usize);
    let kind = row.row.kind;
    let mut proto = protocol(get(Eve::Proto), row.row.orig);
    if proto == Proto(0) && kind != RowKind::EveFlow {
        proto = Proto::TCP;
    }
    let port = |slot: Eve, name| match get(slot) {
        b"" => Ok(0),
        text => small(text).ok_or(RowError::Field(name)),
    };
    let (mut src, mut dest) = (port(Eve::SrcPort, "src_port")?, port(Eve::DestPort, "dest_port")?);
    if kind == RowKind::EveDns && is_reversed(&cells) {
        (src, dest) = (dest, src);
    }
    if matches!(proto, Proto::ICMP | Proto::ICMP6) {
        src = port(Eve::IcmpType, "icmp_type")?;
    }
    let ends = Ends::of(home, (row.row.orig, src), (row.row.resp, dest), proto);
    let at = row.row.at;
    match kind {
        RowKind::EveFlow => flow::events(&cells, &ends, at, src, out),
        RowKind::EveDns => dns::events(get(Eve::Dns), &ends, at, scratch, out),
        RowKind::EveTls => tls::events(get(Eve::Tls), &ends, at, scratch, out),
        RowKind::EveQuic => tls::quic(get(Eve::Quic), &ends, at, scratch, out),
        RowKind::EveHttp => http::events(get(Eve::Http), &ends, at, scratch, out),
        _ => Ok(()),
    }
}
