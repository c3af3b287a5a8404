//! Victims get no more than their rate from each source; others get all, and it ends by itself.

use std::time::{Duration, Instant};

use crate::act::{Job, Step, act, one};
use crate::world::{PYTHON, World};

/// Sends so many datagrams from an address to a port, with so many seconds between them.
const SEND: &str = r#"
import socket, sys, time
src, dst, port, count, pause = sys.argv[1:]
family = socket.AF_INET6 if ':' in dst else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.bind((src, 0))
for n in range(int(count)):
    try: s.sendto(b'x' * 100, (dst, int(port)))
    except OSError: pass
    time.sleep(float(pause))
"#;

/// Counts, at the far end, what gets through.
const WATCH: &str = "table inet watch {\n chain in {\n type filter hook prerouting priority -300; \
                     policy accept;\n ip saddr 10.1.0.2 ip daddr 10.2.0.2 udp dport 443 counter\n \
                     ip saddr 10.1.0.3 ip daddr 10.2.0.2 udp dport 443 counter\n \
                     ip daddr 10.2.0.3 udp dport 443 counter\n \
                     ip6 daddr fd02::2 udp dport 443 counter\n }\n}";

const RATE: u32 = 60;
/// Ten seconds of it.
const SAVED: u64 = 600;

fn limits(targets: &[&str], millis: u64) -> Step {
    Step::Limit(targets.iter().map(|target| ((*target).to_owned(), RATE, millis)).collect())
}

fn send(world: &World, from: &str, to: &str, count: u32, pause: f64) {
    let (count, pause) = (count.to_string(), pause.to_string());
    world.inside.run(PYTHON, &["-c", SEND, from, to, "443", &count, &pause]).unwrap();
}

/// Packets that arrived, in the order of the rules of `WATCH`.
fn arrived(world: &World) -> Vec<u64> {
    let list = world.outside.run("nft", &["list", "table", "inet", "watch"]).unwrap();
    let after = |line: &str| line.split("packets ").nth(1)?.split(' ').next()?.parse().ok();
    list.lines().filter_map(after).collect()
}

#[test]
fn a_source_sends_its_rate_and_others_all() {
    let Some(world) = World::or_skip() else { return };
    world.nft(&world.outside, WATCH);
    let before = world.gateway.run("nft", &["list", "ruleset"]).unwrap();
    one(&world.gateway, limits(&["10.2.0.2:443/udp", "[fd02::2]:443/udp"], 60_000));
    let begun = Instant::now();
    send(&world, "10.1.0.2", "10.2.0.2", 3_000, 0.0);
    send(&world, "fd01::2", "fd02::2", 3_000, 0.0);
    let most = SAVED + u64::from(RATE) * (begun.elapsed().as_secs() + 2);
    send(&world, "10.1.0.2", "10.2.0.3", 3_000, 0.0);
    // An ordinary client beside it: a voice call is 50 a second.
    send(&world, "10.1.0.3", "10.2.0.2", 100, 0.02);
    let got = arrived(&world);
    let [flood, client, other, six] = got.as_slice() else { panic!("{got:?}") };
    assert!((SAVED..=most).contains(flood), "{got:?}, at most {most}");
    assert!((SAVED..=most).contains(six), "{got:?}, at most {most}");
    assert_eq!((*client, *other), (100, 3_000), "{got:?}");
    // Others on the victim's ports are left alone.
    world.expect(&[("|10.2.0.2|8080|tcp", "outside 8080"), ("|10.2.0.2|443|tcp", "outside 443")]);
    let counted = act(
        &world.gateway,
        &Job {
            steps: vec![
                limits(&["10.2.0.2:443/udp", "[fd02::2]:443/udp"], 60_000),
                Step::Limited,
                Step::Teardown,
            ],
            ..Job::default()
        },
    );
    let told = counted[1].as_ref().unwrap();
    assert_eq!(told["10.2.0.2:443/udp"].as_u64(), Some(3_000 - flood), "{told}");
    assert!(counted[2].is_ok());
    assert_eq!(world.gateway.run("nft", &["list", "ruleset"]).unwrap(), before);
}

#[test]
fn it_ends_by_itself_when_the_sensor_is_gone() {
    let Some(world) = World::or_skip() else { return };
    world.nft(&world.outside, WATCH);
    one(&world.gateway, limits(&["10.2.0.2:443/udp"], 3_000));
    send(&world, "10.1.0.2", "10.2.0.2", 2_000, 0.0);
    let limited = arrived(&world)[0];
    assert!(limited < 1_500, "{limited}");
    std::thread::sleep(Duration::from_secs(4));
    send(&world, "10.1.0.2", "10.2.0.2", 2_000, 0.0);
    assert_eq!(arrived(&world)[0], limited + 2_000);
}

#[test]
fn changes_are_whole_blocks_stay_and_what_others_made_is_left_alone() {
    let Some(world) = World::or_skip() else { return };
    let two = ["10.2.0.2:443/udp", "10.2.0.3:443/tcp"];
    let table = || world.gateway.run("nft", &["list", "table", "inet", "ostium_rate"]);
    let job = |steps| Job { steps, ..Job::default() };
    let told = act(
        &world.gateway,
        &job(vec![
            Step::Apply(vec![("10.2.0.3".to_owned(), 60_000)]),
            limits(&two, 60_000),
            // Nothing is to be done, another end, and one victim less.
            limits(&two, 60_000),
            limits(&two, 90_000),
            limits(&two[..1], 90_000),
            Step::Apply(vec![("10.2.0.3".to_owned(), 60_000)]),
        ]),
    );
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    assert_eq!(told[5].as_ref().unwrap()["kept"], 1, "{told:?}");
    let text = table().unwrap();
    assert!(text.contains("timeout 1m30s") && !text.contains("10.2.0.3"), "{text}");
    // Somebody takes a rule out; another sensor finds what was left and mends it.
    world.gateway.run("nft", &["flush", "chain", "inet", "ostium_rate", "early"]).unwrap();
    one(&world.gateway, limits(&two[..1], 60_000));
    assert!(table().unwrap().contains("limit rate over 60/second"), "{}", table().unwrap());
    let bridged = Job { bridge: true, ..job(vec![limits(&two, 60_000), Step::Limited]) };
    let told = act(&world.gateway, &bridged);
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    one(&world.gateway, Step::Limit(Vec::new()));
    assert!(table().is_err(), "none is left");
    world.gateway.run("nft", &["add", "table", "inet", "ostium_rate"]).unwrap();
    let refused = act(&world.gateway, &job(vec![limits(&two, 60_000)])).remove(0).unwrap_err();
    assert!(refused.contains("not made by ostium"), "{refused}");
    assert!(table().is_ok());
}
