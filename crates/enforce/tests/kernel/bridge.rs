//! On a bridge, frames are stopped that no router sees.

use std::time::Duration;

use ostium_lab::{Lab, wait_for};

use crate::act::{Job, Step, act, apply};
use crate::world::{PYTHON, has_nft};

#[test]
fn bridged_frames_are_stopped_in_a_table_of_their_own() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let (a, bridge, b) = (lab.add("a").unwrap(), lab.add("bridge").unwrap(), lab.add("b").unwrap());
    if !has_nft(&bridge) {
        return;
    }
    if bridge.ip(&["link", "add", "br0", "type", "bridge"]).is_err() {
        eprintln!("skipped: no bridges in this kernel");
        return;
    }
    // Kernels with br_netfilter show bridged packets to the family inet too; here the table of
    // the bridge is to do it alone.
    let off =
        "for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do echo 0 > $f || true; done";
    bridge.run("sh", &["-c", off]).unwrap();
    bridge.ip(&["link", "set", "br0", "up"]).unwrap();
    for (host, port, last) in [(&a, "p1", 1), (&b, "p2", 2)] {
        lab.wire((host, "eth0"), (&bridge, port)).unwrap();
        bridge.ip(&["link", "set", port, "master", "br0"]).unwrap();
        host.address("eth0", &format!("10.9.0.{last}/24")).unwrap();
        host.address("eth0", &format!("fd09::{last}/64")).unwrap();
    }
    let serve = "import socket,threading\ndef go(p):\n s=socket.create_server(('::',p),\
        family=socket.AF_INET6,dualstack_ipv6=True)\n while True: s.accept()[0].sendall(b'here')\n\
        for p in (80,443): threading.Thread(target=go,args=(p,)).start()";
    let _server = b.start(PYTHON, &["-c", serve]).unwrap();
    let reach = |to: &str, port: u16| {
        let ask = format!(
            "import socket\ntry: print(socket.create_connection(('{to}',{port}),0.8).recv(9).decode())\n\
             except OSError as e: print(type(e).__name__)"
        );
        a.run(PYTHON, &["-c", &ask]).unwrap().trim().to_owned()
    };
    assert!(wait_for(Duration::from_secs(20), || reach("10.9.0.2", 80) == "here"));
    assert_eq!(reach("fd09::2", 443), "here");
    let steps = vec![
        apply(&["10.9.0.2:443/tcp"]),
        Step::Hot("[fd09::2]:443/tcp".to_owned(), 60_000),
        apply(&["10.9.0.2:443/tcp", "[fd09::2]:443/tcp"]),
    ];
    let told = act(&bridge, &Job { bridge: true, steps, ..Job::default() });
    assert_eq!(told[2].clone().unwrap()["kept"], 2, "{told:?}");
    assert_eq!(
        (reach("10.9.0.2", 443), reach("10.9.0.2", 80)),
        ("TimeoutError".into(), "here".into())
    );
    assert_eq!(
        (reach("fd09::2", 443), reach("fd09::2", 80)),
        ("TimeoutError".into(), "here".into())
    );
    // A bridge that is not wanted any more is let go.
    let steps = vec![apply(&["10.9.0.2:443/tcp"])];
    assert!(act(&bridge, &Job { steps, ..Job::default() })[0].is_ok());
    assert_eq!(reach("10.9.0.2", 443), "here");
    let tables = bridge.run("nft", &["list", "tables"]).unwrap();
    assert_eq!(tables.trim(), "table inet ostium");
}
