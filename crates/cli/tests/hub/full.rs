//! A disk that is full: nothing more is acknowledged, and followers are served.

use std::process::Command;
use std::time::Duration;

use ostium_hub_api as wire;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::sensors::{PATIENCE, follow, follower, knows, now_ms, read_until, report, steps};
use crate::world::{Hub, OSTIUM};

/// May this user mount something, where nobody else sees it?
pub(crate) fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    let may = tried.is_ok_and(|output| output.status.success());
    assert!(may || std::env::var_os("CI").is_none(), "mounting needs root");
    if !may {
        eprintln!("skipped: mounting needs root");
    }
    may
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_acknowledging_and_not_serving() {
    if !may_mount() {
        return;
    }
    let mut hub = Hub::new("full");
    let disk = hub.folder.join("state");
    std::fs::create_dir_all(&disk).unwrap();
    // A disk of its own, which goes with the process.
    let mut words = vec!["--mount".to_owned(), "sh".to_owned(), "-c".to_owned()];
    words.push("mount -t tmpfs -o size=6m,mode=700 tmpfs \"$0\" && exec \"$@\"".to_owned());
    words.extend([disk.to_str().unwrap().to_owned(), OSTIUM.to_owned()]);
    words.extend(hub.words());
    let mut command = Command::new("unshare");
    command.args(words);
    hub.start_by(command);
    let [acme, bolt] = [("acme", 64_500), ("bolt", 64_501)].map(|(o, n)| hub.member(o, n));
    hub.says(&["confirm", "c1.example", "--because", "a test"]);
    let mut watching = follower(&bolt);
    let mut open = steps(&bolt, &watching).await.unwrap();
    read_until(&mut open, &mut watching, |f| knows(f, "c1.example")).await;
    // Reports until there is no more room.
    let mut line = acme.connect().await.unwrap();
    let (to, from) = mpsc::channel(1);
    let mut receipts = line.report(ReceiverStream::new(from)).await.unwrap().into_inner();
    let (mut durable, mut size) = (0, 500);
    let full = loop {
        let names = (durable + 1..=durable + size).map(|n| report(&format!("n{n}.example")));
        let batch = wire::Batch { first: durable + 1, reports: names.collect(), urgent: false };
        to.send(batch).await.unwrap();
        let receipt = tokio::time::timeout(PATIENCE, receipts.message()).await.unwrap();
        let receipt = receipt.unwrap().unwrap();
        if receipt.wait_ms > 0 && size == 1 {
            break receipt;
        }
        if receipt.wait_ms > 0 {
            // Fewer may still fit.
            assert_eq!(receipt.durable, durable);
            size = (size / 10).max(1);
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            continue;
        }
        assert_eq!(receipt.durable, durable + size);
        durable = receipt.durable;
        assert!(durable < 1_000_000, "the disk is never full");
    };
    assert_eq!(full.durable, durable, "what was acknowledged stays, and nothing more is");
    // It says so, answers, and followers hear that it lives.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let status = hub.json(&["status"]);
    assert!(!status["trouble"].is_null(), "{status}");
    assert!(hub.says(&["status"]).contains("nothing is taken"));
    let mut late = follower(&acme);
    follow(&acme, &mut late, |f| knows(f, "c1.example") && f.is_fresh(now_ms())).await;
    // Room comes, and all goes on.
    let pid = hub.pid().to_string();
    let larger = Command::new("nsenter")
        .args(["--target", &pid, "--mount", "mount", "-o", "remount,size=256m"])
        .arg(&disk)
        .output()
        .unwrap();
    assert!(larger.status.success(), "{}", String::from_utf8_lossy(&larger.stderr));
    let gone_on = async {
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let reports = vec![report("after.example")];
            let batch = wire::Batch { first: durable + 1, reports, urgent: true };
            to.send(batch).await.unwrap();
            let receipt = receipts.message().await.unwrap().unwrap();
            if receipt.durable == durable + 1 {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, gone_on).await.unwrap();
    assert!(hub.json(&["status"])["trouble"].is_null());
    hub.stop();
}
