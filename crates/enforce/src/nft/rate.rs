//! Rates to victims: a table of our own beside that of blocks.
//!
//! For each victim there is a set with the victim as its only element, which the kernel takes out when
//! its time is over, and a set of sources, each with a bucket of its own. What overflows is counted
//! and dropped, before connection tracking like blocks. When the set of sources is full, or the sensor
//! dies, packets pass. The table is made anew when the victims change, so that a source may save up
//! its ten seconds once more; another end alone changes the element.

use std::collections::BTreeMap;
use std::fmt::Write;

use ostium_event::Timestamp;
use ostium_verdict::Target;
use serde_json::Value;

use super::Nft;
use super::layout::MARK;
use super::program::run;
use crate::netlink::Family;
use crate::{EnforceError, Limit, Limited};

/// The name of our table of rates.
pub(super) const RATES: &str = "ostium_rate";
/// After blocks (-300), before connection tracking (-200).
const PRIORITY: i32 = -299;
/// Sources of one victim that have a bucket; the others pass.
const SOURCES: u32 = 65_535;
/// A source that is quiet for so many seconds is forgotten: by then its bucket is full again.
const QUIET: u32 = 60;
/// Seconds of its rate that a source may save up.
const SAVED: u32 = 10;

const READING: &str = "list the nftables table of rates";
const APPLYING: &str = "change the nftables table of rates";

/// What is in the table of rates, as far as we know.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// What was put there; `None` before the first look.
    held: Option<Vec<Limit>>,
    /// The generation of nftables then.
    at: Option<u32>,
    /// What victims had counted before the table was made anew.
    carried: BTreeMap<Target, (u64, u64)>,
}

// === impl Nft: rates ===

impl Nft {
    pub(super) fn apply_limits(
        &mut self,
        limits: &[Limit],
        now: Timestamp,
    ) -> Result<(), EnforceError> {
        let wanted: Vec<Limit> = limits.iter().filter(|limit| now < limit.until).copied().collect();
        let generation = self.generation().ok();
        let known =
            self.rates.held.as_ref().filter(|_| {
                wanted.is_empty() || (generation.is_some() && generation == self.rates.at)
            });
        if known.is_some_and(|held| *held == wanted) {
            return Ok(());
        }
        let mut ours = Vec::new();
        let mut is_whole = !wanted.is_empty();
        for family in [Family::Inet, Family::Bridge] {
            let (present, here) = (self.rates_of(family)?, self.families().contains(&family));
            if present == Some(false) && here {
                return Err(EnforceError::ForeignRates { family: family.name() });
            }
            let is_ours = present == Some(true);
            is_whole &= match (is_ours, here) {
                (true, true) => self.is_rate_table_whole(family, &wanted)?,
                (is_ours, here) => is_ours == here,
            };
            ours.extend(is_ours.then_some(family));
        }
        let mut script = String::new();
        if is_whole {
            self.families().iter().for_each(|family| renew(&mut script, *family, &wanted, now));
        } else {
            self.carry_limits(&wanted);
            for family in ours {
                writeln_to(&mut script, format_args!("delete table {} {RATES}", family.name()));
            }
            if !wanted.is_empty() {
                self.families().iter().for_each(|family| make(&mut script, *family, &wanted, now));
            }
        }
        if !script.is_empty() {
            run(&self.config.nft, &["-f", "-"], Some(&script), APPLYING)?;
            self.changed(generation);
        }
        self.rates.at = self.generation().ok();
        self.rates.held = Some(wanted);
        Ok(())
    }

    /// Is there a table of this name, and is it ours?
    fn rates_of(&self, family: Family) -> Result<Option<bool>, EnforceError> {
        let tables = run(&self.config.nft, &["-j", "list", "tables"], None, READING)?;
        let of = |table: &Value| table["family"] == family.name() && table["name"] == RATES;
        if !objects(&tables)?.iter().any(|object| object.get("table").is_some_and(of)) {
            return Ok(None);
        }
        let rules = self.rate_rules(family)?;
        Ok(Some(rules.iter().any(|rule| rule["chain"] == MARK && rule["comment"] == mark())))
    }

    fn rate_rules(&self, family: Family) -> Result<Vec<Value>, EnforceError> {
        let words = ["-j", "-t", "list", "table", family.name(), RATES];
        let text = run(&self.config.nft, &words, None, READING)?;
        let rules = objects(&text)?;
        Ok(rules
            .into_iter()
            .filter_map(|mut object| object.get_mut("rule").map(Value::take))
            .collect())
    }

    /// Has nobody taken out a rule?
    fn is_rate_table_whole(&self, family: Family, wanted: &[Limit]) -> Result<bool, EnforceError> {
        let rules = self.rate_rules(family)?;
        let early = rules.iter().filter(|rule| rule["chain"] == "early");
        let comments: Vec<&str> = early.filter_map(|rule| rule["comment"].as_str()).collect();
        Ok(comments == wanted.iter().map(comment).collect::<Vec<_>>())
    }

    /// Remembers what victims that stay have counted so far: their table may be made anew.
    fn carry_limits(&mut self, wanted: &[Limit]) {
        // What cannot be read is lost; it is a count.
        let counted = self.read_limited().unwrap_or_default();
        let stay = |target: &Target| wanted.iter().any(|limit| limit.target() == *target);
        self.rates.carried.retain(|target, _| stay(target));
        for limited in counted.into_iter().filter(|limited| stay(&limited.target)) {
            self.rates.carried.insert(limited.target, (limited.packets, limited.bytes));
        }
    }

    pub(super) fn read_limited(&self) -> Result<Vec<Limited>, EnforceError> {
        let held = self.rates.held.as_deref().unwrap_or_default();
        let mut sums: BTreeMap<Target, (u64, u64)> = BTreeMap::new();
        if held.is_empty() {
            return Ok(Vec::new());
        }
        for family in self.families() {
            let rules = self.rate_rules(*family)?;
            for limit in held {
                let own = rules.iter().filter(|rule| rule["comment"] == comment(limit));
                for expr in own.filter_map(|rule| rule["expr"].as_array()).flatten() {
                    let counter = &expr["counter"];
                    let (packets, bytes) = (counter["packets"].as_u64(), counter["bytes"].as_u64());
                    let sum = sums.entry(limit.target()).or_default();
                    *sum = (
                        sum.0.saturating_add(packets.unwrap_or_default()),
                        sum.1.saturating_add(bytes.unwrap_or_default()),
                    );
                }
            }
        }
        let told = sums.into_iter().map(|(target, (packets, bytes))| {
            let carried = self.rates.carried.get(&target).copied().unwrap_or_default();
            let (packets, bytes) =
                (packets.saturating_add(carried.0), bytes.saturating_add(carried.1));
            Limited { target, packets, bytes }
        });
        Ok(told.collect())
    }

    /// Takes away our table of rates.
    pub(super) fn remove_rates(&mut self) -> Result<(), EnforceError> {
        self.apply_limits(&[], Timestamp::ZERO)
    }
}

fn objects(text: &str) -> Result<Vec<Value>, EnforceError> {
    let bad = |why: String| EnforceError::Unreadable("nft", why);
    let mut value: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    match value.get_mut("nftables").map(Value::take) {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Err(bad("no list of objects; nft 1.0 or newer is needed".to_owned())),
    }
}

fn mark() -> String {
    format!("{MARK} rates 1")
}

fn comment(limit: &Limit) -> String {
    format!("{} {}", limit.target(), limit.packets_per_second)
}

/// Writing to a string cannot fail.
fn writeln_to(script: &mut String, line: std::fmt::Arguments<'_>) {
    script.write_fmt(line).ok();
    script.push('\n');
}

/// A table with these rates.
fn make(script: &mut String, family: Family, wanted: &[Limit], now: Timestamp) {
    let table = format!("{} {RATES}", family.name());
    writeln_to(script, format_args!("create table {table}"));
    writeln_to(script, format_args!("add chain {table} {MARK}"));
    writeln_to(script, format_args!("add rule {table} {MARK} return comment \"{}\"", mark()));
    writeln_to(
        script,
        format_args!(
            "add chain {table} early {{ type filter hook prerouting priority {PRIORITY}; policy \
             accept; }}"
        ),
    );
    for (number, limit) in wanted.iter().enumerate() {
        let (ip, kind) =
            if limit.addr.is_v4() { ("ip", "ipv4_addr") } else { ("ip6", "ipv6_addr") };
        let rate = limit.packets_per_second;
        let burst = rate.saturating_mul(SAVED);
        writeln_to(
            script,
            format_args!(
                "add set {table} victim{number} {{ type {kind} . inet_proto . inet_service; flags \
                 timeout; elements = {{ {} }}; }}",
                element(limit, now)
            ),
        );
        writeln_to(
            script,
            format_args!(
                "add set {table} from{number} {{ type {kind}; flags dynamic,timeout; timeout \
                 {QUIET}s; size {SOURCES}; }}"
            ),
        );
        writeln_to(
            script,
            format_args!(
                "add rule {table} early {ip} daddr . meta l4proto . th dport @victim{number} update \
                 @from{number} {{ {ip} saddr limit rate over {rate}/second burst {burst} packets }} \
                 counter drop comment \"{}\"",
                comment(limit)
            ),
        );
    }
}

/// The same rates with other ends. An element that has just gone could not be deleted, so it is added
/// first.
fn renew(script: &mut String, family: Family, wanted: &[Limit], now: Timestamp) {
    for (number, limit) in wanted.iter().enumerate() {
        let set = format!("{} {RATES} victim{number}", family.name());
        let (key, element) = (key(limit), element(limit, now));
        writeln_to(script, format_args!("add element {set} {{ {element} }}"));
        writeln_to(script, format_args!("delete element {set} {{ {key} }}"));
        writeln_to(script, format_args!("add element {set} {{ {element} }}"));
    }
}

fn key(limit: &Limit) -> String {
    format!("{} . {} . {}", limit.addr, limit.transport.name(), limit.port)
}

fn element(limit: &Limit, now: Timestamp) -> String {
    let left = limit.until.since(now).nanos().div_ceil(1_000_000_000).clamp(1, 86_400);
    format!("{} timeout {left}s", key(limit))
}
