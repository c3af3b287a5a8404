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
    /// Distinct destinations, by owner or network, that a pattern is learned from: of one alone
    /// nobody knows what is the family's and what is the host's.
    pub pattern_destinations: usize,
    /// So many organisations that tell the same shape of what nobody convicts, or of what turned out
    /// harmless, and it is no pattern: three, so that two liars do not stop it.
    pub pattern_doubts: usize,
    /// A destination that nobody convicts so long after it was first reported speaks against its
    /// shape, and so does what a pattern met and nothing else: beacons are told within a day
    /// (docs/beacons.md).
    pub pattern_proof: Span,
    /// How long a new pattern is only for show: longer than `pattern_proof`, with a working day in it
    /// whenever it begins (a weekend is two).
    pub pattern_show: Span,
    /// Sensors, in thousandths, for which it is for show: all, for what it would hit harmlessly is
    /// seen only where that is used.
    pub pattern_share: u16,
    /// How long a pattern stays published after its family was last seen by other means: variants
    /// change addresses, seldom the conversation (DESIGN 4); as names.
    pub keep_pattern: Span,
    /// Patterns kept: families are some thousands.
    pub most_patterns: usize,
    /// A name leads to so many addresses at a time, all sites together, before it is called one of
    /// changing addresses: fast flux has five and more at once (Holz and others, 2008).
    pub flux_addresses: usize,
    /// In so many networks (/16, or /32 of IPv6) at least: a content network's are few, and its own.
    pub flux_networks: usize,
    /// Organisations whose infected hosts have a contact in common before it is called a peer: one
    /// more than the quorum, for a contact is no finding.
    pub peers_organisations: usize,
    /// How long what rests on names or contacts is only for show, at all sensors: what harmless hosts
    /// use there is told by then; addresses live for days.
    pub mutual_show: Span,
    /// Names that two organisations must have asked for alike: one is a typing error or a dead link.
    pub generator_shared: usize,
    /// What a site is worth as a witness that asked for a name when nobody had registered it, in nats:
    /// its host is known by the generator, not by this name; less than a full vote.
    pub witness: f64,
    /// Witnesses that count for one name.
    pub most_witnesses: usize,
    /// Generators that one organisation may speak of at a time.
    pub most_generators: usize,
    /// What left an organisation for a victim counts for so long: floods go on for minutes (half
    /// of them for less than ten: Jonker and others, 2017, Millions of Targets Under Attack, IMC).
    pub attack_window: Span,
    /// Packets a second from which on an organisation counts: less is one client's page.
    pub attack_least: u64,
    /// Packets a second of one organisation that count at most: three quarters of `attack_sum`, so
    /// that none reaches it alone.
    pub attack_most_of_one: u64,
    /// Packets a second of all together from which on it is an attack: what a sensor calls a flood of
    /// one source (docs/detectors.md).
    pub attack_sum: u64,
    /// Packets a second that a source may send at least: a voice call is 50 each way (RFC 3551,
    /// 4.2), and so is an upload of half a megabit.
    pub throttle_floor: u32,
    /// Above the floor a source may send one of so many of the packets that it sends on average.
    pub throttle_share: u64,
    /// How long a rate stands after the last report.
    pub keep_throttle: Span,
    /// Whatever is said, a rate stands no longer than this, and not again for `collateral_hold`.
    pub throttle_at_most: Span,
    /// Victims that one organisation may speak of at a time.
    pub most_victims: usize,
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
            pattern_destinations: 2,
            pattern_doubts: 3,
            pattern_proof: days(1),
            pattern_show: days(3),
            pattern_share: 1_000,
            keep_pattern: days(14),
            most_patterns: 10_000,
            flux_addresses: 5,
            flux_networks: 3,
            peers_organisations: 3,
            mutual_show: Span::from_secs(6 * 3_600),
            generator_shared: 3,
            witness: 5.0,
            most_witnesses: 2,
            most_generators: 64,
            attack_window: Span::from_secs(600),
            attack_least: 20,
            attack_most_of_one: 750,
            attack_sum: 1_000,
            throttle_floor: 50,
            throttle_share: 4,
            keep_throttle: Span::from_secs(900),
            throttle_at_most: Span::from_secs(6 * 3_600),
            most_victims: 64,
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
        if self.pattern_destinations < 2 || self.pattern_doubts == 0 {
            return Some(
                "pattern_destinations is 2 at least, pattern_doubts 1: a host is no family",
            );
        }
        let least = self.pattern_proof.nanos().max(86_400_000_000_000);
        if self.pattern_show.nanos() <= least || self.pattern_share < 100 {
            return Some(
                "pattern_show is more than a day and than pattern_proof, pattern_share 100 or more: \
                 what a new pattern hits must show before it blocks",
            );
        }
        self.fault_of_rates()
    }

    fn fault_of_rates(&self) -> Option<&'static str> {
        if self.attack_most_of_one >= self.attack_sum {
            return Some("attack_most_of_one would let one organisation throttle alone");
        }
        if self.throttle_floor < ostium_intel::Throttle::FLOOR {
            return Some("throttle_floor is 50 at least: an ordinary client is not to be hurt");
        }
        let hour = Span::from_secs(3_600);
        if self.flux_addresses < 3
            || self.flux_networks < 2
            || self.mutual_show.nanos() < hour.nanos()
        {
            return Some("flux_addresses is 3 at least, flux_networks 2, mutual_show an hour");
        }
        if self.generator_shared < 2 || self.witness > self.most_of_one {
            return Some("generator_shared is 2 at least, witness no more than most_of_one");
        }
        if self.peers_organisations <= 2 {
            return Some("peers_organisations is 3 at least: a contact in common is no finding");
        }
        if self.keep_throttle.nanos() > hour.nanos()
            || self.throttle_at_most.nanos() > 24 * hour.nanos()
        {
            return Some("a rate stands an hour at most after the last report, and a day in all");
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
