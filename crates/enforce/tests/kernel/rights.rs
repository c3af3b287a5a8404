//! What is missing is said with what to do about it.

use crate::act::{Job, Step, act, act_by, apply};
use crate::world::World;

#[test]
fn without_the_right_or_without_nft_the_error_says_what_to_do() {
    let Some(world) = World::or_skip() else { return };
    let addr = |text: &str| text.parse().unwrap();
    let ends = [(addr("10.1.0.2"), 1, 1, 1), (addr("10.2.0.2"), 1, 1, 1)];
    let steps = vec![
        apply(&["10.2.0.2"]),
        Step::Hot("10.2.0.2".to_owned(), 1000),
        Step::Cut(vec!["10.2.0.2".to_owned()]),
        Step::Teardown,
        Step::Reset(ends, 0),
    ];
    let without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
    let told = act_by(&world.gateway, &without, &Job { steps, ..Job::default() });
    let rights =
        ["CAP_NET_ADMIN", "CAP_NET_ADMIN", "CAP_NET_ADMIN", "CAP_NET_ADMIN", "CAP_NET_RAW"];
    for (told, right) in told.iter().zip(rights) {
        let error = told.clone().unwrap_err();
        assert!(error.contains(right) && error.contains("systemd"), "{error}");
    }
    let job =
        Job { nft: Some("/nowhere/nft".to_owned()), steps: vec![apply(&[])], ..Job::default() };
    let error = act(&world.gateway, &job).remove(0).unwrap_err();
    assert!(error.contains("install the package nftables"), "{error}");
    let hot = Job { steps: vec![Step::Hot("10.2.0.2".to_owned(), 1000)], ..Job::default() };
    let error = act(&world.gateway, &hot).remove(0).unwrap_err();
    assert!(error.contains("apply the whole set again"), "{error}");
}

#[test]
fn the_kernel_is_asked_for_its_pieces_without_a_change() {
    let Some(world) = World::or_skip() else { return };
    let told = act(&world.gateway, &Job { steps: vec![Step::Probe], ..Job::default() });
    let pieces = told[0].clone().unwrap();
    assert_eq!(pieces.as_array().map(Vec::len), Some(4));
    assert!(pieces[0].is_null(), "all other tests need this: {pieces}");
    assert_eq!(world.gateway.run("nft", &["list", "ruleset"]).unwrap(), "");
}
