//! Dates as feeds write them (RFC 3339, and the same with a blank for the `T`).

use ostium_event::{Span, Timestamp};

/// Reads `2024-03-01T12:30:00.5Z`, `2024-03-01 12:30:00` (UTC) or `2024-03-01`; `None` when it is
/// no date of the years 1970 to 2400.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, "00:00:00Z"),
    };
    let [year, month, day] = numbers(date, '-')?;
    let (time, offset) = zone(time)?;
    let (time, _fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = numbers(time, ':')?;
    let fine = (1970..=2400).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !fine {
        return None;
    }
    let secs = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let at = Timestamp::from_secs(secs);
    let (ahead, span) = offset;
    Some(if ahead { at.minus(span) } else { at.plus(span) })
}

/// The time of day, and how far its zone is ahead of (or behind) UTC.
fn zone(time: &str) -> Option<(&str, (bool, Span))> {
    let time = time.trim();
    if let Some(utc) = time.strip_suffix(['Z', 'z']) {
        return Some((utc, (true, Span::ZERO)));
    }
    if let Some(utc) = time.strip_suffix("UTC") {
        return Some((utc.trim(), (true, Span::ZERO)));
    }
    let Some(at) = time.find(['+', '-']) else {
        return Some((time, (true, Span::ZERO)));
    };
    let (clock, offset) = time.split_at(at);
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let span =
        (hours < 24 && minutes < 60).then(|| Span::from_secs(hours * 3600 + minutes * 60))?;
    Some((clock, (offset.starts_with('+'), span)))
}

/// Exactly three numbers.
fn numbers(text: &str, between: char) -> Option<[u64; 3]> {
    let mut parts = text.split(between).map(|part| part.parse::<u64>().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// Days since 1970-01-01, by counting in years that begin in March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    // 719,468 days from the first of March of year 0 to the epoch.
    (year * 365 + leaps + (month * 153 + 2) / 5 + day).saturating_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_dates() {
        for (text, secs) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", 0),
            ("2000-02-29T12:00:00.123Z", 951_825_600),
            ("2024-03-01 00:00:00", 1_709_251_200),
            ("2024-03-01T02:00:00+02:00", 1_709_251_200),
            ("2024-02-29T22:00:00-02:00", 1_709_251_200),
            ("2024-03-01 00:00:00 UTC", 1_709_251_200),
        ] {
            assert_eq!(parse(text).map(Timestamp::secs), Some(secs), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "today",
            "2024-13-01",
            "1969-01-01",
            "2024-01",
            "2024-01-01T25:00:00Z",
            "2024-01-01T1:2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
