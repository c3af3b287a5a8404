//! Knot Resolver: the file, which it reads again when it has been replaced.

use crate::serve::Serving;
use crate::site::{NAMES, RESOLVER, SENSOR, Site};

#[test]
fn knot_resolver_reads_the_file_again_when_it_is_replaced() {
    let Some(site) = Site::with(&["kresd", "dig"]) else { return };
    let file = site.folder.join("rpz.zone");
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, false, &file);
    serving.rules(&["evil.example"], &["fine.shared.evil.example"]);
    let hints = NAMES.map(|name| format!("hints.set('{name} 192.0.2.1')\n")).concat();
    let config = site.put(
        "kresd.conf",
        &format!(
            "net.listen('{RESOLVER}', 53, {{ kind = 'dns' }})\n\
             trust_anchors.remove('.')\n\
             modules = {{ 'hints > iterate', 'policy' }}\n{hints}\
             policy.add(policy.rpz(policy.DENY, '{}', true))\n\
             cache.size = 1 * MB\n",
            file.display()
        ),
    );
    let mut kresd = site.run(&format!("kresd -n -c {config} {}", site.folder.display()));
    site.until("evil.example", "NXDOMAIN");
    site.all(&["www.evil.example", "a.b.evil.example", "other.shared.evil.example"], "NXDOMAIN");
    site.all(&["good.example", "worse.example", "fine.shared.evil.example"], "192.0.2.1");
    serving.rules(&["worse.example"], &[]);
    site.until("worse.example", "NXDOMAIN");
    site.until("evil.example", "192.0.2.1");
    site.all(&["good.example"], "192.0.2.1");
    assert!(kresd.is_going(), "{}", site.logs());
}
