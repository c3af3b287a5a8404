//! A tunnel by real programs: iodine through the site's own resolver, with data in it, until the
//! sensor has named it and the resolver (BIND) refuses its name.

use std::time::{Duration, Instant};

use ostium_lab::{programs_or_skip, wait_for};

use crate::site::{Site, address};
use crate::{SOON, sensor::of_host, services::noise};

const PATIENCE: Duration = Duration::from_secs(90);
const CONFIG: &str = "mode = 'block'
[enforce]
resolvers = ['10.77.0.1']
[rpz]
listen = ['127.0.0.1:5353']
[[rpz.resolver]]
address = '127.0.0.1'
";
const RPZ: &str = "response-policy { zone \"rpz.ostium\"; } min-update-interval 0 \
    qname-wait-recurse no;";
/// Counts the questions that arrive at the tunnel's other end.
const COUNT: &str = "table ip count {
 chain arrive {
  type filter hook input priority 0;
  ip daddr 203.0.113.9 udp dport 53 counter
 }
}
";
const ZONES: &str = "zone \".\" { type hint; file \"hints\"; };
zone \"rpz.ostium\" { type secondary; file \"rpz.db\"; allow-notify { 127.0.0.1; };
  primaries { 127.0.0.1 port 5353; }; };
";
const NAMES: &str = "shop.example. A 198.51.100.20\nt.far-away.net. NS ns.far-away.net.\n\
    ns.far-away.net. A 203.0.113.9\n";
const ZONE: &str = "t.far-away.net";

#[test]
fn a_real_tunnel_is_named_and_its_name_refused() {
    if !programs_or_skip(&["named", "nginx", "curl", "dig", "ping", "nft", "iodine", "iodined"]) {
        return;
    }
    let Some(mut site) = Site::new("tunnel", 2) else { return };
    site.names(NAMES);
    site.write("hints", ". 3600 NS a.world.\na.world. 3600 A 192.0.2.53\n");
    site.resolver_with(RPZ, ZONES);
    let _sensor = site.sensor("lan0", CONFIG, &[]);
    let (inside, outside) = (site.inside[0].clone(), site.outside.clone());
    let words = ["-f", "-c", "-P", "secret", "-l", "203.0.113.9", "10.99.0.1/24", ZONE];
    site.go_on(&outside, "iodined", &words);
    site.outside_listens("203.0.113.9:53");
    let begun = Instant::now();
    site.go_on(&inside, "iodine", &["-f", "-r", "-P", "secret", "10.77.0.1", ZONE]);
    let pings = || inside.run("ping", &["-c", "1", "-W", "1", "10.99.0.1"]).is_ok();
    // It may be refused before it is open for long, so that data are asked for at once.
    let opened = wait_for(SOON, pings);
    assert!(opened, "the tunnel carries data: {}", site.log_of("iodine"));
    site.write("far/index.html", "");
    std::fs::write(site.path("far/index.html"), noise(2_000)).unwrap();
    site.nginx("far", &outside, "server { listen 10.99.0.1:80; root FOLDER/far; }\n");
    let get = ["-s", "-m", "9", "-o", "/dev/null", "-w", "%{size_download}", "http://10.99.0.1/"];
    let carried = || inside.run("curl", &get).is_ok_and(|size| size == "2000");
    let carried = wait_for(Duration::from_secs(5), carried);

    let named = || site.log().contains(&format!("{} is infected", address(0)));
    assert!(wait_for(PATIENCE, named), "{} {}", site.report(), site.log());
    let named = begun.elapsed();
    assert!(wait_for(SOON, || site.blocked("far-away.net")), "{}", site.said(&["status"]));
    let closed = || !pings();
    assert!(wait_for(PATIENCE, closed), "the resolver refuses it: {}", site.said(&["status"]));
    let closed = begun.elapsed();
    // Not even a question arrives: what a tunnel says in its names stays here. What was asked before
    // is sent again by BIND for ten seconds.
    std::thread::sleep(Duration::from_secs(12));
    let rules = site.write("count.nft", COUNT);
    outside.run("nft", &["-f", &rules]).unwrap();
    for n in 0..5 {
        let name = format!("anything{n}.{ZONE}");
        let asked = inside.run("dig", &["+tries=1", "+time=2", &name]).unwrap();
        assert!(asked.contains("NXDOMAIN"), "{asked}");
    }
    let heard = outside.run("nft", &["list", "table", "ip", "count"]).unwrap();
    assert!(heard.contains("packets 0 "), "{heard}");
    let other = site.inside[1].run("dig", &["+short", "shop.example"]).unwrap();
    assert!(other.contains("198.51.100.20"), "others ask as before: {other}");
    // The client asks on, with short names; what it did is not undone by that.
    std::thread::sleep(Duration::from_secs(5));
    let (verdict, evidence) = of_host(&site.report(), &address(0));
    assert!(evidence.iter().any(|(name, _)| name == "dns-tunnel"), "{evidence:?}");
    assert_eq!(verdict, "infected", "{evidence:?}");
    // Every question of a tunnel is a new name, but no news.
    let told = site.log().matches("asked the DNS for").count();
    assert!(told <= 2, "{told} lines: {}", site.log());
    eprintln!(
        "tunnel: named after {:.0} s, closed after {:.0} s, page carried before: {carried}; {evidence:?}",
        named.as_secs_f64(),
        closed.as_secs_f64()
    );
}
