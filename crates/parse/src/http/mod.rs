//! HTTP/1 (RFC 9112): every request and reply of a connection; bodies are skipped.
//!
//! Which side is the client is told by what it says. After a gap or a malformed head a side is
//! lost until a segment begins with a message. A body without a length ends with the connection, or
//! where the client asks again and a reply follows. A tunnel opened by CONNECT is recognised afresh.

mod body;
mod field;
mod line;
mod magic;
mod reply;
mod request;

use std::borrow::Cow;
use std::collections::VecDeque;

use ostium_event::{Anomaly, Service, What};

use self::body::{Length, Progress, Skipper};
use self::reply::Reply;
use self::request::Asked;
use crate::context::{Both, Context, Heads, Match, Next, Sink};
use crate::protocol::Protocol;

/// Requests that may wait for their replies.
const MAX_ASKED: usize = 32;
/// Malformed heads after which a flow is let go.
const MAX_FAULTS: u8 = 8;

/// How a reply begins.
const REPLY: &[u8] = b"HTTP/1.";

/// HTTP/1 on one flow.
#[derive(Default)]
pub(crate) struct Http(Box<State>);

#[derive(Default)]
struct State {
    sides: Both<Direction>,
    asked: VecDeque<Asked>,
    faults: u8,
}

#[derive(Default)]
struct Direction {
    mode: Mode,
    /// A begun head.
    part: Vec<u8>,
    /// A reply that waits for the first bytes of its body.
    held: Option<Box<Reply<'static>>>,
}

/// What the next bytes of a side are.
#[derive(Default)]
enum Mode {
    #[default]
    Head,
    Body(Skipper),
    /// The client asked again after a reply whose body has no end: a reply, or more of the body.
    Again(Skipper),
    Lost,
}

/// What was made of bytes in front of a message.
enum Found<'a> {
    Head(Cow<'a, [u8]>),
    Need,
    Bad,
}

// === impl Http ===

impl Protocol for Http {
    const SERVICE: Service = Service::Http;

    fn recognise(heads: &Heads<'_>, _ctx: &Context) -> Match {
        line::begins(heads.this)
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        self.0.read(ctx, bytes, out)
    }

    fn gap(&mut self, ctx: &Context, missing: u64, out: &mut Sink<'_>) -> Next {
        let direction = self.0.sides.of_mut(ctx.side);
        direction.tell_held(out);
        direction.part = Vec::new();
        let kept = match &mut direction.mode {
            Mode::Body(skipper) => skipper.gap(missing),
            Mode::Head | Mode::Again(_) | Mode::Lost => false,
        };
        if !kept {
            direction.mode = Mode::Lost;
            self.0.asked.clear();
        }
        Next::More
    }

    fn finish(&mut self, ctx: &Context, out: &mut Sink<'_>) {
        self.0.sides.of_mut(ctx.side).tell_held(out);
        self.0.sides.of_mut(ctx.side.other()).tell_held(out);
    }

    fn heap_bytes(&self) -> usize {
        size_of::<State>()
            + self.0.asked.capacity() * size_of::<Asked>()
            + self.0.sides.sum(|side| side.part.capacity() + side.held.as_ref().map_or(0, |_| 256))
    }
}

// === impl State ===

impl State {
    fn read(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let mut rest = bytes;
        self.sides.of_mut(ctx.side).find_again(rest, out);
        while !rest.is_empty() {
            let direction = self.sides.of_mut(ctx.side);
            let next = match &mut direction.mode {
                Mode::Lost => return Next::More,
                Mode::Again(skipper) => {
                    let skipper = *skipper;
                    direction.again(skipper, &mut rest, out);
                    Next::More
                }
                Mode::Body(skipper) => {
                    let progress = skipper.feed(&mut rest);
                    let whole = skipper.prefix_is_whole() || progress == Progress::Broken;
                    if whole {
                        direction.tell_held(out);
                    }
                    self.after_body(ctx, progress, out)
                }
                Mode::Head => match direction.head(&mut rest) {
                    Found::Need => return Next::More,
                    Found::Bad => self.fault(ctx, out),
                    Found::Head(head) if head.starts_with(b"HTTP/") => {
                        self.reply(ctx, &head, rest.len(), out)
                    }
                    Found::Head(head) => self.request(ctx, &head, out),
                },
            };
            if next != Next::More {
                return next;
            }
        }
        Next::More
    }

    fn request(&mut self, ctx: &Context, head: &[u8], out: &mut Sink<'_>) -> Next {
        let Some((asked, length)) = request::read(head, out) else {
            return self.fault(ctx, out);
        };
        if self.asked.len() >= MAX_ASKED {
            self.asked.clear();
        }
        self.asked.push_back(asked);
        self.begin_body(ctx, length);
        self.sides.of_mut(ctx.side.other()).asked_again();
        Next::More
    }

    /// `after` bytes follow the head.
    fn reply(&mut self, ctx: &Context, head: &[u8], after: usize, out: &mut Sink<'_>) -> Next {
        let Some(reply) = Reply::read(head) else {
            return self.fault(ctx, out);
        };
        // A hint that the reply is yet to come.
        if matches!(reply.status, 100 | 102..=199) {
            return Next::More;
        }
        let asked = self.asked.pop_front().unwrap_or_default();
        if asked == Asked::Connect && (200..300).contains(&reply.status) {
            reply.tell(&[], out);
            return Next::Restart(after);
        }
        // Another protocol that is not read, such as a web socket.
        if reply.status == 101 {
            reply.tell(&[], out);
            return Next::Done;
        }
        let length = reply.length(asked);
        if length == Length::Bytes(0) {
            reply.tell(&[], out);
        } else {
            self.sides.of_mut(ctx.side).held = Some(reply.kept());
        }
        self.begin_body(ctx, length);
        Next::More
    }

    fn begin_body(&mut self, ctx: &Context, length: Length) {
        self.sides.of_mut(ctx.side).mode = match length {
            Length::Bytes(0) => Mode::Head,
            length => Mode::Body(Skipper::new(length)),
        };
    }

    fn after_body(&mut self, ctx: &Context, progress: Progress, out: &mut Sink<'_>) -> Next {
        match progress {
            Progress::More => Next::More,
            Progress::Ended => {
                self.sides.of_mut(ctx.side).mode = Mode::Head;
                Next::More
            }
            Progress::Broken => self.fault(ctx, out),
        }
    }

    fn fault(&mut self, ctx: &Context, out: &mut Sink<'_>) -> Next {
        out(What::Anomaly(Anomaly::HttpMalformed));
        *self.sides.of_mut(ctx.side) = Direction { mode: Mode::Lost, ..Direction::default() };
        self.asked.clear();
        self.faults += 1;
        if self.faults >= MAX_FAULTS { Next::Done } else { Next::More }
    }
}

// === impl Direction ===

impl Direction {
    /// A side that is lost goes on where a segment begins a message.
    fn find_again(&mut self, segment: &[u8], out: &mut Sink<'_>) {
        if matches!(self.mode, Mode::Lost) && line::begins(segment) == Match::Yes {
            self.tell_held(out);
            self.mode = Mode::Head;
        }
    }

    /// A client that asks again has seen the end of a reply that seemed to have none, unless it did
    /// not wait; what follows shows which.
    fn asked_again(&mut self) {
        if let Mode::Body(skipper) = self.mode
            && skipper.is_until_close()
        {
            self.mode = Mode::Again(skipper);
        }
    }

    /// Compares what follows with the beginning of a reply; else the body goes on.
    fn again(&mut self, mut skipper: Skipper, rest: &mut &[u8], out: &mut Sink<'_>) {
        let missing = REPLY.len().saturating_sub(self.part.len());
        let (next, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
        self.part.extend_from_slice(next);
        *rest = after;
        match Match::prefix(&self.part, REPLY) {
            Match::Maybe => {}
            Match::Yes => {
                self.tell_held(out);
                self.mode = Mode::Head;
            }
            Match::No => {
                skipper.feed(&mut &*std::mem::take(&mut self.part));
                self.mode = Mode::Body(skipper);
                if skipper.prefix_is_whole() {
                    self.tell_held(out);
                }
            }
        }
    }

    /// Takes the next head off `rest`.
    fn head<'b>(&mut self, rest: &mut &'b [u8]) -> Found<'b> {
        if self.part.is_empty() {
            // Some clients send an empty line after a body.
            let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
            *rest = rest.get(blank.count()..).unwrap_or_default();
            if rest.is_empty() {
                return Found::Need;
            }
            if line::begins(rest) == Match::No {
                return Found::Bad;
            }
            if let Some(end) = line::end(rest, 0)
                && let Some((head, after)) = rest.split_at_checked(end)
            {
                *rest = after;
                return Found::Head(Cow::Borrowed(head));
            }
        }
        self.keep(rest)
    }

    /// Adds to the begun head.
    fn keep<'b>(&mut self, rest: &mut &'b [u8]) -> Found<'b> {
        let before = self.part.len();
        let room = line::MAX_HEAD.saturating_sub(before);
        let added = rest.get(..room).unwrap_or(rest);
        self.part.extend_from_slice(added);
        if line::begins(&self.part) == Match::No {
            return Found::Bad;
        }
        if let Some(end) = line::end(&self.part, before.saturating_sub(2)) {
            self.part.truncate(end);
            *rest = rest.get(end - before..).unwrap_or_default();
            return Found::Head(Cow::Owned(std::mem::take(&mut self.part)));
        }
        *rest = &[];
        if self.part.len() >= line::MAX_HEAD { Found::Bad } else { Found::Need }
    }

    fn tell_held(&mut self, out: &mut Sink<'_>) {
        if let Some(reply) = self.held.take() {
            let prefix = match &self.mode {
                Mode::Body(skipper) | Mode::Again(skipper) => skipper.prefix(),
                Mode::Head | Mode::Lost => &[],
            };
            reply.tell(prefix, out);
        }
    }
}

#[cfg(test)]
mod tests;
