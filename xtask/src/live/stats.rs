//! Percentiles of times, and how they are written.

/// Times in nanoseconds, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    sorted: Vec<u64>,
}

// === impl Times ===

impl Times {
    /// Lines with one number each; what is none is not taken.
    pub(super) fn read(text: &str) -> Self {
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        self.sorted.iter().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The smallest time that so many of a hundred do not exceed.
    pub(super) fn percentile(&self, percent: usize) -> Option<u64> {
        let rank = (self.sorted.len() * percent).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied()
    }

    /// A percentile in milliseconds, or a dash.
    pub(super) fn ms(&self, percent: usize) -> String {
        let time = self.percentile(percent);
        time.map_or_else(|| "-".into(), |time| format!("{:.1} ms", time as f64 / 1e6))
    }

    /// A percentile in microseconds, or a dash.
    pub(super) fn us(&self, percent: usize) -> String {
        let time = self.percentile(percent);
        time.map_or_else(|| "-".into(), |time| format!("{:.0} µs", time as f64 / 1e3))
    }
}

impl FromIterator<u64> for Times {
    fn from_iter<I: IntoIterator<Item = u64>>(times: I) -> Self {
        let mut sorted: Vec<u64> = times.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }
}

/// A number with commas between thousands.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole, in percent.
pub(super) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".into();
    }
    format!("{:.0} %", 100.0 * part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times: Times = (1..=200).rev().collect();
        assert_eq!(times.percentile(50), Some(100));
        assert_eq!(times.percentile(99), Some(198));
        assert_eq!((times.percentile(0), times.percentile(100)), (Some(1), Some(200)));
        assert_eq!([7].into_iter().collect::<Times>().percentile(99), Some(7));
        assert_eq!(Times::default().percentile(50), None);
    }

    #[test]
    fn lines_without_a_number_are_no_times() {
        let times = Times::read("1500000\nlate\n\n 2500000 \n");
        assert_eq!(times.len(), 2);
        assert_eq!((times.ms(99), times.us(50)), ("2.5 ms".into(), "1500 µs".into()));
        assert_eq!(Times::read("").ms(50), "-");
    }

    #[test]
    fn numbers_are_written_to_be_read() {
        let all = [0, 999, 1_000, 1_234_567].map(thousands);
        assert_eq!(all, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((percent(1, 3), percent(0, 0)), ("33 %".into(), "-".into()));
    }
}
