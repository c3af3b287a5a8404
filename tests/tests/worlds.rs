//! Verdicts on worlds that ship: whoever is alone with what it does is no bot for that.

use std::collections::BTreeSet;

use ostium_pipeline::{Settings, analyze_events};
use ostium_synth::{Scenario, Wishes, shipped};
use ostium_tests::settings;

/// Infected hosts by verdict and by truth.
fn infected(name: &str, wishes: &Wishes) -> (BTreeSet<String>, BTreeSet<String>) {
    let scenario = shipped().iter().find(|shipped| shipped.name == name);
    let text = scenario.map(|shipped| shipped.text).unwrap_or_default();
    let world = match Scenario::parse(name, text).and_then(|scenario| scenario.world(wishes)) {
        Ok(world) => world,
        Err(why) => unreachable!("a scenario that ships is read: {why}"),
    };
    let truth = world.truth();
    let settings = Settings { threads: 1, ..settings(&truth) };
    let analysis = analyze_events(name, &settings, |hear| {
        world.tell(&mut |event| hear(event));
    });
    let hosts = analysis.document.hosts.iter().filter(|host| host.verdict == "infected");
    let got = hosts.map(|host| host.host.clone()).collect();
    (got, truth.infected.iter().map(|(addr, _)| addr.to_string()).collect())
}

#[test]
fn machines_that_are_alone_with_what_they_do_are_left_alone() {
    for seed in [3, 4] {
        let wishes = Wishes { seed: Some(seed), days: Some(2.5), scale: Some(0.5) };
        let (got, truth) = infected("loners", &wishes);
        assert_eq!(truth.len(), 1);
        assert_eq!(got, truth, "seed {seed}");
    }
}

/// Two bots and the people, bots of channels and bridges whose chat looks like theirs.
#[test]
fn who_chats_is_left_alone_beside_bots_that_take_orders_there() {
    for seed in [3, 4] {
        let wishes = Wishes { seed: Some(seed), days: Some(1.5), scale: None };
        let (got, truth) = infected("chat", &wishes);
        assert_eq!(truth.len(), 2);
        assert_eq!(got, truth, "seed {seed}");
    }
}
