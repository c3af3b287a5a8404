//! docs/lab.md is true: all that it has a user type is typed, in order, in namespaces of this test.

use std::process::Command;

use ostium_lab::{Lab, programs_or_skip};

use crate::OSTIUM;

const PAGE: &str = include_str!("../../../../docs/lab.md");

/// The commands of a page: its blocks of shell, without those that install.
fn commands(page: &str) -> String {
    let mut all = String::from("set -e\n");
    for block in page.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        if !block.contains("apt install") {
            all.push_str(block);
        }
    }
    all
}

#[test]
fn what_the_page_has_one_type_does_what_it_says() {
    if !programs_or_skip(&["named", "nginx", "openssl", "curl", "dig", "nft", "bash", "timeout"]) {
        return;
    }
    // That there can be namespaces at all; the page makes its own.
    let Some(lab) = Lab::or_skip() else { return };
    let mine = format!("ostium-page-{}-", std::process::id());
    let folder = std::env::temp_dir().join(&mine);
    std::fs::create_dir_all(&folder).unwrap();
    let script = commands(PAGE)
        .replace("/tmp/ostium-lab", folder.to_str().unwrap())
        .replace("lab-", &mine)
        .replace("sudo ", "");
    let path = format!(
        "{}:{}",
        std::path::Path::new(OSTIUM).parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("timeout")
        .args(["170", "bash", "-c", &script])
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    for name in ["pc", "gateway", "outside"] {
        // When a command failed, the page has not cleaned up.
        let space = format!("{mine}{name}");
        let ids = Command::new("ip").args(["netns", "pids", &space]).output().unwrap().stdout;
        for id in String::from_utf8_lossy(&ids).split_whitespace() {
            Command::new("kill").args(["-s", "KILL", id]).output().ok();
        }
        let left = Command::new("ip").args(["netns", "delete", &space]).output().unwrap();
        assert!(!left.status.success() || !output.status.success(), "the page cleans up");
        std::fs::remove_dir_all(format!("/etc/netns/{space}")).ok();
    }
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(!folder.exists(), "the page cleans up: {}", folder.display());
    for words in [
        "what the page says",
        "infected",
        "198.51.100.12 is blocked",
        "is blocked",
        "+3.50 self-signed-certificate",
        "released",
        "NXDOMAIN",
    ] {
        assert!(said.contains(words), "{words}: {said}\n{errors}");
    }
    drop(lab);
}
