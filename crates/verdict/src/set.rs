//! The whole set of what is to be blocked. Enforcers get all of it, never a change to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ostium_event::Timestamp;
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::{Block, Target};

/// Everything that is to be blocked, one block for each target, in the order of targets.
/// Serialised as a list of blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockSet {
    blocks: BTreeMap<Target, Block>,
}

/// What adding a block changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The target was free before.
    New,
    /// The target was blocked before, and its block is another now.
    Changed,
    /// Nothing that was not known.
    Same,
}

// === impl BlockSet ===

impl BlockSet {
    /// The blocks, in the order of their targets.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.blocks.values()
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Is nothing to be blocked?
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The block of a target.
    pub fn get(&self, target: &Target) -> Option<&Block> {
        self.blocks.get(target)
    }

    /// Adds a block; where its target has one, the union of both ([`Block::merged`]).
    pub fn merge(&mut self, block: Block) -> Change {
        match self.blocks.entry(block.target.clone()) {
            Entry::Vacant(free) => {
                free.insert(block);
                Change::New
            }
            Entry::Occupied(mut held) => {
                let union = held.get().clone().merged(block);
                if *held.get() == union {
                    return Change::Same;
                }
                held.insert(union);
                Change::Changed
            }
        }
    }

    /// Adds all blocks of another set.
    pub fn merge_all(&mut self, other: Self) {
        for block in other.blocks.into_values() {
            self.merge(block);
        }
    }

    /// Puts a block in the place of what its target had: the last word, as a person's.
    pub fn put(&mut self, block: Block) -> Option<Block> {
        self.blocks.insert(block.target.clone(), block)
    }

    /// Takes a target out.
    pub fn remove(&mut self, target: &Target) -> Option<Block> {
        self.blocks.remove(target)
    }

    /// Takes out, and gives back, what has expired.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Block> {
        let mut gone = Vec::new();
        self.blocks.retain(|_, block| {
            let live = block.is_live(now);
            if !live {
                gone.push(block.clone());
            }
            live
        });
        gone
    }
}

impl FromIterator<Block> for BlockSet {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> Self {
        let mut set = Self::default();
        for block in blocks {
            set.merge(block);
        }
        set
    }
}

impl Serialize for BlockSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.blocks.values())
    }
}

impl<'de> Deserialize<'de> for BlockSet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<Block>::deserialize(from).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use ostium_event::{Addr, Span};
    use proptest::prelude::*;

    use super::*;
    use crate::{MOST_EVIDENCE, Mode, Origin, Transport};

    fn any_block() -> impl Strategy<Value = Block> {
        let target = (0u8..3, 0u8..4).prop_map(|(last, kind)| {
            let addr = Addr::v4([198, 51, 100, last]);
            match kind {
                0 => Target::Address(addr),
                1 => Target::AddressPort(addr, Transport::Tcp, 443),
                2 => Target::Host(Addr::v4([10, 0, 0, last])),
                _ => Target::name(&format!("n{last}.example")).unwrap(),
            }
        });
        let origin = prop_oneof![
            Just(Origin::Detector),
            Just(Origin::Hub),
            "[ab]".prop_map(|feed| Origin::Indicator(feed.into())),
            Just(Origin::Operator),
        ];
        let mode = prop_oneof![Just(Mode::Observe), Just(Mode::Simulate), Just(Mode::Block)];
        let lines = proptest::collection::vec("[a-f]{1,2}", 0..6);
        (target, origin, mode, 0u64..50, 1u64..50, "[xy]", lines).prop_map(
            |(target, origin, mode, since, span, why, lines)| {
                let now = Timestamp::from_secs(since);
                Block::new(target, origin, mode, now, Span::from_secs(span))
                    .because(&why)
                    .with_evidence(lines.iter().map(String::as_str))
            },
        )
    }

    proptest! {
        #[test]
        fn the_order_of_blocks_changes_nothing(
            (blocks, shuffled) in proptest::collection::vec(any_block(), 0..20)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let one: BlockSet = blocks.clone().into_iter().collect();
            let other: BlockSet = shuffled.into_iter().collect();
            prop_assert_eq!(&one, &other);
            let mut twice = one.clone();
            for block in blocks {
                prop_assert_eq!(twice.merge(block), Change::Same);
            }
            prop_assert!(one.iter().all(|block| block.evidence.len() <= MOST_EVIDENCE));
        }

        #[test]
        fn what_is_written_is_read(blocks in proptest::collection::vec(any_block(), 0..20)) {
            let set: BlockSet = blocks.into_iter().collect();
            let text = serde_json::to_string(&set).unwrap();
            prop_assert_eq!(serde_json::from_str::<BlockSet>(&text).unwrap(), set);
        }

        #[test]
        fn what_has_expired_is_gone(
            blocks in proptest::collection::vec(any_block(), 0..20),
            now in 0u64..120,
        ) {
            let mut set: BlockSet = blocks.into_iter().collect();
            let (before, now) = (set.len(), Timestamp::from_secs(now));
            let gone = set.expire(now);
            prop_assert_eq!(gone.len() + set.len(), before);
            prop_assert!(gone.iter().all(|block| block.until <= now));
            prop_assert!(set.iter().all(|block| block.until > now));
        }
    }

    #[test]
    fn a_person_is_named_before_a_machine_and_may_shorten() {
        let target = Target::Address(Addr::v4([198, 51, 100, 7]));
        let block = |origin, secs| {
            let now = Timestamp::from_secs(10);
            Block::new(target.clone(), origin, Mode::Block, now, Span::from_secs(secs))
        };
        let mut set = BlockSet::default();
        assert_eq!(set.merge(block(Origin::Operator, 60).because("seen by me")), Change::New);
        assert_eq!(set.merge(block(Origin::Detector, 3600).because("beacon")), Change::Changed);
        let held = set.get(&target).unwrap();
        assert_eq!((&held.origin, held.because.as_str()), (&Origin::Operator, "seen by me"));
        assert_eq!(held.until, Timestamp::from_secs(3610));
        set.put(block(Origin::Operator, 5));
        assert_eq!(set.get(&target).unwrap().until, Timestamp::from_secs(15));
    }

    #[test]
    fn a_reason_is_one_line() {
        let target = Target::name("c2.example").unwrap();
        let block =
            Block::new(target, Origin::Hub, Mode::Block, Timestamp::ZERO, Span::from_secs(1))
                .because("a\nb\x1b[2J\u{9b}c");
        assert_eq!(block.because, "a b [2J c");
        assert_eq!(block.because.lines().count(), 1);
    }
}
