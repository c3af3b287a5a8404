//! The whole reasoning about one host, name or address, from a report.

use ostium_event::Addr;

use crate::document::{Document, EvidenceRow, HostRow};

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

// === impl Target ===

impl Target {
    /// An inside host, or the name or address (with or without port) of something outside.
    pub fn new(text: &str) -> Self {
        Self(text.trim().trim_end_matches('.').to_lowercase())
    }

    /// The part of a report that is about the target.
    pub fn of(&self, document: &Document) -> Document {
        let mut part = document.clone();
        part.hosts.retain_mut(|host| {
            if self.is_host(host) {
                return true;
            }
            host.evidence.retain(|item| self.is_peer(item));
            keep_conversations(host);
            !host.evidence.is_empty()
        });
        part
    }

    fn is_host(&self, host: &HostRow) -> bool {
        same_end(&host.host, &self.0)
    }

    /// Is this item about the target: the whole peer, or its name or address without the port?
    fn is_peer(&self, item: &EvidenceRow) -> bool {
        let peer = item.peer.to_lowercase();
        let (end, port) = split(&peer);
        let (wanted, wanted_port) = split(&self.0);
        let below = || {
            let rest = end.strip_suffix(wanted);
            rest.is_some_and(|rest| rest.ends_with('.')) && end.parse::<Addr>().is_err()
        };
        !wanted.is_empty()
            && (wanted_port.is_none() || wanted_port == port)
            && (same_end(end, wanted) || below())
    }
}

/// The same name, or the same address however it is written.
fn same_end(a: &str, b: &str) -> bool {
    match (a.parse::<Addr>(), b.parse::<Addr>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// A name or address, and its port where there is one: `name:443`, `192.0.2.1:443`,
/// `[2001:db8::1]:443`, `2001:db8::1`.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some((addr, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        return (addr, rest.strip_prefix(':'));
    }
    match text.split_once(':') {
        Some((end, port)) if !port.contains(':') => (end, Some(port)),
        _ => (text, None),
    }
}

/// The reasoning in words; `None` when the report does not know the target.
pub fn why(document: &Document, target: &Target) -> Option<String> {
    if let Some(host) = document.hosts.iter().find(|host| target.is_host(host)) {
        return Some(of_host(host));
    }
    let mut out = String::new();
    for host in &document.hosts {
        let items: Vec<&EvidenceRow> =
            host.evidence.iter().filter(|item| target.is_peer(item)).collect();
        if items.is_empty() {
            continue;
        }
        out.push_str(&format!("{} ({}, {})\n", host.host, host.verdict, percent(host.probability)));
        for item in items {
            out.push_str(&of_item(item));
        }
        out.push('\n');
    }
    (!out.is_empty()).then_some(out)
}

/// Leaves out the conversations that no item is about any more, and renumbers.
fn keep_conversations(host: &mut HostRow) {
    let mut kept: Vec<usize> = host.evidence.iter().filter_map(|item| item.conversation).collect();
    kept.sort_unstable();
    kept.dedup();
    for item in &mut host.evidence {
        item.conversation = item.conversation.and_then(|old| kept.binary_search(&old).ok());
    }
    let mut place = 0;
    host.conversations.retain(|_| {
        place += 1;
        kept.binary_search(&(place - 1)).is_ok()
    });
}

fn of_host(host: &HostRow) -> String {
    let mut out = format!("{} is {} ({})\n", host.host, host.verdict, percent(host.probability));
    if !host.families.is_empty() {
        out.push_str(&format!("Family: {}\n", host.families.join(", ")));
    }
    if !host.roles.is_empty() {
        out.push_str(&format!("Role: {}\n", host.roles.join(", ")));
    }
    out.push_str(&sum(host));
    for (title, counted) in [("Counted:", true), ("Seen, but about other conversations:", false)] {
        let items: Vec<&EvidenceRow> =
            host.evidence.iter().filter(|item| item.counted == counted).collect();
        if items.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{title}\n"));
        items.iter().for_each(|item| out.push_str(&of_item(item)));
    }
    if !host.set_aside.is_empty() {
        out.push_str("\nSet aside:\n");
        for item in &host.set_aside {
            out.push_str(&format!(
                "  {}: {}\n    because {}\n",
                item.detector, item.summary, item.because
            ));
        }
    }
    out
}

/// The waterfall from prior to posterior.
fn sum(host: &HostRow) -> String {
    let mut out = String::from("\nThe sum, in nats (log-odds; 0 is even, 2.2 is 90 %):\n");
    out.push_str(&format!("  {:>7.2}  before any evidence\n", host.prior_log_odds));
    let mut sum = host.prior_log_odds;
    for (name, group) in &host.groups {
        sum += group.capped;
        let cap = match group.raw > group.capped {
            true => format!(" (capped from {:.2}: one group never convicts alone)", group.raw),
            false => String::new(),
        };
        out.push_str(&format!("  {:>+7.2}  {name}{cap}\n", group.capped));
    }
    out.push_str(&format!("  {:>7.2}  = {}\n", sum, percent(1.0 / (1.0 + (-sum).exp()))));
    if host.evidence.iter().any(|item| item.certain) {
        out.push_str("  An item marked 'certain' convicts by itself.\n");
    }
    out
}

fn of_item(item: &EvidenceRow) -> String {
    let certain = if item.certain { ", certain" } else { "" };
    let mut out = format!(
        "  {:+.2} {} ({}{certain}, ATT&CK {})\n    {}\n    {} to {}\n",
        item.log_odds,
        item.detector,
        item.group,
        item.technique,
        item.summary,
        item.first,
        item.last
    );
    let numbers: Vec<String> = item.numbers.iter().map(|(k, v)| format!("{k} {v}")).collect();
    if !numbers.is_empty() {
        out.push_str(&format!("    {}\n", numbers.join(", ")));
    }
    out
}

fn percent(probability: f64) -> String {
    match probability {
        p if p >= 0.9995 => "more than 99.9 %".to_owned(),
        p if p < 0.001 => "less than 0.1 %".to_owned(),
        p => format!("{:.1} %", p * 100.0),
    }
}
