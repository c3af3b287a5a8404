//! Client and server hellos (RFC 8446, sections 4.1.2 and 4.1.3; RFC 5246 before them).

use ostium_event::{Fingerprint, TlsVersion};
use ring::digest::{Context, SHA256};

use crate::bytes::{Reader, truncated};

pub(super) const SERVER_NAME: u16 = 0;
pub(super) const SIGNATURES: u16 = 13;
pub(super) const ALPN: u16 = 16;
const VERSIONS: u16 = 43;

/// What a client hello says. Lists are as on the wire.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct ClientHello<'a> {
    /// Highest version offered.
    pub(crate) version: u16,
    /// Cipher suites, two bytes each.
    pub(super) ciphers: &'a [u8],
    pub(super) extensions: Extensions<'a>,
    /// The extension is there, whatever it holds.
    pub(super) has_name: bool,
    pub(super) name: Option<&'a [u8]>,
    /// First protocol offered.
    pub(super) alpn: Option<&'a [u8]>,
    /// Signature algorithms, two bytes each.
    pub(super) signatures: &'a [u8],
}

/// What a server hello says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct ServerHello {
    pub(super) version: TlsVersion,
    pub(super) cipher: u16,
    pub(super) fingerprint: Fingerprint,
    /// The server asks for another client hello.
    pub(super) is_retry: bool,
}

/// Extensions in order: id and data.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Extensions<'a>(&'a [u8]);

/// The random of a server hello that asks for another client hello (RFC 8446, section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Is it a value that only tests tolerance (RFC 8701)?
pub(super) const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Big-endian numbers of a list.
pub(super) fn numbers(list: &[u8]) -> impl Iterator<Item = u16> + '_ {
    list.chunks_exact(2).filter_map(|pair| Reader::new(pair).u16())
}

// === impl ClientHello ===

impl<'a> ClientHello<'a> {
    /// Reads the body of the message; `None` when it is malformed.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let mut hello = Self { version: reader.u16()?, ..Self::default() };
        reader.take(32)?;
        reader.vec8()?;
        hello.ciphers = reader.vec16()?;
        reader.vec8()?;
        // Old clients send no extensions at all.
        if reader.is_empty() {
            return Some(hello);
        }
        hello.extensions = Extensions::checked(reader.vec16()?)?;
        for (id, data) in hello.extensions {
            hello.add(id, data);
        }
        Some(hello)
    }

    fn add(&mut self, id: u16, data: &'a [u8]) {
        let mut reader = Reader::new(data);
        match id {
            SERVER_NAME => {
                self.has_name = true;
                self.name = first_name(data);
            }
            ALPN => {
                let first = reader.vec16().and_then(|list| Reader::new(list).vec8());
                self.alpn = first.filter(|name| !name.is_empty());
            }
            SIGNATURES => self.signatures = reader.vec16().unwrap_or_default(),
            VERSIONS => {
                let list = reader.vec8().unwrap_or_default();
                let highest = numbers(list).filter(|v| !is_grease(*v)).max();
                self.version = highest.unwrap_or(self.version);
            }
            _ => {}
        }
    }
}

/// The host name of a server name extension (RFC 6066, section 3).
fn first_name(data: &[u8]) -> Option<&[u8]> {
    let mut list = Reader::new(Reader::new(data).vec16()?);
    if list.u8()? != 0 {
        return None;
    }
    list.vec16().filter(|name| !name.is_empty())
}

// === impl ServerHello ===

impl ServerHello {
    /// Reads the body of the message; `None` when it is malformed.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let mut version = reader.u16()?;
        let random = reader.take(32)?;
        reader.vec8()?;
        let cipher = reader.u16()?;
        reader.u8()?;
        let extensions = if reader.is_empty() {
            Extensions::default()
        } else {
            Extensions::checked(reader.vec16()?)?
        };
        for (id, data) in extensions {
            if id == VERSIONS {
                version = Reader::new(data).u16()?;
            }
        }
        Some(Self {
            version: TlsVersion(version),
            cipher,
            fingerprint: shape(version, cipher, extensions),
            is_retry: random == RETRY,
        })
    }
}

/// Ostium's server fingerprint: SHA-256 over version, cipher and extension ids in order.
fn shape(version: u16, cipher: u16, extensions: Extensions<'_>) -> Fingerprint {
    let mut context = Context::new(&SHA256);
    context.update(&version.to_be_bytes());
    context.update(&cipher.to_be_bytes());
    for (id, _) in extensions {
        context.update(&id.to_be_bytes());
    }
    truncated(&context.finish())
}

// === impl Extensions ===

impl<'a> Extensions<'a> {
    /// `None` when an extension runs out of the block.
    fn checked(block: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(block);
        while !reader.is_empty() {
            reader.u16()?;
            reader.vec16()?;
        }
        Some(Self(block))
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = Reader::new(self.0);
        let item = (reader.u16()?, reader.vec16()?);
        self.0 = reader.rest();
        Some(item)
    }
}
