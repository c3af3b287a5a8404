//! A parser to copy: it names POP3 by its banner (RFC 1939) and tells that banner.
//!
//! To add a protocol: copy this folder, change the names, add the module to `lib.rs` and one line
//! to the list in `protocol.rs`. This one is compiled and tested, but not in the list.
//! Bias and failure choice belong here: only a banner that begins with `+OK` counts, and a gap
//! before its end lets the flow go.

use ostium_event::{Banner, Service, What};

use crate::bytes::Text;
use crate::context::{Context, Heads, Match, Next, Sink};
use crate::line::Lines;
use crate::protocol::Protocol;

/// The protocol on one flow: nothing but the begun line. Box what is larger than a few words.
#[derive(Default)]
pub(crate) struct Template(Lines);

// === impl Template ===

impl Protocol for Template {
    const SERVICE: Service = Service::Other;

    /// Answer `Maybe` only while the bytes are too few: the other answers must never change.
    fn recognise(heads: &Heads<'_>, _ctx: &Context) -> Match {
        Match::prefix(heads.this, b"+OK")
    }

    /// Bytes come as the network cut them: the same events must follow from any cut.
    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let mut rest = bytes;
        let Some(line) = self.0.next(&mut rest) else {
            return Next::More;
        };
        out(What::Banner(Banner {
            service: Self::SERVICE,
            from_inside: ctx.is_from_inside(),
            text: Text::<255>::printable(line).as_str(),
        }));
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use ostium_event::Timestamp;

    use super::*;
    use crate::context::Side;

    #[test]
    fn the_same_banner_from_any_cut() {
        let ctx = Context {
            at: Timestamp::ZERO,
            side: Side::Responder,
            opener_is_inside: true,
            opener_port: 40_000,
            responder_port: 110,
            from_start: true,
        };
        let text = b"+OK ready\r\n";
        for cut in 0..text.len() {
            let (first, second) = text.split_at(cut);
            let mut seen = Vec::new();
            let mut out = |what: What<'_>| {
                if let What::Banner(banner) = what {
                    seen.push(banner.text.to_owned());
                }
            };
            let mut parser = Template::default();
            assert_eq!(parser.stream(&ctx, first, &mut out), Next::More);
            assert_eq!(parser.stream(&ctx, second, &mut out), Next::Done);
            assert_eq!(seen, ["+OK ready"]);
        }
    }

    #[test]
    fn only_its_banner_is_recognised() {
        let answer = |this| {
            let heads = Heads { this, other: &[] };
            let ctx = Context {
                at: Timestamp::ZERO,
                side: Side::Responder,
                opener_is_inside: true,
                opener_port: 1,
                responder_port: 110,
                from_start: true,
            };
            Template::recognise(&heads, &ctx)
        };
        assert_eq!(answer(b"+O"), Match::Maybe);
        assert_eq!(answer(b"+OK ready"), Match::Yes);
        assert_eq!(answer(b"-ERR"), Match::No);
    }
}
