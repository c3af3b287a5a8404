//! Days and taps: who is there when, and what of it is seen.

use std::collections::BTreeMap;

use ostium_event::{Event, What};

use super::*;
use crate::scenario::{Scenario, Wishes};

fn world(rest: &str) -> World {
    let text = format!(
        "about = 'x'\nstart = 2026-09-14T00:00:00+02:00\nhome = ['10.0.0.0/24']\n\
         resolver = {{ at = '10.0.0.1' }}\n{rest}"
    );
    Scenario::parse("x", &text).unwrap().world(&Wishes::default()).unwrap()
}

/// Hours of the day, in the zone of the place, in which each machine opens connections.
fn hours(world: &World) -> BTreeMap<Addr, Vec<u64>> {
    let mut hours: BTreeMap<Addr, Vec<u64>> = BTreeMap::new();
    world.tell(&mut |event| {
        if matches!(event.what, What::FlowOpened { .. }) {
            let hour = (event.at.secs() + 7200) / 3600;
            let list = hours.entry(event.flow.inside).or_default();
            if list.last() != Some(&hour) {
                list.push(hour);
            }
        }
        ControlFlow::Continue(())
    });
    hours
}

#[test]
fn people_keep_hours_and_programs_do_not() {
    let world = world(
        "days = 7\n[[group]]\nname = 'desktop'\ncount = 6\nhours = 'office'\n\
         habits = ['windows']\n[[group]]\nname = 'person'\ncount = 6\nhours = 'office'\n\
         habits = ['browsing']\n[[group]]\nname = 'laptop'\ncount = 6\nhours = 'office'\n\
         sleeps = true\nhabits = ['windows', 'browsing']",
    );
    let all = hours(&world);
    let monday = 1_789_344_000 / 3600;
    for member in &world.hosts {
        let hours: Vec<u64> = all[&member.addr].iter().map(|hour| hour - monday).collect();
        let at_work = |hour: &u64| hour / 24 < 5 && (7..20).contains(&(hour % 24));
        let outside = hours.iter().filter(|hour| !at_work(hour)).count();
        match member.label.starts_with("desktop") {
            true => assert!(outside > 80, "{}: {outside}", member.label),
            false => assert_eq!(outside, 0, "{}: {hours:?}", member.label),
        }
        assert!(hours.len() > 15, "{} works", member.label);
    }
}

#[test]
fn who_slept_begins_anew() {
    let world = world(
        "days = 3\n[[group]]\nname = 'laptop'\ncount = 4\nhours = 'office'\nsleeps = true\n\
         habits = ['windows', 'browsing', 'push', 'mail']",
    );
    let mut openings = 0;
    world.tell(&mut |event: &Event<'_>| {
        if let What::FlowOpened { start } = event.what {
            assert!(start, "{:?} goes on after a night", event.flow);
            openings += 1;
        }
        ControlFlow::Continue(())
    });
    assert!(openings > 1000);
}

#[test]
fn infections_begin_when_they_are_said_to() {
    let world = world(
        "[[group]]\nname = 'a'\nhabits = ['ntp']\n[[infection]]\nname = 'dga'\nin = 'a'\n\
         after = '20h'\nhabits = ['dga']",
    );
    let mut first = None;
    world.tell(&mut |event| {
        if matches!(event.what, What::Dns(dns) if dns.rcode == Some(3)) {
            let hour = event.at.since(world.start).secs() / 3600;
            first.get_or_insert(hour);
        }
        ControlFlow::Continue(())
    });
    assert_eq!(first, Some(20));
}

#[test]
fn a_resolver_that_forwards_is_the_only_one_who_asks() {
    let world = world("days = 0.2\n[[group]]\nname = 'a'\ncount = 5\nhabits = ['browsing']");
    let forwarding = World {
        resolver: Resolver::Forwards { at: Addr::v4([10, 0, 0, 1]), to: Addr::v4([9, 9, 9, 9]) },
        ..world.clone()
    };
    let asked = |world: &World| {
        let mut asked: BTreeMap<(Addr, Addr), u32> = BTreeMap::new();
        world.tell(&mut |event| {
            if matches!(event.what, What::Dns(_)) {
                *asked.entry((event.flow.inside, event.flow.outside)).or_default() += 1;
            }
            ControlFlow::Continue(())
        });
        asked
    };
    let (seen, forwarded) = (asked(&world), asked(&forwarding));
    assert_eq!(seen.len(), 5);
    assert_eq!(
        forwarded.keys().collect::<Vec<_>>(),
        [&(Addr::v4([10, 0, 0, 1]), Addr::v4([9, 9, 9, 9]))]
    );
    let (all, some) = (seen.values().sum::<u32>(), forwarded.values().sum::<u32>());
    assert!(some * 2 < all, "it knows most names: {some} of {all}");
}

#[test]
fn taps_see_what_they_say() {
    let world = World { hours: 1.0, ..crate::demo(7) };
    let all: Vec<_> = world.packets().collect();
    let seen = |tap: Tap| -> Vec<_> { World { tap, ..world.clone() }.packets().collect() };
    let home = Home::new(&world.home);
    let source = |packet: &crate::packet::Packet| {
        let bytes = &packet.bytes;
        match bytes[12..14] {
            [8, 0] => Addr::v4(bytes[26..30].try_into().unwrap()),
            _ => Addr::v6(bytes[22..38].try_into().unwrap()),
        }
    };
    let out = seen(Tap { sees: crate::Sees::Out, loss: 0.0 });
    let back = seen(Tap { sees: crate::Sees::In, loss: 0.0 });
    assert!(out.iter().all(|packet| home.contains(source(packet))));
    assert!(back.iter().all(|packet| !home.contains(source(packet))));
    // What stays inside, such as questions to the resolver, passes neither.
    assert!(out.len() > all.len() / 4 && back.len() > all.len() / 4);
    assert!(out.len() + back.len() < all.len());
    let lossy = seen(Tap { sees: crate::Sees::Both, loss: 0.1 });
    let lost = 1.0 - lossy.len() as f64 / all.len() as f64;
    assert!((0.09..0.11).contains(&lost), "{lost}");
    assert!(lossy == seen(Tap { sees: crate::Sees::Both, loss: 0.1 }));
}

#[test]
fn a_watcher_ends_a_world_that_is_whole_up_to_there() {
    let world = World { hours: 5.0, ..crate::demo(1) };
    let mut bytes = Vec::new();
    let noon = world.start.plus(Span::from_secs(3600));
    let truth = world
        .write_pcap_until(&mut bytes, &mut |at| match at < noon {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
        .unwrap();
    assert!((1.0 / 24.0..2.0 / 24.0).contains(&truth.days), "{}", truth.days);
    let mut whole = Vec::new();
    world.write_pcap(&mut whole).unwrap();
    assert!(whole.starts_with(&bytes) && bytes.len() < whole.len() / 2);
}
