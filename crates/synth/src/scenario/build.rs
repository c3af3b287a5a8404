//! Machines out of a scenario.

use std::collections::BTreeSet;

use ostium_event::{Addr, Home, Timestamp};
use toml::value::{Datetime, Offset};
use toml::{Spanned, Table, Value};

use super::Wishes;
use super::file::{File, Group, Infection};
use super::shipped::kits;
use super::vary::vary_table;
use crate::habit::Habit;
use crate::rng::Rng;
use crate::tls::certificate_day;
use crate::world::{Member, Resolver, World};

/// Why there is no world, and where in the text.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Option<usize>,
    pub(super) what: String,
}

/// Whose habits are being made.
struct Owner<'a> {
    file: &'a File,
    seed: u64,
    label: &'a str,
    n: usize,
}

/// Kits may name kits, so deep.
const DEPTH: usize = 8;
/// More machines than that are a slip of the pen.
const MOST: usize = 1_000_000;

/// The world of a scenario.
pub(super) fn world(file: &File, wishes: &Wishes) -> Result<World, Fault> {
    let seed = wishes.seed.unwrap_or(file.seed);
    let days = wishes.days.unwrap_or(file.days);
    if !(days > 0.0 && days <= 3660.0) {
        return Err(whole("days lie between 0 and 3660"));
    }
    if !(0.0..1.0).contains(&file.tap.loss) {
        return Err(whole("the loss of a tap is a share from 0 to 1, such as 0.02"));
    }
    let (start, zone) = start(&file.start)?;
    let mut hosts = members(file, seed, zone, wishes.scale.unwrap_or(1.0))?;
    for infection in &file.infections {
        infect(file, seed, infection, &mut hosts)?;
    }
    if hosts.is_empty() {
        return Err(whole("nobody lives here; add a [[group]]"));
    }
    Ok(World {
        seed,
        start,
        hours: days * 24.0,
        home: file.home.clone(),
        resolver: resolver(file)?,
        tap: file.tap.tap(),
        hosts,
    })
}

fn whole(what: impl Into<String>) -> Fault {
    Fault { at: None, what: what.into() }
}

fn at<T>(place: &Spanned<T>, what: impl Into<String>) -> Fault {
    Fault { at: Some(place.span().start), what: what.into() }
}

/// When the world begins, and how many seconds its place is ahead of UTC.
fn start(written: &Spanned<Datetime>) -> Result<(Timestamp, i64), Fault> {
    let usage = || at(written, "start is a date such as 2026-09-14T00:00:00+02:00");
    let when = written.get_ref();
    let date = when.date.ok_or_else(usage)?;
    let time = when.time.ok_or_else(usage)?;
    let zone = match when.offset {
        Some(Offset::Custom { minutes }) => i64::from(minutes) * 60,
        Some(Offset::Z) | None => 0,
    };
    let day = certificate_day(u64::from(date.year), u64::from(date.month), u64::from(date.day));
    let second = time.second.unwrap_or(0);
    let clock = u64::from(time.hour) * 3600 + u64::from(time.minute) * 60 + u64::from(second);
    let local = (day * 86_400 + clock) as i64;
    let utc = u64::try_from(local - zone).map_err(|_| usage())?;
    Ok((Timestamp::from_secs(utc), zone))
}

fn resolver(file: &File) -> Result<Resolver, Fault> {
    let Some(written) = &file.resolver else {
        return Ok(Resolver::default());
    };
    let inside = Home::new(&file.home).contains(written.at);
    match written.forwards_to {
        None => Ok(Resolver::At(written.at)),
        Some(to) if inside => Ok(Resolver::Forwards { at: written.at, to }),
        Some(_) => Err(whole(format!(
            "a resolver that forwards stands inside, and {} does not; widen home",
            written.at
        ))),
    }
}

/// The machines of all groups.
fn members(file: &File, seed: u64, zone: i64, scale: f64) -> Result<Vec<Member>, Fault> {
    let mut hosts = Vec::new();
    let mut taken: BTreeSet<Addr> = file.resolver.iter().map(|resolver| resolver.at).collect();
    let mut names = BTreeSet::new();
    for group in &file.groups {
        if !names.insert(group.name.get_ref()) {
            return Err(at(
                &group.name,
                format!("there are two groups '{}'", group.name.get_ref()),
            ));
        }
        let count = match group.count {
            0 | 1 => group.count,
            many => ((many as f64 * scale).round() as usize).max(1),
        };
        if hosts.len() + count > MOST {
            return Err(at(&group.name, format!("more than {MOST} machines; take fewer")));
        }
        let mut next = group.first.unwrap_or_else(|| first_free(file, &taken));
        for n in 0..count {
            let addr = free(file, group, &mut next, &mut taken)?;
            hosts.push(member(file, seed, zone, group, (n, count), addr)?);
        }
    }
    Ok(hosts)
}

/// Before the first machine of a group that has no address of its own.
fn first_free(file: &File, taken: &BTreeSet<Addr>) -> Addr {
    let bounds = file.home.first().map(|prefix| prefix.bounds());
    let (first, last) = bounds.unwrap_or_default();
    let highest = taken.range(first..=last).next_back().copied();
    Addr::from_bits(highest.unwrap_or(first).bits() + 1)
}

/// The next address that is free, and no address of a network or of all.
fn free(
    file: &File,
    group: &Group,
    next: &mut Addr,
    taken: &mut BTreeSet<Addr>,
) -> Result<Addr, Fault> {
    loop {
        let addr = *next;
        if !file.home.iter().any(|prefix| prefix.contains(addr)) {
            let name = group.name.get_ref();
            let what =
                format!("no address is left for group '{name}' at {addr}; widen home or set first");
            return Err(at(&group.name, what));
        }
        *next = Addr::from_bits(addr.bits() + 1);
        let odd = addr.v4_bits().is_some_and(|bits| matches!(bits & 0xff, 0 | 255));
        if !odd && taken.insert(addr) {
            return Ok(addr);
        }
    }
}

fn member(
    file: &File,
    seed: u64,
    zone: i64,
    group: &Group,
    (n, count): (usize, usize),
    addr: Addr,
) -> Result<Member, Fault> {
    let name = group.name.get_ref();
    let label = if count == 1 { name.clone() } else { format!("{name}-{n:02}") };
    let owner = Owner { file, seed, label: &label, n };
    Ok(Member {
        addr,
        broken_v6: group.broken_v6.map(|first| Addr::from_bits(first.bits() + n as u128)),
        system: group.system,
        infection: None,
        habits: owner.habits(&group.habits)?,
        later: Vec::new(),
        presence: group.hours.presence(zone),
        sleeps: group.sleeps,
        role: group.role.clone(),
        label,
    })
}

/// Gives an infection to its machines.
fn infect(
    file: &File,
    seed: u64,
    infection: &Infection,
    hosts: &mut [Member],
) -> Result<(), Fault> {
    let name = infection.name.get_ref();
    for place in victims(file, seed, infection, hosts)? {
        let Some(host) = hosts.get_mut(place) else {
            continue;
        };
        let label = format!("{}/{name}", host.label);
        let owner = Owner { file, seed, label: &label, n: place };
        let habits = owner.habits(&infection.habits)?;
        let after = |habit| (infection.after, habit);
        host.later.extend(habits.into_iter().map(after));
        host.infection = Some(name.clone());
    }
    Ok(())
}

/// The machines that have it, by their places.
fn victims(
    file: &File,
    seed: u64,
    infection: &Infection,
    hosts: &[Member],
) -> Result<Vec<usize>, Fault> {
    let name = &infection.name;
    if !infection.at.is_empty() {
        let place = |addr: &Addr| {
            let found = hosts.iter().position(|host| host.addr == *addr);
            found.ok_or_else(|| at(name, format!("no machine has the address {addr}")))
        };
        return infection.at.iter().map(place).collect();
    }
    let group = infection.group.as_ref().ok_or_else(|| {
        at(name, format!("who has '{}'? Say in = \"a group\" or at = [addresses]", name.get_ref()))
    })?;
    let names: Vec<&str> = file.groups.iter().map(|g| g.name.get_ref().as_str()).collect();
    if !names.contains(&group.as_str()) {
        let what = format!("there is no group '{group}'; groups are {}", names.join(", "));
        return Err(at(name, what));
    }
    let of_group = |host: &Member| {
        let label = host.label.strip_prefix(group.as_str());
        label.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let mut places: Vec<usize> = hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| of_group(host) && host.infection.is_none())
        .map(|(place, _)| place)
        .collect();
    if places.len() < infection.count {
        let what = format!("group '{group}' has only {} machines left to infect", places.len());
        return Err(at(name, what));
    }
    let mut rng = Rng::fork(seed, &format!("victims of {}", name.get_ref()));
    for n in (1..places.len()).rev() {
        places.swap(n, rng.below(n + 1));
    }
    places.truncate(infection.count);
    Ok(places)
}

// === impl Owner ===

impl Owner<'_> {
    fn habits(&self, written: &[Spanned<Value>]) -> Result<Vec<Habit>, Fault> {
        let mut habits = Vec::new();
        self.collect(written, None, 0, &mut habits)?;
        Ok(habits)
    }

    /// Adds what is written, kits unfolded. `from` is where the kit was named.
    fn collect(
        &self,
        written: &[Spanned<Value>],
        from: Option<usize>,
        depth: usize,
        habits: &mut Vec<Habit>,
    ) -> Result<(), Fault> {
        for item in written {
            let place = from.unwrap_or_else(|| item.span().start);
            let fault = |what: String| Fault { at: Some(place), what };
            let (kind, parameters) = match item.get_ref() {
                Value::String(kind) => (kind.as_str(), Table::new()),
                Value::Table(table) => split(table).map_err(fault)?,
                _ => return Err(fault("a habit is a word or a table with kind".to_owned())),
            };
            if let Some(kit) = self.kit(kind).filter(|_| parameters.is_empty()) {
                if depth >= DEPTH {
                    return Err(fault(format!("kit '{kind}' names itself")));
                }
                // Kits of the product are in another text.
                let from = from.or_else(|| (!self.file.kits.contains_key(kind)).then_some(place));
                self.collect(kit, from, depth + 1, habits)?;
                continue;
            }
            let path = format!("{}/{}/{kind}", self.label, habits.len());
            let parameters = vary_table(&parameters, self.seed, &path, self.n).map_err(fault)?;
            match Habit::read(kind, parameters) {
                Some(Ok(habit)) => habits.push(habit),
                Some(Err(error)) => {
                    let what = error.message().trim().replace('\n', "; ");
                    return Err(fault(format!("habit {kind}: {what}")));
                }
                None => return Err(fault(self.unknown(kind))),
            }
        }
        Ok(())
    }

    fn kit(&self, name: &str) -> Option<&[Spanned<Value>]> {
        let own = self.file.kits.get(name);
        own.or_else(|| kits().get(name)).map(Vec::as_slice)
    }

    fn unknown(&self, kind: &str) -> String {
        let kits: BTreeSet<&String> = self.file.kits.keys().chain(kits().keys()).collect();
        let kits: Vec<&str> = kits.into_iter().map(String::as_str).collect();
        format!(
            "there is no habit '{kind}'; habits are {}; kits are {}",
            Habit::kinds().join(", "),
            kits.join(", ")
        )
    }
}

/// The kind of a habit and its parameters.
fn split(table: &Table) -> Result<(&str, Table), String> {
    let kind = table.get("kind").and_then(Value::as_str);
    let kind = kind.ok_or("a habit needs kind = \"...\"")?;
    let mut parameters = table.clone();
    parameters.remove("kind");
    Ok((kind, parameters))
}
