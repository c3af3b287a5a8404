//! One flow: what passed, and how it went.

use std::rc::Rc;

use ostium_event::{
    FlowKey, FlowRecord, FlowState, OpenedBy, Proto, Scope, Service, Timestamp, Volume,
};

use super::talk::Talk;
use crate::packet::{ACK, FIN, RST, SYN};

/// Whose flow it is; told with every fact.
#[derive(Debug)]
pub(crate) struct Ends {
    /// Counts the flows of a machine.
    pub(crate) number: u64,
    pub(crate) key: FlowKey,
    pub(crate) opened_by: OpenedBy,
    pub(crate) scope: Scope,
    pub(crate) first: Timestamp,
}

/// A flow that goes on.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) ends: Rc<Ends>,
    pub(super) last: Timestamp,
    pub(super) last_payload: Option<Timestamp>,
    pub(super) out: Half,
    pub(super) back: Half,
    pub(super) marks: Marks,
    pub(super) talk: Talk,
    pub(super) history: History,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Half {
    pub(super) volume: Volume,
    /// Bytes with their headers above the link.
    pub(super) ip_bytes: u64,
    /// The sequence number that comes next, of single packets.
    next: Option<u32>,
}

/// What has been seen of a flow.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that was seen")]
pub(super) struct Marks {
    pub(super) start: bool,
    pub(super) syn_ack: bool,
    pub(super) acked: bool,
    pub(super) fin_out: bool,
    pub(super) fin_back: bool,
    pub(super) rst_out: bool,
    pub(super) rst_back: bool,
    pub(super) refused: bool,
}

/// What Zeek writes of the order of packets: a letter for each first, upper case for the opener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    letters: [u8; 12],
    len: usize,
}

/// A flow that has ended.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) record: FlowRecord,
    /// From the inside host and to it, with headers.
    pub(crate) ip_bytes: (u64, u64),
    pub(crate) history: History,
    /// Zeek's word for how it went.
    pub(crate) word: &'static str,
}

/// Trailing packets of a finished connection are taken for this long.
const LINGER: u64 = 3;
const TCP_UNANSWERED: u64 = 40;
const TCP_IDLE: u64 = 45 * 60;
const UDP_ONE_WAY: u64 = 30;
const UDP_IDLE: u64 = 120;

// === impl Marks ===

impl Marks {
    pub(super) const fn is_over(self) -> bool {
        self.rst_out || self.rst_back || (self.fin_out && self.fin_back)
    }
}

// === impl History ===

impl History {
    /// Notes a letter, if it is the first of its kind.
    pub(super) fn note(&mut self, letter: u8, by_opener: bool) {
        let letter = if by_opener { letter.to_ascii_uppercase() } else { letter };
        let (known, free) = self.letters.split_at_mut(self.len.min(12));
        if let (false, Some(place)) = (known.contains(&letter), free.first_mut()) {
            *place = letter;
            self.len += 1;
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.letters.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }
}

// === impl Flow ===

impl Flow {
    pub(super) fn new(ends: Rc<Ends>, start: bool) -> Self {
        Self {
            last: ends.first,
            ends,
            last_payload: None,
            out: Half::default(),
            back: Half::default(),
            marks: Marks { start, ..Marks::default() },
            talk: Talk::default(),
            history: History::default(),
        }
    }

    const fn half(&mut self, from_inside: bool) -> &mut Half {
        if from_inside { &mut self.out } else { &mut self.back }
    }

    /// Who sends, the opener or the other; an unknown opener is nobody.
    fn by_opener(&self, from_inside: bool) -> bool {
        match self.ends.opened_by {
            OpenedBy::Inside => from_inside,
            OpenedBy::Outside => !from_inside,
            OpenedBy::Unknown => false,
        }
    }

    /// Counts packets of one side, the last of them at `at`, with `extra` bytes of options in all.
    pub(super) fn count(
        &mut self,
        at: Timestamp,
        from_inside: bool,
        (packets, bytes): (u64, u64),
        extra: u64,
    ) {
        self.last = self.last.max(at);
        let network = if self.ends.key.inside.is_v4() { 20 } else { 40 };
        let transport = if self.ends.key.proto == Proto::TCP { 20 } else { 8 };
        let half = self.half(from_inside);
        half.volume.packets += packets;
        half.volume.bytes += bytes;
        half.ip_bytes += packets * (network + transport) + bytes + extra;
    }

    /// Notes in the history that a side sent data or only an acknowledgement.
    pub(super) fn note(&mut self, letter: u8, from_inside: bool) {
        let by_opener = match self.ends.opened_by {
            OpenedBy::Unknown => from_inside,
            _ => self.by_opener(from_inside),
        };
        self.history.note(letter, by_opener);
    }

    /// Follows SYN, SYN-ACK, ACK, FIN and RST.
    pub(super) fn handshake(&mut self, flags: u8, from_inside: bool, payload: bool) {
        let by_opener = self.by_opener(from_inside);
        let has = |flag: u8| flags & flag != 0;
        if has(SYN) {
            self.marks.syn_ack |= has(ACK);
            self.note(if has(ACK) { b'h' } else { b's' }, from_inside);
        } else if has(ACK) && !has(RST) && by_opener {
            self.marks.acked = true;
        }
        if payload {
            self.note(b'd', from_inside);
        } else if flags == ACK {
            self.note(b'a', from_inside);
        }
        if has(FIN) {
            self.note(b'f', from_inside);
            match from_inside {
                true => self.marks.fin_out = true,
                false => self.marks.fin_back = true,
            }
        }
        if has(RST) {
            self.note(b'r', from_inside);
            match from_inside {
                true => self.marks.rst_out = true,
                false => self.marks.rst_back = true,
            }
            self.marks.refused |= !by_opener && !self.marks.syn_ack && !self.marks.acked;
        }
    }

    /// Follows the sequence numbers of single packets.
    pub(super) fn sequence(&mut self, from_inside: bool, seq: u32, flags: u8, length: usize) {
        let spoken = self.last_payload.is_some();
        let half = self.half(from_inside);
        if flags & SYN != 0 && (half.next.is_none() || !spoken) {
            half.next = Some(seq.wrapping_add(1));
        } else if length > 0 {
            half.next = Some(seq.wrapping_add(length as u32));
        }
    }

    /// Is this a SYN that begins another connection between the same ends?
    pub(super) fn is_reopened(&self, from_inside: bool, seq: u32, flags: u8) -> bool {
        let half = if from_inside { &self.out } else { &self.back };
        let other = half.next.is_some_and(|next| next != seq.wrapping_add(1));
        flags & (SYN | ACK) == SYN && (self.marks.is_over() || (self.marks.syn_ack && other))
    }

    fn answered(&self) -> bool {
        self.out.volume.packets > 0 && self.back.volume.packets > 0
    }

    /// The second at which it has been silent for too long.
    pub(super) fn deadline(&self) -> u64 {
        let wait = match self.ends.key.proto {
            Proto::TCP if self.marks.is_over() => LINGER,
            Proto::TCP if self.answered() || self.marks.acked => TCP_IDLE,
            Proto::TCP if self.marks.start => TCP_UNANSWERED,
            Proto::TCP => TCP_IDLE / 3,
            _ if self.answered() => UDP_IDLE,
            _ => UDP_ONE_WAY,
        };
        // A finished flow is looked at when its linger is over, and a second later.
        self.last.secs() + wait + u64::from(wait == LINGER)
    }

    fn state(&self) -> FlowState {
        let (opener, other) = match self.ends.opened_by {
            OpenedBy::Inside => (&self.out, &self.back),
            OpenedBy::Outside => (&self.back, &self.out),
            OpenedBy::Unknown => return FlowState::Partial,
        };
        if self.marks.refused {
            return FlowState::Refused;
        }
        if self.ends.key.proto == Proto::TCP {
            return match self.marks.start {
                true if self.marks.syn_ack || self.marks.acked => FlowState::Established,
                true if other.volume.packets == 0 => FlowState::Unanswered,
                true => FlowState::Refused,
                false => FlowState::Partial,
            };
        }
        match (opener.volume.packets > 0, other.volume.packets > 0) {
            (true, true) => FlowState::Established,
            (true, false) => FlowState::Unanswered,
            _ => FlowState::Partial,
        }
    }

    /// Zeek's word for how a connection went (base/protocols/conn/main.zeek).
    fn word(&self) -> &'static str {
        let outside = self.ends.opened_by == OpenedBy::Outside;
        let pair = |out, back| if outside { (back, out) } else { (out, back) };
        let (opener, other) = pair(&self.out, &self.back);
        if self.ends.key.proto != Proto::TCP {
            return match (opener.volume.packets > 0, other.volume.packets > 0) {
                _ if self.ends.key.proto != Proto::UDP => "OTH",
                (true, true) => "SF",
                (true, false) => "S0",
                _ => "SHR",
            };
        }
        let marks = &self.marks;
        let by = |out: bool, back: bool| if outside { (back, out) } else { (out, back) };
        let (fin, fin_back) = by(marks.fin_out, marks.fin_back);
        let (rst, rst_back) = by(marks.rst_out, marks.rst_back);
        match (marks.start, marks.syn_ack) {
            (false, _) => "OTH",
            (true, false) if rst_back => "REJ",
            (true, false) if rst => "RSTOS0",
            (true, false) if fin => "SH",
            (true, false) => "S0",
            (true, true) if rst_back => "RSTR",
            (true, true) if rst => "RSTO",
            (true, true) => match (fin, fin_back) {
                (true, true) => "SF",
                (true, false) => "S2",
                (false, true) => "S3",
                (false, false) => "S1",
            },
        }
    }

    pub(super) fn closed(&self, service: Service) -> Closed {
        Closed {
            record: FlowRecord {
                first: self.ends.first,
                last: self.last,
                out: self.out.volume,
                back: self.back.volume,
                state: self.state(),
                service,
                start_seen: self.marks.start,
            },
            ip_bytes: (self.out.ip_bytes, self.back.ip_bytes),
            history: self.history,
            word: self.word(),
        }
    }
}
