//! Whom an entry is for: a share of the sensors tries it for show before all act on it.
//!
//! The choice is a hash of sensor and entry, so that every implementation chooses alike, nobody
//! needs to be told, and each entry is tried by other sensors.

use crate::seal::Hash;

/// What an entry is to one sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is matched and acted upon.
    Earnest,
    /// It is matched and reported; nothing is blocked by it.
    Show,
    /// It is as if the entry were not there.
    Not,
}

// === impl Reach ===

impl Reach {
    /// What the entry of this number is to the sensor of this name, if `canary` thousandths of all
    /// sensors are to match it for show; 0 is everybody, in earnest.
    pub fn of(sensor: &[u8], entry: u64, canary: u16) -> Self {
        if canary == 0 {
            return Self::Earnest;
        }
        if draw(sensor, entry) < u64::from(canary) { Self::Show } else { Self::Not }
    }

    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Earnest => "earnest",
            Self::Show => "show",
            Self::Not => "not",
        }
    }
}

/// The lot that a sensor draws for an entry, from 0 to 999: the first eight bytes of SHA-256 over
/// both, big end first, modulo 1,000.
fn draw(sensor: &[u8], entry: u64) -> u64 {
    let Hash(hash) = Hash::of(&[sensor, &entry.to_be_bytes()].concat());
    let first = hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    first % 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOT: u64 = 922;

    #[test]
    fn the_lot_is_that_of_the_protocol() {
        // Of `printf 'sensor-1\0\0\0\0\0\0\0\7' | sha256sum` the first 16 digits, modulo 1,000.
        assert_eq!(draw(b"sensor-1", 7), LOT);
        let at = |share| Reach::of(b"sensor-1", 7, share);
        let lot = u16::try_from(LOT).unwrap();
        assert_eq!((at(0), at(lot), at(lot + 1)), (Reach::Earnest, Reach::Not, Reach::Show));
        assert_eq!(at(1_000), Reach::Show);
    }

    #[test]
    fn a_share_is_about_that_many_sensors_and_others_for_each_entry() {
        let chosen = |entry| {
            let shown =
                |n: &u32| Reach::of(format!("sensor-{n}").as_bytes(), entry, 100) == Reach::Show;
            (0..10_000u32).filter(shown).collect::<std::collections::BTreeSet<_>>()
        };
        let (one, two) = (chosen(1), chosen(2));
        assert!((900..1_100).contains(&one.len()), "{}", one.len());
        let both = one.intersection(&two).count();
        assert!((60..140).contains(&both), "{both}");
    }
}
