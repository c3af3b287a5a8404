//! Interfaces that go and come back.

use ostium_capture::{FrameSender, Live, LiveCapture};
use ostium_lab::Lab;

use crate::frames::v4;
use crate::tools::{inside, ip, open, read, send, sends, silent, told, until};

#[test]
fn an_interface_that_comes_back_is_heard_again() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "away::down_gone_and_back", "");
}

#[test]
#[ignore = "a part of an_interface_that_comes_back_is_heard_again"]
fn down_gone_and_back() {
    if told().is_none() {
        return;
    }
    let mut live = open();
    is_heard(&mut live, 1);
    ip("link set eth0 down");
    until(&mut live, Live::Down);
    until(&mut live, Live::Down);
    ip("link set eth0 up");
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 2);
    // Down and up again before anybody looks.
    ip("link set eth0 down");
    ip("link set eth0 up");
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 3);
    // Gone, and made again under its name.
    ip("link delete eth0");
    until(&mut live, Live::Down);
    make("");
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 4);
    // Made again with its old number, too.
    let number = ip("-o link show eth0").split(':').next().unwrap().to_owned();
    ip("link delete eth0");
    until(&mut live, Live::Down);
    make(&format!("index {number}"));
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 5);
    // Made again before anybody looks.
    ip("link delete eth0");
    make("");
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 6);
    let stats = live.stats().unwrap();
    assert_eq!((stats.seen, stats.dropped), (6, 0), "{stats:?}");
}

#[test]
fn an_interface_may_be_down_when_it_is_opened() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let host = silent(&mut lab);
    host.ip(&["link", "set", "eth0", "down"]).unwrap();
    inside(&host, &[], "away::down_at_first", "");
}

#[test]
#[ignore = "a part of an_interface_may_be_down_when_it_is_opened"]
fn down_at_first() {
    if told().is_none() {
        return;
    }
    let mut live = open();
    until(&mut live, Live::Down);
    ip("link set eth0 up");
    until(&mut live, Live::Nothing);
    is_heard(&mut live, 9);
}

fn make(index: &str) {
    ip(&format!("link add eth0 {index} type veth peer name eth1"));
    ip("link set eth1 up");
    ip("link set eth0 up");
}

fn is_heard(live: &mut LiveCapture, number: u32) {
    assert!(sends(|| ip("-o link show eth1")), "eth1 does not send");
    let frame = v4(number, 200);
    send(&FrameSender::open("eth1").unwrap(), std::slice::from_ref(&frame));
    let seen = read(live, 1);
    let facts = ip("-d -o link show eth0");
    assert!(facts.contains("promiscuity 1"), "frames for others, too: {facts}");
    assert_eq!(seen.len(), 1, "frame {number}");
    assert_eq!(seen[0].bytes, frame, "frame {number}");
}
