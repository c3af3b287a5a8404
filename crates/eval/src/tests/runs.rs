//! Runs on a made-up world: the pipeline as it is.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use ostium_synth::demo;

use super::*;
use crate::{Options, Step, run};

/// A folder with the demonstration world and a manifest with it, a refusal and a missing file.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ostium-eval-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let truth = demo(1).write_pcap(fs::File::create(folder.join("world.pcap")).unwrap()).unwrap();
    fs::write(folder.join("text.pcap"), "no capture").unwrap();
    let mut text = truth.to_toml("world", "world.pcap");
    for (name, input) in [("text", "text.pcap"), ("gone", "gone.pcap")] {
        text.push_str(&format!(
            "[[case]]\nname = \"{name}\"\nkind = \"x\"\ninputs = [\"{input}\"]\nuse = \"train\"\n"
        ));
    }
    fs::write(folder.join("manifest.toml"), text).unwrap();
    folder
}

fn tried(folder: &Path, threads: usize) -> Vec<Tried> {
    let manifest = Manifest::read(&folder.join("manifest.toml")).unwrap();
    let options = Options { threads, memory: 1 << 28 };
    run(&manifest.cases, &manifest.base, options, &|_| {}, &|| true)
}

#[test]
fn a_world_is_judged_and_what_cannot_be_read_is_a_result() {
    let folder = folder("whole");
    let tried = tried(&folder, 2);
    let names: Vec<&str> = tried.iter().map(|tried| tried.case.name.as_str()).collect();
    assert_eq!(names, ["world", "text", "gone"]);
    let world = tried[0].outcome.judged().unwrap();
    assert!((0.24..0.26).contains(&world.days), "{}", world.days);
    let of = |label| world.hosts.iter().filter(move |host| host.label == label);
    assert_eq!(of(Label::Infected).count(), 3);
    for host in of(Label::Infected) {
        assert!(host.is(ostium_verdict::Verdict::Infected), "{host:?}");
        let after = host.convicted_after.unwrap();
        assert!(after > 0.0 && after < 6.1 * 3600.0, "{host:?}");
        // Each bot is found by something, and two groups of it at least or one certain item.
        assert!(!host.reasons.is_empty() && host.speaks.len() > 1, "{host:?}");
    }
    assert!(of(Label::Clean).all(|host| !host.is(ostium_verdict::Verdict::Infected)));
    // Without its timing the beacon would not be found; without all names a generator of names.
    let without = |what: &str| {
        of(Label::Infected).filter(|h| h.without.iter().any(|w| w.what == what)).count()
    };
    assert!(without("group timing") >= 1 && without("dga") == 1);
    for (place, words) in [(1, "cannot tell what text.pcap is"), (2, "cannot open gone.pcap")] {
        let Outcome::Refused(why) = &tried[place].outcome else { panic!("{:?}", tried[place]) };
        assert!(why.contains(words), "no path of this machine: {why}");
    }
    let total = Evaluation::of(&tried, 3).totals;
    assert_eq!((total[1].found, total[1].false_hosts, total[0].infected), (3, 0, 0));
    assert!(total[1].clean_host_days > 3.0, "{total:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = folder("threads");
    let text =
        |threads| serde_json::to_string(&Evaluation::of(&tried(&folder, threads), 3)).unwrap();
    assert_eq!(text(1), text(3));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_was_done_before_it_was_ended_is_kept() {
    let folder = folder("ended");
    let manifest = Manifest::read(&folder.join("manifest.toml")).unwrap();
    let mut cases = manifest.cases.clone();
    cases.reverse();
    let steps: Mutex<Vec<String>> = Mutex::default();
    let tell = |step: Step<'_>| steps.lock().unwrap().push(format!("{step:?}"));
    // Somebody ends it when the world begins.
    let go_on = || !steps.lock().unwrap().iter().any(|step| step.contains("world"));
    let options = Options { threads: 1, memory: 1 << 28 };
    let tried = run(&cases, &manifest.base, options, &tell, &go_on);
    assert_eq!(tried.len(), 2, "the world is left out");
    let evaluation = Evaluation::of(&tried, cases.len());
    assert!(evaluation.is_part());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_file_of_a_folder_may_be_a_case_of_its_own() {
    let folder = folder("each");
    let mut manifest = Manifest { base: PathBuf::from("."), cases: Vec::new() };
    manifest.add_each(&folder).unwrap();
    let names: Vec<&str> = manifest.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["manifest.toml", "text.pcap", "world.pcap"]);
    assert!(manifest.cases.iter().all(|case| case.purpose.is_none() && !case.is_labelled()));
    assert!(manifest.add_each(&folder.join("none")).is_err());
    fs::remove_dir_all(folder).unwrap();
}
