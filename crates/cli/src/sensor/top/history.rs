//! Rates of the last minutes, as columns of a sparkline.
//!
//! Bounded; a column is the highest of its samples, so that a burst stays visible in a narrow
//! terminal.

use std::collections::VecDeque;

use ostium_sensor_api::Status;

/// Samples that are kept: five minutes at one a second.
const SAMPLES: usize = 300;

/// What was measured at one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) packets: u64,
    pub(super) bits: u64,
}

/// The last samples; `None` where the sensor did not answer.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    samples: VecDeque<Option<Sample>>,
    /// Samples that were ever taken.
    taken: usize,
}

/// No network is faster; a sparkline multiplies.
const HIGHEST_RATE: f64 = 1e15;

// === impl Sample ===

impl Sample {
    pub(super) fn of(status: &Status) -> Self {
        let rate = |rate: f64| rate.round().clamp(0.0, HIGHEST_RATE) as u64;
        Self { packets: rate(status.packets_per_second), bits: rate(status.bytes_per_second * 8.0) }
    }
}

// === impl History ===

impl History {
    pub(super) fn push(&mut self, sample: Option<Sample>) {
        self.samples.push_back(sample);
        self.taken = self.taken.wrapping_add(1);
        while self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }

    /// So many columns, the latest last.
    pub(super) fn columns(&self, width: usize, of: fn(Sample) -> u64) -> Vec<Option<u64>> {
        let per = SAMPLES.div_ceil(width.max(1));
        let first = self.taken.wrapping_sub(self.samples.len());
        let mut columns: Vec<(usize, Option<u64>)> = Vec::new();
        for (place, sample) in self.samples.iter().enumerate() {
            // By the number of the sample, or the columns would flicker while time goes on.
            let column = first.wrapping_add(place) / per;
            let value = sample.map(of);
            match columns.last_mut() {
                Some((known, highest)) if *known == column => *highest = (*highest).max(value),
                _ => columns.push((column, value)),
            }
        }
        let surplus = columns.len().saturating_sub(width);
        let shown = columns.into_iter().skip(surplus).map(|(_, value)| value);
        let shown: Vec<Option<u64>> = shown.collect();
        let mut out = vec![None; width.saturating_sub(shown.len())];
        out.extend(shown);
        out
    }
}
