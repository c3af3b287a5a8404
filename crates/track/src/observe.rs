//! What a tracker tells.

use ostium_event::{Anomaly, FlowRecord, Message};

use crate::flow::FlowInfo;

/// Hears of flows. `P` is the observer's own state of a flow (its parser).
pub trait Observer<P> {
    /// A flow begins; `start` is false when its beginning was missed.
    fn opened(&mut self, flow: &FlowInfo, start: bool);
    /// Bytes of a TCP stream, in order. `false`: no more of this flow, please.
    fn stream(&mut self, flow: &FlowInfo, parser: &mut P, from_inside: bool, bytes: &[u8]) -> bool;
    /// Bytes of a TCP stream are missing. `false`: no more of this flow, please.
    fn gap(&mut self, flow: &FlowInfo, parser: &mut P, from_inside: bool, missing: u64) -> bool;
    /// A datagram (UDP, ICMP or other). `false`: no more of this flow, please.
    fn datagram(
        &mut self,
        flow: &FlowInfo,
        parser: &mut P,
        from_inside: bool,
        bytes: &[u8],
    ) -> bool;
    /// An application message after a pause.
    fn message(&mut self, flow: &FlowInfo, message: Message);
    /// A flow goes on, as it stands: told every [`UNANSWERED`] packets of the inside host while
    /// nobody answers, and when somebody does after all. The record's service is the observer's to
    /// fill in; whoever only wants ends need not hear it.
    ///
    /// [`UNANSWERED`]: crate::UNANSWERED
    fn goes_on(&mut self, _flow: &FlowInfo, _parser: &P, _record: FlowRecord) {}
    /// A flow has ended. The record's service is the observer's to fill in.
    fn closed(&mut self, flow: &FlowInfo, parser: &mut P, record: FlowRecord);
    /// Something is not as it should be.
    fn anomaly(&mut self, flow: &FlowInfo, anomaly: Anomaly);
    /// A packet or flow was let go, and why.
    fn dropped(&mut self, reason: Drop);
}

/// Why a packet or a flow was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drop {
    /// A copy of a packet, as a mirror port makes them.
    Duplicate,
    /// The flow table was full: the oldest flow was ended early.
    FlowEvicted,
    /// Too many segments were waiting for a gap to fill.
    SegmentsEvicted,
    /// Too many datagrams were waiting for their fragments.
    FragmentEvicted,
}
