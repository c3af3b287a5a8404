//! One flow's state.

use ostium_event::{
    FlowKey, FlowRecord, FlowState, OpenedBy, Proto, Scope, Service, Timestamp, Volume,
};

use crate::copies::Copies;
use crate::reassemble::Held;

/// What an observer is told of a flow.
#[derive(Clone, Copy, Debug)]
pub struct FlowInfo {
    /// Event time.
    pub at: Timestamp,
    /// The two ends.
    pub key: FlowKey,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// Does it leave the network?
    pub scope: Scope,
    /// First packet.
    pub first: Timestamp,
    /// The first packet was the true start.
    pub from_start: bool,
}

/// A flow in the table.
#[derive(Debug)]
pub(crate) struct Flow<P> {
    pub(crate) key: FlowKey,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) last_payload: Timestamp,
    pub(crate) out: Half,
    pub(crate) back: Half,
    pub(crate) marks: Marks,
    pub(crate) opened_by: OpenedBy,
    pub(crate) scope: Scope,
    /// The wheel's second at which this flow is looked at next.
    pub(crate) due: u32,
    pub(crate) parser: P,
    pub(crate) held: Option<Box<Held>>,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Half {
    pub(crate) bytes: u64,
    pub(crate) packets: u32,
    pub(crate) next: u32,
    pub(crate) copies: Copies,
}

/// What has been seen of a flow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks(u16);

// === impl Marks ===

impl Marks {
    /// The start itself was seen.
    pub(crate) const START: u16 = 1;
    pub(crate) const SYN_ACK: u16 = 2;
    /// The opener acknowledged, so the handshake is complete.
    pub(crate) const ACKED: u16 = 4;
    pub(crate) const FIN_OUT: u16 = 8;
    pub(crate) const FIN_BACK: u16 = 16;
    pub(crate) const RST: u16 = 32;
    /// A reset or ICMP unreachable answered the opener before any handshake.
    pub(crate) const REFUSED: u16 = 64;
    /// The observer wants no more payload.
    pub(crate) const QUIET: u16 = 128;
    /// The next sequence number of the inside's direction is known.
    pub(crate) const SEQ_OUT: u16 = 256;
    pub(crate) const SEQ_BACK: u16 = 512;
    pub(crate) const PAYLOAD: u16 = 1024;

    #[inline]
    pub(crate) const fn has(self, mark: u16) -> bool {
        self.0 & mark != 0
    }

    #[inline]
    pub(crate) const fn set(&mut self, mark: u16) {
        self.0 |= mark;
    }

    /// Both sides have finished, or one has reset.
    #[inline]
    pub(crate) const fn is_over(self) -> bool {
        self.0 & Self::RST != 0
            || self.0 & (Self::FIN_OUT | Self::FIN_BACK) == Self::FIN_OUT | Self::FIN_BACK
    }
}

// === impl Flow ===

impl<P> Flow<P> {
    pub(crate) const fn info(&self, at: Timestamp) -> FlowInfo {
        FlowInfo {
            at,
            key: self.key,
            opened_by: self.opened_by,
            scope: self.scope,
            first: self.first,
            from_start: self.marks.has(Marks::START),
        }
    }

    pub(crate) const fn half(&mut self, from_inside: bool) -> &mut Half {
        if from_inside { &mut self.out } else { &mut self.back }
    }

    /// How the flow went, as far as it was seen.
    pub(crate) fn state(&self) -> FlowState {
        let (opener, other) = match self.opened_by {
            OpenedBy::Inside => (&self.out, &self.back),
            OpenedBy::Outside => (&self.back, &self.out),
            OpenedBy::Unknown => return FlowState::Partial,
        };
        if self.marks.has(Marks::REFUSED) {
            return FlowState::Refused;
        }
        if self.key.proto == Proto::TCP {
            return match self.marks.has(Marks::START) {
                true if self.marks.has(Marks::SYN_ACK) || self.marks.has(Marks::ACKED) => {
                    FlowState::Established
                }
                true if other.packets == 0 => FlowState::Unanswered,
                // Answered, but not by a handshake.
                true => FlowState::Refused,
                false => FlowState::Partial,
            };
        }
        match (opener.packets > 0, other.packets > 0) {
            (true, true) => FlowState::Established,
            (true, false) => FlowState::Unanswered,
            _ => FlowState::Partial,
        }
    }

    pub(crate) fn record(&self) -> FlowRecord {
        FlowRecord {
            first: self.first,
            last: self.last,
            out: Volume { packets: u64::from(self.out.packets), bytes: self.out.bytes },
            back: Volume { packets: u64::from(self.back.packets), bytes: self.back.bytes },
            state: self.state(),
            service: Service::Silent,
            start_seen: self.marks.has(Marks::START),
        }
    }
}
