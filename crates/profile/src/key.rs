//! The several views of whom a host talks to.

use std::hash::{Hash, Hasher};

use ostium_event::{Addr, Proto};

use crate::host::HostId;

/// Which view a conversation is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum View {
    /// One address and port.
    Address,
    /// One name, whatever its addresses.
    Name,
    /// All names of one unpopular domain.
    Domain,
    /// All destinations without a name on one port.
    Nameless,
    /// All destinations without a name on one port of one site (/24 or /48).
    Site,
    /// All unpopular destinations of one client fingerprint.
    Client,
}

/// Identity of a conversation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct ConversationKey {
    /// Whose.
    pub host: HostId,
    /// Which view.
    pub view: View,
    /// Protocol; 0 for views over names.
    pub proto: Proto,
    /// Port; 0 for views over names.
    pub port: u16,
    /// Address, site, or hash of a name or fingerprint.
    pub value: u128,
}

// === impl View ===

impl View {
    /// How many views there are.
    pub(crate) const COUNT: usize = Self::Client as usize + 1;
}

// === impl ConversationKey ===

impl Hash for ConversationKey {
    /// Three words instead of five writes: every event looks a conversation up.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let host = u64::from(self.host.life) << 32 | u64::from(self.host.place);
        let rest = u64::from(self.port) << 16 | u64::from(self.proto.0) << 8 | self.view as u64;
        state.write_u64(host ^ rest << 32);
        state.write_u128(self.value);
    }
}

impl ConversationKey {
    pub(crate) const fn address(host: HostId, addr: Addr, port: u16, proto: Proto) -> Self {
        Self { host, view: View::Address, proto, port, value: addr.bits() }
    }

    pub(crate) const fn site(host: HostId, addr: Addr, port: u16, proto: Proto) -> Self {
        Self { host, view: View::Site, proto, port, value: addr.site().bits() }
    }

    pub(crate) const fn nameless(host: HostId, port: u16, proto: Proto) -> Self {
        Self { host, view: View::Nameless, proto, port, value: 0 }
    }

    pub(crate) fn text(host: HostId, view: View, text: &str) -> Self {
        Self {
            host,
            view,
            proto: Proto(0),
            port: 0,
            value: u128::from(stable_hash(text.as_bytes())),
        }
    }

    /// The same conversation of any host, as one number that is the same in every shard.
    pub const fn of_anyone(&self) -> u64 {
        let folded = (self.value as u64) ^ ((self.value >> 64) as u64).rotate_left(29);
        let rest = (self.view as u64) << 32 | (self.proto.0 as u64) << 16 | self.port as u64;
        (folded ^ rest.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd)
    }
}

/// FNV-1a, finished by a mix: the same in every shard, run and version.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd)
}
