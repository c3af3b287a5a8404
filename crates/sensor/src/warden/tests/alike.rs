//! Conversations that go as the hub says: blocked, shown, or let go.

use ostium_event::Ja4;
use ostium_feed::Value;
use ostium_intel::{Lore, Pattern, Shape, Transport};

use super::hub::says_of;
use super::*;

const SERVER: &str = "00000000a1b2-s3650";
const PEER: &str = "198.51.100.44";

fn ja4() -> Ja4 {
    Ja4::parse("t13d1516h2_8daaf6152771_e5627efa2ab1").unwrap()
}

fn pattern(canary: u16) -> (u64, Value, u16) {
    let pattern = Pattern { server: SERVER.to_owned(), ja4: Some(ja4()), ..Pattern::default() };
    (7, Value::Pattern(Box::new(pattern)), canary)
}

fn met(name: Option<&str>) -> Alarm {
    alarm(Cause::Alike(7, name.map(Into::into)), PEER, 8443)
}

fn whole(told: &Told) -> Vec<String> {
    told.whole.lock().unwrap().iter().map(|block| block.target.to_string()).collect()
}

#[test]
fn a_server_that_nobody_named_is_blocked_and_the_hub_is_told() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says_of(&[pattern(0)])));
    warden.alarm(&met(Some("new.example")), now());
    assert_eq!(hot(&told), ["new.example", "198.51.100.44:8443/tcp"], "that service, no more");
    warden.tick(now());
    let block = warden.blocks().last().unwrap().clone();
    assert_eq!(block.origin, Origin::Hub);
    assert!(block.because.contains("Mirai") && block.because.contains("pattern 7"), "{block:?}");
    let alike = warden.for_hub().alike;
    let alike: Vec<_> = alike.iter().collect();
    assert!(alike.len() == 1 && alike[0].id == 7 && !alike[0].for_show, "{alike:?}");
    assert_eq!(alike[0].peer.name.as_deref(), Some("new.example"));
}

#[test]
fn what_is_popular_or_allowed_or_a_rail_passes() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says_of(&[pattern(0)])));
    warden.alarm(&met(Some("www.wikipedia.org")), now());
    assert!(warden.for_hub().alike.is_empty(), "not even told of");
    warden.alarm(&met(Some("good.c2.example")), now());
    warden.alarm(&alarm(Cause::Alike(7, None), "8.8.8.8", 443), now());
    warden.tick(now());
    assert!(hot(&told).is_empty() && whole(&told).is_empty(), "{:?}", hot(&told));
}

#[test]
fn what_is_tried_is_shown_and_other_modes_block_nothing() {
    let (mut block, told) = warden(Mode::Block);
    block.learn(Some(says_of(&[pattern(1_000)])));
    block.alarm(&met(None), now());
    block.tick(now());
    assert!(whole(&told).is_empty() && matters(&block).contains(&Matter::Held));
    assert!(block.for_hub().alike.iter().all(|alike| alike.for_show));
    let (mut observe, told) = warden(Mode::Observe);
    observe.learn(Some(says_of(&[pattern(0)])));
    observe.alarm(&met(None), now());
    observe.tick(now());
    assert!(whole(&told).is_empty() && !observe.for_hub().alike.is_empty());
    let (mut simulate, told) = warden(Mode::Simulate);
    simulate.learn(Some(says_of(&[pattern(0)])));
    simulate.alarm(&met(None), now());
    simulate.tick(now());
    assert!(hot(&told).is_empty() && simulate.blocks().count() == 1, "it would be");
}

#[test]
fn when_the_pattern_goes_so_do_its_blocks_and_no_others() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says_of(&[pattern(0)])));
    warden.alarm(&met(Some("new.example")), now());
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    warden.tick(now());
    assert_eq!(whole(&told).len(), 3);
    // Another entry changes: nothing happens to it.
    warden.hub_changed(&[99], now());
    warden.tick(now());
    assert_eq!(whole(&told).len(), 3);
    warden.learn(Some(says_of(&[])));
    warden.hub_changed(&[7], now());
    warden.tick(now());
    assert_eq!(whole(&told), ["203.0.113.5"], "the site's own stays");
}

#[test]
fn an_operators_release_tells_the_hub_that_the_pattern_was_wrong() {
    let (mut warden, _) = warden(Mode::Block);
    warden.learn(Some(says_of(&[pattern(0)])));
    warden.alarm(&met(Some("new.example")), now());
    warden.for_hub();
    let because = "our supplier".to_owned();
    warden.order(Order::Release { target: "new.example".parse().unwrap(), because }, now());
    let alike = warden.for_hub().alike;
    assert!(!alike.is_empty() && alike.iter().all(|alike| alike.host.is_none()), "{alike:?}");
    warden.alarm(&met(Some("new.example")), now());
    warden.tick(now());
    assert_eq!(warden.blocks().count(), 0, "a release sticks");
}

#[test]
fn detectors_and_the_lookout_are_told_the_same() {
    let (mut warden, _) = warden(Mode::Block);
    let shape = Shape {
        server: SERVER.to_owned(),
        ja4: Some(ja4()),
        transport: Some(Transport::Tcp),
        ..Shape::default()
    };
    let watch = Arc::clone(&warden.watch);
    assert!(!Watcher::has_patterns(&*watch) && Lore::pattern(&*watch, &shape).is_none());
    warden.learn(Some(says_of(&[pattern(0)])));
    assert!(Watcher::has_patterns(&*watch));
    assert_eq!(Watcher::pattern(&*watch, &shape), Some(7));
    let told = Lore::pattern(&*watch, &shape).unwrap();
    assert_eq!((told.id, told.family.as_deref(), told.for_show), (7, Some("Mirai"), false));
    let other = Shape { server: "00000000a1b2-c90".to_owned(), ..shape };
    assert_eq!(Watcher::pattern(&*watch, &other), None);
}
