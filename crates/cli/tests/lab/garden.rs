//! Quarantine: an infected host reaches names and the walled garden, and nothing else does more.

use std::time::Duration;

use ostium_lab::{programs_or_skip, wait_for};

use crate::services::Web;
use crate::site::{Site, address, listens};

const PATIENCE: Duration = Duration::from_secs(90);
const CONFIG: &str = "mode = 'block'\n[enforce]\nquarantine = true\nresolvers = ['10.77.0.1']\n\
    [garden]\nresolvers = ['10.77.0.1']\nweb = ['10.77.0.1:8080']\n";
/// Knocks at 60 doors, as a worm does.
const SCAN: &str = "\
import socket
for n in range(1,61):
    s=socket.socket(); s.settimeout(.2); s.connect_ex((f'203.0.113.{n}',23)); s.close()
";

#[test]
fn a_host_in_quarantine_reaches_names_and_the_garden_alone() {
    if !programs_or_skip(&["named", "nginx", "openssl", "curl", "dig", "python3"]) {
        return;
    }
    let Some(mut site) = Site::new("garden", 2) else { return };
    site.names("shop.example. A 198.51.100.20\n");
    site.resolver(None);
    site.web(&[Web { name: "shop.example", at: &["198.51.100.20"], of_bots: false }]);
    site.write("garden/index.html", "This computer is in quarantine.\n");
    let gateway = site.gateway.clone();
    site.nginx("garden", &gateway, "server { listen 10.77.0.1:8080; root FOLDER/garden; }\n");
    listens(&gateway, "10.77.0.1:8080");
    let _sensor = site.sensor("lan0", CONFIG, &[]);
    let get = |n: usize, page: &str| {
        site.inside[n].run("curl", &["-sk", "-m", "3", page]).unwrap_or_default()
    };
    let asks = |n: usize| site.inside[n].run("dig", &["+short", "+time=2", "shop.example"]);
    for n in 0..2 {
        assert!(get(n, "http://shop.example/").contains("pic.png"));
    }

    site.inside[0].run("python3", &["-c", SCAN]).unwrap();
    let host = format!("host:{}", address(0));
    assert!(wait_for(PATIENCE, || site.blocked(&host)), "{} {}", site.status(), site.log());
    assert!(asks(0).unwrap().contains("198.51.100.20"), "it may ask for names");
    for page in ["http://shop.example/", "http://198.51.100.20/", "http://203.0.113.77/any"] {
        let shown = get(0, page);
        assert!(page.ends_with("any") || shown.contains("in quarantine"), "{page}: {shown}");
        assert!(!shown.contains("pic.png"), "{page}: {shown}");
    }
    assert_eq!(get(0, "https://shop.example/"), "", "not even encrypted");
    let pings = |n: usize| site.inside[n].run("ping", &["-c1", "-W1", "198.51.100.20"]).is_ok();
    let scans = site.inside[0].run("curl", &["-s", "-m", "2", "telnet://198.51.100.20:443"]);
    assert!(!pings(0) && scans.is_err());
    // The other machine is as it was.
    assert!(get(1, "http://shop.example/").contains("pic.png"));
    assert!(get(1, "https://shop.example/").contains("pic.png"));
    assert!(pings(1) && asks(1).unwrap().contains("198.51.100.20"));

    site.said(&["release", &host, "--because", "clean again"]);
    let back = || get(0, "https://shop.example/").contains("pic.png");
    assert!(wait_for(PATIENCE, back), "{}", site.said(&["status"]));
}
