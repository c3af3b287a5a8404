//! One run: a world, its liars, and a hub, in event time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ostium_correlate::{Correlator, Decision, Finding, Ground, OrgId, Rails, Report, Said, Value};
use ostium_event::{Span, Timestamp};
use ostium_intel::{IndicatorValue, Pattern};

use crate::attack::{Attack, Liars};
use crate::books::{Books, Hit};
use crate::outcome::Outcome;
use crate::rails;
use crate::rng::Rng;
use crate::scene::{Scene, report};
use crate::time::{START, days, hours, minutes};
use crate::world::{Benign, World, organisation};
use crate::{Settings, outcome};

/// What happens at a time.
pub(crate) enum Event {
    /// Somebody says something.
    Say(OrgId, Box<Said>),
    /// A victim's sensor has seen a controller again.
    Call { campaign: usize, victim: usize, nth: u32 },
    /// An honest host wants to go to something harmless that was published.
    Contact { aim: usize, user: usize },
    /// An operator finds out why that does not work.
    Object { aim: usize, user: usize },
    /// A pattern is met by what an honest host goes to.
    Meet { pattern: u64, aim: usize, user: usize },
    /// Honest hosts use what has a rate.
    Use { flood: u64, aim: usize, user: usize },
    /// The hub looks what is due.
    Tick,
}

pub(crate) struct Play<'a> {
    pub(crate) scene: Scene<'a>,
    liars: Box<dyn Liars>,
    pub(crate) hub: Correlator,
    queue: BTreeMap<(Timestamp, u64), Event>,
    sequence: u64,
    pub(crate) books: Books,
    pub(crate) rng: Rng,
    /// Where a value stands in `scene.benign`.
    harmless: HashMap<IndicatorValue, usize>,
    /// Members that released something for themselves; it sticks.
    released: BTreeSet<(usize, usize)>,
    /// Patterns that stand, for show or in earnest.
    pub(crate) patterns: BTreeMap<u64, Pattern>,
    /// The minute that those who wait are waiting for.
    minute: Timestamp,
}

/// A sensor says again what it sees, so often.
const AGAIN: Span = hours(8);
/// Operators who find out at all that a block is wrong: what few miss, nobody looks for.
const NOTICE: f64 = 0.7;
/// An organisation's false alarms: mean time between two.
const FALSE_ALARM: Span = days(30);

/// Plays one world with so many liars.
pub(crate) fn play(settings: &Settings, attack: Attack, liars: u32, seed: u64) -> Outcome {
    let world = World::new(seed, settings);
    let mut hub = Correlator::new(attack.policy(&settings.policy), Rails::default());
    for member in &world.members {
        hub.join(member.organisation.clone());
    }
    let (brings, vouched) = attack.brings();
    let mut who = Vec::new();
    for number in 0..liars * brings {
        let mut liar = organisation(settings.organisations + 1 + number, vouched);
        // What one liar brings is at one provider.
        liar.network = 64_512 + settings.organisations + 1 + number / brings;
        who.push(liar.id);
        hub.join(liar);
    }
    let mut scene = Scene::new(&world, &who, Rng::new(seed, attack.name()));
    let plan = attack.liars();
    plan.plan(&mut scene);
    rails::name_all(&mut scene);
    let values = |(at, benign): (usize, &Benign)| {
        let addr = benign.addr.map(|addr| (IndicatorValue::Addr(addr), at));
        std::iter::once((benign.value.clone(), at)).chain(addr)
    };
    let harmless = scene.benign.iter().enumerate().flat_map(values).collect();
    let mut play = Play {
        harmless,
        scene,
        liars: plan,
        hub,
        queue: BTreeMap::new(),
        sequence: 0,
        books: Books::default(),
        rng: Rng::new(seed, "play"),
        released: BTreeSet::new(),
        patterns: BTreeMap::new(),
        minute: START,
    };
    play.prepare();
    play.run();
    outcome::of(&play.scene, &play.books)
}

// === impl Play ===

impl Play<'_> {
    pub(crate) fn at(&mut self, when: Timestamp, event: Event) {
        self.sequence += 1;
        self.queue.insert((when, self.sequence), event);
    }

    /// Takes over what liars want to say.
    fn take_says(&mut self) {
        for (when, who, report) in std::mem::take(&mut self.scene.says) {
            self.at(when, Event::Say(who, Box::new(report)));
        }
    }

    fn prepare(&mut self) {
        self.take_says();
        let world = self.scene.world;
        for (campaign, truth) in world.campaigns.iter().enumerate() {
            for (victim, of) in truth.victims.iter().enumerate() {
                self.at(of.noticed, Event::Call { campaign, victim, nth: 0 });
            }
        }
        for member in &world.members {
            let mut when = START.plus(self.rng.wait(FALSE_ALARM));
            while when < world.end {
                let odds = self.rng.between(3.0, 6.0);
                let finding = Finding::Suspicious { log_odds: odds, convicts: false };
                if let Some(benign) = self.rng.pick(&world.benign) {
                    let mut said = report(&benign.value, when, finding, (1, 1));
                    said.shape = Some(Box::new(benign.shape.clone()));
                    let said = Box::new(Said::Of(Box::new(said)));
                    self.at(when, Event::Say(member.organisation.id, said));
                }
                when = when.plus(self.rng.wait(FALSE_ALARM));
            }
        }
        let mut when = START;
        while when < world.end {
            self.at(when, Event::Tick);
            when = when.plus(hours(1));
        }
    }

    fn run(&mut self) {
        while let Some(((now, _), event)) = self.queue.pop_first() {
            if now >= self.scene.world.end {
                return;
            }
            self.happen(event, now);
            for decision in self.hub.decide(now) {
                self.decided(&decision, now);
            }
            self.take_says();
            self.books.most_cases = self.books.most_cases.max(self.hub.cases().len());
            let waiting = self.hub.waiting();
            self.books.most_waiting = self.books.most_waiting.max(waiting);
            if waiting > 0 && self.minute <= now {
                self.minute = Timestamp::from_secs((now.secs() / 60 + 1) * 60);
                self.at(self.minute, Event::Tick);
            }
        }
    }

    fn hear(&mut self, who: OrgId, report: &Report, now: Timestamp) {
        self.hub.hear(who, report, now).ok();
    }

    fn happen(&mut self, event: Event, now: Timestamp) {
        match event {
            // What is refused is refused: liars try, and nobody tells them.
            Event::Say(who, said) => self.hub.take(who, &said, now).map_or((), drop),
            Event::Meet { pattern, aim, user } => self.meet(pattern, aim, user, now),
            Event::Use { flood, aim, user } => self.uses(flood, aim, user, now),
            Event::Call { campaign, victim, nth } => self.call(campaign, victim, nth, now),
            Event::Contact { aim, user } => self.contact(aim, user, now),
            Event::Object { aim, user } => self.object(aim, user, now),
            Event::Tick => {}
        }
    }

    fn call(&mut self, campaign: usize, victim: usize, nth: u32, now: Timestamp) {
        let Some(truth) = self.scene.world.campaigns.get(campaign) else { return };
        let Some(of) = truth.victims.get(victim).filter(|_| now < truth.end) else { return };
        // What is blocked is met, and tells nothing more.
        let finding = match self.books.is_published(&truth.value) {
            true => Finding::Sighting,
            false => {
                let (low, high) = if nth == 0 { (2.0, 7.0) } else { (4.0, 9.0) };
                let log_odds = self.rng.between(low, high);
                Finding::Suspicious { log_odds, convicts: log_odds >= 6.0 }
            }
        };
        let mut said = report(&truth.value, now, finding, (of.hosts, 1));
        said.family = Some(truth.family.to_owned());
        said.addresses.clone_from(&truth.addresses);
        said.patterns = self.matched(&truth.shape);
        said.shape = Some(Box::new(truth.shape.clone()));
        self.hear(of.organisation, &said, now);
        let next = now.plus(self.rng.wait(AGAIN));
        self.at(next, Event::Call { campaign, victim, nth: nth + 1 });
    }

    /// An honest host goes to something that is blocked, and its sensor says that it was met.
    fn contact(&mut self, aim: usize, user: usize, now: Timestamp) {
        let Some(benign) = self.scene.benign.get(aim) else { return };
        let blocked = self.blocked(benign);
        let (value, Some(by)) = (blocked, benign.users.get(user).cloned()) else {
            return;
        };
        let shape = benign.shape.clone();
        if self.released.contains(&(aim, user)) {
            return;
        }
        let Some(record) = self.books.record_mut(&value).filter(|record| record.since.is_some())
        else {
            return;
        };
        let known = record.hits.iter().any(|hit| hit.user == user && hit.until.is_none());
        if !known {
            let hit = Hit { user, hosts: by.hosts, from: now, until: None };
            record.hits.push(hit);
            if self.rng.chance(NOTICE) {
                let when = now.plus(self.rng.spread(minutes(5), days(1)));
                self.at(when, Event::Object { aim, user });
            }
        }
        let mut met = report(&value, now, Finding::Sighting, (by.hosts, by.crowd));
        met.patterns = self.matched(&shape);
        met.shape = Some(Box::new(shape));
        self.hear(by.organisation, &met, now);
        // Sensors tell of it once a day at most.
        let next = now.plus(self.rng.wait(by.every)).plus(days(1));
        self.at(next, Event::Contact { aim, user });
    }

    fn object(&mut self, aim: usize, user: usize, now: Timestamp) {
        let Some(benign) = self.scene.benign.get(aim) else { return };
        let Some(by) = benign.users.get(user).map(|user| user.organisation) else { return };
        let value = self.blocked(benign);
        if !self.books.is_published(&value) {
            return;
        }
        // Released at home at once, whatever the hub makes of it.
        self.released.insert((aim, user));
        for hit in self.books.record_mut(&value).into_iter().flat_map(|record| &mut record.hits) {
            if hit.user == user {
                hit.until.get_or_insert(now);
            }
        }
        self.hear(by, &report(&value, now, Finding::FalsePositive, (1, 1)), now);
    }

    fn decided(&mut self, decision: &Decision, now: Timestamp) {
        match decision {
            Decision::Withdraw { id, .. } => {
                self.patterns.remove(id);
                self.books.withdraw(*id, now);
            }
            Decision::Publish { id, value: Value::Pattern(pattern), canary, .. } => {
                self.learned(*id, pattern, *canary, now);
            }
            Decision::Publish { id, value: Value::Throttle(throttle), .. } => {
                self.throttled(*id, throttle, now);
            }
            // Nothing is blocked by it.
            Decision::Publish { value: Value::Generator { .. }, .. } => {}
            // Only for show: nobody is blocked.
            Decision::Publish { canary, .. } if *canary > 0 => {}
            Decision::Publish { id, value: Value::Indicator(value), ground, .. } => {
                let by_others = matches!(ground, Ground::Flux | Ground::Peers);
                if by_others && self.harmless.contains_key(value) {
                    self.books.wrong_addresses.insert(*id);
                }
                if rails::is_on_rail(value, &self.scene.world.members) {
                    self.books.on_rails.insert(*id);
                }
                let again = self.books.is_published(value);
                self.books.publish(*id, value, now);
                if again {
                    return;
                }
                self.liars.published(&mut self.scene, value, now);
                self.expect_contacts(value, now);
            }
        }
    }

    /// Its address, if that is what is blocked.
    fn blocked(&self, benign: &Benign) -> IndicatorValue {
        let addr = benign.addr.map(IndicatorValue::Addr);
        addr.filter(|addr| self.books.is_published(addr)).unwrap_or_else(|| benign.value.clone())
    }

    /// Honest users will run into it.
    fn expect_contacts(&mut self, value: &IndicatorValue, now: Timestamp) {
        let Some(aim) = self.harmless.get(value).copied() else { return };
        let Some(benign) = self.scene.benign.get(aim) else { return };
        let since = benign.since.max(now);
        let every: Vec<Span> = benign.users.iter().map(|user| user.every).collect();
        for (user, every) in every.into_iter().enumerate() {
            let when = since.plus(self.rng.wait(every));
            self.at(when, Event::Contact { aim, user });
        }
    }
}
