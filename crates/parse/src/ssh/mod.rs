//! SSH: the identification line of each side (RFC 4253, section 4.2). All else is encrypted.

use ostium_event::{Banner, Service, What};

use crate::bytes::Text;
use crate::context::{Both, Context, Heads, Match, Next, Side, Sink};
use crate::line::Lines;
use crate::protocol::Protocol;

/// Segments that one side may send while the other is not seen.
const MAX_ALONE: u8 = 16;

/// SSH on one flow.
#[derive(Default)]
pub(crate) struct Ssh {
    seen: Both<bool>,
    alone: u8,
    lines: Option<Box<Both<Lines>>>,
}

// === impl Ssh ===

impl Protocol for Ssh {
    const SERVICE: Service = Service::Ssh;

    fn recognise(heads: &Heads<'_>, _ctx: &Context) -> Match {
        Match::prefix(heads.this, b"SSH-")
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        if *self.seen.of(ctx.side) {
            self.alone = self.alone.saturating_add(1);
            return self.next();
        }
        let mut rest = bytes;
        let lines = self.lines.get_or_insert_default();
        // A server may say other lines before its identification.
        while let Some(line) = lines.of_mut(ctx.side).next(&mut rest) {
            if line.starts_with(b"SSH-") {
                out(What::Banner(Banner {
                    service: Service::Ssh,
                    from_inside: ctx.is_from_inside(),
                    text: Text::<255>::printable(line).as_str(),
                }));
                *self.seen.of_mut(ctx.side) = true;
                break;
            }
        }
        self.next()
    }

    fn gap(&mut self, ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        *self.seen.of_mut(ctx.side) = true;
        self.next()
    }

    fn heap_bytes(&self) -> usize {
        let size = |both: &Both<Lines>| both.sum(Lines::heap_bytes) + size_of::<Both<Lines>>();
        self.lines.as_deref().map_or(0, size)
    }
}

impl Ssh {
    fn next(&self) -> Next {
        let both = *self.seen.of(Side::Opener) && *self.seen.of(Side::Responder);
        if both || self.alone >= MAX_ALONE { Next::Done } else { Next::More }
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::tests::{Bench, done, more};

    #[test]
    fn both_banners() {
        let mut bench = Bench::new(22);
        more(bench.responder(b"SSH-2.0-Open"));
        more(bench.responder(b"SSH_9.6\r\n\x00\x00binary"));
        done(bench.opener(b"SSH-2.0-Go\r\n"));
        assert_eq!(
            bench.seen,
            ["banner Ssh in=false SSH-2.0-OpenSSH_9.6", "banner Ssh in=true SSH-2.0-Go"]
        );
    }

    #[test]
    fn wrong_port_is_told() {
        let mut bench = Bench::new(443);
        more(bench.opener(b"SSH-2.0-x\r\n"));
        assert_eq!(bench.seen, ["anomaly port_mismatch", "banner Ssh in=true SSH-2.0-x"]);
    }
}
