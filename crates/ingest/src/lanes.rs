//! Many bytes at once: where a byte stands, and numbers side by side in one vector.
//!
//! Vectors of 16 bytes, which every processor that we build for has; where there are none the same
//! is done lane by lane.

use wide::{i16x8, i32x4, i32x8, u8x16};

/// Eight digits, each of them 0.
pub(crate) const NOUGHTS: u64 = 0x3030_3030_3030_3030;

/// Where the byte stands: a bit for each of 16 bytes.
#[inline(always)]
pub(crate) fn places16(bytes: &[u8; 16], byte: u8) -> u32 {
    u8x16::new(*bytes).simd_eq(u8x16::splat(byte)).to_bitmask()
}

/// The same of 64 bytes.
#[inline(always)]
pub(crate) fn places(bytes: &[u8; 64], byte: u8) -> u64 {
    let (parts, _) = bytes.as_chunks::<16>();
    let bits = |nth: usize| parts.get(nth).map_or(0, |part| u64::from(places16(part, byte)));
    bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
}

/// Four numbers of eight digits each, from whose bytes `0` has been taken; the first digit lies
/// lowest. `None` when a byte is no digit.
#[inline(always)]
pub(crate) fn eights([a, b, c, d]: [u64; 4]) -> Option<[u32; 4]> {
    let (ab, cd) = (both(a, b), both(c, d));
    // What is above 9 in one of them is above 9 in the larger of both.
    if !are_digits(ab.max(cd)) {
        return None;
    }
    let joined = |digits: u8x16| {
        let tens = i16x8::new([10, 1, 10, 1, 10, 1, 10, 1]);
        let (low, high) = (i16x8::from_u8x16_low(digits), i16x8::from_u8x16_high(digits));
        let pairs = pack(low.dot(tens), high.dot(tens));
        pairs.dot(i16x8::new([100, 1, 100, 1, 100, 1, 100, 1]))
    };
    let fours = pack(joined(ab), joined(cd));
    let all: [i32; 4] = fours.dot(i16x8::new([10_000, 1, 10_000, 1, 10_000, 1, 10_000, 1])).into();
    Some(all.map(i32::cast_unsigned))
}

/// An IPv4 address of four numbers of at most three digits, prepared in the same way; `None` when a
/// byte is no digit or a number is above 255.
#[inline(always)]
pub(crate) fn octets([a, b, c, d]: [u32; 4]) -> Option<u32> {
    let pair = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
    let digits = both(pair(a, b), pair(c, d));
    if !are_digits(digits) {
        return None;
    }
    let scale = i16x8::new([0, 100, 10, 1, 0, 100, 10, 1]);
    let sums = |lanes: i16x8| -> [i32; 4] { lanes.dot(scale).into() };
    let [a, aa, b, bb] = sums(i16x8::from_u8x16_low(digits));
    let [c, cc, d, dd] = sums(i16x8::from_u8x16_high(digits));
    let [a, b, c, d] = [a + aa, b + bb, c + cc, d + dd];
    ((a | b | c | d) <= 255).then_some((a << 24 | b << 16 | c << 8 | d).cast_unsigned())
}

#[inline(always)]
fn both(low: u64, high: u64) -> u8x16 {
    u8x16::new((u128::from(high) << 64 | u128::from(low)).to_le_bytes())
}

/// Is no byte above 9?
#[inline(always)]
fn are_digits(bytes: u8x16) -> bool {
    let over = bytes.saturating_sub(u8x16::splat(9));
    over.simd_eq(u8x16::splat(0)).to_bitmask() == 0xffff
}

/// Eight numbers below 2^15, in half the room.
#[inline(always)]
fn pack(low: i32x4, high: i32x4) -> i16x8 {
    let ([a, b, c, d], [e, f, g, h]): ([i32; 4], [i32; 4]) = (low.into(), high.into());
    i16x8::from_i32x8_saturate(i32x8::new([a, b, c, d, e, f, g, h]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Right-aligned digits, `0` taken away.
    fn word(number: u32) -> u64 {
        let text: [u8; 8] = format!("{number:08}").into_bytes().try_into().unwrap();
        u64::from_le_bytes(text) ^ NOUGHTS
    }

    proptest! {
        #[test]
        fn numbers_are_as_written(numbers in prop::array::uniform4(0..100_000_000u32)) {
            prop_assert_eq!(eights(numbers.map(word)), Some(numbers));
        }

        #[test]
        fn what_is_no_digit_is_no_number(
            numbers in prop::array::uniform4(0..100_000_000u32),
            which in 0..4usize,
            at in 0..8usize,
            byte in 10u8..,
        ) {
            let mut words = numbers.map(word);
            words[which] = words[which] & !(0xff << (8 * at)) | u64::from(byte) << (8 * at);
            prop_assert_eq!(eights(words), None);
        }

        #[test]
        fn addresses_are_as_written(numbers in prop::array::uniform4(0..1000u32)) {
            let words = numbers.map(|n| (word(n) >> 32) as u32);
            let bytes = numbers.map(|n| n.min(255) as u8);
            let fits = numbers.iter().all(|n| *n <= 255);
            prop_assert_eq!(octets(words), fits.then(|| u32::from_be_bytes(bytes)));
        }

        #[test]
        fn places_are_where_the_byte_stands(bytes in prop::collection::vec(0u8..4, 64), byte in 0u8..4) {
            let bytes: [u8; 64] = bytes.try_into().unwrap();
            let found = places(&bytes, byte);
            for (at, other) in bytes.iter().enumerate() {
                prop_assert_eq!(found >> at & 1 == 1, *other == byte);
            }
        }
    }
}
