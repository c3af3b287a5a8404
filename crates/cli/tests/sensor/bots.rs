//! Bots of a scenario over real sockets: between two hosts, and through a gateway whose sensor
//! blocks them.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use ostium_lab::{Host, Lab, Running, wait_for};
use serde_json::Value;

use crate::gateway::Gateway;
use crate::{OSTIUM, folder};

pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A machine with four bots, two of which have their server's address from its name.
const SCENARIO: &str = "about = 'one machine that has caught much'
start = 2026-09-14T08:00:00Z
home = ['10.0.0.0/24']
resolver = { at = '198.51.100.7' }
[[group]]
name = 'pc'
first = '10.0.0.2'
[[infection]]
name = 'polls'
at = ['10.0.0.2']
habits = [
    { kind = 'beacon', name = 'c2.example.top', every = '30s' },
    { kind = 'poller', servers = ['198.51.100.8'], sleep = { every = '30s' } },
    { kind = 'rat', server = '198.51.100.8', ping = '30s' },
    { kind = 'dns-tunnel', zone = 't.example.net', every = '20s' },
]
";

pub(crate) fn scenario(folder: &Path) -> String {
    let path = folder.join("bots.toml");
    std::fs::write(&path, SCENARIO).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Starts the outside, and waits until it listens.
pub(crate) fn outside(host: &Host, scenario: &str, seconds: u64) -> Running {
    let (at, length) = ("198.51.100.7,198.51.100.8", format!("{seconds}s"));
    let words = ["synth", scenario, "--live", "--outside", "--at", at, "--for", &length];
    let running = host.start(OSTIUM, &[&words[..], &["--format", "json"]].concat()).unwrap();
    let listens = || host.run("ss", &["-ltnH"]).is_ok_and(|all| all.contains("198.51.100.8:6606"));
    assert!(wait_for(SOON, listens), "the outside listens");
    running
}

/// Words that play the bots for some seconds.
pub(crate) fn bots<'a>(scenario: &'a str, seconds: &'a str) -> Vec<&'a str> {
    let at = "198.51.100.7,198.51.100.8";
    vec![
        "synth", scenario, "--live", "--at", at, "--pace", "30", "--for", seconds, "--format",
        "json",
    ]
}

fn counts(output: &Output) -> Value {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn of<'a>(report: &'a Value, kind: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["kind"] == kind);
    row.map_or(&Value::Null, |row| &row["counts"])
}

#[test]
fn bots_are_answered_across_a_wire() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let (inside, far) = (lab.add("inside").unwrap(), lab.add("outside").unwrap());
    lab.wire((&inside, "eth0"), (&far, "eth0")).unwrap();
    for (host, address) in [
        (&inside, "10.0.0.2/24"),
        (&inside, "198.51.100.1/24"),
        (&far, "10.0.0.1/24"),
        (&far, "198.51.100.7/24"),
        (&far, "198.51.100.8/24"),
    ] {
        host.address("eth0", address).unwrap();
    }
    let folder = folder("bots-wire");
    let scenario = scenario(&folder);
    let running = outside(&far, &scenario, 120);
    let report = counts(&inside.command(OSTIUM).args(bots(&scenario, "6s")).output().unwrap());
    for kind in ["beacon", "poller", "rat", "dns-tunnel"] {
        let counts = of(&report, kind);
        assert!(counts["answered"].as_u64() > Some(0), "{kind}: {report}");
        for bad in ["no_name", "refused", "silent", "kept_back"] {
            assert_eq!(counts[bad], 0, "{kind}: {report}");
        }
    }
    running.signal("INT").unwrap();
    let heard = counts(&running.finish(SOON).unwrap());
    assert_eq!(heard["side"], "outside");
    for door in ["443/tcp", "6606/tcp", "53/udp"] {
        assert!(of(&heard, door)["answered"].as_u64() > Some(0), "{door}: {heard}");
    }

    // An interface that might lead out: nothing is sent.
    // Which kinds there are depends on the kernel.
    let added = ["dummy", "macvlan", "ifb", "vlan"].iter().any(|kind| {
        let of = ["link", "add", "link", "eth0", "name", "leak0", "type", kind];
        let by = if *kind == "vlan" { vec!["id", "5"] } else { Vec::new() };
        inside.ip(&[&of[..], &by].concat()).is_ok()
    });
    assert!(added, "a kernel with some kind of interface");
    let refused = inside.command(OSTIUM).args(bots(&scenario, "2s")).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("leak0"), "{said}");
    std::fs::remove_dir_all(&folder).ok();
}

#[test]
fn a_bot_notices_that_a_sensor_blocks_it() {
    let Some(all) = Gateway::new("bots") else { return };
    let scenario = scenario(&all.folder);
    let running = outside(&all.outside, &scenario, 120);
    let play = || counts(&all.inside.command(OSTIUM).args(bots(&scenario, "6s")).output().unwrap());
    let before = play();
    for kind in ["beacon", "poller", "rat", "dns-tunnel"] {
        assert!(of(&before, kind)["answered"].as_u64() > Some(1), "{before}");
    }

    std::fs::write(all.folder.join("known.txt"), "198.51.100.8\n").unwrap();
    let sensor = all.sensor(&["--mode", "block", "--intel", &all.path("known.txt")]);
    let after = play();
    for kind in ["poller", "rat"] {
        let counts = of(&after, kind);
        // The first packet is what tells the sensor; an exchange may end before the block is there.
        assert!(counts["answered"].as_u64() <= Some(1), "{kind}: {after}");
        let noticed = counts["silent"].as_u64().unwrap() + counts["refused"].as_u64().unwrap();
        assert!(noticed > 0, "{kind}: {after}");
    }
    assert!(of(&after, "dns-tunnel")["answered"].as_u64() > Some(1), "{after}");
    sensor.signal("TERM").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.success());
    drop(running);
}
