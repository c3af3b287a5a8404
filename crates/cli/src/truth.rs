//! A report against the truth of a made-up world.

use std::collections::BTreeMap;

use ostium_report::Document;
use ostium_synth::Truth;

/// Found, missed and falsely accused, host by host, and the sums.
pub(crate) fn compare(document: &Document, truth: &Truth) -> String {
    let verdicts: BTreeMap<&str, &str> =
        document.hosts.iter().map(|host| (host.host.as_str(), host.verdict.as_str())).collect();
    let verdict = |addr: &str| verdicts.get(addr).copied().unwrap_or("clean").to_owned();
    let mut out = String::from("\nAgainst the truth of this made-up world:\n");
    let mut found = 0;
    for (addr, kind) in &truth.infected {
        let verdict = verdict(&addr.to_string());
        let mark = if verdict == "infected" { "found" } else { "MISSED" };
        found += usize::from(verdict == "infected");
        out.push_str(&format!("  {mark:<7} {addr:<14} {kind:<10} judged {verdict}\n"));
    }
    let mut false_alarms = 0;
    for addr in &truth.clean {
        if verdict(&addr.to_string()) == "infected" {
            false_alarms += 1;
            out.push_str(&format!("  FALSE   {addr:<14} clean      judged infected\n"));
        }
    }
    out.push_str(&format!(
        "  {found} of {} infected hosts found, {false_alarms} false alarms among {} clean hosts\n",
        truth.infected.len(),
        truth.clean.len()
    ));
    out
}

/// How much clean traffic the false alarms are out of.
pub(crate) fn host_days(truth: &Truth) -> String {
    let clean = truth.clean.len() as f64 * truth.days;
    format!("  {clean:.1} clean host-days\n")
}
