//! What each mode does to a bot and to the rules of a gateway that has rules of its own; a release;
//! and a sensor that is killed.

use ostium_lab::{Running, programs_or_skip, wait_for};
use serde_json::Value;

use crate::services::Web;
use crate::site::{Site, address};
use crate::{OSTIUM, SOON};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);
const BOT: &str = "198.51.100.12";
const SCENARIO: &str = "about = 'a machine with a RAT, whose server is known'
start = 2026-09-14T08:00:00Z
home = ['10.77.0.0/24']
resolver = { at = '10.77.0.1' }
[[group]]
name = 'pc'
first = '10.77.0.11'
[[infection]]
name = 'rat'
at = ['10.77.0.11']
habits = [{ kind = 'rat', server = '198.51.100.12', ping = '20s' }]
";
/// A gateway's own rules.
const RULES: &str = "table inet filter {
 chain forward { type filter hook forward priority 0; policy accept; ct state invalid drop; }
}
table ip nat {
 chain post { type nat hook postrouting priority 100; oifname \"out0\" masquerade; }
}
";

fn site(name: &str) -> Option<Site> {
    if !programs_or_skip(&["nginx", "openssl", "curl", "nft"]) {
        return None;
    }
    let mut site = Site::new(name, 1)?;
    site.web(&[
        Web { name: "one.example", at: &["198.51.100.20"], of_bots: false },
        Web { name: "two.example", at: &["198.51.100.21"], of_bots: false },
    ]);
    let rules = site.write("rules.nft", RULES);
    site.gateway.run("nft", &["-f", &rules]).unwrap();
    Some(site)
}

/// A web server answers.
fn reached(site: &Site, at: &str) -> bool {
    let page = format!("https://{at}/");
    site.inside[0].run("curl", &["-sk", "-m", "3", "-o", "/dev/null", &page]).is_ok()
}

/// Plays the bot, for so long.
fn bot(site: &Site, scenario: &str, length: &str) -> Running {
    let words = ["synth", scenario, "--live", "--at", BOT, "--pace", "15", "--for", length];
    site.inside[0].start(OSTIUM, &[&words[..], &["--format", "json"]].concat()).unwrap()
}

fn counts(bot: Running) -> Value {
    bot.signal("INT").ok();
    let output = bot.finish(SOON).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["sum"].clone()
}

#[test]
fn watching_and_simulating_touch_nothing_and_blocking_blocks() {
    let Some(mut site) = site("modes") else { return };
    let scenario = site.write("bots.toml", SCENARIO);
    let outside = site.outside.clone();
    let words = ["synth", &scenario, "--live", "--outside", "--at", BOT, "--pace", "15"];
    site.go_on(&outside, OSTIUM, &[&words[..], &["--for", "10m"]].concat());
    site.outside_listens("198.51.100.12:6606");
    let before = site.gateway.run("nft", &["list", "ruleset"]).unwrap();
    let rules = || site.gateway.run("nft", &["list", "ruleset"]).unwrap();

    site.write("known.txt", "198.51.100.12\n");
    let mode = |mode: &str| {
        format!("mode = '{mode}'\n[indicators]\nfiles = ['{}']\n", site.path("known.txt"))
    };
    let sensor = site.sensor("lan0", &mode("observe"), &[]);
    let playing = bot(&site, &scenario, "10m");
    let host = address(0);
    assert!(wait_for(PATIENCE, || site.infected(&host)), "{} {}", site.status(), site.log());
    assert_eq!((rules(), site.blocks().len()), (before.clone(), 0));

    site.write("sensor.toml", &mode("simulate"));
    site.said(&["reload"]);
    let would = || site.blocked(BOT);
    assert!(wait_for(SOON, would), "{}", site.said(&["status"]));
    assert!(site.said(&["status"]).contains("what would be blocked"));
    assert_eq!(rules(), before);
    // It was named within a few words: it goes on for a while, and is still answered.
    std::thread::sleep(std::time::Duration::from_secs(8));
    let sum = counts(playing);
    assert!(sum["answered"].as_u64() > Some(5), "{sum}");
    assert_eq!((&sum["silent"], &sum["refused"]), (&0.into(), &0.into()), "all was reached: {sum}");

    let playing = bot(&site, &scenario, "10m");
    site.write("sensor.toml", &mode("block"));
    site.said(&["reload"]);
    let stops = || site.blocks().iter().any(|(target, packets)| target == BOT && *packets > 0);
    assert!(wait_for(PATIENCE, stops), "{}", site.said(&["status"]));
    assert!(reached(&site, "198.51.100.20"), "others are untouched");
    assert_ne!(rules(), before);
    assert_eq!(site.foreign_rules(), before);
    std::thread::sleep(std::time::Duration::from_secs(8));
    let sum = counts(playing);
    assert!(sum["silent"].as_u64() > Some(0), "the bot notices: {sum}");

    // A release sticks, though the host is infected still and its bot calls again.
    site.said(&["release", BOT, "--because", "we look at it"]);
    let playing = bot(&site, &scenario, "10s");
    let output = playing.finish(SOON).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["sum"]["answered"].as_u64() > Some(2), "{report}");
    assert!(!site.blocked(BOT) && site.infected(&host), "{}", site.said(&["status"]));
    assert!(site.said(&["status"]).contains("an operator released it"));
    drop(sensor);
}

#[test]
fn a_killed_sensor_leaves_traffic_and_blocks_as_they_are() {
    let Some(site) = site("killed") else { return };
    let before = site.foreign_rules();
    let sensor = site.sensor("lan0", "mode = 'block'\n", &[]);
    site.said(&["block", "198.51.100.20", "--because", "a test"]);
    assert!(!reached(&site, "198.51.100.20") && reached(&site, "198.51.100.21"));
    let download = "https://198.51.100.21/big.bin";
    let slow = ["-sk", "--limit-rate", "100k", "-o", "/dev/null", "-w", "%{size_download}"];
    let running = site.inside[0].start("curl", &[&slow[..], &[download]].concat()).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    sensor.signal("KILL").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.code().is_none());
    let got = running.finish(SOON).unwrap();
    assert_eq!(got.stdout, b"500000", "a connection that was open goes on");
    assert!(!reached(&site, "198.51.100.20"), "the block stands");
    assert!(reached(&site, "198.51.100.21"), "and nothing else does");
    assert_eq!(site.foreign_rules(), before);

    let _sensor = site.sensor("lan0", "mode = 'block'\n", &[]);
    assert!(site.blocked("198.51.100.20") && !reached(&site, "198.51.100.20"));
    site.said(&["release", "198.51.100.20"]);
    assert!(wait_for(SOON, || reached(&site, "198.51.100.20")));
    let teardown = site.gateway.command(OSTIUM).args(["sensor", "--teardown"]).output().unwrap();
    assert!(teardown.status.success(), "{teardown:?}");
    assert_eq!(site.foreign_rules(), before);
}
