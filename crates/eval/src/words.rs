//! Results in words, the same in every form they are printed in.

use ostium_report::duration;
use ostium_verdict::Verdict;

use crate::case::HostResult;
use crate::total::{Bound, Delay, Total};

/// What counted, the weightiest first; `!` convicts alone.
pub(crate) fn reasons(host: &HostResult) -> String {
    let word = |reason: &crate::case::Reason| {
        let mark = if reason.certain { "!" } else { "" };
        format!("{} {mark}{:.1}", reason.detector, reason.nats)
    };
    let words: Vec<String> = host.reasons.iter().map(word).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// How likely, or that it was never seen.
pub(crate) fn probability(host: &HostResult) -> String {
    match host.seen {
        true => format!("{:.3}", host.probability),
        false => "unseen".to_owned(),
    }
}

/// How long it took, or what became of it.
pub(crate) fn delay(host: &HostResult) -> String {
    match host.convicted_after {
        None => "-".to_owned(),
        Some(secs) if host.is(Verdict::Infected) => duration(secs),
        Some(secs) => format!("{}, but not at the end", duration(secs)),
    }
}

/// A share with its bounds.
pub(crate) fn share(bound: Option<Bound>) -> String {
    bound.map_or_else(
        || "-".to_owned(),
        |b| {
            let percent = |x: f64| format!("{:.0}", x * 100.0);
            format!("{} % ({} to {} %)", percent(b.rate), percent(b.low), percent(b.high))
        },
    )
}

/// False hosts per 1,000 host-days, with the upper bound.
pub(crate) fn rate(total: &Total) -> String {
    total.false_per_1000.map_or_else(
        || "no clean host-day".to_owned(),
        |b| format!("{} (at most {})", significant(b.rate), significant(b.high)),
    )
}

/// Days as they are worth telling.
pub(crate) fn days(days: f64) -> String {
    if days >= 100.0 { format!("{days:.0}") } else { significant(days) }
}

/// Half of the infected hosts that were found, and all of them, within what time.
pub(crate) fn delays(delay: &Delay) -> String {
    match (delay.median, delay.longest) {
        (Some(one), Some(_)) if delay.hosts == 1 => duration(one),
        (Some(median), Some(longest)) => {
            format!("half within {}, all within {}", duration(median), duration(longest))
        }
        _ => "-".to_owned(),
    }
}

/// Three digits that matter.
pub(crate) fn significant(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let digits = (2 - number.abs().log10().floor() as i32).clamp(0, 6) as usize;
    format!("{number:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn three_digits_matter() {
        for (number, text) in
            [(0.0, "0"), (2.9957, "3.00"), (1497.9, "1498"), (0.012_345, "0.0123"), (42.0, "42.0")]
        {
            assert_eq!(significant(number), text);
        }
    }
}
