//! IPv6 is as IPv4: the same beacon and the same flood, by the same program, once by each.

use std::time::Duration;

use ostium_lab::{programs_or_skip, wait_for};

use crate::sensor::of_host;
use crate::services::Web;
use crate::site::{Site, address, address_6};

const PATIENCE: Duration = Duration::from_secs(90);
const CONFIG: &str = "mode = 'block'\n[enforce]\nquarantine = true\nresolvers = ['10.77.0.1']\n\
    [garden]\nresolvers = ['10.77.0.1']\n";
/// Opens connections to a closed port, 150 a second for eight seconds, and no more.
const FLOOD: &str = "\
import socket,sys,time
to=(sys.argv[1],81); family=socket.AF_INET6 if ':' in to[0] else socket.AF_INET
for n in range(1200):
    s=socket.socket(family); s.setblocking(False); s.connect_ex(to); time.sleep(1/150); s.close()
";
/// Calls 90 times, every second and a half: a bare address, whose certificate lasts ten years and
/// has signed itself.
const BEACON: &str = "for n in $(seq 90); do \
    curl -sk --no-alpn -m 2 -A '' -H 'Accept:' -o /dev/null https://$0/poll; sleep 1.5; done";

#[test]
fn a_beacon_and_a_flood_by_ipv6_are_found_as_by_ipv4() {
    if !programs_or_skip(&["nginx", "openssl", "curl", "python3"]) {
        return;
    }
    let Some(mut site) = Site::new("families", 4) else { return };
    site.outside_has(&["2001:db8:1::60", "2001:db8:1::61"]);
    site.web(&[
        Web { name: "four", at: &["198.51.100.60"], of_bots: true },
        Web { name: "six", at: &["[2001:db8:1::60]"], of_bots: true },
    ]);
    let _sensor = site.sensor("lan0", CONFIG, &[]);
    let inside = site.inside.clone();
    for (host, name) in [(&inside[0], "198.51.100.60"), (&inside[1], "[2001:db8:1::60]")] {
        site.go_on(host, "sh", &["-c", BEACON, name]);
    }
    for (host, victim) in [(&inside[2], "198.51.100.61"), (&inside[3], "2001:db8:1::61")] {
        site.go_on(host, "python3", &["-c", FLOOD, victim]);
    }
    let hosts = [address(0), address_6(1), address(2), address_6(3)];
    let all = || hosts.iter().all(|host| site.infected(host));
    let said = |site: &Site| format!("{}\n{}", site.said(&["status"]), site.report());
    assert!(wait_for(PATIENCE, all), "{}", said(&site));
    let report = site.report();
    for (four, six, detector) in [(0, 1, "beacon"), (2, 3, "flood")] {
        let found = [four, six].map(|n| {
            let (verdict, evidence) = of_host(&report, &hosts[n]);
            assert!(evidence.iter().any(|(name, _)| name == detector), "{evidence:?}");
            let detectors: Vec<String> = evidence.into_iter().map(|(name, _)| name).collect();
            (verdict, detectors)
        });
        assert_eq!(found[0], found[1]);
    }
    let wanted = [
        "198.51.100.60".to_owned(),
        "2001:db8:1::60".to_owned(),
        format!("host:{}", hosts[0]),
        format!("host:{}", hosts[1]),
        format!("host:{}", hosts[2]),
        format!("host:{}", hosts[3]),
    ];
    let blocked = || wanted.iter().all(|target| site.blocked(target));
    assert!(wait_for(PATIENCE, blocked), "{:?} {}", site.blocks(), site.log());
    let page = |n: usize, at: &str| {
        let page = format!("http://{at}/");
        inside[n].run("curl", &["-s", "-m", "2", "-o", "/dev/null", &page]).is_ok()
    };
    assert!(!page(0, "198.51.100.60") && !page(1, "[2001:db8:1::60]"));
    // An address is stopped for everybody.
    assert!(!page(2, "198.51.100.60") && !page(3, "[2001:db8:1::60]"));
}
