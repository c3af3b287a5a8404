//! Frames to send.

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

/// A UDP packet of IPv4 in a frame of `len` bytes, at least 60.
pub(crate) fn v4(number: u32, len: usize) -> Vec<u8> {
    let total = (len - 14) as u16;
    let mut frame = MACS.to_vec();
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 7]);
    udp(&mut frame, number, total - 20);
    filled(frame, number, len)
}

/// A UDP packet of IPv6 in a frame of `len` bytes, at least 80.
pub(crate) fn v6(number: u32, len: usize) -> Vec<u8> {
    let rest = (len - 54) as u16;
    let mut frame = MACS.to_vec();
    frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
    frame.extend(rest.to_be_bytes());
    frame.extend([17, 64, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    frame.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    udp(&mut frame, number, rest);
    filled(frame, number, len)
}

/// The frame with a tag of this protocol and number.
pub(crate) fn tagged(frame: &[u8], protocol: u16, control: u16) -> Vec<u8> {
    let (macs, rest) = frame.split_at(12);
    [macs, &protocol.to_be_bytes(), &control.to_be_bytes(), rest].concat()
}

fn udp(frame: &mut Vec<u8>, number: u32, len: u16) {
    frame.extend((1024 + (number % 60_000) as u16).to_be_bytes());
    frame.extend([0, 53]);
    frame.extend(len.to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(number.to_be_bytes());
}

/// Fills up with what differs from frame to frame.
fn filled(mut frame: Vec<u8>, number: u32, len: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    while frame.len() < len {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        frame.push(state as u8);
    }
    frame
}
