//! Blocked destinations are stopped at the first packet and in the middle; others are not.

use std::time::Duration;

use ostium_lab::wait_for;

use crate::act::{Job, Step, act, apply, one};
use crate::world::{World, end_of};

/// A router as many are: NAT, and a filter that lets established connections pass first.
const ROUTER: &str = "
table inet site {
\tset friends {
\t\ttype ipv4_addr
\t\telements = { 192.0.2.1, 192.0.2.2 }
\t}
\tchain forward {
\t\ttype filter hook forward priority filter; policy drop;
\t\tct state established,related accept
\t\tiifname \"in0\" accept
\t}
\tchain nat {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\toifname \"out0\" masquerade
\t}
}";

#[test]
fn a_blocked_destination_hears_nothing_and_others_stay_reachable() {
    let Some(world) = World::or_skip() else { return };
    world.nft(&world.gateway, ROUTER);
    // Counts, at the far end, what gets through.
    world.nft(
        &world.outside,
        "table inet watch {\n chain in {\n type filter hook prerouting priority -300; policy accept;\n\
         ip daddr 10.2.0.2 counter\n ip6 daddr fd02::2 counter\n }\n}",
    );
    let before = world.foreign_ruleset();
    one(&world.gateway, apply(&["10.2.0.2", "fd02::2", "10.2.0.3:443/tcp", "[fd02::3]:53/udp"]));
    world.expect(&[
        ("|10.2.0.2|8080|tcp", "silent"),
        ("|10.2.0.2|53|udp", "silent"),
        ("|fd02::2|8080|tcp", "silent"),
        ("|fd02::2|53|udp", "silent"),
        ("|10.2.0.3|443|tcp", "silent"),
        ("|10.2.0.3|443|udp", "outside 443"),
        ("|10.2.0.3|8080|tcp", "outside 8080"),
        ("|fd02::3|53|udp", "silent"),
        ("|fd02::3|53|tcp", "outside 53"),
        ("|fd02::3|443|udp", "outside 443"),
        ("|10.3.0.2|8080|tcp", "garden 8080"),
    ]);
    let watch = world.outside.run("nft", &["list", "table", "inet", "watch"]).unwrap();
    assert_eq!(watch.matches("packets 0 bytes 0").count(), 2, "not one packet: {watch}");
    // The gateway itself is stopped too.
    let own = world.attempt(&world.gateway, &["|10.2.0.2|8080|tcp", "|10.2.0.3|8080|tcp"]);
    assert_ne!(own[0], "outside 8080");
    assert_eq!(own[1], "outside 8080");
    let counted = one(&world.gateway, Step::Counters);
    for target in ["10.2.0.2", "fd02::2", "10.2.0.3:443/tcp", "[fd02::3]:53/udp"] {
        assert!(counted[target].as_u64() > Some(0), "{target}: {counted}");
    }
    assert_eq!(world.foreign_ruleset(), before, "nothing of others has changed");
    one(&world.gateway, Step::Teardown);
    let after = world.gateway.run("nft", &["list", "ruleset"]).unwrap();
    assert_eq!(after, before, "nothing is left");
    world.expect(&[("|10.2.0.2|8080|tcp", "outside 8080"), ("|fd02::2|53|udp", "outside 53")]);
}

#[test]
fn established_connections_are_cut_and_their_state_goes() {
    let Some(world) = World::or_skip() else { return };
    world.nft(&world.gateway, ROUTER);
    one(&world.gateway, apply(&[]));
    let to = ["10.2.0.2", "fd02::2", "10.2.0.3", "fd02::3"].map(|to| (to, "8080"));
    let [one4, one6, other4, other6] = world.talk(to);
    let entries = || {
        let table = world.gateway.run("cat", &["/proc/net/nf_conntrack"]).unwrap_or_default();
        let of = |text: &str| table.lines().filter(|line| line.contains(text)).count();
        (of("dst=10.2.0.2 ") + of(":0002 sport"), of("dst=10.2.0.3 "))
    };
    let (before, others) = entries();
    let hot = |text: &str| Step::Hot(text.to_owned(), 60_000);
    let both = vec![hot("10.2.0.2"), hot("fd02::2"), apply(&["10.2.0.2", "fd02::2"])];
    let told = act(&world.gateway, &Job { steps: both, ..Job::default() });
    let applied = told[2].clone().unwrap();
    assert_eq!((&applied["kept"], &applied["added"]), (&2.into(), &0.into()), "{applied}");
    assert!(applied["cut"].as_u64() >= Some(2) && applied["uncut"].is_null(), "{applied}");
    for talker in [one4, one6] {
        let said = end_of(talker);
        let count: u32 = said.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(said.starts_with("stopped") && count > 0, "{said}");
    }
    for talker in [other4, other6] {
        assert!(end_of(talker).starts_with("went on"));
    }
    if before > 0 {
        assert_eq!(entries().0, 0, "no state of the blocked is left");
        assert!(others > 0);
    }
}

#[test]
fn rejecting_tells_the_program_at_once() {
    let Some(world) = World::or_skip() else { return };
    let steps = vec![apply(&["10.2.0.2", "fd02::2"])];
    let told = act(&world.gateway, &Job { reject: true, steps, ..Job::default() });
    assert!(told[0].is_ok(), "{told:?}");
    world.expect(&[
        ("|10.2.0.2|8080|tcp", "ECONNREFUSED"),
        ("|10.2.0.2|53|udp", "EHOSTUNREACH"),
        ("|fd02::2|8080|tcp", "ECONNREFUSED"),
        ("|fd02::2|53|udp", "EACCES"),
        ("|10.2.0.3|8080|tcp", "outside 8080"),
    ]);
}

#[test]
fn blocks_end_by_the_kernel_when_the_sensor_is_dead() {
    let Some(world) = World::or_skip() else { return };
    // Each process ends right after its step, as a killed sensor would.
    one(&world.gateway, Step::Apply(vec![("10.2.0.2".to_owned(), 5_000)]));
    one(&world.gateway, Step::Hot("fd02::2".to_owned(), 5_500));
    let both = ["|10.2.0.2|8080|tcp", "|fd02::2|8080|tcp"];
    world.expect(&[(both[0], "silent"), (both[1], "silent")]);
    let open = || world.attempt(&world.inside, &both) == ["outside 8080", "outside 8080"];
    assert!(wait_for(Duration::from_secs(10), open), "blocks have ended");
    // A release does not wait for that.
    one(&world.gateway, apply(&["10.2.0.2"]));
    world.expect(&[(both[0], "silent")]);
    one(&world.gateway, Step::Release("10.2.0.2".to_owned()));
    one(&world.gateway, Step::Release("10.2.0.2".to_owned()));
    world.expect(&[(both[0], "outside 8080")]);
}
