//! What the zone says of which name, made of blocks and of names that are allowed.
//!
//! A rule reaches its name and all below it. In a zone that takes two records, the name and a
//! wildcard below it, and the wildcard of the DNS has a hole: it does not reach past a name that
//! exists, and every name above a record exists, if only as an empty one (RFC 4592, section 2.2.2).
//! So rules that change nothing are left out, and between an allowed name and the block above it
//! every step gets the rule of the block again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ostium_event::Timestamp;
use ostium_verdict::{BlockSet, Mode, Target};

use super::ZoneConfig;

/// What is done about a name, and about every name below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Answered as [`super::OnBlock`] says.
    Block,
    /// Answered with the truth, whatever other policy zones say (`rpz-passthru`).
    Pass,
}

/// All rules, in the order of names: the same rules for the same blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rules: BTreeMap<Arc<str>, Action>,
    left_out: usize,
}

// === impl Rules ===

impl Rules {
    /// The rules for what is live in `blocks`, is a name, and is to be blocked; for names that are
    /// allowed, `Pass`. What is allowed is not blocked, nor anything below it.
    ///
    /// What is no name, does not fit below the origin of the zone, or is beyond the most names that
    /// the zone may have, is left out and counted.
    pub fn of<'a>(
        blocks: &BlockSet,
        allowed: impl IntoIterator<Item = &'a str>,
        now: Timestamp,
        config: &ZoneConfig,
    ) -> Self {
        let mut left_out = 0;
        let mut all = BTreeMap::new();
        for name in allowed {
            match clean(name) {
                Some(name) => drop(all.insert(name, Action::Pass)),
                None => left_out += 1,
            }
        }
        for block in blocks.iter().filter(|b| b.mode == Mode::Block && b.is_live(now)) {
            let Target::Name(name) = &block.target else { continue };
            if !lineage(name).any(|name| all.get(name) == Some(&Action::Pass)) {
                all.insert(Arc::clone(name), Action::Block);
            }
        }
        let mut rules = all.clone();
        rules.retain(|name, action| {
            let above = lineage(name).skip(1).find_map(|name| all.get(name));
            above != Some(&*action)
        });
        fill_steps(&mut rules);
        let before = rules.len();
        rules.retain(|name, _| config.fits(name));
        // A zone with its first names only is better than none, and the count says so.
        if let Some(beyond) = rules.keys().nth(config.most_names).cloned() {
            rules.split_off(&beyond);
        }
        left_out += before - rules.len();
        Self { rules, left_out }
    }

    /// Each name with what is done about it, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, Action)> {
        self.rules.iter().map(|(name, action)| (name, *action))
    }

    /// The rule of exactly this name.
    pub fn get(&self, name: &str) -> Option<Action> {
        self.rules.get(name).copied()
    }

    /// How many names have a rule.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Is no name spoken of?
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// How many names could not have a rule; worth a word to the operator.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// What these have that the others lack.
    pub(crate) fn minus(&self, other: &Self) -> Vec<(Arc<str>, Action)> {
        let new = self.rules.iter().filter(|(name, action)| other.rules.get(*name) != Some(action));
        new.map(|(name, action)| (Arc::clone(name), *action)).collect()
    }

    /// Do they say the same? What was left out does not matter.
    pub(crate) fn say_as(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

/// Repeats the rule above an exception on every step between the two.
fn fill_steps(rules: &mut BTreeMap<Arc<str>, Action>) {
    let mut steps = Vec::new();
    for name in rules.keys() {
        let above = lineage(name).skip(1).find_map(|name| rules.get_key_value(name));
        let Some((top, action)) = above else { continue };
        let between = lineage(name).skip(1).take_while(|step| *step != &**top);
        steps.extend(between.map(|step| (Arc::from(step), *action)));
    }
    rules.extend(steps);
}

/// A name and all names above it, the longest first.
fn lineage(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above))
}

/// A name in lower case without its final dot; `None` where it is no name. Other than a target it
/// may have one label.
pub(crate) fn clean(text: &str) -> Option<Arc<str>> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    (text.len() <= 253 && text.split('.').all(label)).then(|| text.to_ascii_lowercase().into())
}

#[cfg(test)]
mod tests {
    use ostium_event::Span;
    use ostium_verdict::{Block, Origin};
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(100);

    fn block(name: &str, mode: Mode, secs: u64) -> Block {
        let target = name.parse().unwrap();
        Block::new(target, Origin::Operator, mode, Timestamp::from_secs(50), Span::from_secs(secs))
    }

    fn rules(blocked: &[&str], allowed: &[&str]) -> Rules {
        let set = blocked.iter().map(|name| block(name, Mode::Block, 100)).collect();
        Rules::of(&set, allowed.iter().copied(), NOW, &ZoneConfig::new("rpz.test"))
    }

    fn text(rules: &Rules) -> Vec<String> {
        rules.iter().map(|(name, action)| format!("{name} {action:?}")).collect()
    }

    #[test]
    fn only_live_names_that_are_to_be_blocked_have_a_rule() {
        let set = [
            block("live.example", Mode::Block, 51),
            block("over.example", Mode::Block, 50),
            block("seen.example", Mode::Observe, 100),
            block("tried.example", Mode::Simulate, 100),
            block("198.51.100.7", Mode::Block, 100),
        ];
        let set = set.into_iter().collect();
        let rules = Rules::of(&set, [], NOW, &ZoneConfig::new("rpz.test"));
        assert_eq!(text(&rules), ["live.example Block"]);
    }

    #[test]
    fn what_is_allowed_is_not_blocked_and_no_step_is_empty() {
        let rules = rules(
            &["evil.example", "x.evil.example", "good.example", "x.good.example", "a.b.example"],
            &["good.example", "Very.Good.here.evil.example.", "lan"],
        );
        assert_eq!(
            text(&rules),
            [
                "a.b.example Block",
                "evil.example Block",
                "good.example Pass",
                "good.here.evil.example Block",
                "here.evil.example Block",
                "lan Pass",
                "very.good.here.evil.example Pass",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let long = vec!["a".repeat(60); 4].join(".");
        let some = rules(&[&long, "b.example"], &["", "no name", "a..b"]);
        assert_eq!((text(&some), some.left_out()), (vec!["b.example Block".to_owned()], 4));
        let config = ZoneConfig { most_names: 2, ..ZoneConfig::new("rpz.test") };
        let set = ["c.example", "b.example", "a.example"].map(|n| block(n, Mode::Block, 100));
        let few = Rules::of(&set.into_iter().collect(), [], NOW, &config);
        assert_eq!((text(&few).len(), few.left_out()), (2, 1));
        assert_eq!(few.get("c.example"), None);
    }

    /// What a resolver finds in the zone for a name (RFC 4592): the name itself, else the wildcard
    /// below the closest name that exists.
    fn found(rules: &Rules, name: &str) -> Option<Action> {
        if let Some(action) = rules.get(name) {
            return Some(action);
        }
        let exists =
            |name: &str| rules.iter().any(|(rule, _)| lineage(rule).any(|part| part == name));
        if exists(name) {
            return None;
        }
        lineage(name).skip(1).find(|above| exists(above)).and_then(|above| rules.get(above))
    }

    proptest! {
        #[test]
        fn every_name_is_found_as_meant(
            blocked in proptest::collection::btree_set("([ab]\\.){0,4}[ab]\\.x", 0..6),
            allowed in proptest::collection::btree_set("([ab]\\.){0,4}[ab]\\.x", 0..6),
            asked in "([ab]\\.){0,5}[ab]\\.x",
        ) {
            let set = blocked.iter().map(|name| block(name, Mode::Block, 100)).collect();
            let config = ZoneConfig::new("rpz.test");
            let rules = Rules::of(&set, allowed.iter().map(String::as_str), NOW, &config);
            let passes = lineage(&asked).any(|name| allowed.contains(name));
            let blocks = lineage(&asked).any(|name| blocked.contains(name));
            let want = match (passes, blocks) {
                (true, _) => Some(Action::Pass),
                (false, true) => Some(Action::Block),
                _ => None,
            };
            prop_assert_eq!(found(&rules, &asked), want);
            prop_assert_eq!(rules.left_out(), 0);
        }
    }
}
