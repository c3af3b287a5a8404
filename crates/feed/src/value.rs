//! What an entry is about: an indicator, or what is told of a family or a victim.

use ostium_event::Ja4;
use ostium_intel::{IndicatorValue, LONGEST_MARK, Pattern, Rungs, Throttle, Transport};

use crate::entry::{addr_of, bytes_of, sane};
use crate::wire;

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A destination to look for.
    Indicator(IndicatorValue),
    /// How the conversations of a family go.
    Pattern(Box<Pattern>),
    /// A victim of many sources, and what each may still send.
    Throttle(Throttle),
    /// Names that one generator makes.
    Generator(Generator),
}

/// Names that one generator makes. Nothing is blocked by it: nobody registered them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generator {
    /// First eight bytes of SHA-256 of names, lowest first, without repetition.
    pub prints: Vec<u64>,
    /// Kinds of letters, lengths and top levels; may be empty.
    pub form: String,
}

/// Prints of one generator at most.
pub(crate) const MOST_PRINTS: usize = 64;
/// The longest form of a generator, and the longest name of an application, in bytes.
const LONGEST_FORM: usize = 64;

// === impl Value ===

impl Value {
    /// The indicator, if it is one.
    pub const fn indicator(&self) -> Option<&IndicatorValue> {
        match self {
            Self::Indicator(value) => Some(value),
            _ => None,
        }
    }
}

impl From<IndicatorValue> for Value {
    fn from(value: IndicatorValue) -> Self {
        Self::Indicator(value)
    }
}

// === impl Pattern, Throttle and Generator: as they are carried ===

pub(crate) fn pattern_to(pattern: &Pattern) -> wire::Pattern {
    let rungs = |rungs: Rungs| wire::Rungs { low: rungs.low.into(), high: rungs.high.into() };
    wire::Pattern {
        server: pattern.server.clone(),
        ja4: pattern.ja4.map(|ja4| ja4.to_string()).unwrap_or_default(),
        uri: pattern.uri.clone(),
        header_order: pattern.header_order.clone(),
        port: pattern.port.map_or(0, u32::from),
        transport: pattern.transport.map_or("", Transport::name).to_owned(),
        application: pattern.application.clone(),
        period: pattern.period.map(rungs),
        sent: pattern.sent.map(rungs),
        received: pattern.received.map(rungs),
    }
}

/// `None` if a part of it is none.
pub(crate) fn pattern_of(pattern: wire::Pattern) -> Option<Pattern> {
    let text = |text: String, longest: usize| match text.as_str() {
        "" => Some(text),
        _ => sane(text, longest),
    };
    let rungs = |rungs: Option<wire::Rungs>| match rungs {
        None => Some(None),
        Some(rungs) => {
            let low = u8::try_from(rungs.low).ok()?;
            let high = u8::try_from(rungs.high).ok().filter(|high| *high >= low)?;
            Some(Some(Rungs { low, high }))
        }
    };
    Some(Pattern {
        server: text(pattern.server, LONGEST_MARK)?,
        ja4: match pattern.ja4.as_str() {
            "" => None,
            ja4 => Some(Ja4::parse(ja4)?),
        },
        uri: text(pattern.uri, LONGEST_MARK)?,
        header_order: text(pattern.header_order, LONGEST_MARK)?,
        port: Some(u16::try_from(pattern.port).ok()?).filter(|port| *port != 0),
        transport: match pattern.transport.as_str() {
            "" => None,
            name => Some(Transport::parse(name)?),
        },
        application: text(pattern.application, LONGEST_FORM)?,
        period: rungs(pattern.period)?,
        sent: rungs(pattern.sent)?,
        received: rungs(pattern.received)?,
    })
}

pub(crate) fn throttle_to(throttle: &Throttle) -> wire::Throttle {
    wire::Throttle {
        address: bytes_of(throttle.addr),
        port: throttle.port.into(),
        transport: throttle.transport.name().to_owned(),
        packets_per_second: throttle.packets_per_second,
    }
}

pub(crate) fn throttle_of(throttle: &wire::Throttle) -> Option<Throttle> {
    Some(Throttle {
        addr: addr_of(&throttle.address)?,
        port: u16::try_from(throttle.port).ok()?,
        transport: Transport::parse(&throttle.transport)?,
        packets_per_second: throttle.packets_per_second.max(Throttle::FLOOR),
    })
}

pub(crate) fn generator_to(generator: &Generator) -> wire::Generator {
    wire::Generator { prints: generator.prints.clone(), form: generator.form.clone() }
}

pub(crate) fn generator_of(mut generator: wire::Generator) -> Option<Generator> {
    if generator.prints.is_empty() || generator.prints.len() > MOST_PRINTS {
        return None;
    }
    generator.prints.sort_unstable();
    generator.prints.dedup();
    let form = sane(generator.form, LONGEST_FORM).unwrap_or_default();
    Some(Generator { prints: generator.prints, form })
}
