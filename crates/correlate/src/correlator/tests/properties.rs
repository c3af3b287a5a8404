//! Whatever is reported, by whomever, whenever.

use proptest::prelude::*;

use super::*;
use crate::Vote;

proptest! {
    /// Whatever is reported by whom and when: what stands published had its quorum, is on no rail,
    /// and is what the decisions add up to.
    #[test]
    fn nothing_stands_without_its_quorum(steps in proptest::collection::vec(
        (1u32..8, 0u8..6, 0.0f64..9.0, 0u64..4 * DAY, 0u8..12), 1..120))
    {
        let mut world = world(4);
        let mut stands = BTreeMap::new();
        let mut now = 0;
        for (org, which, log_odds, later, kind) in steps {
            now += later / 20;
            let subject = if which == 0 {
                IndicatorValue::Addr("8.8.8.8".parse().unwrap())
            } else {
                socket(which)
            };
            let report = match kind {
                0 => denies(&subject, at(now)),
                1 => Report { finding: Finding::Sighting, hosts: 9, crowd: 300, ..says(&subject, 0.0, at(now)) },
                _ => says(&subject, log_odds, at(now)),
            };
            world.hear(OrgId(org), &report, at(now)).unwrap();
            for decision in world.decide(at(now)) {
                match decision {
                    Decision::Publish { id, value, organisations, until, .. } => {
                        let value = value.indicator().cloned().unwrap();
                        prop_assert!(until > at(now) && organisations >= 2);
                        let case = &world.cases()[&id];
                        prop_assert_eq!(&case.subject, &value);
                        prop_assert!(world.kept(&value).is_none());
                        let support = |(id, vote): (&OrgId, &Vote)| {
                            id.0 <= 4 && !vote.denies && vote.log_odds >= 3.0
                        };
                        let by = case.votes.iter().filter(|vote| support(*vote)).count();
                        // Once it stands, votes may grow old and sightings keep it.
                        prop_assert!(by >= 2 || stands.contains_key(&id));
                        stands.insert(id, value);
                    }
                    Decision::Withdraw { id, .. } => {
                        prop_assert!(stands.remove(&id).is_some(), "withdrawn twice");
                    }
                }
            }
            let confirmed: BTreeSet<u64> = world
                .cases()
                .values()
                .filter(|case| case.state == State::Confirmed)
                .map(|case| case.id)
                .collect();
            prop_assert_eq!(confirmed, stands.keys().copied().collect());
        }
    }
}

proptest! {
    /// A restart at any moment changes no decision.
    #[test]
    fn what_is_kept_goes_on_as_if_nothing_had_been(steps in proptest::collection::vec(
        (1u32..6, 1u8..5, 0.0f64..9.0, 0u64..DAY, 0u8..12), 1..60), stop in 0usize..60)
    {
        let mut whole = world(4);
        let mut kept = world(4);
        let mut kept_parts = BTreeMap::new();
        let mut now = 0;
        for (at_step, (org, which, log_odds, later, kind)) in steps.into_iter().enumerate() {
            now += later / 4;
            let mut report = match kind {
                0 => denies(&socket(which), at(now)),
                _ => says(&name(&format!("c{which}.example")), log_odds, at(now)),
            };
            // Of two shapes, some of which are a crowd's, and some met by a pattern.
            if kind % 3 == 1 {
                let server = if kind > 6 { "0a" } else { "0b" };
                report.shape = Some(patterns::shape(server));
            }
            (report.hosts, report.crowd) = if kind == 11 { (40, 200) } else { (1, 0) };
            if kind == 4 {
                report.addresses = (0..6).map(|n| Addr::v4([198, 18 + n % 3, which, n])).collect();
            }
            if kind == 2 {
                report.patterns = (1..12).collect();
                report.by_pattern = true;
            }
            if at_step == stop {
                let text = |case: KeptCase| serde_json::to_string(&case).unwrap();
                let cases: Vec<String> =
                    kept.cases().keys().filter_map(|id| kept.keep(*id)).map(text).collect();
                let cases = cases.iter().map(|text| serde_json::from_str(text).unwrap());
                let members: Vec<Organisation> = kept.organisations().values().cloned().collect();
                let parts: Vec<KeptPart> = kept_parts.values().cloned().collect();
                kept = Correlator::restored(
                    Policy::default(), Rails::default(), members, cases, parts);
            }
            whole.hear(OrgId(org), &report, at(now)).unwrap();
            kept.hear(OrgId(org), &report, at(now)).unwrap();
            prop_assert_eq!(whole.decide(at(now)), kept.decide(at(now)));
            for (key, part) in kept.changed_parts() {
                match part {
                    Some(part) => drop(kept_parts.insert(key, part)),
                    None => drop(kept_parts.remove(&key)),
                }
            }
        }
        prop_assert_eq!(whole.cases(), kept.cases());
        prop_assert_eq!(whole.organisations(), kept.organisations());
        prop_assert_eq!(whole.patterns(), kept.patterns());
    }
}
