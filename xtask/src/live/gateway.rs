//! Three hosts on two wires, inside, a gateway that forwards, and outside, which answers at every
//! address that is not inside.

use std::error::Error;
use std::net::Ipv4Addr;

use ostium_lab::{Host, Lab, Running};

use super::Bench;

/// The host inside.
pub(super) const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// An address outside that nothing is known of.
pub(super) const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
/// The interface of the gateway that a sensor hears.
pub(super) const HEARD: &str = "in0";

/// What the host outside answers at besides its own address: the range for measurements (RFC 2544),
/// and one of a delivery network, which is shared by many and so never blocked.
const ANSWERED: [&str; 2] = ["198.18.0.0/15", "104.16.0.0/16"];

/// A gateway, and what is on both sides of it.
pub(super) struct Gateway {
    pub(super) inside: Host,
    pub(super) gateway: Host,
    /// It goes before the hosts that it runs on.
    _answers: Running,
    pub(super) lab: Lab,
}

// === impl Gateway ===

impl Gateway {
    /// Wires it up, and waits until the host outside answers.
    pub(super) fn new(bench: &Bench) -> Result<Self, Box<dyn Error>> {
        let mut lab = Lab::new()?;
        let [inside, gateway, outside] =
            [lab.add("inside")?, lab.add("gateway")?, lab.add("outside")?];
        // What nobody asked for is no part of a measurement.
        for host in [&inside, &gateway, &outside] {
            quiet(host)?;
        }
        lab.wire((&inside, "eth0"), (&gateway, HEARD))?;
        lab.wire((&gateway, "out0"), (&outside, "eth0"))?;
        inside.address("eth0", &format!("{INSIDE}/24"))?;
        gateway.address(HEARD, "10.0.0.1/24")?;
        gateway.address("out0", "198.51.100.1/24")?;
        outside.address("eth0", &format!("{OUTSIDE}/24"))?;
        inside.default_via("10.0.0.1")?;
        outside.default_via("198.51.100.1")?;
        gateway.default_via(&OUTSIDE.to_string())?;
        for network in ANSWERED {
            outside.ip(&["route", "add", "local", network, "dev", "lo"])?;
        }
        gateway.run("sh", &["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])?;
        let answers = Running::start(bench.part(&outside, &["answer"]))?;
        bench.played(&inside, &["pingpong", "1", "0"], 30)?;
        Ok(Self { inside, gateway, _answers: answers, lab })
    }
}

/// No IPv6 on a host: its interfaces would look for neighbours by themselves.
pub(super) fn quiet(host: &Host) -> Result<(), Box<dyn Error>> {
    let script = "for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done";
    host.run("sh", &["-c", script])?;
    Ok(())
}

/// The address that comes so many after another.
pub(super) fn after(first: Ipv4Addr, number: usize) -> Ipv4Addr {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    Ipv4Addr::from_bits(first.to_bits().wrapping_add(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_on_into_the_next_network() {
        let first = Ipv4Addr::new(198, 18, 0, 250);
        assert_eq!(after(first, 0), first);
        assert_eq!(after(first, 10), Ipv4Addr::new(198, 18, 1, 4));
    }
}
