//! Are probabilities what they say? Brier score and reliability by bins, over labelled hosts.
//!
//! A verdict's probability rests on the prior of a network, where few are infected; in most labelled
//! cases most are. So a corpus of attacks shows probabilities that are too low, and that is no fault
//! of the detectors; only cases as clean as a network can show more.

use serde::Serialize;

/// How probabilities agree with the truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// Labelled hosts.
    pub hosts: u64,
    /// Mean square of what probabilities are off by; 0 is best, 0.25 is a coin.
    pub brier: f64,
    /// The same for somebody who always says the share of infected hosts.
    pub brier_of_share: f64,
    /// Reliability, by probability.
    pub bins: Vec<Bin>,
}

/// Hosts whose probability lies in one range.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// From this probability on.
    pub from: f64,
    /// Below this one; the last bin holds 1 too.
    pub to: f64,
    /// Hosts.
    pub hosts: u64,
    /// Their mean probability.
    pub mean: f64,
    /// Infected ones.
    pub infected: u64,
}

/// Bounds of bins: fine where verdicts are made.
const BOUNDS: [f64; 9] = [0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.9, 0.99, 1.0];

/// Of pairs of a probability and the truth.
pub(crate) fn calibration(hosts: &[(f64, bool)]) -> Calibration {
    let n = hosts.len().max(1) as f64;
    let square = |p: f64, infected: bool| (p - f64::from(u8::from(infected))).powi(2);
    let share = hosts.iter().filter(|(_, infected)| *infected).count() as f64 / n;
    let bins = BOUNDS.windows(2).filter_map(|bounds| {
        let (&[from, to], last) = (bounds, bounds.last() == Some(&1.0)) else { return None };
        let inside: Vec<&(f64, bool)> =
            hosts.iter().filter(|(p, _)| *p >= from && (*p < to || last)).collect();
        Some(Bin {
            from,
            to,
            hosts: inside.len() as u64,
            mean: inside.iter().map(|(p, _)| p).sum::<f64>() / inside.len().max(1) as f64,
            infected: inside.iter().filter(|(_, infected)| *infected).count() as u64,
        })
    });
    Calibration {
        hosts: hosts.len() as u64,
        brier: hosts.iter().map(|(p, infected)| square(*p, *infected)).sum::<f64>() / n,
        brier_of_share: share * (1.0 - share),
        bins: bins.filter(|bin| bin.hosts > 0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_by_hand() {
        let calibration = calibration(&[(1.0, true), (0.5, true), (0.0, false), (0.2, false)]);
        assert!((calibration.brier - (0.25 + 0.04) / 4.0).abs() < 1e-12);
        assert!((calibration.brier_of_share - 0.25).abs() < 1e-12);
        let told: Vec<(f64, u64, u64)> =
            calibration.bins.iter().map(|b| (b.from, b.hosts, b.infected)).collect();
        assert_eq!(told, [(0.0, 1, 0), (0.1, 1, 0), (0.3, 1, 1), (0.99, 1, 1)]);
    }

    #[test]
    fn nobody_is_no_division_by_zero() {
        let calibration = calibration(&[]);
        assert_eq!((calibration.brier, calibration.bins.len()), (0.0, 0));
    }
}
