//! Ending TCP connections out of path, by resets to both ends.

use ostium_enforce::reset::{Effort, End, resets};
use ostium_event::Timestamp;
use ostium_pipeline::{Alarm, Segment};
use ostium_sensor_api::Matter;
use ostium_verdict::{Mode, Target};

use super::Warden;
use super::act::Came;
use crate::config::Resets;

/// Besides the exact number one segment further on, for what is on its way.
const EFFORT: Effort = Effort { extra: 2, stride: 1460 };
/// What is taken for an end's window; it was not looked at.
const WINDOW: u32 = 32_768;

// === impl Warden: resets ===

impl Warden {
    /// Resets the connection of an alarm, when the site wants that.
    pub(super) fn reset(&mut self, alarm: &Alarm, blocked: Came, now: Timestamp) {
        let wanted = match self.ways.resets {
            Resets::Never => false,
            Resets::Names => blocked == Came::Shared,
            // What is allowed or released is left alone here too.
            Resets::Always => blocked != Came::Not,
        };
        let (Some(segment), true, Mode::Block) = (alarm.segment, wanted, self.ways.mode) else {
            return;
        };
        let Some(sender) = &self.resetter else {
            return;
        };
        let (one, other) = ends(alarm, segment);
        let mut sent = 0;
        let mut failed = None;
        for packet in resets(&one, &other, EFFORT) {
            match sender.send(&packet) {
                Ok(()) => sent += 1,
                Err(error) => failed = Some(error),
            }
        }
        let flow = &alarm.flow;
        let target = Target::Address(flow.outside);
        let said = match failed {
            Some(error) if sent == 0 => format!("cannot reset a connection: {error}"),
            _ => format!("the connection of {} with {} was reset", flow.inside, flow.outside),
        };
        self.news.tell(now, Matter::Reset, Some(&target), said);
    }
}

/// What is known of both ends by one segment.
fn ends(alarm: &Alarm, segment: Segment) -> (End, End) {
    let flow = &alarm.flow;
    let inside = (flow.inside, flow.inside_port);
    let outside = (flow.outside, flow.outside_port);
    let (from, to) = if segment.from_inside { (inside, outside) } else { (outside, inside) };
    let acked = (segment.ack != 0).then_some(segment.ack);
    let sender = End {
        addr: from.0,
        port: from.1,
        next: Some(segment.seq.wrapping_add(segment.len)),
        acked,
        window: WINDOW,
    };
    let receiver =
        End { addr: to.0, port: to.1, next: acked, acked: Some(segment.seq), window: WINDOW };
    (sender, receiver)
}
