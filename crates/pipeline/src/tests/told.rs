//! One world, told and captured: the same verdicts for the same reasons.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;

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

/// What Zeek would have logged, file by file.
fn logs(world: &World) -> Vec<(String, Vec<u8>)> {
    struct File(Rc<RefCell<BTreeMap<String, Vec<u8>>>>, String);

    impl Write for File {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().entry(self.1.clone()).or_default().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let files = Rc::default();
    let open = |name: &str| -> std::io::Result<Box<dyn Write>> {
        Ok(Box::new(File(Rc::clone(&files), name.to_owned())))
    };
    world.write_zeek(&mut { open }, &mut |_| ControlFlow::Continue(())).unwrap();
    files.take().into_iter().collect()
}

fn words(document: &Document) -> Vec<(String, String)> {
    let hosts = document.hosts.iter();
    let mut all: Vec<_> = hosts.map(|h| (h.host.clone(), h.verdict.clone())).collect();
    all.sort_unstable();
    all
}

/// Logs lack what Zeek does not log: messages inside connections, the order of headers. Who is
/// infected they tell all the same.
#[test]
fn a_world_in_logs_is_judged_as_one_in_packets() {
    for seed in [1, 4] {
        let world = demo(seed);
        let files = logs(&world);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
        let logged = report(&files, &settings(&world));
        let told = analyze_events("world", &settings(&world), |hear| {
            world.tell(hear);
        });
        let infected = |document: &Document| -> Vec<(String, String)> {
            words(document).into_iter().filter(|(_, word)| word == "infected").collect()
        };
        assert_eq!(infected(&logged), infected(&told.document));
        assert_eq!(infected(&logged).len(), 3);
        let hosts =
            |document: &Document| words(document).into_iter().map(|(host, _)| host).collect();
        let (a, b): (Vec<String>, Vec<String>) = (hosts(&logged), hosts(&told.document));
        assert_eq!(a, b);
        assert_eq!(logged.totals.flows, told.document.totals.flows);
        assert!(logged.totals.anomalies.is_empty(), "{:?}", logged.totals.anomalies);
    }
}
