//! Logs against what they say of themselves: as many cells as fields, ids that join.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::{World, demo};

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

struct File(Files, String);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().entry(self.1.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logs(world: &World) -> BTreeMap<String, String> {
    let files: Files = Rc::default();
    let made = Rc::clone(&files);
    world
        .write_zeek(
            &mut move |name| Ok(Box::new(File(Rc::clone(&made), name.to_owned()))),
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap();
    let files = files.borrow();
    files.iter().map(|(name, b)| (name.clone(), String::from_utf8(b.clone()).unwrap())).collect()
}

/// The cells of one field of a log.
fn column<'a>(log: &'a str, field: &str) -> Vec<&'a str> {
    let fields = log.lines().find_map(|line| line.strip_prefix("#fields\t")).unwrap();
    let place = fields.split('\t').position(|name| name == field).unwrap();
    let rows = log.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').nth(place).unwrap()).collect()
}

fn short(seed: u64) -> World {
    World { hours: 1.0, ..demo(seed) }
}

#[test]
fn every_row_has_a_cell_for_every_field() {
    let logs = logs(&short(1));
    let names: Vec<&str> = logs.keys().map(String::as_str).collect();
    assert_eq!(names, ["conn.log", "dns.log", "http.log", "ssl.log", "x509.log"]);
    for (name, log) in &logs {
        let width = |prefix: &str| {
            log.lines().find_map(|line| line.strip_prefix(prefix)).unwrap().split('\t').count()
        };
        let fields = width("#fields\t");
        assert_eq!(fields, width("#types\t"), "{name}");
        for row in log.lines().filter(|line| !line.starts_with('#')) {
            assert_eq!(row.split('\t').count(), fields, "{name}: {row}");
            assert!(!row.split('\t').any(str::is_empty), "{name}: {row}");
        }
        assert!(log.lines().last().unwrap().starts_with("#close"), "{name}");
    }
}

#[test]
fn ids_join_the_logs() {
    let logs = logs(&short(2));
    let known: BTreeSet<&str> = column(&logs["conn.log"], "uid").into_iter().collect();
    assert_eq!(known.len(), column(&logs["conn.log"], "uid").len(), "a uid is one connection's");
    for name in ["dns.log", "ssl.log", "http.log"] {
        let uids = column(&logs[name], "uid");
        assert!(uids.len() > 5 && uids.iter().all(|uid| known.contains(uid)), "{name}");
    }
    let prints: BTreeSet<&str> = column(&logs["x509.log"], "fingerprint").into_iter().collect();
    let chains = column(&logs["ssl.log"], "cert_chain_fps");
    let shown: Vec<&str> =
        chains.iter().filter(|c| **c != "-").flat_map(|c| c.split(',')).collect();
    assert!(shown.len() > 20 && shown.iter().all(|print| prints.contains(print)));
}

#[test]
fn words_and_histories_go_together() {
    let logs = logs(&short(3));
    let log = &logs["conn.log"];
    let rows = column(log, "conn_state").into_iter().zip(column(log, "history"));
    let mut states = BTreeSet::new();
    for (state, history) in rows.zip(column(log, "proto")).filter(|(_, p)| *p == "tcp").map(|r| r.0)
    {
        states.insert(state);
        let has = |letters: &str| letters.chars().all(|letter| history.contains(letter));
        let right = match state {
            "SF" => has("ShAFf") && !history.contains(['R', 'r']),
            "S1" => has("ShA") && !history.contains(['F', 'f', 'R', 'r']),
            "S0" => history == "S",
            "REJ" => history == "Sr",
            "RSTO" => has("ShR"),
            "RSTR" => has("Shr"),
            "OTH" => !history.contains('S'),
            _ => true,
        };
        assert!(right, "{state} {history}");
    }
    for state in ["SF", "S0", "REJ"] {
        assert!(states.contains(state), "{states:?}");
    }
    let times = |field| -> Vec<f64> {
        column(log, field).into_iter().map(|cell| cell.parse().unwrap_or(0.0)).collect()
    };
    let mut ends: Vec<f64> =
        times("ts").into_iter().zip(times("duration")).map(|(ts, length)| ts + length).collect();
    let last = ends.iter().copied().fold(0.0, f64::max);
    ends.truncate(ends.len() / 2);
    assert!(ends.iter().all(|end| *end < last), "connections come as they end");
}

#[test]
fn the_same_seed_gives_the_same_logs() {
    assert!(logs(&short(4)) == logs(&short(4)));
    assert!(logs(&short(4)) != logs(&short(5)));
}
