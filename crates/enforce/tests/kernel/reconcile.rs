//! The table is made to agree with the set, whatever happened to it; foreign tables are not.

use serde_json::Value;

use crate::act::{Job, Step, act, apply, one};
use crate::world::World;

const THREE: [&str; 3] = ["10.2.0.2", "[fd02::2]:443/tcp", "host:10.1.0.9"];

/// The table as nft lists it with all handles, without what changes by itself.
fn handles(world: &World) -> String {
    let text = world.gateway.run("nft", &["-a", "list", "table", "inet", "ostium"]).unwrap();
    let words = text.split(' ').map(|word| word.split(',').next().unwrap_or(word));
    let mut after_expires = false;
    let keep = |word: &&str| {
        let drop = std::mem::replace(&mut after_expires, *word == "expires");
        !drop
    };
    words.filter(keep).collect::<Vec<_>>().join(" ")
}

fn change(applied: &Value) -> [u64; 4] {
    ["added", "removed", "refreshed", "kept"].map(|key| applied[key].as_u64().unwrap())
}

#[test]
fn a_second_time_changes_nothing_and_tampering_is_repaired() {
    let Some(world) = World::or_skip() else { return };
    let first = one(&world.gateway, apply(&THREE));
    assert_eq!((change(&first), &first["rebuilt"]), ([3, 0, 0, 0], &true.into()));
    let before = handles(&world);
    let again = one(&world.gateway, apply(&THREE));
    assert_eq!((change(&again), &again["rebuilt"]), ([0, 0, 0, 3], &false.into()));
    assert_eq!(handles(&world), before, "not a handle has changed");

    let nft = |words: &str| {
        world.gateway.run("nft", &words.split(' ').collect::<Vec<_>>()).unwrap();
    };
    nft("delete element inet ostium block4 { 10.2.0.2 }");
    nft("add element inet ostium block4 { 10.2.0.77 timeout 9m }");
    let repaired = one(&world.gateway, apply(&THREE));
    assert_eq!(change(&repaired), [1, 1, 0, 2]);
    nft("add element inet ostium block4 { 10.2.0.78 }");
    nft("flush chain inet ostium early");
    let rebuilt = one(&world.gateway, apply(&THREE));
    assert_eq!(rebuilt["rebuilt"], true);
    world.expect(&[("|10.2.0.2|8080|tcp", "silent"), ("|10.2.0.3|8080|tcp", "outside 8080")]);

    // Another end, and what was counted is not forgotten.
    let longer = THREE.map(|target| (target.to_owned(), 600_000)).to_vec();
    let steps = vec![Step::Apply(longer), Step::Counters, Step::Apply(vec![]), Step::Counters];
    let told = act(&world.gateway, &Job { steps, ..Job::default() });
    assert_eq!(change(told[0].as_ref().unwrap()), [0, 0, 3, 0]);
    assert!(told[1].as_ref().unwrap()["10.2.0.2"].as_u64() > Some(0), "{told:?}");
    assert_eq!(change(told[2].as_ref().unwrap()), [0, 3, 0, 0]);
    assert_eq!(told[3].as_ref().unwrap(), &serde_json::json!({}));

    // Another configuration is another table, with the same blocks.
    let job = |reject| Job { reject, steps: vec![apply(&THREE)], ..Job::default() };
    assert_eq!(act(&world.gateway, &job(true))[0].clone().unwrap()["rebuilt"], true);
    assert_eq!(act(&world.gateway, &job(true))[0].clone().unwrap()["rebuilt"], false);
}

#[test]
fn tampering_is_noticed_while_it_lives_whatever_was_done_in_between() {
    let Some(world) = World::or_skip() else { return };
    let flush = || Step::Hand("flush chain inet ostium early".to_owned());
    let hand = |words: &str| Step::Hand(words.to_owned());
    // One process: what it remembers of the table must not hide a change by somebody else.
    let steps = vec![
        apply(&THREE),
        apply(&THREE),
        flush(),
        apply(&THREE),
        // A transaction of ours that changes nothing, between theirs.
        Step::Hot("10.2.0.2".to_owned(), 60_000),
        flush(),
        apply(&THREE),
        Step::Release("10.2.0.99".to_owned()),
        flush(),
        Step::Hot("10.2.0.66".to_owned(), 60_000),
        apply(&THREE),
        hand("add element inet ostium block4 { 10.2.0.78 timeout 9m }"),
        hand("delete element inet ostium block4 { 10.2.0.2 }"),
        apply(&THREE),
        hand("delete table inet ostium"),
        Step::Counters,
        apply(&THREE),
        apply(&THREE),
    ];
    let told = act(&world.gateway, &Job { steps, ..Job::default() });
    let told: Vec<Value> = told.into_iter().map(Result::unwrap).collect();
    let rebuilt: Vec<bool> = told.iter().filter_map(|t| t["rebuilt"].as_bool()).collect();
    assert_eq!(rebuilt, [true, false, true, true, true, false, true, false], "{told:?}");
    assert_eq!(change(&told[13]), [1, 1, 0, 2], "what was added goes, what was deleted is back");
    assert_eq!(told[15], serde_json::json!({}), "nothing is left to count");
    assert_eq!(change(&told[17]), [0, 0, 0, 3]);
}

#[test]
fn the_kernel_is_read_only_when_it_may_hold_something_else() {
    let Some(world) = World::or_skip() else { return };
    let four = [&THREE[..], &["10.2.0.66"]].concat();
    let hot = |target: &str| Step::Hot(target.to_owned(), 60_000);
    let steps = vec![
        apply(&THREE),
        apply(&THREE),
        hot("10.2.0.66"),
        apply(&four),
        // One more than is there, and one that is in the kernel already.
        apply(&[&four[..], &["10.2.0.67"]].concat()),
        hot("10.2.0.66"),
        apply(&[&four[..], &["10.2.0.67"]].concat()),
        // Something has to go.
        apply(&THREE),
        Step::Release(THREE[0].to_owned()),
        apply(&THREE),
        Step::Hand("delete element inet ostium block4 { 10.2.0.2 }".to_owned()),
        apply(&THREE),
        apply(&THREE),
    ];
    let told = act(&world.gateway, &Job { steps, ..Job::default() });
    let told: Vec<Value> = told.into_iter().map(Result::unwrap).collect();
    let looked: Vec<bool> = told.iter().filter_map(|t| t["looked"].as_bool()).collect();
    assert_eq!(looked, [true, false, false, false, true, true, false, true, false], "{told:?}");
    let changes: Vec<[u64; 4]> =
        told.iter().filter(|t| t["looked"].is_boolean()).map(change).collect();
    let [.., third, fourth, _, fifth, released, mended, last] = changes[..] else { panic!() };
    assert_eq!((third, fourth), ([0, 0, 0, 4], [1, 0, 0, 4]), "{told:?}");
    assert_eq!(fifth, [0, 2, 0, 3], "{told:?}");
    assert_eq!((released, mended, last), ([1, 0, 0, 2], [1, 0, 0, 2], [0, 0, 0, 3]), "{told:?}");
    let held = world.gateway.run("nft", &["list", "table", "inet", "ostium"]).unwrap();
    assert!(["10.2.0.2", "fd02::2", "10.1.0.9"].iter().all(|t| held.contains(t)), "{held}");
    assert!(!held.contains("10.2.0.6"), "{held}");
}

#[test]
fn elements_that_expire_meanwhile_do_no_harm() {
    let Some(world) = World::or_skip() else { return };
    let short = |millis| Step::Hot("10.2.0.2".to_owned(), millis);
    one(&world.gateway, apply(&["10.2.0.3"]));
    // Each process reads a table whose element is about to go.
    for millis in [40, 60, 80, 100, 130] {
        let steps =
            vec![short(millis), apply(&["10.2.0.3"]), apply(&["10.2.0.2"]), apply(&["10.2.0.3"])];
        for told in act(&world.gateway, &Job { steps, ..Job::default() }) {
            assert!(told.is_ok(), "{told:?}");
        }
    }
}

#[test]
fn a_foreign_table_of_our_name_is_left_alone() {
    let Some(world) = World::or_skip() else { return };
    world.nft(
        &world.gateway,
        "table inet ostium {\n set block4 {\n type ipv4_addr\n elements = { 192.0.2.9 }\n }\n\
         chain early {\n type filter hook prerouting priority -300; policy accept;\n }\n}",
    );
    let before = world.gateway.run("nft", &["list", "ruleset"]).unwrap();
    let steps = vec![apply(&THREE), Step::Teardown, Step::Counters];
    let told = act(&world.gateway, &Job { steps, ..Job::default() });
    let error = told[0].clone().unwrap_err();
    assert!(error.contains("was not made by ostium") && error.contains("rename"), "{error}");
    assert_eq!(world.gateway.run("nft", &["list", "ruleset"]).unwrap(), before);
    assert_eq!(told[2], Ok(serde_json::json!({})));
}

#[test]
fn a_full_set_is_said_and_nothing_is_half_applied() {
    let Some(world) = World::or_skip() else { return };
    let two = ["10.2.0.2", "10.2.0.3"];
    let hot = |text: &str| Step::Hot(text.to_owned(), 60_000);
    let steps = vec![
        apply(&two),
        apply(&["10.2.0.5", "10.2.0.6", "10.2.0.7"]),
        hot("10.2.0.8"),
        hot("fd02::8"),
        apply(&["10.2.0.2", "10.2.0.3", "fd02::8"]),
        // At the limit, an exchange still works.
        Step::Apply(vec![("10.2.0.2".to_owned(), 900_000), ("10.2.0.9".to_owned(), 900_000)]),
    ];
    let told = act(&world.gateway, &Job { elements: Some(2), steps, ..Job::default() });
    assert!(told[0].is_ok(), "{told:?}");
    let full = told[1].clone().unwrap_err();
    assert!(full.contains("`block4` cannot hold 3") && full.contains("raise the limit"), "{full}");
    let kernel = told[2].clone().unwrap_err();
    assert!(kernel.contains("raise the limit"), "{kernel}");
    assert!(told[3].is_ok());
    assert_eq!(change(told[4].as_ref().unwrap()), [0, 0, 0, 3], "as it was: {told:?}");
    assert_eq!(change(told[5].as_ref().unwrap()), [1, 2, 1, 0], "{told:?}");
}

#[test]
fn an_element_by_netlink_is_the_same_as_one_by_nft() {
    let Some(world) = World::or_skip() else { return };
    let pairs = [
        ("block4", "10.2.0.2", "10.2.0.3"),
        ("block6", "fd02::2", "fd02::3"),
        ("port4", "10.2.0.2:443/tcp", "10.2.0.3:443/tcp"),
        ("port6", "[fd02::2]:53/udp", "[fd02::3]:53/udp"),
        ("host4", "host:10.1.0.2", "host:10.1.0.3"),
        ("host6", "host:fd01::2", "host:fd01::3"),
    ];
    let mut steps = vec![apply(&pairs.map(|pair| pair.1))];
    steps.extend(pairs.map(|pair| Step::Hot(pair.2.to_owned(), 60_000)));
    let all: Vec<_> = pairs.iter().flat_map(|pair| [pair.1, pair.2]).collect();
    steps.push(apply(&all));
    let told = act(&world.gateway, &Job { steps, ..Job::default() });
    assert_eq!(change(told[7].as_ref().unwrap()), [0, 0, 0, 12], "{told:?}");
    for (set, ..) in pairs {
        let text = world.gateway.run("nft", &["-j", "list", "set", "inet", "ostium", set]).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let list = value["nftables"].as_array().unwrap();
        let set = list.iter().find_map(|object| object.get("set")).unwrap();
        let elements = set["elem"].as_array().unwrap();
        assert_eq!(elements.len(), 2, "{set}");
        for element in elements {
            let element = &element["elem"];
            let keys: Vec<&String> = element.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["counter", "expires", "timeout", "val"], "{element}");
            assert_eq!(element["timeout"], 60);
        }
    }
}
