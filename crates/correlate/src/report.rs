//! What an organisation says that it saw.

use ostium_event::{Addr, Timestamp};
use ostium_intel::IndicatorValue;

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
