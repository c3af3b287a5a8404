//! Was this name made by a machine? Two character models and a few counts of the label, weighed by
//! logistic regression for each class of length, then calibrated in bins.
//!
//! After Pleiades (Antonakakis et al., USENIX Security 2012) the score is meant to be summed over
//! the distinct unresolved names of a host: each is log P(label | generator) - log P(label |
//! people), given that the name does not exist, so the sum is a sequential test (Wald 1945). Bias:
//! towards people. Names of word-list generators look like names of people and score near 0, and
//! so do labels too short to tell, digits alone, and internationalised labels.

mod bins;
mod shape;
mod trigrams;

use std::sync::LazyLock;

pub use bins::{BINS, Weights, class_of};
pub use shape::{FEATURES, LONGEST_LABEL, features};
pub use trigrams::{EDGE, HIGHEST_COST, ROWS, STEPS_PER_BIT, SYMBOLS, Trigrams, symbol};

use crate::{classes, plain, popular, registrable};

/// No single name says more than this, in nats, either way.
pub const CAP: f32 = 3.0;
/// Labels this short say at most [`SHORT_CAP`] against a host.
const SHORT: usize = 5;
const SHORT_CAP: f32 = 0.5;
/// Digits alone are a fashion among people too.
const DIGITS_CAP: f32 = 0.2;

/// The two character models and what they weigh.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    human: Trigrams,
    machine: Trigrams,
    weights: Vec<Weights>,
}

static MODEL: LazyLock<Option<Model>> =
    LazyLock::new(|| Model::read(include_str!("../../../../data/derived/dga-model.txt")));

/// Log-likelihood ratio, in nats, that a registrable name was made by a machine rather than by
/// people, given that it does not exist; between -3 and 3, and 0 when nothing can be said.
///
/// Give it what [`crate::registrable`] returns. Labels under delivery networks and hosting services
/// are handed out by machines and score 0; those under dynamic DNS zones are chosen and count.
/// A popular name scores 0 at most: if it did not resolve, something else is wrong.
pub fn dga_llr(registrable: &str) -> f32 {
    let llr = MODEL.as_ref().map_or(0.0, |model| model.llr(registrable));
    if llr > 0.0 && popular::is_listed(plain(registrable)) {
        return 0.0;
    }
    llr
}

// === impl Model ===

impl Model {
    /// From its parts: one set of weights for each class of length. `None` when one is missing.
    pub fn new(human: Trigrams, machine: Trigrams, weights: Vec<Weights>) -> Option<Self> {
        let ordered = weights.iter().map(|w| w.class).eq(0..=class_of(LONGEST_LABEL));
        ordered.then_some(Self { human, machine, weights })
    }

    /// The score of a registrable name; see [`dga_llr`].
    pub fn llr(&self, registrable: &str) -> f32 {
        let name = plain(registrable);
        let Some((label, zone)) = name.split_once('.') else {
            return 0.0;
        };
        if label.starts_with("xn--") || handed_out(name, zone) {
            return 0.0;
        }
        self.label_llr(label)
    }

    /// The score of a bare label, without asking under what it stands.
    pub fn label_llr(&self, label: &str) -> f32 {
        let label = label.as_bytes();
        let Some(shape) = features(label, &self.human, &self.machine) else {
            return 0.0;
        };
        let Some(weights) = self.weights.get(class_of(label.len())) else {
            return 0.0;
        };
        let cap = if label.iter().all(u8::is_ascii_digit) {
            DIGITS_CAP
        } else if label.len() <= SHORT {
            SHORT_CAP
        } else {
            CAP
        };
        weights.llr(&shape).clamp(-CAP, cap)
    }

    /// The model as text, without the comments; [`Model::read`] reads it back.
    pub fn write(&self) -> String {
        let mut text = String::new();
        let mut line = |tag: &str, body: &str| {
            text.push_str(tag);
            text.push(' ');
            text.push_str(body);
            text.push('\n');
        };
        for weights in &self.weights {
            line("w", &weights.write());
        }
        for row in self.human.rows() {
            line("p", &row);
        }
        for row in self.machine.rows() {
            line("m", &row);
        }
        text
    }

    /// Reads what [`Model::write`] wrote, with comments (`# `) and blank lines between.
    pub fn read(text: &str) -> Option<Self> {
        let rows = |tag: &'static str| text.lines().filter_map(move |line| line.strip_prefix(tag));
        Self::new(
            Trigrams::from_rows(rows("p "))?,
            Trigrams::from_rows(rows("m "))?,
            rows("w ").map(Weights::read).collect::<Option<_>>()?,
        )
    }
}

/// Does the zone hand out labels made by machines to its tenants?
fn handed_out(name: &str, zone: &str) -> bool {
    if classes::is_dynamic_dns_zone(zone) {
        return false;
    }
    // Only a zone of two labels or more can be a private suffix.
    classes::is_hosted_zone(zone) || (zone.contains('.') && registrable::under_private_suffix(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_model_is_whole() {
        let model = MODEL.as_ref().expect("the embedded model reads");
        assert_eq!(Model::read(&model.write()).as_ref(), Some(model));
    }

    #[test]
    fn tells_noise_from_words() {
        for name in [
            "xjqzkvwpfhtb.com",
            "k3v9q0zx7hw1pd.net",
            "qgzhvbxtrkwpmf.ru",
            "hzqxvkjw.ddns.net",
            "pwxkqzjhvfgbtn.co.uk",
        ] {
            assert!(dga_llr(name) > 1.5, "{name} {}", dga_llr(name));
        }
        for name in [
            "weatherstation.com",
            "blumenhaus-mueller.de",
            "mybookshop.co.uk",
            "gardenfurniture.net",
        ] {
            assert!(dga_llr(name) < -0.5, "{name} {}", dga_llr(name));
        }
    }

    #[test]
    fn says_nothing_where_it_cannot_know() {
        for name in ["", "com", "xn--80ak6aa92e.com", "a_b.com", "d1xq7zkvw9hpf2.cloudfront.net"] {
            assert_eq!(dga_llr(name), 0.0, "{name}");
        }
        assert!(dga_llr("qzxkw.com") <= SHORT_CAP);
        assert!(dga_llr("8293047561.com") <= DIGITS_CAP);
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(dga_llr("XjQzKvWpFhTb.com"), dga_llr("xjqzkvwpfhtb.com"));
    }

    proptest! {
        #[test]
        fn any_text_scores_within_the_cap(name in "\\PC{0,90}") {
            prop_assert!(dga_llr(&name).abs() <= CAP);
        }

        #[test]
        fn any_label_scores_within_the_cap(name in "[a-z0-9-]{1,70}\\.[a-z]{2,6}") {
            prop_assert!(dga_llr(&name).abs() <= CAP);
        }
    }
}
