//! Protection of initial packets (RFC 9001, section 5): their keys follow from the connection id
//! that the client chose first.

use ring::aead::{self, quic};
use ring::hkdf;

use crate::tcp::Side;

/// What one side of a connection protects its initial packets with.
pub(super) struct Keys {
    packet: aead::LessSafeKey,
    iv: [u8; 12],
    header: quic::HeaderProtectionKey,
}

/// The salt of version 1.
const SALT: [u8; 20] =
    *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
/// What protection adds to a packet.
pub(super) const TAG: usize = 16;

struct Bytes(usize);

// === impl Keys ===

impl Keys {
    /// Those of one side; `None` would be a fault of the library.
    pub(super) fn of(side: Side, connection: &[u8]) -> Option<Self> {
        let [key, header] = [b"quic key".as_slice(), b"quic hp"];
        let secret = secret(side, connection)?;
        let key: [u8; 16] = expand(&secret, key)?;
        let header: [u8; 16] = expand(&secret, header)?;
        let key = aead::UnboundKey::new(&aead::AES_128_GCM, &key).ok()?;
        Some(Self {
            packet: aead::LessSafeKey::new(key),
            iv: expand(&secret, b"quic iv")?,
            header: quic::HeaderProtectionKey::new(&quic::AES_128, &header).ok()?,
        })
    }

    /// A packet of this header, which ends with the packet's number in two bytes, and of these
    /// frames.
    pub(super) fn protect(&self, header: &[u8], number: u16, frames: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = self.iv;
        for (slot, byte) in nonce.iter_mut().rev().zip(number.to_be_bytes().iter().rev()) {
            *slot ^= byte;
        }
        let mut body = frames.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.packet.seal_in_place_append_tag(nonce, aead::Aad::from(header), &mut body).ok()?;
        // The sample begins four bytes after the beginning of the number, however long that is.
        let mask = self.header.new_mask(body.get(2..18)?).ok()?;
        let mut packet = header.to_vec();
        packet.extend(body);
        let (first, rest) = packet.split_first_mut()?;
        *first ^= mask[0] & 0x0f;
        let place = header.len() - 3;
        for (byte, mask) in rest.get_mut(place..place + 2)?.iter_mut().zip(mask.iter().skip(1)) {
            *byte ^= mask;
        }
        Some(packet)
    }
}

fn secret(side: Side, connection: &[u8]) -> Option<hkdf::Prk> {
    let label: &[u8] = match side {
        Side::Inside => b"client in",
        Side::Outside => b"server in",
    };
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &SALT);
    let secret: [u8; 32] = expand(&salt.extract(connection), label)?;
    Some(hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret))
}

/// HKDF-Expand-Label (RFC 8446, section 7.1) without context.
fn expand<const N: usize>(secret: &hkdf::Prk, label: &[u8]) -> Option<[u8; N]> {
    let length = [0, N as u8, label.len() as u8 + 6];
    let info = [&length[..], b"tls13 ", label, &[0]];
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
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn keys_are_those_of_the_rfc() {
        let connection = b"\x83\x94\xc8\xf0\x3e\x51\x57\x08";
        let secret = secret(Side::Inside, connection).unwrap();
        let key: [u8; 16] = expand(&secret, b"quic key").unwrap();
        let iv: [u8; 12] = expand(&secret, b"quic iv").unwrap();
        let header: [u8; 16] = expand(&secret, b"quic hp").unwrap();
        assert_eq!(hex(&key), "1f369613dd76d5467730efcbe3b1a22d");
        assert_eq!(hex(&iv), "fa044b2f42a3fd3b46fb255c");
        assert_eq!(hex(&header), "9f50449e04a0e810283a1e9933adedd2");
    }
}
