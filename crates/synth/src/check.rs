//! For tests: an independent reader's opinion of a frame.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

/// Do all lengths and checksums hold?
pub(crate) fn packet(bytes: &[u8]) -> Result<(), String> {
    let sliced = SlicedPacket::from_ethernet(bytes).map_err(|e| e.to_string())?;
    let transport = sliced.transport.as_ref().ok_or("no transport")?;
    let right = match sliced.net.as_ref().ok_or("no network")? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header().to_header();
            if header.header_checksum != header.calc_header_checksum() {
                return Err("the sum of the header".into());
            }
            match transport {
                TransportSlice::Tcp(tcp) => {
                    let sum = tcp.calc_checksum_ipv4(header.source, header.destination);
                    sum == Ok(tcp.checksum())
                }
                TransportSlice::Udp(udp) => {
                    let header_of = udp.to_header();
                    let sum = header_of.calc_checksum_ipv4(&header, udp.payload());
                    sum == Ok(udp.checksum())
                }
                TransportSlice::Icmpv4(icmp) => {
                    let sum = etherparse::checksum::Sum16BitWords::new();
                    sum.add_slice(icmp.slice()).ones_complement() == 0
                }
                _ => false,
            }
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header().to_header();
            match transport {
                TransportSlice::Tcp(tcp) => {
                    tcp.calc_checksum_ipv6(header.source, header.destination) == Ok(tcp.checksum())
                }
                TransportSlice::Udp(udp) => {
                    let sum = udp.to_header().calc_checksum_ipv6(&header, udp.payload());
                    sum == Ok(udp.checksum())
                }
                _ => false,
            }
        }
        NetSlice::Arp(_) => false,
    };
    right.then_some(()).ok_or_else(|| "the sum of the transport".into())
}
