//! Event time: nanoseconds, never read from a clock.

use std::fmt;
use std::str::FromStr;

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// Text that is no length of time: `90s`, `5m`, `1.5h` and `2d` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSpan(pub String);

const NANOS: u64 = 1_000_000_000;

// === impl Timestamp ===

impl Timestamp {
    /// The beginning of time.
    pub const ZERO: Self = Self(0);
    /// The end of time.
    pub const MAX: Self = Self(u64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(NANOS))
    }

    /// From seconds since the epoch; negative, infinite or not-a-number give the epoch.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(Span::from_secs_f64(secs).0)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn secs(self) -> u64 {
        self.0 / NANOS
    }

    /// This time without what is below a microsecond, as most captures hold it.
    pub const fn micros_only(self) -> Self {
        Self(self.0 - self.0 % 1000)
    }

    /// The time since `earlier`; zero when time ran backwards.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This time plus `span`, at most the end of time.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This time minus `span`, at least the beginning of time.
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

// === impl Span ===

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(NANOS))
    }

    /// From milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds; negative, infinite or not-a-number give zero.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to integer cast saturates, which is what is wanted"
    )]
    pub fn from_secs_f64(secs: f64) -> Self {
        if !secs.is_finite() || secs <= 0.0 {
            return Self(0);
        }
        let whole = secs.trunc();
        let fraction = ((secs - whole) * 1e9).round() as u64;
        Self((whole as u64).saturating_mul(NANOS).saturating_add(fraction))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Whole seconds.
    pub const fn secs(self) -> u64 {
        self.0 / NANOS
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(text.to_owned());
        let (mut rest, mut sum) = (text.trim(), 0.0);
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let letter = |c: char| c.is_ascii_alphabetic();
            let (number, after) =
                rest.split_at_checked(rest.find(letter).ok_or_else(bad)?).ok_or_else(bad)?;
            let end = after.find(|c| !letter(c)).unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(end).ok_or_else(bad)?;
            let number: f64 = number.trim().parse().map_err(|_| bad())?;
            if !(number >= 0.0 && number.is_finite()) {
                return Err(bad());
            }
            sum += number * seconds_of(unit).ok_or_else(bad)?;
            rest = after.trim_start();
        }
        Ok(Self::from_secs_f64(sum))
    }
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

impl fmt::Display for BadSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no length of time; write one as 90s, 5m, 1.5h, 1h 30m or 2d", self.0)
    }
}

impl std::error::Error for BadSpan {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_floats_are_the_epoch() {
        for secs in [f64::NAN, f64::INFINITY, -1.0, f64::NEG_INFINITY] {
            assert_eq!(Timestamp::from_secs_f64(secs), Timestamp::ZERO);
        }
        assert_eq!(Timestamp::from_secs_f64(1.5).nanos(), 1_500_000_000);
    }

    #[test]
    fn backwards_is_zero() {
        let (early, late) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
        assert_eq!(early.since(late), Span::ZERO);
        assert_eq!(late.since(early), Span::from_secs(1));
    }
}
