//! The interfaces of this network namespace, as the kernel tells of them over netlink.
//!
//! `/sys/class/net` is not asked: it shows the namespace in which it was mounted, which is another
//! one after `unshare -n` or `nsenter -n`. Netlink speaks of the namespace of its socket. Failure
//! choice: what cannot be read is an error, and who asks refuses then.

use std::io::{self, Read, Write};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What an interface is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It leads back to this machine.
    Loopback,
    /// A kind of software, such as `veth` or `bridge`.
    Made(String),
    /// A device: whatever has no kind.
    Device,
}

/// The messages of one reply.
enum Part {
    Link(Link),
    End,
    Other,
}

const AF_NETLINK: i32 = 16;
const NETLINK_ROUTE: i32 = 0;
const NEW_LINK: u16 = 16;
const GET_LINK: u16 = 18;
const DONE: u16 = 3;
const ERROR: u16 = 2;
/// A request for all.
const DUMP: u16 = 0x301;
const HEADER: usize = 16;
const LINK_HEADER: usize = 16;
/// Attributes of a link: its name, and of what kind it is.
const NAME: u16 = 3;
const INFO: u16 = 18;
const INFO_KIND: u16 = 1;
const IS_LOOPBACK: u32 = 8;
/// The kernel fills at most 32 KiB at once.
const BUFFER: usize = 1 << 16;
/// No namespace of a laboratory has more replies.
const MOST_REPLIES: usize = 4096;

// === impl Link ===

impl Link {
    /// All interfaces of the namespace of the calling thread.
    pub(crate) fn all() -> io::Result<Vec<Self>> {
        let family = Domain::from(AF_NETLINK);
        let mut socket = Socket::new(family, Type::RAW, Some(Protocol::from(NETLINK_ROUTE)))?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        socket.write_all(&question())?;
        let mut buffer = vec![0; BUFFER];
        let mut links = Vec::new();
        for _ in 0..MOST_REPLIES {
            let length = socket.read(&mut buffer)?;
            if read(buffer.get(..length).unwrap_or_default(), &mut links)? {
                return Ok(links);
            }
        }
        Err(io::Error::other("the list of interfaces has no end"))
    }

    /// Can packets leave the laboratory by it?
    pub(crate) fn is_harmless(&self) -> bool {
        match &self.kind {
            Kind::Loopback => true,
            Kind::Made(kind) => matches!(kind.as_str(), "veth" | "bridge"),
            Kind::Device => false,
        }
    }
}

fn question() -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + LINK_HEADER);
    out.extend_from_slice(&((HEADER + LINK_HEADER) as u32).to_ne_bytes());
    out.extend_from_slice(&GET_LINK.to_ne_bytes());
    out.extend_from_slice(&DUMP.to_ne_bytes());
    out.resize(HEADER + LINK_HEADER, 0);
    out
}

/// Reads the messages of one datagram of the kernel; `true` at the end of the list.
///
/// # Errors
///
/// When a message is cut, or says that there is no list.
pub fn read(mut bytes: &[u8], links: &mut Vec<Link>) -> io::Result<bool> {
    while !bytes.is_empty() {
        let length = u32_at(bytes, 0).unwrap_or(0) as usize;
        let message = bytes.get(..length).filter(|message| message.len() >= HEADER);
        let message = message.ok_or_else(|| io::Error::other("netlink: a cut message"))?;
        match part(message)? {
            Part::Link(link) => links.push(link),
            Part::End => return Ok(true),
            Part::Other => {}
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

fn part(message: &[u8]) -> io::Result<Part> {
    match u16_at(message, 4) {
        Some(DONE) => Ok(Part::End),
        Some(ERROR) => Err(io::Error::other("netlink refuses to list interfaces")),
        Some(NEW_LINK) => {
            let cut = || io::Error::other("netlink: a cut interface");
            let flags = u32_at(message, HEADER + 8).ok_or_else(cut)?;
            let attributes = message.get(HEADER + LINK_HEADER..).ok_or_else(cut)?;
            let kind = attribute(attributes, INFO).and_then(|info| attribute(info, INFO_KIND));
            let kind = match kind {
                _ if flags & IS_LOOPBACK != 0 => Kind::Loopback,
                Some(kind) => Kind::Made(text(kind)),
                None => Kind::Device,
            };
            let name = attribute(attributes, NAME).map(text).unwrap_or_default();
            Ok(Part::Link(Link { name, kind }))
        }
        _ => Ok(Part::Other),
    }
}

fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(bytes, 0)?);
        let body = bytes.get(4..length)?;
        // The two highest bits are flags.
        if u16_at(bytes, 2)? & 0x3fff == wanted {
            return Some(body);
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(end).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(number: u16, body: &[u8]) -> Vec<u8> {
        let mut out = ((body.len() + 4) as u16).to_ne_bytes().to_vec();
        out.extend_from_slice(&number.to_ne_bytes());
        out.extend_from_slice(body);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn link(name: &str, flags: u32, kind: Option<&str>) -> Vec<u8> {
        let mut attributes = with(NAME, format!("{name}\0").as_bytes());
        if let Some(kind) = kind {
            attributes.extend(with(INFO | 0x8000, &with(INFO_KIND, kind.as_bytes())));
        }
        let mut out = ((HEADER + LINK_HEADER + attributes.len()) as u32).to_ne_bytes().to_vec();
        out.extend_from_slice(&NEW_LINK.to_ne_bytes());
        out.resize(HEADER + 8, 0);
        out.extend_from_slice(&flags.to_ne_bytes());
        out.resize(HEADER + LINK_HEADER, 0);
        out.extend(attributes);
        out
    }

    #[test]
    fn interfaces_are_told_apart() {
        let mut bytes = link("lo", 0x49, None);
        bytes.extend(link("eth0", 0x43, Some("veth")));
        bytes.extend(link("eth1", 0x43, None));
        bytes.extend(link("tun0", 0x43, Some("tun")));
        let mut links = Vec::new();
        assert!(!read(&bytes, &mut links).unwrap());
        let harmless: Vec<_> = links.iter().map(|l| (l.name.as_str(), l.is_harmless())).collect();
        assert_eq!(harmless, [("lo", true), ("eth0", true), ("eth1", false), ("tun0", false)]);
    }

    #[test]
    fn this_machine_has_a_loopback() {
        let links = Link::all().unwrap();
        assert!(links.iter().any(|link| link.kind == Kind::Loopback), "{links:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes: Vec<u8>, cut in 0usize..90, place in 0usize..90, byte: u8) {
            let mut links = Vec::new();
            read(&bytes, &mut links).ok();
            let mut damaged = link("eth0", 0x43, Some("veth"));
            let place = place % damaged.len();
            damaged[place] = byte;
            damaged.truncate(cut);
            read(&damaged, &mut links).ok();
        }
    }
}
