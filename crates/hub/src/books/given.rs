//! Numbers that were given out, and that a restored backup must not give again: certificates, blocks
//! and what operators noted still mean who or what had them first.
//!
//! What was given after a backup stands in the database that it replaces, if that can still be
//! read. If not, the clock bounds it: no hub lets in a sensor, or an organisation, each second of
//! its life, or meets a million new things.

use std::path::Path;

use ostium_correlate::KeptPart;
use ostium_event::Timestamp;
use ostium_hub_store::{Store, StoreError};

use super::{Books, BooksError};

/// Setting: sensors and organisations get numbers beyond this one.
pub(super) const GIVEN: &str = "given";

/// The highest numbers that may have been given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// To a sensor or an organisation.
    member: u32,
    /// To a case, a pattern, or what else is in the feed.
    thing: u64,
}

// === impl Given ===

impl Given {
    /// What the database of this path gave; nothing of it, as far as it cannot be read.
    pub(crate) fn by(path: &Path) -> Self {
        // It may be damaged: that is why there are backups.
        let Ok(store) = Store::read_only(path) else { return Self::default() };
        let member = Self::members(&store).unwrap_or_default();
        Self { member, thing: Self::things(&store).unwrap_or_default() }
    }

    fn members(store: &Store) -> Result<u32, StoreError> {
        let sensors = store.sensors()?.into_iter().map(|sensor| sensor.id);
        let organisations = store.organisations()?.into_iter().map(|one| one.id.0);
        Ok(sensors.chain(organisations).chain([given(store)?]).max().unwrap_or_default())
    }

    fn things(store: &Store) -> Result<u64, StoreError> {
        let next = store.learned()?.into_iter().filter_map(|part| match part {
            KeptPart::Next(next) => Some(next.saturating_sub(1)),
            _ => None,
        });
        let cases = store.cases()?.into_iter().map(|kept| kept.case.id);
        Ok(next.chain(cases).max().unwrap_or_default())
    }

    /// All that can have been given until now, if nobody knows what was.
    fn until(now: Timestamp) -> Self {
        let member = u32::try_from(now.secs()).unwrap_or(u32::MAX);
        Self { member, thing: now.nanos() / 1_000 }
    }

    fn or_more(self, other: Self) -> Self {
        Self { member: self.member.max(other.member), thing: self.thing.max(other.thing) }
    }
}

// === impl Books: given ===

impl Books {
    /// What is given from now on goes beyond what was given before, and what may have been.
    pub(crate) fn go_beyond(&mut self, given: Given, now: Timestamp) -> Result<(), BooksError> {
        let Given { member, thing } = given.or_more(Given::until(now));
        let next = KeptPart::Next(thing.saturating_add(1));
        self.store.write(|to| {
            to.meta(GIVEN, &member.to_be_bytes())?;
            to.learned("next", Some(&next))
        })?;
        self.go_back()
    }
}

/// See [`GIVEN`]; 0 for a hub that was never restored.
pub(super) fn given(store: &Store) -> Result<u32, StoreError> {
    let kept = store.meta(GIVEN)?.and_then(|bytes| bytes.try_into().ok());
    Ok(kept.map_or(0, u32::from_be_bytes))
}
