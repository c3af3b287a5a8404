//! Prevalence against a reference that keeps which host shares what.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::Prevalence;

proptest! {
    #[test]
    fn shards_merged_count_what_all_hosts_together_share(
        hosts in prop::collection::vec(prop::collection::btree_set(0u64..12, 0..8), 0..40),
        shards in 1usize..5,
        asked in prop::collection::vec(0u64..14, 1..6),
    ) {
        let mut merged = Prevalence::default();
        for shard in 0..shards {
            let own: Vec<&BTreeSet<u64>> = hosts.iter().skip(shard).step_by(shards).collect();
            let mut counted = Prevalence::default();
            counted.set_hosts(own.len() as u32);
            own.into_iter().flatten().for_each(|key| counted.count(*key));
            merged.merge(&counted);
        }
        prop_assert_eq!(merged.hosts() as usize, hosts.len());
        for key in asked {
            let having = hosts.iter().filter(|keys| keys.contains(&key)).count();
            let sharing = having.max(1);
            prop_assert_eq!(merged.sharing(key) as usize, sharing);
            prop_assert_eq!(merged.is_common(key), having >= 3 && having * 8 >= hosts.len());
            let alone = (hosts.len() as f64).ln();
            let expected = match (hosts.len(), sharing) {
                (0..10, _) => 0.0,
                (_, 1) => alone,
                (_, n) => (alone - (n as f64).ln()) / 3.0,
            };
            prop_assert!((merged.rarity(key) - expected).abs() < 1e-9);
        }
    }
}
