//! The lists of `data/derived`, from sources whose licence allows a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use ostium_event::Prefix;

use super::corpus::{gunzip, member};

type Texts = Vec<(&'static str, String)>;
type Fallible<T> = Result<T, Box<dyn Error>>;

const COMMAND: &str = "# command: cargo xtask names --corpus ../shared/corpus\n";
const WARNINGLISTS: &str = "MISP__misp-warninglists.tar.gz";
const MALTRAIL: &str = "stamparm__maltrail.tar.gz";
const RANGES: &str = "lord-alfred__ipranges.tar.gz";
/// Products whose site merely has a page that tells the caller's address.
const NOT_LOOKUPS: &[&str] =
    &["sfml-dev.org", "tunnelbear.com", "keliweb.it", "ip.taobao.com", "uplo.ad"];

/// Every list: its file and its text.
pub(crate) fn all(corpus: &Path) -> Fallible<Texts> {
    let intel = corpus.join("intel");
    Ok(vec![
        ("popular.txt", popular(corpus)?),
        ("cdn-networks.txt", cdn_networks(&intel)?),
        ("dynamic-dns.txt", dynamic_dns(&intel)?),
        ("address-lookup.txt", address_lookup(&intel)?),
        ("revocation.txt", revocation(&intel)?),
    ])
}

/// The entries of one warning list.
fn warninglist(intel: &Path, name: &str) -> Fallible<Vec<String>> {
    let text = member(&intel.join(WARNINGLISTS), &format!("lists/{name}/list.json"))?;
    let list: serde_json::Value = serde_json::from_str(&text)?;
    let entries = list.get("list").and_then(|list| list.as_array());
    let entries = entries.ok_or_else(|| format!("warning list '{name}' has no entries"))?;
    Ok(entries
        .iter()
        .filter_map(|entry| entry.as_str())
        .map(|entry| entry.trim_start_matches('.').to_ascii_lowercase())
        .collect())
}

/// The names of a trail file, without comments, paths and addresses.
fn trail(intel: &Path, name: &str) -> Fallible<Vec<String>> {
    let text = member(&intel.join(MALTRAIL), &format!("static/suspicious/{name}"))?;
    Ok(text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(line).trim().to_ascii_lowercase())
        .collect())
}

fn is_name(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    text.contains('.')
        && text.bytes().all(fine)
        && !ostium_names::is_local(text)
        && ostium_names::registrable(text).is_some()
}

fn names(entries: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    entries.into_iter().filter(|entry| is_name(entry)).collect()
}

fn text(about: &str, names: &BTreeSet<String>) -> String {
    let mut text = format!("{about}{COMMAND}");
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    text
}

fn popular(corpus: &Path) -> Fallible<String> {
    let intel = corpus.join("intel");
    let mut classes: BTreeMap<String, u8> = BTreeMap::new();
    let mut add = |name: &str, class: u8| {
        if let Some(found) = ostium_names::registrable(name)
            && is_name(found)
        {
            let known = classes.entry(found.to_owned()).or_insert(class);
            *known = class.min(*known);
        }
    };
    for (list, class) in [("alexa", 0), ("tranco10k", 1), ("majestic_million", 1)] {
        for name in warninglist(&intel, list)? {
            add(&name, class);
        }
    }
    let bytes = gunzip(&corpus.join("names/opendns__opendns-top-domains.txt.gz"))?;
    for line in String::from_utf8_lossy(&bytes).lines() {
        add(&line.trim().to_ascii_lowercase(), 2);
    }
    let mut text = String::from(
        "\
# Popular names and their class: 0 the first 1,000, 1 the first 10,000, 2 the first 10,000 of ten years ago
# source: MISP/misp-warninglists alexa (2023), tranco10k (2025), majestic_million (2023): CC0-1.0;
#   opendns/public-domain-lists top domains (2014): public domain
",
    );
    text.push_str(COMMAND);
    for (name, class) in &classes {
        text.push_str(&format!("{name} {class}\n"));
    }
    Ok(text)
}

fn cdn_networks(intel: &Path) -> Fallible<String> {
    let mut found: BTreeSet<Prefix> = BTreeSet::new();
    let mut sold_by_the_host: Vec<Prefix> = Vec::new();
    let prefixes = |text: &str| -> Vec<Prefix> {
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    };
    for family in ["ipv4", "ipv6"] {
        let file = |operator: &str| format!("{operator}/{family}_merged.txt");
        let archive = intel.join(RANGES);
        found.extend(prefixes(&member(&archive, &file("cloudflare"))?));
        sold_by_the_host.extend(prefixes(&member(&archive, &file("linode"))?));
    }
    for list in ["fastly", "akamai", "stackpath", "bunny-net", "cloudflare"] {
        let networks = prefixes(&warninglist(intel, list)?.join("\n"));
        // Akamai's numbers hold those of its hosting service, where anybody rents a machine.
        let rented = |p: &Prefix| {
            let (first, last) = p.bounds();
            sold_by_the_host.iter().any(|sold| {
                let (sold_first, sold_last) = sold.bounds();
                sold_first <= last && first <= sold_last
            })
        };
        found.extend(networks.into_iter().filter(|p| !rented(p)));
    }
    let mut text = String::from(
        "\
# Networks of content delivery networks: Cloudflare, Fastly, Akamai without its hosting service, StackPath, Bunny
# source: lord-alfred/ipranges (CC0-1.0), MISP/misp-warninglists fastly, akamai, stackpath, bunny-net, cloudflare (CC0-1.0)
",
    );
    text.push_str(COMMAND);
    for prefix in widest(&found) {
        text.push_str(&format!("{prefix}\n"));
    }
    Ok(text)
}

/// The prefixes that no other prefix holds, in order.
fn widest(prefixes: &BTreeSet<Prefix>) -> Vec<Prefix> {
    let mut sorted: Vec<Prefix> = prefixes.iter().copied().collect();
    sorted.sort_by_key(|p| (p.bounds().0, std::cmp::Reverse(p.bounds().1)));
    let mut kept: Vec<Prefix> = Vec::new();
    for prefix in sorted {
        if kept.last().is_none_or(|last| !last.contains(prefix.bounds().0)) {
            kept.push(prefix);
        }
    }
    kept
}

fn dynamic_dns(intel: &Path) -> Fallible<String> {
    let about = "\
# Zones under which anybody gets a host name for a changing address
# source: stamparm/maltrail trails/static/suspicious/dynamic_domain.txt: MIT,
#   Copyright (c) 2014-2026 Maltrail developers
";
    Ok(text(about, &names(trail(intel, "dynamic_domain.txt")?)))
}

fn address_lookup(intel: &Path) -> Fallible<String> {
    let mut entries = trail(intel, "ipinfo.txt")?;
    entries.extend(warninglist(intel, "whats-my-ip")?);
    entries.extend(warninglist(intel, "findip-host")?);
    entries.retain(|name| !NOT_LOOKUPS.contains(&name.as_str()));
    let about = "\
# Services that tell the caller's own address
# source: stamparm/maltrail trails/static/suspicious/ipinfo.txt: MIT, Copyright (c) 2014-2026 Maltrail
#   developers; MISP/misp-warninglists whats-my-ip, findip-host: CC0-1.0
";
    Ok(text(about, &names(entries)))
}

fn revocation(intel: &Path) -> Fallible<String> {
    let about = "\
# Where programs ask whether a certificate was revoked (OCSP, CRL)
# source: MISP/misp-warninglists crl-hostname: CC0-1.0
";
    Ok(text(about, &names(warninglist(intel, "crl-hostname")?)))
}
