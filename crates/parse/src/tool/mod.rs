//! Known bots, remote controls, stagers and miners, by the first words of their own protocols.
//!
//! A variant of a bot gets a new name and a new packer, seldom a new conversation. `marks.rs` lists
//! the first words and where each was published. Bias: what others could say by chance is not in
//! the list; a mark counts only at the very start of a stream whose start was seen.

mod marks;
mod work;

use ostium_event::{Service, Tool as Seen, What};

use crate::context::{Context, HEAD_BYTES, Heads, Match, Next, Side, Sink};
use crate::protocol::Protocol;
use marks::Mark;
use work::Work;

/// A tool on one flow.
#[derive(Default)]
pub(crate) struct Tool {
    /// Idle talk that must follow before the mark counts.
    idle: Option<Box<Idle>>,
    /// Work that makes a mark sure.
    work: Option<Box<Work>>,
}

/// Zeros of both sides: how a Mirai bot and its controller show that they live.
#[derive(Clone, Copy)]
struct Idle {
    tool: Seen,
    /// Bytes of the opener's first words that are still to come.
    head: usize,
    opener: usize,
    responder: usize,
}

/// Zeros of the opener and of the responder that make it sure: two signs of life and an answer.
const SURE: (usize, usize) = (4, 2);

// === impl Tool ===

impl Protocol for Tool {
    /// Its words are known, its protocol is not.
    const SERVICE: Service = Service::Unknown;

    fn recognise(heads: &Heads<'_>, ctx: &Context) -> Match {
        if !ctx.from_start {
            return Match::No;
        }
        marks::find(ctx.side, heads.this).0
    }

    fn recognise_datagram(bytes: &[u8], ctx: &Context) -> bool {
        // One packet is enough: the mark is eight bytes of a random number.
        ctx.is_from_inside() && marks::datagram(bytes).is_some()
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        if let Some(idle) = &mut self.idle {
            return idle.hear(ctx.side, bytes, out);
        }
        if let Some(work) = &mut self.work {
            return work.hear(ctx.side, bytes, out);
        }
        let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        match marks::find(ctx.side, head).1 {
            Some(Mark::Sure(tool)) => {
                out(What::Tool(tool));
                Next::Done
            }
            Some(Mark::Idle(tool, head)) => {
                let mut idle = Idle { tool, head, opener: 0, responder: 0 };
                let next = idle.hear(ctx.side, bytes, out);
                self.idle = Some(Box::new(idle));
                next
            }
            Some(Mark::Work(tool)) => {
                out(What::Tool(Seen { exact: false, ..tool }));
                let mut work = Work::of(tool);
                let next = work.hear(ctx.side, bytes, out);
                self.work = Some(Box::new(work));
                next
            }
            // What the other side said before.
            None => Next::More,
        }
    }

    fn gap(&mut self, _ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        match &mut self.work {
            Some(work) => work.gap(),
            None => Next::Done,
        }
    }

    fn heap_bytes(&self) -> usize {
        let idle = self.idle.as_ref().map_or(0, |_| size_of::<Idle>());
        idle + self.work.as_ref().map_or(0, |work| work.heap_bytes())
    }

    fn datagram(&mut self, _ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        if let Some(tool) = marks::datagram(bytes) {
            out(What::Tool(tool));
        }
        Next::Done
    }
}

// === impl Idle ===

impl Idle {
    fn hear(&mut self, side: Side, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let mut bytes = bytes;
        if side == Side::Opener {
            let skipped = self.head.min(bytes.len());
            self.head -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let count = match side {
            Side::Opener => &mut self.opener,
            Side::Responder => &mut self.responder,
        };
        *count += zeros;
        if self.opener >= SURE.0 && self.responder >= SURE.1 {
            out(What::Tool(self.tool));
            return Next::Done;
        }
        // An order that comes this early is not waited for.
        if zeros < bytes.len() { Next::Done } else { Next::More }
    }
}

#[cfg(test)]
mod tests;
