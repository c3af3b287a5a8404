//! From statistics of a series to nats.

use ostium_profile::Regularity;

/// Fewest intervals that say anything, and that say all.
const FEWEST: u32 = 7;
const ENOUGH: u32 = 11;
/// The dispersion test needs at least this many starts.
const FOR_DISPERSION: u32 = 36;

/// How much a series speaks for a machine's rhythm, in nats, before it is known whose it is.
pub(super) fn nats(r: &Regularity) -> f64 {
    if r.intervals < FEWEST || is_bursts(r) {
        return 0.0;
    }
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
