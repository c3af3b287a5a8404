//! Real connections through a gateway with a sensor.

use std::time::Duration;

use ostium_lab::wait_for;

use crate::gateway::{Gateway, OUTSIDE};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn watching_sees_and_touches_nothing() {
    let Some(all) = Gateway::new("observe") else { return };
    std::fs::write(all.folder.join("known.txt"), "198.51.100.66\n").unwrap();
    let before = all.rules();
    let sensor = all.sensor(&["--intel", &all.path("known.txt")]);
    assert!(OUTSIDE.iter().all(|address| all.reaches(address, 80, "hello")));
    let told = || all.said(&["status"]).contains("10.0.0.2 calls 198.51.100.66");
    assert!(wait_for(SOON, told), "{}", all.said(&["status"]));
    let status = all.status();
    assert!(status["packets"].as_u64().unwrap() > 30, "{status}");
    assert_eq!(status["interfaces"][0]["dropped"], 0);
    let refused = all.ask(&["block", "198.51.100.7"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("only observes"));
    sensor.signal("TERM").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.success());
    assert_eq!(all.rules(), before);
}

#[test]
fn what_is_known_is_stopped_at_the_first_packet_and_others_are_not() {
    let Some(all) = Gateway::new("known") else { return };
    let list = "198.51.100.66\n2001:db8:1::66\n198.51.100.8:4444\nc2.example\n";
    std::fs::write(all.folder.join("known.txt"), list).unwrap();
    let known = all.path("known.txt");
    all.gateway.run("nft", &["add", "table", "ip", "foreign"]).unwrap();
    let before = all.rules();
    let sensor = all.sensor(&["--mode", "block", "--intel", &known]);
    let unreachable = |address: &str, port| !all.reaches_at_once(address, port, "hello");
    assert!(unreachable("198.51.100.66", 80) && unreachable("2001:db8:1::66", 4444));
    assert!(unreachable("198.51.100.8", 4444));
    for (address, port) in [("198.51.100.8", 80), ("198.51.100.7", 4444), ("2001:db8:1::7", 80)] {
        assert!(all.reaches(address, port, "hello"), "{address}:{port}");
    }
    // A known name in a request: where it leads is blocked from then on.
    let request = "GET / HTTP/1.1\r\nHost: www.c2.example\r\n\r\n";
    let blocked = || {
        all.reaches_at_once("198.51.100.9", 80, request);
        all.blocks("198.51.100.9")
    };
    assert!(wait_for(SOON, blocked), "{}", all.said(&["status"]));
    assert!(unreachable("198.51.100.9", 4444));

    sensor.signal("TERM").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.success());
    assert!(unreachable("198.51.100.66", 80), "blocks outlive the sensor until their time is over");
    let done = all.gateway.command(crate::OSTIUM).args(["sensor", "--teardown"]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(all.reaches("198.51.100.66", 80, "hello"));
    assert_eq!(all.rules(), before, "what others have is as it was");
}

#[test]
fn operators_block_release_and_reload_and_a_restart_remembers() {
    let Some(all) = Gateway::new("operators") else { return };
    let config = all.path("sensor.toml");
    std::fs::write(&config, "mode = \"block\"\n[allow]\nnetworks = [\"198.51.100.66/32\"]\n")
        .unwrap();
    let sensor = all.sensor(&["--config", &config]);
    let reaches = |address: &str, port| all.reaches(address, port, "hello");
    let cut = |address: &str, port| !all.reaches_at_once(address, port, "hello");

    let said = all.said(&["block", "198.51.100.7:80/tcp", "--for", "1h", "--because", "a test"]);
    assert!(said.contains("198.51.100.7:80/tcp is blocked"), "{said}");
    assert!(cut("198.51.100.7", 80) && reaches("198.51.100.7", 4444));
    let why = all.said(&["why", "198.51.100.7"]);
    assert!(why.contains("origin: operator") && why.contains("because: a test"), "{why}");
    assert!(why.contains("ostium release 198.51.100.7:80/tcp"), "{why}");
    let json = all.said(&["why", "198.51.100.7", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["blocks"][0]["target"], "198.51.100.7:80/tcp");
    all.said(&["block", "2001:db8:1::7"]);
    assert!(cut("2001:db8:1::7", 80));
    let (state, socket) = (all.path("other"), all.path("s"));
    let second = ["sensor", "--interface", "in0", "--state", &state, "--socket", &socket];
    let second = all.gateway.command(crate::OSTIUM).args(second).output().unwrap();
    assert!(String::from_utf8_lossy(&second.stderr).contains("another sensor"), "{second:?}");
    let refused = all.ask(&["block", "198.51.100.66"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("allow list"), "{refused:?}");

    // A wrong configuration changes nothing, and says where it is wrong.
    std::fs::write(&config, "mode = \"block\"\nmoed = 1\n").unwrap();
    let refused = all.ask(&["reload"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("line 2") && why.contains("old"), "{why}");
    sensor.signal("HUP").unwrap();
    assert!(cut("198.51.100.7", 80));
    std::fs::write(&config, "mode = \"block\"\n").unwrap();
    assert!(all.said(&["reload"]).contains("in force"));

    // Killed in the middle: traffic flows, blocks stand; a restart knows them.
    sensor.signal("KILL").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.code().is_none());
    assert!(cut("198.51.100.7", 80) && reaches("198.51.100.8", 80));
    let sensor = all.sensor(&["--config", &config]);
    assert!(all.blocks("198.51.100.7:80/tcp") && all.blocks("2001:db8:1::7"));
    let said = all.said(&["release", "198.51.100.7:80/tcp", "--because", "a mistake"]);
    assert!(said.contains("released"), "{said}");
    assert!(reaches("198.51.100.7", 80) && !all.blocks("198.51.100.7:80/tcp"));
    all.said(&["release", "2001:db8:1::7"]);
    assert!(reaches("2001:db8:1::7", 80));

    // Quarantine: nothing gets out, until it is released.
    all.said(&["quarantine", "10.0.0.2", "--for", "1h"]);
    assert!(cut("198.51.100.8", 80) && cut("198.51.100.7", 4444));
    all.said(&["release", "host:10.0.0.2"]);
    assert!(reaches("198.51.100.8", 80));

    // A site that no longer blocks lets all pass.
    all.said(&["block", "198.51.100.7"]);
    assert!(cut("198.51.100.7", 80));
    std::fs::write(&config, "mode = \"observe\"\n").unwrap();
    all.said(&["reload"]);
    assert!(reaches("198.51.100.7", 80));
    drop(sensor);
}

/// Calls once a second and lets go again, like a bot in a hurry.
const BEACON: &str = "\
import socket,time
end=time.time()+120
while time.time()<end:
    try:
        s=socket.create_connection(('198.51.100.8',4444),1); s.sendall(b'poll 7'); s.recv(9); s.close()
    except OSError: pass
    time.sleep(1)
";

#[test]
fn a_beacon_that_spans_a_kill_is_remembered() {
    let Some(all) = Gateway::new("kill") else { return };
    let config = all.path("sensor.toml");
    std::fs::write(&config, "checkpoint = \"2s\"\n").unwrap();
    let starts = || -> u64 {
        // Of a host that is clean nothing is said.
        let said = all.ask(&["why", "10.0.0.2", "--format", "json"]).stdout;
        let report: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
        let rows = report["report"]["hosts"][0]["evidence"].as_array().cloned().unwrap_or_default();
        let beacon = rows.iter().find(|row| row["detector"] == "beacon");
        beacon.map_or(0, |row| row["numbers"]["intervals"].as_f64().unwrap() as u64 + 1)
    };
    let sensor = all.sensor(&["--config", &config]);
    let _beacon = all.inside.start("python3", &["-c", BEACON]).unwrap();
    assert!(wait_for(Duration::from_secs(60), || starts() >= 12), "{}", starts());
    let kept = || all.status()["kept"].as_u64().unwrap() > 0;
    assert!(wait_for(SOON, kept));
    let before = starts();
    std::thread::sleep(Duration::from_secs(5));
    sensor.signal("KILL").unwrap();
    sensor.finish(SOON).unwrap();
    let _sensor = all.sensor(&["--config", &config]);
    assert!(all.said(&["status"]).contains("before the restart is remembered"));
    // What was called in the last seconds may be gone, no more.
    let remembered = || starts() >= before;
    assert!(wait_for(Duration::from_secs(8), remembered), "{} of {before}", starts());
    assert!(starts() < before + 14, "it is remembered, not learned anew: {}", starts());
}
