//! May packets be sent from here? Only to this machine itself, or in a laboratory that nothing
//! leads out of; and there only to what was told. Failure choice: what is not known is refused.

use std::net::IpAddr;
use std::path::PathBuf;

use ostium_event::Prefix;

use crate::error::LiveError;
use crate::links::Link;

/// What this process finds itself in.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The network namespace of this process.
    pub own: Option<PathBuf>,
    /// That of the first process.
    pub first: Option<PathBuf>,
    /// The interfaces of the own one; `None` is unknown.
    pub links: Option<Vec<Link>>,
}

/// Whom packets may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    /// This machine itself.
    Loopback,
    /// What was told, in a laboratory.
    Lab {
        /// Addresses that may be called.
        told: Vec<IpAddr>,
        /// A network that may be scanned.
        scan: Option<Prefix>,
    },
}

// === impl Surroundings ===

impl Surroundings {
    /// Looks around.
    pub fn look() -> Self {
        Self {
            own: std::fs::read_link("/proc/self/ns/net").ok(),
            first: std::fs::read_link("/proc/1/ns/net").ok(),
            links: Link::all().ok(),
        }
    }

    /// Why this is no laboratory; `None` when it is one.
    fn fault(&self) -> Option<String> {
        let (Some(own), Some(first)) = (&self.own, &self.first) else {
            return Some(
                "it cannot be told whether this is a network namespace of its own, because \
                 /proc/1/ns/net cannot be read (run it as root)"
                    .to_owned(),
            );
        };
        if own == first {
            return Some("this is the network of the machine itself, no namespace".to_owned());
        }
        let Some(links) = &self.links else {
            return Some("the interfaces of this network namespace cannot be listed".to_owned());
        };
        let bad: Vec<&str> = links
            .iter()
            .filter(|link| !link.is_harmless())
            .map(|link| link.name.as_str())
            .collect();
        (!bad.is_empty()).then(|| {
            format!("this network namespace has interfaces that may lead out: {}", bad.join(", "))
        })
    }
}

// === impl Permit ===

impl Permit {
    /// Permission to call these addresses and to scan this network.
    ///
    /// # Errors
    ///
    /// When one of them is not this machine itself and this is no laboratory.
    pub fn of(
        around: &Surroundings,
        told: &[IpAddr],
        scan: Option<Prefix>,
    ) -> Result<Self, LiveError> {
        let stranger = told.iter().find(|addr| !is_loopback(**addr)).map(ToString::to_string);
        let far = scan.filter(|net| !within_loopback(net)).map(|net| net.to_string());
        let Some(stranger) = stranger.or(far) else {
            return Ok(Self::Loopback);
        };
        match around.fault() {
            None => Ok(Self::Lab { told: told.to_vec(), scan }),
            Some(fault) => {
                Err(LiveError::Unsafe(format!("{stranger} would be called, and {fault}")))
            }
        }
    }

    /// May this address be called?
    pub fn allows(&self, addr: IpAddr) -> bool {
        if addr.is_multicast() || addr.is_unspecified() || is_broadcast(addr) {
            return false;
        }
        match self {
            Self::Loopback => is_loopback(addr),
            Self::Lab { told, scan } => {
                told.contains(&addr) || scan.is_some_and(|net| net.contains(addr.into()))
            }
        }
    }
}

fn is_loopback(addr: IpAddr) -> bool {
    addr.to_canonical().is_loopback()
}

fn is_broadcast(addr: IpAddr) -> bool {
    matches!(addr, IpAddr::V4(addr) if addr.is_broadcast())
}

fn within_loopback(net: &Prefix) -> bool {
    let (first, last) = net.bounds();
    is_loopback(first.into()) && is_loopback(last.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::Kind;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn link(name: &str, kind: Kind) -> Link {
        Link { name: name.to_owned(), kind }
    }

    fn lab() -> Surroundings {
        let veth = Kind::Made("veth".to_owned());
        Surroundings {
            own: Some("net:[2]".into()),
            first: Some("net:[1]".into()),
            links: Some(vec![link("lo", Kind::Loopback), link("eth0", veth)]),
        }
    }

    fn refused(around: &Surroundings) -> String {
        Permit::of(around, &[ip("198.51.100.1")], None).unwrap_err().to_string()
    }

    #[test]
    fn loopback_is_always_fine_and_nothing_else_is_called_then() {
        let told = [ip("127.0.0.1"), ip("127.3.2.1"), ip("::1")];
        let scan = "127.0.0.0/16".parse().ok();
        let permit = Permit::of(&Surroundings::default(), &told, scan).unwrap();
        assert_eq!(permit, Permit::Loopback);
        assert!(permit.allows(ip("127.9.9.9")) && permit.allows(ip("::1")));
        for addr in ["198.51.100.1", "10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "224.0.0.1"] {
            assert!(!permit.allows(ip(addr)), "{addr}");
        }
    }

    #[test]
    fn the_machine_itself_is_refused_and_told_what_to_do() {
        let machine = Surroundings { own: Some("net:[1]".into()), ..lab() };
        let said = refused(&machine);
        assert!(said.contains("198.51.100.1") && said.contains("ip netns exec"), "{said}");
        let scan = "0.0.0.0/0".parse().ok();
        assert!(Permit::of(&machine, &[ip("127.0.0.1")], scan).is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for around in [
            Surroundings { own: None, ..lab() },
            Surroundings { first: None, ..lab() },
            Surroundings { links: None, ..lab() },
            Surroundings::default(),
        ] {
            refused(&around);
        }
    }

    #[test]
    fn an_interface_that_leads_out_is_named() {
        for kind in [Kind::Device, Kind::Made("macvlan".into()), Kind::Made("wireguard".into())] {
            let mut around = lab();
            around.links.as_mut().unwrap().push(link("leak0", kind));
            assert!(refused(&around).contains("leak0"));
        }
    }

    #[test]
    fn a_laboratory_calls_only_what_was_told() {
        let scan = "10.9.0.0/24".parse().ok();
        let permit = Permit::of(&lab(), &[ip("198.51.100.1")], scan).unwrap();
        for (addr, fine) in [
            ("198.51.100.1", true),
            ("10.9.0.77", true),
            ("198.51.100.2", false),
            ("127.0.0.1", false),
            ("255.255.255.255", false),
        ] {
            assert_eq!(permit.allows(ip(addr)), fine, "{addr}");
        }
    }
}
