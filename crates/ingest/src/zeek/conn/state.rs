//! What `conn_state` and `history` come to.

use ostium_event::{FlowState, Proto, Volume};

/// `conn_state`, in Zeek's names; what is none of them is `Oth`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ConnState {
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
    #[default]
    Oth,
}

/// What the history says, one letter an event; upper case is the originator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// Bit n for the byte 64 + n: `@A-Z[\]^_` in the low half, `a-z` in the high.
    bits: u64,
    /// There is one.
    is_set: bool,
}

// === impl ConnState ===

impl ConnState {
    /// Told apart byte by byte, which costs less than comparing with each name.
    #[inline]
    pub(super) const fn of(text: &[u8]) -> Self {
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
    pub(super) fn of(text: &[u8]) -> Self {
        let bits = text.iter().fold(0, |bits, &byte| bits | Self::bit(byte));
        Self { bits, is_set: !text.is_empty() }
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

#[inline]
pub(super) fn start_seen(proto: Proto, state: ConnState, history: History, sent: Volume) -> bool {
    if history.has(b'^') {
        false
    } else if proto == Proto::TCP {
        if history.is_set { history.has(b'S') } else { state != ConnState::Oth }
    } else {
        sent.packets > 0 || history.has(b'C')
    }
}

#[inline]
pub(super) fn opener_known(proto: Proto, state: ConnState, history: History) -> bool {
    proto != Proto::TCP
        || history.has(b'S')
        || history.has(b'h')
        || history.has(b'^')
        || state.tells_opener()
}

#[inline]
pub(super) fn flow_state(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(name: &str, history: &str) -> (FlowState, bool, bool) {
        let (conn_state, history_bits) =
            (ConnState::of(name.as_bytes()), History::of(history.as_bytes()));
        let both = (Volume::default(), Volume::default());
        (
            flow_state(Proto::TCP, conn_state, history_bits, both, 0),
            start_seen(Proto::TCP, conn_state, history_bits, both.0),
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
            flow_state(Proto::UDP, ConnState::Sf, History::of(history.as_bytes()), volumes, 0)
        };
        assert_eq!(of((some, some), "Dd"), FlowState::Established);
        assert_eq!(of((some, none), "D"), FlowState::Unanswered);
        assert_eq!(of((none, some), "d"), FlowState::Partial);
        assert_eq!(of((none, some), "Cd"), FlowState::Established);
        let echo =
            |kind| flow_state(Proto::ICMP, ConnState::Oth, History::default(), (some, none), kind);
        assert_eq!(echo(8), FlowState::Unanswered);
        assert_eq!(echo(3), FlowState::Partial);
    }
}
