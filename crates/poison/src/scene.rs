//! The liars' side of a run: what they say and when, and what they aim at.

use ostium_correlate::{Contacts, Finding, Flow, Made, OrgId, Report, Said};
use ostium_event::{Addr, Timestamp};
use ostium_intel::{IndicatorValue, Shape, Transport};

use crate::rng::Rng;
use crate::time::hours;
use crate::world::{Benign, Member, Use, World, of_benign, users};

/// What liars plan.
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    /// Who lies.
    pub(crate) liars: &'a [OrgId],
    pub(crate) rng: Rng,
    /// Harmless destinations: those of the world, and those that only an attack makes interesting.
    pub(crate) benign: Vec<Benign>,
    /// Those that liars aim at, by their place in `benign`.
    pub(crate) aims: Vec<usize>,
    /// What is to be said.
    pub(crate) says: Vec<(Timestamp, OrgId, Said)>,
    next: (usize, usize),
}

// === impl Scene ===

impl<'a> Scene<'a> {
    pub(crate) fn new(world: &'a World, liars: &'a [OrgId], rng: Rng) -> Self {
        let benign = world.benign.clone();
        Self { world, liars, rng, benign, aims: Vec::new(), says: Vec::new(), next: (0, 0) }
    }

    /// Aims at the next obscure destination.
    pub(crate) fn aim_at_obscure(&mut self) -> Option<IndicatorValue> {
        let (at, value) = next_of(&self.benign, self.next.0, false)?;
        self.next.0 = at + 1;
        self.aims.push(at);
        Some(value)
    }

    /// Aims at the next that many use.
    pub(crate) fn aim_at_known(&mut self) -> Option<IndicatorValue> {
        let (at, value) = next_of(&self.benign, self.next.1, true)?;
        self.next.1 = at + 1;
        self.aims.push(at);
        Some(value)
    }

    /// Aims at what only this attack makes interesting.
    pub(crate) fn aim_at_new(
        &mut self,
        value: IndicatorValue,
        since: Timestamp,
        reach: f64,
        share: (u32, u32),
    ) {
        let users = users(&mut self.rng, &self.world.members, reach, share);
        self.aims.push(self.benign.len());
        let shape = of_benign(u32::try_from(self.benign.len()).unwrap_or(0));
        self.benign.push(Benign { value, since, users, known: false, shape, addr: None });
    }

    /// The last aim is in daily use at a member.
    pub(crate) fn is_used_by(&mut self, member: u32, crowd: u16) {
        let of = |of: &&Member| of.organisation.id.0 == member;
        let (Some(member), Some(aim)) =
            (self.world.members.iter().find(of), self.benign.last_mut())
        else {
            return;
        };
        let organisation = member.organisation.id;
        aim.users.retain(|user| user.organisation != organisation);
        let hosts = (member.hosts * u32::from(crowd) / 1_000).max(1);
        aim.users.push(Use { organisation, hosts, crowd, every: hours(1) });
    }

    pub(crate) fn is_aimed_at(&self, value: &IndicatorValue) -> bool {
        self.aims.iter().any(|at| self.benign.get(*at).is_some_and(|aim| aim.value == *value))
    }

    /// Somebody says that it is command and control.
    pub(crate) fn say(&mut self, at: Timestamp, who: OrgId, value: &IndicatorValue, odds: f64) {
        self.say_seen(at, at, who, value, odds);
    }

    /// The same, of what was seen at another time.
    pub(crate) fn say_seen(
        &mut self,
        at: Timestamp,
        seen: Timestamp,
        who: OrgId,
        value: &IndicatorValue,
        odds: f64,
    ) {
        let finding = Finding::Suspicious { log_odds: odds, convicts: odds >= 6.0 };
        self.tell(at, seen, who, value, finding, (1, 1));
    }

    /// Somebody says something of it; `crowd` is its hosts, and thousandths of all its hosts.
    pub(crate) fn tell(
        &mut self,
        at: Timestamp,
        seen: Timestamp,
        who: OrgId,
        value: &IndicatorValue,
        finding: Finding,
        (hosts, crowd): (u32, u16),
    ) {
        let said = report(value, seen, finding, (hosts, crowd));
        self.says.push((at, who, Said::Of(Box::new(said))));
    }

    /// Somebody says that it is command and control, and how it talks.
    pub(crate) fn say_so(
        &mut self,
        at: Timestamp,
        who: OrgId,
        value: &IndicatorValue,
        odds: f64,
        shape: &Shape,
    ) {
        let finding = Finding::Suspicious { log_odds: odds, convicts: odds >= 6.0 };
        let said = report(value, at, finding, (1, 1));
        let said = Report { shape: Some(Box::new(shape.clone())), ..said };
        self.says.push((at, who, Said::Of(Box::new(said))));
    }

    /// Somebody says that it is command and control, and where it leads.
    pub(crate) fn say_to(
        &mut self,
        at: Timestamp,
        who: OrgId,
        value: &IndicatorValue,
        odds: f64,
        to: &[Addr],
    ) {
        let finding = Finding::Suspicious { log_odds: odds, convicts: odds >= 6.0 };
        let said = Report { addresses: to.to_vec(), ..report(value, at, finding, (1, 1)) };
        self.says.push((at, who, Said::Of(Box::new(said))));
    }

    /// Somebody says with whom its infected hosts keep contact.
    pub(crate) fn keep_contact(&mut self, at: Timestamp, who: OrgId, with: &[Addr]) {
        let contacts = Contacts {
            addresses: with.to_vec(),
            seen: (at, at),
            family: None,
            hosts: 1,
            crowd: 1,
            harmless: false,
        };
        self.says.push((at, who, Said::Contacts(contacts)));
    }

    /// Somebody says that its hosts asked for made names in vain.
    pub(crate) fn asked_in_vain(&mut self, at: Timestamp, who: OrgId, prints: &[u64]) {
        let form = "a8-16 .example".to_owned();
        let made = Made { prints: prints.to_vec(), form, family: None, seen: (at, at) };
        self.says.push((at, who, Said::Made(made)));
    }

    /// Somebody says that its hosts flood somebody.
    pub(crate) fn hit(&mut self, at: Timestamp, who: OrgId, victim: Addr, packets: u64) {
        self.says.push((at, who, Said::Flow(flow(victim, at, packets, (50, 1)))));
    }
}

/// What leaves somebody for a victim.
pub(crate) fn flow(victim: Addr, at: Timestamp, packets: u64, (hosts, crowd): (u32, u16)) -> Flow {
    Flow {
        victim,
        port: 443,
        transport: Transport::Tcp,
        seen: (at, at),
        packets_per_second: packets,
        sources: hosts,
        hosts,
        crowd,
        false_positive: false,
    }
}

/// A report without a family.
pub(crate) fn report(
    value: &IndicatorValue,
    seen: Timestamp,
    finding: Finding,
    (hosts, crowd): (u32, u16),
) -> Report {
    Report { hosts, crowd, ..Report::new(value.clone(), seen, finding) }
}

fn next_of(benign: &[Benign], from: usize, known: bool) -> Option<(usize, IndicatorValue)> {
    let (at, found) =
        benign.iter().enumerate().skip(from).find(|(_, benign)| benign.known == known)?;
    Some((at, found.value.clone()))
}
