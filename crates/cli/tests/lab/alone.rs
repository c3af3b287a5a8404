//! One infected machine alone on its network, in mode block: nothing is rare there, so what it is
//! convicted by is little, and its own block must not take that away.

use std::time::{Duration, Instant};

use ostium_lab::wait_for;

use crate::OSTIUM;
use crate::sensor::of_host;
use crate::site::{Site, address};

const SERVER: &str = "198.51.100.12";
const SCENARIO: &str = "about = 'one machine with a RAT'
start = 2026-09-14T08:00:00Z
home = ['10.77.0.0/24']
resolver = { at = '10.77.0.1' }
[[group]]
name = 'pc'
first = '10.77.0.11'
[[infection]]
name = 'rat'
in = 'pc'
habits = [{ kind = 'rat', server = '198.51.100.12', ping = '30s' }]
";
const PATIENCE: Duration = Duration::from_secs(90);
/// Longer than it took to convict it: a rhythm that the block breaks would have told by then.
const AFTERWARDS: Duration = Duration::from_secs(45);

#[test]
fn a_block_does_not_acquit_whom_it_rests_on() {
    let Some(mut site) = Site::new("alone", 1) else { return };
    let scenario = site.write("bot.toml", SCENARIO);
    let (inside, outside) = (site.inside[0].clone(), site.outside.clone());
    let words = ["synth", &scenario, "--live", "--at", SERVER, "--pace", "15", "--for", "10m"];
    site.go_on(&outside, OSTIUM, &[&words[..], &["--outside"]].concat());
    site.outside_listens("198.51.100.12:6606");
    let _sensor = site.sensor("lan0", "mode = 'block'\n", &[]);
    let begun = Instant::now();
    site.go_on(&inside, OSTIUM, &words);

    let host = address(0);
    assert!(wait_for(PATIENCE, || site.infected(&host)), "{} {}", site.status(), site.log());
    let convicted = begun.elapsed();
    assert!(wait_for(PATIENCE, || site.blocked(SERVER)), "{} {}", site.status(), site.log());
    let stops = || site.blocks().iter().any(|(target, packets)| target == SERVER && *packets > 0);
    assert!(wait_for(PATIENCE, stops), "it calls again: {}", site.said(&["status"]));
    let blocked = Instant::now();
    while blocked.elapsed() < AFTERWARDS {
        let report = site.report();
        let (verdict, evidence) = of_host(&report, &host);
        assert_eq!(verdict, "infected", "after {:?}: {evidence:?}", blocked.elapsed());
        std::thread::sleep(Duration::from_secs(1));
    }
    eprintln!("infected after {convicted:?}, and still {AFTERWARDS:?} after it was blocked");
}
