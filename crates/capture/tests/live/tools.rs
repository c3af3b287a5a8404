//! Hosts for these tests, parts of tests that run on them, and reading with an end.

use std::process::Command;
use std::time::Duration;

use ostium_capture::{
    CaptureError, FrameSender, Live, LiveCapture, LiveError, LiveOptions, PacketBlock, PacketRef,
};
use ostium_lab::{Host, Lab, Running, wait_for};

/// Says to a part of a test that it runs where it should; its value is for the part.
const INSIDE: &str = "OSTIUM_INSIDE";

/// A host with a wire between two interfaces of its own, `eth0` and `eth1`, on which nobody speaks.
pub(crate) fn silent(lab: &mut Lab) -> Host {
    let host = lab.add("a").unwrap();
    hush(&host);
    host.ip(&["link", "add", "eth0", "type", "veth", "peer", "name", "eth1"]).unwrap();
    host.ip(&["link", "set", "eth0", "up"]).unwrap();
    host.ip(&["link", "set", "eth1", "up"]).unwrap();
    assert!(sends(|| host.run("ip", &["-o", "link", "show", "eth1"]).unwrap()));
    host
}

/// Waits until an interface sends, of which `ip link` tells. The kernel takes up to a second after
/// it came up; before that it loses what it is given, and says nothing.
pub(crate) fn sends(told: impl Fn() -> String) -> bool {
    wait_for(Duration::from_secs(20), || {
        let told = told();
        told.contains("state UP") && !told.contains("qdisc noop ")
    })
}

/// Without IPv6 nothing introduces itself.
fn hush(host: &Host) {
    let script = "for n in all default; do f=/proc/sys/net/ipv6/conf/$n/disable_ipv6; \
                  [ ! -e $f ] || echo 1 > $f; done";
    host.run("sh", &["-c", script]).unwrap();
}

/// Runs a part of a test on a host, by way of another program if there is one.
pub(crate) fn inside(host: &Host, by: &[&str], part: &str, told: &str) {
    let mut command = host.part(by, part).unwrap();
    command.env(INSIDE, told);
    let output = Running::start(command).unwrap().finish(Duration::from_secs(100)).unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{part}: {said}");
}

/// What this part was told; `None` when it was started by itself.
pub(crate) fn told() -> Option<String> {
    std::env::var(INSIDE).ok()
}

/// Runs `ip` where this program is.
pub(crate) fn ip(words: &str) -> String {
    let output = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A packet as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) packet: PacketRef,
    pub(crate) bytes: Vec<u8>,
}

/// Reads until there are so many packets, then as long as more are ready.
pub(crate) fn read(live: &mut LiveCapture, wanted: usize) -> Vec<Read> {
    let (mut block, mut all) = (PacketBlock::default(), Vec::new());
    // Half a minute for what takes milliseconds.
    for _ in 0..300 {
        let patience = Duration::from_millis(if all.len() < wanted { 100 } else { 20 });
        match live.next_block(&mut block, patience).unwrap() {
            Live::Packets => all.extend(
                block
                    .packets
                    .iter()
                    .map(|packet| Read { packet: *packet, bytes: block.frame(packet).to_vec() }),
            ),
            Live::Nothing if all.len() >= wanted => break,
            Live::Nothing => {}
            Live::Down => panic!("down after {} of {wanted}", all.len()),
        }
    }
    all
}

/// Reads until the interface is as wanted; what came in between is forgotten.
pub(crate) fn until(live: &mut LiveCapture, wanted: Live) {
    let mut block = PacketBlock::default();
    let so =
        (0..300).any(|_| live.next_block(&mut block, Duration::from_millis(20)).unwrap() == wanted);
    assert!(so, "never {wanted:?}");
}

/// Opens `eth0` as it is by default.
pub(crate) fn open() -> LiveCapture {
    LiveCapture::open(LiveOptions::of("eth0")).unwrap()
}

/// Sends frames, each again while the queue is full.
pub(crate) fn send(by: &FrameSender, frames: &[Vec<u8>]) {
    for frame in frames {
        let gone = (0..10_000).any(|_| match by.send(frame) {
            Ok(()) => true,
            Err(CaptureError::Live(LiveError::Kernel { source, .. }))
                if source.kind() == std::io::ErrorKind::WouldBlock =>
            {
                std::thread::sleep(Duration::from_millis(1));
                false
            }
            Err(error) => panic!("{error}"),
        });
        assert!(gone, "the queue stays full");
    }
}

/// Frames that an interface received, by its own count.
pub(crate) fn received_by(interface: &str) -> u64 {
    let table = std::fs::read_to_string("/proc/self/net/dev").unwrap();
    let row = table.lines().find_map(|row| row.trim().strip_prefix(&format!("{interface}:")));
    row.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
