//! Rates to victims of many sites.

use ostium_feed::Value;
use ostium_intel::{Throttle, Transport};

use super::hub::says_of;
use super::*;

fn throttle(id: u64, victim: &str, rate: u32, canary: u16) -> (u64, Value, u16) {
    let throttle = Throttle {
        addr: victim.parse().unwrap(),
        port: 443,
        transport: Transport::Tcp,
        packets_per_second: rate,
    };
    (id, Value::Throttle(throttle), canary)
}

fn stand(told: &Told) -> Vec<(String, u32)> {
    let all = told.limits.lock().unwrap();
    all.iter().map(|limit| (limit.target().to_string(), limit.packets_per_second)).collect()
}

#[test]
fn a_victim_gets_a_rate_and_no_block_within_the_rails() {
    let (mut warden, told) = warden(Mode::Block);
    let all = [
        throttle(1, "198.51.100.80", 60, 0),
        throttle(2, "8.8.8.8", 60, 0),
        throttle(3, "198.51.100.81", 7, 0),
        throttle(4, "198.51.100.82", 60, 1_000),
    ];
    warden.allow("198.51.100.83".parse().unwrap());
    warden.learn(Some(says_of(&[&all[..], &[throttle(5, "198.51.100.83", 60, 0)]].concat())));
    warden.hub_changed(&[1, 2, 3, 4, 5], now());
    warden.tick(now());
    let want = [("198.51.100.80:443/tcp".to_owned(), 60), ("198.51.100.81:443/tcp".to_owned(), 50)];
    assert_eq!(stand(&told), want, "no resolver, nothing tried or allowed, no less than the floor");
    assert_eq!(warden.blocks().count(), 0);
    warden.count_limits();
    let rows: Vec<u64> = warden.limits().map(|(_, packets, _)| packets).collect();
    assert_eq!(rows, [7, 7]);
    // Told once, though the clock goes on.
    warden.tick(now().plus(Span::from_secs(1)));
    let blocked = matters(&warden).iter().filter(|matter| **matter == Matter::Blocked).count();
    assert_eq!(blocked, 2);
}

#[test]
fn it_ends_when_the_hub_says_so_or_nobody_follows_it() {
    let (mut warden, told) = warden(Mode::Block);
    warden.learn(Some(says_of(&[throttle(1, "198.51.100.80", 60, 0)])));
    warden.tick(now());
    assert_eq!(stand(&told).len(), 1);
    warden.learn(Some(says_of(&[])));
    warden.tick(now());
    assert!(stand(&told).is_empty() && matters(&warden).contains(&Matter::Ended));
    warden.learn(Some(says_of(&[throttle(1, "198.51.100.80", 60, 0)])));
    warden.tick(now());
    warden.learn(None);
    warden.tick(now());
    assert!(stand(&told).is_empty());
}

#[test]
fn a_site_that_observes_or_simulates_limits_nothing() {
    for (mode, rows) in [(Mode::Observe, 0), (Mode::Simulate, 1)] {
        let (mut warden, told) = warden(mode);
        warden.learn(Some(says_of(&[throttle(1, "198.51.100.80", 60, 0)])));
        warden.tick(now());
        assert!(stand(&told).is_empty());
        assert_eq!(warden.limits().count(), rows, "{mode:?}");
    }
}
