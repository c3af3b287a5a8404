//! Character models: counts of trigrams, smoothed after Witten and Bell (1991), as costs.

use ostium_names::dga::{EDGE, HIGHEST_COST, STEPS_PER_BIT, SYMBOLS, Trigrams, symbol};

/// Counts of symbols, pairs and triples.
pub(crate) struct Counts {
    one: Vec<u64>,
    two: Vec<u64>,
    three: Vec<u64>,
}

// === impl Counts ===

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            one: vec![0; SYMBOLS],
            two: vec![0; SYMBOLS * SYMBOLS],
            three: vec![0; SYMBOLS * SYMBOLS * SYMBOLS],
        }
    }

    /// Counts a label `weight` times; a label with odd characters is left out.
    pub(crate) fn add(&mut self, label: &str, weight: u64) {
        let Some(symbols) = label.bytes().map(symbol).collect::<Option<Vec<u8>>>() else {
            return;
        };
        let (mut a, mut b) = (usize::from(EDGE), usize::from(EDGE));
        for c in symbols.into_iter().chain([EDGE]).map(usize::from) {
            self.one[c] += weight;
            self.two[b * SYMBOLS + c] += weight;
            self.three[(a * SYMBOLS + b) * SYMBOLS + c] += weight;
            (a, b) = (b, c);
        }
    }

    /// Costs in steps of a sixth of a bit.
    pub(crate) fn trigrams(&self) -> Option<Trigrams> {
        let total: u64 = self.one.iter().sum();
        let single: Vec<f64> =
            self.one.iter().map(|&n| (n as f64 + 1.0) / (total as f64 + SYMBOLS as f64)).collect();
        let mut costs = Vec::with_capacity(self.three.len());
        for a in 0..SYMBOLS {
            for b in 0..SYMBOLS {
                let pairs = smooth(row(&self.two, b), &single);
                let triples = smooth(row(&self.three, a * SYMBOLS + b), &pairs);
                costs.extend(triples.into_iter().map(cost));
            }
        }
        Trigrams::new(costs)
    }
}

fn row(counts: &[u64], at: usize) -> &[u64] {
    &counts[at * SYMBOLS..(at + 1) * SYMBOLS]
}

/// Probabilities of a row of counts, leaning on those of the shorter context.
fn smooth(counts: &[u64], shorter: &[f64]) -> Vec<f64> {
    let total: u64 = counts.iter().sum();
    let kinds = counts.iter().filter(|&&n| n > 0).count().max(1) as f64;
    counts
        .iter()
        .zip(shorter)
        .map(|(&n, p)| (n as f64 + kinds * p) / (total as f64 + kinds))
        .collect()
}

fn cost(probability: f64) -> u8 {
    let steps = (-probability.log2() * f64::from(STEPS_PER_BIT)).round();
    steps.clamp(0.0, f64::from(HIGHEST_COST)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_costs_less() {
        let mut counts = Counts::new();
        for _ in 0..50 {
            counts.add("banana", 2);
        }
        let table = counts.trigrams().expect("a whole table");
        let at = |b: u8| symbol(b).unwrap_or(EDGE);
        assert!(table.cost(at(b'a'), at(b'n'), at(b'a')) < 3);
        assert!(table.cost(at(b'a'), at(b'n'), at(b'q')) > 30);
        assert!(table.cost(at(b'q'), at(b'z'), at(b'x')) > 20);
    }
}
