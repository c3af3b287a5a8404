//! Blocked names refused by a real resolver, which has them from the sensor.

use std::time::Duration;

use ostium_lab::{Running, wait_for};

use crate::gateway::Gateway;

/// BIND waits for half a minute and more when it asked before the zone was there.
const SOON: Duration = Duration::from_secs(90);
const SECRET: &str = "c2l4dGVlbiBieXRlcyBvciBtb3Jl";
const CONFIG: &str = r#"
mode = "block"
[allow]
names = ["fine.example"]
[rpz]
listen = ["127.0.0.1:5353"]
file = "FOLDER/rpz.zone"
[[rpz.resolver]]
address = "127.0.0.1"
key = "site"
secret-file = "FOLDER/secret"
"#;

/// BIND on the gateway, which knows all of `example`.
fn named(all: &Gateway) -> Running {
    let folder = all.folder.display();
    let zone = "$TTL 1\n@ SOA ns root 1 60 60 600 1\n@ NS ns\n* A 198.51.100.9\nns A 10.0.0.1\n";
    std::fs::write(all.path("example.db"), zone).unwrap();
    let config = format!(
        r#"
options {{
  directory "{folder}"; pid-file none; session-keyfile none; managed-keys-directory "{folder}";
  listen-on {{ 127.0.0.1; 10.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-query {{ any; }}; dnssec-validation no; notify no;
  response-policy {{ zone "rpz.ostium"; }} min-update-interval 0;
}};
controls {{ }};
key "site" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
zone "rpz.ostium" {{
  type secondary; file "rpz.db"; allow-notify {{ key site; }};
  primaries {{ 127.0.0.1 port 5353 key site; }};
}};
zone "example" {{ type primary; file "{folder}/example.db"; }};
"#
    );
    std::fs::write(all.path("named.conf"), config).unwrap();
    all.gateway.start("named", &["-g", "-n", "1", "-c", &all.path("named.conf")]).unwrap()
}

#[test]
fn a_real_resolver_refuses_what_the_sensor_blocks() {
    if !ostium_lab::programs_or_skip(&["named", "dig"]) {
        return;
    }
    let Some(all) = Gateway::new("names") else { return };
    let folder = all.folder.display().to_string();
    std::fs::write(all.path("secret"), format!("{SECRET}\n")).unwrap();
    let config = all.path("sensor.toml");
    std::fs::write(&config, CONFIG.replace("FOLDER", &folder)).unwrap();
    std::fs::write(all.path("known.txt"), "c2.example\n").unwrap();
    let _sensor = all.sensor(&["--config", &config, "--intel", &all.path("known.txt")]);
    let _named = named(&all);
    let says = |name: &str| {
        let words = ["@10.0.0.1", "+tries=1", "+time=1", "A", name];
        all.inside.run("dig", &words).unwrap_or_default()
    };
    let refused = |name: &str| wait_for(SOON, || says(name).contains("status: NXDOMAIN"));
    let answered = |name: &str| wait_for(SOON, || says(name).contains("198.51.100.9"));
    // Known from the start, with all below it; what is allowed is not.
    assert!(refused("www.c2.example"), "{}", says("www.c2.example"));
    assert!(answered("bad.example"));
    let refused_order = all.ask(&["block", "www.fine.example"]);
    assert!(String::from_utf8_lossy(&refused_order.stderr).contains("allow list"));

    all.said(&["block", "bad.example", "--because", "a test"]);
    assert!(refused("bad.example") && refused("deep.bad.example"));
    assert!(answered("good.example"));
    let told = || all.status()["zone"]["notified"].as_u64().unwrap() > 0;
    assert!(wait_for(SOON, told), "{}", all.status()["zone"]);
    assert_eq!(all.status()["zone"]["refused"], 0);
    let file = std::fs::read_to_string(all.path("rpz.zone")).unwrap();
    assert!(file.contains("bad.example") && file.contains("c2.example"), "{file}");
    assert!(all.said(&["status"]).contains("zone rpz.ostium serial"));

    all.said(&["release", "bad.example"]);
    assert!(answered("bad.example") && refused("c2.example"));
    all.said(&["allow", "c2.example"]);
    assert!(answered("www.c2.example"));

    // A site that no longer blocks has every name answered.
    all.said(&["block", "bad.example"]);
    assert!(refused("bad.example"));
    let observe = CONFIG.replace("FOLDER", &folder).replace("\"block\"", "\"observe\"");
    std::fs::write(&config, observe).unwrap();
    all.said(&["reload"]);
    assert!(answered("bad.example"));
}
