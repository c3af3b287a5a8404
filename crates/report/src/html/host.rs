//! One host: its verdict as a sum, the evidence behind it, the conversations that it is about.

use maud::{Markup, html};

use super::talk;
use super::waterfall::waterfall;
use super::words::{Shown, look, number, several, when};
use crate::document::{ConversationRow, EvidenceRow, HostRow, SpanRow};
use crate::text::percent;

/// Everything about a host. `place` is its place in the report.
pub(super) fn host(place: usize, host: &HostRow, span: Option<&SpanRow>) -> Markup {
    let id = format!("h{place}");
    let (counted, others): (Vec<_>, Vec<_>) = host.evidence.iter().partition(|item| item.counted);
    html! {
        article.card id=(id) aria-labelledby=(format!("{id}n")) {
            div.head {
                h3.mono id=(format!("{id}n")) { (Shown(&host.host)) }
                (badge(&host.verdict))
                span.num { (percent(host.probability)) }
                @for family in &host.families { span.chip { "family " (Shown(family)) } }
                @for role in &host.roles { span.chip { "role " (Shown(role)) } }
            }
            div.two {
                div {
                    h4 { "How the verdict adds up" }
                    (waterfall(&format!("{id}s"), host))
                    (judged(&id, host, span))
                }
                div {
                    h4 { "What counted" }
                    @if counted.is_empty() { p.muted { "Nothing: the verdict is that of the prior." } }
                    (items(&counted))
                }
            }
            (other_conversations(&id, host, span))
            @if !others.is_empty() { (seen_too(&others)) }
            @if !host.set_aside.is_empty() { (set_aside(host)) }
        }
    }
}

/// The verdict in its colour.
pub(super) fn badge(verdict: &str) -> Markup {
    html! { span.badge.(look(verdict)) { (Shown(verdict)) } }
}

fn items(all: &[&EvidenceRow]) -> Markup {
    html! {
        ul.items {
            @for item in all { li { (item_of(item)) } }
        }
    }
}

fn item_of(item: &EvidenceRow) -> Markup {
    html! {
        div.top {
            span.weight { (format!("{:+.2}", item.log_odds)) }
            strong { (Shown(&item.detector)) }
            span.chip { (Shown(&item.group)) }
            @if item.certain { span.chip.certain { "certain: convicts alone" } }
        }
        p { (Shown(&item.summary)) }
        p.small.muted.apart {
            span { (when(&item.first)) " to " (when(&item.last)) }
            span {
                "ATT&CK " (Shown(&item.technique))
                @if let Some(page) = technique_page(&item.technique) { ": " (page) }
            }
        }
        @if !item.numbers.is_empty() {
            dl.numbers {
                @for (name, value) in &item.numbers {
                    div { dt { (Shown(name)) } dd { (number(*value)) } }
                }
            }
        }
    }
}

/// Where a technique is explained, as text: the page loads and links nothing.
fn technique_page(technique: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = technique.strip_prefix('T')?;
    match number.split_once('.') {
        None if digits(number) => Some(format!("attack.mitre.org/techniques/T{number}/")),
        Some((whole, part)) if digits(whole) && digits(part) => {
            Some(format!("attack.mitre.org/techniques/T{whole}/{part}/"))
        }
        _ => None,
    }
}

/// Is this conversation part of the sum?
fn counts(host: &HostRow, place: usize) -> bool {
    host.evidence.iter().any(|item| item.counted && item.conversation == Some(place))
}

/// The conversation that was judged.
fn judged(id: &str, host: &HostRow, span: Option<&SpanRow>) -> Markup {
    let all = host.conversations.iter().enumerate();
    let judged: Vec<_> = all.filter(|(place, _)| counts(host, *place)).collect();
    html! {
        @if !judged.is_empty() {
            h4 { "The conversation that was judged" }
            @for (place, talk) in judged { (conversation(id, place, talk, span)) }
        }
    }
}

/// The others that evidence is about, to be opened.
fn other_conversations(id: &str, host: &HostRow, span: Option<&SpanRow>) -> Markup {
    let all = host.conversations.iter().enumerate();
    let others: Vec<_> = all.filter(|(place, _)| !counts(host, *place)).collect();
    html! {
        @if !others.is_empty() {
            details {
                summary { "Other conversations with evidence (" (others.len()) ")" }
                div.talks {
                    @for (place, talk) in others { (conversation(id, place, talk, span)) }
                }
            }
        }
    }
}

fn conversation(id: &str, place: usize, talk: &ConversationRow, span: Option<&SpanRow>) -> Markup {
    html! {
        div.talk {
            h5.mono { (Shown(&talk.peer)) }
            (talk::facts(talk))
            @if talk::is_drawn(talk) { (talk::charts(&format!("{id}c{place}"), talk, span)) }
        }
    }
}

fn seen_too(others: &[&EvidenceRow]) -> Markup {
    html! {
        details {
            summary {
                "Seen, but about other conversations ("
                (several(others.len() as u64, "item", "items")) ")"
            }
            (items(others))
        }
    }
}

fn set_aside(host: &HostRow) -> Markup {
    html! {
        h4 { "Set aside" }
        ul.items {
            @for item in &host.set_aside {
                li {
                    strong { (Shown(&item.detector)) } ": " (Shown(&item.summary))
                    p.small.muted { "because " (Shown(&item.because)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::technique_page;

    #[test]
    fn only_techniques_have_a_page() {
        let page = |text| technique_page(text);
        assert_eq!(page("T1071").as_deref(), Some("attack.mitre.org/techniques/T1071/"));
        assert_eq!(page("T1071.001").as_deref(), Some("attack.mitre.org/techniques/T1071/001/"));
        for other in ["", "T", "T1.", "S1071", "T1071/../x", "T1071.<b>"] {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
