//! Rows of what has a number and no value: patterns, victims of many sites, generators of names.

use ostium_correlate::{Flood, Learned, Maker, Ordered};
use ostium_event::Timestamp;
use ostium_intel::{Mark, Pattern};
use serde::{Deserialize, Serialize};

use crate::books::Books;

/// A pattern, a victim or a generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApartRow {
    /// Its number, by which it is published and ordered (`entry:7`).
    pub id: u64,
    /// `pattern`, `throttle` or `generator`.
    pub kind: String,
    /// What it says, in one line.
    pub what: String,
    /// What most call its family.
    pub family: Option<String>,
    /// How far it is.
    pub state: String,
    /// Why.
    pub why: String,
    /// An analyst's word: published, or not.
    pub ordered: Option<bool>,
    /// Organisations that speak of it.
    pub organisations: usize,
    /// Until when it stands published.
    pub until: Option<u64>,
    /// It is only tried.
    pub for_show: bool,
}

// === impl ApartRow ===

impl ApartRow {
    /// All of them, by number.
    pub(crate) fn all(books: &Books) -> Vec<Self> {
        let it = books.correlator();
        let patterns = it.patterns().values().map(Self::pattern);
        let floods = it.floods().values().map(Self::flood);
        let makers = it.makers().values().map(Self::maker);
        let mut all: Vec<Self> = patterns.chain(floods).chain(makers).collect();
        all.sort_unstable_by_key(|row| row.id);
        all
    }

    fn pattern(known: &Learned) -> Self {
        Self {
            id: known.id,
            kind: "pattern".to_owned(),
            what: words(&known.pattern),
            family: known.family.clone(),
            state: known.state.to_string(),
            why: known.why.to_string(),
            ordered: known.ordered.as_ref().map(|ordered| ordered.publish),
            organisations: known.hits.len(),
            until: known.stands.map(|(until, ..)| until.secs()),
            for_show: known.stands.is_some_and(|(.., canary)| canary > 0),
        }
    }

    fn flood(flood: &Flood) -> Self {
        let (victim, port) = (flood.victim, flood.port);
        let rate = flood.stands.map(|(.., rate)| format!(", {rate} packets a second"));
        Self {
            id: flood.id,
            kind: "throttle".to_owned(),
            what: format!(
                "{victim} port {port}/{}{}",
                flood.transport.name(),
                rate.unwrap_or_default()
            ),
            family: None,
            state: flood.state.to_string(),
            why: flood.why.to_string(),
            ordered: flood.ordered.as_ref().map(|ordered| ordered.publish),
            organisations: flood.flows.len(),
            until: flood.stands.map(|(until, ..)| until.secs()),
            for_show: false,
        }
    }

    fn maker(maker: &Maker) -> Self {
        let stands = maker.stands.is_some();
        let names = maker.told.values().map(|asked| asked.prints.len()).max().unwrap_or_default();
        let form =
            maker.told.values().map(|asked| asked.form.as_str()).find(|form| !form.is_empty());
        let by_hand = |ordered: &Ordered| format!("an analyst: {}", ordered.note);
        Self {
            id: maker.id,
            kind: "generator".to_owned(),
            what: format!("{names} names {}", form.unwrap_or_default()),
            family: maker.told.values().find_map(|asked| asked.family.clone()),
            state: if stands { "confirmed" } else { "observed" }.to_owned(),
            why: maker.ordered.as_ref().map_or_else(|| "as reported".to_owned(), by_hand),
            ordered: maker.ordered.as_ref().map(|ordered| ordered.publish),
            organisations: maker.told.len(),
            until: maker.stands.as_ref().map(|(until, ..): &(Timestamp, _, _, _)| until.secs()),
            for_show: false,
        }
    }
}

/// What a pattern says.
fn words(pattern: &Pattern) -> String {
    let mark = |mark: Mark| match mark {
        Mark::Server(text) => format!("server {text}"),
        Mark::Uri(text) => format!("path {text}"),
        Mark::Ja4(ja4) => format!("client {ja4}"),
        Mark::HeaderOrder(text) => format!("headers {text}"),
    };
    let mut words: Vec<String> = pattern.marks().into_iter().map(mark).collect();
    words.extend(pattern.port.map(|port| format!("port {port}")));
    words.join(", ")
}
