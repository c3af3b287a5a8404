//! What an organisation says that it saw.

use ostium_event::{Addr, Timestamp};
use ostium_intel::{IndicatorValue, Shape, Transport};

/// What was seen of one outside destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The destination.
    pub subject: IndicatorValue,
    /// When it was seen first, and last.
    pub seen: (Timestamp, Timestamp),
    /// What is said of it.
    pub finding: Finding,
    /// The malware family, if the sensor knows it.
    pub family: Option<String>,
    /// Inside hosts that talked to it that day: a count, never added up over days.
    pub hosts: u32,
    /// Of the hosts that were active at that site, how many thousandths talked to it.
    pub crowd: u16,
    /// Outside addresses that the name led to.
    pub addresses: Vec<Addr>,
    /// How the conversation goes, if the sensor says so.
    pub shape: Option<Box<Shape>>,
    /// Published patterns that it matched, by their numbers.
    pub patterns: Vec<u64>,
    /// What is said rests on these patterns alone: it is no sight of them, and no quorum.
    pub by_pattern: bool,
}

/// What is said of a destination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// It speaks for command and control, by so many nats.
    Suspicious {
        /// The sum of the evidence about this destination, as the sensor's judge caps it.
        log_odds: f64,
        /// The sensor holds a host for infected because of it.
        convicts: bool,
    },
    /// It was blocked and should not have been.
    FalsePositive,
    /// What was published was met again, with nothing said about it.
    Sighting,
}

// === impl Report ===

impl Report {
    /// What was found at a time, and nothing more.
    pub const fn new(subject: IndicatorValue, seen: Timestamp, finding: Finding) -> Self {
        Self {
            subject,
            seen: (seen, seen),
            finding,
            family: None,
            hosts: 1,
            crowd: 0,
            addresses: Vec::new(),
            shape: None,
            patterns: Vec::new(),
            by_pattern: false,
        }
    }
}

/// What leaves an organisation for one victim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Who is hit.
    pub victim: Addr,
    /// Where.
    pub port: u16,
    /// How.
    pub transport: Transport,
    /// When it was seen first, and last.
    pub seen: (Timestamp, Timestamp),
    /// From all its hosts.
    pub packets_per_second: u64,
    /// Hosts that send them.
    pub sources: u32,
    /// Inside hosts that talk to it, in whatever way.
    pub hosts: u32,
    /// Of the hosts that were active at that site, how many thousandths talked to it.
    pub crowd: u16,
    /// The site says that this is as it should be.
    pub false_positive: bool,
}

/// One message of an organisation, made sure of.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Of a destination.
    Of(Box<Report>),
    /// Of a victim.
    Flow(Flow),
    /// Of peers.
    Contacts(Contacts),
    /// Of made names that nobody registered.
    Made(Made),
}

/// With whom infected hosts of an organisation keep contact, as peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contacts {
    /// Outside addresses.
    pub addresses: Vec<Addr>,
    /// When they were seen first, and last.
    pub seen: (Timestamp, Timestamp),
    /// The malware family, if the sensor knows it.
    pub family: Option<String>,
    /// Inside hosts that keep such contacts.
    pub hosts: u32,
    /// Of the hosts that were active at that site, how many thousandths do.
    pub crowd: u16,
    /// The site says that these hosts are not infected.
    pub harmless: bool,
}

/// Made names that an organisation's hosts asked for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// First eight bytes of SHA-256 of each, big end first.
    pub prints: Vec<u64>,
    /// Kinds of letters, lengths and top levels.
    pub form: String,
    /// The malware family, if the sensor knows it.
    pub family: Option<String>,
    /// When they were asked for first, and last.
    pub seen: (Timestamp, Timestamp),
}
