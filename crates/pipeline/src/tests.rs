//! Tests of the path of a packet, from bytes to the report.

mod barred;
mod crowded;
mod damage;
mod going_on;
mod kept;
mod logs;
mod told;
mod totals;
mod world;

use std::io::Cursor;
use std::ops::ControlFlow;

use etherparse::PacketBuilder;
use ostium_event::{Home, Prefix, Timestamp};
use ostium_report::Document;

use crate::{Analysis, Input, Settings, analyze, from_reader};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600;

/// Packets as a capture holds them: microseconds since the epoch, and the frame.
pub(crate) type Packets = Vec<(u64, Vec<u8>)>;

pub(crate) fn input(name: &str, bytes: &[u8]) -> Input {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    from_reader(name, Some(bytes.len() as u64), reader).unwrap()
}

/// Analyses files, given by name and content, as one observation.
pub(crate) fn run(files: &[(&str, &[u8])], settings: &Settings) -> Analysis {
    let inputs = files.iter().map(|(name, bytes)| input(name, bytes)).collect();
    analyze(inputs, settings, &mut |_| ControlFlow::Continue(()))
}

pub(crate) fn report(files: &[(&str, &[u8])], settings: &Settings) -> Document {
    run(files, settings).document
}

pub(crate) fn json(document: &Document) -> String {
    serde_json::to_string_pretty(document).unwrap()
}

pub(crate) fn home(text: &[&str]) -> Home {
    let prefixes: Vec<Prefix> = text.iter().map(|t| t.parse().unwrap()).collect();
    Home::new(&prefixes)
}

/// A classic capture of Ethernet frames.
pub(crate) fn pcap(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4u32, 4 << 16 | 2, 0, 0, 65_535, 1] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    for (micros, frame) in packets {
        let len = u32::try_from(frame.len()).unwrap();
        let (secs, rest) = (micros / 1_000_000, micros % 1_000_000);
        for word in [secs as u32, rest as u32, len, len] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(frame);
    }
    out
}

/// The same packets as pcapng, in microseconds.
pub(crate) fn pcapng(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let len = (padded as u32 + 12).to_le_bytes();
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&len);
        out.extend_from_slice(body);
        out.resize(out.len() + padded - body.len(), 0);
        out.extend_from_slice(&len);
    };
    let section: Vec<u8> = [0x1a2b_3c4du32, 1, u32::MAX, u32::MAX]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    block(0x0a0d_0d0a, &section);
    block(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
    for (micros, frame) in packets {
        let len = frame.len() as u32;
        let head = [0, (micros >> 32) as u32, *micros as u32, len, len];
        let mut body: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
        body.extend_from_slice(frame);
        block(6, &body);
    }
    out
}

/// Takes a little-endian classic capture apart.
pub(crate) fn packets_of(capture: &[u8]) -> Packets {
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut rest = &capture[24..];
    let mut all = Vec::new();
    while !rest.is_empty() {
        let len = word(rest, 8) as usize;
        let micros = u64::from(word(rest, 0)) * 1_000_000 + u64::from(word(rest, 4));
        all.push((micros, rest[16..16 + len].to_vec()));
        rest = &rest[16 + len..];
    }
    all
}

const MACS: ([u8; 6], [u8; 6]) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);

pub(crate) fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(MACS.0, MACS.1)
        .ipv4(from.0, to.0, 64)
        .udp(from.1, to.1)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

pub(crate) fn syn(from: ([u8; 4], u16), to: ([u8; 4], u16), seq: u32) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(MACS.0, MACS.1)
        .ipv4(from.0, to.0, 64)
        .tcp(from.1, to.1, seq, 1024)
        .syn()
        .write(&mut frame, &[])
        .unwrap();
    frame
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}
