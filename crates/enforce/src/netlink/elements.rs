//! Single elements of our sets, added and deleted in one batch: all of them or none.
//!
//! An element that is added here is the same as one that nft adds: it has the timeout it is given,
//! and the counter that the set declares is made for it by the kernel.

use std::net::IpAddr;

use ostium_event::{Addr, Span};
use ostium_verdict::{Target, Transport};

use super::attr::Writer;
use super::message::{ACK, CREATE, Says, write};
use super::socket::{Heard, Netlink, meaning};
use crate::EnforceError;
use crate::nft::{Set, TABLE};

pub(super) const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
pub(super) const NEW_ELEMENT: u16 = SUBSYSTEM << 8 | 12;
const DELETE_ELEMENT: u16 = SUBSYSTEM << 8 | 14;

/// `NFTA_SET_ELEM_LIST_*`, `NFTA_LIST_ELEM`, `NFTA_SET_ELEM_*`, `NFTA_DATA_VALUE`.
pub(super) const LIST_TABLE: u16 = 1;
pub(super) const LIST_SET: u16 = 2;
pub(super) const LIST_ELEMENTS: u16 = 3;
pub(super) const ELEMENT: u16 = 1;
pub(super) const ELEMENT_KEY: u16 = 1;
const ELEMENT_TIMEOUT: u16 = 4;
pub(super) const VALUE: u16 = 1;

const DOING: &str = "change elements of the nftables sets of ostium";

/// The family of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4 and IPv6 that this machine routes, sends or receives.
    Inet,
    /// Frames that this machine bridges.
    Bridge,
}

/// Changes to be made at once.
#[derive(Debug)]
pub struct Elements<'a> {
    netlink: &'a mut Netlink,
    bytes: Vec<u8>,
    waiting: Vec<u32>,
}

// === impl Family ===

impl Family {
    /// Its name for nft.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Bridge => "bridge",
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Inet => 1,
            Self::Bridge => 7,
        }
    }
}

// === impl Elements ===

impl<'a> Elements<'a> {
    /// No change yet.
    pub fn new(netlink: &'a mut Netlink) -> Self {
        let mut bytes = Vec::with_capacity(256);
        write(&mut bytes, BATCH_BEGIN, 0, netlink.number(), (0, SUBSYSTEM), &[]);
        Self { netlink, bytes, waiting: Vec::new() }
    }

    /// Adds the element of a target. One that is there already stays (newer kernels give it the
    /// new timeout, older ones leave it). Names have no element.
    pub fn add(&mut self, family: Family, target: &Target, timeout: Span) {
        self.element(family, target, NEW_ELEMENT, CREATE, Some(timeout));
    }

    /// Deletes the element of a target. That it is not there fails the batch ([`EnforceError::Gone`]).
    pub fn delete(&mut self, family: Family, target: &Target) {
        self.element(family, target, DELETE_ELEMENT, 0, None);
    }

    fn element(
        &mut self,
        family: Family,
        target: &Target,
        kind: u16,
        flags: u16,
        timeout: Option<Span>,
    ) {
        let Some((set, key)) = Set::of(target).zip(key(target)) else { return };
        let mut attrs = Writer::default();
        attrs.text(LIST_TABLE, TABLE).text(LIST_SET, set.name()).nest(LIST_ELEMENTS, |list| {
            list.nest(ELEMENT, |element| {
                element.nest(ELEMENT_KEY, |value| {
                    value.put(VALUE, &key);
                });
                if let Some(timeout) = timeout {
                    // At least a millisecond: 0 would be for ever.
                    let millis = timeout.nanos().div_ceil(1_000_000).max(1);
                    element.put(ELEMENT_TIMEOUT, &millis.to_be_bytes());
                }
            });
        });
        let number = self.netlink.number();
        write(&mut self.bytes, kind, flags | ACK, number, (family.number(), 0), attrs.bytes());
        self.waiting.push(number);
    }

    /// Makes all changes, or none, and waits for the kernel's word.
    ///
    /// # Errors
    /// What the kernel refused first; nothing has changed then.
    pub fn commit(self) -> Result<(), EnforceError> {
        let Self { netlink, mut bytes, mut waiting } = self;
        if waiting.is_empty() {
            return Ok(());
        }
        let end = netlink.number();
        write(&mut bytes, BATCH_END, 0, end, (0, SUBSYSTEM), &[]);
        netlink.send(&bytes, DOING)?;
        let first = waiting.first().map_or(end, |first| first.wrapping_sub(1));
        netlink.receive(DOING, |number, says| match says {
            // The batch as a whole is refused by the number of its first message.
            Says::Result(errno) if errno != 0 && (waiting.contains(&number) || number == first) => {
                Err(meaning(errno, DOING))
            }
            Says::Result(0) => {
                waiting.retain(|waiting| *waiting != number);
                Ok(if waiting.is_empty() { Heard::Enough } else { Heard::More })
            }
            _ => Ok(Heard::More),
        })
    }
}

/// The key of an element: fields in network order, each padded to four bytes.
pub(super) fn key(target: &Target) -> Option<Vec<u8>> {
    let octets = |addr: &Addr| match IpAddr::from(*addr) {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    match target {
        Target::Address(addr) | Target::Host(addr) => Some(octets(addr)),
        Target::AddressPort(addr, transport, port) => {
            let [high, low] = port.to_be_bytes();
            let proto = match transport {
                Transport::Tcp => 6,
                Transport::Udp => 17,
            };
            let mut key = octets(addr);
            key.extend([proto, 0, 0, 0, high, low, 0, 0]);
            Some(key)
        }
        Target::Name(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_key_are_padded() {
        let key = |text: &str| key(&text.parse().unwrap());
        assert_eq!(key("198.51.100.7").unwrap(), [198, 51, 100, 7]);
        assert_eq!(
            key("198.51.100.7:443/tcp").unwrap(),
            [198, 51, 100, 7, 6, 0, 0, 0, 1, 187, 0, 0]
        );
        let v6 = key("[2001:db8::7]:53/udp").unwrap();
        assert_eq!((v6.len(), v6.last_chunk::<8>()), (24, Some(&[17, 0, 0, 0, 0, 53, 0, 0])));
        assert_eq!(key("c2.example"), None);
    }
}
