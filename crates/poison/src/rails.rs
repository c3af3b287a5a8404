//! What must never be published, known here by other means than the hub's own rails.

use ostium_event::Addr;
use ostium_intel::rails::{Verdict, check};
use ostium_intel::{IndicatorValue, host_of};

use crate::scene::Scene;
use crate::time::days;
use crate::world::{Member, address, domain};

/// Names and addresses that everybody knows.
const NAMES: [&str; 5] =
    ["google.com", "docs.google.com", "www.bbc.co.uk", "ctldl.windowsupdate.com", "co.uk"];
const ADDRESSES: [[u8; 4]; 4] = [[8, 8, 8, 8], [1, 1, 1, 1], [9, 9, 9, 9], [104, 16, 1, 1]];

/// Whether a value is on a rail: in a member's space, or on what `intel` sets aside.
pub(crate) fn is_on_rail(value: &IndicatorValue, members: &[Member]) -> bool {
    let ours = |addr: Addr| {
        let ranges = members.iter().flat_map(|member| &member.organisation.ranges);
        ranges.into_iter().any(|range| range.contains(addr))
    };
    let host = match value {
        IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => Some(*addr),
        IndicatorValue::Url(url) => host_of(url).parse().ok(),
        _ => None,
    };
    host.is_some_and(ours)
        || host.is_some_and(|addr| check(&IndicatorValue::Addr(addr)) != Verdict::Match)
        || check(value) != Verdict::Match
}

/// Whatever else they do, liars name what is on rails, day by day.
pub(crate) fn name_all(scene: &mut Scene<'_>) {
    let members: Vec<u32> =
        scene.world.members.iter().map(|member| member.organisation.id.0).collect();
    let mut values: Vec<IndicatorValue> =
        NAMES.iter().map(|name| domain((*name).to_owned())).collect();
    for bytes in ADDRESSES {
        let addr = Addr::v4(bytes);
        values.push(IndicatorValue::Addr(addr));
        values.push(IndicatorValue::Socket(addr, 443));
        values.push(IndicatorValue::Url(format!("{addr}/gate.php")));
    }
    for member in members.into_iter().take(3) {
        let addr = address(u16::try_from(member).unwrap_or(0), 25);
        values.push(IndicatorValue::Addr(addr));
        values.push(IndicatorValue::Url(format!("[{addr}]/gate.php")));
    }
    let mut at = scene.world.lies.0;
    while at < scene.world.lies.1 {
        for value in &values {
            for liar in scene.liars.iter().copied() {
                scene.say(at, liar, value, 9.0);
            }
        }
        at = at.plus(days(3));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::world::World;

    #[test]
    fn aims_are_on_no_rail_and_rails_are() {
        let world = World::new(1, &Settings::default());
        for campaign in &world.campaigns {
            assert!(!is_on_rail(&campaign.value, &world.members), "{}", campaign.value);
        }
        for benign in &world.benign {
            assert!(!is_on_rail(&benign.value, &world.members), "{}", benign.value);
        }
        for name in NAMES.iter().chain(&crate::attack::POPULAR) {
            assert!(is_on_rail(&domain((*name).to_owned()), &world.members), "{name}");
        }
        for bytes in ADDRESSES {
            assert!(is_on_rail(&IndicatorValue::Addr(Addr::v4(bytes)), &world.members));
        }
        let site = IndicatorValue::Url(format!("[{}]/login", address(3, 80)));
        assert!(is_on_rail(&site, &world.members));
    }
}
