//! Honest members meet what the hub learned: patterns and rates that harmless traffic runs into.

use ostium_correlate::{Finding, Report, Said};
use ostium_event::Timestamp;
use ostium_intel::{IndicatorValue, Pattern, Shape, Throttle};

use crate::play::{Event, Play};
use crate::rails;
use crate::scene::{flow, report};
use crate::time::{days, minutes};
use crate::world::all_benign;

/// What a match alone is worth to a sensor.
const BY_PATTERN: f64 = 4.0;
/// What leaves a member whose hosts use a site as they always do, for each of them.
const ORDINARY: u64 = 5;

// === impl Play: meet ===

impl Play<'_> {
    /// The patterns that a conversation matches.
    pub(crate) fn matched(&self, shape: &Shape) -> Vec<u64> {
        let fits = self.patterns.iter().filter(|(_, pattern)| pattern.matches(shape));
        fits.map(|(id, _)| *id).collect()
    }

    /// A pattern stands, for show or in earnest.
    pub(crate) fn learned(&mut self, id: u64, pattern: &Pattern, canary: u16, now: Timestamp) {
        let harmless = all_benign().any(|shape| pattern.matches(&shape));
        if canary == 0 {
            let set =
                if harmless { &mut self.books.wrong_patterns } else { &mut self.books.patterns };
            set.insert(id);
        } else if harmless {
            self.books.shown_patterns.insert(id);
        }
        if self.patterns.insert(id, pattern.clone()).is_some() {
            return;
        }
        let benign = self.scene.benign.iter().enumerate();
        let fits = benign.filter(|(_, benign)| pattern.matches(&benign.shape));
        let met: Vec<_> = fits
            .flat_map(|(aim, benign)| {
                let users = benign.users.iter().enumerate();
                users.map(move |(user, by)| (aim, user, by.every))
            })
            .collect();
        for (aim, user, every) in met {
            let when = now.plus(self.rng.wait(every));
            self.at(when, Event::Meet { pattern: id, aim, user });
        }
    }

    /// A sensor says what a pattern met, and that it found nothing else about it.
    pub(crate) fn meet(&mut self, pattern: u64, aim: usize, user: usize, now: Timestamp) {
        if !self.patterns.contains_key(&pattern) {
            return;
        }
        let Some(benign) = self.scene.benign.get(aim) else { return };
        let Some(by) = benign.users.get(user).cloned() else { return };
        let finding = Finding::Suspicious { log_odds: BY_PATTERN, convicts: false };
        let said = Report {
            patterns: vec![pattern],
            by_pattern: true,
            shape: Some(Box::new(benign.shape.clone())),
            ..report(&benign.value, now, finding, (by.hosts, by.crowd))
        };
        self.hub.hear(by.organisation, &said, now).ok();
        let next = now.plus(self.rng.wait(by.every)).plus(days(1));
        self.at(next, Event::Meet { pattern, aim, user });
    }

    /// Somebody has a rate now.
    pub(crate) fn throttled(&mut self, id: u64, throttle: &Throttle, now: Timestamp) {
        let victim = IndicatorValue::Addr(throttle.addr);
        if rails::is_on_rail(&victim, &self.scene.world.members) {
            self.books.on_rails.insert(id);
        }
        if throttle.packets_per_second < Throttle::FLOOR {
            self.books.starved.insert(id);
        }
        if !self.books.throttled.insert(id) {
            return;
        }
        let benign = self.scene.benign.iter().enumerate();
        let hit = benign.filter(|(_, benign)| benign.addr == Some(throttle.addr));
        let users: Vec<_> = hit
            .flat_map(|(aim, benign)| (0..benign.users.len()).map(move |user| (aim, user)))
            .collect();
        for (aim, user) in users {
            // Sensors tell what of a rate they meet within minutes: it stands no longer.
            let when = now.plus(self.rng.wait(minutes(5)));
            self.at(when, Event::Use { flood: id, aim, user });
        }
    }

    /// A member's sensor says how many of its hosts use what has a rate.
    pub(crate) fn uses(&mut self, flood: u64, aim: usize, user: usize, now: Timestamp) {
        if self.hub.floods().get(&flood).is_none_or(|flood| flood.stands.is_none()) {
            return;
        }
        let Some(benign) = self.scene.benign.get(aim) else { return };
        let (Some(by), Some(addr)) = (benign.users.get(user), benign.addr) else { return };
        let packets = ORDINARY * u64::from(by.hosts);
        let said = flow(addr, now, packets, (by.hosts, by.crowd));
        self.hub.take(by.organisation, &Said::Flow(said), now).ok();
    }
}
