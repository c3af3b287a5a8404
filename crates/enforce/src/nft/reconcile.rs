//! The kernel's table and the whole set of blocks, made to agree in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Span, Timestamp};
use ostium_verdict::{BlockSet, Mode, Target};
use serde_json::{Value, json};

use super::layout::commands;
use super::listing::{Shape, families};
use super::mirror::Mirror;
use super::program::{run, script_of};
use super::set::value;
use super::{Nft, Set, TABLE};
use crate::netlink::dump::{self, Element, Held};
use crate::netlink::{Elements, Family};
use crate::{Applied, EnforceError, Stopped};

/// Seconds by which an element may end too early or too late, besides one part in a hundred of what
/// it has left: many elements take seconds to be put there, and must not be renewed for that. One
/// that ends early is put there again, one that is late is taken out.
pub(super) const SLACK: u64 = 2;
/// Ten years; later ends are renewed on the way.
const LONGEST: u64 = 315_360_000;
/// Changes of elements that are made by netlink, without starting a program.
const FEW: usize = 256;
/// Elements in one command; any number of commands is one transaction.
const CHUNK: usize = 10_000;

const READING: &str = "list the nftables tables";
const APPLYING: &str = "change the nftables table of ostium";

/// What is to be in the kernel: targets and the seconds that they have left.
pub(super) type Wanted = BTreeMap<Target, u64>;

/// Changes that are to be made.
#[derive(Debug, Default)]
struct Plan {
    script: Vec<Value>,
    /// Few changes of elements: added with so many seconds, or deleted.
    few: Vec<(Family, Target, Option<u64>)>,
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
        let mirror = self.mirror.take();
        let plan = self.plan(&wanted, mirror.as_ref(), now)?;
        let plan = match self.make(&plan) {
            Ok(()) => plan,
            // Something changed between looking and acting: an element expired, a person's hand.
            Err(EnforceError::Refused(..) | EnforceError::Gone) => {
                self.whole_at = None;
                let again = self.plan(&wanted, None, now)?;
                self.make(&again)?;
                again
            }
            Err(error) => return Err(error),
        };
        // What somebody changed meanwhile may have been read by half.
        if self.is_whole_at(self.whole_at)? {
            self.mirror = match mirror.filter(|_| !plan.applied.looked) {
                Some(mirror) => {
                    let mut added = plan.added.iter().filter_map(|t| wanted.get_key_value(t));
                    added.try_fold(mirror, |mirror, (target, secs)| {
                        mirror.with(target, now.plus(Span::from_secs(*secs)))
                    })
                }
                None => Some(Mirror::of(&wanted, now)),
            };
        }
        for (target, (packets, bytes)) in plan.carry {
            let carried = self.carried.entry(target).or_default();
            *carried = (carried.0.saturating_add(packets), carried.1.saturating_add(bytes));
        }
        Ok((Applied { left, ..plan.applied }, plan.added))
    }

    pub(super) fn remove_tables(&mut self) -> Result<(), EnforceError> {
        (self.whole_at, self.mirror) = (None, None);
        let ours = |(family, shape): (Family, Option<Shape>)| {
            shape.is_some_and(|shape| shape.is_ours()).then(|| delete(family))
        };
        let script: Vec<Value> = self.look()?.into_iter().filter_map(ours).collect();
        self.execute(&script)?;
        self.carried.clear();
        self.uncut.clear();
        Ok(())
    }

    pub(super) fn read_counters(&mut self) -> Result<Vec<Stopped>, EnforceError> {
        let mut families = self.families().to_vec();
        if !self.is_whole_at(self.whole_at)? {
            let ours = |shape: Option<Shape>| shape.is_some_and(|shape| shape.is_ours());
            let found = self.look()?.into_iter();
            families = found.filter_map(|(family, shape)| ours(shape).then_some(family)).collect();
        }
        let mut sums: BTreeMap<Target, (u64, u64)> = BTreeMap::new();
        for family in families {
            for (target, element) in self.held(family)?.elements {
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

    fn plan(
        &mut self,
        wanted: &Wanted,
        mirror: Option<&Mirror>,
        now: Timestamp,
    ) -> Result<Plan, EnforceError> {
        let mut plan = Plan::default();
        let generation = self.generation()?;
        if self.whole_at == Some(generation) {
            if let Some(missing) = mirror.and_then(|mirror| mirror.missing(wanted, now)) {
                plan.put(self.families(), wanted, &missing);
                return Ok(plan);
            }
            plan.applied.looked = true;
            for family in self.families() {
                plan.difference(*family, &self.held(*family)?, wanted);
            }
            return Ok(plan);
        }
        self.whole_at = None;
        plan.applied.looked = true;
        for (family, shape) in self.look()? {
            let is_wanted = self.families().contains(&family);
            match shape {
                Some(shape) if !shape.is_ours() => {
                    if is_wanted {
                        return Err(EnforceError::Foreign { family: family.name() });
                    }
                }
                Some(_) if !is_wanted => plan.script.push(delete(family)),
                None if !is_wanted => {}
                shape => self.agree(&mut plan, family, shape, wanted)?,
            }
        }
        // It is whole once the plan is carried out, unless somebody changes it meanwhile.
        self.whole_at = Some(generation);
        Ok(plan)
    }

    /// Makes one table agree.
    fn agree(
        &mut self,
        plan: &mut Plan,
        family: Family,
        shape: Option<Shape>,
        wanted: &Wanted,
    ) -> Result<(), EnforceError> {
        let layout = commands(family, &self.config);
        let is_whole = shape.as_ref() == Some(&Shape::of_commands(&layout));
        // Sets of ours that are missing are of another version.
        let held = match (&shape, is_whole) {
            (Some(_), true) => Some(self.held(family)?),
            (Some(_), false) => self.held(family).ok(),
            (None, _) => None,
        };
        if let Some(held) = held.as_ref().filter(|held| is_whole && !held.is_odd) {
            plan.difference(family, held, wanted);
            return Ok(());
        }
        if shape.is_some() {
            plan.script.push(delete(family));
        }
        let held = held.unwrap_or_default();
        plan.carry(held.elements.iter().filter(|(target, _)| wanted.contains_key(*target)));
        plan.script.extend(layout);
        plan.add(family, wanted.iter().map(|(target, secs)| (target, *secs)));
        plan.applied.rebuilt = true;
        plan.applied.added = plan.applied.added.max(wanted.len());
        plan.added.extend(wanted.keys().cloned());
        Ok(())
    }

    pub(super) fn generation(&mut self) -> Result<u32, EnforceError> {
        let told = dump::generation(self.netlink()?);
        self.after(told)
    }

    /// Is this the generation of now?
    fn is_whole_at(&mut self, at: Option<u32>) -> Result<bool, EnforceError> {
        Ok(at.is_some() && at == Some(self.generation()?))
    }

    /// The tables of our name.
    fn look(&self) -> Result<Vec<(Family, Option<Shape>)>, EnforceError> {
        let present = families(&run(&self.config.nft, &["-j", "list", "tables"], None, READING)?)?;
        let shape = |family: Family| {
            if !present.contains(&family) {
                return Ok((family, None));
            }
            let words = ["-j", "-t", "list", "table", family.name(), TABLE];
            let text = run(&self.config.nft, &words, None, READING)?;
            Ok((family, Some(Shape::read(&text)?)))
        };
        [Family::Inet, Family::Bridge].into_iter().map(shape).collect()
    }

    /// What is in our sets.
    fn held(&mut self, family: Family) -> Result<Held, EnforceError> {
        let (netlink, mut held) = (self.netlink()?, Held::default());
        let read = Set::ALL
            .into_iter()
            .try_for_each(|set| dump::elements(netlink, family, set, &mut held));
        self.after(read)?;
        Ok(held)
    }

    /// Carries out a plan.
    fn make(&mut self, plan: &Plan) -> Result<(), EnforceError> {
        if !plan.script.is_empty() {
            let before = self.generation().ok();
            self.execute(&plan.script)?;
            self.changed(before);
        }
        if plan.few.is_empty() {
            return Ok(());
        }
        let before = self.generation().ok();
        let mut elements = Elements::new(self.netlink()?);
        for (family, target, secs) in &plan.few {
            match secs {
                Some(secs) => elements.add(*family, target, Span::from_secs(*secs)),
                None => elements.delete(*family, target),
            }
        }
        let done = elements.commit();
        self.after(done)?;
        self.changed(before);
        Ok(())
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

/// Does what is left of an element agree with the seconds that it is to have?
pub(super) const fn is_right(left: u64, secs: u64) -> bool {
    left.abs_diff(secs) <= SLACK + secs / 100
}

fn delete(family: Family) -> Value {
    json!({"delete": {"table": {"family": family.name(), "name": TABLE}}})
}

// === impl Plan ===

impl Plan {
    /// Puts what is missing into all tables; all else is right.
    fn put(&mut self, families: &[Family], wanted: &Wanted, missing: &[(&Target, u64)]) {
        for family in families {
            if missing.len() <= FEW {
                let few = missing.iter().map(|(t, secs)| (*family, (*t).clone(), Some(*secs)));
                self.few.extend(few);
            } else {
                self.add(*family, missing.iter().copied());
            }
        }
        self.added.extend(missing.iter().map(|(target, _)| (*target).clone()));
        self.applied.added = missing.len();
        self.applied.kept = wanted.len() - missing.len();
    }

    fn difference(&mut self, family: Family, held: &Held, wanted: &Wanted) {
        let mut one = Applied::default();
        let (mut gone, mut renewed, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
        for (target, element) in &held.elements {
            let Some(secs) = wanted.get(target) else {
                gone.push((target, 1));
                continue;
            };
            match element.expires {
                Some(expires) if is_right(expires, *secs) => one.kept += 1,
                _ => renewed.push((target, *secs)),
            }
        }
        fresh.extend(wanted.iter().filter(|(t, _)| !held.elements.contains_key(*t)));
        (one.removed, one.refreshed, one.added) = (gone.len(), renewed.len(), fresh.len());
        self.carry(renewed.iter().filter_map(|(t, _)| held.elements.get_key_value(*t)));
        self.added.extend(fresh.iter().map(|(target, _)| (*target).clone()));
        // What expires this moment could not be deleted, and would fail all; so it is added first.
        gone.extend(&renewed);
        let fresh = fresh.into_iter().map(|(target, secs)| (target, *secs));
        let added: Vec<(&Target, u64)> = renewed.into_iter().chain(fresh).collect();
        if 2 * gone.len() + added.len() <= FEW {
            let change = |secs| move |target: &&Target| (family, (*target).clone(), secs);
            let gone: Vec<&Target> = gone.into_iter().map(|(target, _)| target).collect();
            self.few.extend(gone.iter().map(change(Some(1))));
            self.few.extend(gone.iter().map(change(None)));
            self.few.extend(added.into_iter().map(|(t, secs)| (family, t.clone(), Some(secs))));
        } else {
            self.add(family, gone.iter().copied());
            self.elements("delete", family, gone.iter().map(|(t, _)| (*t, value(t))));
            self.add(family, added.into_iter());
        }
        let all = &mut self.applied;
        all.added = all.added.max(one.added);
        all.removed = all.removed.max(one.removed);
        all.refreshed = all.refreshed.max(one.refreshed);
        all.kept = all.kept.max(one.kept);
    }

    fn carry<'a>(&mut self, elements: impl Iterator<Item = (&'a Target, &'a Element)>) {
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
