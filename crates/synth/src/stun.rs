//! STUN (RFC 8489): what is my address, and is somebody still there?

use ostium_event::Addr;

use crate::rng::Rng;

const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// A question with nothing in it, as to a server that tells addresses.
pub(crate) fn question(rng: &mut Rng) -> Vec<u8> {
    message(REQUEST, &rng.bytes(12), &[])
}

/// A question between two ends of a call, with a name and a proof of it.
pub(crate) fn check(rng: &mut Rng, user: &str) -> Vec<u8> {
    let proof = rng.bytes(20);
    let priority = [0x6e, 0, 0x1e, 0xff];
    let attributes = [
        attribute(USERNAME, user.as_bytes()),
        attribute(PRIORITY, &priority),
        attribute(INTEGRITY, &proof),
    ];
    message(REQUEST, &rng.bytes(12), &attributes.concat())
}

/// The answer to a question: where it came from, as the one who answers sees it.
pub(crate) fn answer(question: &[u8], addr: Addr, port: u16) -> Vec<u8> {
    let [a, b, ..] = MAGIC;
    let bits = addr.v4_bits().unwrap_or_default() ^ u32::from_be_bytes(MAGIC);
    let port = port ^ u16::from_be_bytes([a, b]);
    let value = [&[0, 1][..], &port.to_be_bytes(), &bits.to_be_bytes()].concat();
    message(
        SUCCESS,
        question.get(8..20).unwrap_or_default(),
        &attribute(XOR_MAPPED_ADDRESS, &value),
    )
}

fn message(kind: u16, transaction: &[u8], attributes: &[u8]) -> Vec<u8> {
    let length = attributes.len() as u16;
    let mut out = [kind.to_be_bytes(), length.to_be_bytes()].concat();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(transaction);
    out.extend_from_slice(attributes);
    out
}

/// Padded to a multiple of four bytes.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u16;
    let mut out = [kind.to_be_bytes(), length.to_be_bytes()].concat();
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_the_address() {
        let asked = question(&mut Rng::new(1));
        assert_eq!(asked[..8], [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
        // The address of the example in RFC 5769, section 2.2: 192.0.2.1, port 32853.
        let told = answer(&asked, Addr::v4([192, 0, 2, 1]), 32_853);
        assert_eq!(told[8..20], asked[8..20]);
        assert_eq!(told[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
    }

    #[test]
    fn a_check_is_padded() {
        let asked = check(&mut Rng::new(1), "abcde:fgh");
        assert_eq!(usize::from(asked[3]) + 20, asked.len());
        assert_eq!(asked.len() % 4, 0);
    }
}
