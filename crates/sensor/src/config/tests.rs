//! Tests of the configuration.
#![allow(clippy::unwrap_used, reason = "tests")]

use ostium_verdict::Mode;
use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> String {
    parse("sensor.toml", text).unwrap_err().to_string()
}

#[test]
fn the_template_says_what_holds_without_it() {
    assert_eq!(parse("template", TEMPLATE).unwrap(), Config::default());
    assert_eq!(parse("empty", "").unwrap(), Config::default());
}

#[test]
fn the_template_names_every_field() {
    for key in [
        "interfaces",
        "home",
        "site",
        "mode",
        "prior",
        "memory",
        "threads",
        "look-every",
        "state",
        "checkpoint",
        "socket",
        "metrics",
        "ring",
        "promiscuous",
        "snap-length",
        "ignore-outgoing",
        "patience",
        "networks",
        "names",
        "files",
        "block-from",
        "hold",
        "refusal",
        "quarantine",
        "bridge",
        "resets",
        "resets-by",
        "nftables",
        "elements",
        "new-per-minute",
        "host-percent",
        "flow-percent",
        "release-sticks",
        "resolvers",
        "addresses",
        "web",
        "zone",
        "listen",
        "file",
        "garden",
        "ttl",
        "expire",
        "address",
        "notify",
        "key",
        "secret-file",
        "host",
        "role",
    ] {
        let named = TEMPLATE.lines().any(|line| {
            line.trim_start_matches("# ")
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(" ="))
        });
        assert!(named, "{key}");
    }
}

#[test]
fn a_zone_that_nobody_may_have_is_refused() {
    let zone = "[rpz]\nlisten = [\"127.0.0.1:5353\"]\n";
    assert!(refused(zone).contains("line 2: listen: no [[rpz.resolver]]"), "{}", refused(zone));
    let with = |row: &str| format!("{zone}[[rpz.resolver]]\naddress = \"127.0.0.1\"\n{row}\n");
    let open = parse("s", &with("")).unwrap().rpz;
    assert_eq!((open.resolver[0].notify, open.is_wanted()), (53, true));
    for row in ["key = \"site\"", "secret-file = \"/x\""] {
        let why = refused(&with(row));
        assert!(why.contains("secret-file: a key needs both"), "{why}");
    }
    assert!(refused("[rpz]\nttl = \"0s\"").contains("line 2: ttl"));
    assert!(!parse("s", "").unwrap().rpz.is_wanted());
}

#[test]
fn a_whole_configuration_is_read() {
    let text = r#"
        interfaces = ["eth0", "eth1"]
        home = ["10.0.0.0/8", "fd00::/8"]
        mode = "simulate"
        memory = "256MiB"
        metrics = "127.0.0.1:9470"
        [allow]
        networks = ["192.0.2.0/24"]
        names = ["partner.example"]
        [enforce]
        hold = "1h"
        resets = "always"
        [garden]
        web = ["10.0.0.80:8080"]
        [[role]]
        host = "10.0.0.53"
        role = "resolver"
    "#;
    let config = parse("sensor.toml", text).unwrap();
    assert_eq!((config.mode, config.home.len(), config.role.len()), (Mode::Simulate, 2, 1));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, wanted) in [
        ("mode = \"observe\"\nmoed = 1\n", ["line 2", "moed"]),
        ("\n\nhome = [\"10.0.0.0/99\"]\n", ["line 3", "10.0.0.0/99"]),
        ("mode = \"kill\"\n", ["line 1", "kill"]),
        ("memory = \"1MiB\"\n", ["line 1", "64MiB"]),
        ("[enforce]\nhold = \"1y\"\n", ["line 2", "1y"]),
        ("[enforce]\n\nhost-percent = 120.0\n", ["line 3", "host-percent"]),
        ("[hub]\nmost-memory = \"1MiB\"\n", ["line 2", "16MiB"]),
        ("prior = 0.9\n", ["line 1", "prior"]),
        ("interfaces = [\"eth0\"\n", ["line", "sensor.toml"]),
    ] {
        let said = refused(text);
        assert!(wanted.iter().all(|word| said.contains(word)), "{text:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(mode|home|hold|\\[enforce\\]|=|\"|[0-9]|[a-z\\-\n ]){0,40}") {
        if let Err(error) = parse("x", &text) {
            prop_assert!(error.to_string().starts_with("x: "));
        }
    }
}
