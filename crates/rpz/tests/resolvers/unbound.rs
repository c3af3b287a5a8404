//! Unbound: transfer and NOTIFY by address, for it signs neither.

use ostium_lab::wait_for;

use crate::serve::{ORIGIN, PORT, Serving};
use crate::site::{PATIENCE, RESOLVER, SENSOR, Site};

#[test]
fn unbound_fetches_all_then_hears_of_changes() {
    let Some(site) = Site::with(&["unbound", "dig"]) else { return };
    let file = site.folder.join("rpz.zone");
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, false, &file);
    serving.rules(&["evil.example"], &["fine.shared.evil.example"]);
    let (folder, example) = (site.folder.display(), site.example());
    let config = site.put(
        "unbound.conf",
        &format!(
            r#"
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  verbosity: 2
  num-threads: 1
  interface: {RESOLVER}
  access-control: 10.9.0.0/24 allow
  module-config: "respip iterator"
remote-control:
  control-enable: no
rpz:
  name: {ORIGIN}
  primary: {SENSOR}@{PORT}
  allow-notify: {SENSOR}
  zonefile: "{folder}/unbound-rpz.zone"
auth-zone:
  name: example
  zonefile: "{example}"
  for-downstream: no
  for-upstream: yes
"#
        ),
    );
    let mut unbound = site.run(&format!("unbound -d -p -c {config}"));
    site.until("evil.example", "NXDOMAIN");
    site.all(&["www.evil.example", "a.b.evil.example", "other.shared.evil.example"], "NXDOMAIN");
    site.all(&["good.example", "worse.example", "fine.shared.evil.example"], "192.0.2.1");
    let first = serving.done();
    assert!(first["whole"] >= 1, "{first:?}");
    serving.rules(&["evil.example", "parent.example"], &["fine.shared.evil.example"]);
    site.until("parent.example", "NXDOMAIN");
    site.all(&["deep.parent.example", "evil.example"], "NXDOMAIN");
    site.all(&["good.example", "fine.shared.evil.example"], "192.0.2.1");
    let mut second = serving.done();
    let told = wait_for(PATIENCE, || {
        second = serving.done();
        second["notified"] > first["notified"]
    });
    assert!(told && second["steps"] == 1, "{second:?}\n{}", site.logs());
    assert!(unbound.is_going(), "{}", site.logs());
}
