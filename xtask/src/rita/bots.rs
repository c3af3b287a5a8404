//! The bots: every sleep and jitter of the table.

use std::fmt;

use super::chance::Chance;
use super::clean::Call;
use super::presence::Spell;

/// A habit of bots that is one row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    /// In seconds.
    pub(super) sleep: u32,
    /// In percent.
    pub(super) jitter: u32,
    pub(super) law: Law,
}

/// How a sleep varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    /// By up to the jitter, shorter only, as Cobalt Strike's does.
    Shorten,
    /// By up to the jitter to either side.
    Symmetric,
}

const SLEEPS: [u32; 4] = [60, 600, 7200, 28_800];
const JITTERS: [u32; 5] = [0, 20, 50, 70, 90];

/// Every row of the table for one length of time.
pub(super) fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for sleep in SLEEPS {
        for jitter in JITTERS {
            kinds.push(Kind { sleep, jitter, law: Law::Shorten });
            if jitter > 0 {
                kinds.push(Kind { sleep, jitter, law: Law::Symmetric });
            }
        }
    }
    kinds
}

// === impl Kind ===

impl Kind {
    /// The polls of one bot on a machine that is on in those spells. What is overdue when the
    /// machine wakes comes soon after.
    pub(super) fn polls(self, chance: &mut Chance, on: &[Spell]) -> Vec<Call> {
        let (sleep, jitter) = (f64::from(self.sleep), f64::from(self.jitter) / 100.0);
        let longest = if self.law == Law::Symmetric { 1.0 + jitter } else { 1.0 };
        let mut polls = Vec::new();
        let mut at = chance.between(0.0, sleep);
        for (from, until) in on {
            if at < *from {
                at = from + chance.between(2.0, 60.0);
            }
            while at < *until {
                let lasts = chance.lognormal(0.6, 0.4);
                polls.push(Call { at, lasts, bytes: 700 + chance.size(0, 64) });
                at += lasts + sleep * chance.between(1.0 - jitter, longest);
            }
        }
        polls
    }
}

// === impl fmt::Display for Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sleep {
            s if s >= 3600 => write!(f, "{} h", s / 3600)?,
            s if s >= 600 => write!(f, "{} min", s / 60)?,
            s => write!(f, "{s} s")?,
        }
        let law = match (self.jitter, self.law) {
            (0, _) => "none",
            (_, Law::Shorten) => "shorten",
            (_, Law::Symmetric) => "symmetric",
        };
        write!(f, " | {} % | {law}", self.jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeps_keep_their_bounds() {
        for kind in kinds() {
            let polls = kind.polls(&mut Chance::new(3, 4), &[(0.0, 604_800.0)]);
            let (sleep, jitter) = (f64::from(kind.sleep), f64::from(kind.jitter) / 100.0);
            let most = if kind.law == Law::Symmetric { 1.0 + jitter } else { 1.0 };
            for pair in polls.windows(2) {
                let wait = pair[1].at - pair[0].at - pair[0].lasts;
                assert!((sleep * (1.0 - jitter) - 0.01..=sleep * most + 0.01).contains(&wait));
            }
            assert!(polls.len() >= 10, "{kind}: {}", polls.len());
        }
    }

    #[test]
    fn a_machine_that_sleeps_polls_when_it_wakes() {
        let kind = Kind { sleep: 7200, jitter: 0, law: Law::Shorten };
        let on = [(0.0, 20_000.0), (50_000.0, 50_900.0), (70_000.0, 70_500.0)];
        let polls = kind.polls(&mut Chance::new(3, 4), &on);
        for (from, until) in on {
            let polls = polls.iter().filter(|poll| (from..until).contains(&poll.at));
            let wanted = if from == 0.0 { 2..=3 } else { 1..=1 };
            assert!(wanted.contains(&polls.count()));
        }
    }
}
