//! What goes wrong around a sensor: it says what to do, and what stood before stands.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use ostium_lab::{Running, wait_for};

use crate::OSTIUM;
use crate::gateway::Gateway;

const SOON: Duration = Duration::from_secs(15);

/// A folder of very little room, which goes when this does.
struct LittleDisk(String);

impl LittleDisk {
    fn at(path: &str) -> Self {
        std::fs::create_dir_all(path).unwrap();
        let words = ["-t", "tmpfs", "-o", "size=16k", "tmpfs", path];
        assert!(Command::new("mount").args(words).status().unwrap().success());
        Self(path.to_owned())
    }
}

impl Drop for LittleDisk {
    fn drop(&mut self) {
        // A lazy one: the sensor may still hold a file there.
        Command::new("umount").args(["-l", &self.0]).status().ok();
    }
}

fn refused(all: &Gateway, words: &[&str]) -> String {
    let output = all.ask(words);
    assert!(!output.status.success(), "{words:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Starts a sensor that is to fail at its start; what it says.
fn fails(all: &Gateway, program: &str, words: &[&str]) -> String {
    let (state, socket) = (all.path("state"), all.path("s"));
    let sensor = ["sensor", "--interface", "in0", "--state", &state, "--socket", &socket];
    let (rules, mut command) = (all.rules(), all.gateway.command(program));
    command.args(words).args(sensor).args(["--mode", "block"]);
    let output = Running::start(command).unwrap().finish(SOON).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && !err.contains("panicked"), "{err}");
    assert_eq!(all.rules(), rules, "nothing is left half done");
    err
}

#[test]
fn what_keeps_it_from_starting_is_said_with_what_to_do() {
    let Some(all) = Gateway::new("start") else { return };
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", OSTIUM];
    let nobody = fails(&all, "setpriv", &nobody);
    assert!(nobody.contains("CAP_NET_RAW"), "{nobody}");
    // It may listen, but not block.
    std::fs::create_dir_all(all.path("state")).unwrap();
    std::fs::set_permissions(all.path("state"), Permissions::from_mode(0o777)).unwrap();
    let listens = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let caps = ["--inh-caps", "+net_raw", "--ambient-caps", "+net_raw", OSTIUM];
    let listens = fails(&all, "setpriv", &[&listens[..], &caps].concat());
    assert!(listens.contains("CAP_NET_ADMIN"), "{listens}");
    let bare = fails(&all, "env", &["PATH=/nonexistent", OSTIUM]);
    assert!(bare.contains("nft") && bare.contains("nftables"), "{bare}");
    all.gateway.run("nft", &["add", "table", "inet", "ostium"]).unwrap();
    let foreign = fails(&all, OSTIUM, &[]);
    assert!(foreign.contains("inet ostium"), "{foreign}");
}

#[test]
fn an_interface_that_goes_down_is_told_and_heard_again() {
    let Some(all) = Gateway::new("down") else { return };
    let _sensor = all.sensor(&[]);
    let row = || all.status()["interfaces"][0].clone();
    let up = |wanted: bool| wait_for(SOON, || row()["up"] == wanted);
    assert!(up(true));
    all.gateway.ip(&["link", "set", "in0", "down"]).unwrap();
    assert!(up(false), "{}", row());
    assert!(all.said(&["status"]).contains("DOWN"));
    all.gateway.ip(&["link", "set", "in0", "up"]).unwrap();
    assert!(up(true), "{}", row());
    let before = row()["seen"].as_u64().unwrap();
    let heard = || {
        all.reaches_at_once("198.51.100.7", 80, "hello");
        row()["seen"].as_u64().unwrap() > before + 3
    };
    assert!(wait_for(SOON, heard), "{}", row());
}

#[test]
fn a_set_that_is_full_and_a_disk_that_is_full_are_told_and_undo_nothing() {
    let Some(all) = Gateway::new("full") else { return };
    let disk = LittleDisk::at(&all.path("state"));
    let config = all.path("sensor.toml");
    std::fs::write(&config, "mode = \"block\"\ncheckpoint = \"1s\"\n[enforce]\nelements = 2\n")
        .unwrap();
    let _sensor = all.sensor(&["--config", &config]);
    for address in ["198.51.100.7", "198.51.100.8"] {
        all.said(&["block", address]);
        assert!(!all.reaches_at_once(address, 80, "hello"), "{address}");
    }
    let full = refused(&all, &["block", "198.51.100.9"]);
    assert!(full.contains("block4") && full.contains("elements"), "{full}");
    assert!(all.said(&["status"]).contains("NOT ENFORCING"));
    // Those before are still blocked; who is let go makes room, and all is well again.
    assert!(!all.reaches_at_once("198.51.100.7", 80, "hello"));
    all.said(&["release", "198.51.100.9"]);
    let well = || !all.said(&["status"]).contains("NOT ENFORCING");
    assert!(wait_for(SOON, well), "{}", all.said(&["status"]));

    // The rest of the disk is taken.
    std::fs::write(all.folder.join("state/rest"), vec![0; 64 << 10]).ok();
    all.ask(&["block", "198.51.100.66:80/tcp", "--because", &"long ".repeat(1000)]);
    let told = || {
        let said = all.said(&["status"]);
        said.contains("not kept") && said.contains("free the disk")
    };
    assert!(wait_for(SOON, told), "{}", all.said(&["status"]));
    assert!(all.reaches("198.51.100.9", 80, "hello"), "it goes on");
    std::fs::remove_file(all.folder.join("state/rest")).unwrap();
    let again = || all.said(&["status"]).contains("again");
    assert!(wait_for(SOON, again), "{}", all.said(&["status"]));
    drop(disk);
}

/// Where Debian's faketime has the library that tells a program another time.
fn faketime() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let library = |folder: std::fs::DirEntry| folder.path().join("faketime/libfaketimeMT.so.1");
    let found = folders.map(library).find(|path| path.exists());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "faketime is not installed");
    if found.is_none() {
        eprintln!("skipped: faketime is not installed");
    }
    Some(found?.to_str()?.to_owned())
}

#[test]
fn a_clock_that_jumps_is_told_and_nothing_waits_for_it() {
    let Some(library) = faketime() else { return };
    let Some(all) = Gateway::new("clock") else { return };
    let now = all.path("clock");
    let set = |offset: &str| std::fs::write(&now, offset).unwrap();
    set("+0");
    let (state, socket) = (all.path("state"), all.path("s"));
    let words = [
        &format!("LD_PRELOAD={library}"),
        &format!("FAKETIME_TIMESTAMP_FILE={now}"),
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        OSTIUM,
        "sensor",
        "--interface",
        "in0",
        "--mode",
        "block",
        "--state",
        &state,
        "--socket",
        &socket,
    ];
    let _sensor = all.gateway.start("env", &words).unwrap();
    assert!(wait_for(SOON, || all.ask(&["status"]).status.success()));
    all.said(&["block", "198.51.100.7", "--for", "1h"]);
    let packets = || all.status()["packets"].as_u64().unwrap_or_default();
    let goes_on = || {
        let before = packets();
        let counts = || {
            all.reaches_at_once("198.51.100.8", 80, "hello");
            packets() > before
        };
        assert!(wait_for(SOON, counts), "{}", all.said(&["status"]));
    };
    goes_on();

    // A day back: what is due is due by the new time, and what is blocked is blocked.
    set("-86400");
    let told = || all.said(&["status"]).contains("the clock was set back by");
    assert!(wait_for(SOON, told), "{}", all.said(&["status"]));
    goes_on();
    assert!(all.blocks("198.51.100.7") && !all.reaches_at_once("198.51.100.7", 80, "hello"));
    all.said(&["block", "198.51.100.9", "--for", "1h"]);
    assert!(!all.reaches_at_once("198.51.100.9", 80, "hello"));

    // Forward again, and half a day more: what has had its time passes.
    set("+43200");
    assert!(wait_for(SOON, || all.reaches_at_once("198.51.100.9", 80, "hello")));
    assert!(all.reaches("198.51.100.7", 80, "hello") && !all.blocks("198.51.100.7"));
    goes_on();
    all.said(&["block", "198.51.100.7"]);
    assert!(!all.reaches_at_once("198.51.100.7", 80, "hello"));
}
