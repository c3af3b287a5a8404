//! The dashboard's queries, asked of a real Prometheus that scrapes a running sensor.

use std::time::Duration;

use ostium_lab::{Running, programs_or_skip, wait_for};
use serde_json::Value;

use crate::OSTIUM;
use crate::gateway::Gateway;

const SOON: Duration = Duration::from_secs(20);
/// A rate needs some samples.
const ANSWERED: Duration = Duration::from_secs(60);
const DASHBOARD: &str = include_str!("../../../../packaging/grafana/ostium-sensor.json");
/// All that has metrics of its own is there: a zone, a hub, an interface.
const SENSOR: &str = "mode = 'block'
metrics = '127.0.0.1:9187'
[rpz]
listen = ['127.0.0.1:5353']
[[rpz.resolver]]
address = '127.0.0.1'
";
const PROMETHEUS: &str = "global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: ostium
    static_configs: [{ targets: ['127.0.0.1:9187'] }]
";
/// Asks Prometheus each line of a file, and says what it answers, a line each.
const ASK: &str = "\
import sys,urllib.parse,urllib.request,urllib.error
for line in open(sys.argv[1]):
    at='http://127.0.0.1:9090/api/v1/query?'+urllib.parse.urlencode({'query':line.strip()})
    try: print(urllib.request.urlopen(at,timeout=5).read().decode())
    except urllib.error.HTTPError as error: print(error.read().decode())
";
/// A packet between two others, that does not belong here: it is counted as let go.
const FOREIGN: &str = "\
import socket
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
s.bind(('203.0.113.9',0)); s.sendto(b'passing through',('198.51.100.7',9))
";

/// What each panel asks, with Grafana's variables filled in.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let filled = |target: &Value| {
        let query = target["expr"].as_str().unwrap();
        query.replace("$instance", ".+").replace("$__rate_interval", "10s")
    };
    targets.map(filled).collect()
}

/// A hub of the site's own, which the sensor has joined.
fn joined(all: &Gateway) -> Running {
    let (state, socket) = (all.path("hub"), all.path("hub.sock"));
    let words = ["hub", "--state", &state, "--socket", &socket, "--listen", "127.0.0.1:9443"];
    let hub = all.gateway.start(OSTIUM, &words).unwrap();
    let ask = |words: &[&str]| {
        let mut command = all.gateway.command(OSTIUM);
        command.arg("hub").args(words).args(["--socket", &socket]).output().unwrap()
    };
    assert!(wait_for(SOON, || ask(&["status"]).status.success()), "the hub answers");
    let line = String::from_utf8(ask(&["invite", "acme"]).stdout).unwrap();
    let words = ["join", line.trim(), "--state", &all.path("state"), "--sensor", "gate"];
    all.gateway.run(OSTIUM, &words).unwrap();
    hub
}

#[test]
fn every_query_of_the_dashboard_is_answered_by_a_real_prometheus() {
    if !programs_or_skip(&["prometheus"]) {
        return;
    }
    let Some(all) = Gateway::new("dashboard") else { return };
    let _hub = joined(&all);
    let config = all.path("sensor.toml");
    std::fs::write(&config, SENSOR).unwrap();
    let _sensor = all.sensor(&["--config", &config]);
    let scrape = all.path("prometheus.yml");
    std::fs::write(&scrape, PROMETHEUS).unwrap();
    let words = [
        &format!("--config.file={scrape}"),
        &format!("--storage.tsdb.path={}", all.path("tsdb")),
        "--web.listen-address=127.0.0.1:9090",
        "--log.level=error",
    ];
    let _prometheus = all.gateway.start("prometheus", &words).unwrap();
    all.inside.address("eth0", "203.0.113.9/32").unwrap();

    let asked = queries();
    assert!(asked.len() > 20, "the dashboard asks: {asked:?}");
    let list = all.path("queries");
    std::fs::write(&list, asked.join("\n")).unwrap();
    let mut wrong = Vec::new();
    let all_answered = wait_for(ANSWERED, || {
        all.inside.run("python3", &["-c", FOREIGN]).unwrap();
        all.reaches_at_once("198.51.100.7", 80, "hello");
        // Until Prometheus listens there is no answer at all.
        let said = all.gateway.run("python3", &["-c", ASK, &list]).unwrap_or_default();
        let answers = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let answers: Vec<Value> = answers.collect();
        let is_whole = |answer: &Value| {
            let rows = answer["data"]["result"].as_array();
            answer["status"] == "success" && rows.is_some_and(|rows| !rows.is_empty())
        };
        let pairs = asked.iter().zip(&answers).filter(|(_, answer)| !is_whole(answer));
        wrong = pairs.map(|(query, answer)| format!("{query}: {answer}")).collect();
        answers.len() == asked.len() && wrong.is_empty()
    });
    assert!(all_answered, "not answered: {wrong:#?}");
}
