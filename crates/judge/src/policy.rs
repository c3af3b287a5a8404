//! Every threshold of judgement, in one place.

/// How a site judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Probability that a host is infected before anything is seen of it: 0.001 for an
    /// organisation, 0.01 for homes, 0.00002 for mobile networks (research: section 8).
    pub prior: f64,
    /// From this posterior on a host is infected, given two groups of evidence.
    pub infected: f64,
    /// From this posterior on a host is suspect.
    pub suspect: f64,
    /// One item of this many nats makes a host suspect, whatever the posterior.
    pub suspect_item: f64,
    /// A group counts as a second opinion from this many nats.
    pub second_group: f64,
    /// Within a group, the share at which items after the best one count.
    pub others: f64,
    /// Share of the way from prior to verdict that one group may go.
    pub cap_share: f64,
}

// === impl Policy ===

impl Default for Policy {
    fn default() -> Self {
        Self {
            prior: 0.001,
            infected: 0.9,
            suspect: 0.1,
            suspect_item: 3.0,
            second_group: 1.0,
            others: 0.3,
            cap_share: 0.75,
        }
    }
}

impl Policy {
    /// Log-odds before any evidence.
    pub fn prior_log_odds(&self) -> f64 {
        logit(self.prior)
    }

    /// The most that one group can contribute, in nats: 0.75 of the way, so that two suffice.
    pub fn group_cap(&self) -> f64 {
        self.cap_share * (logit(self.infected) - logit(self.prior))
    }
}

/// Log-odds of a probability.
pub(crate) fn logit(probability: f64) -> f64 {
    let p = probability.clamp(1e-12, 1.0 - 1e-12);
    (p / (1.0 - p)).ln()
}
