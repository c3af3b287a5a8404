//! Entries of connection tracking of a target, so that established connections lose their NAT
//! state (and a flowtable its entry) as well as their packets.
//!
//! The kernel can filter a dump by address only since 5.8 and a deletion not at all, so all
//! entries of the family are read and those of the target deleted by their own tuple.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ostium_event::Addr;
use ostium_verdict::{Target, Transport};

use super::attr::{Attrs, Writer};
use super::message::{ACK, DUMP, Says, write};
use super::socket::{Heard, Netlink, meaning};
use crate::EnforceError;

const SUBSYSTEM: u16 = 1;
const NEW: u16 = SUBSYSTEM << 8;
const GET: u16 = SUBSYSTEM << 8 | 1;
const DELETE: u16 = SUBSYSTEM << 8 | 2;

/// `CTA_*` of an entry, of a tuple, of its addresses and of its ports.
const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const ID: u16 = 12;
const ZONE: u16 = 18;
const TUPLE_IP: u16 = 1;
const TUPLE_PROTO: u16 = 2;
const V4_SOURCE: u16 = 1;
const V4_DESTINATION: u16 = 2;
const V6_SOURCE: u16 = 3;
const V6_DESTINATION: u16 = 4;
const PROTO_NUMBER: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const ENOENT: i32 = 2;
/// Entries taken in one go; when there are more, [`cut`] says so.
const MOST: usize = 16_384;
/// Deletions sent at a time, so that the answers fit into the socket.
const CHUNK: usize = 64;
const DOING: &str = "delete entries of connection tracking";

/// Ends of a connection in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuple {
    /// Source and its port.
    pub from: (Addr, u16),
    /// Destination and its port.
    pub to: (Addr, u16),
    /// Protocol above IP.
    pub proto: u8,
}

/// What was cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Entries deleted.
    pub deleted: usize,
    /// There were more than are taken in one go; cut again.
    pub more: bool,
}

/// Deletes the entries of all these targets; names have none.
///
/// # Errors
/// Without the right, or in a kernel without connection tracking.
pub fn cut(netlink: &mut Netlink, targets: &BTreeSet<Target>) -> Result<Cut, EnforceError> {
    let mut cut = Cut::default();
    for (family, v4) in [(AF_INET, true), (AF_INET6, false)] {
        if !targets.iter().any(|target| target.addr().is_some_and(|addr| addr.is_v4() == v4)) {
            continue;
        }
        let (found, more) = find(netlink, targets, family)?;
        cut.more |= more;
        for chunk in found.chunks(CHUNK) {
            cut.deleted += delete(netlink, chunk, family)?;
        }
    }
    Ok(cut)
}

/// The attributes by which each entry of a target is deleted.
fn find(
    netlink: &mut Netlink,
    targets: &BTreeSet<Target>,
    family: u8,
) -> Result<(Vec<Vec<u8>>, bool), EnforceError> {
    let (mut found, mut more, number) = (Vec::new(), false, netlink.number());
    let mut bytes = Vec::new();
    write(&mut bytes, GET, DUMP, number, (family, 0), &[]);
    netlink.send(&bytes, DOING)?;
    netlink.receive(DOING, |sequence, says| match says {
        _ if sequence != number => Ok(Heard::More),
        Says::Done => Ok(Heard::Enough),
        Says::Result(errno) if errno != 0 => Err(meaning(errno, DOING)),
        Says::Data { kind: NEW, attrs, .. } if concerns(attrs, targets) => {
            // The dump is read to its end in any case, or its rest would wait in the socket.
            match found.len() < MOST {
                true => found.extend(handle(attrs)),
                false => more = true,
            }
            Ok(Heard::More)
        }
        _ => Ok(Heard::More),
    })?;
    Ok((found, more))
}

fn delete(netlink: &mut Netlink, chunk: &[Vec<u8>], family: u8) -> Result<usize, EnforceError> {
    let (mut bytes, mut waiting, mut deleted) = (Vec::new(), Vec::new(), 0);
    for handle in chunk {
        let number = netlink.number();
        write(&mut bytes, DELETE, ACK, number, (family, 0), handle);
        waiting.push(number);
    }
    netlink.send(&bytes, DOING)?;
    netlink.receive(DOING, |sequence, says| {
        let Says::Result(errno) = says else { return Ok(Heard::More) };
        if !waiting.contains(&sequence) {
            return Ok(Heard::More);
        }
        match errno {
            0 => deleted += 1,
            // It ended by itself in between.
            ENOENT => {}
            _ => return Err(meaning(errno, DOING)),
        }
        waiting.retain(|waiting| *waiting != sequence);
        Ok(if waiting.is_empty() { Heard::Enough } else { Heard::More })
    })?;
    Ok(deleted)
}

/// Is this entry one of a target? Both directions are asked, for they differ behind NAT.
pub fn concerns(attrs: &[u8], targets: &BTreeSet<Target>) -> bool {
    let tuples = [TUPLE_ORIGINAL, TUPLE_REPLY];
    let mut tuples = tuples.iter().filter_map(|kind| tuple(Attrs::find(attrs, *kind)?));
    tuples.any(|tuple| {
        let transport = match tuple.proto {
            6 => Some(Transport::Tcp),
            17 => Some(Transport::Udp),
            _ => None,
        };
        [tuple.from, tuple.to].into_iter().any(|(addr, port)| {
            let at_port = |transport| targets.contains(&Target::AddressPort(addr, transport, port));
            targets.contains(&Target::Address(addr))
                || targets.contains(&Target::Host(addr))
                || transport.is_some_and(at_port)
        })
    })
}

/// Reads a tuple; `None` when it is malformed or of no family that we know.
pub fn tuple(attrs: &[u8]) -> Option<Tuple> {
    let ip = Attrs::find(attrs, TUPLE_IP)?;
    let proto = Attrs::find(attrs, TUPLE_PROTO)?;
    let addr = |v4, v6| match (Attrs::find(ip, v4), Attrs::find(ip, v6)) {
        (Some(bytes), _) => Some(Addr::v4(bytes.try_into().ok()?)),
        (None, Some(bytes)) => Some(Addr::v6(bytes.try_into().ok()?)),
        (None, None) => None,
    };
    // Protocols without ports have none.
    let port = |kind| {
        let bytes = Attrs::find(proto, kind).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u16::from_be_bytes)
    };
    Some(Tuple {
        from: (addr(V4_SOURCE, V6_SOURCE)?, port(SOURCE_PORT)),
        to: (addr(V4_DESTINATION, V6_DESTINATION)?, port(DESTINATION_PORT)),
        proto: *Attrs::find(proto, PROTO_NUMBER)?.first()?,
    })
}

/// What names an entry when it is to be deleted: its tuple as the kernel wrote it, its identity,
/// so that a new connection of the same ends is spared, and its zone.
fn handle(attrs: &[u8]) -> Option<Vec<u8>> {
    let original = Attrs::find(attrs, TUPLE_ORIGINAL)?;
    let mut writer = Writer::default();
    writer.nest(TUPLE_ORIGINAL, |inner| {
        for attr in Attrs::new(original) {
            // Addresses and ports hold attributes, the zone does not.
            match attr.kind {
                TUPLE_IP | TUPLE_PROTO => inner.nest(attr.kind, |part| {
                    for attr in Attrs::new(attr.value) {
                        part.put(attr.kind, attr.value);
                    }
                }),
                _ => inner.put(attr.kind, attr.value),
            };
        }
    });
    for kind in [ID, ZONE] {
        if let Some(value) = Attrs::find(attrs, kind) {
            writer.put(kind, value);
        }
    }
    Some(writer.bytes().to_vec())
}

/// A tuple as the kernel writes it; for tests and fuzzing.
pub fn write_tuple(writer: &mut Writer, kind: u16, tuple: &Tuple) {
    writer.nest(kind, |inner| {
        inner.nest(TUPLE_IP, |ip| {
            let ends = [
                (tuple.from.0, V4_SOURCE, V6_SOURCE),
                (tuple.to.0, V4_DESTINATION, V6_DESTINATION),
            ];
            for (addr, v4, v6) in ends {
                match IpAddr::from(addr) {
                    IpAddr::V4(addr) => ip.put(v4, &addr.octets()),
                    IpAddr::V6(addr) => ip.put(v6, &addr.octets()),
                };
            }
        });
        inner.nest(TUPLE_PROTO, |proto| {
            proto.put(PROTO_NUMBER, &[tuple.proto]);
            proto.put(SOURCE_PORT, &tuple.from.1.to_be_bytes());
            proto.put(DESTINATION_PORT, &tuple.to.1.to_be_bytes());
        });
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(original: &Tuple, reply: &Tuple) -> Vec<u8> {
        let mut writer = Writer::default();
        write_tuple(&mut writer, TUPLE_ORIGINAL, original);
        write_tuple(&mut writer, TUPLE_REPLY, reply);
        writer.put(ID, &[1, 2, 3, 4]);
        writer.bytes().to_vec()
    }

    #[test]
    fn a_connection_behind_nat_is_known_by_either_side() {
        let end = |text: &str, port| (text.parse::<Addr>().unwrap(), port);
        let original =
            Tuple { from: end("10.0.0.5", 5555), to: end("198.51.100.7", 443), proto: 6 };
        let reply = Tuple { from: end("198.51.100.7", 443), to: end("192.0.2.1", 6666), proto: 6 };
        let bytes = entry(&original, &reply);
        for (text, hit) in [
            ("198.51.100.7", true),
            ("198.51.100.7:443/tcp", true),
            ("198.51.100.7:80/tcp", false),
            ("198.51.100.7:443/udp", false),
            ("host:10.0.0.5", true),
            ("host:10.0.0.6", false),
            ("c2.example", false),
        ] {
            assert_eq!(concerns(&bytes, &[text.parse().unwrap()].into()), hit, "{text}");
        }
        let handle = handle(&bytes).unwrap();
        assert_eq!(tuple(Attrs::find(&handle, TUPLE_ORIGINAL).unwrap()), Some(original));
        assert_eq!(Attrs::find(&handle, ID), Some(&[1, 2, 3, 4][..]));
    }

    proptest! {
        #[test]
        fn damaged_entries_are_no_entries_and_no_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<usize>(), to in any::<u8>(),
        ) {
            let targets = BTreeSet::from(["198.51.100.7:443/tcp".parse::<Target>().unwrap()]);
            concerns(&bytes, &targets);
            handle(&bytes);
            let end = |last, port| (Addr::v4([10, 0, 0, last]), port);
            let good = Tuple { from: end(1, 2), to: end(3, 4), proto: 6 };
            let mut good = entry(&good, &good);
            let at = at % good.len();
            good[at] = to;
            concerns(&good, &targets);
            handle(&good);
        }
    }
}
