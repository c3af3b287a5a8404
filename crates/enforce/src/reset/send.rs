//! Sending packets as they are, with a source that is not ours.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::Packet;
use crate::EnforceError;

/// `IPPROTO_RAW`: the header of IP is ours, of IPv6 as well.
const RAW: i32 = 255;
const DOING: &str = "send TCP resets";

/// Raw sockets of both families.
#[derive(Debug)]
pub struct Sender {
    v4: Socket,
    /// `None` where the machine has no IPv6.
    v6: Option<Socket>,
}

// === impl Sender ===

impl Sender {
    /// Opens the sockets; with an interface, packets leave by that one only.
    ///
    /// # Errors
    /// Without the right, or without that interface.
    pub fn open(interface: Option<&str>) -> Result<Self, EnforceError> {
        let open = |domain| {
            let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(RAW)))?;
            if let Some(interface) = interface {
                socket.bind_device(Some(interface.as_bytes()))?;
            }
            io::Result::Ok(socket)
        };
        let v4 = open(Domain::IPV4).map_err(meaning)?;
        let v6 = match open(Domain::IPV6) {
            Ok(socket) => Some(socket),
            // No such family (EAFNOSUPPORT) is a machine of the old kind, not an error.
            Err(error) if error.raw_os_error() == Some(97) => None,
            Err(error) => return Err(meaning(error)),
        };
        Ok(Self { v4, v6 })
    }

    /// Sends a packet.
    ///
    /// # Errors
    /// When there is no route, or the family is missing.
    pub fn send(&self, packet: &Packet) -> Result<(), EnforceError> {
        let to = IpAddr::from(packet.to);
        let socket = if to.is_ipv4() { Some(&self.v4) } else { self.v6.as_ref() };
        let missing = || meaning(io::ErrorKind::Unsupported.into());
        let to = SocketAddr::new(to, 0);
        socket.ok_or_else(missing)?.send_to(&packet.bytes, &to.into()).map(drop).map_err(meaning)
    }
}

fn meaning(error: io::Error) -> EnforceError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => EnforceError::NotPermitted(DOING, "CAP_NET_RAW"),
        _ => EnforceError::Kernel(DOING, error),
    }
}
