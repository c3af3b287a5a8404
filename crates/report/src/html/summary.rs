//! The parts about the whole run: what was found, who is in it, indicators, numbers.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::host::badge;
use super::words::{Shown, when};
use crate::document::{Document, HostRow};
use crate::text::{count, percent, size};

/// Heading and time.
pub(super) fn head(document: &Document) -> Markup {
    html! {
        h1 { (crate::table::verdict_line(document)) }
        @if let Some(span) = &document.span {
            p.muted { (when(&span.first)) " to " (when(&span.last)) " UTC" }
        }
    }
}

/// The numbers at a glance, and what could not be seen.
pub(super) fn summary(document: &Document) -> Markup {
    let t = &document.totals;
    let clean = t.hosts.saturating_sub(t.infected + t.suspect);
    html! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            ul.tiles {
                (tile(if t.infected > 0 { "infected" } else { "" }, &count(t.infected), "infected"))
                (tile(if t.suspect > 0 { "suspect" } else { "" }, &count(t.suspect), "suspect"))
                (tile("clean", &count(clean), "clean"))
                @if t.packets > 0 { (tile("", &count(t.packets), "packets")) }
                @if t.packets > 0 { (tile("", &size(t.bytes), "on the wire")) }
                @if t.rows > 0 { (tile("", &count(t.rows), "log rows")) }
                (tile("", &count(t.flows), "flows"))
            }
            @if !document.blind.is_empty() {
                div.note {
                    strong { "What the input could not show" }
                    ul { @for blind in &document.blind { li { (Shown(blind)) } } }
                }
            }
            (how_to_read())
        }
    }
}

fn tile(look: &'static str, number: &str, name: &str) -> Markup {
    html! { li class=(look) { b { (number) } (name) } }
}

fn how_to_read() -> Markup {
    html! {
        details {
            summary { "How to read this page" }
            p {
                "A host begins with the probability that any host is infected. "
                "Each group of evidence adds nats (natural logarithm of how much likelier the "
                "observation is on an infected host), and a group is capped so that one alone "
                "never convicts. Items about one conversation count together; a host is judged by "
                "its most suspicious conversation and by its own behaviour."
            }
            p {
                "Infected: 90 % or more from two groups, or one certain item. "
                "Suspect: worth a look, a ranked list and no alarm. "
                "The numbers behind an item are there to be checked and refuted."
            }
        }
    }
}

/// Every host in a line, with a link to its part where there is one.
pub(super) fn overview(document: &Document, detailed: usize, listed: usize) -> Markup {
    html! {
        section aria-labelledby="hosts" {
            h2 #hosts { "Hosts" }
            @if document.hosts.is_empty() {
                p { "No host is infected or suspect." }
            } @else {
                ol.hosts {
                    @for (place, host) in document.hosts.iter().take(listed).enumerate() {
                        li { (line(place, host, place < detailed)) }
                    }
                }
                @if document.hosts.len() > listed {
                    p.muted {
                        (count((document.hosts.len() - listed) as u64))
                        " more hosts are in the report as JSON."
                    }
                }
            }
        }
    }
}

fn line(place: usize, host: &HostRow, linked: bool) -> Markup {
    html! {
        @if linked {
            a.mono href=(format!("#h{place}")) { (Shown(&host.host)) }
        } @else {
            span.mono { (Shown(&host.host)) }
        }
        span { (badge(&host.verdict)) }
        span.num { (percent(host.probability)) }
        span.why { (why(host)) }
    }
}

/// The weightiest item in words.
fn why(host: &HostRow) -> Markup {
    match (host.evidence.first(), host.set_aside.first()) {
        (Some(item), _) => html! { (Shown(&item.summary)) },
        (None, Some(aside)) => html! { "set aside: " (Shown(&aside.summary)) },
        (None, None) => html! { span.muted { "no evidence" } },
    }
}

/// What infected hosts talked to.
pub(super) fn indicators(document: &Document) -> Markup {
    if document.indicators.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="indicators" {
            h2 #indicators { "Indicators" }
            p { "What infected hosts talked to: block it, or hunt for it elsewhere." }
            div.card.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { "value" }
                            th scope="col" { "type" }
                            th.n scope="col" { "confidence" }
                            th.n scope="col" { "hosts" }
                        }
                    }
                    tbody {
                        @for row in &document.indicators {
                            tr {
                                th.mono scope="row" { (Shown(&row.value)) }
                                td { (Shown(&row.kind)) }
                                td.n { (row.confidence) }
                                td.n { (count(row.hosts)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was read, and what came of it.
pub(super) fn run(document: &Document) -> Markup {
    let t = &document.totals;
    html! {
        section aria-labelledby="run" {
            h2 #run { "The run" }
            div.card {
                dl.facts {
                    dt { "Inputs" }
                    dd { @for input in &document.inputs { div.mono { (Shown(input)) } } }
                    dt { "Inside" }
                    dd.mono { @for home in &document.home { (Shown(home)) " " } }
                    @if !document.site.is_empty() { dt { "Site" } dd { (Shown(&document.site)) } }
                    dt { "Flows, events" }
                    dd.num { (count(t.flows)) ", " (count(t.events)) }
                    dt { "Anomalies" }
                    dd { (counts(&t.anomalies)) }
                    dt { "Dropped" }
                    dd { (counts(&t.dropped)) }
                    dt { "Settings (SHA-256)" }
                    dd.mono { (Shown(&document.config_sha256)) }
                }
            }
        }
    }
}

fn counts(all: &BTreeMap<String, u64>) -> Markup {
    html! {
        @if all.is_empty() { "none" }
        @for (name, n) in all { div { span.mono { (Shown(name)) } " " (count(*n)) } }
    }
}
