//! Addresses that many speak of without a finding of their own: where a confirmed name of changing
//! addresses leads, and contacts that infected hosts of several organisations have in common.
//!
//! Bias: each address takes the quorum of its own, whatever the others do, for nobody alone may have
//! anything published; it is for show at every sensor first, stands no longer than addresses keep
//! their owners, and one word against it ends it. What several names share, of which one is not
//! confirmed, is hosting, and is left alone. Sources: Holz and others, 2008, Measuring and Detecting
//! Fast-Flux Service Networks, NDSS (many addresses in many networks); Coskun, Dietrich and Memon,
//! 2010, Friends of an Enemy, ACSAC (mutual contacts that are not popular).

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Addr, Prefix, Timestamp};
use ostium_intel::IndicatorValue;
use serde::{Deserialize, Serialize};

use super::{Correlator, Refused};
use crate::{Case, Contacts, Ground, OrgId, Reason, State};

/// A contact of infected hosts, as one organisation tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// When last.
    pub last: Timestamp,
    /// The family that it calls them.
    pub family: Option<String>,
    /// A crowd of its hosts, or hosts that are not infected, keep such contacts.
    pub popular: bool,
}

/// Why an address stands though nobody found anything about it alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mutual {
    pub(super) ground: Ground,
    pub(super) why: Reason,
    pub(super) until: Timestamp,
    pub(super) organisations: u16,
}

/// Contacts of one report that are looked at.
const MOST_CONTACTS: usize = 32;

// === impl Correlator: mutual ===

impl Correlator {
    /// Hears with whom infected hosts keep contact; how many of these are looked at.
    pub fn hear_contacts(
        &mut self,
        from: OrgId,
        said: &Contacts,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        if !self.organisations.contains_key(&from) {
            return Err(Refused::UnknownOrganisation);
        }
        if !self.counts(from, now) {
            return Err(Refused::NoWeight);
        }
        let last = said.seen.1.min(now);
        if now >= last.plus(self.policy.keep_address) {
            return Err(Refused::TooOld);
        }
        let popular = said.harmless
            || (said.crowd >= self.policy.collateral && said.hosts >= self.policy.collateral_hosts);
        let mut taken = 0;
        for addr in said.addresses.iter().take(MOST_CONTACTS) {
            let value = IndicatorValue::Addr(*addr);
            if addr.is_private() || addr.is_special() || self.kept(&value).is_some() {
                continue;
            }
            let id = self.case_of(&value, now);
            let Some(case) = self.cases.get_mut(&id) else { continue };
            let family = said.family.clone();
            case.contacts.insert(from, Contact { last, family, popular });
            self.touched.insert(id);
            taken += 1;
        }
        if taken == 0 { Err(Refused::NeverABlock) } else { Ok(taken) }
    }

    /// Binds the addresses of a name to it, or lets them go: as it stands now.
    pub(super) fn bind(&mut self, name: u64, now: Timestamp) {
        let Some(case) = self.cases.get(&name) else { return };
        if !matches!(case.subject, IndicatorValue::Domain(_)) || case.leads.is_empty() {
            return;
        }
        let young = |at: &Timestamp| now < at.plus(self.policy.keep_address);
        let tells = |who: &BTreeMap<OrgId, Timestamp>| -> (Vec<OrgId>, Timestamp) {
            let young = who.iter().filter(|(who, at)| young(at) && self.counts(**who, now));
            let last = young.clone().map(|(_, at)| *at).max().unwrap_or(Timestamp::ZERO);
            (young.map(|(who, _)| *who).collect(), last)
        };
        let told: BTreeMap<Addr, (Vec<OrgId>, Timestamp)> =
            case.leads.iter().map(|(addr, who)| (*addr, tells(who))).collect();
        let there = told.iter().filter(|(_, (who, _))| !who.is_empty()).map(|(addr, _)| *addr);
        let there: Vec<Addr> = there.collect();
        let networks: BTreeSet<_> = there.iter().filter_map(|addr| network(*addr)).collect();
        let flux = case.state == State::Confirmed
            && there.len() >= self.policy.flux_addresses
            && networks.len() >= self.policy.flux_networks;
        let mut bound = Vec::new();
        for (addr, (who, last)) in told {
            let value = IndicatorValue::Addr(addr);
            let wanted = flux
                && self.is_quorum(&who)
                && self.kept(&value).is_none()
                && !self.is_shared(addr, name);
            bound.push((value, wanted.then_some(last)));
        }
        for (value, last) in bound {
            let id = match (last, self.of.get(&value)) {
                (_, Some(id)) => *id,
                (Some(_), None) => self.case_of(&value, now),
                (None, None) => continue,
            };
            let Some(case) = self.cases.get_mut(&id) else { continue };
            let old = match last {
                Some(last) => case.bound.insert(name, last),
                None => case.bound.remove(&name),
            };
            if old != last {
                self.touched.insert(id);
            }
        }
    }

    /// Another name leads there too, and is not confirmed: it is hosting.
    fn is_shared(&self, addr: Addr, name: u64) -> bool {
        let others = self.led_by.get(&addr).into_iter().flatten().filter(|id| **id != name);
        let mut others = others.filter_map(|id| self.cases.get(id));
        others.any(|other| other.state != State::Confirmed)
    }

    /// Why an address stands by what is said of others, if it does.
    pub(super) fn mutual(&self, case: &Case, now: Timestamp) -> Option<Mutual> {
        let keep = self.policy.keep_address;
        if let Some(last) = case.bound.values().max().filter(|at| now < at.plus(keep)) {
            let supporters = case.bound.keys().filter_map(|name| self.published.get(name));
            let organisations = supporters.map(|stands| stands.organisations).max().unwrap_or(0);
            let names = u16::try_from(case.bound.len()).unwrap_or(u16::MAX);
            let why = Reason::Led { names };
            return Some(Mutual {
                ground: Ground::Flux,
                why,
                until: last.plus(keep),
                organisations,
            });
        }
        let young = |(who, contact): &(&OrgId, &Contact)| {
            now < contact.last.plus(keep) && self.counts(**who, now)
        };
        let contacts: Vec<_> = case.contacts.iter().filter(young).collect();
        // Overlays that harmless hosts are in too have peers in common with everybody.
        let families: BTreeSet<&str> =
            contacts.iter().filter_map(|(_, contact)| contact.family.as_deref()).collect();
        if contacts.iter().any(|(_, contact)| contact.popular) || families.len() > 1 {
            return None;
        }
        let who: Vec<OrgId> = contacts.iter().map(|(who, _)| **who).collect();
        if who.len() < self.policy.peers_organisations || !self.is_quorum(&who) {
            return None;
        }
        let mut lasts: Vec<Timestamp> = contacts.iter().map(|(_, contact)| contact.last).collect();
        lasts.sort_unstable();
        // It ends when the first of the quorum grows old, unless more are there.
        let last = *lasts.get(lasts.len() - self.policy.peers_organisations)?;
        let organisations = u16::try_from(who.len()).unwrap_or(u16::MAX);
        let why = Reason::Peers { organisations };
        Some(Mutual { ground: Ground::Peers, why, until: last.plus(keep), organisations })
    }

    /// Notes where a name leads.
    pub(super) fn lead(&mut self, name: u64, addr: Addr, from: OrgId, last: Timestamp) {
        if let Some(case) = self.cases.get_mut(&name)
            && case.leads_to(addr, from, last)
            && matches!(case.subject, IndicatorValue::Domain(_))
        {
            self.led_by.entry(addr).or_default().insert(name);
        }
    }

    /// A case is let go.
    pub(super) fn lead_no_more(&mut self, case: &Case) {
        for addr in case.leads.keys() {
            if let Some(names) = self.led_by.get_mut(addr) {
                names.remove(&case.id);
                if names.is_empty() {
                    self.led_by.remove(addr);
                }
            }
        }
    }
}

/// Who has an address mostly has its /16, or its /32 of IPv6.
fn network(addr: Addr) -> Option<Prefix> {
    Prefix::new(addr, if addr.is_v4() { 16 } else { 32 })
}
