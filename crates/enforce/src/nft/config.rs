//! How blocks are to be enforced.

use std::path::PathBuf;

use ostium_event::Addr;

use crate::EnforceError;

/// How blocks are to be enforced.
#[derive(Clone, Debug)]
pub struct Config {
    /// The program.
    pub nft: PathBuf,
    /// What becomes of a packet to a blocked destination.
    pub refusal: Refusal,
    /// Elements that each set may hold; memory of the kernel, some 200 bytes each when used.
    pub elements: u32,
    /// Enforce on frames that this machine bridges too, in a second table.
    pub bridge: bool,
    /// Delete entries of connection tracking of what is newly blocked.
    pub cut: bool,
    /// What a host in quarantine may reach.
    pub garden: Garden,
}

/// What becomes of a packet to a blocked destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refusal {
    /// It vanishes; the program that sent it waits.
    #[default]
    Drop,
    /// It is answered with a TCP reset, or ICMP `administratively prohibited`; bridged frames
    /// vanish all the same.
    Reject,
}

/// The walled garden: what a host in quarantine may reach.
#[derive(Clone, Debug, Default)]
pub struct Garden {
    /// Resolvers that it may ask, by UDP and TCP port 53.
    pub resolvers: Vec<Addr>,
    /// Addresses that it may reach whole.
    pub addresses: Vec<Addr>,
    /// Where its web requests (TCP port 80) go: an address and port for each family that has one.
    /// These addresses are reachable without being in `addresses`. A rule of NAT needs connection
    /// tracking, so there is none when this is empty.
    pub web: Vec<(Addr, u16)>,
}

impl Default for Config {
    /// `nft` of the path, dropping, 131072 elements, no bridge, an empty garden.
    fn default() -> Self {
        Self {
            nft: "nft".into(),
            refusal: Refusal::default(),
            elements: 131_072,
            bridge: false,
            cut: true,
            garden: Garden::default(),
        }
    }
}

// === impl Config ===

impl Config {
    pub(super) fn check(&self) -> Result<(), EnforceError> {
        let config = |text: &str| Err(EnforceError::Config(text.to_owned()));
        if self.elements == 0 {
            return config("a limit of 0 elements blocks nothing; give at least 1");
        }
        for v4 in [true, false] {
            if self.garden.web.iter().filter(|web| web.0.is_v4() == v4).count() > 1 {
                return config("web requests go to one address of each family; give only one");
            }
        }
        Ok(())
    }
}

// === impl Garden ===

impl Garden {
    /// Addresses that are reachable whole, of one family.
    pub(super) fn open(&self, v4: bool) -> Vec<String> {
        let all = self.addresses.iter().chain(self.web.iter().map(|web| &web.0));
        texts(all, v4)
    }

    /// Resolvers of one family.
    pub(super) fn resolvers(&self, v4: bool) -> Vec<String> {
        texts(self.resolvers.iter(), v4)
    }
}

fn texts<'a>(all: impl Iterator<Item = &'a Addr>, v4: bool) -> Vec<String> {
    let mut all: Vec<Addr> = all.filter(|addr| addr.is_v4() == v4).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.iter().map(ToString::to_string).collect()
}
