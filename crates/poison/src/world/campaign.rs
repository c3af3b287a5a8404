//! True command and control: campaigns with their victims.

use std::collections::BTreeSet;

use ostium_correlate::OrgId;
use ostium_event::{Addr, Timestamp};
use ostium_intel::{IndicatorValue, Shape};

use super::{Member, OUTSIDE, address, domain, of_family};
use crate::rng::Rng;
use crate::time::{day, days, hours};

/// One controller.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) value: IndicatorValue,
    pub(crate) family: &'static str,
    /// When it is taken down.
    pub(crate) end: Timestamp,
    /// Who calls it, the first to notice first.
    pub(crate) victims: Vec<Victim>,
    /// How it talks.
    pub(crate) shape: Shape,
    /// Where its name leads.
    pub(crate) addresses: Vec<Addr>,
    /// When the second vouched organisation in a second network noticed it: from now on the hub
    /// could know. `None` if that never happens.
    pub(crate) due: Option<Timestamp>,
}

/// An organisation with infected hosts.
#[derive(Clone, Debug)]
pub(crate) struct Victim {
    pub(crate) organisation: OrgId,
    /// When its sensor first has something to say.
    pub(crate) noticed: Timestamp,
    pub(crate) hosts: u32,
}

/// New controllers a day in the sight of all members.
const A_DAY: f64 = 4.0;
const FAMILIES: [&str; 5] = ["mirai", "emotet", "asyncrat", "qakbot", "lumma"];
/// Of ten campaigns, the members that each hits: most are seen at few.
const HITS: [(u32, u32); 10] =
    [(1, 1), (1, 1), (1, 1), (2, 2), (2, 2), (2, 3), (3, 3), (3, 4), (4, 6), (6, 10)];

pub(super) fn campaigns(rng: &mut Rng, members: &[Member], length: u64) -> Vec<Campaign> {
    let mut all = Vec::new();
    let mut at = 0.0;
    loop {
        at += rng.wait(days(1)).secs_f64() / 86_400.0 / A_DAY;
        if at >= length as f64 {
            return all;
        }
        let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all.push(campaign(rng, members, number, day(at)));
    }
}

fn campaign(rng: &mut Rng, members: &[Member], number: u32, begin: Timestamp) -> Campaign {
    let (low, high) = rng.pick(&HITS).copied().unwrap_or((2, 2));
    let mut hit = BTreeSet::new();
    for _ in 0..rng.size(low, high) {
        hit.extend(rng.pick(members).map(|member| member.organisation.id));
    }
    // Controllers live for days; half of them are names.
    let end = begin.plus(rng.spread(days(2), days(14)));
    let addr = address(OUTSIDE, number);
    let value = match rng.chance(0.5) {
        true => domain(format!("c2-{number}.example")),
        false => IndicatorValue::Socket(addr, 443),
    };
    let mut victims: Vec<Victim> = hit
        .into_iter()
        .map(|organisation| Victim {
            organisation,
            // Infected within a day or two, noticed within hours.
            noticed: begin.plus(rng.wait(days(1))).plus(rng.wait(hours(2))),
            hosts: rng.size(1, 3),
        })
        .filter(|victim| victim.noticed < end)
        .collect();
    victims.sort_by_key(|victim| victim.noticed);
    let family = rng.pick(&FAMILIES).copied().unwrap_or("mirai");
    Campaign {
        shape: of_family(family),
        due: due(&victims, members),
        value,
        family,
        end,
        victims,
        addresses: vec![addr],
    }
}

fn due(victims: &[Victim], members: &[Member]) -> Option<Timestamp> {
    let mut networks = BTreeSet::new();
    victims.iter().find_map(|victim| {
        let of = |member: &&Member| member.organisation.id == victim.organisation;
        let organisation = &members.iter().find(of)?.organisation;
        if organisation.vouched > 0.0 {
            networks.insert(organisation.network);
        }
        (networks.len() >= 2).then_some(victim.noticed)
    })
}
