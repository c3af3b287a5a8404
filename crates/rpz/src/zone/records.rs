//! The records of the zone, and how they are put into a message.

use domain::base::message_builder::{AnswerBuilder, PushError};
use domain::base::{Name, Serial, Ttl};
use domain::rdata::{Cname, Ns, Soa};

use super::{Action, Zone};
use crate::query::Wire;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'z> {
    /// The start of authority at a serial.
    Soa(u32),
    /// The name server that every zone must have; nobody is sent to it.
    Ns,
    /// A rule for a name, or for all below it.
    Rule { name: &'z str, wild: bool, action: Action },
}

// === impl Record ===

impl<'z> Record<'z> {
    /// The records of a rule.
    pub(crate) fn of(name: &'z str, action: Action) -> [Self; 2] {
        [false, true].map(|wild| Self::Rule { name, wild, action })
    }

    /// Puts it at the end of the answers.
    pub(crate) fn push(self, zone: &Zone, to: &mut AnswerBuilder<Wire>) -> Result<(), PushError> {
        let (names, config) = (zone.names(), zone.config());
        let ttl = Ttl::from_secs(config.ttl);
        match self {
            Self::Soa(serial) => to.push((&names.origin, ttl, self.soa(zone, serial))),
            Self::Ns => to.push((&names.origin, ttl, Ns::new(&names.server))),
            Self::Rule { name, wild, action } => {
                // Rules that do not fit were left out before they came into the zone.
                let Some(owner) = names.owner(wild, name) else { return Ok(()) };
                let alias = match action {
                    Action::Block => &names.block,
                    Action::Pass => &names.pass,
                };
                to.push((owner, ttl, Cname::new(alias)))
            }
        }
    }

    fn soa(self, zone: &Zone, serial: u32) -> Soa<&Name<Vec<u8>>> {
        let (names, config) = (zone.names(), zone.config());
        let [refresh, retry, expire, least] =
            [config.refresh, config.retry, config.expire, config.ttl].map(Ttl::from_secs);
        let serial = Serial(serial);
        Soa::new(&names.server, &names.person, serial, refresh, retry, expire, least)
    }
}
