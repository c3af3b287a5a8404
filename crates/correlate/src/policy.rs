//! Every threshold of the hub's judgement, in one place.

use ostium_event::Span;
use serde::{Deserialize, Serialize};

/// How reports become decisions. Evidence is in nats, as the sensors' judge gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What is thought of a reported destination before anybody is heard: 1 in 1,000 is worth a
    /// block. The same prior as a sensor has of a host.
    pub prior: f64,
    /// One organisation counts for no more than this, however many sensors it has and whatever it
    /// says: 0.75 of the way from the prior to `confirm`, so that two full votes suffice and one
    /// never does. The calculus of the judge's groups (DESIGN 3).
    pub most_of_one: f64,
    /// Confirmed from this probability on, if the quorum is there too.
    pub confirm: f64,
    /// Suspected from this probability on.
    pub suspect: f64,
    /// What was confirmed is withdrawn below this: lower than `confirm`, or cases would flicker.
    pub hold: f64,
    /// Organisations that must support a case, each with `support` nats of its own.
    pub organisations: usize,
    /// Networks (AS numbers) that they must be in: two addresses at one provider are one neighbour.
    pub networks: usize,
    /// Of these, so many that a member vouches for, or the hub itself: trust that newcomers earn by
    /// copying public lists completes a quorum, and never is one (docs/poisoning.md, sybil).
    pub vouched_supporters: usize,
    /// From so many nats on an organisation supports a case.
    pub support: f64,
    /// Weight at the start of an organisation that a member vouches for in full.
    pub vouched: f64,
    /// Reports made before publication and confirmed by others, until a newcomer for whom nobody
    /// vouched has any weight.
    pub earn: u32,
    /// And so long after it joined.
    pub probation: Span,
    /// A wrong report costs as much as so many right ones earn.
    pub wrong: f64,
    /// A report that one organisation alone calls harmless costs as much as so many right ones earn:
    /// three, which is what one liar can raise in a month, leave two fresh organisations a quorum.
    pub doubt: f64,
    /// Right reports that count at most: trust of long ago is no credit for many lies.
    pub most_right: u32,
    /// Votes that a denial outweighs, while its organisation denies no more than `denials`: unknown
    /// means allow, so it is more than one.
    pub denial: f64,
    /// So many denials of an organisation within `denial_window` count in full; of more, each counts
    /// less by the square of that, for who calls everything harmless says nothing. An honest site meets a wrong
    /// block less than once a month.
    pub denials: u32,
    /// See `denials`.
    pub denial_window: Span,
    /// What one organisation calls collateral stays withdrawn for so long at least, so that an
    /// analyst can look; what a quorum of them does, until an analyst says otherwise.
    pub collateral_hold: Span,
    /// An organisation below this weight supports nothing.
    pub least_weight: f64,
    /// Evidence halves in this time if nobody sees the destination again: bots poll for days, and
    /// controllers live for days (research/cloud-isp.md, 6.2).
    pub half_life: Span,
    /// How long a name stays published after it was last seen.
    pub keep_name: Span,
    /// How long an address, with a port or without, stays published after it was last seen:
    /// addresses change hands.
    pub keep_address: Span,
    /// Whatever is seen, nothing stays published for longer than this without an analyst.
    pub keep_at_most: Span,
    /// New indicators a minute; more wait, and the hub says so.
    pub most_a_minute: u32,
    /// How long a new indicator is only for show at the canaries. Two organisations' convictions
    /// need none by default.
    pub canary: Span,
    /// Canaries, in thousandths of all sensors.
    pub canary_share: u16,
    /// A site of which so many thousandths of the hosts talk to a destination uses it: collateral.
    pub collateral: u16,
    /// And so many hosts at least, or a small office would stop everything.
    pub collateral_hosts: u32,
    /// Cases kept, more than the cap of a minute can publish in `keep_name`; beyond, those go that only one organisation speaks of, of whoever has most.
    pub most_cases: usize,
    /// Votes kept for a case; the weakest go.
    pub most_votes: usize,
}

impl Default for Policy {
    fn default() -> Self {
        let days = |days: u64| Span::from_secs(days * 86_400);
        Self {
            prior: 0.001,
            most_of_one: 6.8,
            confirm: 0.9,
            suspect: 0.1,
            hold: 0.5,
            organisations: 2,
            networks: 2,
            vouched_supporters: 1,
            support: 3.0,
            vouched: 0.8,
            earn: 5,
            probation: days(14),
            wrong: 4.0,
            doubt: 0.3,
            most_right: 20,
            denial: 2.0,
            denials: 3,
            denial_window: days(30),
            collateral_hold: days(1),
            least_weight: 0.1,
            half_life: days(3),
            keep_name: days(14),
            keep_address: days(3),
            keep_at_most: days(90),
            most_a_minute: 60,
            canary: Span::from_secs(0),
            canary_share: 10,
            collateral: 100,
            collateral_hosts: 5,
            most_cases: 2_000_000,
            most_votes: 64,
        }
    }
}

impl Policy {
    /// What is wrong with it, in words; a hub refuses to start with such a policy.
    pub fn fault(&self) -> Option<&'static str> {
        let share = |value: f64| value > 0.0 && value < 1.0;
        if ![self.prior, self.confirm, self.suspect, self.hold].into_iter().all(share) {
            return Some("prior, confirm, suspect and hold are probabilities between 0 and 1");
        }
        if self.suspect > self.hold || self.hold > self.confirm {
            return Some("suspect <= hold <= confirm, or cases would flicker");
        }
        if self.organisations < 2 {
            return Some("organisations is 2 at least: nobody alone may block at another's");
        }
        let alone = logit(self.prior) + self.most_of_one;
        if alone >= logit(self.confirm) {
            return Some("most_of_one would let one organisation confirm alone");
        }
        if !(0.0..=1.0).contains(&self.vouched) || self.canary_share > 1_000 {
            return Some("vouched is between 0 and 1, canary_share between 0 and 1000");
        }
        None
    }
}

/// The log-odds of a probability.
pub(crate) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The probability of log-odds.
pub(crate) fn logistic(l: f64) -> f64 {
    1.0 / (1.0 + (-l).exp())
}
