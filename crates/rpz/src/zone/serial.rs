//! Serial numbers, which wrap around (RFC 1982).

/// The one after this. Zero is left out: some servers take it for "none".
pub const fn next(serial: u32) -> u32 {
    match serial.wrapping_add(1) {
        0 => 1,
        next => next,
    }
}

/// Is `one` newer than `other`? Of two that are half the circle apart neither is.
pub const fn is_newer(one: u32, other: u32) -> bool {
    let ahead = one.wrapping_sub(other);
    ahead != 0 && ahead < 1 << 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        // RFC 1982, section 5.2, scaled to 32 bits.
        assert!(is_newer(1, 0) && is_newer(44, 0) && is_newer(100, 44));
        assert!(is_newer(0, u32::MAX) && is_newer(5, u32::MAX - 200));
        assert!(!is_newer(7, 7) && !is_newer(0, 1 << 31) && !is_newer(1 << 31, 0));
    }

    proptest! {
        #[test]
        fn the_next_is_newer(serial in any::<u32>()) {
            for serial in [serial, u32::MAX, u32::MAX - 1] {
                prop_assert!(is_newer(next(serial), serial) && !is_newer(serial, next(serial)));
                prop_assert_ne!(next(serial), 0);
            }
        }
    }
}
