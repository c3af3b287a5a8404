//! ICMP errors: which flow was turned away.

use ostium_event::{Addr, Proto};

use crate::bytes::{array, u8_at, u16_at};

/// The flow that an ICMP "unreachable" speaks of, as its sender sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Who sent the packet that was turned away.
    pub src: Addr,
    /// Where it was going.
    pub dst: Addr,
    /// Its protocol.
    pub proto: Proto,
    /// Its source port.
    pub src_port: u16,
    /// Its destination port.
    pub dst_port: u16,
}

/// Reads the packet quoted in the payload of an ICMP destination-unreachable message (type 3 of
/// ICMP, type 1 of ICMPv6); `None` when too little of it is quoted.
pub fn unreachable_flow(quoted: &[u8]) -> Option<Unreachable> {
    let (src, dst, proto, at) = match u8_at(quoted, 0)? >> 4 {
        4 => {
            let header = usize::from(u8_at(quoted, 0)? & 15) * 4;
            let src = Addr::v4(array(quoted, 12)?);
            let dst = Addr::v4(array(quoted, 16)?);
            (src, dst, u8_at(quoted, 9)?, header)
        }
        6 => {
            let src = Addr::v6(array(quoted, 8)?);
            let dst = Addr::v6(array(quoted, 24)?);
            (src, dst, u8_at(quoted, 6)?, 40)
        }
        _ => return None,
    };
    if !matches!(Proto(proto), Proto::TCP | Proto::UDP) {
        return None;
    }
    let src_port = u16_at(quoted, at)?;
    let dst_port = u16_at(quoted, at + 2)?;
    Some(Unreachable { src, dst, proto: Proto(proto), src_port, dst_port })
}
