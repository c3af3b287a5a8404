//! From the prior to the verdict, step by step.
//!
//! The numbers shown add up exactly: each step is rounded as it is everywhere else, and the sum is
//! that of the rounded steps.

use maud::{Markup, html};

use super::chart::{anchor, percent};
use super::words::{Shown, look};
use crate::document::HostRow;
use crate::text::{percent as likely, trimmed};

/// A step of the sum, in hundredths of a nat.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    /// Remark beside the name.
    remark: String,
    pub(super) adds: i64,
    /// The sum with it.
    pub(super) sum: i64,
    /// The sum in nats, before rounding.
    exact: f64,
    look: &'static str,
}

/// Pixels of one step, and below all of them.
const ROW: f64 = 42.0;
const BELOW: f64 = 22.0;
/// Nats on either side of what is drawn.
const ROOM: f64 = 0.7;

/// Prior, each group, and the certain item where one lifts the sum.
pub(super) fn steps(host: &HostRow) -> Vec<Step> {
    let mut exact = host.prior_log_odds;
    let prior = hundredths(exact);
    let name = "before any evidence".to_owned();
    let mut steps =
        vec![Step { name, remark: String::new(), adds: prior, sum: prior, exact, look: "prior" }];
    let mut sum = prior;
    let mut add = |steps: &mut Vec<Step>, name: &str, remark: String, nats: f64, look| {
        exact += nats;
        let adds = hundredths(nats);
        sum += adds;
        steps.push(Step { name: Shown(name).plain(), remark, adds, sum, exact, look });
        exact
    };
    let mut reached = host.prior_log_odds;
    for (name, group) in &host.groups {
        let capped = group.raw - group.capped > 0.005;
        let remark = if capped { format!("capped from {:.2}", group.raw) } else { String::new() };
        reached = add(&mut steps, name, remark, group.capped, "bar");
    }
    // An item that convicts alone sets a floor below the probability; the report rounds that to six
    // digits.
    let certain = host.evidence.iter().any(|item| item.certain);
    if certain && host.probability > logistic(reached) + 1e-6 {
        let lift = logit(host.probability) - reached;
        add(&mut steps, "certain item", "convicts alone".to_owned(), lift, "certain");
    }
    steps
}

fn hundredths(nats: f64) -> i64 {
    (nats * 100.0).round() as i64
}

fn logit(probability: f64) -> f64 {
    let p = probability.clamp(5e-7, 1.0 - 5e-7);
    (p / (1.0 - p)).ln()
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn nats(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

/// The picture, and the same as a table.
pub(super) fn waterfall(id: &str, host: &HostRow) -> Markup {
    let steps = steps(host);
    let total = steps.last().map_or(0, |step| step.sum);
    let verdict = format!("{}: {}", Shown(&host.verdict).plain(), likely(host.probability));
    html! {
        figure {
            figcaption { "In nats: 0 is even odds, a step to the right makes an infection likelier." }
            (picture(id, host, &steps, total, &verdict))
            details {
                summary { "The sum as a table" }
                div.scroll { (table(host, &steps, total, &verdict)) }
            }
        }
    }
}

fn picture(id: &str, host: &HostRow, steps: &[Step], total: i64, verdict: &str) -> Markup {
    let scale = Scale::of(steps);
    let height = ROW * (steps.len() + 1) as f64;
    let about: Vec<String> = steps
        .iter()
        .map(|step| format!("{} {:+.2}", step.name, nats(step.adds)))
        .chain([format!("sum {:.2}, {verdict}", nats(total))])
        .collect();
    html! {
        svg.plot role="img" aria-labelledby=(format!("{id}t {id}d")) height=(height + BELOW) {
            title id=(format!("{id}t")) { "From the prior to the verdict" }
            desc id=(format!("{id}d")) { (about.join("; ")) }
            @for (log_odds, words) in scale.ticks() {
                @let x = scale.place(log_odds);
                line class=(if log_odds == 0.0 { "zero" } else { "grid" }) x1=(percent(x))
                    x2=(percent(x)) y1="4" y2=(height) {}
                text x=(percent(x)) y=(height + 15.0) text-anchor=(anchor(x)) { (words) }
            }
            @for (row, step) in steps.iter().enumerate() { (drawn(&scale, row, step)) }
            (bar(&scale, steps.len(), 0, total, look(&host.verdict)))
            (words(steps.len(), verdict, "", &format!("{:.2}", nats(total))))
        }
    }
}

/// One step: its words above its bar, and a line down to where the next begins.
fn drawn(scale: &Scale, row: usize, step: &Step) -> Markup {
    let from = if row == 0 { 0 } else { step.sum - step.adds };
    let value = if row == 0 {
        format!("{:.2}", nats(step.adds))
    } else {
        format!("{:+.2}", nats(step.adds))
    };
    let end = percent(scale.place(nats(step.sum)));
    let top = ROW.mul_add(row as f64, 21.0);
    html! {
        (bar(scale, row, from, step.sum, step.look))
        line.join x1=(end) x2=(end) y1=(top + 14.0) y2=(top + ROW) {}
        (words(row, &step.name, &step.remark, &value))
    }
}

fn words(row: usize, name: &str, remark: &str, value: &str) -> Markup {
    let base = ROW.mul_add(row as f64, 15.0);
    html! {
        text.label x="0" y=(base) {
            (name)
            @if !remark.is_empty() { " (" (remark) ")" }
        }
        text.value x="100%" y=(base) text-anchor="end" { (value) }
    }
}

fn bar(scale: &Scale, row: usize, from: i64, to: i64, look: &str) -> Markup {
    let (a, b) = (scale.place(nats(from.min(to))), scale.place(nats(from.max(to))));
    html! {
        rect class=(look) x=(percent(a)) width=(percent((b - a).max(0.004)))
            y=(ROW.mul_add(row as f64, 21.0)) height="14" rx="2" {}
    }
}

fn table(host: &HostRow, steps: &[Step], total: i64, verdict: &str) -> Markup {
    html! {
        table {
            caption { "Log-odds in nats; the sum is that of the steps above it." }
            thead {
                tr {
                    th scope="col" { "step" }
                    th.n scope="col" { "adds" }
                    th.n scope="col" { "sum" }
                    th.n scope="col" { "probability" }
                }
            }
            tbody {
                @for step in steps {
                    tr {
                        th scope="row" {
                            (step.name)
                            @if !step.remark.is_empty() { " (" (step.remark) ")" }
                        }
                        td.n.adds { (format!("{:+.2}", nats(step.adds))) }
                        td.n { (format!("{:.2}", nats(step.sum))) }
                        td.n { (likely(logistic(step.exact))) }
                    }
                }
                tr {
                    th scope="row" { (verdict) }
                    td.n {}
                    td.n.total { (format!("{:.2}", nats(total))) }
                    td.n { (likely(host.probability)) }
                }
            }
        }
    }
}

/// Log-odds over the width of the picture.
struct Scale {
    low: f64,
    high: f64,
}

// === impl Scale ===

impl Scale {
    fn of(steps: &[Step]) -> Self {
        let sums = || steps.iter().map(|step| nats(step.sum)).chain([0.0]);
        let low = sums().fold(f64::INFINITY, f64::min) - ROOM;
        let high = sums().fold(f64::NEG_INFINITY, f64::max) + ROOM;
        Self { low, high: high.max(3.0) }
    }

    fn place(&self, log_odds: f64) -> f64 {
        ((log_odds - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Probabilities that lie within, few enough to be read on a phone.
    fn ticks(&self) -> Vec<(f64, String)> {
        let wide: &[f64] = &[1e-5, 0.001, 0.1, 0.9, 0.999, 0.999_99];
        let narrow: &[f64] = &[0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99];
        let all = if self.high - self.low > 12.0 { wide } else { narrow };
        let mut ticks: Vec<(f64, String)> = all
            .iter()
            .map(|p| ((p / (1.0 - p)).ln(), format!("{} %", trimmed(p * 100.0, 3))))
            .filter(|(log_odds, _)| (self.low..self.high).contains(log_odds))
            .collect();
        if !ticks.iter().any(|(log_odds, _)| *log_odds == 0.0) {
            ticks.push((0.0, String::new()));
        }
        ticks
    }
}
