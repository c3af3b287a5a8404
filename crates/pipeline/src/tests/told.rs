//! One world, told and captured: the same verdicts for the same reasons.

use ostium_synth::{World, demo};

use super::*;
use crate::analyze_events;

fn settings(world: &World) -> Settings {
    Settings { home: Home::new(&world.truth().home), all: true, ..Settings::default() }
}

/// Every host with what counted.
fn verdicts(document: &Document) -> Vec<String> {
    let mut all: Vec<String> = document
        .hosts
        .iter()
        .map(|host| {
            let counted = host.evidence.iter().filter(|item| item.counted);
            let items: Vec<String> = counted
                .map(|item| format!("{} {} {:.2}", item.detector, item.peer, item.log_odds))
                .collect();
            format!(
                "{} {} {:.4} {:?} {items:#?}",
                host.host, host.verdict, host.probability, host.roles
            )
        })
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn a_world_that_is_told_is_judged_as_one_that_is_captured() {
    for seed in [1, 4] {
        let world = demo(seed);
        let mut capture = Vec::new();
        world.write_pcap(&mut capture).unwrap();
        let captured = report(&[("world", &capture)], &settings(&world));
        let told = analyze_events("world", &settings(&world), |hear| {
            world.tell(hear);
        });
        let told = told.document;
        for (told, captured) in verdicts(&told).iter().zip(verdicts(&captured)) {
            assert_eq!(*told, captured);
        }
        assert_eq!(told.totals.flows, captured.totals.flows);
        assert_eq!(told.totals.events, captured.totals.events);
        assert_eq!(told.totals.packets, captured.totals.packets);
        assert_eq!(told.blind, captured.blind);
        let values = |document: &Document| -> Vec<(String, u8)> {
            document.indicators.iter().map(|i| (i.value.clone(), i.confidence)).collect()
        };
        assert_eq!(values(&told), values(&captured));
    }
}
