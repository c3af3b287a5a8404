//! Golden reports: what the demonstration world comes to, host by host.
//!
//! A change of detectors or judgement shows here as a difference to read; when it is meant,
//! `INSTA_UPDATE=always cargo test -p ostium-tests` accepts it.

use std::io::Cursor;
use std::ops::ControlFlow;

use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_report::{Document, HostRow};
use ostium_synth::{Truth, demo};

/// The report on a demonstration world.
fn world(seed: u64) -> (Document, Truth) {
    let mut capture = Vec::new();
    let Ok(truth) = demo(seed).write_pcap(&mut capture) else {
        unreachable!("memory takes all that is written");
    };
    let size = capture.len() as u64;
    let Ok(input) = from_reader("world.pcap", Some(size), Box::new(Cursor::new(capture))) else {
        unreachable!("the world is a capture");
    };
    let settings =
        Settings { home: Home::new(&truth.home), threads: 2, all: true, ..Settings::default() };
    let analysis = analyze(vec![input], &settings, &mut |_| ControlFlow::Continue(()));
    (analysis.document, truth)
}

/// A host in a line, and what counted below it.
fn lines(host: &HostRow) -> String {
    let mut out = format!("{:<16} {:<8} {:.2}", host.host, host.verdict, host.probability);
    if !host.roles.is_empty() {
        out.push_str(&format!(" ({})", host.roles.join(", ")));
    }
    for (group, score) in &host.groups {
        out.push_str(&format!(" {group} {:.1}", score.capped));
    }
    for item in host.evidence.iter().filter(|item| item.counted) {
        out.push_str(&format!("\n  {:.1} {} {}", item.log_odds, item.detector, item.peer));
    }
    for item in &host.set_aside {
        out.push_str(&format!("\n  set aside: {}", item.detector));
    }
    out
}

#[test]
fn the_demonstration_world() {
    let (document, _) = world(1);
    let totals = &document.totals;
    let mut out = vec![format!(
        "{} packets, {} bytes, {} flows, {} hosts, {} infected, {} suspect",
        totals.packets, totals.bytes, totals.flows, totals.hosts, totals.infected, totals.suspect
    )];
    out.push(format!("anomalies {:?}, dropped {:?}", totals.anomalies, totals.dropped));
    out.push(format!("blind {:?}", document.blind));
    out.extend(document.hosts.iter().map(lines));
    for indicator in &document.indicators {
        out.push(format!("{} {} {}", indicator.kind, indicator.value, indicator.confidence));
    }
    insta::assert_snapshot!(out.join("\n"));
}

#[test]
fn other_worlds_are_judged_right_too() {
    for seed in 2..=6 {
        let (document, truth) = world(seed);
        for host in &document.hosts {
            let infected = truth.infected.iter().any(|(addr, _)| addr.to_string() == host.host);
            let judged = host.verdict == "infected";
            assert_eq!(judged, infected, "seed {seed}: {}", lines(host));
        }
        assert_eq!(document.totals.infected as usize, truth.infected.len(), "seed {seed}");
    }
}
