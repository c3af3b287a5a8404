//! Hellos inside QUIC (RFC 9001, section 4 and 8): TLS 1.3 alone, with transport parameters.

use super::Client;
use crate::rng::Rng;
use crate::tls::block;

/// What a client's hello lists; reserved values are put in between by Chrome alone.
struct Profile {
    ciphers: &'static [u16],
    extensions: &'static [u16],
    groups: &'static [u16],
    shares: &'static [u16],
    signatures: &'static [u16],
    greases: bool,
}

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const SIGNATURES: u16 = 13;
const ALPN: u16 = 16;
const COMPRESS_CERTIFICATE: u16 = 27;
const VERSIONS: u16 = 43;
const KEY_MODES: u16 = 45;
const KEY_SHARE: u16 = 51;
const PARAMETERS: u16 = 57;
const APPLICATION_SETTINGS: u16 = 0x44cd;
const ENCRYPTED_HELLO: u16 = 0xfe0d;
const STATUS_REQUEST: u16 = 5;
const RECORD_SIZE: u16 = 28;
const RENEGOTIATION: u16 = 0xff01;
const X25519: u16 = 0x001d;
/// X25519 together with ML-KEM-768.
const HYBRID: u16 = 0x11ec;
const HYBRID_TO: usize = 1184 + 32;
const HYBRID_FROM: usize = 1088 + 32;

const CHROME: Profile = Profile {
    ciphers: &[0x1301, 0x1302, 0x1303],
    extensions: &[
        SERVER_NAME,
        GROUPS,
        SIGNATURES,
        ALPN,
        COMPRESS_CERTIFICATE,
        VERSIONS,
        KEY_MODES,
        KEY_SHARE,
        PARAMETERS,
        APPLICATION_SETTINGS,
        ENCRYPTED_HELLO,
    ],
    groups: &[HYBRID, X25519, 0x0017, 0x0018],
    shares: &[HYBRID, X25519],
    signatures: &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201],
    greases: true,
};

const FIREFOX: Profile = Profile {
    ciphers: &[0x1301, 0x1303, 0x1302],
    extensions: &[
        SERVER_NAME,
        0x0017,
        RENEGOTIATION,
        GROUPS,
        ALPN,
        STATUS_REQUEST,
        0x0022,
        KEY_SHARE,
        VERSIONS,
        SIGNATURES,
        KEY_MODES,
        RECORD_SIZE,
        PARAMETERS,
        COMPRESS_CERTIFICATE,
        ENCRYPTED_HELLO,
    ],
    groups: &[HYBRID, X25519, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101],
    shares: &[HYBRID, X25519, 0x0017],
    signatures: &[
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
    ],
    greases: false,
};

/// The client's hello with its header.
pub(super) fn client(rng: &mut Rng, client: Client, name: &str, source: &[u8]) -> Vec<u8> {
    let profile = match client {
        Client::Chrome => &CHROME,
        Client::Firefox => &FIREFOX,
    };
    let mut list = profile.extensions.to_vec();
    if profile.greases {
        for n in (1..list.len()).rev() {
            list.swap(n, rng.below(n + 1));
        }
    }
    let mut out = vec![1];
    block(&mut out, 3, |out| {
        out.extend_from_slice(&[3, 3]);
        out.extend(rng.bytes(32));
        // There is no session to resume by its id.
        out.push(0);
        block(out, 2, |out| {
            if profile.greases {
                words(out, &[0x4a4a]);
            }
            words(out, profile.ciphers);
        });
        out.extend_from_slice(&[1, 0]);
        block(out, 2, |out| {
            for id in list {
                words(out, &[id]);
                block(out, 2, |out| extension(out, rng, id, profile, (name, source)));
            }
        });
    });
    out
}

fn extension(
    out: &mut Vec<u8>,
    rng: &mut Rng,
    id: u16,
    profile: &Profile,
    (name, source): (&str, &[u8]),
) {
    match id {
        SERVER_NAME => block(out, 2, |out| {
            out.push(0);
            block(out, 2, |out| out.extend_from_slice(name.as_bytes()));
        }),
        GROUPS => block(out, 2, |out| words(out, profile.groups)),
        SIGNATURES => block(out, 2, |out| words(out, profile.signatures)),
        ALPN => block(out, 2, |out| block(out, 1, |out| out.extend_from_slice(b"h3"))),
        STATUS_REQUEST => out.extend_from_slice(&[1, 0, 0, 0, 0]),
        COMPRESS_CERTIFICATE => out.extend_from_slice(&[2, 0, 2]),
        VERSIONS => out.extend_from_slice(&[2, 3, 4]),
        KEY_MODES => out.extend_from_slice(&[1, 1]),
        RECORD_SIZE => out.extend_from_slice(&[0x40, 1]),
        RENEGOTIATION => out.push(0),
        0x0022 => block(out, 2, |out| words(out, &[0x0403, 0x0503, 0x0603, 0x0203])),
        KEY_SHARE => block(out, 2, |out| {
            for &group in profile.shares {
                words(out, &[group]);
                let length = match group {
                    HYBRID => HYBRID_TO,
                    X25519 => 32,
                    _ => 65,
                };
                block(out, 2, |out| out.extend(rng.bytes(length)));
            }
        }),
        APPLICATION_SETTINGS => out.extend_from_slice(&[0, 3, 2, b'h', b'3']),
        ENCRYPTED_HELLO => {
            out.extend_from_slice(&[0, 0, 1, 0, 1, rng.next() as u8]);
            block(out, 2, |out| out.extend(rng.bytes(32)));
            let length = 144 + 32 * rng.below(4);
            block(out, 2, |out| out.extend(rng.bytes(length)));
        }
        PARAMETERS => parameters(out, source),
        _ => {}
    }
}

/// Transport parameters (RFC 9000, section 18): limits, and the connection id of whoever speaks.
fn parameters(out: &mut Vec<u8>, source: &[u8]) {
    // Idle time 30 s, 15 MiB in all, 6 MiB for each kind of stream, 100 and 103 streams.
    out.extend_from_slice(&[1, 4, 0x80, 0, 0x75, 0x30]);
    out.extend_from_slice(&[4, 4, 0x80, 0xf0, 0, 0]);
    for id in 5..=7 {
        out.extend_from_slice(&[id, 4, 0x80, 0x60, 0, 0]);
    }
    out.extend_from_slice(&[8, 2, 0x40, 0x64, 9, 2, 0x40, 0x67]);
    out.push(15);
    block(out, 1, |out| out.extend_from_slice(source));
}

/// The server's hello with its header.
pub(super) fn server(rng: &mut Rng) -> Vec<u8> {
    let mut out = vec![2];
    block(&mut out, 3, |out| {
        out.extend_from_slice(&[3, 3]);
        out.extend(rng.bytes(32));
        out.push(0);
        words(out, &[0x1301]);
        out.push(0);
        block(out, 2, |out| {
            words(out, &[VERSIONS, 2, 0x0304, KEY_SHARE]);
            block(out, 2, |out| {
                words(out, &[HYBRID]);
                block(out, 2, |out| out.extend(rng.bytes(HYBRID_FROM)));
            });
        });
    });
    out
}

fn words(out: &mut Vec<u8>, list: &[u16]) {
    for word in list {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
