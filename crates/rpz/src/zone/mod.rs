//! The zone: rules under a serial, and what changed under the last ones.
//!
//! A zone is a record; whoever asks gets a cheap copy and reads it while the next one is made.
//! The serial only rises. After a restart nothing is known of what resolvers hold, so the first
//! serial is one beyond the last, whatever the rules are, and there is no journal yet.

pub mod serial;

mod config;
mod records;
mod rules;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{OnBlock, ZoneConfig};
pub use rules::{Action, Rules};

pub(crate) use config::Names;
pub(crate) use records::Record;

use crate::RpzError;

/// A response policy zone at one serial.
#[derive(Clone, Debug)]
pub struct Zone {
    names: Arc<Names>,
    config: Arc<ZoneConfig>,
    serial: u32,
    rules: Arc<Rules>,
    /// What led here, the oldest first; the end of each is the beginning of the next.
    journal: VecDeque<Arc<Step>>,
}

/// What changed from one serial to the next.
#[derive(Debug)]
struct Step {
    from: u32,
    to: u32,
    gone: Vec<(Arc<str>, Action)>,
    new: Vec<(Arc<str>, Action)>,
}

/// Records, in the order in which they are sent.
pub(crate) type Records<'z> = Box<dyn Iterator<Item = Record<'z>> + Send + 'z>;

/// What is to be sent to who has the zone at an older serial.
pub(crate) enum Since<'z> {
    /// Nothing has changed: the SOA alone.
    Nothing(Records<'z>),
    /// Changes from serial to serial (RFC 1995).
    Steps(Records<'z>),
    /// The whole zone.
    Whole(Records<'z>),
}

// === impl Zone ===

impl Zone {
    /// A zone whose serial is the next after `last`: the last one that was served before, as
    /// [`crate::file::serial_of`] reads it, or, where none is known, seconds since 1970, which
    /// are beyond the serials of any earlier life that changed less than once a second.
    ///
    /// # Errors
    /// When a name of the configuration is none, or too long.
    pub fn new(config: ZoneConfig, last: u32, rules: Rules) -> Result<Self, RpzError> {
        let names = Arc::new(Names::new(&config)?);
        let (serial, rules) = (serial::next(last), Arc::new(rules));
        Ok(Self { names, config: Arc::new(config), serial, rules, journal: VecDeque::new() })
    }

    /// Takes other rules. Where they say something else the serial rises; `true` then.
    pub fn publish(&mut self, rules: Rules) -> bool {
        if self.rules.say_as(&rules) {
            self.rules = Arc::new(rules);
            return false;
        }
        let (from, to) = (self.serial, serial::next(self.serial));
        let (gone, new) = (self.rules.minus(&rules), rules.minus(&self.rules));
        self.journal.push_back(Arc::new(Step { from, to, gone, new }));
        self.serial = to;
        self.rules = Arc::new(rules);
        self.shorten();
        true
    }

    /// Its name.
    pub fn origin(&self) -> &str {
        &self.config.origin
    }

    /// How it was configured.
    pub fn config(&self) -> &ZoneConfig {
        &self.config
    }

    /// Its serial; to be kept, so that the next life goes on from it.
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// What it says.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// All records, between two SOA records (RFC 5936, section 2.2).
    pub(crate) fn whole(&self) -> Records<'_> {
        let soa = Record::Soa(self.serial);
        let rules = self.rules.iter().flat_map(|(name, action)| Record::of(name, action));
        Box::new([soa, Record::Ns].into_iter().chain(rules).chain([soa]))
    }

    /// What leads from an older serial to this one.
    pub(crate) fn since(&self, old: u32) -> Since<'_> {
        let soa = Record::Soa(self.serial);
        if !serial::is_newer(self.serial, old) {
            return Since::Nothing(Box::new(std::iter::once(soa)));
        }
        let Some(first) = self.journal.iter().position(|step| step.from == old) else {
            return Since::Whole(self.whole());
        };
        let steps = self.journal.iter().skip(first);
        if steps.clone().map(|step| step.size()).sum::<usize>() > self.rules.len() + 2 {
            return Since::Whole(self.whole());
        }
        let steps = steps.flat_map(|step| step.records());
        Since::Steps(Box::new(std::iter::once(soa).chain(steps).chain([soa])))
    }

    /// Forgets the oldest steps: those beyond the configured number, and those from which all
    /// changes would be more than the whole zone.
    fn shorten(&mut self) {
        let mut size: usize = self.journal.iter().map(|step| step.size()).sum();
        while self.journal.len() > self.config.journal || size > self.rules.len() + 2 {
            match self.journal.pop_front() {
                Some(step) => size -= step.size(),
                None => return,
            }
        }
    }
}

// === impl Step ===

impl Step {
    /// How many names changed.
    fn size(&self) -> usize {
        self.gone.len() + self.new.len()
    }

    /// The old SOA, what is gone, the new SOA, what is new (RFC 1995, section 4).
    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let gone = self.gone.iter().flat_map(|(name, action)| Record::of(name, *action));
        let new = self.new.iter().flat_map(|(name, action)| Record::of(name, *action));
        let (from, to) = (Record::Soa(self.from), Record::Soa(self.to));
        std::iter::once(from).chain(gone).chain([to]).chain(new)
    }
}

#[cfg(test)]
pub(crate) mod tests;
