//! Writing hellos (RFC 8446, RFC 5246).

use super::stacks::*;
use crate::rng::Rng;

/// Steps of the length of an encrypted hello.
pub(super) const SEALED: usize = 32;

/// Appends a block with its length in front, in one, two or three bytes.
pub(crate) fn block(out: &mut Vec<u8>, width: usize, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(std::iter::repeat_n(0, width));
    fill(out);
    let length = (out.len() - start - width) as u32;
    let bytes = length.to_be_bytes();
    let tail = bytes.iter().skip(4 - width);
    for (place, byte) in out.iter_mut().skip(start).zip(tail) {
        *place = *byte;
    }
}

fn words(out: &mut Vec<u8>, list: &[u16]) {
    for word in list {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// A client hello message with its handshake header. `sealed`, below 4, is how long the encrypted
/// hello is that some stacks send.
pub(super) fn client(
    rng: &mut Rng,
    stack: Stack,
    server_name: Option<&str>,
    sealed: usize,
) -> Vec<u8> {
    let profile = stack.profile();
    let mut out = vec![1];
    block(&mut out, 3, |out| {
        out.extend_from_slice(&profile.legacy.to_be_bytes());
        out.extend(rng.bytes(32));
        let session = if profile.speaks_13() { 32 } else { 0 };
        block(out, 1, |out| out.extend(rng.bytes(session)));
        block(out, 2, |out| {
            if profile.greases {
                words(out, &[grease(rng)]);
            }
            words(out, profile.ciphers);
        });
        out.extend_from_slice(&[1, 0]);
        block(out, 2, |out| extensions(out, rng, profile, server_name, sealed));
    });
    out
}

fn extensions(
    out: &mut Vec<u8>,
    rng: &mut Rng,
    profile: &Profile,
    server_name: Option<&str>,
    sealed: usize,
) {
    let mut list: Vec<u16> = profile.extensions.to_vec();
    list.retain(|&id| id != SERVER_NAME || server_name.is_some());
    if profile.greases {
        shuffle(rng, &mut list);
        list.insert(0, grease(rng));
    }
    for id in list {
        out.extend_from_slice(&id.to_be_bytes());
        block(out, 2, |out| match id {
            ENCRYPTED_HELLO => encrypted_hello(out, rng, sealed),
            _ => extension(out, rng, id, profile, server_name.unwrap_or_default()),
        });
    }
    if profile.greases {
        // The last reserved extension holds one byte, and differs from the first.
        words(out, &[0xdada]);
        out.extend_from_slice(&[0, 1, 0]);
    }
}

fn extension(out: &mut Vec<u8>, rng: &mut Rng, id: u16, profile: &Profile, name: &str) {
    match id {
        SERVER_NAME => block(out, 2, |out| {
            out.push(0);
            block(out, 2, |out| out.extend_from_slice(name.as_bytes()));
        }),
        STATUS_REQUEST => out.extend_from_slice(&[1, 0, 0, 0, 0]),
        GROUPS => block(out, 2, |out| {
            if profile.greases {
                words(out, &[grease(rng)]);
            }
            words(out, profile.groups);
        }),
        POINT_FORMATS => block(out, 1, |out| out.extend_from_slice(profile.point_formats)),
        SIGNATURES | CERTIFICATE_SIGNATURES => block(out, 2, |out| words(out, profile.signatures)),
        ALPN => block(out, 2, |out| {
            for name in profile.alpn {
                block(out, 1, |out| out.extend_from_slice(name.as_bytes()));
            }
        }),
        COMPRESS_CERTIFICATE => out.extend_from_slice(&[2, 0, 2]),
        RECORD_SIZE => out.extend_from_slice(&[0x40, 0x01]),
        DELEGATED => block(out, 2, |out| words(out, &[0x0403, 0x0503, 0x0603, 0x0203])),
        VERSIONS => block(out, 1, |out| {
            if profile.greases {
                words(out, &[grease(rng)]);
            }
            words(out, profile.versions);
        }),
        KEY_MODES => out.extend_from_slice(&[1, 1]),
        KEY_SHARE => block(out, 2, |out| key_shares(out, rng, profile)),
        APPLICATION_SETTINGS => out.extend_from_slice(&[0, 3, 2, b'h', b'2']),
        RENEGOTIATION => out.push(0),
        STATUS_REQUESTS => out.extend_from_slice(&[0, 7, 2, 0, 4, 0, 0, 0, 0]),
        PADDING => out.extend_from_slice(&[0; 180]),
        // Empty by nature: extended master secret, session ticket, timestamps and the like.
        _ => {}
    }
}

fn key_shares(out: &mut Vec<u8>, rng: &mut Rng, profile: &Profile) {
    if profile.greases {
        words(out, &[grease(rng)]);
        out.extend_from_slice(&[0, 1, 0]);
    }
    for &group in profile.shares {
        words(out, &[group]);
        let length = match group {
            HYBRID => 1184 + 32,
            X25519 => 32,
            _ => 65,
        };
        block(out, 2, |out| out.extend(rng.bytes(length)));
    }
}

/// A made-up encrypted hello, as browsers send to servers without the real one.
fn encrypted_hello(out: &mut Vec<u8>, rng: &mut Rng, sealed: usize) {
    out.extend_from_slice(&[0, 0, 1, 0, 1]);
    out.push(rng.next() as u8);
    block(out, 2, |out| out.extend(rng.bytes(32)));
    block(out, 2, |out| out.extend(rng.bytes(144 + SEALED * sealed)));
}

/// The version that both agree on.
pub(super) fn version(stack: Stack, modern: bool) -> u16 {
    let profile = stack.profile();
    if modern && profile.speaks_13() { 0x0304 } else { profile.legacy }
}

/// A server hello message: TLS 1.3 when both can, otherwise the client's highest version.
pub(super) fn server(rng: &mut Rng, stack: Stack, modern: bool) -> Vec<u8> {
    let profile = stack.profile();
    let new = version(stack, modern) == 0x0304;
    let old = profile.ciphers.iter().copied().find(|c| c >> 8 == 0xc0);
    let cipher = old.filter(|_| !new).unwrap_or(0x1301);
    let mut out = vec![2];
    block(&mut out, 3, |out| {
        out.extend_from_slice(&profile.legacy.to_be_bytes());
        out.extend(rng.bytes(32));
        block(out, 1, |out| out.extend(rng.bytes(32)));
        words(out, &[cipher]);
        out.push(0);
        block(out, 2, |out| match new {
            true => {
                words(out, &[VERSIONS, 2, 0x0304, KEY_SHARE]);
                let group = profile.shares.first().copied().unwrap_or(X25519);
                let length = if group == HYBRID { 1088 + 32 } else { 32 };
                block(out, 2, |out| {
                    words(out, &[group]);
                    block(out, 2, |out| out.extend(rng.bytes(length)));
                });
            }
            false => {
                words(out, &[RENEGOTIATION, 1]);
                out.push(0);
                words(out, &[0x0017, 0]);
            }
        });
    });
    out
}

/// A reserved value: 0x0a0a, 0x1a1a, ... 0xfafa; 0xdada is kept for the last extension.
fn grease(rng: &mut Rng) -> u16 {
    let byte = (rng.below(13) as u16) << 4 | 0x0a;
    byte << 8 | byte
}

fn shuffle(rng: &mut Rng, list: &mut [u16]) {
    for n in (1..list.len()).rev() {
        list.swap(n, rng.below(n + 1));
    }
}
