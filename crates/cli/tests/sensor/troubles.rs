//! What goes wrong around a sensor: it says what to do, and what stood before stands.

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
