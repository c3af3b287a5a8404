//! Behaviour on disk: whole or not at all, and never in the way.

use std::sync::Arc;

use ostium_event::Home;
use ostium_pipeline::Settings;

use super::*;

/// An engine that has heard the demonstration world, or nothing.
fn engine(heard: bool) -> Engine {
    let world = ostium_synth::demo(1);
    let mut capture = Vec::new();
    let truth = world.write_pcap(&mut capture).unwrap();
    let settings = Settings { home: Home::new(&truth.home), ..Settings::default() };
    let mut engine = Engine::new(Arc::new(settings));
    if heard {
        let file = Box::new(io::Cursor::new(capture));
        let mut file = ostium_capture::CaptureFile::open(file).unwrap();
        let mut block = engine.buffer();
        while file.next_block(&mut block).unwrap() {
            engine.take(block);
            block = engine.buffer();
        }
        engine.end_flows();
    }
    engine
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

fn folder(name: &str) -> PathBuf {
    let name = format!("ostium-behaviour-{}-{name}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::remove_dir_all(&folder).ok();
    folder
}

fn hosts(engine: &mut Engine) -> Vec<String> {
    let document = engine.document(Vec::new());
    document
        .hosts
        .iter()
        .map(|row| format!("{} {} {}", row.host, row.verdict, row.probability))
        .collect()
}

fn kept(folder: &Path, heard: bool) -> Engine {
    let mut engine = engine(heard);
    let mut behaviour = Behaviour::new(folder, Span::from_secs(60), &[]).unwrap();
    assert_eq!(behaviour.finish(&mut engine, now()), None);
    engine
}

#[test]
fn a_restart_remembers_hosts_and_only_the_owner_may_read_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("back");
    let mut before = kept(&folder, true);
    let behaviour = Behaviour::new(&folder, Span::from_secs(60), &[]).unwrap();
    let mut after = engine(false);
    let said = behaviour.recall(&mut after, 1 << 30, now().plus(Span::from_secs(60)));
    assert_eq!(said.len(), 1, "{said:?}");
    let told = hosts(&mut after);
    assert_eq!(told, hosts(&mut before));
    assert!(told.iter().any(|host| host.contains("infected")), "{told:?}");
    for entry in fs::read_dir(&folder).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_of_no_use_is_said_once_and_left() {
    let folder = folder("other");
    kept(&folder, true);
    let week = Span::from_secs(8 * 86_400);
    let inside: Vec<Prefix> = vec!["10.0.0.0/8".parse().unwrap()];
    for (home, at, why) in [(&[][..], now().plus(week), "a week"), (&inside, now(), "inside")] {
        let behaviour = Behaviour::new(&folder, Span::from_secs(60), home).unwrap();
        let mut after = engine(false);
        let said = behaviour.recall(&mut after, 1 << 30, at);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(why), "{said:?}");
        assert_eq!(hosts(&mut after).len(), 0);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn damage_costs_one_shard_and_is_set_aside() {
    let folder = folder("damaged");
    let mut before = kept(&folder, true);
    let all = hosts(&mut before).len();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 4);
    // Cut, something else, and one byte turned.
    let whole = fs::read(&paths[0]).unwrap();
    fs::write(&paths[0], &whole[..whole.len() / 2]).unwrap();
    fs::write(&paths[1], "hello").unwrap();
    let mut turned = fs::read(&paths[2]).unwrap();
    let middle = turned.len() / 2;
    turned[middle] ^= 1;
    fs::write(&paths[2], turned).unwrap();
    let behaviour = Behaviour::new(&folder, Span::from_secs(60), &[]).unwrap();
    let mut after = engine(false);
    let said = behaviour.recall(&mut after, 1 << 30, now());
    assert_eq!(said.iter().filter(|said| said.contains("set aside")).count(), 3, "{said:?}");
    let left = hosts(&mut after).len();
    assert!(left < all && left > 0, "{left} of {all}");
    assert!(paths[0].with_extension("damaged").exists() && !paths[0].exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_full_round_takes_its_time_and_what_cannot_be_written_is_said_once() {
    let folder = folder("round");
    let mut engine = engine(true);
    let mut behaviour = Behaviour::new(&folder, Span::from_secs(64), &[]).unwrap();
    let mut said = Vec::new();
    for second in 0..SHARDS {
        let clock = now().plus(Span::from_secs(u64::from(second)));
        said.extend(behaviour.step(&mut engine, clock));
        assert_eq!(behaviour.kept(), if second == 63 { now() } else { Timestamp::ZERO });
        said.extend(behaviour.step(&mut engine, clock));
    }
    assert!(said.is_empty(), "{said:?}");
    // The folder is gone, as when a disk is full or was taken away.
    let patience = std::time::Duration::from_secs(20);
    let gone = || fs::remove_dir_all(&folder).is_ok();
    assert!(ostium_lab::wait_for(patience, gone), "the last shard is written by then");
    (0..SHARDS).for_each(|shard| engine.keep_again(shard));
    said.extend(behaviour.finish(&mut engine, now()));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("not kept"), "{said:?}");
}
