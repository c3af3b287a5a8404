//! The judgement of one host.

use std::collections::{BTreeMap, BTreeSet};

use ostium_evidence::{Evidence, Group, HostCase};
use ostium_verdict::{GroupScore, Rationale, Verdict};

use crate::policy::Policy;
use crate::roles::explained;

/// Judges a host by its case.
pub fn judge(case: HostCase, policy: &Policy) -> Rationale {
    let mut rationale = Rationale::of(&case, policy.prior_log_odds());
    let (kept, set_aside) = weed(case.evidence, &case.roles);
    rationale.evidence = kept;
    rationale.set_aside = set_aside;
    let best = best_conversation(&rationale.evidence, policy);
    let mut counted = best;
    counted.extend(of_host(&rationale.evidence));
    counted.sort_unstable();
    let groups = score(&rationale.evidence, &counted, policy);
    let log_odds = rationale.prior_log_odds + groups.iter().map(|g| g.capped).sum::<f64>();
    let certain = rationale.evidence.iter().any(|item| item.certain);
    let opinions = groups.iter().filter(|g| g.capped >= policy.second_group).count();
    let posterior = 1.0 / (1.0 + (-log_odds).exp());
    rationale.probability = if certain { posterior.max(0.99) } else { posterior };
    rationale.verdict = if certain || (posterior >= policy.infected && opinions >= 2) {
        Verdict::Infected
    } else if posterior >= policy.suspect
        || rationale.evidence.iter().any(|item| item.log_odds >= policy.suspect_item)
    {
        Verdict::Suspect
    } else {
        Verdict::Clean
    };
    rationale.families = families(&rationale.evidence);
    rationale.groups = groups;
    rationale.counted = counted;
    rationale
}

/// Orders evidence by weight, drops what is told twice, and sets aside what a role explains.
fn weed(
    mut evidence: Vec<Evidence>,
    roles: &[ostium_evidence::Role],
) -> (Vec<Evidence>, Vec<(Evidence, &'static str)>) {
    evidence.retain(|item| item.log_odds.is_finite() && item.log_odds > 0.0);
    evidence.sort_by(|a, b| {
        b.certain
            .cmp(&a.certain)
            .then(b.log_odds.total_cmp(&a.log_odds))
            .then_with(|| a.detector.cmp(b.detector))
            .then_with(|| a.about.peer().cmp(&b.about.peer()))
            .then_with(|| a.first.cmp(&b.first))
            .then_with(|| a.summary.cmp(&b.summary))
    });
    let mut kept: Vec<Evidence> = Vec::new();
    let mut set_aside = Vec::new();
    let mut told = BTreeSet::new();
    for item in evidence {
        // Several views of one conversation show the same fact: the loudest tells it.
        let conversation = item.about.conversation();
        if conversation.is_some() && !told.insert((conversation, item.detector)) {
            continue;
        }
        match explained(&item, roles) {
            Some(why) => set_aside.push((item, why)),
            None => kept.push(item),
        }
    }
    (kept, set_aside)
}

/// Items about the host itself, whichever conversation is looked at.
fn of_host(evidence: &[Evidence]) -> impl Iterator<Item = usize> + '_ {
    evidence
        .iter()
        .enumerate()
        .filter(|(_, item)| item.about.conversation().is_none())
        .map(|(place, _)| place)
}

/// The places of the items about the conversation that says most besides what the host itself does:
/// a group that is full by that gains nothing.
fn best_conversation(evidence: &[Evidence], policy: &Policy) -> Vec<usize> {
    let mut conversations: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, item) in evidence.iter().enumerate() {
        if let Some(id) = item.about.conversation() {
            conversations.entry(id).or_default().push(place);
        }
    }
    let own: Vec<usize> = of_host(evidence).collect();
    let total = |places: &[usize]| -> f64 {
        let counted = [places, &own].concat();
        score(evidence, &counted, policy).iter().map(|g| g.capped).sum()
    };
    // Ties go to the conversation whose loudest item comes first, so that the order is stable.
    conversations
        .into_values()
        .map(|places| (total(&places), places))
        .reduce(|best, next| match next.0.total_cmp(&best.0) {
            std::cmp::Ordering::Greater => next,
            std::cmp::Ordering::Equal if next.1.first() < best.1.first() => next,
            _ => best,
        })
        .map(|(_, places)| places)
        .unwrap_or_default()
}

/// What each group contributes, given which items count.
fn score(evidence: &[Evidence], counted: &[usize], policy: &Policy) -> Vec<GroupScore> {
    let cap = policy.group_cap();
    Group::ALL
        .into_iter()
        .filter_map(|group| {
            let mut nats: Vec<f64> = counted
                .iter()
                .filter_map(|place| evidence.get(*place))
                .filter(|item| item.group == group)
                .map(|item| item.log_odds)
                .collect();
            nats.sort_by(|a, b| b.total_cmp(a));
            let (best, others) = nats.split_first()?;
            let raw = best + policy.others * others.iter().sum::<f64>();
            Some(GroupScore { group, raw, capped: raw.min(cap) })
        })
        .collect()
}

fn families(evidence: &[Evidence]) -> Vec<String> {
    let mut families: Vec<String> = evidence.iter().filter_map(|e| e.family.clone()).collect();
    families.sort_unstable();
    families.dedup();
    families
}
