//! What one run came to, in numbers.

use std::collections::BTreeSet;

use ostium_event::{Span, Timestamp};

use crate::books::Books;
use crate::scene::Scene;
use crate::time::days;
use crate::world::{Benign, Campaign};

/// The numbers of a run, or of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// Values on a rail that were published.
    pub(crate) on_rails: u32,
    /// True controllers that the hub could have confirmed, and those that it did.
    pub(crate) due: u32,
    pub(crate) confirmed: u32,
    /// Minutes from when it could to when it did.
    pub(crate) minutes: Vec<f64>,
    /// Seconds of their lives since then, and those in which they stood published.
    pub(crate) lived: f64,
    pub(crate) covered: f64,
    /// Harmless values aimed at, and those that were published.
    pub(crate) aims: u32,
    pub(crate) published: u32,
    /// For each published: honest members whose use was blocked, and hours of their hosts.
    pub(crate) hit: Vec<f64>,
    pub(crate) host_hours: Vec<f64>,
    /// For each published that somebody uses: hours until it was withdrawn for good, or it ended.
    pub(crate) stood: Vec<f64>,
    /// Of these, those that stood at the end of the run.
    pub(crate) stands: u32,
    /// Patterns in earnest, those that harmless programs match, and the same for show.
    pub(crate) patterns: u32,
    pub(crate) wrong_patterns: u32,
    pub(crate) shown_patterns: u32,
    /// Victims with a rate, and with one below what an ordinary client needs.
    pub(crate) throttled: u32,
    pub(crate) starved: u32,
    /// Harmless addresses in earnest because of names or contacts.
    pub(crate) wrong_addresses: u32,
    pub(crate) most_cases: usize,
    pub(crate) most_waiting: usize,
}

/// The outcome of a run that is over.
pub(crate) fn of(scene: &Scene<'_>, books: &Books) -> Outcome {
    let count = |set: &BTreeSet<u64>| u32::try_from(set.len()).unwrap_or(u32::MAX);
    let mut sum = Outcome {
        on_rails: count(&books.on_rails),
        patterns: count(&books.patterns),
        wrong_patterns: count(&books.wrong_patterns),
        shown_patterns: count(&books.shown_patterns),
        throttled: count(&books.throttled),
        starved: count(&books.starved),
        wrong_addresses: count(&books.wrong_addresses),
        most_cases: books.most_cases,
        most_waiting: books.most_waiting,
        ..Outcome::default()
    };
    for campaign in &scene.world.campaigns {
        sum.count_campaign(scene, campaign, books);
    }
    for aim in scene.aims.iter().filter_map(|aim| scene.benign.get(*aim)) {
        sum.count_aim(aim, books, scene.world.end);
    }
    sum
}

// === impl Outcome ===

impl Outcome {
    fn count_campaign(&mut self, scene: &Scene<'_>, campaign: &Campaign, books: &Books) {
        let (from, to) = scene.world.lies;
        let Some(due) = campaign.due.filter(|due| (from..to).contains(due)) else { return };
        // One that is over before it could be said to anybody is nobody's failure.
        if campaign.end.since(due).nanos() < days(1).nanos() {
            return;
        }
        self.due += 1;
        self.lived += campaign.end.since(due).secs_f64();
        let Some(record) = books.record(&campaign.value) else { return };
        let first = record.all(scene.world.end).next().map(|(begin, _)| begin);
        if let Some(first) = first.filter(|first| *first < campaign.end) {
            self.confirmed += 1;
            self.minutes.push(first.since(due).secs_f64() / 60.0);
        }
        self.covered += record.within(due, campaign.end).secs_f64();
    }

    fn count_aim(&mut self, aim: &Benign, books: &Books, end: Timestamp) {
        self.aims += 1;
        let Some(record) = books.record(&aim.value) else { return };
        let stood: Span = record.within(aim.since, end);
        if stood == Span::from_nanos(0) {
            return;
        }
        self.published += 1;
        let mut hit: Vec<usize> = record.hits.iter().map(|hit| hit.user).collect();
        hit.sort_unstable();
        hit.dedup();
        self.hit.push(hit.len() as f64);
        self.host_hours.push(record.host_hours(end));
        if !aim.users.is_empty() {
            self.stood.push(stood.secs_f64() / 3_600.0);
            self.stands += u32::from(record.since.is_some());
        }
    }

    /// Adds another run's.
    pub(crate) fn add(&mut self, mut other: Self) {
        self.on_rails += other.on_rails;
        self.due += other.due;
        self.confirmed += other.confirmed;
        self.minutes.append(&mut other.minutes);
        self.lived += other.lived;
        self.covered += other.covered;
        self.aims += other.aims;
        self.published += other.published;
        self.hit.append(&mut other.hit);
        self.host_hours.append(&mut other.host_hours);
        self.stood.append(&mut other.stood);
        self.stands += other.stands;
        self.patterns += other.patterns;
        self.wrong_patterns += other.wrong_patterns;
        self.shown_patterns += other.shown_patterns;
        self.throttled += other.throttled;
        self.starved += other.starved;
        self.wrong_addresses += other.wrong_addresses;
        self.most_cases = self.most_cases.max(other.most_cases);
        self.most_waiting = self.most_waiting.max(other.most_waiting);
    }
}
