//! Keys that change while sensors follow, backups, and what is damaged.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;

use crate::sensors::{follow, follower, knows, read_until, send, steps};
use crate::world::{Hub, bad, good};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_go_on_through_every_change_of_the_keys() {
    let mut hub = Hub::started("rotate");
    let (acme, other) = (hub.member("acme", 64_500), hub.member("globex", 64_501));
    let mut watching = follower(&acme);
    let mut open = steps(&acme, &watching).await.unwrap();
    hub.says(&["confirm", "c1.example", "--because", "a test"]);
    read_until(&mut open, &mut watching, |f| knows(f, "c1.example")).await;
    // One that is away meanwhile.
    let mut away = follower(&other);
    follow(&other, &mut away, |f| knows(f, "c1.example")).await;
    hub.says(&["confirm", "c2.example", "--because", "a test"]);
    read_until(&mut open, &mut watching, |f| knows(f, "c2.example")).await;
    let before = hub.json(&["status"])["keys"].clone();
    let show = |hub: &Hub| good(&["show"], &hub.keys(&["root", "show"]));
    assert!(show(&hub).contains("its key is on this machine"), "{}", show(&hub));

    // Rotated while it runs: the same history, the same stream.
    good(&["rotate"], &hub.keys(&["root", "rotate"]));
    let after = hub.json(&["status"])["keys"].clone();
    assert_ne!(after["online"], before["online"]);
    assert_eq!(after["epoch"], before["epoch"]);
    assert!(after["serial"].as_u64() > before["serial"].as_u64());
    hub.says(&["confirm", "c3.example", "--because", "a test"]);
    read_until(&mut open, &mut watching, |f| knows(f, "c3.example")).await;
    assert_eq!((watching.at().epoch, watching.at().seq), (1, 3));
    // What the old key had signed, who was away is told anew by the new one.
    follow(&other, &mut away, |f| knows(f, "c3.example")).await;
    assert_eq!(away.at(), watching.at());

    // After a theft, while it runs: another history, with the set as it is.
    good(&["recover"], &hub.keys(&["root", "recover"]));
    read_until(&mut open, &mut watching, |f| f.at().epoch == 2).await;
    assert!(["c1", "c2", "c3"].iter().all(|n| knows(&watching, &format!("{n}.example"))));
    hub.says(&["confirm", "c4.example", "--because", "a test"]);
    read_until(&mut open, &mut watching, |f| knows(f, "c4.example")).await;
    drop(open);

    // The root leaves the machine; without it nothing is certified, and with it all is, offline too.
    let stick = hub.folder.join("stick.key");
    let stick = stick.to_str().unwrap();
    good(&["export"], &hub.keys(&["root", "export", stick]));
    assert!(!hub.state().join("root.key").exists());
    assert!(bad(&hub.keys(&["root", "rotate"])).contains("--root FILE"));
    assert!(hub.stop().success());
    assert!(show(&hub).contains("its key is not on this machine"));
    assert!(bad(&hub.keys(&["root", "rotate"])).contains("--root FILE"));
    good(&["rotate"], &hub.keys(&["root", "rotate", "--root", stick]));
    hub.start();
    follow(&acme, &mut watching, |f| f.is_fresh(crate::sensors::now_ms())).await;
    follow(&other, &mut away, |f| knows(f, "c4.example")).await;
    assert_eq!((watching.at(), watching.at().epoch), (away.at(), 2));

    // Another root: both sign, and the old one signs nothing more.
    let new = hub.folder.join("new.key");
    let new = new.to_str().unwrap();
    good(&["change"], &hub.keys(&["root", "change", "--root", stick, "--to", new]));
    let refused = bad(&hub.keys(&["root", "rotate", "--root", stick]));
    assert!(refused.contains("another root"), "{refused}");
    good(&["rotate"], &hub.keys(&["root", "rotate", "--root", new]));
    hub.says(&["confirm", "c5.example", "--because", "a test"]);
    follow(&acme, &mut watching, |f| knows(f, "c5.example")).await;
    let bolt = hub.member("bolt", 64_501);
    let mut late = follower(&bolt);
    follow(&bolt, &mut late, |f| knows(f, "c5.example")).await;
    assert_eq!(late.at(), watching.at());
    let what = hub.json(&["audit"]).to_string();
    for wanted in ["rotate", "recover", "change root"] {
        assert!(what.contains(wanted), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_comes_back_and_nobody_is_led_into_the_past() {
    let mut hub = Hub::started("backup");
    let [acme, bolt] = [("acme", 64_500), ("bolt", 64_501)].map(|(o, n)| hub.member(o, n));
    for member in [&acme, &bolt] {
        send(member, 1, &["old.example"]).await;
    }
    let backup = hub.folder.join("backup.db");
    let file = backup.to_str().unwrap();
    let said = hub.says(&["backup", file]);
    assert!(said.contains("the keys are not"), "{said}");
    assert!(bad(&hub.ask(&["backup", file])).contains("there already"));
    assert!(bad(&hub.ask(&["backup", "/nonexistent/b.db"])).contains("cannot make"));
    let mode = fs::metadata(&backup).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "it holds what organisations reported");
    for member in [&acme, &bolt] {
        assert_eq!(send(member, 2, &["new.example", "newer.example"]).await, 3);
    }
    let mut watching = follower(&acme);
    follow(&acme, &mut watching, |f| knows(f, "newer.example")).await;
    let ahead = watching.at();
    hub.stop();
    // A page in the middle is overwritten: the hub does not start, and says what to do.
    let database = hub.state().join("hub.db");
    let mut damaged = fs::File::options().write(true).open(&database).unwrap();
    damaged.seek(SeekFrom::Start(4_096)).unwrap();
    damaged.write_all(&[0xa5; 8_192]).unwrap();
    drop(damaged);
    let words = hub.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let why = bad(&crate::world::run(&words));
    assert!(why.contains("is damaged") && why.contains("ostium hub restore"), "{why}");
    // What is no backup changes nothing.
    let broken = hub.folder.join("broken.db");
    let mut bytes = fs::read(&backup).unwrap();
    bytes[4_096..12_288].fill(0xa5);
    fs::write(&broken, bytes).unwrap();
    let was = fs::read(&database).unwrap();
    for (file, wanted) in
        [(broken.to_str().unwrap(), "no backup"), ("/nonexistent", "no such file")]
    {
        let why = bad(&hub.keys(&["restore", file]));
        assert!(why.contains(wanted), "{why}");
    }
    assert_eq!(fs::read(&database).unwrap(), was);
    let other = Hub::started("other-root");
    let theirs = other.state().join("root.key");
    let why = bad(&hub.keys(&["restore", file, "--root", theirs.to_str().unwrap()]));
    assert!(why.contains("another root"), "{why}");
    assert_eq!(fs::read(&database).unwrap(), was);
    let said = good(&["restore"], &hub.keys(&["restore", file]));
    assert!(said.contains("2 organisations, 2 sensors") && said.contains("old database"), "{said}");
    hub.start();
    // Who was further than the backup is led on in a new history, and not back in the old one.
    follow(&acme, &mut watching, |f| f.at().epoch > ahead.epoch && knows(f, "old.example")).await;
    assert!(!knows(&watching, "new.example"));
    // Sensors go on where the hub is now: what it lost is a gap to it.
    for member in [&acme, &bolt] {
        assert_eq!(send(member, 4, &["next.example"]).await, 4);
    }
    follow(&acme, &mut watching, |f| knows(f, "next.example")).await;
    assert_eq!(hub.json(&["status"])["lost"], 4);
}
