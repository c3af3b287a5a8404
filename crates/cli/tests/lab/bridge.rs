//! A sensor on a transparent bridge: it listens at one port, and blocks what passes from port to
//! port, of both families.

use ostium_lab::{programs_or_skip, wait_for};

use crate::SOON;
use crate::services::Web;
use crate::site::{Site, bridged};

const CONFIG: &str = "mode = 'block'\n[enforce]\nbridge = true\n";
const KNOWN: [&str; 2] = ["198.51.100.66", "2001:db8:1::66"];
const OTHERS: [&str; 2] = ["198.51.100.67", "2001:db8:1::67"];

#[test]
fn a_transparent_bridge_blocks_what_is_known() {
    if !programs_or_skip(&["nginx", "openssl", "curl"]) {
        return;
    }
    let Some(mut site) = bridged("bridge") else { return };
    site.outside_has(&[KNOWN[1], OTHERS[1]]);
    site.web(&[
        Web { name: "known.example", at: &[KNOWN[0], "[2001:db8:1::66]"], of_bots: false },
        Web { name: "other.example", at: &[OTHERS[0], "[2001:db8:1::67]"], of_bots: false },
    ]);
    let page = |site: &Site, at: &str| {
        let at = if at.contains(':') { format!("[{at}]") } else { at.to_owned() };
        let page = format!("https://{at}/");
        site.inside[0].run("curl", &["-sk", "-m", "2", "-o", "/dev/null", &page]).is_ok()
    };
    for at in KNOWN.iter().chain(&OTHERS) {
        assert!(wait_for(SOON, || page(&site, at)), "{at} is reached without a sensor");
    }
    let before = site.foreign_rules();
    let known = site.write("known.txt", &(KNOWN.join("\n") + "\n"));
    let _sensor = site.sensor("p0", CONFIG, &["--intel", &known]);
    for at in KNOWN {
        assert!(!page(&site, at), "{at} is blocked: {}", site.said(&["status"]));
    }
    for at in OTHERS {
        assert!(page(&site, at), "{at} is not: {}", site.said(&["status"]));
    }
    let rules = site.gateway.run("nft", &["list", "table", "bridge", "ostium"]).unwrap();
    assert!(KNOWN.iter().all(|at| rules.contains(at)), "{rules}");
    assert_eq!(site.foreign_rules(), before);
    // What the sensor learns by watching a port: who called.
    let told = || {
        let said = site.said(&["status"]);
        ["calls 198.51.100.66", "calls [2001:db8:1::66]"].iter().all(|words| said.contains(words))
    };
    assert!(wait_for(SOON, told), "{}", site.said(&["status"]));
    site.said(&["block", OTHERS[0]]);
    site.said(&["block", OTHERS[1]]);
    assert!(OTHERS.iter().all(|at| !page(&site, at)));
    site.said(&["release", OTHERS[1]]);
    assert!(wait_for(SOON, || page(&site, OTHERS[1])) && !page(&site, OTHERS[0]));
}
