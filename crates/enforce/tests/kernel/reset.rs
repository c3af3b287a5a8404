//! Resets end a real connection at both ends, by one who only listens.

use std::net::IpAddr;
use std::time::Duration;

use ostium_lab::wait_for;
use serde_json::Value;

use crate::act::{Step, one};
use crate::world::{PYTHON, World};

/// Listens on a wire of the gateway until a connection with port 7777 has been quiet for half a
/// second; prints for each end: address, port, next number, last acknowledgement.
const LISTEN: &str = r#"
import json, socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(('out0', 0)); s.settimeout(0.5)
ends, replies, give_up = {}, 0, time.time() + 15
while time.time() < give_up:
    try: f = s.recv(3000)
    except TimeoutError:
        if replies: break
        continue
    kind = f[12:14]
    if kind == b'\x08\x00' and f[23] == 6:
        src, dst, tcp, end = f[26:30], f[30:34], f[34:], 14 + struct.unpack('!H', f[16:18])[0] - 34
    elif kind == b'\x86\xdd' and f[20] == 6:
        src, dst, tcp, end = f[22:38], f[38:54], f[54:], struct.unpack('!H', f[18:20])[0]
    else: continue
    sp, dp, seq, ack, off, flags = struct.unpack('!HHIIBB', tcp[:14])
    if 7777 not in (sp, dp): continue
    data = end - (off >> 4) * 4
    if sp == 7777 and data > 0: replies += 1
    family = socket.AF_INET if len(src) == 4 else socket.AF_INET6
    ends[sp == 7777] = [socket.inet_ntop(family, src), sp, (seq + data + (flags & 3 != 0)) % 2**32, ack]
print(json.dumps([ends[False], ends[True]]))
"#;

/// Waits for one client, answers once, and tells how it ended.
const SERVE: &str = "
import socket
s = socket.create_server(('::', 7777), family=socket.AF_INET6, dualstack_ipv6=True)
c, _ = s.accept(); c.settimeout(12); c.recv(100); c.sendall(b'hello')
try: print('end', c.recv(100))
except OSError as e: print(type(e).__name__)";

const CALL: &str = "
import socket, sys, time
for _ in range(200):
    try: c = socket.create_connection((sys.argv[1], 7777), 12); break
    except OSError: time.sleep(.02)
c.sendall(b'hello'); c.recv(100)
try: print('end', c.recv(100))
except OSError as e: print(type(e).__name__)";

#[test]
fn both_ends_believe_a_reset() {
    let Some(world) = World::or_skip() else { return };
    for to in ["10.2.0.2", "fd02::2"] {
        let ear = world.gateway.start(PYTHON, &["-c", LISTEN]).unwrap();
        let listens = || {
            let sockets = world.gateway.run("cat", &["/proc/net/packet"]).unwrap();
            sockets.lines().count() > 1
        };
        assert!(wait_for(Duration::from_secs(10), listens));
        let server = world.outside.start(PYTHON, &["-c", SERVE]).unwrap();
        let client = world.inside.start(PYTHON, &["-c", CALL, to]).unwrap();
        let heard = ear.finish(Duration::from_secs(20)).unwrap();
        let text = String::from_utf8_lossy(&heard.stdout).into_owned();
        let ends: [(IpAddr, u16, u32, u32); 2] = serde_json::from_str(&text).unwrap();
        assert_eq!(one(&world.gateway, Step::Reset(ends, 0)), Value::from(2));
        for end in [client, server] {
            let output = end.finish(Duration::from_secs(8)).unwrap();
            let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            assert_eq!(told, "ConnectionResetError", "{to}");
        }
    }
}
