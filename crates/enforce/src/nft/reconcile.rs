//! The kernel's table and the whole set of blocks, made to agree in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::Timestamp;
use ostium_verdict::{BlockSet, Mode, Target};
use serde_json::{Value, json};

use super::layout::commands;
use super::listing::{Listing, Shape, families};
use super::program::{run, script_of};
use super::set::value;
use super::{Nft, Set, TABLE};
use crate::netlink::Family;
use crate::{Applied, EnforceError, Stopped};

/// Seconds by which an element may end too early or too late: nft tells whole seconds.
const SLACK: u64 = 2;
/// Ten years; later ends are renewed on the way.
const LONGEST: u64 = 315_360_000;
/// Elements in one command; any number of commands is one transaction.
const CHUNK: usize = 10_000;

const READING: &str = "list the nftables tables";
const APPLYING: &str = "change the nftables table of ostium";

/// What is to be in the kernel: targets and the seconds that they have left.
type Wanted = BTreeMap<Target, u64>;

/// Changes that are to be made.
#[derive(Debug, Default)]
struct Plan {
    script: Vec<Value>,
    applied: Applied,
    added: BTreeSet<Target>,
    carry: Vec<(Target, (u64, u64))>,
}

// === impl Nft ===

impl Nft {
    pub(super) fn reconcile(
        &mut self,
        blocks: &BlockSet,
        now: Timestamp,
    ) -> Result<(Applied, BTreeSet<Target>), EnforceError> {
        let (wanted, left) = wanted(blocks, now);
        self.fits(&wanted)?;
        self.carried.retain(|target, _| wanted.contains_key(target));
        let plan = self.plan(&wanted)?;
        let plan = match self.execute(&plan.script) {
            Ok(()) => plan,
            // Something changed between looking and acting: an element expired, a person's hand.
            Err(EnforceError::Refused(..)) => {
                let again = self.plan(&wanted)?;
                self.execute(&again.script)?;
                again
            }
            Err(error) => return Err(error),
        };
        for (target, (packets, bytes)) in plan.carry {
            let carried = self.carried.entry(target).or_default();
            *carried = (carried.0.saturating_add(packets), carried.1.saturating_add(bytes));
        }
        Ok((Applied { left, ..plan.applied }, plan.added))
    }

    pub(super) fn remove_tables(&mut self) -> Result<(), EnforceError> {
        let mut script = Vec::new();
        for family in self.present()? {
            if self.list(family)?.shape.is_ours() {
                script.push(delete(family));
            }
        }
        self.execute(&script)?;
        self.carried.clear();
        self.uncut.clear();
        Ok(())
    }

    pub(super) fn read_counters(&self) -> Result<Vec<Stopped>, EnforceError> {
        let mut sums: BTreeMap<Target, (u64, u64)> = BTreeMap::new();
        for family in self.present()? {
            let listing = self.list(family)?;
            if !listing.shape.is_ours() {
                continue;
            }
            for (target, element) in listing.elements {
                let sum = sums.entry(target).or_default();
                *sum = (sum.0.saturating_add(element.packets), sum.1.saturating_add(element.bytes));
            }
        }
        let told = sums.into_iter().map(|(target, (packets, bytes))| {
            let carried = self.carried.get(&target).copied().unwrap_or_default();
            let (packets, bytes) =
                (packets.saturating_add(carried.0), bytes.saturating_add(carried.1));
            Stopped { target, packets, bytes }
        });
        Ok(told.collect())
    }

    /// Too many are refused before anything is tried, with the set's name.
    fn fits(&self, wanted: &Wanted) -> Result<(), EnforceError> {
        for set in Set::ALL {
            let count = wanted.keys().filter(|target| Set::of(target) == Some(set)).count();
            let limit = self.config.elements;
            if u32::try_from(count).map_or(true, |count| count > limit) {
                return Err(EnforceError::Full { set: set.name(), wanted: count, limit });
            }
        }
        Ok(())
    }

    fn plan(&self, wanted: &Wanted) -> Result<Plan, EnforceError> {
        let (mut plan, present) = (Plan::default(), self.present()?);
        for family in [Family::Inet, Family::Bridge] {
            let is_wanted = self.families().contains(&family);
            let listing = match present.contains(&family) {
                true => Some(self.list(family)?),
                false => None,
            };
            match listing {
                Some(listing) if !listing.shape.is_ours() => {
                    if is_wanted {
                        return Err(EnforceError::Foreign { family: family.name() });
                    }
                }
                Some(_) if !is_wanted => plan.script.push(delete(family)),
                None if !is_wanted => {}
                listing => self.agree(&mut plan, family, listing, wanted),
            }
        }
        Ok(plan)
    }

    /// Makes one table agree.
    fn agree(&self, plan: &mut Plan, family: Family, listing: Option<Listing>, wanted: &Wanted) {
        let layout = commands(family, &self.config);
        let whole =
            |listing: &Listing| !listing.is_odd && listing.shape == Shape::of_commands(&layout);
        match listing {
            Some(listing) if whole(&listing) => plan.difference(family, &listing, wanted),
            listing => {
                if let Some(listing) = listing {
                    plan.script.push(delete(family));
                    plan.carry(listing.elements.iter().filter(|(t, _)| wanted.contains_key(*t)));
                }
                plan.script.extend(layout);
                plan.add(family, wanted.iter().map(|(target, secs)| (target, *secs)));
                plan.applied.rebuilt = true;
                plan.applied.added = plan.applied.added.max(wanted.len());
                plan.added.extend(wanted.keys().cloned());
            }
        }
    }

    fn present(&self) -> Result<Vec<Family>, EnforceError> {
        families(&run(&self.config.nft, &["-j", "list", "tables"], None, READING)?)
    }

    fn list(&self, family: Family) -> Result<Listing, EnforceError> {
        let words = ["-j", "list", "table", family.name(), TABLE];
        Listing::read(&run(&self.config.nft, &words, None, READING)?)
    }

    fn execute(&self, script: &[Value]) -> Result<(), EnforceError> {
        if script.is_empty() {
            return Ok(());
        }
        let script = script_of(script.to_vec());
        run(&self.config.nft, &["-j", "-f", "-"], Some(&script), APPLYING).map(drop)
    }
}

/// What is to be in the kernel, and how many blocks are not for it.
fn wanted(blocks: &BlockSet, now: Timestamp) -> (Wanted, usize) {
    let mut wanted = Wanted::new();
    for block in blocks.iter() {
        if block.mode == Mode::Block && block.is_live(now) && Set::of(&block.target).is_some() {
            let secs = block.until.since(now).nanos().div_ceil(1_000_000_000);
            wanted.insert(block.target.clone(), secs.min(LONGEST));
        }
    }
    let left = blocks.len() - wanted.len();
    (wanted, left)
}

fn delete(family: Family) -> Value {
    json!({"delete": {"table": {"family": family.name(), "name": TABLE}}})
}

// === impl Plan ===

impl Plan {
    fn difference(&mut self, family: Family, listing: &Listing, wanted: &Wanted) {
        let mut one = Applied::default();
        let (mut gone, mut renewed, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
        for (target, element) in &listing.elements {
            let Some(secs) = wanted.get(target) else {
                gone.push((target, 1));
                continue;
            };
            match element.expires {
                Some(expires) if expires.abs_diff(*secs) <= SLACK => one.kept += 1,
                _ => renewed.push((target, *secs)),
            }
        }
        fresh.extend(wanted.iter().filter(|(t, _)| !listing.elements.contains_key(*t)));
        (one.removed, one.refreshed, one.added) = (gone.len(), renewed.len(), fresh.len());
        self.carry(renewed.iter().filter_map(|(t, _)| listing.elements.get_key_value(*t)));
        // What expires this moment could not be deleted, and would fail all; so it is added first.
        gone.extend(&renewed);
        self.add(family, gone.iter().copied());
        self.elements("delete", family, gone.iter().map(|(target, _)| (*target, value(target))));
        self.added.extend(fresh.iter().map(|(target, _)| (*target).clone()));
        let fresh = fresh.into_iter().map(|(target, secs)| (target, *secs));
        self.add(family, renewed.into_iter().chain(fresh));
        let all = &mut self.applied;
        all.added = all.added.max(one.added);
        all.removed = all.removed.max(one.removed);
        all.refreshed = all.refreshed.max(one.refreshed);
        all.kept = all.kept.max(one.kept);
    }

    fn carry<'a>(
        &mut self,
        elements: impl Iterator<Item = (&'a Target, &'a super::listing::Element)>,
    ) {
        let counted = elements.filter(|(_, element)| element.packets > 0);
        self.carry
            .extend(counted.map(|(t, element)| (t.clone(), (element.packets, element.bytes))));
    }

    fn add<'a>(&mut self, family: Family, elements: impl Iterator<Item = (&'a Target, u64)>) {
        let element = |secs: u64, target| json!({"elem": {"val": value(target), "timeout": secs}});
        self.elements("add", family, elements.map(|(t, secs)| (t, element(secs, t))));
    }

    fn elements<'a>(
        &mut self,
        command: &str,
        family: Family,
        elements: impl Iterator<Item = (&'a Target, Value)>,
    ) {
        let mut of_sets: BTreeMap<Set, Vec<Value>> = BTreeMap::new();
        for (target, value) in elements {
            if let Some(set) = Set::of(target) {
                of_sets.entry(set).or_default().push(value);
            }
        }
        for (set, all) in of_sets {
            for chunk in all.chunks(CHUNK) {
                let element = json!({"family": family.name(), "table": TABLE, "name": set.name(),
                                     "elem": chunk});
                self.script.push(json!({command: {"element": element}}));
            }
        }
    }
}
