//! Weights and bins of one class of length: logistic regression by Newton's method with a ridge,
//! then calibration in bins with Laplace smoothing, made monotone by pooling adjacent violators.

use ostium_names::dga::{BINS, FEATURES, Weights};

const WIDTH: usize = FEATURES + 1;
const RIDGE: f64 = 1e-3;
/// Shares of people's labels below each bin's upper bound: fine where labels look odd.
const SHARES: [f64; BINS - 1] =
    [0.20, 0.40, 0.55, 0.68, 0.78, 0.85, 0.90, 0.935, 0.96, 0.98, 0.992];
/// The highest and lowest nats of a bin, in thousandths.
const CAP: f64 = 3000.0;

/// A label as the fit sees it.
pub(crate) struct Point {
    pub(crate) features: [f32; FEATURES],
    pub(crate) machine: bool,
    pub(crate) weight: f64,
}

/// Weights and calibration of one class, from different points each.
pub(crate) fn weights(class: usize, teach: &[Point], calibrate: &[Point]) -> Weights {
    let mut weights = Weights { class, weights: regression(teach), bins: [(0, 0); BINS] };
    weights.bins = bins(&weights, calibrate);
    weights
}

/// The constant and the weights, in thousandths.
fn regression(points: &[Point]) -> [i32; WIDTH] {
    let mut w = [0.0f64; WIDTH];
    for _ in 0..25 {
        let (gradient, hessian) = slopes(points, &w);
        let step = solve(hessian, gradient);
        for (w, step) in w.iter_mut().zip(step) {
            *w += step;
        }
    }
    w.map(|w| (w * 1000.0).round().clamp(-1e8, 1e8) as i32)
}

/// Gradient and negated Hessian of the log-likelihood.
#[allow(clippy::needless_range_loop, reason = "the formulas are written with indices")]
fn slopes(points: &[Point], w: &[f64; WIDTH]) -> ([f64; WIDTH], [[f64; WIDTH]; WIDTH]) {
    let mut gradient = [0.0; WIDTH];
    let mut hessian = [[0.0; WIDTH]; WIDTH];
    let total: f64 = points.iter().map(|point| point.weight).sum();
    for (i, row) in hessian.iter_mut().enumerate() {
        row[i] = RIDGE * total;
        gradient[i] = -RIDGE * total * w[i];
    }
    for point in points {
        let x = |i: usize| {
            if i == 0 { 1.0 } else { f64::from(point.features[i - 1]) }
        };
        let z: f64 = (0..WIDTH).map(|i| w[i] * x(i)).sum();
        let p = 1.0 / (1.0 + (-z).exp());
        let error = f64::from(u8::from(point.machine)) - p;
        let curve = point.weight * p * (1.0 - p);
        for i in 0..WIDTH {
            gradient[i] += point.weight * error * x(i);
            for j in 0..WIDTH {
                hessian[i][j] += curve * x(i) * x(j);
            }
        }
    }
    (gradient, hessian)
}

/// Gaussian elimination with pivots; the matrix has a ridge, so it is never singular.
#[allow(clippy::needless_range_loop, reason = "the formulas are written with indices")]
fn solve(mut m: [[f64; WIDTH]; WIDTH], mut v: [f64; WIDTH]) -> [f64; WIDTH] {
    for i in 0..WIDTH {
        let pivot =
            (i..WIDTH).max_by(|&a, &b| m[a][i].abs().total_cmp(&m[b][i].abs())).unwrap_or(i);
        m.swap(i, pivot);
        v.swap(i, pivot);
        for below in i + 1..WIDTH {
            let factor = m[below][i] / m[i][i];
            for column in i..WIDTH {
                m[below][column] -= factor * m[i][column];
            }
            v[below] -= factor * v[i];
        }
    }
    for i in (0..WIDTH).rev() {
        let known: f64 = (i + 1..WIDTH).map(|column| m[i][column] * v[column]).sum();
        v[i] = (v[i] - known) / m[i][i];
    }
    v
}

/// Bins by the shares of people's sums, each with its log-likelihood ratio.
fn bins(weights: &Weights, points: &[Point]) -> [(i32, i32); BINS] {
    let mut sums: Vec<f32> = points
        .iter()
        .filter(|point| !point.machine)
        .map(|point| weights.sum(&point.features))
        .collect();
    sums.sort_by(f32::total_cmp);
    let mut bins = [(i32::MAX, 0); BINS];
    for (bin, share) in bins.iter_mut().zip(SHARES) {
        let at = (share * sums.len() as f64) as usize;
        bin.0 = sums.get(at).copied().unwrap_or_default() as i32;
    }
    // Weight of people and of machines in each bin; a family's labels share one weight.
    let mut mass = [[0.0f64; 2]; BINS];
    for point in points {
        let sum = weights.sum(&point.features);
        let at = bins.iter().position(|(upper, _)| sum <= *upper as f32);
        mass[at.unwrap_or(BINS - 1)][usize::from(point.machine)] += point.weight;
    }
    for (bin, nats) in bins.iter_mut().zip(monotone(&mass)) {
        bin.1 = (nats * 1000.0).clamp(-CAP, CAP).round() as i32;
    }
    bins
}

/// Log ratios that never fall from one bin to the next.
fn monotone(mass: &[[f64; 2]; BINS]) -> Vec<f64> {
    let total = |side: usize| mass.iter().map(|m| m[side]).sum::<f64>() + BINS as f64;
    let (people, machines) = (total(0), total(1));
    let ratio = |m: &[f64; 3]| (m[1] / machines).ln() - (m[0] / people).ln();
    let mut pools: Vec<[f64; 3]> = Vec::new();
    for m in mass {
        pools.push([m[0] + 1.0, m[1] + 1.0, 1.0]);
        while let [.., before, last] = pools.as_slice() {
            if ratio(before) <= ratio(last) {
                break;
            }
            let joined = [0, 1, 2].map(|i| before[i] + last[i]);
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    pools.iter().flat_map(|pool| vec![ratio(pool); pool[2] as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_it_multiplied() {
        let mut m = [[0.0; WIDTH]; WIDTH];
        let want: [f64; WIDTH] = std::array::from_fn(|i| i as f64 - 3.0);
        for (i, row) in m.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell = ((i * 7 + j * 3) % 11) as f64 + if i == j { 20.0 } else { 0.0 };
            }
        }
        let v = m.map(|row| row.iter().zip(want).map(|(a, b)| a * b).sum());
        for (got, want) in solve(m, v).iter().zip(want) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    #[test]
    fn nats_never_fall() {
        let mass: [[f64; 2]; BINS] = std::array::from_fn(|i| [100.0, (i * 37 % 50) as f64]);
        let nats = monotone(&mass);
        assert_eq!(nats.len(), BINS);
        assert!(nats.windows(2).all(|pair| pair[0] <= pair[1]), "{nats:?}");
    }

    #[test]
    fn learns_what_tells_apart() {
        let points: Vec<Point> = (0..400)
            .map(|i| {
                let machine = i % 2 == 0;
                let mut features = [0.0; FEATURES];
                features[0] = (i % 7) as f32 / 7.0 + f32::from(u8::from(machine));
                Point { features, machine, weight: 1.0 }
            })
            .collect();
        let weights = weights(0, &points, &points);
        assert!(weights.llr(&[2.0; FEATURES]) > 1.0);
        assert!(weights.llr(&[0.0; FEATURES]) < -1.0);
    }
}
