//! What is true: who is honest, what is command and control, and what harmless things are in use.

mod benign;
mod campaign;
mod member;
mod shapes;

use ostium_event::{Addr, Timestamp};
use ostium_intel::IndicatorValue;

pub(crate) use benign::{Benign, KNOWN, Use, users};
pub(crate) use campaign::Campaign;
pub(crate) use member::{Member, organisation};
pub(crate) use shapes::{COMMON, all_benign, of_benign, of_family, of_program};

use crate::Settings;
use crate::rng::Rng;
use crate::time::day;

/// One world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) members: Vec<Member>,
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) benign: Vec<Benign>,
    /// When lies begin, when the last new one is told, and when all ends.
    pub(crate) lies: (Timestamp, Timestamp),
    pub(crate) end: Timestamp,
}

// === impl World ===

impl World {
    pub(crate) fn new(seed: u64, settings: &Settings) -> Self {
        let quiet = crate::settings::QUIET_DAYS;
        let members = member::members(&mut Rng::new(seed, "members"), settings);
        let campaigns =
            campaign::campaigns(&mut Rng::new(seed, "campaigns"), &members, settings.days);
        let benign = benign::benign(&mut Rng::new(seed, "benign"), &members);
        Self {
            members,
            campaigns,
            benign,
            lies: (day(quiet as f64), day(settings.days.saturating_sub(quiet) as f64)),
            end: day(settings.days as f64),
        }
    }
}

/// An address of the prefix for documents (RFC 3849): nobody real is there.
pub(crate) fn address(net: u16, host: u32) -> Addr {
    Addr::from_bits((0x2001_0db8 << 96) | (u128::from(net) << 80) | u128::from(host))
}

/// Nets of what is no member's.
pub(crate) const OUTSIDE: u16 = 0xc200;

/// The address of a well-known harmless site.
pub(crate) fn site_of(number: u32) -> Addr {
    address(OUTSIDE + 2, number)
}

pub(crate) fn domain(text: String) -> IndicatorValue {
    IndicatorValue::Domain(text)
}
