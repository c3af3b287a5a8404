//! Under which names and addresses sensors reach this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use nix::ifaddrs::getifaddrs;

/// All of them: what the hub's certificate is for, the best one first. `said` is what the operator
/// says, and comes before all.
pub(crate) fn names(said: &[String], listen: IpAddr) -> Vec<String> {
    let mut names = said.to_vec();
    if !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    let host = host();
    // A name with a dot is known to others; one without is only known here.
    names.extend(host.iter().filter(|name| name.contains('.')).cloned());
    let far = [way_out(Ipv4Addr::UNSPECIFIED.into()), way_out(Ipv6Addr::UNSPECIFIED.into())];
    let mut addresses: Vec<IpAddr> = far.into_iter().flatten().chain(own()).collect();
    // Loopback last.
    addresses.sort_by_key(IpAddr::is_loopback);
    names.extend(addresses.iter().map(ToString::to_string));
    names.extend(host);
    names.push("localhost".to_owned());
    let mut known = std::collections::BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    names
}

/// How an address or a name is written before a port.
pub(crate) fn with_port(name: &str, port: u16) -> String {
    match name.parse::<Ipv6Addr>() {
        Ok(v6) => format!("[{v6}]:{port}"),
        Err(_) => format!("{name}:{port}"),
    }
}

/// What the machine is called.
fn host() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let host = host.trim().to_ascii_lowercase();
    (!host.is_empty() && host.len() <= 253 && host.chars().all(fine)).then_some(host)
}

/// The address of this machine on the way out: the socket is only asked, and nothing is sent. The
/// other ends are of networks for documentation (RFC 5737, RFC 3849).
fn way_out(from: IpAddr) -> Option<IpAddr> {
    let far: SocketAddr = match from {
        IpAddr::V4(_) => (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
        IpAddr::V6(_) => (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
    };
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect(far).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// All addresses of this machine but those of one link.
fn own() -> Vec<IpAddr> {
    let all = getifaddrs().ok().into_iter().flatten();
    let addresses = all.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    let of_a_link = |addr: &IpAddr| match addr {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    addresses.filter(|addr| !of_a_link(addr)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_best_and_loopback_is_there() {
        let said = ["hub.example".to_owned()];
        let names = names(&said, Ipv6Addr::UNSPECIFIED.into());
        assert_eq!(names.first().map(String::as_str), Some("hub.example"));
        assert!(names.contains(&"127.0.0.1".to_owned()), "{names:?}");
        let known: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(known.len(), names.len());
        let own = super::names(&[], Ipv4Addr::LOCALHOST.into());
        assert_eq!(own.first().map(String::as_str), Some("127.0.0.1"));
        assert_eq!(with_port("::1", 7443), "[::1]:7443");
        assert_eq!(with_port("hub.example", 1), "hub.example:1");
    }
}
