//! From rationales to a report.

use std::collections::BTreeMap;

use ostium_event::Timestamp;
use ostium_evidence::Evidence;
use ostium_verdict::{Rationale, Verdict};

use crate::document::{Document, EvidenceRow, GroupRow, HostRow, SetAsideRow, SpanRow, Totals};
use crate::indicators::indicators;
use crate::talk::{self, Talk};
use crate::text::{clock, escape, rounded};

/// What a run says of itself.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What was read, as it was named.
    pub inputs: Vec<String>,
    /// First and last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// SHA-256 of the settings that shape the verdicts, in hexadecimal.
    pub config_sha256: String,
    /// Home networks.
    pub home: Vec<String>,
    /// Name of the site.
    pub site: String,
    /// What the input could not show.
    pub blind: Vec<String>,
    /// Numbers; hosts by verdict are filled in.
    pub totals: Totals,
}

/// A host that was judged, and its conversations that the evidence is about.
#[derive(Clone, Debug)]
pub struct Judged {
    /// How the verdict was reached.
    pub rationale: Rationale,
    /// The conversations, the one that was judged first.
    pub talks: Vec<Talk>,
}

/// Evidence kept in a report for each host: the rest is in the numbers of the groups.
const MOST_EVIDENCE: usize = 40;

/// Builds the report. `all` keeps the clean hosts.
pub fn build(facts: Facts, mut judged: Vec<Judged>, all: bool) -> Document {
    judged.sort_by(|a, b| {
        let (a, b) = (&a.rationale, &b.rationale);
        b.probability.total_cmp(&a.probability).then_with(|| a.host.cmp(&b.host))
    });
    let mut totals = facts.totals;
    let of = |verdict| judged.iter().filter(|j| j.rationale.verdict == verdict).count() as u64;
    totals.hosts = judged.len() as u64;
    totals.infected = of(Verdict::Infected);
    totals.suspect = of(Verdict::Suspect);
    Document {
        schema: "ostium.report/1".to_owned(),
        inputs: facts.inputs,
        span: facts.span.map(|(first, last)| SpanRow { first: clock(first), last: clock(last) }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config_sha256: facts.config_sha256,
        home: facts.home,
        site: facts.site,
        blind: facts.blind,
        totals,
        indicators: indicators(&judged),
        hosts: judged
            .iter()
            .filter(|j| all || j.rationale.verdict != Verdict::Clean)
            .map(host_row)
            .collect(),
    }
}

fn host_row(judged: &Judged) -> HostRow {
    let Judged { rationale: r, talks } = judged;
    let groups: BTreeMap<String, GroupRow> = r
        .groups
        .iter()
        .map(|g| {
            let row = GroupRow { raw: rounded(g.raw), capped: rounded(g.capped) };
            (g.group.name().to_owned(), row)
        })
        .collect();
    let mut places: Vec<usize> = (0..r.evidence.len()).collect();
    // What counted comes first; the sort is stable, so weight orders the rest.
    places.sort_by_key(|place| !r.counted.contains(place));
    HostRow {
        host: r.host.to_string(),
        verdict: r.verdict.name().to_owned(),
        probability: rounded(r.probability),
        families: r.families.iter().map(|f| escape(f)).collect(),
        roles: r.roles.iter().map(|role| role.name().to_owned()).collect(),
        prior_log_odds: rounded(r.prior_log_odds),
        groups,
        evidence: places
            .iter()
            .filter_map(|place| Some((r.evidence.get(*place)?, r.counted.contains(place))))
            .take(MOST_EVIDENCE)
            .map(|(item, counted)| evidence_row(item, counted, talks))
            .collect(),
        set_aside: r
            .set_aside
            .iter()
            .take(MOST_EVIDENCE)
            .map(|(item, why)| SetAsideRow {
                detector: item.detector.to_owned(),
                summary: escape(&item.summary),
                because: (*why).to_owned(),
            })
            .collect(),
        conversations: talks.iter().map(talk::row).collect(),
    }
}

fn evidence_row(item: &Evidence, counted: bool, talks: &[Talk]) -> EvidenceRow {
    let about = item.about.conversation();
    EvidenceRow {
        detector: item.detector.to_owned(),
        group: item.group.name().to_owned(),
        log_odds: rounded(item.log_odds),
        certain: item.certain,
        counted,
        peer: item.about.peer().map(|p| escape(&p.to_string())).unwrap_or_default(),
        first: clock(item.first),
        last: clock(item.last),
        technique: item.technique.to_owned(),
        summary: escape(&item.summary),
        numbers: item.numbers.iter().map(|(k, v)| ((*k).to_owned(), rounded(*v))).collect(),
        conversation: talks.iter().position(|talk| about == Some(talk.id)),
    }
}
