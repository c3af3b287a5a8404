//! EVE flow: a flow gives its opening and its close.
//!
//! Suricata counts whole packets from the link layer up; payload is what remains after headers of
//! usual size (14 for Ethernet, 20 or 40 for IP, 32 for TCP with timestamps or 8 for UDP), so it
//! is an estimate, low by up to 12 bytes a packet. How a flow went is read from the TCP flags of
//! each side where they are logged, else from packets of each side.

use ostium_event::{Event, FlowRecord, FlowState, Proto, Service, Timestamp, Volume, What};

use super::Eve;
use crate::cells::{Cells, slots};
use crate::clock::timestamp;
use crate::ends::Ends;
use crate::error::RowError;

slots! {
    /// The object `flow`.
    Flow {
        OutPkts = "pkts_toserver", BackPkts = "pkts_toclient",
        OutBytes = "bytes_toserver", BackBytes = "bytes_toclient",
        Start = "start", End = "end", State = "state",
    }
}

slots! {
    /// The object `tcp`.
    Tcp { Ts = "tcp_flags_ts", Tc = "tcp_flags_tc", Syn = "syn", Rst = "rst", State = "state" }
}

const SYN: u8 = 0x02;
const RST: u8 = 0x04;

/// When a flow began.
pub(super) fn began(flow: &[u8]) -> Option<Timestamp> {
    let cells = Cells::json(flow, Flow::NAMES).ok()?;
    timestamp(cells.get(Flow::Start as usize))
}

/// TCP flags that each side sent, where they are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flags {
    out: u8,
    back: u8,
}

pub(super) fn events(
    top: &Cells<'_>,
    ends: &Ends,
    at: Timestamp,
    icmp_type: u16,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let object = top.get(Eve::Flow as usize);
    let flow = Cells::json(object, Flow::NAMES).map_err(|_| RowError::Field("flow"))?;
    let proto = ends.key.proto;
    let volume = |packets: Flow, bytes: Flow| {
        let number = |slot: Flow| flow.number(slot as usize).unwrap_or(0);
        let packets = number(packets);
        let header = header_bytes(proto, ends.key.inside.is_v4());
        Volume { packets, bytes: number(bytes).saturating_sub(packets.saturating_mul(header)) }
    };
    let sent = volume(Flow::OutPkts, Flow::OutBytes);
    let got = volume(Flow::BackPkts, Flow::BackBytes);
    let flags = flags(top.get(Eve::Tcp as usize));
    let start = match (proto, flags) {
        (Proto::TCP, Some(flags)) => flags.out & SYN != 0,
        (Proto::TCP, None) => false,
        _ => sent.packets > 0,
    };
    let known = proto != Proto::TCP || start || flags.is_some_and(|flags| flags.back & SYN != 0);
    let end = timestamp(flow.get(Flow::End as usize)).unwrap_or(at);
    let record = FlowRecord {
        first: at,
        last: end.max(at),
        out: if ends.orig_inside { sent } else { got },
        back: if ends.orig_inside { got } else { sent },
        state: match proto {
            Proto::TCP => tcp_state(flags, flow.get(Flow::State as usize), got.packets),
            Proto::ICMP | Proto::ICMP6 if !matches!(icmp_type, 8 | 13 | 128) => FlowState::Partial,
            _ => match (sent.packets, got.packets) {
                (0, _) => FlowState::Partial,
                (_, 0) => FlowState::Unanswered,
                _ => FlowState::Established,
            },
        },
        service: service(top.get(Eve::AppProto as usize), sent.bytes.saturating_add(got.bytes)),
        start_seen: start,
    };
    let mut event =
        Event { opened_by: ends.opened_by(known), ..ends.event(at, What::FlowOpened { start }) };
    out(&event);
    event.at = record.last;
    event.what = What::FlowClosed(record);
    out(&event);
    Ok(())
}

const fn header_bytes(proto: Proto, v4: bool) -> u64 {
    let transport = match proto {
        Proto::TCP => 32,
        _ => 8,
    };
    14 + transport + if v4 { 20 } else { 40 }
}

/// The flags of each side: two hex digits, or `syn` and `rst` alone in short records.
fn flags(tcp: &[u8]) -> Option<Flags> {
    let cells = Cells::json(tcp, Tcp::NAMES).ok()?;
    let of = |slot: Tcp| {
        let text = std::str::from_utf8(cells.get(slot as usize)).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    Some(Flags { out: of(Tcp::Ts)?, back: of(Tcp::Tc)? })
}

fn tcp_state(flags: Option<Flags>, state: &[u8], got_packets: u64) -> FlowState {
    match flags {
        Some(flags) if flags.out & SYN == 0 => FlowState::Partial,
        Some(_) if got_packets == 0 => FlowState::Unanswered,
        Some(flags) if flags.back & SYN != 0 => FlowState::Established,
        Some(flags) if flags.back & RST != 0 => FlowState::Refused,
        Some(_) => FlowState::Partial,
        None if got_packets == 0 => FlowState::Unanswered,
        None if matches!(state, b"established" | b"closed") => FlowState::Established,
        None => FlowState::Partial,
    }
}

fn service(app_proto: &[u8], bytes: u64) -> Service {
    match app_proto {
        b"dns" => Service::Dns,
        b"tls" => Service::Tls,
        b"http" | b"http1" | b"http2" => Service::Http,
        b"quic" => Service::Quic,
        b"ssh" => Service::Ssh,
        b"smtp" => Service::Smtp,
        b"ftp" => Service::Ftp,
        b"irc" => Service::Irc,
        b"ntp" => Service::Ntp,
        b"bittorrent-dht" => Service::BitTorrent,
        b"sip" | b"rtp" | b"stun" => Service::Media,
        b"" | b"failed" | b"unknown" if bytes == 0 => Service::Silent,
        b"" | b"failed" | b"unknown" => Service::Unknown,
        _ => Service::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_states_by_flags() {
        use FlowState::{Established, Partial, Refused, Unanswered};
        let of = |out, back, got| tcp_state(Some(Flags { out, back }), b"closed", got);
        assert_eq!(of(0x1b, 0x1b, 9), Established);
        assert_eq!(of(0x02, 0x00, 0), Unanswered);
        assert_eq!(of(0x02, 0x14, 1), Refused);
        assert_eq!(of(0x1b, 0x10, 3), Partial);
        assert_eq!(of(0x10, 0x10, 3), Partial);
        assert_eq!(tcp_state(None, b"established", 3), Established);
        assert_eq!(tcp_state(None, b"new", 0), Unanswered);
    }

    #[test]
    fn flags_are_hex() {
        let tcp = br#"{"tcp_flags":"1f","tcp_flags_ts":"1b","tcp_flags_tc":"1e"}"#;
        assert_eq!(flags(tcp), Some(Flags { out: 0x1b, back: 0x1e }));
        assert_eq!(flags(b""), None);
    }
}
