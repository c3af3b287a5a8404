//! Names for inside hosts that mean nothing outside, and change every day.
//!
//! HMAC-SHA256 (RFC 2104) of the day and the address under a key that never leaves this machine;
//! the first eight bytes. Two days cannot be compared, nor two organisations. The smallest of a
//! set of them are a sketch of it (k minimum values: Bar-Yossef et al., RANDOM 2002), so that
//! sketches of two sensors under one key can be joined.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ostium_event::{Addr, Timestamp};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};

/// Pseudonyms of one set that are told.
pub(crate) const LOWEST: usize = 32;
/// Hosts counted exactly for one destination; of more only so many are remembered.
const EXACT: usize = 4_096;

/// Who gives pseudonyms.
pub(crate) struct Pseudonyms(Key);

/// The hosts of one day, for one destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    seen: BTreeSet<u64>,
}

// === impl Pseudonyms ===

impl Pseudonyms {
    /// Reads the key of this file, or makes one. Sensors of one organisation that share the file
    /// can have their counts joined.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut secret = [0; 32];
        match std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut secret)) {
            Ok(()) => return Ok(Self::of(&secret)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let none = |_| io::Error::other("this machine has no random numbers");
        SystemRandom::new().fill(&mut secret).map_err(none)?;
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&secret)?;
        file.sync_all()?;
        Ok(Self::of(&secret))
    }

    pub(crate) fn of(secret: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// The pseudonym of a host on a day.
    pub(crate) fn name(&self, day: u32, host: Addr) -> u64 {
        let mut text = day.to_be_bytes().to_vec();
        text.extend_from_slice(&host.bits().to_be_bytes());
        let tag = sign(&self.0, &text);
        tag.as_ref().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}

// === impl Crowd ===

impl Crowd {
    /// Adds a host.
    pub(crate) fn add(&mut self, pseudonym: u64) {
        self.seen.insert(pseudonym);
        if self.seen.len() > EXACT {
            self.seen.pop_last();
        }
    }

    /// How many there are; of very many an estimate, by how close the smallest are together.
    pub(crate) fn count(&self) -> u32 {
        let exact = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        match self.seen.last() {
            Some(last) if self.seen.len() >= EXACT => {
                let share = *last as f64 / u64::MAX as f64;
                ((EXACT - 1) as f64 / share.max(f64::MIN_POSITIVE)).min(f64::from(u32::MAX)) as u32
            }
            _ => exact,
        }
    }

    /// The smallest of them.
    pub(crate) fn lowest(&self) -> Vec<u64> {
        self.seen.iter().take(LOWEST).copied().collect()
    }
}

/// The day of a time, counted from 1970, UTC.
pub(crate) fn day(at: Timestamp) -> u32 {
    u32::try_from(at.secs() / 86_400).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_day_or_another_key_is_another_name() {
        let (one, two) = (Pseudonyms::of(&[1; 32]), Pseudonyms::of(&[2; 32]));
        let host = Addr::v4([10, 0, 0, 9]);
        assert_eq!(one.name(20_000, host), one.name(20_000, host));
        assert_ne!(one.name(20_000, host), one.name(20_001, host));
        assert_ne!(one.name(20_000, host), two.name(20_000, host));
        assert_ne!(one.name(20_000, host), one.name(20_000, Addr::v4([10, 0, 0, 8])));
    }

    #[test]
    fn a_crowd_is_counted_in_bounded_memory() {
        let names = Pseudonyms::of(&[1; 32]);
        let mut crowd = Crowd::default();
        for n in 0..1_000u32 {
            crowd.add(names.name(1, Addr::v4((0x0a00_0000 + n % 500).to_be_bytes())));
        }
        assert_eq!((crowd.count(), crowd.lowest().len()), (500, LOWEST));
        for n in 0..100_000u32 {
            crowd.add(names.name(1, Addr::v4((0x0a00_0000 + n).to_be_bytes())));
        }
        assert!(crowd.seen.len() <= EXACT);
        // The error of 4,096 smallest values is about 1.6 % (1/sqrt(k)); five times that.
        assert!((92_000..=108_000).contains(&crowd.count()), "{}", crowd.count());
    }
}
