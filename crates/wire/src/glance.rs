//! The two ends of a usual frame, without decoding it whole.
//!
//! Bias: says nothing of frames that [`decode`](crate::decode) might refuse, unwrap or join: tunnels,
//! fragments, extension headers, frames cut short. What it says is what decoding says.

use ostium_event::{Addr, Proto};

use crate::LinkType;
use crate::bytes::u16_at;
use crate::meta::Meta;
use crate::tunnel::is_tunnel_port;

/// Who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Source address.
    pub src: Addr,
    /// Destination address.
    pub dst: Addr,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Protocol above IP.
    pub proto: Proto,
}

/// Protocol, addresses, and where the transport header begins.
type Network<'a> = (u8, Addr, Addr, &'a [u8]);

/// The ends of a frame of Ethernet, perhaps with one VLAN tag, that holds TCP or UDP in whole IPv4 or
/// IPv6; `None` says that only decoding can tell.
#[inline]
pub fn glance(link: LinkType, frame: &[u8]) -> Option<Ends> {
    if link != LinkType::Ethernet {
        return None;
    }
    let (proto, src, dst, transport) = match u16_at(frame, 12)? {
        0x0800 => v4(frame.get(14..)?)?,
        0x86dd => v6(frame.get(14..)?)?,
        0x8100 => match u16_at(frame, 16)? {
            0x0800 => v4(frame.get(18..)?)?,
            0x86dd => v6(frame.get(18..)?)?,
            _ => return None,
        },
        _ => return None,
    };
    let &[s0, s1, d0, d1, ..] = transport.first_chunk::<8>()?;
    let (src_port, dst_port) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    match proto {
        6 => {
            let header = transport.first_chunk::<20>()?;
            let len = usize::from(header[12] >> 4) * 4;
            if len < 20 || len > transport.len() {
                return None;
            }
        }
        17 if !is_tunnel_port(dst_port) => {}
        _ => return None,
    }
    Some(Ends { src, dst, src_port, dst_port, proto: Proto(proto) })
}

/// IPv4 without options or fragments, all of it in the frame.
#[inline]
fn v4(packet: &[u8]) -> Option<Network<'_>> {
    let &[vihl, _, l0, l1, _, _, f0, f1, _, proto, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
        packet.first_chunk::<20>()?;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    if vihl != 0x45 || (f0 & 0x3f) | f1 != 0 {
        return None;
    }
    let transport = packet.get(20..total)?;
    Some((proto, Addr::v4([s0, s1, s2, s3]), Addr::v4([d0, d1, d2, d3]), transport))
}

/// IPv6 without extension headers, all of it in the frame.
#[inline]
fn v6(packet: &[u8]) -> Option<Network<'_>> {
    let &[version, _, _, _, l0, l1, next, _] = packet.first_chunk::<8>()?;
    let src: &[u8; 16] = packet.get(8..24)?.as_array()?;
    let dst: &[u8; 16] = packet.get(24..40)?.as_array()?;
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    if version >> 4 != 6 || len == 0 {
        return None;
    }
    Some((next, Addr::v6(*src), Addr::v6(*dst), packet.get(40..40 + len)?))
}

// === impl Ends ===

impl From<&Meta> for Ends {
    #[inline]
    fn from(meta: &Meta) -> Self {
        Self {
            src: meta.src,
            dst: meta.dst,
            src_port: meta.src_port,
            dst_port: meta.dst_port,
            proto: meta.proto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;
    use proptest::prelude::*;

    /// A frame whose every part may be usual or not.
    fn frame() -> impl Strategy<Value = Vec<u8>> {
        let head = prop_oneof![
            Just(vec![8, 0]),
            Just(vec![0x86, 0xdd]),
            Just(vec![0x81, 0, 0, 7, 8, 0]),
            Just(vec![0x81, 0, 0, 7, 0x86, 0xdd]),
            Just(vec![0x81, 0, 0, 7, 0x81, 0])
        ];
        let proto = prop_oneof![3 => Just(6u8), 3 => Just(17u8), 1 => any::<u8>()];
        let port = prop_oneof![Just(53u16), Just(4789), Just(2152), Just(6081), any::<u16>()];
        let length = prop_oneof![4 => Just(0i16), 1 => -60i16..60];
        let odd = prop::option::weighted(0.3, (0usize..64, any::<u8>()));
        let body = prop::collection::vec(any::<u8>(), 0..80);
        (head, proto, (any::<u16>(), port), length, odd, body, 0x40u8..0x80).prop_map(
            |(head, proto, (from, to), off, odd, body, offset)| {
                let v6 = head.ends_with(&[0x86, 0xdd]);
                let mut upper: Vec<u8> = [from, to].iter().flat_map(|p| p.to_be_bytes()).collect();
                upper.extend([0, 0, 0, 1, 0, 0, 0, 2, offset, 0x18, 1, 0, 9, 9, 0, 0]);
                upper.extend(body);
                if proto == 17 {
                    let len = upper.len() as u16;
                    upper[4..6].copy_from_slice(&len.to_be_bytes());
                }
                let mut bytes = vec![2; 12];
                bytes.extend(head);
                let len = (upper.len() as i16 + off).max(0) as u16;
                if v6 {
                    bytes.extend([0x60, 0, 0, 0]);
                    bytes.extend(len.to_be_bytes());
                    bytes.extend([proto, 64]);
                    bytes.extend([0xfd; 32]);
                } else {
                    bytes.extend([0x45, 0]);
                    bytes.extend((len + 20).to_be_bytes());
                    bytes.extend([0, 1, 0x40, 0, 64, proto, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1]);
                }
                bytes.extend(upper);
                if let Some((at, value)) = odd
                    && let Some(byte) = bytes.get_mut(at + 12)
                {
                    *byte = value;
                }
                bytes
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn says_what_decoding_says(frame in frame(), cut in any::<prop::sample::Index>()) {
            for frame in [&frame[..], &frame[..cut.index(frame.len())]] {
                if let Some(ends) = glance(LinkType::Ethernet, frame) {
                    let meta = decode(LinkType::Ethernet, frame).expect("only what can be decoded");
                    prop_assert_eq!(ends, Ends::from(&meta));
                    prop_assert_eq!(meta.fragment, None);
                }
            }
        }
    }

    #[test]
    fn knows_the_usual_frames() {
        let mut frame = vec![2; 12];
        frame.extend([0x81, 0, 0, 7, 8, 0, 0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0]);
        frame.extend([10, 0, 0, 1, 192, 0, 2, 1, 0x80, 0, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2]);
        frame.extend([0x50, 0x10, 1, 0, 9, 9, 0, 0]);
        let ends = glance(LinkType::Ethernet, &frame).unwrap();
        assert_eq!((ends.src, ends.dst), (Addr::v4([10, 0, 0, 1]), Addr::v4([192, 0, 2, 1])));
        assert_eq!((ends.src_port, ends.dst_port, ends.proto), (32768, 443, Proto::TCP));
        assert_eq!(glance(LinkType::RawIp, &frame), None);
    }
}
