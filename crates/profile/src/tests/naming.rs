//! How the other end of a conversation gets its name.

use super::*;

const OTHER: Addr = Addr::v4([10, 0, 0, 6]);

#[test]
fn by_the_dns_answer_that_led_there() {
    let mut stage = Stage::new();
    stage.resolve(HOST, "c2.rare-thing.example", PEER);
    let flow = stage.flow(HOST, PEER, 4444);
    let seen = stage.open(flow).unwrap();
    assert_eq!(&*seen.name.unwrap().text, "c2.rare-thing.example");
    stage.close(flow);
    assert_eq!(stage.one(View::Name).starts, 1);
    assert_eq!(&*stage.one(View::Address).name.as_ref().unwrap().text, "c2.rare-thing.example");
    assert!(stage.all(View::Nameless).is_empty(), "it has a name");
}

#[test]
fn an_answer_to_another_host_names_nothing() {
    let mut stage = Stage::new();
    stage.resolve(OTHER, "c2.rare-thing.example", PEER);
    let flow = stage.flow(HOST, PEER, 4444);
    assert_eq!(stage.open(flow).unwrap().name, None);
}

#[test]
fn a_forgotten_host_leaves_no_names_to_the_next() {
    let mut stage = Stage::within(Limits { hosts: 16, ..ROOMY });
    stage.resolve(HOST, "c2.rare-thing.example", PEER);
    // Others push the host out; its number becomes another's.
    for n in 1..100 {
        stage.wait(1);
        let flow = stage.flow(Addr::v4([10, 9, 0, n]), Addr::v4([198, 51, 100, 1]), 80);
        stage.open(flow);
    }
    for n in 1..100 {
        stage.wait(1);
        let flow = stage.flow(Addr::v4([10, 9, 0, n]), PEER, 80);
        assert_eq!(stage.open(flow).unwrap().name, None, "10.9.0.{n}");
    }
}

#[test]
fn by_the_name_asked_for_in_tls_and_http() {
    let mut stage = Stage::new();
    // The DNS led to another name of the same address.
    stage.resolve(HOST, "edge.hosting-thing.example", PEER);
    let flow = stage.tls(HOST, PEER, Some("www.shop-thing.example"));
    let seen = stage.close(flow).unwrap();
    assert_eq!(&*seen.name.unwrap().text, "www.shop-thing.example", "what was asked for wins");
    stage.http(HOST, PEER, Some("page.news-thing.example"));
    let named = |name: &str| {
        let all = stage.all(View::Name);
        all.iter().find(|c| &*c.name.as_ref().unwrap().text == name).unwrap().starts
    };
    assert_eq!(named("www.shop-thing.example"), 1);
    assert_eq!(named("page.news-thing.example"), 1);
}

#[test]
fn an_address_for_a_host_is_no_name() {
    let mut stage = Stage::new();
    stage.http(HOST, PEER, Some("203.0.113.9"));
    stage.http(HOST, PEER, None);
    assert!(stage.all(View::Name).is_empty());
    let http = stage.one(View::Address).http.as_ref().unwrap();
    assert_eq!((http.requests, http.bare_host), (2, 2));
}

#[test]
fn special_addresses_name_nothing() {
    let mut stage = Stage::new();
    for addr in ["127.0.0.1", "0.0.0.0", "224.0.0.251", "::1"] {
        stage.resolve(HOST, "blocked.rare-thing.example", addr.parse().unwrap());
    }
    assert_eq!(stage.profile.resolved.len(), 0);
}

#[test]
fn a_name_is_looked_up_once_and_shared() {
    let mut stage = Stage::new();
    let a = stage.profile.name("one.rare-thing.example");
    let b = stage.profile.name("one.rare-thing.example");
    assert!(Arc::ptr_eq(&a, &b));
    assert_eq!(a.domain.as_deref(), Some("rare-thing.example"));
    assert_eq!(&**a.site(), "rare-thing.example");
    let local = stage.profile.name("printer");
    assert_eq!((local.domain.as_deref(), &**local.site()), (None, "printer"));
}

#[test]
fn through_a_proxy_inside_the_peer_is_the_name() {
    let proxy = Addr::v4([10, 0, 0, 8]);
    let mut stage = Stage::new();
    for _ in 0..3 {
        stage.wait(60);
        let flow = stage.flow(HOST, proxy, 3128);
        stage.open(flow);
        let connect = HttpRequest {
            method: "CONNECT",
            host: Some("c2.rare-thing.example"),
            port: Some(443),
            via_proxy: true,
            ..HttpRequest::default()
        };
        stage.hear(flow, OpenedBy::Inside, What::Http(connect));
        stage.wait(1);
        let seen =
            stage.hear(flow, OpenedBy::Inside, What::Tls(hello(Some("c2.rare-thing.example"))));
        assert_eq!(&*seen.unwrap().name.unwrap().text, "c2.rare-thing.example");
    }
    let one = stage.one(View::Name);
    assert!(one.via_proxy && one.starts >= 3, "{one:?}");
    assert_eq!(one.tls.as_ref().unwrap().hellos, 3);
    assert_eq!(&*stage.one(View::Domain).peer().name.unwrap(), "rare-thing.example");
    assert!(stage.all(View::Address).is_empty(), "the proxy is not the destination");
    let served = stage.profile.served();
    assert_eq!((served.len(), served[0].0, served[0].1.proxy), (1, proxy, 3));
}

#[test]
fn tls_between_inside_hosts_is_no_conversation() {
    let mut stage = Stage::new();
    stage.tls(HOST, OTHER, Some("intranet.rare-thing.example"));
    assert_eq!(stage.profile.conversations().count(), 0);
}

#[test]
fn what_is_served_inside_is_counted() {
    let mut stage = Stage::new();
    for _ in 0..25 {
        stage.resolve(HOST, "a.rare-thing.example", PEER);
    }
    let served = stage.profile.served();
    assert_eq!((served[0].0, served[0].1.dns), (RESOLVER, 25));
    let (_, host) = stage.profile.hosts().find(|(_, h)| h.addr == HOST).unwrap();
    assert_eq!((host.dns.queries, host.dns.replies, host.dns.server_count), (25, 25, 1));
    assert!(!host.dns_visible(), "an hour is wanted");
    let roles = crate::infer_roles(host, served[0].1);
    assert_eq!(roles, [ostium_evidence::Role::Resolver]);
}
