//! The warden's decisions, with an enforcer that only remembers.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use ostium_enforce::rails::{Policy, Rails, Request};
use ostium_enforce::{Applied, EnforceError, Enforcer, Limit, Limited, Stopped};
use ostium_event::{Addr, FlowKey, Proto, Span, Timestamp};
use ostium_evidence::{About, Evidence, Group, HostCase, Peer};
use ostium_intel::{IndicatorIndex, read_indicators};
use ostium_pipeline::{Alarm, Cause, Segment, Settings, Watcher};
use ostium_sensor_api::{Answer, Matter, Order};
use ostium_verdict::{Block, BlockSet, Mode, Origin, Rationale, Target};

use super::act::Came;
use super::*;

mod alike;
mod hub;
mod limits;

/// What an enforcer was told.
#[derive(Clone, Default)]
struct Told {
    hot: Arc<Mutex<Vec<Target>>>,
    whole: Arc<Mutex<BlockSet>>,
    fails: Arc<Mutex<bool>>,
    limits: Arc<Mutex<Vec<Limit>>>,
}

impl Enforcer for Told {
    fn limit(&mut self, limits: &[Limit], _: Timestamp) -> Result<(), EnforceError> {
        *self.limits.lock().unwrap() = limits.to_vec();
        Ok(())
    }
    fn limited(&mut self) -> Result<Vec<Limited>, EnforceError> {
        let all = self.limits.lock().unwrap();
        Ok(all.iter().map(|l| Limited { target: l.target(), packets: 7, bytes: 700 }).collect())
    }
    fn apply(&mut self, blocks: &BlockSet, _: Timestamp) -> Result<Applied, EnforceError> {
        if *self.fails.lock().unwrap() {
            return Err(EnforceError::KernelFull);
        }
        *self.whole.lock().unwrap() = blocks.clone();
        Ok(Applied::default())
    }
    fn hot(&mut self, block: &Block, _: Timestamp) -> Result<(), EnforceError> {
        self.hot.lock().unwrap().push(block.target.clone());
        Ok(())
    }
    fn release(&mut self, target: &Target) -> Result<(), EnforceError> {
        self.whole.lock().unwrap().remove(target);
        Ok(())
    }
    fn counters(&mut self) -> Result<Vec<Stopped>, EnforceError> {
        Ok(Vec::new())
    }
    fn teardown(&mut self) -> Result<(), EnforceError> {
        Ok(())
    }
}

const LIST: &str = "c2.example\n198.51.100.66:4444\n203.0.113.5\n";

fn intel() -> IndicatorIndex {
    IndicatorIndex::build(read_indicators("feed", LIST.as_bytes()).0)
}

fn warden(mode: Mode) -> (Warden, Told) {
    let settings = Arc::new(Settings { intel: intel(), ..Settings::default() });
    let watch = Arc::new(Watch::new(settings, 0));
    let hold = Span::from_secs(3600);
    let ways = Ways { mode, hold, quarantine: false, resets: Resets::Never, garden: Vec::new() };
    let policy = Policy { allow_names: ["good.c2.example".to_owned()].into(), ..Policy::default() };
    let mut warden = Warden::new(Rails::new(policy), ways, watch);
    let told = Told::default();
    warden.enforcer = Some(Box::new(told.clone()));
    (warden, told)
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000)
}

fn alarm(cause: Cause, outside: &str, port: u16) -> Alarm {
    let flow = FlowKey {
        inside: Addr::v4([10, 0, 0, 9]),
        outside: outside.parse().unwrap(),
        inside_port: 40_000,
        outside_port: port,
        proto: Proto::TCP,
    };
    let segment = Some(Segment { from_inside: true, seq: 1, ack: 1, len: 9 });
    Alarm { at: now(), flow, cause, segment }
}

fn hot(told: &Told) -> Vec<String> {
    told.hot.lock().unwrap().iter().map(ToString::to_string).collect()
}

fn matters(warden: &Warden) -> Vec<Matter> {
    warden.news.rows().map(|row| row.matter).collect()
}

#[test]
fn a_known_destination_is_blocked_at_once_as_exactly_as_it_is_known() {
    let (mut warden, told) = warden(Mode::Block);
    warden.alarm(&alarm(Cause::Contact, "198.51.100.66", 4444), now());
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    warden.alarm(&alarm(Cause::Tool("njRAT"), "198.51.100.9", 1177), now());
    assert_eq!(hot(&told), ["198.51.100.66:4444/tcp", "203.0.113.5", "198.51.100.9:1177/tcp"]);
    warden.tick(now());
    assert_eq!(told.whole.lock().unwrap().len(), 3);
    let why = &warden.blocks().next().unwrap().because;
    assert!(why.contains("feed"), "{why}");
}

#[test]
fn where_a_known_name_leads_is_blocked_but_not_what_is_allowed() {
    let (mut warden, told) = warden(Mode::Block);
    let to: Box<[Addr]> =
        ["198.51.100.1", "8.8.8.8", "10.0.0.1"].map(|a| a.parse().unwrap()).into();
    let answered = |name: &str| Cause::Answered(name.into(), to.clone());
    warden.alarm(&alarm(answered("www.c2.example"), "10.0.0.53", 53), now());
    assert_eq!(hot(&told), ["198.51.100.1"], "a resolver and our own network are on rails");
    warden.alarm(&alarm(answered("good.c2.example"), "10.0.0.53", 53), now());
    assert_eq!(hot(&told).len(), 1);
    assert!(matters(&warden).contains(&Matter::Refused));
}

#[test]
fn a_tunnel_below_a_blocked_name_is_one_piece_of_news() {
    let (mut warden, _) = warden(Mode::Block);
    for n in 0..50 {
        let name = format!("{n}.data.c2.example");
        warden.alarm(&alarm(Cause::Asked(name.into()), "10.0.0.53", 53), now());
    }
    let said: Vec<_> = warden.news.rows().map(|row| row.said.clone()).collect();
    assert_eq!(said, ["10.0.0.9 asked the DNS for a name below c2.example"]);
}

#[test]
fn observing_tells_and_touches_nothing_simulating_shows() {
    let (mut observing, told) = warden(Mode::Observe);
    observing.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    observing.tick(now());
    assert_eq!((hot(&told).len(), observing.blocks().count()), (0, 0));
    assert_eq!(matters(&observing), [Matter::Contact]);

    let (mut simulating, told) = warden(Mode::Simulate);
    simulating.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    simulating.tick(now());
    assert_eq!(hot(&told).len() + told.whole.lock().unwrap().len(), 0, "the kernel is not touched");
    assert_eq!(simulating.blocks().map(|block| block.mode).collect::<Vec<_>>(), [Mode::Simulate]);
    assert!(simulating.news.rows().any(|row| row.said.contains("would be blocked")));
}

#[test]
fn a_release_sticks_and_what_operators_order_is_done() {
    let (mut warden, told) = warden(Mode::Block);
    let target: Target = "203.0.113.5".parse().unwrap();
    let because = "our partner".to_owned();
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    let release = Order::Release { target: target.clone(), because: because.clone() };
    assert!(matches!(warden.order(release, now()), Answer::Done { .. }));
    assert!(told.whole.lock().unwrap().is_empty());
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    assert_eq!(warden.blocks().count(), 0, "automation leaves it alone");
    let block = Order::Block { target: target.clone(), seconds: 60, because: because.clone() };
    assert!(matches!(warden.order(block, now()), Answer::Done { .. }));
    assert_eq!(told.whole.lock().unwrap().len(), 1, "an operator may");
    let allow = Order::Allow { target: target.clone(), because: because.clone() };
    assert!(matches!(warden.order(allow, now()), Answer::Done { .. }));
    assert!(told.whole.lock().unwrap().is_empty());
    let block = Order::Block { target, seconds: 60, because };
    assert!(matches!(warden.order(block, now()), Answer::Refused { .. }), "allowed is allowed");
}

#[test]
fn a_blocked_name_is_watched_for_and_its_addresses_follow() {
    let (mut warden, told) = warden(Mode::Block);
    let target: Target = "odd.example".parse().unwrap();
    let order = Order::Block { target, seconds: 60, because: "by hand".to_owned() };
    assert!(matches!(warden.order(order, now()), Answer::Done { .. }));
    assert!(warden.watch.name("a.b.odd.example") && !warden.watch.name("notodd.example"));
    let to = Box::new(["198.51.100.1".parse().unwrap()]);
    warden.alarm(&alarm(Cause::Answered("a.odd.example".into(), to), "10.0.0.53", 53), now());
    assert_eq!(hot(&told), ["198.51.100.1"]);
    let release = Order::Release { target: "odd.example".parse().unwrap(), because: String::new() };
    assert!(matches!(warden.order(release, now()), Answer::Done { .. }));
    assert_eq!(warden.blocks().count(), 0, "what the name led to is released with it");
}

#[test]
fn blocks_end_by_themselves_and_trouble_is_told_once() {
    let (mut warden, told) = warden(Mode::Block);
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    *told.fails.lock().unwrap() = true;
    (0..40).for_each(|n| warden.tick(now().plus(Span::from_secs(n))));
    let told_of = warden.news.rows().filter(|row| row.matter == Matter::Sensor).count();
    assert_eq!(told_of, 1);
    assert!(warden.trouble.as_ref().unwrap().contains("release blocks"));
    *told.fails.lock().unwrap() = false;
    warden.tick(now().plus(Span::from_secs(60)));
    assert_eq!(warden.trouble, None);
    warden.tick(now().plus(Span::from_secs(3601)));
    assert_eq!((warden.blocks().count(), told.whole.lock().unwrap().len()), (0, 0));
    assert!(matters(&warden).contains(&Matter::Ended));
}

#[test]
fn a_burst_of_requests_is_held_by_the_rails() {
    let (mut warden, _) = warden(Mode::Block);
    for n in 0..50 {
        let outside = format!("198.51.100.{n}");
        warden.alarm(&alarm(Cause::Tool("njRAT"), &outside, 1177), now());
    }
    assert_eq!(warden.blocks().count(), 10);
    assert!(matters(&warden).contains(&Matter::Held));
}

fn answered(name: &str, to: &str) -> Alarm {
    alarm(Cause::Answered(name.into(), [to.parse().unwrap()].into()), "10.0.0.53", 53)
}

#[test]
fn a_released_or_allowed_destination_that_is_known_passes_from_then_on() {
    for allow in [false, true] {
        let (mut warden, told) = warden(Mode::Block);
        warden.preload(&intel(), 0, now());
        warden.tick(now());
        assert_eq!((warden.preloaded(), told.whole.lock().unwrap().len()), (3, 3));
        let (target, because): (Target, _) = ("203.0.113.5".parse().unwrap(), String::new());
        let order = match allow {
            true => Order::Allow { target, because },
            false => Order::Release { target, because },
        };
        assert!(matches!(warden.order(order, now()), Answer::Done { .. }));
        assert_eq!((warden.preloaded(), told.whole.lock().unwrap().len()), (2, 2), "at once");
        warden.preload(&intel(), 0, now().plus(Span::from_secs(7200)));
        assert_eq!(warden.preloaded(), 2, "and when the list is put in anew");
    }
}

#[test]
fn only_what_others_share_is_left_to_resets() {
    let (mut warden, _) = warden(Mode::Block);
    let mut ask = |target: &str, name: &str| {
        let target = target.parse().unwrap();
        let block = Block::new(target, Origin::Detector, Mode::Block, now(), Span::from_secs(60));
        let mut request = Request::of(block);
        request.names.push(name.into());
        warden.ask(request, now())
    };
    assert_eq!(ask("104.16.1.1", "c2.example"), Came::Shared, "a delivery network");
    assert_eq!(ask("198.51.100.1", "good.c2.example"), Came::Not, "an allowed name");
    assert_eq!(ask("198.51.100.1", "www.google.com"), Came::Not, "a good name");
    assert_eq!(ask("198.51.100.1", "c2.example"), Came::True);
    let release = Order::Release { target: "c2.example".parse().unwrap(), because: String::new() };
    warden.order(release, now());
    let block = Block::new(
        "198.51.100.2".parse().unwrap(),
        Origin::Detector,
        Mode::Block,
        now(),
        Span::from_secs(60),
    );
    let mut request = Request::of(block);
    request.names.push("c2.example".into());
    assert_eq!(warden.ask(request, now()), Came::Not, "a released name");
}

#[test]
fn an_operators_name_takes_no_shared_address_with_it_and_no_longer_than_it_was_given() {
    let (mut warden, told) = warden(Mode::Block);
    let target: Target = "odd.example".parse().unwrap();
    let order = Order::Block { target, seconds: 600, because: "by hand".to_owned() };
    assert!(matches!(warden.order(order, now()), Answer::Done { .. }));
    warden.alarm(&answered("odd.example", "104.16.1.1"), now());
    assert_eq!(hot(&told).len(), 0, "others are on that address");
    warden.alarm(&answered("odd.example", "198.51.100.1"), now());
    let led = warden.rails.state.blocks.get(&"198.51.100.1".parse().unwrap()).unwrap();
    assert_eq!(led.until, now().plus(Span::from_secs(600)));
    assert_ne!(led.origin, Origin::Operator);
}

#[test]
fn calls_do_not_move_the_end_of_a_block() {
    let (mut warden, _) = warden(Mode::Block);
    let target: Target = "198.51.100.9".parse().unwrap();
    let because = "by hand".to_owned();
    warden.order(Order::Block { target: target.clone(), seconds: 60, because }, now());
    let late = now().plus(Span::from_secs(50));
    warden.alarm(&alarm(Cause::Contact, "198.51.100.9", 80), late);
    let block = warden.rails.state.blocks.get(&target).unwrap();
    assert_eq!(block.until, now().plus(Span::from_secs(60)));
}

#[test]
fn what_was_allowed_by_hand_outlives_a_reload() {
    let (mut warden, told) = warden(Mode::Block);
    let allow = Order::Allow { target: "203.0.113.5".parse().unwrap(), because: String::new() };
    assert!(matches!(warden.order(allow, now()), Answer::Done { .. }));
    let ways = warden.ways.clone();
    warden.settle(Policy::default(), ways);
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    assert_eq!(hot(&told).len(), 0);
}

#[test]
fn a_block_tells_what_led_to_it_and_not_what_else_was_seen() {
    let (mut warden, _) = warden(Mode::Block);
    let r = convicted();
    // Seen first, and about somebody else: it counts in another conversation or not at all.
    let mut other = r.evidence[0].clone();
    other.about = About::Conversation {
        id: 8,
        peer: Peer { name: Some("shop.example".into()), addr: None, port: Some(443) },
    };
    (other.certain, other.log_odds) = (false, 2.5);
    other.summary = "shop.example is odd as well".to_owned();
    let evidence = vec![other, r.evidence[0].clone()];
    let case = HostCase { host: r.host, roles: Vec::new(), first: now(), last: now(), evidence };
    warden.verdict(&ostium_judge::judge(case, &ostium_judge::Policy::default()), now());
    let block = warden.blocks().next().unwrap();
    assert_eq!(block.because, "10.0.0.9 is infected: odd");
    assert!(!format!("{:?}", block.evidence).contains("shop.example"), "{block:?}");
    assert!(warden.news.rows().all(|row| !row.said.contains("shop.example")));
}

/// A host whose conversation with a name at an address convicts it.
fn convicted() -> Rationale {
    let (name, addr): (_, Addr) = (Some("odd.example".into()), "198.51.100.1".parse().unwrap());
    let peer = Peer { name, addr: Some(addr), port: Some(443) };
    let item = Evidence {
        detector: "known-tool",
        group: Group::Destination,
        log_odds: 12.0,
        certain: true,
        about: About::Conversation { id: 7, peer },
        first: now(),
        last: now(),
        technique: "T1071",
        summary: "odd".to_owned(),
        numbers: Vec::new(),
        family: None,
    };
    let host = Addr::v4([10, 0, 0, 9]);
    let evidence = vec![item];
    let case = HostCase { host, roles: Vec::new(), first: now(), last: now(), evidence };
    ostium_judge::judge(case, &ostium_judge::Policy::default())
}

#[test]
fn an_infected_hosts_controller_is_blocked_by_name_and_address_and_released_as_one() {
    let (mut warden, told) = warden(Mode::Block);
    let r = convicted();
    assert_eq!(r.verdict, ostium_verdict::Verdict::Infected);
    for second in 0..60 {
        warden.verdict(&r, now().plus(Span::from_secs(second)));
    }
    let mut blocked = hot(&told);
    blocked.sort_unstable();
    assert_eq!(blocked, ["198.51.100.1", "odd.example"], "once each, however often it is judged");
    assert_eq!(matters(&warden).iter().filter(|m| **m == Matter::Infected).count(), 1);
    let release = Order::Release { target: "odd.example".parse().unwrap(), because: String::new() };
    assert!(matches!(warden.order(release, now()), Answer::Done { .. }));
    assert_eq!(warden.blocks().count(), 0);
    warden.verdict(&r, now().plus(Span::from_secs(61)));
    assert_eq!(warden.blocks().count(), 0, "the release sticks");
}

#[test]
fn who_is_worked_for_is_blocked_and_victims_are_not() {
    let (mut warden, told) = warden(Mode::Block);
    let mut pool = convicted().evidence[0].clone();
    (pool.group, pool.technique) = (Group::Behaviour, "T1496");
    let mut victim = pool.clone();
    let peer = Peer { name: None, addr: "198.51.100.77".parse().ok(), port: Some(80) };
    victim.about = About::Host { peer: Some(peer) };
    let mut receiver = pool.clone();
    let peer = Peer { name: None, addr: "198.51.100.78".parse().ok(), port: Some(80) };
    (receiver.certain, receiver.log_odds) = (false, 5.0);
    receiver.about = About::Conversation { id: 9, peer };
    let (host, evidence) = (Addr::v4([10, 0, 0, 9]), vec![victim, receiver, pool]);
    let case = HostCase { host, roles: Vec::new(), first: now(), last: now(), evidence };
    warden.verdict(&ostium_judge::judge(case, &ostium_judge::Policy::default()), now());
    let mut blocked = hot(&told);
    blocked.sort_unstable();
    assert_eq!(blocked, ["198.51.100.1", "odd.example"]);
}

#[test]
fn what_is_blocked_is_barred_only_where_the_site_stops_it() {
    let (mut warden, _) = warden(Mode::Block);
    assert!(warden.barred(false).unwrap().is_empty());
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    assert!(!warden.barred(false).unwrap().is_empty());
    assert!(warden.barred(false).is_none(), "told once");
    let (policy, mut ways) = (Policy::default(), warden.ways.clone());
    ways.mode = Mode::Simulate;
    warden.settle(policy, ways);
    assert!(warden.barred(false).unwrap().is_empty(), "all passes now");
}
