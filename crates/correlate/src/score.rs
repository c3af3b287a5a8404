//! How much all votes together speak for command and control.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Span, Timestamp};

use crate::denials::{COUNTS, Denials};
use crate::policy::{logistic, logit};
use crate::{Case, OrgId, Organisation, Policy, Vote};

/// What the votes of a case sum up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) probability: f64,
    /// Organisations that support it, and the networks that they are in.
    pub(crate) organisations: usize,
    pub(crate) networks: usize,
    /// Of these, those that are vouched for, and the hub.
    pub(crate) vouched: usize,
    /// Of these, those whose evidence rests on more than a pattern.
    pub(crate) own: usize,
    /// Organisations whose word counts that say that it is harmless, and their networks.
    pub(crate) deniers: usize,
    pub(crate) denying_networks: usize,
}

/// The score of a case at a time.
pub(crate) fn score(
    case: &Case,
    all: &BTreeMap<OrgId, Organisation>,
    policy: &Policy,
    denials: &Denials,
    witnesses: &[OrgId],
    now: Timestamp,
) -> Score {
    let mut sum = logit(policy.prior);
    let (mut organisations, mut vouched, mut own_word, mut deniers) = (0, 0, 0, 0);
    let (mut networks, mut denying) = (BTreeSet::new(), BTreeSet::new());
    for (id, vote) in &case.votes {
        let Some(organisation) = all.get(id) else { continue };
        let weight = organisation.weight(policy, now);
        if weight < policy.least_weight {
            continue;
        }
        if vote.denies {
            // A denial does not decay: what is harmless stays so until somebody sees otherwise.
            let share = denials.share(*id, policy, now);
            sum -= weight * share * policy.denial * policy.most_of_one;
            if share >= COUNTS {
                deniers += 1;
                denying.insert(organisation.network);
            }
            continue;
        }
        let own = decayed(vote, policy.half_life, now).clamp(0.0, policy.most_of_one);
        sum += weight * own;
        if own >= policy.support {
            organisations += 1;
            own_word += usize::from(!vote.by_pattern);
            vouched += usize::from(*id == OrgId::HUB || organisation.vouched > 0.0);
            // Whose network nobody knows shares one with all others of whom nobody knows.
            networks.insert((*id == OrgId::HUB, organisation.network));
        }
    }
    // They say nothing of it alone: their hosts asked for it in vain.
    for organisation in witnesses.iter().filter_map(|id| all.get(id)) {
        sum += organisation.weight(policy, now) * policy.witness;
        organisations += 1;
        vouched += usize::from(organisation.vouched > 0.0);
        networks.insert((organisation.id == OrgId::HUB, organisation.network));
    }
    Score {
        probability: logistic(sum),
        organisations,
        networks: networks.len(),
        vouched,
        own: own_word,
        deniers,
        denying_networks: denying.len(),
    }
}

/// A case as it is weighed now, for who asks why.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// How probable it is, with all votes.
    pub probability: f64,
    /// Organisations that support it.
    pub organisations: usize,
    /// Networks that they are in.
    pub networks: usize,
    /// For each vote the weight of its organisation, 0 to 1, and the nats that are left of it,
    /// before that weight.
    pub votes: BTreeMap<OrgId, (f64, f64)>,
}

/// What a vote is worth now.
pub(crate) fn decayed(vote: &Vote, half_life: Span, now: Timestamp) -> f64 {
    let age = now.since(vote.last).secs_f64() / half_life.secs_f64().max(1.0);
    vote.log_odds * (-age * std::f64::consts::LN_2).exp()
}
