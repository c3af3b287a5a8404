//! Long runs: a day of event time by replay, and live minutes (`OSTIUM_SOAK=300` for five; 20
//! seconds when it is not set).

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use ostium_lab::{Running, wait_for};
use serde_json::Value;

use crate::bots::{SOON, bots, outside, scenario};
use crate::gateway::Gateway;
use crate::{OSTIUM, folder};

/// What the program, its lists and blocks of packets take besides `memory`.
const BESIDES: u64 = 160 << 20;

/// People who fetch something again and again, of different lengths, at different places.
const PEOPLE: &str = "\
import random,socket,sys,threading,time
end=time.time()+float(sys.argv[1])
def person(n):
    chance=random.Random(n)
    while time.time()<end:
        try:
            s=socket.create_connection((chance.choice(['198.51.100.7','198.51.100.8','198.51.100.9','2001:db8:1::7']),80),2)
            for _ in range(chance.randint(1,6)):
                s.sendall(bytes(chance.randint(50,1400))); s.recv(4096); time.sleep(chance.random()*0.1)
            s.close()
        except OSError: pass
        time.sleep(chance.random()*0.5)
all=[threading.Thread(target=person,args=(n,)) for n in range(8)]
[t.start() for t in all]; [t.join() for t in all]
";

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn strings(value: &Value) -> BTreeSet<String> {
    let all = value.as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_day_is_replayed_within_its_memory_and_names_who_is_infected() {
    let folder = folder("day");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (day, socket) = (path("day.pcap"), path("s"));
    let run = |words: &[&str]| {
        let output = Command::new(OSTIUM).args(words).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["synth", "demo", "--days", "1", "--out", &day]);
    let labels = std::fs::read_to_string(path("day.toml")).unwrap();
    let labels: toml::Table = labels.parse().unwrap();
    let case = |key: &str| serde_json::to_value(&labels["case"][0][key]).unwrap();
    let home = strings(&case("home")).into_iter().next().unwrap();

    let mut command = Command::new(OSTIUM);
    command.args(["sensor", "--replay", &day, "--home", &home, "--mode", "simulate"]);
    std::fs::write(path("sensor.toml"), "memory = \"64MiB\"\n").unwrap();
    command.args([
        "--config",
        &path("sensor.toml"),
        "--state",
        &path("state"),
        "--socket",
        &socket,
    ]);
    // Into files: a pipe that nobody reads would hold it up.
    let (out, err) = (path("report.json"), path("err"));
    command.args(["--format", "json"]).stdout(std::fs::File::create(&out).unwrap());
    let mut child = command.stderr(std::fs::File::create(&err).unwrap()).spawn().unwrap();
    let (mut most, mut asked) = (0, 0);
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        let words = ["status", "--format", "json", "--socket", &socket];
        let output = Command::new(OSTIUM).args(words).output().unwrap();
        if let Ok(status) = serde_json::from_slice::<Value>(&output.stdout) {
            most = most.max(number(&status["memory"]));
            asked += 1;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(ended.success(), "{}", std::fs::read_to_string(err).unwrap());
    let report: Value = serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap();
    let infected = report["hosts"].as_array().unwrap().iter();
    let infected = infected.filter(|host| host["verdict"] == "infected");
    let infected: BTreeSet<String> =
        infected.map(|host| host["host"].as_str().unwrap().to_owned()).collect();
    assert_eq!(infected, strings(&case("infected")));
    assert!(asked > 3, "it answers while it works: {asked}");
    assert!(most < (64 << 20) + BESIDES, "{most} bytes");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn live_minutes_lose_nothing_grow_nothing_and_are_answered() {
    let Some(all) = Gateway::new("soak") else { return };
    let seconds = std::env::var("OSTIUM_SOAK").ok().and_then(|text| text.parse().ok());
    let seconds: u64 = seconds.unwrap_or(20);
    let scenario = scenario(&all.folder);
    let _outside = outside(&all.outside, &scenario, seconds + 60);
    let config = all.path("sensor.toml");
    std::fs::write(&config, "checkpoint = \"5s\"\nmemory = \"64MiB\"\nmode = \"simulate\"\n")
        .unwrap();
    let sensor = all.sensor(&["--config", &config]);
    let length = format!("{seconds}s");
    let mut going = [
        all.inside.start("python3", &["-c", PEOPLE, &seconds.to_string()]).unwrap(),
        all.inside.start(OSTIUM, &bots(&scenario, &length)).unwrap(),
    ];
    let mut seen = Vec::new();
    while going.iter_mut().any(Running::is_going) {
        let status = all.status();
        seen.push((number(&status["packets"]), number(&status["memory"])));
        std::thread::sleep(Duration::from_millis(500));
    }
    let status = all.status();
    let (packets, memory) = (number(&status["packets"]), number(&status["memory"]));
    eprintln!("{seconds} s: {packets} packets, {memory} bytes of memory, {}", status["dropped"]);
    assert!(packets > 50 * seconds, "{packets}");
    assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0), "counts only rise: {seen:?}");
    for row in status["interfaces"].as_array().unwrap() {
        assert_eq!((&row["dropped"], &row["up"]), (&0.into(), &true.into()), "{row}");
    }
    assert_eq!(status["shed_packets"], 0);
    let half = seen[seen.len() / 2].1;
    assert!(memory < half + (16 << 20), "{half} bytes at half time, {memory} at the end");
    let named = || status["hosts"].as_array().unwrap().iter().any(|row| row["host"] == "10.0.0.2");
    assert!(named(), "{}", status["hosts"]);
    let report = std::fs::read_dir(all.folder.join("state/behaviour")).unwrap().count();
    assert!(report > 0, "what was learned is kept");
    sensor.signal("TERM").unwrap();
    assert!(sensor.finish(SOON).unwrap().status.success());
    assert!(wait_for(SOON, || !all.folder.join("s").exists()));
}
