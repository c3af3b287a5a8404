//! Results as one page, in the style of the report.

use maud::{Markup, Render, html};
use ostium_report::count;
use ostium_report::html::{Bar, Bars, Page, Shown};
use ostium_verdict::Verdict;

use crate::calibration::{Bin, Calibration};
use crate::case::{HostResult, Label, Outcome};
use crate::evaluation::{CaseResult, Evaluation, kind};
use crate::total::Total;
use crate::words::{days, delay, delays, probability, rate, reasons, share};

/// The results as a page.
pub fn page(evaluation: &Evaluation) -> String {
    let sum = |of: fn(&Total) -> u64| evaluation.totals.iter().map(of).sum::<u64>();
    let (found, infected) = (sum(|t| t.found), sum(|t| t.infected));
    let title = format!("{found} of {infected} infected hosts found");
    ostium_report::html::page(Page {
        title: &format!("{title} - Ostium"),
        kind: "evaluation",
        head: html! {
            h1 { (title) }
            p.muted {
                (sum(|t| t.false_hosts)) " of " (sum(|t| t.clean)) " clean hosts called infected; "
                (evaluation.all().count()) " of " (evaluation.planned) " cases run"
            }
        },
        body: html! {
            @for total in &evaluation.totals { (of_use(total)) }
            (kinds(evaluation))
            (hosts(evaluation, Label::Infected, "infected", "Infected hosts"))
            (hosts(evaluation, Label::Clean, "clean", "Clean hosts"))
            (adds(evaluation))
            (calibration(&evaluation.calibration))
            (others(evaluation))
            (unread(evaluation))
        },
        foot: html! {
            p {
                "Made by Ostium " (evaluation.version) ", " (evaluation.schema) ". Host-days are the "
                "time from the first to the last event of a case, for each clean host seen in it. "
                "Bounds are exact: Clopper and Pearson for shares, Poisson for rates (95 %)."
            }
        },
    })
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (body)
        }
    }
}

fn tile(look: &'static str, number: &str, name: &str) -> Markup {
    html! { li class=(look) { b { (number) } (name) } }
}

fn of_use(t: &Total) -> Markup {
    let title = match t.purpose {
        crate::Purpose::Train => "Cases that thresholds may be set on",
        crate::Purpose::Test => "Cases that are only reported",
    };
    let body = html! {
        ul.tiles {
            (tile("", &count(t.infected), "infected hosts"))
            (tile("", &count(t.found), "found"))
            (tile(if t.suspect > 0 { "suspect" } else { "" }, &count(t.suspect), "suspect"))
            (tile("", &count(t.missed), "missed"))
            (tile(if t.false_hosts > 0 { "infected" } else { "" }, &count(t.false_hosts), "false"))
            (tile("", &count(t.clean), "clean hosts"))
        }
        div.card {
            dl.facts {
                dt { "Found" } dd { (share(t.found_share)) }
                dt { "Time to find" } dd { (delays(&t.delay)) }
                dt { "Clean host-days" } dd.num { (days(t.clean_host_days)) }
                dt { "False hosts per 1,000 host-days" } dd { (rate(t)) }
                dt { "False at any look" } dd.num { (t.false_at_any_look) }
                dt { "Clean hosts suspected" } dd.num { (t.doubted) }
                dt { "Hosts without a label" }
                dd {
                    (count(t.unlabelled.0)) ", of them " (t.unlabelled.1) " called infected, "
                    (t.unlabelled.2) " suspect"
                }
            }
        }
    };
    section(t.purpose.name(), title, &body)
}

/// What a verdict is worth against the label, in the colour that it deserves.
fn badge(host: &HostResult) -> Markup {
    let (look, word) = match (host.label, host.verdict.as_str()) {
        (_, "suspect") => ("suspect", "suspect"),
        (Label::Infected, "infected") => ("clean", "found"),
        (Label::Infected, _) => ("infected", "missed"),
        (Label::Clean, "infected") => ("infected", "false"),
        (Label::None, "infected") => ("infected", "infected"),
        (_, _) => ("clean", "clean"),
    };
    html! { span.badge.(look) { (word) } }
}

fn hosts(evaluation: &Evaluation, label: Label, id: &str, title: &str) -> Markup {
    let (told, dull): (Vec<_>, Vec<_>) =
        evaluation.hosts(label).partition(|(case, host)| case.worth_a_line(host));
    if told.is_empty() && dull.is_empty() {
        return html! {};
    }
    let body = html! {
        @if !dull.is_empty() {
            p { (count(dull.len() as u64)) " clean hosts of larger cases were called clean." }
        }
        ol.hosts {
            @for (case, host) in told {
                li {
                    span.mono { (Shown(&host.host)) }
                    span { (badge(host)) }
                    span.num { (probability(host)) }
                    div.why {
                        div {
                            strong { (Shown(&case.name)) } " " (Shown(&kind(case, host)))
                            @if let Some(purpose) = case.purpose { " " span.chip { (purpose.name()) } }
                        }
                        div { (Shown(&reasons(host))) }
                        @if host.convicted_after.is_some() {
                            div.small.muted { "called infected after " (delay(host)) }
                        }
                    }
                }
            }
        }
    };
    section(id, title, &body)
}

fn kinds(evaluation: &Evaluation) -> Markup {
    if evaluation.kinds.is_empty() {
        return html! {};
    }
    let body = html! {
        div.card.scroll tabindex="0" role="region" aria-label="By kind of infection" {
            table {
                thead {
                    tr {
                        th scope="col" { "kind" }
                        @for name in ["hosts", "found", "suspect", "missed"] {
                            th.n scope="col" { (name) }
                        }
                        th scope="col" { "time to find" }
                    }
                }
                tbody {
                    @for k in &evaluation.kinds {
                        tr {
                            th scope="row" { (Shown(&k.kind)) }
                            @for n in [k.infected, k.found, k.suspect, k.missed] { td.n { (n) } }
                            td { (delays(&k.delay)) }
                        }
                    }
                }
            }
        }
    };
    section("kinds", "By kind of infection", &body)
}

fn adds(evaluation: &Evaluation) -> Markup {
    if evaluation.adds.is_empty() {
        return html! {};
    }
    let body = html! {
        p {
            "Every labelled host is judged again without the evidence of one detector, or of one "
            "group: so many verdicts would be others."
        }
        div.card.scroll tabindex="0" role="region" aria-label="What each detector adds" {
            table {
                thead {
                    tr {
                        th scope="col" { "without" }
                        @for name in [
                            "found less", "suspected less", "false less", "speaks of infected",
                            "of clean",
                        ] {
                            th.n scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for a in &evaluation.adds {
                        tr {
                            th scope="row" { (Shown(&a.what)) }
                            @for n in [
                                a.found, a.suspected, a.false_alarms, a.speaks_of_infected,
                                a.speaks_of_clean,
                            ] {
                                td.n { (n) }
                            }
                        }
                    }
                }
            }
        }
    };
    section("adds", "What each detector adds", &body)
}

fn calibration(c: &Calibration) -> Markup {
    if c.hosts == 0 {
        return html! {};
    }
    let body = html! {
        p {
            (format!("Brier score {:.3} over {} labelled hosts", c.brier, c.hosts))
            (format!(" (always saying their share: {:.3}).", c.brier_of_share))
        }
        div.card {
            figure {
                figcaption { "Share of hosts that are infected, by the probability given to them" }
                (reliability(c))
                details {
                    summary { "The numbers of this chart" }
                    div.scroll { (bins(c)) }
                }
            }
        }
    };
    section("calibration", "Are the probabilities right?", &body)
}

fn share_of(bin: &Bin) -> f64 {
    bin.infected as f64 / bin.hosts.max(1) as f64
}

fn range(bin: &Bin) -> String {
    format!("{} to {}", bin.from, bin.to)
}

fn reliability(c: &Calibration) -> Markup {
    let width = 1.0 / c.bins.len().max(1) as f64;
    let place = |at: usize| width * at as f64;
    let tip = |bin: &Bin| format!("{} of {} at {}", bin.infected, bin.hosts, range(bin));
    let bars = c.bins.iter().enumerate().map(|(at, bin)| Bar {
        left: width.mul_add(0.1, place(at)),
        width: width * 0.8,
        height: share_of(bin),
        tip: tip(bin),
    });
    let ticks = c.bins.iter().enumerate();
    let about: Vec<String> = c.bins.iter().map(tip).collect();
    let chart = Bars {
        id: "reliability".to_owned(),
        title: "Reliability of the probabilities".to_owned(),
        about: format!("Infected hosts by probability: {}.", about.join("; ")),
        bars: bars.collect(),
        ticks: ticks
            .map(|(at, bin)| (width.mul_add(0.5, place(at)), bin.from.to_string()))
            .collect(),
        top: "100 %".to_owned(),
        part: None,
    };
    chart.render()
}

fn bins(c: &Calibration) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "probability" }
                    @for name in ["hosts", "mean", "infected"] { th.n scope="col" { (name) } }
                }
            }
            tbody {
                @for bin in &c.bins {
                    tr {
                        th scope="row" { (range(bin)) }
                        td.n { (bin.hosts) }
                        td.n { (format!("{:.3}", bin.mean)) }
                        td.n { (bin.infected) }
                    }
                }
            }
        }
    }
}

/// Hosts of which nothing is known, and that are not clean.
fn others(evaluation: &Evaluation) -> Markup {
    let unlabelled = evaluation.all().flat_map(|case| {
        let judged = case.outcome.judged();
        let hosts = judged.map(|judged| judged.hosts.as_slice()).unwrap_or_default();
        hosts.iter().filter(|host| host.label == Label::None).map(move |host| (case, host))
    });
    let mut all: Vec<(&CaseResult, &HostResult)> = unlabelled.collect();
    all.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    if all.is_empty() {
        return html! {};
    }
    let infected = all.iter().filter(|(_, host)| host.is(Verdict::Infected)).count();
    let body = html! {
        p { (infected) " called infected, " (all.len() - infected) " suspect; they count neither way." }
        ol.hosts {
            @for (case, host) in all {
                li {
                    span.mono { (Shown(&host.host)) }
                    span { (badge(host)) }
                    span.num { (probability(host)) }
                    div.why { div { strong { (Shown(&case.name)) } } div { (Shown(&reasons(host))) } }
                }
            }
        }
    };
    section("others", "Hosts without a label", &body)
}

/// What was refused or crashed.
fn unread(evaluation: &Evaluation) -> Markup {
    let unread: Vec<(&CaseResult, &str, &String)> = evaluation
        .all()
        .filter_map(|case| match &case.outcome {
            Outcome::Judged(_) => None,
            Outcome::Refused(why) => Some((case, "refused", why)),
            Outcome::Crashed(why) => Some((case, "CRASHED", why)),
        })
        .collect();
    if unread.is_empty() {
        return html! {};
    }
    let body = html! {
        div.card {
            dl.facts {
                @for (case, word, why) in unread {
                    dt { (Shown(&case.name)) " " span.chip { (word) } }
                    dd { (Shown(why)) }
                }
            }
        }
    };
    section("unread", "Refused", &body)
}
