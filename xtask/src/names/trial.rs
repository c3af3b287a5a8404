//! What the model does on names that it never saw: families held out whole, and people's names.
//!
//! The test is the one that the detector runs: a sum over distinct names, each within the cap,
//! never below zero, that convicts at 14 nats.

use ostium_names::dga::{CAP, Model};

use super::corpus::{Samples, Use};
use super::train::slip;

const CONVICTS: f32 = 14.0;
const TRIALS: usize = 20_000;

pub(crate) fn print(model: &Model, samples: &Samples) {
    print_families(model, samples);
    print_people(model, samples);
}

/// A generator of numbers that never changes (xorshift64*, Vigna 2016).
struct Dice(u64);

// === impl Dice ===

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        high as usize % sides.max(1)
    }
}

fn print_families(model: &Model, samples: &Samples) {
    println!(
        "\nfamily             use        labels  p10   p50   mean   names to {CONVICTS} nats: p50 p90, within 200"
    );
    let mut dice = Dice(1);
    for family in &samples.families {
        let mut scores: Vec<f32> = family.labels.iter().map(|l| model.label_llr(l)).collect();
        scores.sort_by(f32::total_cmp);
        let mut needed: Vec<usize> = (0..1000)
            .map(|_| names_needed(&scores, 200, &mut dice).unwrap_or(usize::MAX))
            .collect();
        needed.sort_unstable();
        let reached = needed.iter().filter(|&&n| n != usize::MAX).count();
        let text = |n: usize| {
            if n == usize::MAX { "-".to_owned() } else { n.to_string() }
        };
        println!(
            "{:18} {:10} {:6} {:5.2} {:5.2} {:6.2}   {:>5} {:>5} {:>5.1} %",
            family.name,
            match family.use_ {
                Use::Taught => "taught",
                Use::Calibrated => "calibrated",
                Use::HeldOut => "HELD OUT",
            },
            scores.len(),
            quantile(&scores, 0.1),
            quantile(&scores, 0.5),
            mean(&scores),
            text(needed[500]),
            text(needed[900]),
            reached as f64 / 10.0,
        );
    }
}

fn print_people(model: &Model, samples: &Samples) {
    let held_out = |top: Option<&str>, slips: bool| -> Vec<f32> {
        let mut scores: Vec<f32> = samples
            .humans
            .iter()
            .filter(|h| h.fold >= 8 && top.is_none_or(|top| h.top == top))
            .map(|h| match slips {
                true => model.label_llr(&slip(&h.label)),
                false => model.label_llr(&h.label),
            })
            .collect();
        scores.sort_by(f32::total_cmp);
        scores
    };
    println!(
        "\npeople's names     labels   p50   p90   p99   mean  E[exp]   reach {CONVICTS} nats within 50, 200, 1000 names"
    );
    print_row("held out", &held_out(None, false));
    print_row("slips of them", &held_out(None, true));
    for top in [
        "com", "net", "org", "cn", "jp", "ru", "de", "fr", "pl", "br", "in", "ir", "kr", "tw",
        "vn", "cz", "info", "biz", "io", "xyz", "top",
    ] {
        print_row(top, &held_out(Some(top), false));
    }
}

fn print_row(name: &str, scores: &[f32]) {
    if scores.len() < 30 {
        return;
    }
    let mut dice = Dice(7);
    let reach = [50, 200, 1000].map(|names| {
        let hits = (0..TRIALS).filter(|_| names_needed(scores, names, &mut dice).is_some());
        hits.count() as f64 / TRIALS as f64
    });
    let exp = scores.iter().map(|s| f64::from(*s).exp()).sum::<f64>() / scores.len() as f64;
    println!(
        "{name:18} {:6} {:5.2} {:5.2} {:5.2} {:6.2} {exp:7.3}   {:.5} {:.5} {:.5}",
        scores.len(),
        quantile(scores, 0.5),
        quantile(scores, 0.9),
        quantile(scores, 0.99),
        mean(scores),
        reach[0],
        reach[1],
        reach[2],
    );
}

/// After how many names drawn from `scores` the sum convicts, if it does within `most`.
fn names_needed(scores: &[f32], most: usize, dice: &mut Dice) -> Option<usize> {
    let mut sum = 0.0f32;
    for names in 1..=most {
        let score = scores.get(dice.roll(scores.len())).copied().unwrap_or(0.0);
        sum = (sum + score.clamp(-CAP, CAP)).max(0.0);
        if sum >= CONVICTS {
            return Some(names);
        }
    }
    None
}

fn quantile(sorted: &[f32], share: f64) -> f32 {
    let at = (share * sorted.len() as f64) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

fn mean(scores: &[f32]) -> f32 {
    scores.iter().sum::<f32>() / scores.len().max(1) as f32
}
