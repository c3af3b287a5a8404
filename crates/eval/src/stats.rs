//! Exact bounds for counts: nothing here assumes that there are many.
//!
//! Poisson: Garwood 1936; binomial: Clopper and Pearson 1934. Both by bisection of the sums
//! themselves, in logarithms, so that large counts do not run over.

/// Chance of an error that a bound may have.
const ALPHA: f64 = 0.05;
/// Halvings: more than a double has digits.
const STEPS: usize = 200;

/// Upper bound (one-sided, 95 %) of the mean of a Poisson count; 3.0 when nothing was counted (the
/// rule of three).
pub(crate) fn poisson_upper(count: u64) -> f64 {
    let n = count as f64;
    let high = 10.0f64.mul_add((n + 1.0).sqrt(), n + 10.0);
    bisect(n, high, |mean| poisson_at_most(count, mean) > ALPHA)
}

/// Both bounds (95 % in all) of a share.
pub(crate) fn share_bounds(count: u64, of: u64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let tail = ALPHA / 2.0;
    let low = match count {
        0 => 0.0,
        _ => bisect(0.0, 1.0, |p| 1.0 - binomial_at_most(count - 1, of, p) < tail),
    };
    let high = match count == of {
        true => 1.0,
        false => bisect(0.0, 1.0, |p| binomial_at_most(count, of, p) > tail),
    };
    (low, high)
}

/// Where `below` turns from true to false.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if below(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Chance of at most so many, when the mean is this.
fn poisson_at_most(count: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let (mut sum, mut log) = (0.0, -mean);
    for k in 0..=count {
        if k > 0 {
            log += (mean / k as f64).ln();
        }
        sum += log.exp();
    }
    sum.min(1.0)
}

/// Chance of at most so many of `of`, when each has the chance `p`.
fn binomial_at_most(count: u64, of: u64, p: f64) -> f64 {
    if p <= 0.0 || count >= of {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    let (mut sum, mut log) = (0.0, of as f64 * (-p).ln_1p());
    for k in 0..=count {
        if k > 0 {
            log += ((of - k + 1) as f64 / k as f64 * p / (1.0 - p)).ln();
        }
        sum += log.exp();
    }
    sum.min(1.0)
}

/// The middle of some numbers; `None` of none.
pub(crate) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = *numbers.get(numbers.len() / 2)?;
    match numbers.len() % 2 {
        1 => Some(upper),
        _ => Some(f64::midpoint(upper, *numbers.get(numbers.len() / 2 - 1)?)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    #[test]
    fn poisson_bounds_are_those_of_the_tables() {
        for (count, bound) in
            [(0, 2.9957), (1, 4.7439), (2, 6.2958), (5, 10.5130), (10, 16.9622), (50, 63.2871)]
        {
            let got = poisson_upper(count);
            assert!((got - bound).abs() < 2e-3, "{count}: {got}");
        }
    }

    #[test]
    fn shares_have_the_bounds_of_clopper_and_pearson() {
        for (count, of, low, high) in [
            (0, 10, 0.0, 0.3085),
            (10, 10, 0.6915, 1.0),
            (5, 10, 0.1871, 0.8129),
            (1, 1, 0.025, 1.0),
            (6, 35, 0.0656, 0.3365),
        ] {
            let (a, b) = share_bounds(count, of);
            assert!(close(a, low) && close(b, high), "{count} of {of}: {a} {b}");
        }
        assert_eq!(share_bounds(0, 0), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn a_bound_lies_beyond_what_was_counted(of in 1u64..3000, part in 0.0f64..=1.0) {
            let count = (of as f64 * part) as u64;
            let (low, high) = share_bounds(count, of);
            let share = count as f64 / of as f64;
            prop_assert!(low <= share && share <= high && low >= 0.0 && high <= 1.0);
            prop_assert!(poisson_upper(count) > count as f64);
            prop_assert!(poisson_upper(count) < poisson_upper(count + 1));
        }
    }

    #[test]
    fn the_middle_of_some() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }
}
