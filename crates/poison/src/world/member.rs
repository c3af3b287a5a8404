//! Honest organisations.

use ostium_correlate::{OrgId, Organisation, Standing};
use ostium_event::Prefix;

use super::address;
use crate::Settings;
use crate::rng::Rng;
use crate::time::START;

/// An organisation of the world.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) organisation: Organisation,
    /// Inside hosts.
    pub(crate) hosts: u32,
}

/// Every so many members one is at the same provider as the one before.
const NEIGHBOURS: u32 = 6;

/// The honest; a member whose number is the next has the net of that number.
pub(super) fn members(rng: &mut Rng, settings: &Settings) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for number in 1..=settings.organisations {
        let vouched = if rng.chance(settings.vouched) { 1.0 } else { 0.0 };
        let mut organisation = organisation(number, vouched);
        if number % NEIGHBOURS == 0
            && let Some(before) = members.last()
        {
            organisation.network = before.organisation.network;
        }
        // From an office to a university.
        let hosts = 30 * 2u32.pow(rng.size(0, 6)) + rng.size(0, 20);
        members.push(Member { organisation, hosts });
    }
    members
}

/// An organisation with a network and a net of its own, there from the beginning.
pub(crate) fn organisation(number: u32, vouched: f64) -> Organisation {
    let net = u16::try_from(number).unwrap_or(u16::MAX);
    Organisation {
        id: OrgId(number),
        name: format!("organisation {number}"),
        network: 64_512 + number,
        joined: START,
        vouched,
        ranges: Prefix::new(address(net, 0), 48).into_iter().collect(),
        standing: Standing::default(),
        silenced: false,
    }
}
