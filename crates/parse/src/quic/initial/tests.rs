//! Initial packets of the examples in RFC 9001 and RFC 9369.

use ring::aead::{Aad, Nonce};

use super::*;
use crate::quic::tests::{RFC_HELLO, hex};

/// The connection id of both RFCs' examples.
const ID: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

/// Protects a packet as a client does. `header` ends with the packet number.
pub(crate) fn protect(dialect: &Dialect, to: &[u8], header: &[u8], frames: &[u8]) -> Vec<u8> {
    let keys = Keys::of_client(dialect, to).unwrap();
    let number_len = usize::from(header[0] & 3) + 1;
    let number_at = header.len() - number_len;
    let mut nonce = keys.iv;
    for (slot, byte) in nonce.iter_mut().rev().zip(header[number_at..].iter().rev()) {
        *slot ^= byte;
    }
    let mut payload = frames.to_vec();
    let tag = keys
        .packet
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(header),
            &mut payload,
        )
        .unwrap();
    let mut packet = header.to_vec();
    packet.extend_from_slice(&payload);
    packet.extend_from_slice(tag.as_ref());
    let mask = keys.header.new_mask(&packet[number_at + 4..number_at + 20]).unwrap();
    packet[0] ^= mask[0] & 0x0f;
    for at in 0..number_len {
        packet[number_at + at] ^= mask[1 + at];
    }
    packet
}

/// The examples' packet: the hello, padded to 1162 bytes of frames.
fn example(version: u32, header: &str) -> Vec<u8> {
    let mut frames = hex(RFC_HELLO);
    frames.resize(1162, 0);
    protect(dialect(version).unwrap(), &ID, &hex(header), &frames)
}

#[test]
fn version_1_of_rfc_9001() {
    let packet = example(1, "c300000001088394c8f03e5157080000449e00000002");
    assert_eq!(packet.len(), 1200);
    assert_eq!(
        packet[..38],
        hex("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b")
    );
    assert_eq!(packet[1184..], hex("e221af44860018ab0856972e194cd934"));
    opens(&packet);
}

#[test]
fn version_2_of_rfc_9369() {
    let packet = example(0x6b33_43cf, "d36b3343cf088394c8f03e5157080000449e00000002");
    assert_eq!(packet[..22], hex("d76b3343cf088394c8f03e5157080000449ea0c95e82"));
    opens(&packet);
}

fn opens(packet: &[u8]) {
    let long = Long::read(packet).unwrap();
    let dialect = dialect(long.version).unwrap();
    let (initial, after) = long.split(dialect, packet).unwrap();
    assert!(after.is_empty());
    let initial = initial.unwrap();
    let keys = Keys::of_client(dialect, long.to).unwrap();
    let mut room = Vec::new();
    let frames = keys.open(&initial, &mut room).unwrap();
    assert!(room[frames].starts_with(&hex(RFC_HELLO)));
    // One changed bit, and it is not opened.
    let mut changed = packet.to_vec();
    changed[600] ^= 1;
    let changed = Initial { packet: &changed, ..initial };
    assert_eq!(keys.open(&changed, &mut room), None);
}
