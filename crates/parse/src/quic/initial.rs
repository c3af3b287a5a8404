//! Initial packets of QUIC version 1 (RFC 9001) and 2 (RFC 9369), of the last drafts, and of what
//! Google and Meta made of them: their keys follow from the connection id that the client chose, so anyone on the path can read them.

use std::ops::Range;

use ring::aead::{self, quic};
use ring::hkdf;

use crate::bytes::Reader;

/// The header of a long packet (RFC 8999).
#[derive(Clone, Copy, Debug)]
pub(super) struct Long<'a> {
    pub(super) first: u8,
    pub(super) version: u32,
    /// The connection id of the receiver.
    pub(super) to: &'a [u8],
    /// The connection id of the sender.
    pub(super) from: &'a [u8],
    /// What follows the connection ids.
    pub(super) rest: &'a [u8],
}

/// How a version names and salts its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    salt: [u8; 20],
    key: &'static [u8],
    iv: &'static [u8],
    header: &'static [u8],
    /// Type bits of an initial packet.
    initial: u8,
    /// Type of the frames that carry the handshake.
    pub(super) crypto: u8,
}

/// The client's keys of one connection.
pub(super) struct Keys {
    packet: aead::LessSafeKey,
    iv: [u8; 12],
    header: quic::HeaderProtectionKey,
}

/// An initial packet inside a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Initial<'a> {
    /// From its first byte to its last.
    pub(super) packet: &'a [u8],
    /// Where its packet number begins.
    pub(super) number_at: usize,
}

const V1: Dialect = Dialect {
    salt: *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
    key: b"quic key",
    iv: b"quic iv",
    header: b"quic hp",
    initial: 0,
    crypto: 6,
};
const DRAFT_29: Dialect = Dialect {
    salt: *b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99",
    ..V1
};
const DRAFT_23: Dialect = Dialect {
    salt: *b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02",
    ..V1
};
/// The last version of Google with TLS before the standard: `T051`.
const T051: Dialect = Dialect {
    salt: *b"\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d",
    crypto: 8,
    ..V1
};
const V2: Dialect = Dialect {
    salt: *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
    key: b"quicv2 key",
    iv: b"quicv2 iv",
    header: b"quicv2 hp",
    initial: 1,
    crypto: 6,
};

/// Length of a key or IV, as the key derivation wants it.
struct Bytes(usize);

/// The dialect of a version whose initials can be read.
pub(super) const fn dialect(version: u32) -> Option<&'static Dialect> {
    match version {
        1 | 0xff00_0021..=0xff00_0022 => Some(&V1),
        0x6b33_43cf => Some(&V2),
        0xff00_001d..=0xff00_0020 => Some(&DRAFT_29),
        // Meta's own version is draft 27 under another number.
        0xff00_0017..=0xff00_001c | 0xface_b002 => Some(&DRAFT_23),
        0x5430_3531 => Some(&T051),
        _ => None,
    }
}

// === impl Long ===

impl<'a> Long<'a> {
    /// Reads the header; `None` when it is a short one, or malformed.
    pub(super) fn read(datagram: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(datagram);
        let first = reader.u8().filter(|first| first & 0x80 != 0)?;
        let version = reader.u32()?;
        let to = reader.vec8()?;
        let from = reader.vec8()?;
        Some(Self { first, version, to, from, rest: reader.rest() })
    }

    /// Splits a packet of a known version off its datagram: the initial, if it is one, and what
    /// follows it. `None` when nothing can follow.
    pub(super) fn split(
        &self,
        dialect: &Dialect,
        datagram: &'a [u8],
    ) -> Option<(Option<Initial<'a>>, &'a [u8])> {
        let kind = (self.first >> 4 & 3).wrapping_sub(dialect.initial) & 3;
        let mut reader = Reader::new(self.rest);
        match kind {
            0 => {
                let token = usize::try_from(reader.varint()?).ok()?;
                reader.take(token)?;
            }
            // A retry has no length and stands alone.
            3 => return None,
            _ => {}
        }
        let length = usize::try_from(reader.varint()?).ok()?;
        let number_at = datagram.len() - reader.rest().len();
        reader.take(length)?;
        let end = number_at + length;
        let (packet, after) = datagram.split_at_checked(end)?;
        let initial = Initial { packet, number_at };
        Some(((kind == 0).then_some(initial), after))
    }
}

// === impl Keys ===

impl Keys {
    /// The keys that a client derives from the connection id `to` (RFC 9001, section 5.2).
    pub(super) fn of_client(dialect: &Dialect, to: &[u8]) -> Option<Self> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &dialect.salt);
        let secret: [u8; 32] = expand(&salt.extract(to), b"client in")?;
        let secret = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let key: [u8; 16] = expand(&secret, dialect.key)?;
        let header: [u8; 16] = expand(&secret, dialect.header)?;
        let key = aead::UnboundKey::new(&aead::AES_128_GCM, &key).ok()?;
        Some(Self {
            packet: aead::LessSafeKey::new(key),
            iv: expand(&secret, dialect.iv)?,
            header: quic::HeaderProtectionKey::new(&quic::AES_128, &header).ok()?,
        })
    }

    /// Decrypts a packet into `room`; gives where its frames are in there.
    pub(super) fn open(&self, initial: &Initial<'_>, room: &mut Vec<u8>) -> Option<Range<usize>> {
        room.clear();
        room.extend_from_slice(initial.packet);
        let sample = initial.packet.get(initial.number_at + 4..)?.get(..16)?;
        let mask = self.header.new_mask(sample).ok()?;
        let (mask_first, mask_number) = mask.split_first()?;
        let first = room.first_mut()?;
        *first ^= mask_first & 0x0f;
        let number_end = initial.number_at + 1 + usize::from(*first & 3);
        let mut nonce = self.iv;
        let number = room.get_mut(initial.number_at..number_end)?;
        for (byte, mask) in number.iter_mut().zip(mask_number) {
            *byte ^= mask;
        }
        for (slot, byte) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *slot ^= byte;
        }
        let (header, payload) = room.split_at_mut_checked(number_end)?;
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let opened = self.packet.open_in_place(nonce, aead::Aad::from(&*header), payload);
        let length = opened.ok()?.len();
        Some(number_end..number_end + length)
    }
}

/// HKDF-Expand-Label of TLS 1.3 with an empty context.
fn expand<const N: usize>(secret: &hkdf::Prk, label: &[u8]) -> Option<[u8; N]> {
    let length = u16::try_from(N).ok()?.to_be_bytes();
    let label_length = [u8::try_from(label.len() + 6).ok()?];
    let info = [&length[..], &label_length, b"tls13 ", label, &[0]];
    let mut bytes = [0; N];
    secret.expand(&info, Bytes(N)).ok()?.fill(&mut bytes).ok()?;
    Some(bytes)
}

// === impl Bytes ===

impl hkdf::KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
pub(crate) mod tests;
