//! The list of protocols. Adding one is a folder and a line here.
//!
//! Recognition asks them in the order of the list, so a strict one stands before a loose one.

use ostium_event::Service;

use crate::context::{Context, Heads, Match, Next, Sink};

/// One protocol on one flow. Create it cheaply: it is made at recognition.
pub(crate) trait Protocol: Default {
    /// What the flow is, once recognised.
    const SERVICE: Service;

    /// Are these the first bytes of a stream of this protocol?
    fn recognise(_heads: &Heads<'_>, _ctx: &Context) -> Match {
        Match::No
    }

    /// Is this a datagram of this protocol?
    fn recognise_datagram(_bytes: &[u8], _ctx: &Context) -> bool {
        false
    }

    /// Reads the next bytes of one side.
    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next;

    /// Bytes of one side are missing.
    fn gap(&mut self, _ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        Next::Done
    }

    /// Reads one datagram.
    fn datagram(&mut self, _ctx: &Context, _bytes: &[u8], _out: &mut Sink<'_>) -> Next {
        Next::Done
    }

    /// The flow has ended: tell what was held back.
    fn finish(&mut self, _ctx: &Context, _out: &mut Sink<'_>) {}

    /// Bytes held on the heap, about: callers bound the sum over all flows.
    fn heap_bytes(&self) -> usize {
        0
    }
}

macro_rules! protocols {
    ($($variant:ident($parser:ty),)*) => {
        /// The protocol that a flow speaks.
        pub(crate) enum Active { $($variant($parser),)* }

        impl Active {
            /// The first protocol of the list that may begin like this.
            pub(crate) fn recognise(heads: &Heads<'_>, ctx: &Context) -> Result<Self, Match> {
                $(match <$parser>::recognise(heads, ctx) {
                    Match::No => {}
                    Match::Maybe => return Err(Match::Maybe),
                    Match::Yes => return Ok(Self::$variant(<$parser>::default())),
                })*
                Err(Match::No)
            }

            /// The first protocol of the list that knows this datagram.
            pub(crate) fn recognise_datagram(bytes: &[u8], ctx: &Context) -> Option<Self> {
                $(if <$parser>::recognise_datagram(bytes, ctx) {
                    return Some(Self::$variant(<$parser>::default()));
                })*
                None
            }

            pub(crate) const fn service(&self) -> Service {
                match self { $(Self::$variant(_) => <$parser>::SERVICE,)* }
            }

            pub(crate) fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
                match self { $(Self::$variant(parser) => parser.stream(ctx, bytes, out),)* }
            }

            pub(crate) fn gap(&mut self, ctx: &Context, missing: u64, out: &mut Sink<'_>) -> Next {
                match self { $(Self::$variant(parser) => parser.gap(ctx, missing, out),)* }
            }

            pub(crate) fn datagram(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
                match self { $(Self::$variant(parser) => parser.datagram(ctx, bytes, out),)* }
            }

            pub(crate) fn heap_bytes(&self) -> usize {
                match self { $(Self::$variant(parser) => parser.heap_bytes(),)* }
            }

            pub(crate) fn finish(&mut self, ctx: &Context, out: &mut Sink<'_>) {
                match self { $(Self::$variant(parser) => parser.finish(ctx, out),)* }
            }
        }
    };
}

protocols! {
    Tool(crate::tool::Tool),
    Tls(crate::tls::Tls),
    Http(crate::http::Http),
    Dns(crate::dns::Dns),
    Quic(crate::quic::Quic),
    Ssh(crate::ssh::Ssh),
    Smtp(crate::smtp::Smtp),
    Ftp(crate::ftp::Ftp),
    Irc(crate::irc::Irc),
}
