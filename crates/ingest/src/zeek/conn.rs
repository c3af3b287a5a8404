//! Zeek conn: a connection gives its opening and its close.
//!
//! What `conn_state` and `history` mean is told in Zeek's base/protocols/conn/main.zeek. How they
//! become a [`FlowState`]:
//!
//! | TCP | becomes | because |
//! |---|---|---|
//! | S1 SF S2 S3 RSTO RSTR | Established | the handshake was seen to end |
//! | REJ | Refused | a reset answered the SYN |
//! | S0 SH RSTOS0, originator silent after its SYN | Unanswered | nothing came back |
//! | S0 SH RSTOS0, originator went on (A, D) or no SYN | Partial | the replies went another way |
//! | OTH SHR RSTRH, none | Partial | the start, or one side, is missing |
//!
//! UDP and others go by packets of each side: both spoke is Established, only the originator is
//! Unanswered, only the responder is Partial, except that with a `C` in the history the
//! originator did speak, with a checksum that its own network card was yet to fill in. ICMP is
//! Unanswered only for requests (echo, timestamp).
//!
//! The start was seen when the history has the originator's `S` (without a history: when the state
//! implies it), or any packet of a UDP or ICMP originator. A `^` says that Zeek turned the
//! connection round: the opener stays as logged, the start counts as not seen. A TCP connection
//! with neither SYN nor SYN-ACK nor a state that implies them has no known opener.

use ostium_event::{Event, FlowRecord, FlowState, Home, Proto, Service, Span, Volume, What};

use super::ports;
use crate::block::{Row, RowRef};
use crate::cells::{Cells, slots};
use crate::clock::span;
use crate::ends::{Ends, protocol};
use crate::error::RowError;

slots! {
    /// Fields of conn.log.
    Conn {
        Ts = "ts", Uid = "uid", OrigH = "id.orig_h", OrigP = "id.orig_p",
        RespH = "id.resp_h", RespP = "id.resp_p",
        Proto = "proto", Service = "service", Duration = "duration",
        OrigBytes = "orig_bytes", RespBytes = "resp_bytes", State = "conn_state",
        Missed = "missed_bytes", History = "history",
        OrigPkts = "orig_pkts", OrigIpBytes = "orig_ip_bytes",
        RespPkts = "resp_pkts", RespIpBytes = "resp_ip_bytes",
    }
}

/// `conn_state`, in Zeek's names; what is none of them is `Oth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnState {
    S0,
    S1,
    S2,
    S3,
    Sf,
    Rej,
    Rsto,
    Rstr,
    Rstos0,
    Sh,
    Oth,
}

/// What the history says, one letter an event; upper case is the originator.
#[derive(Clone, Copy, Default)]
struct History {
    /// Bit n for the byte 64 + n: `@A-Z[\]^_` in the low half, `a-z` in the high.
    bits: u64,
}

// === impl ConnState ===

impl ConnState {
    /// Told apart byte by byte, which costs less than comparing with each name.
    #[inline]
    const fn of(text: &[u8]) -> Self {
        match text {
            [b'S', b'F'] => Self::Sf,
            [b'S', b'0'] => Self::S0,
            [b'S', b'1'] => Self::S1,
            [b'S', b'2'] => Self::S2,
            [b'S', b'3'] => Self::S3,
            [b'S', b'H'] => Self::Sh,
            [b'R', b'E', b'J'] => Self::Rej,
            [b'R', b'S', b'T', b'O'] => Self::Rsto,
            [b'R', b'S', b'T', b'R'] => Self::Rstr,
            [b'R', b'S', b'T', b'O', b'S', b'0'] => Self::Rstos0,
            _ => Self::Oth,
        }
    }

    /// Does it say that a SYN of the originator was seen?
    #[inline]
    const fn tells_opener(self) -> bool {
        !matches!(self, Self::Rstos0 | Self::Oth)
    }
}

// === impl History ===

impl History {
    #[inline]
    fn of(text: &[u8]) -> Self {
        let bits = text.iter().fold(0, |bits, &byte| bits | Self::bit(byte));
        Self { bits }
    }

    #[inline]
    const fn bit(byte: u8) -> u64 {
        if byte & 0xc0 == 0x40 { 1 << (byte & 63) } else { 0 }
    }

    #[inline]
    const fn has(self, byte: u8) -> bool {
        self.bits & Self::bit(byte) != 0
    }
}

/// What a row says, in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    ports: (u16, u16),
    proto: Proto,
    length: Span,
    sent: Volume,
    got: Volume,
    state: FlowState,
    service: Service,
    start: bool,
    opener_known: bool,
}

// === impl Connection ===

impl Connection {
    /// Reads the fields of a row.
    #[inline]
    pub(crate) fn read(cells: &Cells<'_>, row: &Row) -> Result<Self, RowError> {
        let ports = ports(cells)?;
        let proto = protocol(cells.get(Conn::Proto as usize), row.orig);
        let length = match cells.get(Conn::Duration as usize) {
            b"" => Span::ZERO,
            text => span(text).ok_or(RowError::Field("duration"))?,
        };
        let missed = cells.number(Conn::Missed as usize).unwrap_or(0);
        let volume = |bytes, packets, ip_bytes| {
            let numbers = [bytes, packets, ip_bytes].map(|slot| cells.number(slot as usize));
            volume(numbers, missed, header_bytes(proto, row.orig.is_v4()))
        };
        let sent = volume(Conn::OrigBytes, Conn::OrigPkts, Conn::OrigIpBytes);
        let got = volume(Conn::RespBytes, Conn::RespPkts, Conn::RespIpBytes);
        let has_history = cells.is_set(Conn::History as usize);
        let history = History::of(cells.get(Conn::History as usize));
        let conn_state = ConnState::of(cells.get(Conn::State as usize));
        Ok(Self {
            ports,
            proto,
            length,
            sent,
            got,
            state: state(proto, conn_state, history, (sent, got), ports.0),
            service: service(cells, sent.bytes.saturating_add(got.bytes)),
            start: start_seen(proto, conn_state, history, has_history, sent),
            opener_known: opener_known(proto, conn_state, history),
        })
    }

    /// Gives the opening and the close.
    #[inline]
    pub(crate) fn events(&self, home: &Home, row: &RowRef<'_>, out: &mut impl FnMut(&Event<'_>)) {
        let at = row.row.at;
        let (orig, resp) = ((row.row.orig, self.ports.0), (row.row.resp, self.ports.1));
        let ends = Ends::of(home, orig, resp, self.proto);
        let record = FlowRecord {
            first: at,
            last: at.plus(self.length),
            out: if ends.orig_inside { self.sent } else { self.got },
            back: if ends.orig_inside { self.got } else { self.sent },
            state: self.state,
            service: self.service,
            start_seen: self.start,
        };
        let mut event = Event {
            at,
            flow: ends.key,
            opened_by: ends.opened_by(self.opener_known),
            scope: ends.scope,
            what: What::FlowOpened { start: self.start },
        };
        if !row.closes_only {
            out(&event);
        }
        event.at = record.last;
        event.what = What::FlowClosed(record);
        out(&event);
    }
}

/// Bytes of headers in an IP packet, options left out.
const fn header_bytes(proto: Proto, v4: bool) -> u64 {
    let transport = match proto {
        Proto::TCP => 20,
        _ => 8,
    };
    transport + if v4 { 20 } else { 40 }
}

/// Packets and payload of one side. Payload is taken from sequence numbers by Zeek, which a stray
/// segment can make wildly wrong: it is held to what IP carried and what was missed.
#[inline]
fn volume([bytes, packets, ip_bytes]: [Option<u64>; 3], missed: u64, header: u64) -> Volume {
    let carried = ip_bytes.map(|ip| ip.saturating_sub(packets.unwrap_or(0).saturating_mul(header)));
    let bytes = match (bytes, carried) {
        (Some(bytes), Some(carried)) => bytes.min(carried.saturating_add(missed)),
        (Some(bytes), None) => bytes,
        (None, carried) => carried.unwrap_or(0),
    };
    Volume {
        // Without a count of packets, payload tells that there was one.
        packets: packets.unwrap_or_else(|| u64::from(bytes > 0)),
        bytes,
    }
}

#[inline]
fn start_seen(
    proto: Proto,
    state: ConnState,
    history: History,
    has_history: bool,
    sent: Volume,
) -> bool {
    if history.has(b'^') {
        false
    } else if proto == Proto::TCP {
        if has_history { history.has(b'S') } else { state != ConnState::Oth }
    } else {
        sent.packets > 0 || history.has(b'C')
    }
}

#[inline]
fn opener_known(proto: Proto, state: ConnState, history: History) -> bool {
    proto != Proto::TCP
        || history.has(b'S')
        || history.has(b'h')
        || history.has(b'^')
        || state.tells_opener()
}

#[inline]
fn state(
    proto: Proto,
    state: ConnState,
    history: History,
    (sent, got): (Volume, Volume),
    icmp_type: u16,
) -> FlowState {
    match proto {
        Proto::TCP => match state {
            ConnState::S1
            | ConnState::Sf
            | ConnState::S2
            | ConnState::S3
            | ConnState::Rsto
            | ConnState::Rstr => FlowState::Established,
            ConnState::Rej => FlowState::Refused,
            ConnState::S0 | ConnState::Sh | ConnState::Rstos0 => {
                let went_on = history.has(b'A') || history.has(b'D');
                let lone = history.bits != 0 && !history.has(b'S');
                if went_on || lone { FlowState::Partial } else { FlowState::Unanswered }
            }
            ConnState::Oth => FlowState::Partial,
        },
        Proto::ICMP | Proto::ICMP6 if !matches!(icmp_type, 8 | 13 | 128) => FlowState::Partial,
        _ => match (sent.packets > 0 || history.has(b'C'), got.packets > 0) {
            (true, true) => FlowState::Established,
            (true, false) => FlowState::Unanswered,
            (false, _) => FlowState::Partial,
        },
    }
}

/// The first service of the list that is known; one that begins with `-` was given up by Zeek.
#[inline]
fn service(cells: &Cells<'_>, bytes: u64) -> Service {
    let mut found = None;
    for name in cells.list(Conn::Service as usize) {
        let service = match name {
            b"ssl" | b"tls" => Service::Tls,
            b"dns" => Service::Dns,
            b"http" => Service::Http,
            b"quic" => Service::Quic,
            b"ssh" => Service::Ssh,
            b"smtp" => Service::Smtp,
            b"ftp" => Service::Ftp,
            b"irc" => Service::Irc,
            b"ntp" => Service::Ntp,
            b"bittorrent" | b"bittorrenttracker" => Service::BitTorrent,
            b"stun" | b"rtp" | b"sip" | b"rtcp" => Service::Media,
            [b'-', ..] | b"" => continue,
            _ => {
                found = Some(Service::Other);
                continue;
            }
        };
        return service;
    }
    found.unwrap_or(if bytes > 0 { Service::Unknown } else { Service::Silent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(name: &str, history: &str) -> (FlowState, bool, bool) {
        let (conn_state, history_bits) =
            (ConnState::of(name.as_bytes()), History::of(history.as_bytes()));
        let both = (Volume::default(), Volume::default());
        (
            state(Proto::TCP, conn_state, history_bits, both, 0),
            start_seen(Proto::TCP, conn_state, history_bits, !history.is_empty(), both.0),
            opener_known(Proto::TCP, conn_state, history_bits),
        )
    }

    #[test]
    fn tcp_states() {
        use FlowState::{Established, Partial, Refused, Unanswered};
        for (name, history, want) in [
            ("SF", "ShADadFf", (Established, true, true)),
            ("SF", "hADadFf", (Established, false, true)),
            ("S0", "S", (Unanswered, true, true)),
            ("S0", "SAD", (Partial, true, true)),
            ("S0", "", (Unanswered, true, true)),
            ("REJ", "Sr", (Refused, true, true)),
            ("RSTOS0", "SR", (Unanswered, true, true)),
            ("RSTOS0", "R", (Partial, false, false)),
            ("OTH", "DdA", (Partial, false, false)),
            ("OTH", "", (Partial, false, false)),
            ("SHR", "^hf", (Partial, false, true)),
            ("S1", "^ShADd", (Established, false, true)),
        ] {
            assert_eq!(tcp(name, history), want, "{name} {history}");
        }
    }

    #[test]
    fn udp_goes_by_packets() {
        let some = Volume { packets: 1, bytes: 9 };
        let none = Volume::default();
        let of = |volumes, history: &str| {
            state(Proto::UDP, ConnState::Sf, History::of(history.as_bytes()), volumes, 0)
        };
        assert_eq!(of((some, some), "Dd"), FlowState::Established);
        assert_eq!(of((some, none), "D"), FlowState::Unanswered);
        assert_eq!(of((none, some), "d"), FlowState::Partial);
        assert_eq!(of((none, some), "Cd"), FlowState::Established);
        let echo =
            |kind| state(Proto::ICMP, ConnState::Oth, History::default(), (some, none), kind);
        assert_eq!(echo(8), FlowState::Unanswered);
        assert_eq!(echo(3), FlowState::Partial);
    }

    #[test]
    fn payload_is_believable() {
        let wild = volume([Some(4_000_000_000), Some(3), Some(200)], 0, 40);
        assert_eq!(wild, Volume { packets: 3, bytes: 80 });
        assert_eq!(volume([Some(500), Some(3), Some(200)], 420, 40).bytes, 500);
        assert_eq!(volume([None, Some(2), Some(100)], 0, 28).bytes, 44);
        let old = volume([Some(70), None, None], 0, 40);
        assert_eq!(old, Volume { packets: 1, bytes: 70 });
    }
}
