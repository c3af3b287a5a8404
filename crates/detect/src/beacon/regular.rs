//! From statistics of a series to nats.

use ostium_profile::Regularity;

/// Fewest intervals that say anything, and that say all.
const FEWEST: u32 = 7;
const ENOUGH: u32 = 11;
/// The dispersion test needs at least this many starts.
const FOR_DISPERSION: u32 = 36;

/// Seconds without a pause that nobody sits at a machine.
const UNBROKEN: f64 = 16.0 * 3600.0;
/// What somebody does once a day is regular too, and its nights are no pauses.
const SELDOM: f64 = 12.0 * 3600.0;
/// Variation above this is no bounded sleep: evenly from nothing to a limit it is a third, and
/// less by any other jitter; the rest is for polls that were lost.
const BOUNDED: f64 = 0.5;
/// Deviate of the variation that one random series in forty has, and how much further out it is
/// believed in full: a host has many series, and of sixty random ones some are out by three.
const VARIATION_Z: f64 = -2.0;
const BELIEVED: f64 = 3.0;

/// How much a series speaks for a machine's rhythm, in nats, before it is known whose it is.
pub(super) fn nats(r: &Regularity) -> f64 {
    if r.intervals < FEWEST || is_bursts(r) {
        return 0.0;
    }
    rhythm(r).max(day_and_night(r))
}

/// The same of a browser, behind which is a person who may come back to any of many pages at any
/// hour: among so many some vary little by chance.
pub(super) fn browser_nats(r: &Regularity) -> f64 {
    if r.intervals < FEWEST || is_bursts(r) {
        return 0.0;
    }
    rhythm(r).max(day_and_night(r) - 1.5)
}

/// Whatever the time of day.
fn rhythm(r: &Regularity) -> f64 {
    let sustained = sustained(r);
    let regular = r.lv < 0.37 && r.win2 > 0.61;
    let base = if regular && r.intervals >= ENOUGH {
        // From jittered (2) to a clock (4).
        2.0 + 2.0 * (1.0 - r.lv / 0.37).clamp(0.0, 1.0)
    } else if regular && r.lv < 0.1 && r.win2 > 0.9 {
        1.5
    } else if is_mostly_regular(r) {
        // Rotation and pauses spoil the whole, not the parts.
        2.0
    } else if r.starts >= FOR_DISPERSION && r.dispersion_z < -3.2 && r.lv < 1.0 {
        // High jitter: only the bounded support of the sleep is left.
        1.5 + ((-3.2 - r.dispersion_z) / 4.0).min(1.5)
    } else {
        return 0.0;
    };
    base + sustained
}

/// A sleep of any jitter that goes on by day and by night. Whatever people start pauses with them,
/// and what calls at random shows it in some very long and many very short intervals; neither needs
/// many calls, nor that the jitter is narrow. The wider it is, the more it is like what tries a
/// failing server again after any wait up to a limit, and the less it weighs.
fn day_and_night(r: &Regularity) -> f64 {
    let unbroken = r.mean * f64::from(r.intervals) / f64::from(r.pauses + 1);
    let goes_on = unbroken >= UNBROKEN && r.mean <= SELDOM;
    if goes_on && r.variation < BOUNDED && r.variation_z < VARIATION_Z {
        let sure = ((VARIATION_Z - r.variation_z) / BELIEVED).min(1.0);
        1.5 + sure * (2.0 + (1.0 - r.variation / BOUNDED))
    } else {
        0.0
    }
}

/// Fewer calls between two pauses than one look needs, and no clock among them: a page with its
/// pictures, then a person who reads.
fn is_bursts(r: &Regularity) -> bool {
    r.pauses * 8 > r.intervals && r.tight < 0.8
}

fn is_mostly_regular(r: &Regularity) -> bool {
    r.looks >= 3 && f64::from(r.looks_passed) >= 0.6 * f64::from(r.looks)
}

/// Regular in many distinct hours (research: four hours held for all of 46 C2 pairs and 9 of 72
/// clean ones), and many intervals. Chance passes a tenth of the looks of any series, and given
/// days that is many hours: they count only as far as more looks passed than that.
fn sustained(r: &Regularity) -> f64 {
    let hours = match r.hours_passed {
        0..=3 => 0.0,
        4..=5 => 0.7,
        6..=11 => 1.0,
        _ => 1.3,
    };
    let share = f64::from(r.looks_passed) / f64::from(r.looks.max(1));
    let hours = hours * ((share - 0.1) / 0.4).clamp(0.0, 1.0);
    hours + if r.intervals >= 100 { 0.3 } else { 0.0 }
}
