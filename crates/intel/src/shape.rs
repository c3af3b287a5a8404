//! How a conversation goes, whatever address it goes to, and patterns that many of them share.
//!
//! Bias: a pattern says nothing of a conversation that does not show every mark of it; what shows
//! only later (how often, how much) speaks against, and is awaited by nobody. Failure choice: a
//! pattern that rests on too little ([`Pattern::is_specific`]) is matched by nobody, whoever signs
//! for it.

mod index;
mod print;

pub use index::PatternIndex;
pub use print::{URI_LOOKED_AT, server_print, uri_form, without_values};

use ostium_event::Ja4;

/// How packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// How one conversation goes. What is not known is empty, `None` or 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Shape {
    /// Our own print of the server's hello and certificate.
    pub server: String,
    /// The fingerprint of the client.
    pub ja4: Option<Ja4>,
    /// The path with its words and numbers replaced by their kinds.
    pub uri: String,
    /// Our own print of the names of a request's headers, in their order.
    pub header_order: String,
    /// The port of the server.
    pub port: u16,
    /// How its packets go.
    pub transport: Option<Transport>,
    /// What is spoken, such as `tls`.
    pub application: String,
    /// Milliseconds between contacts.
    pub period_ms: u64,
    /// Bytes of a contact.
    pub sent_bytes: u64,
    /// See `sent_bytes`.
    pub received_bytes: u64,
}

/// Steps of a quarter of an octave, both included: where numbers of one family lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rungs {
    /// The lowest.
    pub low: u8,
    /// The highest.
    pub high: u8,
}

/// What the conversations of one family share. What it says nothing of is empty or `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Pattern {
    /// See [`Shape`].
    pub server: String,
    /// See [`Shape`].
    pub ja4: Option<Ja4>,
    /// See [`Shape`].
    pub uri: String,
    /// See [`Shape`].
    pub header_order: String,
    /// See [`Shape`].
    pub port: Option<u16>,
    /// See [`Shape`].
    pub transport: Option<Transport>,
    /// See [`Shape`].
    pub application: String,
    /// Where the time between contacts lies.
    pub period: Option<Rungs>,
    /// Where the bytes of a contact lie.
    pub sent: Option<Rungs>,
    /// See `sent`.
    pub received: Option<Rungs>,
}

/// One word of a shape that its maker chose, and by which it is recognised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mark {
    /// The print of the server.
    Server(String),
    /// The fingerprint of the client.
    Ja4(Ja4),
    /// The form of the path.
    Uri(String),
    /// The print of the headers.
    HeaderOrder(String),
}

/// The longest text of a shape, in bytes.
pub const LONGEST_MARK: usize = 256;

// === impl Transport ===

impl Transport {
    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|kind| kind.name() == text)
    }
}

// === impl Rungs ===

impl Rungs {
    /// The step on which a number lies: four to each doubling, so that numbers of one step differ by
    /// a fifth at most and those of neighbours by less than a half. 0 lies on none.
    pub const fn of(number: u64) -> Option<u8> {
        let Some(octave) = number.checked_ilog2() else { return None };
        let quarter =
            if octave < 2 { (number << (2 - octave)) & 3 } else { (number >> (octave - 2)) & 3 };
        // 63 octaves of four steps are below 256.
        Some((octave * 4) as u8 + quarter as u8)
    }

    /// Does a number lie there?
    pub fn contain(self, number: u64) -> bool {
        Self::of(number).is_some_and(|rung| (self.low..=self.high).contains(&rung))
    }
}

// === impl Shape ===

impl Shape {
    /// The words by which it is recognised.
    pub fn marks(&self) -> Vec<Mark> {
        marks(&self.server, self.ja4, &self.uri, &self.header_order)
    }
}

// === impl Pattern ===

impl Pattern {
    /// The words by which it recognises a conversation.
    pub fn marks(&self) -> Vec<Mark> {
        marks(&self.server, self.ja4, &self.uri, &self.header_order)
    }

    /// Is this enough to recognise a family by at first contact?
    ///
    /// It takes two marks, and one of them is the server's print or the form of a path: a client's
    /// fingerprint is that of its library, which honest programs use too, and ports, periods and
    /// sizes are shared by all that polls. Whether a mark is a common one, only who has seen many
    /// networks can tell; the hub does.
    pub fn is_specific(&self) -> bool {
        let uri = is_telling_uri(&self.uri);
        let own = !self.server.is_empty() || uri;
        let more =
            [!self.server.is_empty(), uri, self.ja4.is_some(), !self.header_order.is_empty()];
        own && more.into_iter().filter(|more| *more).count() >= 2
    }

    /// Does a conversation go so? All marks are there and the same; what shows later speaks against
    /// it once it is there.
    pub fn matches(&self, shape: &Shape) -> bool {
        let word = |own: &str, seen: &str| own.is_empty() || own == seen;
        let range = |own: Option<Rungs>, seen: u64| {
            own.is_none_or(|rungs| seen == 0 || rungs.contain(seen))
        };
        word(&self.server, &shape.server)
            && self.ja4.is_none_or(|ja4| shape.ja4 == Some(ja4))
            && word(&self.uri, &shape.uri)
            && word(&self.header_order, &shape.header_order)
            && self.port.is_none_or(|port| port == shape.port)
            && self.transport.is_none_or(|kind| shape.transport == Some(kind))
            && word(&self.application, &shape.application)
            && range(self.period, shape.period_ms)
            && range(self.sent, shape.sent_bytes)
            && range(self.received, shape.received_bytes)
    }
}

/// The front page, or one bare word, is everybody's.
fn is_telling_uri(uri: &str) -> bool {
    uri.len() >= 4 && uri.bytes().filter(|b| matches!(b, b'/' | b'?' | b'&' | b'=')).count() >= 2
}

fn marks(server: &str, ja4: Option<Ja4>, uri: &str, header_order: &str) -> Vec<Mark> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    [
        text(server).map(Mark::Server),
        text(uri).map(Mark::Uri),
        ja4.map(Mark::Ja4),
        text(header_order).map(Mark::HeaderOrder),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests;
