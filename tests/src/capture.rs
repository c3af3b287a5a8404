//! Classic captures of Ethernet frames, taken apart and put together by hand.

/// When, in microseconds since the epoch, and what.
pub type Packet = (u64, Vec<u8>);
/// Packets in the order of the capture.
pub type Packets = Vec<Packet>;

/// The packets of a little-endian classic capture.
pub(crate) fn packets(capture: &[u8]) -> Packets {
    let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    let mut rest = capture.get(24..).unwrap_or_default();
    let mut all = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(16) {
        let micros = u64::from(word(head)) * 1_000_000 + u64::from(word(&head[4..]));
        let (frame, after) = after.split_at(word(&head[8..]) as usize);
        all.push((micros, frame.to_vec()));
        rest = after;
    }
    all
}

/// A classic capture.
pub fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut out = Vec::new();
    let put = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    out.extend(put(&[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65_535, 1]));
    for (micros, frame) in packets {
        let len = frame.len() as u32;
        out.extend(put(&[(micros / 1_000_000) as u32, (micros % 1_000_000) as u32, len, len]));
        out.extend_from_slice(frame);
    }
    out
}

/// The same in the next generation's format, in microseconds.
pub fn pcapng(packets: &[Packet]) -> Vec<u8> {
    let mut out = block(0x0a0d_0d0a, &[0x1a2b_3c4d, 1, u32::MAX, u32::MAX], &[]);
    out.extend(block(1, &[1, 0], &[]));
    for (micros, frame) in packets {
        let len = frame.len() as u32;
        out.extend(block(6, &[0, (micros >> 32) as u32, *micros as u32, len, len], frame));
    }
    out
}

fn block(kind: u32, words: &[u32], tail: &[u8]) -> Vec<u8> {
    let padded = tail.len().next_multiple_of(4);
    let len = (words.len() * 4 + padded + 12) as u32;
    let mut out: Vec<u8> =
        [kind, len].iter().chain(words).flat_map(|word| word.to_le_bytes()).collect();
    out.extend_from_slice(tail);
    out.resize(out.len() + padded - tail.len(), 0);
    out.extend_from_slice(&len.to_le_bytes());
    out
}
