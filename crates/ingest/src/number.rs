//! Decimal numbers, read without floating point.
//!
//! Bias: strict about digits, lenient about length; what does not fit is no number.

/// Digits that fit into 64 bits whatever they are.
const DIGITS: usize = 19;

/// Eight digits, each of them 0.
const NOUGHTS: u64 = 0x3030_3030_3030_3030;

const SCALE: [u32; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// A whole number; a fraction (`299.000000`) is cut off.
#[inline]
pub(crate) fn unsigned(text: &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (at, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (at > 0 && byte == b'.').then_some(value);
        }
        if at >= DIGITS {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    (!text.is_empty()).then_some(value)
}

/// A port or another number of 16 bits.
#[inline]
pub(crate) fn small(text: &[u8]) -> Option<u16> {
    u16::try_from(unsigned(text)?).ok()
}

/// Eight digits at once: pairs, fours, then all of them are joined by multiplications; `None` when
/// a byte is no digit.
#[inline]
pub(crate) fn eight(digits: [u8; 8]) -> Option<u32> {
    let word = u64::from_le_bytes(digits);
    let value = word.wrapping_sub(NOUGHTS);
    // A byte below '0' borrows, one above '9' carries into its top bit.
    if (value | value.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (value.wrapping_mul(10).wrapping_add(value >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000).wrapping_add(fours >> 32);
    Some((all & 0xffff_ffff) as u32)
}

/// The number of the first one to seven of eight bytes; `None` when one of them is no digit.
#[inline(always)]
pub(crate) fn leading(bytes: [u8; 8], digits: usize) -> Option<u32> {
    if digits.wrapping_sub(1) >= 7 {
        return None;
    }
    // The digits go to the end, and 0 before them.
    let blank = 64 - 8 * digits;
    let word = u64::from_le_bytes(bytes) << blank | NOUGHTS >> (64 - blank);
    eight(word.to_le_bytes())
}

/// A decimal number as its whole part and its fraction in billionths; further digits are cut off.
#[inline]
pub(crate) fn decimal(text: &[u8]) -> Option<(u64, u32)> {
    let mut whole = 0u64;
    let mut rest = text.iter();
    let mut digits = 0;
    for &byte in rest.by_ref() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return match byte {
                b'.' if digits > 0 => match fraction(rest.as_slice()) {
                    Some(billionths) => Some((whole, billionths)),
                    None => exponent(text),
                },
                b'e' | b'E' if digits > 0 => exponent(text),
                _ => None,
            };
        }
        digits += 1;
        if digits > DIGITS {
            return None;
        }
        whole = whole * 10 + u64::from(digit);
    }
    (digits > 0).then_some((whole, 0))
}

/// The digits after the point, in billionths; `None` also when an exponent follows them.
#[inline]
fn fraction(digits: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for (at, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        if at < 9 {
            value = value * 10 + u32::from(digit);
        }
    }
    SCALE.get(digits.len().min(9)).map(|scale| value.saturating_mul(*scale))
}

/// Numbers as `1.5e9`: seldom, so floating point does.
#[cold]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie within 0 and 1e18 before"
)]
fn exponent(text: &[u8]) -> Option<(u64, u32)> {
    if !text.iter().any(|byte| matches!(byte, b'e' | b'E')) || text.len() > 64 {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if !(0.0..1e18).contains(&value) {
        return None;
    }
    Some((value.trunc() as u64, (value.fract() * 1e9) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_decimals() {
        assert_eq!(decimal(b"12"), Some((12, 0)));
        assert_eq!(decimal(b"12."), Some((12, 0)));
        assert_eq!(decimal(b"12.5"), Some((12, 500_000_000)));
        assert_eq!(decimal(b"0.000001"), Some((0, 1_000)));
        assert_eq!(
            decimal(b"0.0018720000000023163"),
            Some((0, 1_872_000)),
            "digits beyond the ninth are cut"
        );
        assert_eq!(decimal(b"1.5e3"), Some((1500, 0)));
        assert_eq!(decimal(b"2e-1"), Some((0, 200_000_000)));
        for bad in ["", ".", ".5", "-1", "1.2.3", "1x", "12345678901234567890", "e5"] {
            assert_eq!(decimal(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn reads_whole_numbers() {
        assert_eq!(unsigned(b"0"), Some(0));
        assert_eq!(unsigned(b"299.000000"), Some(299));
        assert_eq!(unsigned(b"9999999999999999999"), Some(9_999_999_999_999_999_999));
        assert_eq!(small(b"65535"), Some(65_535));
        for bad in ["", "-", "x", ".5", "1 ", "18446744073709551616"] {
            assert_eq!(unsigned(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(small(b"65536"), None);
    }

    proptest! {
        #[test]
        fn eight_digits_are_as_one_by_one(value in 0..100_000_000u32, at in 0..8usize, byte: u8) {
            let mut digits: [u8; 8] = format!("{value:08}").into_bytes().try_into().unwrap();
            prop_assert_eq!(eight(digits), Some(value));
            digits[at] = byte;
            let text = std::str::from_utf8(&digits).ok().filter(|t| !t.contains('+'));
            prop_assert_eq!(eight(digits), text.and_then(|t| t.parse().ok()));
        }

        #[test]
        fn agrees_with_the_library(value in 0..10_000_000_000_000_000_000u64, micros in 0..1_000_000u32) {
            let text = format!("{value}.{micros:06}");
            prop_assert_eq!(decimal(text.as_bytes()), Some((value, micros * 1000)));
            prop_assert_eq!(unsigned(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = (decimal(&bytes), unsigned(&bytes), small(&bytes));
        }
    }
}
