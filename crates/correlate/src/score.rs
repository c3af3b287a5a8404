//! How much all votes together speak for command and control.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Span, Timestamp};

use crate::policy::{logistic, logit};
use crate::{Case, OrgId, Organisation, Policy, Vote};

/// What the votes of a case sum up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) probability: f64,
    /// Organisations that support it, and the networks that they are in.
    pub(crate) organisations: usize,
    pub(crate) networks: usize,
    /// Somebody whose word counts says that it is harmless.
    pub(crate) denied: bool,
}

/// The score of a case at a time.
pub(crate) fn score(
    case: &Case,
    all: &BTreeMap<OrgId, Organisation>,
    policy: &Policy,
    now: Timestamp,
) -> Score {
    let mut sum = logit(policy.prior);
    let (mut organisations, mut denied) = (0, false);
    let mut networks = BTreeSet::new();
    for (id, vote) in &case.votes {
        let Some(organisation) = all.get(id) else { continue };
        let weight = organisation.weight(policy, now);
        if weight < policy.least_weight {
            continue;
        }
        if vote.denies {
            // A denial does not decay: what is harmless stays so until somebody sees otherwise.
            sum -= weight * policy.most_of_one;
            denied = true;
            continue;
        }
        let own = decayed(vote, policy.half_life, now).clamp(0.0, policy.most_of_one);
        sum += weight * own;
        if own >= policy.support {
            organisations += 1;
            // Whose network nobody knows shares one with all others of whom nobody knows.
            networks.insert((*id == OrgId::HUB, organisation.network));
        }
    }
    let networks = networks.len();
    Score { probability: logistic(sum), organisations, networks, denied }
}

/// What a vote is worth now.
pub(crate) fn decayed(vote: &Vote, half_life: Span, now: Timestamp) -> f64 {
    let age = now.since(vote.last).secs_f64() / half_life.secs_f64().max(1.0);
    vote.log_odds * (-age * std::f64::consts::LN_2).exp()
}
