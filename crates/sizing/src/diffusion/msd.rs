//! Straight line through the first points of the mean squared displacement: what most programs do.
//!
//! `MSD(t) = 4 D (t - exposure/3) + 4 s^2` in two dimensions; blur and localisation error are in the intercept, so
//! only the slope counts. Michalet 2010, doi:10.1103/PhysRevE.82.041914: the number of points matters, and the best
//! is `2 + 2.3 x^0.52` with `x = s^2/(D dt)` (fit of its fig. 6); more points make every trajectory worse.
//! Signed. Kept as the incumbent to compare with.
//!
//! Differs from the paper in: weights of the weighted fit are pairs/lag^2 (the variance of one point of a free
//! trajectory without localisation error, eq. 17 to leading order); the standard error is
//! that of a quadratic form of the displacements, exact at the estimate for a trajectory without gaps.

use super::{DiffusionEstimate, DiffusionEstimator, MakeEstimator, with_normal_interval};
use crate::likelihood::AXES;
use crate::msd::msd_curve;
use crate::steps::Steps;
use nta_core::method::{Entry, ParamSpec, Params};

pub(super) const ENTRY: Entry<MakeEstimator> = Entry {
    key: "msd",
    title: "line through the first points of the mean squared displacement",
    references: &["doi:10.1103/PhysRevE.82.041914"],
    params: &[
        ParamSpec {
            key: "points",
            default: 4.0,
            min: 0.0,
            max: 100.0,
            unit: "points",
            meaning: "points of the curve that the line goes through, from 2; 0: the best number for each \
                      trajectory after Michalet; 1 is taken as 2",
        },
        ParamSpec {
            key: "weighted",
            default: 0.0,
            min: 0.0,
            max: 1.0,
            unit: "1",
            meaning: "1: weigh the points by pairs/lag^2; 0: all points alike",
        },
    ],
    make,
};

fn make(params: &Params) -> Box<dyn DiffusionEstimator> {
    let points = params.get("points").round();
    Box::new(Msd {
        points: (points > 0.0).then_some(points.max(2.0) as u32),
        weighted: params.get("weighted") >= 0.5,
    })
}

struct Msd {
    points: Option<u32>,
    weighted: bool,
}

/// Rounds of choosing the number of points from D and D from the points.
const ROUNDS: usize = 3;

impl DiffusionEstimator for Msd {
    fn estimate(&self, steps: &Steps) -> Option<DiffusionEstimate> {
        match self.points {
            Some(points) => line(steps, points, self.weighted),
            None => {
                let mut points = 2;
                let mut estimate = line(steps, points, self.weighted)?;
                for _ in 0..ROUNDS {
                    let best = best_points(steps, estimate.diffusion_um2_per_s);
                    if best == points {
                        break;
                    }
                    points = best;
                    estimate = line(steps, points, self.weighted)?;
                }
                Some(estimate)
            }
        }
    }
}

fn best_points(steps: &Steps, diffusion: f64) -> u32 {
    let longest = (steps.len() as u32).max(2);
    let x = steps.mean_variance_um2() / (diffusion * steps.sampling.frame_interval_s);
    // A D of zero or less means that noise dominates: take all the points that Michalet allows.
    if !(x >= 0.0 && x.is_finite()) {
        return longest;
    }
    ((2.0 + 2.3 * x.powf(0.52)).floor().min(f64::from(longest)) as u32).max(2)
}

fn line(steps: &Steps, points: u32, weighted: bool) -> Option<DiffusionEstimate> {
    let curve = msd_curve(steps, points);
    if curve.lag_s.len() < 2 {
        return None;
    }
    let weights: Vec<f64> = curve
        .lag_s
        .iter()
        .zip(&curve.pairs)
        .map(|(t, pairs)| {
            if weighted {
                *pairs as f64 / (t * t)
            } else {
                1.0
            }
        })
        .collect();
    let total: f64 = weights.iter().sum();
    let mean_t = weights
        .iter()
        .zip(&curve.lag_s)
        .map(|(w, t)| w * t)
        .sum::<f64>()
        / total;
    let spread: f64 = weights
        .iter()
        .zip(&curve.lag_s)
        .map(|(w, t)| w * (t - mean_t).powi(2))
        .sum();
    // The slope is a linear combination of the points: slope = sum_j share_j msd_j.
    let share: Vec<f64> = weights
        .iter()
        .zip(&curve.lag_s)
        .map(|(w, t)| w * (t - mean_t) / spread)
        .collect();
    let slope: f64 = share.iter().zip(&curve.msd_um2).map(|(c, m)| c * m).sum();
    let diffusion = slope / 4.0;
    let mean_msd = weights
        .iter()
        .zip(&curve.msd_um2)
        .map(|(w, m)| w * m)
        .sum::<f64>()
        / total;
    let intercept = mean_msd - slope * mean_t;
    let noise = intercept / 4.0 + diffusion * steps.sampling.exposure_s / 3.0;
    let variance = slope_variance(steps, &share, diffusion.max(0.0)) / 16.0;
    with_normal_interval(steps, steps.len(), diffusion, variance, noise)
}

/// Variance of `sum_j share_j msd_j` at this D for a trajectory without gaps but otherwise the same. Each axis has a
/// quadratic form `d' Q d` in its displacements with covariance C, whose variance is `2 tr(Q C Q C)`; the axes add.
fn slope_variance(steps: &Steps, share: &[f64], diffusion: f64) -> f64 {
    let n = steps.len();
    let band = share.len().min(n);
    // Q_kl = sum_j share_j / (n+1-j) x (windows of j displacements that hold both k and l); by diagonals l - k.
    let q = |k: usize, l: usize| -> f64 {
        (l - k + 1..=band)
            .map(|j| {
                let windows = (k.min(n - j) + j).saturating_sub(l.max(j - 1));
                share[j - 1] * windows as f64 / (n + 1 - j) as f64
            })
            .sum()
    };
    let diagonals: Vec<Vec<f64>> = (0..n)
        .map(|k| (k..n.min(k + band)).map(|l| q(k, l)).collect())
        .collect();
    let q = |k: usize, l: usize| {
        diagonals[k.min(l)]
            .get(k.abs_diff(l))
            .copied()
            .unwrap_or(0.0)
    };
    let at = |(constant, slope): (f64, f64)| constant + slope * diffusion;
    // (Q C)_kl with C tridiagonal.
    let product = |k: usize, l: usize| -> f64 {
        let mut sum = q(k, l) * at(steps.variance_line(l));
        if l > 0 {
            sum += q(k, l - 1) * at(steps.covariance_line(l - 1));
        }
        if l + 1 < n {
            sum += q(k, l + 1) * at(steps.covariance_line(l));
        }
        sum
    };
    let mut trace = 0.0;
    for k in 0..n {
        for l in k.saturating_sub(band)..n.min(k + band + 1) {
            trace += product(k, l) * product(l, k);
        }
    }
    AXES * 2.0 * trace
}
