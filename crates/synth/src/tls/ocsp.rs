//! Answers about revocation (RFC 6960): "good", with keys and signatures of random bytes.

use ostium_event::Timestamp;

use super::certificate::{BITS, INTEGER, OCTETS, OID, SEQUENCE, algorithm, time, tlv};
use crate::rng::Rng;

const ENUMERATED: u8 = 0x0a;
/// id-pkix-ocsp-basic
const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// id-sha1, which names certificates here to this day.
const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];

/// The answer that a certificate is good.
pub(crate) fn write(rng: &mut Rng, at: Timestamp) -> Vec<u8> {
    let mut signature = vec![0];
    signature.extend(rng.bytes(256));
    let body = [data(rng, at), algorithm(), tlv(BITS, &signature)];
    let basic = tlv(OCTETS, &tlv(SEQUENCE, &body.concat()));
    let bytes = tlv(SEQUENCE, &[tlv(OID, BASIC), basic].concat());
    tlv(SEQUENCE, &[tlv(ENUMERATED, &[0]), tlv(0xa0, &bytes)].concat())
}

fn data(rng: &mut Rng, at: Timestamp) -> Vec<u8> {
    let hash = tlv(SEQUENCE, &[tlv(OID, SHA1), vec![5, 0]].concat());
    let mut serial = rng.bytes(16);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    let names = [tlv(OCTETS, &rng.bytes(20)), tlv(OCTETS, &rng.bytes(20))].concat();
    let which = tlv(SEQUENCE, &[hash, names, tlv(INTEGER, &serial)].concat());
    let single = tlv(SEQUENCE, &[which, vec![0x80, 0], time(at)].concat());
    let responder = tlv(0xa2, &tlv(OCTETS, &rng.bytes(20)));
    tlv(SEQUENCE, &[responder, time(at), tlv(SEQUENCE, &single)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::der_parser::parse_der;

    #[test]
    fn an_independent_reader_finds_its_way() {
        let bytes = write(&mut Rng::new(1), Timestamp::from_secs(1_789_372_800));
        let (rest, outer) = parse_der(&bytes).unwrap();
        assert!(rest.is_empty());
        let parts = outer.as_sequence().unwrap();
        assert_eq!(parts[0].as_u32().unwrap(), 0);
        let (_, explicit) = parse_der(parts[1].as_slice().unwrap()).unwrap();
        let parts = explicit.as_sequence().unwrap();
        assert_eq!(parts[0].as_oid().unwrap().to_id_string(), "1.3.6.1.5.5.7.48.1.1");
        let (rest, basic) = parse_der(parts[1].as_slice().unwrap()).unwrap();
        assert!(rest.is_empty());
        assert_eq!(basic.as_sequence().unwrap().len(), 3);
    }
}
