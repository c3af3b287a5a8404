//! What a flow says: known beforehand, or read by the parser of the product.

use ostium_event::{Anomaly, OpenedBy, Service, Timestamp, What};
use ostium_parse::{Context, FlowParser, Interest, Side, broken_promise};

use super::fact::Fact;
use super::flow::Ends;

/// Who reads a flow.
#[derive(Default)]
pub(super) enum Talk {
    /// Nothing was said yet.
    #[default]
    Silent,
    Read(Box<FlowParser>),
    Done(Service),
}

/// What is known of a burst without reading it.
pub(crate) struct Known {
    /// The protocol.
    pub(crate) service: Service,
    /// What is said when so many bytes have passed.
    pub(crate) fact: Option<(usize, Fact)>,
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Silent => "silent",
            Self::Read(_) => "read",
            Self::Done(_) => "done",
        })
    }
}

// === impl Talk ===

impl Talk {
    /// Nothing more is to be read of it.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub(super) const fn is_silent(&self) -> bool {
        matches!(self, Self::Silent)
    }

    /// The protocol is known; gives the anomaly when its port promises another.
    pub(super) fn know(&mut self, ends: &Ends, service: Service) -> Option<Anomaly> {
        *self = Self::Done(service);
        broken_promise(responder_port(ends), service)
    }

    /// Reads bytes of a stream or a datagram.
    pub(super) fn read(
        &mut self,
        ends: &Ends,
        (at, from_inside, start): (Timestamp, bool, bool),
        bytes: &[u8],
        hear: &mut dyn FnMut(Fact),
    ) {
        let context = context(ends, at, from_inside, start);
        self.with_parser(|parser| {
            let mut out = |what: What<'_>| {
                if let Some(fact) = Fact::read(&what, at) {
                    hear(fact);
                }
            };
            match ends.key.proto == ostium_event::Proto::TCP {
                true => parser.stream(&context, bytes, &mut out),
                false => parser.datagram(&context, bytes, &mut out),
            }
        });
    }

    /// Bytes pass that nobody needs to read.
    pub(super) fn skip(
        &mut self,
        ends: &Ends,
        (at, from_inside, start): (Timestamp, bool, bool),
        missing: u64,
        hear: &mut dyn FnMut(Fact),
    ) {
        let context = context(ends, at, from_inside, start);
        self.with_parser(|parser| {
            parser.gap(&context, missing, &mut |what| {
                if let Some(fact) = Fact::read(&what, at) {
                    hear(fact);
                }
            })
        });
    }

    fn with_parser(&mut self, work: impl FnOnce(&mut FlowParser) -> Interest) {
        if self.is_silent() {
            *self = Self::Read(Box::default());
        }
        let Self::Read(parser) = self else {
            return;
        };
        if work(parser) == Interest::Done {
            *self = Self::Done(parser.service());
        }
    }

    /// The protocol as far as it is known.
    pub(super) fn service(&self) -> Service {
        match self {
            Self::Silent => Service::Silent,
            Self::Read(parser) => parser.service(),
            Self::Done(service) => *service,
        }
    }

    /// The flow has ended: tells what was held back.
    pub(super) fn finish(
        &mut self,
        ends: &Ends,
        (at, start): (Timestamp, bool),
        hear: &mut dyn FnMut(Fact),
    ) -> Service {
        let context = context(ends, at, true, start);
        if let Self::Read(parser) = self {
            parser.finish(&context, &mut |what| {
                if let Some(fact) = Fact::read(&what, at) {
                    hear(fact);
                }
            });
        }
        self.service()
    }
}

const fn opener_is_inside(ends: &Ends) -> bool {
    match ends.opened_by {
        OpenedBy::Inside => true,
        OpenedBy::Outside => false,
        OpenedBy::Unknown => ends.key.inside_port >= ends.key.outside_port,
    }
}

const fn responder_port(ends: &Ends) -> u16 {
    match opener_is_inside(ends) {
        true => ends.key.outside_port,
        false => ends.key.inside_port,
    }
}

const fn context(ends: &Ends, at: Timestamp, from_inside: bool, start: bool) -> Context {
    let inside = opener_is_inside(ends);
    Context {
        at,
        side: if from_inside == inside { Side::Opener } else { Side::Responder },
        opener_is_inside: inside,
        opener_port: if inside { ends.key.inside_port } else { ends.key.outside_port },
        responder_port: responder_port(ends),
        from_start: start,
    }
}
