//! Tests of reading captures: byte orders, resolutions, cuts at every byte, hostile lengths.

use std::io::Cursor;

use ostium_event::{Anomaly, Timestamp};
use proptest::prelude::*;

use crate::{CaptureError, CaptureFile, PacketBlock};

type Packets = Vec<(Timestamp, Vec<u8>, u32)>;

fn read(bytes: &[u8]) -> Result<(Packets, Option<Anomaly>), CaptureError> {
    let mut file = CaptureFile::open(Box::new(Cursor::new(bytes.to_vec())))?;
    let mut block = PacketBlock::default();
    let mut all = Vec::new();
    while file.next_block(&mut block)? {
        for packet in &block.packets {
            all.push((packet.at, block.frame(packet).to_vec(), packet.wire_len));
        }
    }
    Ok((all, file.trouble().map(|t| t.anomaly)))
}

fn pcap(little: bool, nanos: bool, packets: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |value: u32| {
        out.extend_from_slice(&if little { value.to_le_bytes() } else { value.to_be_bytes() });
    };
    put(if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 });
    put(if little { 4 << 16 | 2 } else { 2 << 16 | 4 });
    for value in [0, 0, 65535, 1] {
        put(value);
    }
    for (secs, fraction, data) in packets {
        let len = u32::try_from(data.len()).unwrap();
        for value in [*secs, *fraction, len, len + 7] {
            out.extend_from_slice(&if little { value.to_le_bytes() } else { value.to_be_bytes() });
        }
        out.extend_from_slice(data);
    }
    out
}

fn ng_block(little: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let len = u32::try_from(body.len() + 12).unwrap();
    let word = |value: u32| {
        if little { value.to_le_bytes() } else { value.to_be_bytes() }
    };
    [&word(kind)[..], &word(len), &body, &word(len)].concat()
}

fn ng_section(little: bool) -> Vec<u8> {
    let magic = if little { 0x1a2b_3c4du32.to_le_bytes() } else { 0x1a2b_3c4du32.to_be_bytes() };
    let mut body = magic.to_vec();
    body.extend_from_slice(&if little { [1, 0, 0, 0] } else { [0, 1, 0, 0] });
    body.extend_from_slice(&[0xff; 8]);
    ng_block(little, 0x0a0d_0d0a, &body)
}

/// A little-endian interface of `link` with nanosecond times.
fn ng_interface(link: u8) -> Vec<u8> {
    ng_block(true, 1, &[link, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0])
}

fn ng_packet(interface: u32, nanos: u64, data: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let len = u32::try_from(data.len()).unwrap();
    let high = u32::try_from(nanos >> 32).unwrap();
    let low = u32::try_from(nanos & 0xffff_ffff).unwrap();
    for value in [interface, high, low, len, len] {
        body.extend_from_slice(&value.to_le_bytes());
    }
    body.extend_from_slice(data);
    ng_block(true, 6, &body)
}

#[test]
fn both_byte_orders_and_resolutions() {
    for little in [true, false] {
        for (nanos, scale) in [(false, 1000), (true, 1)] {
            let (packets, trouble) = read(&pcap(little, nanos, &[(5, 9, b"abc")])).unwrap();
            let at = Timestamp::from_nanos(5_000_000_000 + 9 * scale);
            assert_eq!(packets, [(at, b"abc".to_vec(), 10)]);
            assert_eq!(trouble, None);
        }
    }
}

#[test]
fn several_interfaces_and_sections() {
    let mut bytes = [
        ng_section(true),
        ng_interface(1),
        ng_interface(105),
        ng_packet(0, 6_000_000_000, b"one"),
        ng_packet(1, 7_000_000_000, b"radio"),
        ng_block(true, 5, b"statistics"),
        ng_block(true, 3, &[&3u32.to_le_bytes()[..], b"two"].concat()),
    ]
    .concat();
    bytes.extend(ng_section(false));
    bytes.extend(ng_block(false, 1, &[0, 1, 0, 0, 0, 0, 0, 0]));
    bytes.extend(ng_block(
        false,
        6,
        &[&[0u8; 8][..], &[0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, b'z']].concat(),
    ));
    let (packets, trouble) = read(&bytes).unwrap();
    let data: Vec<&[u8]> = packets.iter().map(|(_, d, _)| &d[..]).collect();
    assert_eq!(data, [&b"one"[..], b"two", b"z"]);
    assert_eq!(packets[0].0, Timestamp::from_secs(6));
    assert_eq!(packets[2].0, Timestamp::from_nanos(9000));
    assert_eq!(trouble, None);
}

#[test]
fn only_radio_is_refused() {
    let bytes = [ng_section(true), ng_interface(105), ng_packet(0, 1, b"x")].concat();
    assert!(read(&bytes).unwrap_err().to_string().contains("802.11"));
}

#[test]
fn a_cut_at_every_byte_keeps_what_was_whole() {
    let whole = pcap(true, false, &[(1, 0, b"first"), (2, 0, b"second")]);
    for cut in 0..whole.len() {
        match read(&whole[..cut]) {
            Err(CaptureError::Header(_)) => assert!(cut < 24),
            Ok((packets, trouble)) => {
                let expected = usize::from(cut >= 24 + 21);
                assert_eq!(packets.len(), expected, "cut at {cut}");
                assert_eq!(trouble.is_some(), cut != 24 && cut != 24 + 21, "cut at {cut}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_record_of_gigabytes_ends_the_file() {
    let mut bytes = pcap(true, false, &[(1, 0, b"first")]);
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    bytes.extend_from_slice(&[0; 400]);
    let (packets, trouble) = read(&bytes).unwrap();
    assert_eq!((packets.len(), trouble), (1, Some(Anomaly::RecordMalformed)));
}

#[test]
fn packets_over_many_blocks_arrive_in_order() {
    let data = vec![3u8; 50_000];
    let packets: Vec<(u32, u32, &[u8])> = (0..100).map(|n| (n, 0, &data[..])).collect();
    let (read, trouble) = read(&pcap(false, false, &packets)).unwrap();
    assert_eq!(trouble, None);
    assert!(read.iter().enumerate().all(|(n, p)| p.0 == Timestamp::from_secs(n as u64)));
    assert_eq!(read.len(), 100);
}

struct Failing(Cursor<Vec<u8>>);

impl std::io::Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => Ok(n),
        }
    }
}

#[test]
fn a_stream_that_breaks_keeps_what_was_read() {
    let bytes = pcap(true, false, &[(1, 0, b"first")]);
    let mut file = CaptureFile::open(Box::new(Failing(Cursor::new(bytes)))).unwrap();
    let mut block = PacketBlock::default();
    assert!(file.next_block(&mut block).unwrap());
    assert_eq!(block.packets.len(), 1);
    assert!(!file.next_block(&mut block).unwrap());
    assert_eq!(file.trouble().unwrap().anomaly, Anomaly::CompressionDamaged);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0u8..3,
    ) {
        let head: &[u8] = match kind {
            0 => &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
            1 => &[0x0a, 0x0d, 0x0d, 0x0a],
            _ => &[],
        };
        for file in [[head, &bytes].concat(), [ng_section(true), ng_interface(1), bytes].concat()] {
            if let Ok((packets, _)) = read(&file) {
                prop_assert!(packets.iter().map(|p| p.1.len()).sum::<usize>() <= file.len());
            }
        }
    }
}
