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

mod fields;
mod scan;
mod state;
mod usual;

use ostium_event::{
    Addr, FlowKey, FlowRecord, FlowState, Home, Proto, Service, Span, Timestamp, Volume,
};

use crate::block::ConnectionRow;
use crate::cells::slots;
use crate::ends::{Ends, protocol};
use crate::error::RowError;

pub(crate) use fields::Fields;
pub(crate) use usual::is_usual;

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
    /// What the fields of a row come to.
    #[inline]
    pub(crate) fn of(fields: &Fields<'_>, orig: Addr) -> Result<Self, RowError> {
        let (from, to) = fields.ports;
        let ports =
            (from.ok_or(RowError::Field("id.orig_p"))?, to.ok_or(RowError::Field("id.resp_p"))?);
        let length = fields.duration.ok_or(RowError::Field("duration"))?;
        let proto = protocol(fields.proto, orig);
        let [orig_bytes, resp_bytes, missed, orig_pkts, orig_ip, resp_pkts, resp_ip] =
            fields.numbers;
        let (missed, header) = (missed.unwrap_or(0), header_bytes(proto, orig.is_v4()));
        let sent = volume([orig_bytes, orig_pkts, orig_ip], missed, header);
        let got = volume([resp_bytes, resp_pkts, resp_ip], missed, header);
        let Fields { conn_state, history, .. } = *fields;
        let spoke = sent.bytes > 0 || got.bytes > 0;
        Ok(Self {
            ports,
            proto,
            length,
            sent,
            got,
            state: state::flow_state(proto, conn_state, history, (sent, got), ports.0),
            service: fields.service.unwrap_or(match spoke {
                true => Service::Unknown,
                false => Service::Silent,
            }),
            start: state::start_seen(proto, conn_state, history, sent),
            opener_known: state::opener_known(proto, conn_state, history),
        })
    }

    /// What a row with these ends says, seen from inside.
    #[inline]
    pub(crate) fn row(
        &self,
        home: &Home,
        at: Timestamp,
        (orig, resp): (Addr, Addr),
        closes_only: bool,
    ) -> ConnectionRow {
        let ends = Ends::of(home, (orig, self.ports.0), (resp, self.ports.1), self.proto);
        let FlowKey { inside, outside, inside_port, outside_port, proto } = ends.key;
        let (out, back) =
            if ends.orig_inside { (self.sent, self.got) } else { (self.got, self.sent) };
        let record = FlowRecord {
            first: at,
            last: at.plus(self.length),
            out,
            back,
            state: self.state,
            service: self.service,
            start_seen: self.start,
        };
        ConnectionRow {
            inside,
            outside,
            inside_port,
            outside_port,
            proto,
            scope: ends.scope,
            opened_by: ends.opened_by(self.opener_known),
            closes_only,
            record,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
