//! Every command of a hub's operator, in the order of a first day.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use ostium_control::Peer;
use ostium_uplink::{Invitation, MEMBERSHIP, Membership};

use crate::full::may_mount;
use crate::sensors::{follow, follower, knows, read_until, send, steps};
use crate::world::{Hub, OSTIUM, bad, good, join, run};

#[test]
fn a_hub_makes_itself_and_is_alone_in_its_folder() {
    let mut hub = Hub::started("alone");
    let said = hub.words_said();
    for wanted in [
        "made ",
        "root.key",
        "ostium hub root export",
        "listening at 127.0.0.1:",
        "ostium hub invite",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&hub.state()), 0o700);
    for file in ["root.key", "online.key", "authority.key"] {
        assert_eq!(mode(&hub.state().join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&hub.socket()), 0o660);
    let state = hub.state();
    let other = hub.folder.join("other.sock");
    let words = ["hub", "--state", state.to_str().unwrap(), "--socket", other.to_str().unwrap()];
    let second = bad(&run(&words));
    assert!(second.contains("a hub runs in") && second.contains("--state DIR"), "{second}");
    let restored = bad(&hub.keys(&["restore", "/nonexistent.db"]));
    assert!(restored.contains("stop it first"), "{restored}");
    assert!(hub.stop().success());
    assert!(!hub.socket().exists());
    let gone = bad(&hub.ask(&["status"]));
    assert!(gone.contains("no hub listens") && gone.contains("ostium hub"), "{gone}");
    // Started again it is the same hub.
    hub.start();
    assert_eq!(hub.words_said().matches("made ").count(), 1);
}

#[test]
fn sensors_join_by_a_line_once_and_keep_what_they_have() {
    let hub = Hub::started("join");
    let output = hub.ask(&["invite", "acme", "--sensors", "2", "--for", "1d"]);
    let line = good(&["invite"], &output);
    let hints = String::from_utf8(output.stderr).unwrap();
    assert!(hints.contains("2 sensors of acme") && hints.contains("weighs nothing"), "{hints}");
    assert_eq!(line.lines().count(), 1, "the line alone can be piped: {line}");
    let invitation: Invitation = line.parse().unwrap();
    assert!(invitation.hub.starts_with("127.0.0.1:"), "{}", invitation.hub);
    let kept = fs::read(hub.state().join("hub.db")).unwrap();
    let wal = fs::read(hub.state().join("hub.db-wal")).unwrap_or_default();
    let secret = invitation.secret.as_bytes();
    let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|some| some == secret);
    assert!(!holds(&kept) && !holds(&wal), "the hub keeps the hash alone");
    let [one, two, three] = ["one", "two", "three"].map(|name| hub.folder.join(name));
    let said = join(line.trim(), &one, &[]).unwrap();
    assert!(said.contains("gate of acme has joined"), "{said}");
    let member = Membership::load(&one.join(MEMBERSHIP)).unwrap().unwrap();
    assert_eq!((member.organisation.as_str(), member.sensor.as_str()), ("acme", "gate"));
    assert_eq!(member.hub, invitation.hub);
    // What it has is not lost by mistake.
    let again = join(line.trim(), &one, &[]).unwrap_err();
    assert!(again.contains("gate of acme") && again.contains("--again"), "{again}");
    // The name is taken, and that costs no invitation.
    let taken = join(line.trim(), &two, &[]).unwrap_err();
    assert!(taken.contains("exists already"), "{taken}");
    let words = ["join", line.trim(), "--state", two.to_str().unwrap(), "--sensor", "gate-2"];
    good(&words, &run(&words));
    // Both are used up.
    let words = ["join", line.trim(), "--state", three.to_str().unwrap(), "--sensor", "gate-3"];
    assert!(bad(&run(&words)).contains("ask for another one"));
    let sensors = hub.json(&["sensors"]);
    assert_eq!(sensors["rows"].as_array().unwrap().len(), 2, "{sensors}");
    // A hub that is not the one of the invitation, and one that is not there.
    let wrong = Invitation { print: [7; 32], ..invitation.clone() }.to_string();
    assert!(join(&wrong, &three, &[]).unwrap_err().contains("not the one of the invitation"));
    let gone = Invitation { hub: "127.0.0.1:1".to_owned(), ..invitation }.to_string();
    assert!(join(&gone, &three, &[]).unwrap_err().contains("cannot reach the hub"));
    assert!(join("hello", &three, &[]).unwrap_err().contains("ostium hub invite"));
    for (words, wanted) in [
        (vec!["invite", "17"], "is no number"),
        (vec!["invite", "hub"], "not 'hub'"),
        (vec!["invite", "acme", "--for", "1000d"], "90 days"),
        (vec!["vouch", "nobody", "1"], "ostium hub orgs"),
        (vec!["remove", "acme/nobody"], "ostium hub sensors"),
        (vec!["why", "c2.example"], "nobody has reported"),
        (vec!["confirm", "no value", "--because", "x"], "is no destination"),
        (vec!["confirm", "google.com", "--because", "x"], "rail"),
        (vec!["unexempt", "c2.example"], "is not exempt"),
        (vec!["exempt", "http://c2.example/a", "--because", "x"], "exempt its name"),
    ] {
        let why = bad(&hub.ask(&words));
        assert!(why.contains(wanted), "{words:?}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_report_arms_the_third_and_operators_have_the_last_word() {
    let mut hub = Hub::started("orders");
    let [acme, bolt, core] =
        [("acme", 64_500), ("bolt", 64_501), ("core", 64_502)].map(|(o, n)| hub.member(o, n));
    let mut third = follower(&core);
    let mut open = steps(&core, &third).await.unwrap();
    for member in [&acme, &bolt] {
        assert_eq!(send(member, 1, &["c2.example"]).await, 1);
    }
    read_until(&mut open, &mut third, |f| knows(f, "www.c2.example")).await;
    let status = hub.json(&["status"]);
    assert_eq!((&status["organisations"], &status["sensors"]), (&3.into(), &3.into()), "{status}");
    assert_eq!((&status["published"], &status["following"]), (&1.into(), &1.into()), "{status}");
    assert!(hub.says(&["status"]).contains("3 organisations, 3 sensors, 1 follow now"));
    tells_the_whole_case(&hub);
    // Orders, and each is followed at once.
    let said = hub.says(&["withdraw", "c2.example", "--because", "a sinkhole"]);
    assert!(said.contains("is withdrawn") && said.contains("a sinkhole"), "{said}");
    read_until(&mut open, &mut third, |f| !knows(f, "c2.example")).await;
    hub.says(&["confirm", "c9.example", "--because", "case 17"]);
    read_until(&mut open, &mut third, |f| knows(f, "c9.example")).await;
    hub.says(&["exempt", "c9.example", "--because", "our own"]);
    read_until(&mut open, &mut third, |f| !knows(f, "c9.example")).await;
    hub.says(&["unexempt", "c9.example"]);
    read_until(&mut open, &mut third, |f| knows(f, "c9.example")).await;
    hub.says(&["leave", "c2.example"]);
    changes_organisations(&hub);
    // The kill switch holds over a restart.
    let said = hub.says(&["kill", "--because", "wrong blocks everywhere"]);
    assert!(said.contains("are withdrawn"), "{said}");
    read_until(&mut open, &mut third, |f| f.table().is_empty()).await;
    drop(open);
    hub.kill();
    hub.start();
    let status = hub.says(&["status"]);
    assert!(
        status.contains("wrong blocks everywhere") && status.contains("hub resume"),
        "{status}"
    );
    assert_eq!(hub.json(&["status"])["published"], 0);
    hub.says(&["resume"]);
    follow(&core, &mut third, |f| knows(f, "c9.example")).await;
    notes_who_did_what(&hub);
}

/// Runs the command where this hub has the usual socket, and no sensor is.
fn at_home(hub: &Hub, words: &[&str]) -> Output {
    // Root's sockets are in /run, which is another one for this command alone.
    let script = "mount -t tmpfs tmpfs /run && mkdir /run/ostium && \
                  ln -s \"$0\" /run/ostium/hub.sock && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(hub.socket()).arg(OSTIUM).args(words);
    command.output().unwrap()
}

/// The whole case, by each way.
fn tells_the_whole_case(hub: &Hub) {
    let socket = hub.socket();
    let words = ["why", "c2.example", "--hub", "--socket", socket.to_str().unwrap()];
    let why = good(&words, &run(&words));
    for wanted in ["c2.example is confirmed", "acme", "bolt", "2 organisations in 2 networks"] {
        assert!(why.contains(wanted), "{wanted}: {why}");
    }
    assert_eq!(hub.says(&["why", "c2.example"]), why);
    if may_mount() {
        let asked = at_home(hub, &["why", "c2.example"]);
        assert_eq!(good(&["why"], &asked), why, "without a sensor it is the hub that is asked");
        // Where the hub knows nothing either, the sensor is what is missed.
        let failed = bad(&at_home(hub, &["why", "c99.example"]));
        assert!(failed.contains("sensor.sock"), "{failed}");
    }
    let case = hub.json(&["why", "c2.example"]);
    assert_eq!(case["votes"].as_array().unwrap().len(), 2, "{case}");
    assert!(case["votes"][0]["weight"].as_f64().unwrap() > 0.5, "{case}");
    let listed = hub.json(&["indicators", "--state", "confirmed"]);
    assert_eq!((&listed["in_all"], &listed["rows"][0]["value"]), (&1.into(), &"c2.example".into()));
}

fn changes_organisations(hub: &Hub) {
    // An organisation that says nothing any more, and one that is heard again.
    hub.says(&["silence", "bolt"]);
    let orgs = hub.json(&["orgs"]);
    let of = |name: &str| {
        let rows = orgs["rows"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!((&of("bolt")["weight"], &of("bolt")["silenced"]), (&0.0.into(), &true.into()));
    hub.says(&["silence", "bolt", "--end"]);
    hub.says(&["vouch", "bolt", "0.5"]);
    // Nobody has a member's own space blocked, not even an analyst.
    hub.says(&["confirm", "45.155.205.7", "--because", "case 18"]);
    assert_eq!(hub.json(&["why", "45.155.205.7"])["state"], "confirmed");
    hub.says(&["ranges", "bolt", "45.155.205.0/24"]);
    let case = hub.json(&["why", "45.155.205.7"]);
    assert_eq!(case["state"], "withdrawn");
    assert!(case["rail"].as_str().unwrap().contains("of member"), "{case}");
    let rail = bad(&hub.ask(&["confirm", "45.155.205.8", "--because", "x"]));
    assert!(rail.contains("rail"), "{rail}");
}

/// Who did it, and why.
fn notes_who_did_what(hub: &Hub) {
    let audit = hub.json(&["audit"]);
    let rows = audit["rows"].as_array().unwrap();
    let what: Vec<_> = rows.iter().rev().map(|row| row["what"].as_str().unwrap()).collect();
    let wanted = [
        "invite",
        "enrol",
        "invite",
        "enrol",
        "invite",
        "enrol",
        "withdraw",
        "confirm",
        "exempt",
        "unexempt",
        "leave",
        "silence",
        "hear again",
        "vouch",
        "confirm",
        "ranges",
        "kill",
        "resume",
    ];
    assert_eq!(what, wanted);
    let me = Peer::me().to_string();
    let by_hand = rows.iter().filter(|row| row["what"] != "enrol");
    assert!(by_hand.clone().count() > 0 && by_hand.clone().all(|row| row["who"] == me.as_str()));
    assert!(hub.says(&["audit", "--limit", "3"]).contains("wrong blocks everywhere"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_sensor_is_thrown_out() {
    let hub = Hub::started("removed");
    let [acme, bolt] = [("acme", 64_500), ("bolt", 64_501)].map(|(o, n)| hub.member(o, n));
    let mut watching = follower(&acme);
    let mut open = steps(&acme, &watching).await.unwrap();
    read_until(&mut open, &mut watching, |f| f.is_fresh(crate::sensors::now_ms())).await;
    let (to, from) = tokio::sync::mpsc::channel::<ostium_hub_api::Batch>(1);
    let from = tokio_stream::wrappers::ReceiverStream::new(from);
    let mut line = acme.connect().await.unwrap();
    let mut receipts = line.report(from).await.unwrap().into_inner();
    let said = hub.says(&["remove", "acme/gate", "--because", "stolen"]);
    assert!(said.contains("is removed"), "{said}");
    // Both streams end, though nothing was sent on them.
    let end = async {
        loop {
            match open.message().await {
                Ok(Some(_)) => {}
                other => break other.unwrap_err(),
            }
        }
    };
    let patience = crate::sensors::PATIENCE;
    let why = tokio::time::timeout(patience, end).await.unwrap();
    assert!(why.message().contains("removed"), "{why}");
    let why = tokio::time::timeout(patience, receipts.message()).await.unwrap().unwrap_err();
    assert!(why.message().contains("removed"), "{why}");
    drop(to);
    let refused = steps(&acme, &watching).await.unwrap_err();
    assert!(refused.message().contains("removed"), "{refused}");
    // Others stay, and one may join in its place under its name.
    follow(&bolt, &mut follower(&bolt), |f| f.is_fresh(crate::sensors::now_ms())).await;
    let line = hub.says(&["invite", "acme"]);
    join(line.trim(), &hub.folder.join("acme"), &["--again"]).unwrap();
    let rows = hub.json(&["sensors"]);
    let removed = rows["rows"].as_array().unwrap().iter().filter(|row| row["removed"] == true);
    assert_eq!(removed.count(), 1, "{rows}");
}

#[test]
fn a_policy_is_read_again_and_a_bad_one_is_refused() {
    let hub = Hub::new("policy");
    let path = hub.folder.join("policy.toml");
    let template = good(&["hub", "policy"], &run(&["hub", "policy"]));
    fs::write(&path, &template).unwrap();
    let mut hub = hub.with(&["--policy", path.to_str().unwrap()]);
    hub.start();
    let heard = |wanted: &str, hub: &Hub| {
        (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            hub.words_said().contains(wanted)
        })
    };
    fs::write(&path, template.replace("organisations = 2", "organisations = 1")).unwrap();
    hub.signal("HUP");
    assert!(heard("the old policy stays", &hub), "{}", hub.words_said());
    assert!(hub.words_said().contains("nobody alone"), "{}", hub.words_said());
    fs::write(&path, template.replace("organisations = 2", "organisations = 3")).unwrap();
    hub.signal("HUP");
    assert!(heard("is in force", &hub), "{}", hub.words_said());
    assert_eq!(hub.json(&["audit"])["rows"][0]["what"], "policy");
    hub.stop();
    // At a start it is refused.
    fs::write(&path, "organisations = 1\n").unwrap();
    let words = hub.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert!(bad(&run(&words)).contains("nobody alone"));
}
