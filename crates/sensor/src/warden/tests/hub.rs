//! What the hub says is made true, shown, or let go.

use ostium_feed::{
    Basis, Change, Entry, Follower, OnlineKey, Position, Publisher, RootKey, State, Value,
};
use ostium_intel::IndicatorValue;
use ostium_uplink::Learned;

use super::*;

const FEED: ostium_feed::FeedId = [1; 16];

/// What a hub says, to the sensor of this name.
fn says(entries: &[(u64, IndicatorValue, u16)]) -> Arc<Learned> {
    let all: Vec<_> =
        entries.iter().map(|(id, v, canary)| (*id, v.clone().into(), *canary)).collect();
    says_of(&all)
}

/// The same of anything.
pub(super) fn says_of(entries: &[(u64, Value, u16)]) -> Arc<Learned> {
    let (root, online) = (RootKey::made().unwrap(), OnlineKey::made().unwrap());
    let ms = crate::clock::wall().nanos() / 1_000_000;
    let mut follower = Follower::new(FEED, root.public());
    let certificate = root.certify(FEED, 1, 1, online.public(), (ms, ms + 3_600_000));
    follower.take(&certificate, ms).unwrap();
    let expires = u32::try_from(ms / 1_000 + 3_600).unwrap();
    let changes: Vec<Change> = entries
        .iter()
        .map(|(id, value, canary)| {
            let (value, family, basis) = (value.clone(), "Mirai".to_owned(), Basis::Quorum);
            let (confidence, organisations, canary) = (99, 2, *canary);
            let id = *id;
            Change::Put(Entry {
                id,
                value,
                confidence,
                family,
                expires,
                basis,
                organisations,
                canary,
            })
        })
        .collect();
    let at = Position { feed: FEED, epoch: 1, ..Position::default() };
    let state: State = at.state.after(&changes, |_| None);
    let publisher = Publisher::new(at, 60_000);
    let (frame, _) = publisher.delta(&online, &changes, state, ms).unwrap();
    follower.take(&frame, ms).unwrap();
    Arc::new(Learned::new("gate", follower))
}

fn domain(name: &str) -> IndicatorValue {
    IndicatorValue::Domain(name.to_owned())
}

fn addr(text: &str) -> IndicatorValue {
    IndicatorValue::Addr(text.parse().unwrap())
}

#[test]
fn what_the_hub_confirms_is_stopped_before_anybody_calls_it() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says(&[
        (1, addr("198.51.100.200"), 0),
        (2, addr("8.8.8.8"), 0),
        (3, domain("bad.example"), 0),
    ])));
    warden.hub_changed(&[1, 2, 3], now());
    assert_eq!(hot(&told), ["198.51.100.200"], "and no resolver, whatever the hub says");
    let answered =
        Cause::Answered("www.bad.example".into(), ["198.51.100.3".parse().unwrap()].into());
    warden.alarm(&alarm(answered, "10.0.0.53", 53), now());
    assert_eq!(hot(&told)[1..], ["198.51.100.3".to_owned()]);
    let block = warden.blocks().next().unwrap();
    assert_eq!(block.origin, Origin::Hub);
    assert!(block.because.contains("Mirai"), "{}", block.because);
    warden.alarm(&alarm(Cause::Named("bad.example".into()), "198.51.100.3", 443), now());
    let met = warden.for_hub().met;
    assert_eq!(met.len(), 1, "{met:?}");
    assert!(warden.for_hub().met.is_empty(), "told once");
}

#[test]
fn what_the_hub_withdraws_is_free_at_once_and_the_sites_own_blocks_stay() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says(&[(1, addr("198.51.100.200"), 0), (2, domain("bad.example"), 0)])));
    warden.hub_changed(&[1, 2], now());
    let answered = Cause::Answered("bad.example".into(), ["198.51.100.3".parse().unwrap()].into());
    warden.alarm(&alarm(answered, "10.0.0.53", 53), now());
    warden.alarm(&alarm(Cause::Contact, "203.0.113.5", 80), now());
    warden.tick(now());
    assert_eq!(told.whole.lock().unwrap().len(), 3);
    warden.learn(Some(says(&[])));
    warden.hub_changed(&[1, 2], now());
    let left: Vec<String> =
        told.whole.lock().unwrap().iter().map(|b| b.target.to_string()).collect();
    assert_eq!(left, ["203.0.113.5"], "that one is on the site's own list");
    // It was nobody's mistake here: it may come again.
    warden.learn(Some(says(&[(9, addr("198.51.100.200"), 0)])));
    warden.hub_changed(&[9], now());
    warden.tick(now());
    assert_eq!(told.whole.lock().unwrap().len(), 2);
}

#[test]
fn what_rested_on_a_hub_that_was_left_is_free() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says(&[(2, domain("bad.example"), 0)])));
    let answered = Cause::Answered("bad.example".into(), ["198.51.100.3".parse().unwrap()].into());
    warden.alarm(&alarm(answered, "10.0.0.53", 53), now());
    warden.tick(now());
    assert_eq!(told.whole.lock().unwrap().len(), 1);
    warden.learn(None);
    warden.hub_is_new(now());
    warden.tick(now());
    assert!(told.whole.lock().unwrap().is_empty());
}

#[test]
fn what_is_tried_for_show_is_shown_and_blocks_nothing() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says(&[(1, addr("198.51.100.200"), 1_000)])));
    warden.hub_changed(&[1], now());
    warden.alarm(&alarm(Cause::Contact, "198.51.100.200", 80), now());
    warden.tick(now());
    assert_eq!((hot(&told).len(), told.whole.lock().unwrap().len()), (0, 0));
    assert!(matters(&warden).contains(&Matter::Held));
    assert_eq!(warden.for_hub().met.len(), 1, "but the hub is told that it was met");
}

#[test]
fn an_operators_release_tells_the_hub_that_it_was_wrong() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says(&[(1, addr("198.51.100.200"), 0)])));
    warden.hub_changed(&[1], now());
    let target: Target = "198.51.100.200".parse().unwrap();
    let because = "that is our supplier".to_owned();
    warden.order(Order::Release { target, because }, now());
    assert_eq!(warden.for_hub().pardoned, [addr("198.51.100.200")].into());
    warden.tick(now());
    assert!(told.whole.lock().unwrap().is_empty());
    // It sticks, though the hub still says so.
    warden.hub_changed(&[1], now());
    warden.tick(now());
    assert!(told.whole.lock().unwrap().is_empty());
}

#[test]
fn a_site_that_only_observes_is_told_of_what_it_meets_and_blocks_nothing() {
    let (mut warden, told) = warden(Mode::Observe);
    warden.learn(Some(says(&[(1, addr("198.51.100.200"), 0)])));
    warden.hub_changed(&[1], now());
    warden.alarm(&alarm(Cause::Contact, "198.51.100.200", 80), now());
    warden.tick(now());
    assert_eq!((hot(&told).len(), warden.for_hub().met.len()), (0, 1));
}

#[test]
fn at_the_start_the_last_good_set_is_in_force_before_anybody_calls() {
    let (mut warden, told) = warden(Mode::Block);
    let said = [
        (1, addr("198.51.100.200"), 0),
        (2, IndicatorValue::Socket("198.51.100.201".parse().unwrap(), 4444), 0),
        (3, addr("8.8.8.8"), 0),
        (4, addr("198.51.100.202"), 1_000),
        (5, domain("bad.example"), 0),
    ];
    warden.learn(Some(says(&said)));
    warden.preload(&intel(), 0, now());
    warden.tick(now());
    let whole: Vec<String> =
        told.whole.lock().unwrap().iter().map(|block| block.target.to_string()).collect();
    // The site's own list, and of the hub's what is no rail, not for show, and an address.
    let want = [
        "198.51.100.200",
        "198.51.100.201:4444/tcp",
        "198.51.100.201:4444/udp",
        "198.51.100.66:4444/tcp",
        "198.51.100.66:4444/udp",
        "203.0.113.5",
    ];
    let mut sorted = whole.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, want);
}
