//! Points in time, in the forms that logs write them.
//!
//! Epoch seconds with a fraction, epoch milli-, micro- or nanoseconds as whole numbers (told by
//! their size), and ISO 8601 with or without fraction and offset. A time without an offset is
//! taken for UTC. Bias: a time after the year 2200 is taken for damage, because one such row would
//! push event time past every other.

use ostium_event::{Span, Timestamp};

use crate::number::{decimal, eight, unsigned};

/// 2200-01-01T00:00:00Z.
const LATEST: u64 = 7_258_118_400;

/// A point in time in any form.
#[inline]
pub(crate) fn timestamp(text: &[u8]) -> Option<Timestamp> {
    if text.get(4) == Some(&b'-') {
        return iso(text);
    }
    if let Some(at) = text.as_array().and_then(as_zeek_writes) {
        return Some(at);
    }
    let (whole, billionths) = decimal(text)?;
    let nanos = match whole {
        0..100_000_000_000 => whole.checked_mul(1_000_000_000)? + u64::from(billionths),
        100_000_000_000..100_000_000_000_000 => {
            whole.checked_mul(1_000_000)? + u64::from(billionths / 1_000)
        }
        100_000_000_000_000..100_000_000_000_000_000 => {
            whole.checked_mul(1_000)? + u64::from(billionths / 1_000_000)
        }
        _ => whole,
    };
    bounded(nanos)
}

/// Ten digits, a point, six digits: sixteen of them in two steps.
#[inline]
pub(crate) fn as_zeek_writes(text: &[u8; 17]) -> Option<Timestamp> {
    let &[a, b, c, d, e, f, g, h, i, j, b'.', k, l, m, n, o, p] = text else {
        return None;
    };
    let high = u64::from(eight([a, b, c, d, e, f, g, h])?);
    let low = u64::from(eight([i, j, k, l, m, n, o, p])?);
    bounded((high * 100_000_000 + low) * 1000)
}

/// A length of time in seconds with a fraction; longer than 200 years is none.
#[inline]
pub(crate) fn span(text: &[u8]) -> Option<Span> {
    let (whole, billionths) = decimal(text)?;
    (whole < LATEST).then(|| Span::from_nanos(whole * 1_000_000_000 + u64::from(billionths)))
}

/// A time that is not taken for damage.
pub(crate) fn bounded(nanos: u64) -> Option<Timestamp> {
    (nanos < LATEST * 1_000_000_000).then(|| Timestamp::from_nanos(nanos))
}

/// `2021-06-06T15:59:46.457984+0200` and its kin.
fn iso(text: &[u8]) -> Option<Timestamp> {
    let part = |from: usize, to: usize| unsigned(text.get(from..to)?);
    let mark = |at: usize, marks: &[u8]| text.get(at).is_some_and(|byte| marks.contains(byte));
    if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"T t") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut tail = text.get(19..)?;
    let mut billionths = 0;
    if let Some((b'.' | b',', digits)) = tail.split_first() {
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let (fraction, zone) = digits.split_at_checked(count)?;
        billionths = fraction
            .iter()
            .chain(std::iter::repeat(&b'0'))
            .take(9)
            .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        tail = zone;
    }
    let local = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let utc = local.checked_add_signed(-offset(tail)?)?;
    bounded(utc.checked_mul(1_000_000_000)?.checked_add(billionths)?)
}

/// Seconds east of UTC: nothing, `Z`, `+02:00`, `+0200` or `+02`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.split_first() {
        None | Some((b'Z' | b'z', [])) => return Some(0),
        Some((b'+', digits)) => (1, digits),
        Some((b'-', digits)) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [a, b] => ([*a, *b], [b'0', b'0']),
        [a, b, c, d] | [a, b, b':', c, d] => ([*a, *b], [*c, *d]),
        _ => return None,
    };
    let (hours, minutes) = (unsigned(&hours)?, unsigned(&minutes)?);
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * seconds)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March so that
/// the leap day comes last (the usual civil-day formula).
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    let in_year = (153 * month + 2) / 5 + day - 1;
    // 719468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leaps + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<u64> {
        timestamp(text.as_bytes()).map(Timestamp::nanos)
    }

    #[test]
    fn reads_every_form() {
        let same = [
            "1622987986.457984",
            "1622987986457.984",
            "1622987986457984",
            "1622987986457984000",
            "2021-06-06T13:59:46.457984Z",
            "2021-06-06T13:59:46.457984",
            "2021-06-06 15:59:46.457984+0200",
            "2021-06-06T15:59:46.457984+02:00",
            "2021-06-06T15:59:46.457984000+02",
            "2021-06-06T08:29:46.457984-05:30",
        ];
        for text in same {
            assert_eq!(nanos(text), Some(1_622_987_986_457_984_000), "{text}");
        }
        assert_eq!(nanos("1622987986457"), Some(1_622_987_986_457_000_000));
        assert_eq!(nanos("19.981745"), Some(19_981_745_000));
        assert_eq!(nanos("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000_000));
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Some(0));
    }

    #[test]
    fn refuses_nonsense() {
        for text in [
            "",
            "-",
            "yesterday",
            "2021-13-06T15:59:46Z",
            "2021-06-06T25:59:46Z",
            "2021-06-06T15:59:46+99:00",
            "2021-06-06T15:59:46 MEZ",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "99999999999",
            "9999999999999999999",
            "2021-06-06",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_seconds() {
        assert_eq!(span(b"0.017912"), Some(Span::from_nanos(17_912_000)));
        assert_eq!(span(b"100000000000"), None);
        assert_eq!(span(b"-1"), None);
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = (timestamp(&bytes), span(&bytes));
        }

        #[test]
        fn any_text_of_a_date(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?[-+Z0-9:]{0,7}") {
            let _ = timestamp(text.as_bytes());
        }

        #[test]
        fn days_follow_each_other(day in 0u64..80_000) {
            // Walks the calendar by another way: month lengths.
            let (mut year, mut left) = (1970, day);
            let leap = |y: u64| (y.is_multiple_of(4) && !y.is_multiple_of(100)) || y.is_multiple_of(400);
            while left >= 365 + u64::from(leap(year)) {
                left -= 365 + u64::from(leap(year));
                year += 1;
            }
            let mut month = 1;
            for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
                if left < length { break; }
                left -= length;
                month += 1;
            }
            prop_assert_eq!(days(year, month, left + 1), day);
        }
    }
}
