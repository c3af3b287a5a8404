//! Every Ethernet frame of the shared corpus is decoded as etherparse decodes it, as far as both
//! look: ends, ports, sequence number, flags and payload of whole packets outside tunnels.
//!
//! The corpus lies beside the checkout and is no part of it: without it there is nothing to test.

use std::fs::File;
use std::path::{Path, PathBuf};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use ostium_capture::{CaptureFile, PacketBlock};
use ostium_event::{Addr, Proto};
use ostium_wire::{LinkType, Meta, decode};

/// Ports behind which another packet may be, which Ostium unpacks and etherparse does not.
const TUNNELS: [u16; 4] = [4789, 8472, 2152, 6081];

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    same: u64,
    /// Only one of the two looks so far: tunnels, fragments, packets cut short.
    beyond: u64,
    other: Vec<String>,
}

fn captures(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            captures(&path, all);
        } else if [".pcap", ".pcapng", ".cap", ".trace"].iter().any(|end| name.ends_with(end)) {
            all.push(path);
        }
    }
}

fn ends(net: &NetSlice<'_>) -> Option<(Addr, Addr, Proto, bool)> {
    let payload = |number: etherparse::IpNumber| Proto(number.0);
    match net {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let ends = (Addr::v4(header.source()), Addr::v4(header.destination()));
            Some((ends.0, ends.1, payload(ip.payload().ip_number), ip.is_payload_fragmented()))
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let ends = (Addr::v6(header.source()), Addr::v6(header.destination()));
            Some((ends.0, ends.1, payload(ip.payload().ip_number), ip.is_payload_fragmented()))
        }
        NetSlice::Arp(_) => None,
    }
}

/// Compares one frame; `None` when one of the two looks no further.
fn same(frame: &[u8], meta: &Meta, sliced: &SlicedPacket<'_>) -> Option<Result<(), String>> {
    let (src, dst, proto, fragmented) = ends(sliced.net.as_ref()?)?;
    if fragmented || matches!(proto.0, 4 | 41 | 47) {
        return None;
    }
    let ours = (meta.src_port, meta.dst_port, meta.payload(frame));
    let theirs = match sliced.transport.as_ref()? {
        TransportSlice::Tcp(tcp) => {
            let flags = tcp.slice().get(13).copied();
            if (meta.seq, Some(meta.flags.0)) != (tcp.sequence_number(), flags) {
                return Some(Err(format!("{meta:?}, but {tcp:?}")));
            }
            (tcp.source_port(), tcp.destination_port(), tcp.payload())
        }
        TransportSlice::Udp(udp) if TUNNELS.contains(&udp.destination_port()) => return None,
        TransportSlice::Udp(udp) => (udp.source_port(), udp.destination_port(), udp.payload()),
        _ => return None,
    };
    let agree = (meta.src, meta.dst, meta.proto) == (src, dst, proto) && ours == theirs;
    let told = || format!("{src} {dst} {proto:?} {theirs:?}, but {meta:?}");
    Some(agree.then_some(()).ok_or_else(told))
}

fn compare(path: &Path, tally: &mut Tally) {
    let Ok(file) = File::open(path) else { return };
    let Ok(mut capture) = CaptureFile::open(Box::new(file)) else { return };
    let mut block = PacketBlock::default();
    let mut number = 0;
    while capture.next_block(&mut block).unwrap_or(false) {
        for packet in block.packets.iter().filter(|packet| packet.link == LinkType::Ethernet) {
            number += 1;
            let frame = block.frame(packet);
            let (Ok(meta), Ok(sliced)) =
                (decode(packet.link, frame), SlicedPacket::from_ethernet(frame))
            else {
                tally.beyond += 1;
                continue;
            };
            match same(frame, &meta, &sliced) {
                Some(Ok(())) => tally.same += 1,
                Some(Err(what)) => {
                    tally.other.push(format!("{} packet {number}: {what}", path.display()));
                }
                None => tally.beyond += 1,
            }
        }
    }
}

#[test]
fn frames_are_decoded_as_etherparse_does() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/protocols");
    let mut all = Vec::new();
    captures(&corpus, &mut all);
    if all.is_empty() {
        eprintln!("note: no corpus beside the checkout, so nothing was tested");
        return;
    }
    let mut tally = Tally::default();
    all.iter().for_each(|path| compare(path, &mut tally));
    println!("{} the same, {} where one looks no further", tally.same, tally.beyond);
    let shown: Vec<&String> = tally.other.iter().take(20).collect();
    assert!(tally.other.is_empty(), "{} differ, such as {shown:#?}", tally.other.len());
    assert!(tally.same > tally.beyond, "most can be compared");
    assert!(tally.same > 10_000, "{} frames are few", tally.same);
}
