//! Memory follows use: what some shards leave, others may hold.
//!
//! Now and then, after a number of packets and rows that depends on nothing else, all shards say
//! what they hold, and each gets a share by that: twice what it holds, at least half of an equal
//! share, and when all together want more than there is, nobody more than those who go without get
//! (max-min fairness; Bertsekas and Gallager 1992, section 6.5.2). Shares are worked out from what
//! all shards hold after the same input, so the number of threads changes nothing.
//!
//! Bias: a shard that is crowded all at once lets go what it has no room for until the next time.

use ostium_profile::Limits as ProfileLimits;
use ostium_track::Limits as TrackLimits;

use crate::budget::Budget;

/// When shares are worked out anew, by packets and rows.
#[derive(Debug)]
pub(crate) struct Balance {
    /// An equal share.
    equal: Budget,
    given: u64,
    next: u64,
}

/// The first time, which comes again after twice as many each time.
const FIRST: u64 = 1 << 14;
/// As long as it ever takes: all threads wait for each other then.
const LONGEST: u64 = 1 << 18;

// === impl Balance ===

impl Balance {
    pub(crate) const fn new(equal: Budget) -> Self {
        Self { equal, given: 0, next: FIRST }
    }

    /// A packet or row is given: is it time?
    #[inline]
    pub(crate) const fn is_due(&mut self) -> bool {
        self.given += 1;
        if self.given < self.next {
            return false;
        }
        let pause = if self.given < LONGEST { self.given } else { LONGEST };
        self.next = self.given.saturating_add(pause);
        true
    }

    /// The most that one shard may hold: all that there is.
    pub(crate) fn whole(&self) -> Budget {
        let all = |equal: usize| equal.saturating_mul(crate::SHARDS as usize);
        let Budget { track, profile, detector_hosts, parser_bytes } = self.equal;
        Budget {
            track: TrackLimits {
                flows: all(track.flows),
                held_bytes: all(track.held_bytes),
                datagrams: track.datagrams,
            },
            profile: ProfileLimits {
                hosts: all(profile.hosts),
                conversation_bytes: all(profile.conversation_bytes),
                names: all(profile.names),
            },
            detector_hosts: all(detector_hosts),
            parser_bytes: all(parser_bytes),
        }
    }

    /// What each shard may hold, by what it holds.
    pub(crate) fn shares(&self, used: &[Budget]) -> Vec<Budget> {
        let held = |what: fn(&Budget) -> usize| -> Vec<usize> { used.iter().map(what).collect() };
        let of = |what: fn(&Budget) -> usize| split(what(&self.equal), &held(what));
        let flows = of(|b| b.track.flows);
        let held_bytes = of(|b| b.track.held_bytes);
        let hosts = of(|b| b.profile.hosts);
        let conversation_bytes = of(|b| b.profile.conversation_bytes);
        let names = of(|b| b.profile.names);
        let detector_hosts = split_rest(self.equal.detector_hosts, &held(|b| b.detector_hosts));
        let parser_bytes = of(|b| b.parser_bytes);
        let at = |all: &[usize], place: usize| all.get(place).copied().unwrap_or_default();
        let share = |place: usize| Budget {
            track: TrackLimits {
                flows: at(&flows, place),
                held_bytes: at(&held_bytes, place),
                // So few and so short-lived that an equal share does.
                datagrams: self.equal.track.datagrams,
            },
            profile: ProfileLimits {
                hosts: at(&hosts, place),
                conversation_bytes: at(&conversation_bytes, place),
                names: at(&names, place),
            },
            detector_hosts: at(&detector_hosts, place),
            parser_bytes: at(&parser_bytes, place),
        };
        (0..used.len()).map(share).collect()
    }
}

/// Shares of one thing, of which there is `equal` for each, by what each holds: what is too much
/// goes when there is less.
fn split(equal: usize, held: &[usize]) -> Vec<usize> {
    let wanted = held.iter().map(|held| held.saturating_mul(2).max(equal / 2));
    fill(equal.saturating_mul(held.len()), wanted)
}

/// The same of what stays until it is forgotten: only the rest can be shared.
fn split_rest(equal: usize, held: &[usize]) -> Vec<usize> {
    let all = equal.saturating_mul(held.len());
    let wanted = held.iter().map(|held| (equal / 2).saturating_sub(*held).max(*held));
    let mut shares = fill(all.saturating_sub(held.iter().sum()), wanted);
    shares.iter_mut().zip(held).for_each(|(share, held)| *share += held);
    shares
}

/// Gives each what is wanted, but of too little nobody more than those who go without get; what
/// nobody asks for is everybody's.
fn fill(all: usize, wanted: impl ExactSizeIterator<Item = usize>) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    let mut order: Vec<(usize, usize)> = wanted.zip(0..).collect();
    order.sort_unstable();
    let (mut left, count) = (all, order.len());
    for ((wanted, place), others) in order.into_iter().zip((1..=count).rev()) {
        let given = wanted.min(left / others);
        left -= given;
        if let Some(share) = shares.get_mut(place) {
            *share = given;
        }
    }
    let rest = left / count.max(1);
    shares.iter_mut().for_each(|share| *share += rest);
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn where_nobody_is_crowded_all_have_the_same() {
        assert_eq!(split(100, &[0; 64]), vec![100; 64]);
        assert_eq!(split(100, &[25; 64]), vec![100; 64]);
    }

    #[test]
    fn one_that_is_crowded_gets_what_the_others_leave() {
        let mut held = [0; 64];
        let mut share = 100;
        // It fills what it gets; of the others each keeps half of its own.
        for _ in 0..9 {
            held[7] = share;
            share = split(100, &held)[7];
        }
        assert_eq!(share, 100 + 63 * 50, "all but what is kept for the others");
        assert!(split(100, &held).iter().enumerate().all(|(n, share)| n == 7 || *share == 50));
    }

    #[test]
    fn what_was_lent_comes_back_when_it_is_wanted() {
        let mut held = [40; 64];
        held[7] = 3000;
        let shares = split(100, &held);
        assert!(shares[0] >= 80, "room to grow: {}", shares[0]);
        held = [100; 64];
        held[7] = 3000;
        assert_eq!(split(100, &held), vec![100; 64]);
    }

    proptest! {
        /// No more than there is, and for nobody less than an equal share or twice what it holds.
        #[test]
        fn shares_are_bounded_and_fair(
            equal in 32usize..100_000,
            held in prop::collection::vec(0usize..1_000_000, 64),
        ) {
            let shares = split(equal, &held);
            prop_assert!(shares.iter().sum::<usize>() <= equal * 64);
            for (share, held) in shares.iter().zip(&held) {
                prop_assert!(*share >= equal.min(2 * held).max(equal / 2));
            }
            // What stays was given before, so it fits.
            let held: Vec<usize> = held.iter().zip(&shares).map(|(h, s)| *h.min(s)).collect();
            let shares = split_rest(equal, &held);
            prop_assert!(shares.iter().sum::<usize>() <= equal * 64);
            prop_assert!(shares.iter().zip(&held).all(|(share, held)| share >= held));
        }
    }

    #[test]
    fn the_times_are_far_apart_in_the_end() {
        let memory = 1 << 30;
        let mut balance = Balance::new(Budget::share_of(memory));
        let due: Vec<u64> = (1..=3 * LONGEST).filter(|_| balance.is_due()).collect();
        assert_eq!(due[..3], [FIRST, 2 * FIRST, 4 * FIRST]);
        assert_eq!(due[due.len() - 2..], [2 * LONGEST, 3 * LONGEST]);
    }
}
