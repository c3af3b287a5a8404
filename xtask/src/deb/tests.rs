//! The package of a made-up program, laid out, packed and unpacked; and the unit that it carries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::run::succeeds;
use crate::source;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program that answers what the chore asks, and nothing else.
const PROGRAM: &str = "#!/bin/sh\n\
    case \"$*\" in\n\
    'sensor --print-config') echo 'interfaces = []' ;;\n\
    'completions '*) echo \"# $2\" ;;\n\
    *) exit 1 ;;\n\
    esac\n";

fn laid(scratch: &Scratch) -> PathBuf {
    let binary = scratch.0.join("ostium");
    fs::write(&binary, PROGRAM).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let made = Made {
        binary,
        version: "1.2.3-1".to_owned(),
        architecture: "amd64".to_owned(),
        libraries: "libc6 (>= 2.34)".to_owned(),
        date: "Mon, 30 Nov 2026 12:00:00 +0000".to_owned(),
    };
    let tree = scratch.0.join("tree");
    lay(&root(), &tree, &made).unwrap();
    tree
}

/// Without a tool of Debian a test says so and passes; where everything is there, it must be.
fn has(tool: &str) -> bool {
    let there = succeeds(Command::new(tool).arg("--version"));
    assert!(there || std::env::var_os("CI").is_none(), "{tool} is missing");
    if !there {
        eprintln!("{tool} is missing: not tested");
    }
    there
}

/// Path, rights and content of every file, and rights of every folder.
fn content(at: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![at.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            let name = path.strip_prefix(at).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                all.insert(name, (mode, Vec::new()));
                folders.push(path);
            } else {
                all.insert(name, (mode, fs::read(path).unwrap()));
            }
        }
    }
    all
}

#[test]
fn everything_is_at_its_place_with_its_rights() {
    let scratch = Scratch::new("deb-place").unwrap();
    let all = content(&laid(&scratch));
    for (path, (mode, bytes)) in &all {
        let runs = path == "usr/bin/ostium"
            || ["postinst", "prerm", "postrm"].iter().any(|s| path == &format!("DEBIAN/{s}"));
        let folder = bytes.is_empty();
        assert_eq!(*mode, if runs || folder { 0o755 } else { 0o644 }, "{path}");
    }
    let text = |path: &str| String::from_utf8(all[path].1.clone()).unwrap();
    assert_eq!(text("etc/ostium/sensor.toml"), "interfaces = []\n");
    assert_eq!(text("DEBIAN/conffiles"), "/etc/ostium/sensor.toml\n");
    assert_eq!(text("usr/share/bash-completion/completions/ostium"), "# bash\n");
    assert_eq!(text("usr/share/zsh/vendor-completions/_ostium"), "# zsh\n");
    assert_eq!(text("usr/share/fish/vendor_completions.d/ostium.fish"), "# fish\n");
    let control = text("DEBIAN/control");
    assert!(control.contains("\nDepends: adduser, libc6 (>= 2.34)\n"), "{control}");
    assert!(control.ends_with('\n') && !control.contains("\n\n"), "one paragraph: {control}");
    let listed = text("DEBIAN/md5sums").lines().count();
    let files = all.iter().filter(|(p, (_, b))| !p.starts_with("DEBIAN") && !b.is_empty());
    assert_eq!(listed, files.count());
    for page in source::texts(&root().join("docs"), &[".md"]).unwrap() {
        assert!(all.contains_key(&format!("usr/share/doc/ostium/{}", page.path)), "{}", page.path);
    }
}

#[test]
fn what_is_packed_comes_out_again_and_twice_the_same() {
    if !has("dpkg-deb") {
        return;
    }
    let scratch = Scratch::new("deb-pack").unwrap();
    let tree = laid(&scratch);
    let (one, two) = (scratch.0.join("one.deb"), scratch.0.join("two.deb"));
    pack(&tree, &one, "1700000000").unwrap();
    pack(&tree, &two, "1700000000").unwrap();
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    let out = scratch.0.join("out");
    said(Command::new("dpkg-deb").arg("-R").arg(&one).arg(&out), "dpkg").unwrap();
    assert_eq!(content(&out), content(&tree));
    let fields = said(Command::new("dpkg-deb").arg("-f").arg(&one).arg("Version"), "dpkg").unwrap();
    assert_eq!(fields, "1.2.3-1");
}

#[test]
fn the_scripts_can_be_read_by_a_shell() {
    for script in ["postinst", "prerm", "postrm"] {
        let path = root().join("packaging").join("debian").join(script);
        assert!(succeeds(Command::new("sh").arg("-n").arg(&path)), "{script}");
        // What they do not know they leave alone: dpkg calls them for other occasions too.
        assert!(succeeds(Command::new("sh").arg(&path).arg("abort-upgrade").arg("1")), "{script}");
    }
}

/// The values of a key of the sensor's unit.
fn unit(key: &str) -> Vec<String> {
    unit_of("sensor", key)
}

fn unit_of(service: &str, key: &str) -> Vec<String> {
    let unit = format!("packaging/ostium-{service}.service");
    let text = fs::read_to_string(root().join(unit)).unwrap();
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
    text.lines().filter_map(value).collect()
}

#[test]
fn the_unit_gives_no_more_than_is_needed() {
    for key in ["AmbientCapabilities", "CapabilityBoundingSet"] {
        assert_eq!(unit(key), ["CAP_NET_RAW CAP_NET_ADMIN"], "{key}");
    }
    let families = "AF_PACKET AF_NETLINK AF_UNIX AF_INET AF_INET6";
    assert_eq!(unit("RestrictAddressFamilies"), [families]);
    assert_eq!(unit("User"), ["ostium"]);
    assert_eq!(unit("NoNewPrivileges"), ["yes"]);
    assert_eq!(unit("ProtectSystem"), ["strict"]);
    // Either would cut the sensor off from the network that it is to watch, or from /proc/net,
    // where it learns what it must never block.
    for key in ["PrivateNetwork", "PrivateUsers", "ProcSubset"] {
        assert_eq!(unit(key), Vec::<String>::new(), "{key}");
    }
}

#[test]
fn the_unit_of_the_hub_gives_nothing() {
    for key in ["AmbientCapabilities", "CapabilityBoundingSet"] {
        assert_eq!(unit_of("hub", key), [""], "{key}");
    }
    let families = "AF_UNIX AF_INET AF_INET6 AF_NETLINK";
    assert_eq!(unit_of("hub", "RestrictAddressFamilies"), [families]);
    assert_eq!(unit_of("hub", "User"), ["ostium"]);
    assert_eq!(unit_of("hub", "StateDirectoryMode"), ["0700"]);
    let start = unit_of("hub", "ExecStart").remove(0);
    let [state, run] = ["StateDirectory", "RuntimeDirectory"].map(|key| unit_of("hub", key));
    assert!(start.contains(&format!("--state /var/lib/{} ", state[0])), "{start}");
    assert!(start.contains(&format!("--socket /run/{}/hub.sock", run[0])), "{start}");
    // Both services have their sockets there.
    assert_eq!(run, unit("RuntimeDirectory"));
    for service in ["hub", "sensor"] {
        assert_eq!(unit_of(service, "RuntimeDirectoryPreserve"), ["yes"], "{service}");
    }
}

#[test]
fn the_unit_may_write_where_the_configuration_says() {
    let path = root().join("crates/sensor/src/config/template.rs");
    let template = fs::read_to_string(path).unwrap();
    let [state, run] = ["StateDirectory", "RuntimeDirectory"].map(unit);
    assert!(template.contains(&format!("\nstate = \"/var/lib/{}\"\n", state[0])));
    assert!(template.contains(&format!("\nsocket = \"/run/{}/", run[0])));
    assert_eq!(unit("ExecStart"), ["/usr/bin/ostium sensor --config /etc/ostium/sensor.toml"]);
}

#[test]
fn systemd_finds_no_fault_in_the_units() {
    if !has("systemd-analyze") {
        return;
    }
    let scratch = Scratch::new("deb-unit").unwrap();
    let tree = laid(&scratch);
    // The program of the unit is to be the one of the tree; this machine need not have one.
    for service in ["ostium-sensor", "ostium-hub"] {
        let own = tree.join(format!("usr/lib/systemd/system/{service}.service"));
        let text = fs::read_to_string(&own).unwrap();
        let here = tree.join("usr/bin/ostium").display().to_string();
        let unit = scratch.0.join(format!("{service}.service"));
        fs::write(&unit, text.replace("/usr/bin/ostium", &here)).unwrap();
        let ran = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output();
        let ran = ran.unwrap();
        let faults = String::from_utf8_lossy(&ran.stderr);
        assert!(!faults.contains(service), "{faults}");
    }
}
