//! Harmless destinations that few or many members use: what liars aim at.

use ostium_correlate::OrgId;
use ostium_event::{Addr, Span, Timestamp};
use ostium_intel::{IndicatorValue, Shape};

use super::{Member, domain, of_benign, site_of};
use crate::rng::Rng;
use crate::time::{START, days, hours};

/// A harmless destination.
#[derive(Clone, Debug)]
pub(crate) struct Benign {
    pub(crate) value: IndicatorValue,
    /// Harmless since then: an address that changes hands was not so before.
    pub(crate) since: Timestamp,
    /// Who of the honest uses it.
    pub(crate) users: Vec<Use>,
    /// It is known to many, though on no list of popular names.
    pub(crate) known: bool,
    /// How its conversations go.
    pub(crate) shape: Shape,
    /// Where it is, if that matters.
    pub(crate) addr: Option<Addr>,
}

/// How a member uses it.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) organisation: OrgId,
    pub(crate) hosts: u32,
    /// Thousandths of its hosts.
    pub(crate) crowd: u16,
    /// Mean time between contacts.
    pub(crate) every: Span,
}

const OBSCURE: u32 = 600;
/// Destinations that many use.
pub(crate) const KNOWN: u32 = 60;

pub(super) fn benign(rng: &mut Rng, members: &[Member]) -> Vec<Benign> {
    let obscure = (0..OBSCURE).map(|number| {
        // A supplier, a club, a plug-in's server: at most members nobody has ever been there.
        let reach = [0.02, 0.05, 0.15].get(number as usize % 3).copied().unwrap_or(0.05);
        let value = domain(format!("small-{number}.example"));
        let users = users(rng, members, reach, (1, 60));
        let shape = of_benign(number);
        Benign { value, since: START, users, known: false, shape, addr: None }
    });
    let mut all: Vec<Benign> = obscure.collect();
    all.extend((0..KNOWN).map(|number| {
        let value = domain(format!("known-{number}.example"));
        let users = users(rng, members, 0.4, (10, 300));
        let (shape, addr) = (of_benign(number), Some(site_of(number)));
        Benign { value, since: START, users, known: true, shape, addr }
    }));
    all
}

/// Members who use something, each with a probability, and the share of their hosts in thousandths.
pub(crate) fn users(rng: &mut Rng, members: &[Member], reach: f64, share: (u32, u32)) -> Vec<Use> {
    let mut users = Vec::new();
    for member in members {
        if !rng.chance(reach) {
            continue;
        }
        let hosts = (member.hosts * rng.size(share.0, share.1) / 1_000).max(1);
        users.push(Use {
            organisation: member.organisation.id,
            hosts,
            crowd: u16::try_from(hosts * 1_000 / member.hosts).unwrap_or(1_000),
            every: rng.spread(hours(1), days(7)),
        });
    }
    users
}
