//! Text that is safe to print, and numbers as people read them.

use ostium_event::Timestamp;

/// A time in RFC 3339, to the millisecond; times beyond its calendar are its last moment.
pub fn clock(at: Timestamp) -> String {
    let millis = i64::try_from(at.nanos() / 1_000_000).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_string(),
        Err(_) => jiff::Timestamp::MAX.to_string(),
    }
}

/// Text with control characters, and those that turn the direction of writing, made visible:
/// names come from the wire and may want to fool a terminal.
pub fn escape(text: &str) -> String {
    let unsafe_to_print = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().map(|c| if unsafe_to_print(c) { '\u{fffd}' } else { c }).collect()
}

/// A number with its thousands apart: `12,345,678`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes as people say them: `1.5 GB`.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// A probability as people read it.
pub(crate) fn percent(probability: f64) -> String {
    match probability {
        p if p >= 0.9995 => "> 99.9 %".to_owned(),
        p if p < 0.001 => "< 0.1 %".to_owned(),
        p => format!("{:.1} %", p * 100.0),
    }
}

/// A span as people say it: `250 ms`, `64 s`, `2.5 min`, `5.9 h`, `3 d`.
pub fn duration(secs: f64) -> String {
    match secs.abs() {
        0.0 => "0 s".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", secs * 1e3),
        s if s < 120.0 => format!("{} s", trimmed(secs, 1)),
        s if s < 7200.0 => format!("{} min", trimmed(secs / 60.0, 1)),
        s if s < 172_800.0 => format!("{} h", trimmed(secs / 3600.0, 1)),
        _ => format!("{} d", trimmed(secs / 86_400.0, 1)),
    }
}

/// A number with so many digits after the point at most, without noughts at its end.
pub(crate) fn trimmed(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number rounded so that it prints the same everywhere: six digits after the point for small
/// ones, none for large ones. What is not finite is 0.
pub(crate) fn rounded(number: f64) -> f64 {
    if !number.is_finite() {
        return 0.0;
    }
    let scale = if number.abs() < 1e6 { 1e6 } else { 1.0 };
    let rounded = (number * scale).round() / scale;
    // Minus zero prints differently.
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_as_people_say_them() {
        for (secs, text) in [
            (0.0, "0 s"),
            (0.25, "250 ms"),
            (53.817, "53.8 s"),
            (64.0, "64 s"),
            (150.0, "2.5 min"),
            (21_240.0, "5.9 h"),
            (259_200.0, "3 d"),
        ] {
            assert_eq!(duration(secs), text);
        }
    }
}
