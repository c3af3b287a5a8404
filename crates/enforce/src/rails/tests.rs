//! Whatever is asked, in whatever order: nothing on a rail is admitted, and the caps hold.

use ostium_event::Span;
use ostium_verdict::{Mode, Target};
use proptest::prelude::*;

use super::*;

fn policy() -> Policy {
    Policy {
        allow_networks: vec!["203.0.113.0/28".parse().unwrap(), "2001:db8:a::/48".parse().unwrap()],
        allow_names: ["partner.example".to_owned()].into(),
        own: vec!["198.51.100.1".parse().unwrap(), "10.0.0.1".parse().unwrap()],
        resolvers: vec!["198.51.100.53".parse().unwrap(), "10.0.0.53".parse().unwrap()],
        ..Policy::default()
    }
}

fn request(text: &str, origin: Origin) -> Request {
    let (now, span) = (Timestamp::ZERO, Span::from_secs(100_000));
    Request::of(Block::new(text.parse().unwrap(), origin, Mode::Block, now, span))
}

fn say(text: &str, origin: Origin) -> Decision {
    policy().admit(&request(text, origin), &State::default(), Timestamp::from_secs(1))
}

/// On the allow list: nobody. Dangerous for the gateway: nobody.
const NEVER: &[&str] = &[
    "203.0.113.7",
    "203.0.113.7:443/tcp",
    "2001:db8:a::1",
    "partner.example",
    "www.partner.example",
    "198.51.100.1",
    "host:10.0.0.1",
    "127.0.0.1",
    "[::1]:80/tcp",
    "224.0.0.251",
    "ff02::fb",
    "fe80::1",
    "169.254.169.254:80/tcp",
];

/// Refused to machines.
const RAILS: &[&str] = &[
    "8.8.8.8",
    "1.1.1.1:53/udp",
    "2606:4700:4700::1111",
    "104.16.1.1",
    "google.com",
    "docs.google.com",
    "api.telegram.org",
    "co.uk",
    "nas.local",
    "d111111abcdef8.cloudfront.net",
    "10.1.2.3",
    "192.168.7.7:443/tcp",
    "198.51.100.53",
    "host:10.0.0.53",
    "host:198.51.100.9",
];

const FREE: &[&str] = &[
    "198.51.100.7",
    "198.51.100.8:443/tcp",
    "2001:db8::7",
    "c2.example",
    "a.b.evil.example",
    "bot.duckdns.org",
    "host:10.0.0.9",
    "host:fd00::9",
];

#[test]
fn rails_refuse_machines_and_the_allow_list_refuses_all() {
    let machines = [Origin::Detector, Origin::Hub, Origin::Indicator("feed".into())];
    for text in NEVER {
        for origin in machines.iter().cloned().chain([Origin::Operator]) {
            let decision = say(text, origin);
            assert!(matches!(decision, Decision::Refuse(_)), "{text} {decision:?}");
        }
    }
    for text in RAILS {
        for origin in machines.clone() {
            let decision = say(text, origin);
            assert!(matches!(decision, Decision::Refuse(_)), "{text} {decision:?}");
        }
        assert_eq!(say(text, Origin::Operator), Decision::Admit, "{text}");
    }
    for text in FREE {
        for origin in machines.clone() {
            assert_eq!(say(text, origin), Decision::Admit, "{text}");
        }
    }
}

#[test]
fn a_parent_of_an_allowed_name_is_not_blocked() {
    let mut policy = policy();
    policy.allow_names.insert("good.wide.example".to_owned());
    let decision = policy.admit(
        &request("wide.example", Origin::Operator),
        &State::default(),
        Timestamp::from_secs(1),
    );
    assert_eq!(decision, Decision::Refuse(Reason::AllowList("good.wide.example".to_owned())));
}

#[test]
fn an_address_is_known_by_the_names_it_serves() {
    let with = |name: &str| {
        let mut request = request("198.51.100.7", Origin::Detector);
        request.names = vec!["c2.example".into(), name.into()];
        policy().admit(&request, &State::default(), Timestamp::from_secs(1))
    };
    assert!(matches!(with("api.partner.example"), Decision::Refuse(Reason::AllowList(_))));
    assert!(matches!(with("www.google.com"), Decision::Refuse(Reason::Serves(..))));
    assert!(matches!(with("someone.github.io"), Decision::Refuse(Reason::SharedHosting(_))));
    assert_eq!(with("bot.duckdns.org"), Decision::Admit);
    assert_eq!(with("other.evil.example"), Decision::Admit);
}

#[test]
fn a_release_sticks_until_the_operator_blocks_again() {
    let mut rails = Rails::new(policy());
    let at = Timestamp::from_secs;
    let ask = |rails: &mut Rails, text: &str, origin, secs| {
        rails.request(&request(text, origin), at(secs))
    };
    assert_eq!(ask(&mut rails, "198.51.100.7", Origin::Detector, 1), Decision::Admit);
    let target: Target = "198.51.100.7".parse().unwrap();
    assert_eq!(rails.state.release(&target, at(2), Span::from_secs(1000)).len(), 1);
    assert!(rails.state.blocks.is_empty());
    for text in ["198.51.100.7", "198.51.100.7:443/tcp"] {
        let decision = ask(&mut rails, text, Origin::Detector, 3);
        assert_eq!(decision, Decision::Refuse(Reason::Released(at(1002))), "{text}");
        let line = decision.explain(&request(text, Origin::Detector));
        assert!(line.contains("released") && line.lines().count() == 1, "{line}");
    }
    // What goes into a checkpoint comes back.
    let text = serde_json::to_string(&rails.state).unwrap();
    rails.state = serde_json::from_str(&text).unwrap();
    assert!(matches!(ask(&mut rails, "198.51.100.7", Origin::Hub, 4), Decision::Refuse(_)));
    assert_eq!(ask(&mut rails, "198.51.100.7", Origin::Operator, 5), Decision::Admit);
    rails.state.blocks.remove(&target);
    assert_eq!(ask(&mut rails, "198.51.100.7", Origin::Detector, 6), Decision::Admit);
    rails.state.release(&target, at(7), Span::from_secs(1000));
    assert_eq!(ask(&mut rails, "198.51.100.7", Origin::Detector, 1007), Decision::Admit);
    // A name that was released keeps the addresses behind it free.
    rails.state.release(&"free.example".parse().unwrap(), at(1008), Span::from_secs(1000));
    let mut behind = request("198.51.100.77", Origin::Detector);
    behind.names = vec!["www.free.example".into()];
    assert!(matches!(rails.request(&behind, at(1009)), Decision::Refuse(Reason::Released(_))));
}

#[test]
fn what_is_released_is_free_whatever_covered_it() {
    let mut rails = Rails::new(policy());
    let at = Timestamp::from_secs;
    for text in ["198.51.100.7", "198.51.100.7:443/tcp", "198.51.100.8:443/tcp", "evil.example"] {
        assert_eq!(rails.request(&request(text, Origin::Operator), at(1)), Decision::Admit);
    }
    let mut release = |text: &str| {
        let gone = rails.state.release(&text.parse().unwrap(), at(2), Span::from_secs(9));
        gone.iter().map(|block| block.target.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(release("198.51.100.7:80/tcp"), ["198.51.100.7"]);
    assert_eq!(release("198.51.100.7"), ["198.51.100.7:443/tcp"]);
    assert_eq!(release("a.b.evil.example"), ["evil.example"]);
    assert_eq!(rails.state.blocks.len(), 1);
}

#[test]
fn a_small_network_may_block_what_one_host_calls() {
    let mut one = request("198.51.100.7", Origin::Detector);
    one.traffic = Traffic { hosts: 1, all_hosts: 4, flows: 90, all_flows: 100 };
    let mut rails = Rails::new(policy());
    assert_eq!(rails.request(&one, Timestamp::from_secs(1)), Decision::Admit);
    let mut many = request("198.51.100.8", Origin::Detector);
    many.traffic = Traffic { hosts: 30, all_hosts: 400, flows: 1, all_flows: 100 };
    let held = rails.request(&many, Timestamp::from_secs(2));
    assert!(matches!(held, Decision::Hold(Reason::TooManyHosts(_))), "{held:?}");
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Ask(Request),
    Release(Target),
    Expire,
}

fn any_step() -> impl Strategy<Value = (u64, Step)> {
    let pick = |list: &'static [&'static str]| proptest::sample::select(list);
    let free = (0u8..4, 1u8..200).prop_map(|(kind, last)| match kind {
        0 => format!("198.51.100.{}", last.max(60)),
        1 => format!("198.51.100.{}:443/tcp", last.max(60)),
        2 => format!("n{last}.evil.example"),
        _ => format!("host:10.0.3.{last}"),
    });
    let text = prop_oneof![
        2 => pick(NEVER).prop_map(str::to_owned),
        2 => pick(RAILS).prop_map(str::to_owned),
        6 => free,
    ];
    let origin = prop_oneof![
        4 => Just(Origin::Detector),
        2 => Just(Origin::Indicator("feed".into())),
        1 => Just(Origin::Operator),
    ];
    let names = proptest::sample::subsequence(
        vec!["c2.example", "x.partner.example", "www.google.com", "me.github.io"],
        0..2,
    );
    let traffic = (0u64..20, 0u64..20);
    let ask = (text, origin, names, traffic, 1u64..400).prop_map(
        |(text, origin, names, (hosts, flows), secs)| {
            let mut ask = request(&text, origin);
            ask.block.until = Timestamp::from_secs(1000 + secs);
            ask.names = names.into_iter().map(Arc::from).collect();
            ask.traffic = Traffic { hosts, all_hosts: 400, flows, all_flows: 1000 };
            ask
        },
    );
    let step = prop_oneof![
        12 => ask.clone().prop_map(Step::Ask),
        1 => ask.prop_map(|ask| Step::Release(ask.block.target)),
        1 => Just(Step::Expire),
    ];
    // Mostly forward, sometimes back: a clock may jump.
    (900u64..1400, step)
}

proptest! {
    #[test]
    fn whatever_the_order_nothing_on_a_rail_and_caps_hold(
        steps in proptest::collection::vec(any_step(), 1..150),
        sorted in any::<bool>(),
    ) {
        let mut steps = steps;
        if sorted {
            steps.sort_by_key(|step| step.0);
        }
        let mut rails = Rails::new(policy());
        let (mut admitted, mut latest) = (Vec::<(u64, f64, f64)>::new(), 0);
        for (at, step) in steps {
            latest = at.max(latest);
            let now = Timestamp::from_secs(at);
            match step {
                Step::Expire => drop(rails.state.expire(now)),
                Step::Release(target) => {
                    rails.state.release(&target, now, Span::from_secs(50));
                    prop_assert!(rails.state.blocks.get(&target).is_none());
                }
                Step::Ask(ask) => {
                    let target = &ask.block.target;
                    let before = rails.state.blocks.get(target);
                    let free = before.is_none_or(|b| b.until <= Timestamp::from_secs(latest));
                    let decision = rails.request(&ask, now);
                    prop_assert_eq!(decision.explain(&ask).lines().count(), 1);
                    if decision == Decision::Admit && !ask.is_operators() && free {
                        let share = ask.traffic;
                        admitted.push((latest, share.host_share(), share.flow_share()));
                    }
                }
            }
            for block in rails.state.blocks.iter() {
                let text = block.target.to_string();
                prop_assert!(!NEVER.contains(&text.as_str()), "{}", text);
                let machine = block.origin != Origin::Operator;
                prop_assert!(!(machine && RAILS.contains(&text.as_str())), "{}", text);
            }
        }
        for &(start, ..) in &admitted {
            let minute = admitted.iter().filter(|(at, ..)| (start..start + 60).contains(at));
            prop_assert!(minute.clone().count() <= 10);
            let few = 2.0 / 400.0;
            let hosts: f64 = minute.clone().map(|m| m.1).filter(|share| *share > few).sum();
            prop_assert!(hosts <= 0.05 + 1e-9, "{}", hosts);
        }
    }
}

#[test]
fn a_clock_that_was_years_ahead_and_is_mended_makes_neither_room_nor_eternity() {
    let now = Timestamp::from_secs(1_700_000_000);
    let ahead = now.plus(Span::from_secs(10 * 365 * 86_400));
    let block = |n: u8, at: Timestamp| {
        let target = format!("198.51.100.{n}").parse().unwrap();
        Request::of(Block::new(target, Origin::Detector, Mode::Block, at, Span::from_secs(600)))
    };
    let mut rails = Rails::new(policy());
    for n in 100..110 {
        assert_eq!(rails.request(&block(n, ahead), ahead), Decision::Admit);
    }
    let held = rails.request(&block(120, now), now);
    assert!(matches!(held, Decision::Hold(Reason::TooMany(_))), "{held:?}");
    assert!(rails.state.blocks.iter().all(|block| block.until == now.plus(Span::from_secs(600))));
    let later = now.plus(Span::from_secs(61));
    assert_eq!(rails.request(&block(120, later), later), Decision::Admit);
    assert_eq!(rails.state.expire(now.plus(Span::from_secs(601))).len(), 10);
}
