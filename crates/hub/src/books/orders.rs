//! What operators order: kept in one transaction with all that follows from it, and with who said so.

use std::collections::BTreeSet;

use ostium_correlate::{Order, OrgId, Organisation, Policy, Rails};
use ostium_event::{Prefix, Timestamp};
use ostium_hub_store::{Invite, Sensor};
use ostium_intel::IndicatorValue;

use super::open::{KILLED, rails};
use super::{Books, BooksError, Frames};

/// Who orders something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub who: String,
    /// Why, in one line.
    pub note: String,
}

// === impl Books: orders ===

impl Books {
    /// An analyst decides on a case.
    pub fn order(
        &mut self,
        value: &IndicatorValue,
        order: &Order,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let note = format!("{}: {}", by.who, by.note);
        let ordered = self.held.correlator.order(value, order, &note, now);
        ordered.map_err(|why| BooksError::Refused(value.to_string(), why))?;
        let what = order_name(order);
        self.ordered(now, &|to| to.audit(now, &by.who, what, &value.to_string(), &by.note))
    }

    /// An analyst decides on the pattern, the victim or the generator of this number.
    pub fn order_entry(
        &mut self,
        id: u64,
        order: &Order,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let (note, entry) = (format!("{}: {}", by.who, by.note), format!("entry:{id}"));
        let ordered = self.held.correlator.order_entry(id, order, &note, now);
        ordered.map_err(|why| BooksError::Refused(entry.clone(), why))?;
        self.ordered(now, &|to| to.audit(now, &by.who, order_name(order), &entry, &by.note))
    }

    /// A value is never to be published.
    pub fn exempt(
        &mut self,
        value: &IndicatorValue,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let mut rails = rails(&self.store)?;
        if !rails.exempt(value, &by.note) {
            let why = "a URL or a fingerprint cannot be exempt: exempt its name or address";
            return Err(BooksError::Unknown(format!("{value}: {why}")));
        }
        self.put_rails(rails);
        let value = value.to_string();
        self.ordered(now, &|to| {
            to.exempt(&value, &by.note, now)?;
            to.audit(now, &by.who, "exempt", &value, &by.note)
        })
    }

    /// The judgement decides on it again.
    pub fn unexempt(
        &mut self,
        value: &IndicatorValue,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let text = value.to_string();
        let kept = self.store.exempt()?;
        if !kept.iter().any(|(kept, _)| *kept == text) {
            return Err(BooksError::Unknown(format!("{text} is not exempt")));
        }
        let mut rails = Rails::default();
        for (kept, note) in kept.iter().filter(|(kept, _)| *kept != text) {
            ostium_intel::parse(kept).map(|kept| rails.exempt(&kept, note));
        }
        self.put_rails(rails);
        self.ordered(now, &|to| {
            to.unexempt(&text)?;
            to.audit(now, &by.who, "unexempt", &text, &by.note)
        })
    }

    /// Other thresholds; a policy that would be a danger is refused.
    pub fn settle_by(
        &mut self,
        policy: Policy,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        if let Some(fault) = policy.fault() {
            return Err(BooksError::Policy(fault));
        }
        if policy == *self.held.correlator.policy() {
            return Ok(Vec::new());
        }
        let rails = rails(&self.store)?;
        self.held.correlator.settle(policy, rails);
        self.ordered(now, &|to| to.audit(now, &by.who, "policy", "", &by.note))
    }

    /// How much a member vouches for an organisation, 0 to 1.
    pub fn vouch(
        &mut self,
        organisation: &str,
        share: f64,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(BooksError::Unknown("a share lies between 0 and 1".to_owned()));
        }
        self.amend(organisation, "vouch", by, now, |one| one.vouched = share)
    }

    /// What an organisation says weighs nothing, or weighs again.
    pub fn silence(
        &mut self,
        organisation: &str,
        silenced: bool,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let what = if silenced { "silence" } else { "hear again" };
        self.amend(organisation, what, by, now, |one| one.silenced = silenced)
    }

    /// The address space of an organisation: nobody can have that blocked.
    pub fn ranges(
        &mut self,
        organisation: &str,
        ranges: Vec<Prefix>,
        by: &By,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        self.amend(organisation, "ranges", by, now, |one| one.ranges = ranges)
    }

    fn amend(
        &mut self,
        which: &str,
        what: &str,
        by: &By,
        now: Timestamp,
        change: impl FnOnce(&mut Organisation),
    ) -> Result<Frames, BooksError> {
        let mut organisation = self.organisation(which)?.clone();
        change(&mut organisation);
        self.held.correlator.join(organisation.clone());
        self.ordered(now, &|to| {
            to.organisation(&organisation)?;
            to.audit(now, &by.who, what, &organisation.name, &by.note)
        })
    }

    /// An organisation by its name or number.
    pub fn organisation(&self, which: &str) -> Result<&Organisation, BooksError> {
        let number = which.parse().ok().map(OrgId);
        let mut all = self.held.correlator.organisations().values();
        let found =
            all.find(|one| one.id != OrgId::HUB && (one.name == which || Some(one.id) == number));
        found.ok_or_else(|| {
            BooksError::Unknown(format!("no organisation is called {which}; see: ostium hub orgs"))
        })
    }

    /// Somebody may join with a secret of this hash.
    pub fn invited(
        &mut self,
        hash: &[u8; 32],
        invite: &Invite,
        by: &By,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        Ok(self.store.write(|to| {
            to.invite(hash, invite)?;
            to.audit(now, &by.who, "invite", &invite.organisation, &by.note)
        })?)
    }

    /// A sensor may report and follow no more. It is named by its number, or as
    /// `ORGANISATION/SENSOR`.
    pub fn remove(&mut self, which: &str, by: &By, now: Timestamp) -> Result<Sensor, BooksError> {
        let sensor = self.sensor(which)?;
        let revoked = self.store.write(|to| {
            to.audit(now, &by.who, "remove", which, &by.note)?;
            to.revoke(sensor.id)
        })?;
        if let Some(member) = self.held.members.get_mut(&sensor.id) {
            member.revoked |= revoked;
        }
        Ok(sensor)
    }

    fn sensor(&self, which: &str) -> Result<Sensor, BooksError> {
        let organisations = self.held.correlator.organisations();
        let is_it = |sensor: &Sensor| {
            let organisation = organisations.get(&sensor.organisation);
            let named = organisation.is_some_and(|one| {
                which.strip_prefix(&one.name) == Some(&format!("/{}", sensor.name))
            });
            !sensor.revoked && (named || which.parse() == Ok(sensor.id))
        };
        let found = self.store.sensors()?.into_iter().find(is_it);
        found.ok_or_else(|| {
            BooksError::Unknown(format!("no sensor is called {which}; see: ostium hub sensors"))
        })
    }

    /// Sensors that may report and follow no more.
    pub fn removed(&self) -> BTreeSet<u32> {
        let members = self.held.members.iter();
        members.filter(|(_, member)| member.revoked).map(|(id, _)| *id).collect()
    }

    /// The kill switch: all that is published is withdrawn, and nothing more is, until it is resumed.
    pub fn kill(&mut self, killed: bool, by: &By, now: Timestamp) -> Result<Frames, BooksError> {
        if killed == self.held.killed.is_some() {
            return Ok(Vec::new());
        }
        let why = if killed { format!("{}: {}", by.who, by.note) } else { String::new() };
        self.held.correlator.kill(killed);
        self.held.killed = killed.then(|| why.clone());
        let what = if killed { "kill" } else { "resume" };
        self.ordered(now, &|to| {
            to.meta(KILLED, why.as_bytes())?;
            to.audit(now, &by.who, what, "", &by.note)
        })
    }

    /// Notes what was done, and changes nothing.
    pub fn note(
        &mut self,
        what: &str,
        target: &str,
        by: &By,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        Ok(self.store.write(|to| to.audit(now, &by.who, what, target, &by.note))?)
    }

    fn put_rails(&mut self, rails: Rails) {
        let policy = self.held.correlator.policy().clone();
        self.held.correlator.settle(policy, rails);
    }
}

/// As the audit trail has it.
const fn order_name(order: &Order) -> &'static str {
    match order {
        Order::Confirm => "confirm",
        Order::Withdraw => "withdraw",
        Order::Leave => "leave",
    }
}

#[cfg(test)]
mod tests;
