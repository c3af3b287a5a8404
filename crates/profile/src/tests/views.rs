//! Which conversations a flow belongs to, and what counts as a start.

use super::*;
use crate::{Prevalence, domain_key};
use ostium_event::Message;

#[test]
fn a_nameless_flow_has_three_views() {
    let mut stage = Stage::new();
    for n in 0..6 {
        stage.wait(60);
        let flow = stage.flow(HOST, Addr::v4([203, 0, 113, 7 * n]), 4444);
        stage.open(flow);
        stage.wait(1);
        stage.close(flow);
    }
    assert_eq!(stage.all(View::Address).len(), 6);
    assert_eq!(stage.one(View::Nameless).starts, 6);
    assert_eq!(stage.one(View::Site).starts, 5, "it begins with the second address");
    assert_eq!(stage.one(View::Site).address_changes, 4, "rotation is seen");
    let detail = stage.one(View::Nameless).detail.as_ref().unwrap();
    assert_eq!(detail.starts.coarse.starts(), 6, "and does not hide the rhythm");
    assert!((detail.starts.coarse.regularity().mean - 61.0).abs() < 0.01);
    assert!(stage.all(View::Name).is_empty() && stage.all(View::Domain).is_empty());
}

#[test]
fn a_site_of_one_address_has_no_view_of_its_own() {
    let mut stage = Stage::new();
    for _ in 0..6 {
        stage.wait(60);
        let flow = stage.flow(HOST, PEER, 4444);
        stage.open(flow);
        stage.close(flow);
    }
    assert!(stage.all(View::Site).is_empty());
    assert_eq!(stage.one(View::Nameless).starts, 6);
}

#[test]
fn rotating_names_of_one_domain_are_one_conversation() {
    let mut stage = Stage::new();
    for n in 0..6 {
        stage.wait(60);
        stage.tls(HOST, PEER, Some(&format!("x{n}.rare-thing.example")));
    }
    assert_eq!(stage.all(View::Name).len(), 6);
    assert_eq!(stage.one(View::Domain).starts, 6);
    let ids: Vec<u64> = stage.all(View::Name).iter().map(|c| c.id()).collect();
    assert!(ids.iter().all(|id| *id == stage.one(View::Domain).id()), "counted together");
}

#[test]
fn popular_domains_are_not_pooled() {
    let mut stage = Stage::new();
    stage.tls(HOST, PEER, Some("www.google.com"));
    assert_eq!(stage.names(View::Name).len(), 1);
    assert!(stage.all(View::Domain).is_empty());
    assert!(stage.all(View::Client).is_empty());
}

#[test]
fn one_client_fingerprint_is_one_conversation() {
    let mut stage = Stage::new();
    stage.tls(HOST, PEER, Some("one.rare-thing.example"));
    stage.tls(HOST, Addr::v4([198, 51, 100, 4]), None);
    let client = stage.one(View::Client);
    assert_eq!((client.starts, client.tls.as_ref().unwrap().ja4), (2, Some(ja4())));
    assert_eq!(client.tls.as_ref().unwrap().nameless, 1);
}

#[test]
fn only_what_the_inside_opens_is_a_start() {
    let mut stage = Stage::new();
    for (by, start) in
        [(OpenedBy::Outside, true), (OpenedBy::Unknown, false), (OpenedBy::Inside, false)]
    {
        let flow = stage.flow(HOST, PEER, 4444);
        stage.hear(flow, by, What::FlowOpened { start });
        let record = FlowRecord { start_seen: start, ..stage.record() };
        stage.hear(flow, by, What::FlowClosed(record));
    }
    let one = stage.one(View::Address);
    assert_eq!((one.starts, one.inbound), (0, 1));
    assert!(stage.all(View::Nameless).iter().all(|c| c.starts == 0));
    let (_, host) = stage.profile.hosts().next().unwrap();
    assert_eq!((host.opened, host.ended, host.replied, host.served), (1, 1, 1, 1));
}

#[test]
fn the_volume_and_end_of_flows_are_told_to_their_views() {
    let mut stage = Stage::new();
    for state in [FlowState::Established, FlowState::Unanswered, FlowState::Refused] {
        let flow = stage.flow(HOST, PEER, 4444);
        stage.open(flow);
        stage.wait(50);
        let mut record =
            FlowRecord { state, first: stage.now.minus(Span::from_secs(50)), ..stage.record() };
        if state != FlowState::Established {
            record.back = Volume::default();
        }
        stage.hear(flow, OpenedBy::Inside, What::FlowClosed(record));
    }
    let one = stage.one(View::Address);
    assert_eq!((one.ended, one.failed, one.two_way), (3, 2, 1));
    assert_eq!((one.out_bytes, one.back_bytes, one.longest), (900, 900, Span::from_secs(50)));
    assert!(one.spoke(Service::Unknown) && one.spoke_only(Service::Unknown));
    assert!(!one.spoke(Service::Tls));
}

#[test]
fn timers_of_the_system_are_no_starts() {
    for (proto, port) in [(Proto::UDP, 123), (Proto::UDP, 53), (Proto::ICMP, 8), (Proto::TCP, 53)] {
        let mut stage = Stage::new();
        for _ in 0..5 {
            stage.wait(64);
            let mut flow = stage.flow(HOST, PEER, port);
            flow.proto = proto;
            stage.open(flow);
            stage.close(flow);
        }
        let started = stage.profile.conversations().filter(|c| c.starts > 0).count();
        assert_eq!(started, 0, "{proto:?} {port}");
    }
}

#[test]
fn a_connection_cut_in_two_by_the_recorder_started_once() {
    let mut stage = Stage::new();
    let flow = stage.flow(HOST, PEER, 4444);
    stage.open(flow);
    stage.close(flow);
    stage.wait(200);
    stage.open(flow);
    assert_eq!(stage.one(View::Address).starts, 1);
    stage.close(flow);
    stage.wait(1000);
    stage.open(flow);
    assert_eq!(stage.one(View::Address).starts, 2, "much later it is another");
}

#[test]
fn details_are_earned_by_the_fourth_start_and_lose_none() {
    let mut stage = Stage::new();
    for n in 1..=5 {
        stage.wait(60);
        let flow = stage.flow(HOST, PEER, 4444);
        stage.open(flow);
        let one = stage.one(View::Address);
        assert_eq!(one.detail.is_some(), n >= 4);
    }
    let detail = stage.one(View::Address).detail.as_ref().unwrap();
    assert_eq!(detail.starts.coarse.starts(), 5);
    assert!(detail.starts.fine.is_none(), "nothing was merged that could hide a fast clock");
}

#[test]
fn messages_have_a_rhythm_of_their_own() {
    let mut stage = Stage::new();
    let flow = stage.flow(HOST, PEER, 4444);
    stage.open(flow);
    let first = stage.now;
    for n in 0..40 {
        stage.wait(15);
        let message = Message {
            from_inside: n % 2 == 0,
            bytes: 50,
            quiet: Span::from_secs(15),
            flow_first: first,
        };
        stage.hear(flow, OpenedBy::Inside, What::Message(message));
    }
    let detail = stage.one(View::Address).detail.as_ref().unwrap();
    let sent = detail.sent.as_ref().unwrap().regularity();
    assert_eq!(sent.starts, 20);
    assert!((sent.mean - 30.0).abs() < 0.01 && sent.lv < 1e-6, "{sent:?}");
    assert_eq!(detail.received.as_ref().unwrap().starts(), 20);
    assert_eq!(detail.sent_sizes.commonest(), 50);
}

#[test]
fn nobody_outside_is_profiled() {
    let mut stage = Stage::new();
    let flow = stage.flow(PEER, Addr::v4([8, 8, 8, 8]), 443);
    let event = Event {
        at: stage.now,
        flow,
        opened_by: OpenedBy::Inside,
        scope: Scope::Transit,
        what: What::FlowOpened { start: true },
    };
    assert!(stage.profile.observe(&event).is_none());
    let multicast = stage.flow(HOST, "224.0.0.251".parse().unwrap(), 5353);
    stage.open(multicast);
    assert_eq!(stage.profile.conversations().count(), 0);
    assert_eq!(stage.profile.hosts().count(), 1);
}

#[test]
fn prevalence_over_shards_is_that_of_the_whole() {
    let mut whole = Stage::new();
    let mut shards: Vec<Stage> = (0..4).map(|_| Stage::new()).collect();
    let mut merged = Prevalence::default();
    for n in 0..40u8 {
        let host = Addr::v4([10, 0, 1, n]);
        for stage in [&mut whole, &mut shards[usize::from(n) % 4]] {
            stage.tls(host, PEER, Some("a.common-thing.example"));
            stage.tls(host, PEER, Some("b.common-thing.example"));
            if n < 3 {
                stage.tls(host, PEER, Some("rare-thing.example"));
            }
        }
    }
    shards.iter().for_each(|s| merged.merge(&s.profile.prevalence()));
    let whole = whole.profile.prevalence();
    assert_eq!((merged.hosts(), whole.hosts()), (40, 40));
    for (domain, hosts) in
        [("common-thing.example", 40), ("rare-thing.example", 3), ("never.example", 1)]
    {
        let key = domain_key(domain);
        assert_eq!((merged.sharing(key), whole.sharing(key)), (hosts, hosts), "{domain}");
    }
    let client = crate::client_key(&ja4());
    assert_eq!(merged.sharing(client), 40);
    assert!(merged.is_common(client) && !merged.is_common(domain_key("rare-thing.example")));
    assert_eq!(merged.rarity(client), 0.0);
    // What several share counts for a third.
    for (domain, rarity) in
        [("rare-thing.example", (40.0f64 / 3.0).ln() / 3.0), ("never.example", 40.0f64.ln())]
    {
        let got = merged.rarity(domain_key(domain));
        assert!((got - rarity).abs() < 1e-9, "{domain}: {got}");
    }
}

#[test]
fn in_a_small_network_nothing_is_rare() {
    let mut stage = Stage::new();
    for n in 0..9u8 {
        stage.tls(Addr::v4([10, 0, 1, n]), PEER, Some("rare-thing.example"));
    }
    assert_eq!(stage.profile.prevalence().rarity(domain_key("unheard.example")), 0.0);
}
