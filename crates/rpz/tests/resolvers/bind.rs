//! BIND: the whole zone, then changes by NOTIFY and IXFR, all signed.

use ostium_lab::Running;
use ostium_lab::wait_for;

use crate::serve::{KEY, ORIGIN, PORT, Serving, WRONG};
use crate::site::{PATIENCE, RESOLVER, SENSOR, STRANGER, Site};

const PROGRAMS: [&str; 2] = ["named", "dig"];

/// BIND as the resolver, with a secret for its key.
fn named(site: &Site, secret: &str) -> Running {
    let (folder, example) = (site.folder.display(), site.example());
    let config = site.put(
        "named.conf",
        &format!(
            r#"
options {{
  directory "{folder}"; pid-file none; session-keyfile none; managed-keys-directory "{folder}";
  listen-on {{ {RESOLVER}; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-query {{ any; }}; dnssec-validation no; notify no;
  response-policy {{ zone "{ORIGIN}"; }} min-update-interval 0;
}};
controls {{ }};
key "site" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{ORIGIN}" {{
  type secondary; file "rpz.db"; allow-notify {{ key site; }};
  primaries {{ {SENSOR} port {PORT} key site; }};
}};
zone "example" {{ type primary; file "{example}"; }};
"#
        ),
    );
    site.run(&format!("named -g -n 1 -c {config}"))
}

#[test]
fn bind_fetches_all_then_hears_of_changes() {
    let Some(site) = Site::with(&PROGRAMS) else { return };
    let file = site.folder.join("rpz.zone");
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, true, &file);
    let blocked = ["evil.example", "deep.parent.example"];
    serving.rules(&blocked, &["fine.shared.evil.example", "good.example"]);
    let mut named = named(&site, KEY);
    site.until("evil.example", "NXDOMAIN");
    // Also names that do not exist, and those beside an exception.
    let children = ["www.evil.example", "a.b.evil.example", "other.shared.evil.example"];
    site.all(&children, "NXDOMAIN");
    let fine = ["good.example", "worse.example", "fine.shared.evil.example", "parent.example"];
    site.all(&fine, "192.0.2.1");
    let first = serving.done();
    assert_eq!((first["whole"], first["steps"]), (1, 0), "{first:?}\n{}", site.logs());
    assert_eq!((first["refused"], first["bad_signature"]), (0, 0), "{first:?}");

    serving.rules(&["evil.example", "worse.example"], &["good.example"]);
    site.until("worse.example", "NXDOMAIN");
    site.until("deep.parent.example", "192.0.2.1");
    site.all(&["evil.example", "www.evil.example", "fine.shared.evil.example"], "NXDOMAIN");
    site.all(&["good.example"], "192.0.2.1");
    let mut second = serving.done();
    assert_eq!((second["whole"], second["steps"]), (1, 1), "{second:?}\n{}", site.logs());
    assert_eq!(second["serial"], first["serial"] + 1);
    assert!(
        wait_for(PATIENCE, || {
            second = serving.done();
            second["notified"] > first["notified"]
        }),
        "{second:?}"
    );

    // A new life goes on beyond the serial in the file, and the resolver follows.
    drop(serving);
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, true, &file);
    let third = serving.rules(&["evil.example"], &[]);
    assert!(third["serial"] > second["serial"], "{third:?}");
    site.until("worse.example", "192.0.2.1");
    site.until("evil.example", "NXDOMAIN");
    assert!(named.is_going(), "{}", site.logs());
}

#[test]
fn bind_with_a_wrong_key_gets_nothing() {
    let Some(site) = Site::with(&PROGRAMS) else { return };
    let file = site.folder.join("rpz.zone");
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, true, &file);
    serving.rules(&["evil.example"], &[]);
    let _named = named(&site, WRONG);
    let mut done = serving.done();
    assert!(
        wait_for(PATIENCE, || {
            done = serving.done();
            done["bad_signature"] > 0
        }),
        "{done:?}\n{}",
        site.logs()
    );
    site.until("good.example", "192.0.2.1");
    site.all(&["evil.example"], "192.0.2.1");
    // It does not acknowledge a NOTIFY by a key that it does not know either.
    assert_eq!((done["whole"], done["soa"], done["notified"]), (0, 0, 0), "{done:?}");
}

#[test]
fn only_who_is_listed_and_signs_is_told() {
    let Some(site) = Site::with(&PROGRAMS) else { return };
    let file = site.folder.join("rpz.zone");
    let mut serving = Serving::start(&site.sensor, SENSOR, RESOLVER, true, &file);
    let serial = serving.rules(&["evil.example"], &[])["serial"];
    let (at, port) = (format!("@{SENSOR}"), PORT.to_string());
    let dig = |from: &str, key: &str, words: &[&str]| {
        let mut command = site.resolver.command("dig");
        command.args([&at, "-p", &port, "-b", from, "+tries=1", "+time=3"]).args(words);
        if !key.is_empty() {
            command.args(["-y", &format!("hmac-sha256:site:{key}")]);
        }
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let axfr = [ORIGIN, "AXFR"];
    let whole = dig(RESOLVER, KEY, &axfr);
    for part in ["evil.example.rpz.test.", "*.evil.example.rpz.test.", "XFR size: 5 records"] {
        assert!(whole.contains(part), "{whole}");
    }
    assert!(!whole.contains("WARNING") && !whole.contains("Couldn't verify"), "{whole}");
    let same = dig(RESOLVER, KEY, &[ORIGIN, &format!("IXFR={serial}")]);
    assert!(same.contains("XFR size: 1 records"), "{same}");
    for (from, key) in [(RESOLVER, ""), (RESOLVER, WRONG), (STRANGER, ""), (STRANGER, KEY)] {
        let nothing = dig(from, key, &axfr);
        assert!(!nothing.contains("CNAME") && nothing.contains("failed"), "{from}: {nothing}");
        let nothing = dig(from, key, &[ORIGIN, "SOA"]);
        let says = if from == RESOLVER && !key.is_empty() { "NOTAUTH" } else { "REFUSED" };
        assert!(nothing.contains(&format!("status: {says}")), "{from}: {nothing}");
        assert!(!nothing.contains("localhost"), "{from}: {nothing}");
    }
    for (words, says) in [
        ([ORIGIN, "TXT"], "REFUSED"),
        (["example", "SOA"], "NOTAUTH"),
        ([ORIGIN, "SOA"], "NOERROR"),
    ] {
        let text = dig(RESOLVER, KEY, &words);
        assert!(text.contains(&format!("status: {says}")), "{text}");
        assert!(!text.contains("Couldn't verify"), "{text}");
    }
    let done = serving.done();
    assert_eq!((done["bad_signature"], done["refused"], done["whole"]), (2, 7, 1), "{done:?}");
    assert_eq!((done["other_zone"], done["malformed"], done["noise"]), (1, 0, 0), "{done:?}");
}
