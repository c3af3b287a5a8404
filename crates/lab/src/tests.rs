//! A lab has wires, ends its processes, and leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::process::Command;
use std::time::Duration;

use super::*;

#[test]
fn two_hosts_hear_each_other_and_nobody_else() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let (a, b) = (lab.add("a").unwrap(), lab.add("b").unwrap());
    lab.wire((&a, "eth0"), (&b, "eth0")).unwrap();
    for (host, v4, v6) in [(&a, "10.9.0.1/24", "fd09::1/64"), (&b, "10.9.0.2/24", "fd09::2/64")] {
        host.address("eth0", v4).unwrap();
        host.address("eth0", v6).unwrap();
    }
    let listen = "import socket;s=socket.create_server(('::',7),family=socket.AF_INET6,\
                  dualstack_ipv6=True);\nfor _ in range(2): s.accept()[0].sendall(b'here')";
    let server = b.start("python3", &["-c", listen]).unwrap();
    for address in ["10.9.0.2", "fd09::2"] {
        let ask = format!(
            "import socket,time\nfor _ in range(200):\n try:\n  s=socket.create_connection(('{address}',7),2)\
             ;print(s.recv(9).decode());break\n except OSError: time.sleep(.02)"
        );
        assert_eq!(a.run("python3", &["-c", &ask]).unwrap().trim(), "here", "{address}");
    }
    assert!(server.finish(Duration::from_secs(5)).unwrap().status.success());
    let routes = a.run("ip", &["route"]).unwrap();
    assert!(!routes.contains("default"), "no way out: {routes}");
}

#[test]
fn a_dropped_lab_leaves_nothing_behind() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let host = lab.add("a").unwrap();
    let space = host.space().to_owned();
    let mut sleeper = host.start("sleep", &["60"]).unwrap();
    assert!(wait_for(Duration::from_secs(5), || {
        host.run("ip", &["netns", "pids", &space]).is_ok_and(|ids| !ids.trim().is_empty())
    }));
    drop(lab);
    assert!(wait_for(Duration::from_secs(5), || !sleeper.is_going()), "its process has ended");
    let left = run(Command::new("ip").args(["netns", "list"])).unwrap();
    assert!(!left.contains(&space), "{left}");
}

#[test]
fn what_fails_says_why() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let host = lab.add("a").unwrap();
    let error = host.run("sh", &["-c", "echo nothing here >&2; exit 3"]).unwrap_err();
    assert!(error.to_string().contains("nothing here"), "{error}");
    let late = host.start("sleep", &["60"]).unwrap().finish(Duration::from_millis(50));
    assert!(late.unwrap_err().to_string().contains("not at its end"));
}

#[test]
fn a_host_has_the_resolver_that_it_was_given() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let (one, other) = (lab.add("one").unwrap(), lab.add("other").unwrap());
    one.asks("10.9.0.53").unwrap();
    let of = |host: &Host| host.run("cat", &["/etc/resolv.conf"]).unwrap_or_default();
    assert!(of(&one).contains("nameserver 10.9.0.53"));
    assert!(!of(&other).contains("10.9.0.53"));
    let folder = host::settings(one.space());
    assert!(folder.exists());
    drop(lab);
    assert!(!folder.exists(), "{}", folder.display());
}
