//! What nftables holds: its generation, and all elements of one of our sets, with the time that each has left and what it has stopped.
//!
//! A set of many thousands is read in some milliseconds; `nft -j list` takes half a second for it.
//! A dump that meets a change may miss an element or tell it twice: the next one is right again.

use std::collections::BTreeMap;

use ostium_event::Addr;
use ostium_verdict::{Target, Transport};

use super::attr::{Attrs, Writer};
use super::elements::{
    ELEMENT, ELEMENT_KEY, Family, LIST_ELEMENTS, LIST_SET, LIST_TABLE, NEW_ELEMENT, SUBSYSTEM,
    VALUE,
};
use super::message::{ACK, DUMP, Says, write};
use super::socket::{Heard, Netlink, meaning};
use crate::EnforceError;
use crate::nft::{Set, TABLE};

const NEW_GENERATION: u16 = SUBSYSTEM << 8 | 15;
const GET_GENERATION: u16 = SUBSYSTEM << 8 | 16;
/// `NFTA_GEN_ID`.
const GENERATION_ID: u16 = 1;
const GET_ELEMENTS: u16 = SUBSYSTEM << 8 | 13;
/// `NFTA_SET_ELEM_*`, `NFTA_EXPR_*`, `NFTA_COUNTER_*`.
const EXPIRATION: u16 = 5;
const EXPRESSION: u16 = 7;
const EXPRESSIONS: u16 = 11;
const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;
const COUNTER_BYTES: u16 = 1;
const COUNTER_PACKETS: u16 = 2;

const ASKING: &str = "ask for the generation of nftables";
const DOING: &str = "list the elements of the nftables sets of ostium";

/// An element of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Seconds until it expires; `None` is for ever.
    pub expires: Option<u64>,
    /// Packets that it stopped.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What is in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Elements that stand for targets of ours.
    pub elements: BTreeMap<Target, Element>,
    /// There is something that we would not have put there.
    pub is_odd: bool,
}

/// How often nftables was changed in this network namespace, by anybody: each transaction raises it
/// by one, and elements that expire do not.
///
/// # Errors
/// When the kernel does not say.
pub fn generation(netlink: &mut Netlink) -> Result<u32, EnforceError> {
    let (mut bytes, asked, mut told) = (Vec::new(), netlink.number(), None);
    write(&mut bytes, GET_GENERATION, ACK, asked, (0, 0), &[]);
    netlink.send(&bytes, ASKING)?;
    netlink.receive(ASKING, |number, says| match says {
        Says::Data { kind: NEW_GENERATION, attrs, .. } => {
            let value = Attrs::find(attrs, GENERATION_ID).and_then(|value| value.try_into().ok());
            told = value.map(u32::from_be_bytes);
            Ok(Heard::More)
        }
        Says::Result(0) if number == asked => Ok(Heard::Enough),
        Says::Result(errno) if number == asked => Err(meaning(errno, ASKING)),
        _ => Ok(Heard::More),
    })?;
    told.ok_or_else(|| EnforceError::Unreadable("the kernel", "no generation".to_owned()))
}

/// Adds what is in a set.
///
/// # Errors
/// Without the right, or when there is no such set.
pub fn elements(
    netlink: &mut Netlink,
    family: Family,
    set: Set,
    held: &mut Held,
) -> Result<(), EnforceError> {
    let mut attrs = Writer::default();
    attrs.text(LIST_TABLE, TABLE).text(LIST_SET, set.name());
    let (mut bytes, asked) = (Vec::new(), netlink.number());
    write(&mut bytes, GET_ELEMENTS, DUMP, asked, (family.number(), 0), attrs.bytes());
    netlink.send(&bytes, DOING)?;
    netlink.receive(DOING, |number, says| match says {
        _ if number != asked => Ok(Heard::More),
        Says::Result(0) | Says::Done => Ok(Heard::Enough),
        Says::Result(errno) => Err(meaning(errno, DOING)),
        Says::Data { kind: NEW_ELEMENT, attrs, .. } => {
            take(set, attrs, held);
            Ok(Heard::More)
        }
        _ => Ok(Heard::More),
    })
}

/// Takes the elements of one message.
pub fn take(set: Set, attrs: &[u8], held: &mut Held) {
    let Some(list) = Attrs::find(attrs, LIST_ELEMENTS) else { return };
    for element in Attrs::new(list).filter(|attr| attr.kind == ELEMENT) {
        match read(set, element.value) {
            Some((target, element)) => drop(held.elements.insert(target, element)),
            None => held.is_odd = true,
        }
    }
}

fn read(set: Set, attrs: &[u8]) -> Option<(Target, Element)> {
    let mut element = Element::default();
    let mut target = None;
    for attr in Attrs::new(attrs) {
        match attr.kind {
            ELEMENT_KEY => target = target_of(set, Attrs::find(attr.value, VALUE)?),
            EXPIRATION => {
                let millis = u64::from_be_bytes(attr.value.try_into().ok()?);
                element.expires = Some(millis / 1000);
            }
            EXPRESSION => count(attr.value, &mut element),
            EXPRESSIONS => Attrs::new(attr.value).for_each(|one| count(one.value, &mut element)),
            _ => {}
        }
    }
    Some((target?, element))
}

/// What a counter has counted; other expressions count nothing.
fn count(expression: &[u8], element: &mut Element) {
    if Attrs::find(expression, EXPRESSION_NAME) != Some(b"counter\0") {
        return;
    }
    let data = Attrs::find(expression, EXPRESSION_DATA).unwrap_or_default();
    let number = |kind| {
        let value = Attrs::find(data, kind)?;
        Some(u64::from_be_bytes(value.try_into().ok()?))
    };
    element.packets = number(COUNTER_PACKETS).unwrap_or(0);
    element.bytes = number(COUNTER_BYTES).unwrap_or(0);
}

/// The target that a key stands for; `None` when we would not have put it there.
fn target_of(set: Set, key: &[u8]) -> Option<Target> {
    let (addr, rest) = if set.is_v4() {
        let (addr, rest) = key.split_first_chunk::<4>()?;
        (Addr::v4(*addr), rest)
    } else {
        let (addr, rest) = key.split_first_chunk::<16>()?;
        (Addr::v6(*addr), rest)
    };
    let target = match (set, rest) {
        (Set::Port4 | Set::Port6, [proto, _, _, _, high, low, ..]) => {
            let transport = match proto {
                6 => Transport::Tcp,
                17 => Transport::Udp,
                _ => return None,
            };
            Target::AddressPort(addr, transport, u16::from_be_bytes([*high, *low]))
        }
        (Set::Block4 | Set::Block6, []) => Target::Address(addr),
        (Set::Host4 | Set::Host6, []) => Target::Host(addr),
        _ => return None,
    };
    // An IPv4 address in the clothes of IPv6 is not of this set.
    (Set::of(&target) == Some(set)).then_some(target)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::elements::key;
    use super::*;

    fn message(target: &Target, element: Element) -> Vec<u8> {
        let mut attrs = Writer::default();
        attrs.text(LIST_TABLE, TABLE).nest(LIST_ELEMENTS, |list| {
            list.nest(ELEMENT, |one| {
                one.nest(ELEMENT_KEY, |value| {
                    value.put(VALUE, &key(target).unwrap());
                });
                if let Some(secs) = element.expires {
                    one.put(EXPIRATION, &(secs * 1000 + 7).to_be_bytes());
                }
                one.nest(EXPRESSION, |counter| {
                    counter.text(EXPRESSION_NAME, "counter").nest(EXPRESSION_DATA, |data| {
                        data.put(COUNTER_BYTES, &element.bytes.to_be_bytes());
                        data.put(COUNTER_PACKETS, &element.packets.to_be_bytes());
                    });
                });
            });
        });
        attrs.bytes().to_vec()
    }

    #[test]
    fn elements_are_read_and_strangers_are_odd() {
        let counted = Element { expires: Some(9), packets: 3, bytes: 180 };
        let mut held = Held::default();
        for text in ["198.51.100.7", "198.51.100.8"] {
            take(Set::Block4, &message(&text.parse().unwrap(), counted), &mut held);
        }
        assert!(!held.is_odd);
        assert_eq!(held.elements[&"198.51.100.7".parse().unwrap()], counted);
        for text in ["198.51.100.7:53/udp", "[2001:db8::7]:443/tcp", "2001:db8::7", "host:fd00::1"]
        {
            let target: Target = text.parse().unwrap();
            let mut held = Held::default();
            let set = Set::of(&target).unwrap();
            take(set, &message(&target, Element::default()), &mut held);
            assert_eq!((held.elements.contains_key(&target), held.is_odd), (true, false), "{text}");
            let mut other = Held::default();
            let wrong = if set == Set::Port4 { Set::Block4 } else { Set::Port4 };
            take(wrong, &message(&target, Element::default()), &mut other);
            assert!(other.is_odd && other.elements.is_empty(), "{text}");
        }
        // A protocol that no block of ours has.
        let key = [198, 51, 100, 7, 132, 0, 0, 0, 1, 187, 0, 0];
        assert_eq!(target_of(Set::Port4, &key), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for set in Set::ALL {
                let mut held = Held::default();
                take(set, &bytes, &mut held);
                prop_assert!(held.elements.len() <= bytes.len());
            }
        }
    }
}
