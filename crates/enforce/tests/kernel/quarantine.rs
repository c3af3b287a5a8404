//! A host in quarantine reaches resolvers and the garden, and sees the garden when it browses.

use crate::act::{Job, Step, act, apply, one};
use crate::world::World;

#[test]
fn quarantine_leaves_dns_and_the_garden() {
    let Some(world) = World::or_skip() else { return };
    let addr = |text: &str| text.parse().unwrap();
    let job = Job {
        resolvers: vec![addr("10.2.0.3"), addr("fd02::3")],
        web: vec![(addr("10.3.0.2"), 8081), (addr("fd03::2"), 8081)],
        steps: vec![apply(&["host:10.1.0.2", "host:fd01::2"])],
        ..Job::default()
    };
    // A connection for the web that is older than the quarantine must not go on either.
    let [old] = world.talk([("10.2.0.2", "80")]);
    let told = act(&world.gateway, &job);
    assert!(told[0].is_ok(), "{told:?}");
    assert!(crate::world::end_of(old).starts_with("stopped"));
    world.expect(&[
        ("10.1.0.2|10.2.0.3|53|udp", "outside 53"),
        ("10.1.0.2|10.2.0.3|53|tcp", "outside 53"),
        ("10.1.0.2|10.2.0.2|53|udp", "silent"),
        ("10.1.0.2|10.2.0.2|80|tcp", "garden 8081"),
        ("10.1.0.2|10.2.0.3|80|tcp", "garden 8081"),
        ("10.1.0.2|10.2.0.2|443|tcp", "ECONNREFUSED"),
        ("10.1.0.2|10.2.0.2|8080|tcp", "silent"),
        ("10.1.0.2|10.3.0.2|8080|tcp", "garden 8080"),
        ("fd01::2|fd02::3|53|udp", "outside 53"),
        ("fd01::2|fd02::2|53|udp", "silent"),
        ("fd01::2|fd02::2|80|tcp", "garden 8081"),
        ("fd01::2|fd02::2|443|tcp", "ECONNREFUSED"),
        ("fd01::2|fd02::2|8080|tcp", "silent"),
        ("fd01::2|fd03::2|8080|tcp", "garden 8080"),
        // Its neighbour is free.
        ("10.1.0.3|10.2.0.2|8080|tcp", "outside 8080"),
        ("10.1.0.3|10.2.0.2|80|tcp", "outside 80"),
        ("fd01::3|fd02::2|8080|tcp", "outside 8080"),
    ]);
    let inward = ["|10.1.0.2|8080|tcp", "|fd01::2|8080|tcp", "|10.1.0.3|8080|tcp"];
    let told = world.attempt(&world.outside, &inward);
    assert_eq!(told, ["silent", "silent", "inside 8080"], "nobody reaches in");
    let counted = one(&world.gateway, Step::Counters);
    assert!(counted["host:10.1.0.2"].as_u64() > Some(0), "{counted}");
    let told = act(&world.gateway, &Job { steps: vec![apply(&[])], ..job });
    assert_eq!(told[0].clone().unwrap()["removed"], 2);
    world.expect(&[
        ("10.1.0.2|10.2.0.2|80|tcp", "outside 80"),
        ("fd01::2|fd02::2|8080|tcp", "outside 8080"),
    ]);
}
