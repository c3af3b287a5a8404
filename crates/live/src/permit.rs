//! May packets be sent from here? Only to this machine itself, or in a laboratory that nothing
//! leads out of; and there only to what was told. Failure choice: what is not known is refused.

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use ostium_event::Prefix;

use crate::error::LiveError;
use crate::links::Link;

/// What this process finds itself in.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// This process is in the network namespace of the first process; `None` is unknown.
    pub with_first: Option<bool>,
    /// The interfaces of its network namespace; `None` is unknown.
    pub links: Option<Vec<Link>>,
}

/// By what a process's network namespace is known; each is `None` when it cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Space {
    /// The link `/proc/N/ns/net`, which only those may read who may trace the process.
    link: Option<PathBuf>,
    /// Device and inode of `/proc/N/net/dev`: each namespace has a file of its own there, and
    /// everybody may look at it.
    file: Option<(u64, u64)>,
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
        let with_first = Space::of("self").is(&Space::of("1"));
        Self { with_first, links: Link::all().ok() }
    }

    /// Why this is no laboratory; `None` when it is one.
    fn fault(&self) -> Option<String> {
        let machine = "this is the network of the machine itself, no namespace";
        let unknown = "it cannot be told whether this is a network namespace of its own, because \
                       neither /proc/1/ns/net nor /proc/1/net/dev can be looked at (run it as root)";
        match self.with_first {
            Some(false) => {}
            Some(true) => return Some(machine.to_owned()),
            None => return Some(unknown.to_owned()),
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

// === impl Space ===

impl Space {
    fn of(process: &str) -> Self {
        let file = std::fs::metadata(format!("/proc/{process}/net/dev")).ok();
        Self {
            link: std::fs::read_link(format!("/proc/{process}/ns/net")).ok(),
            file: file.map(|file| (file.dev(), file.ino())),
        }
    }

    /// Are they the same? All that can be compared must say the same.
    fn is(&self, other: &Self) -> Option<bool> {
        let links = self.link.as_ref().zip(other.link.as_ref()).map(|(one, two)| one == two);
        let files = self.file.zip(other.file).map(|(one, two)| one == two);
        match (links, files) {
            (Some(links), Some(files)) => (links == files).then_some(links),
            (one, two) => one.or(two),
        }
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
            with_first: Some(false),
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
        let machine = Surroundings { with_first: Some(true), ..lab() };
        let said = refused(&machine);
        assert!(said.contains("198.51.100.1") && said.contains("ip netns exec"), "{said}");
        let scan = "0.0.0.0/0".parse().ok();
        assert!(Permit::of(&machine, &[ip("127.0.0.1")], scan).is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for around in [
            Surroundings { with_first: None, ..lab() },
            Surroundings { links: None, ..lab() },
            Surroundings::default(),
        ] {
            refused(&around);
        }
    }

    #[test]
    fn namespaces_are_told_apart_by_what_can_be_read() {
        let space = |link: Option<&str>, file| Space { link: link.map(Into::into), file };
        let (one, two) =
            (space(Some("net:[1]"), Some((21, 7))), space(Some("net:[2]"), Some((21, 8))));
        assert_eq!((one.is(&one), one.is(&two)), (Some(true), Some(false)));
        // The first process may not be traced.
        let untraced = |file| space(None, Some(file));
        assert_eq!(one.is(&untraced((21, 7))), Some(true));
        assert_eq!(two.is(&untraced((21, 7))), Some(false));
        assert_eq!(two.is(&space(Some("net:[1]"), None)), Some(false));
        // Nothing to compare, or a contradiction.
        assert_eq!(one.is(&Space::default()), None);
        assert_eq!(one.is(&space(Some("net:[1]"), Some((21, 8)))), None);
        assert_eq!(Space::of("self").is(&Space::of("self")), Some(true));
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
