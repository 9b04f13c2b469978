//! Straight line through the first points of the mean squared displacement: what most programs do.
//!
//! `MSD(t) = 4 D (t - exposure/3) + 4 s^2` in two dimensions; blur and localisation error are in the intercept, so
//! only the slope counts. Michalet 2010, doi:10.1103/PhysRevE.82.041914: the number of points matters, and the best
//! is `2 + 2.3 x^0.52` with `x = s^2/(D dt)` (fit of its fig. 6); more points make every trajectory worse.
//! Signed. Kept as the incumbent to compare with.
//!
//! Differs from the paper in: weights of the weighted fit are pairs/lag^2 (the variance of one point of a free
//! trajectory without localisation error, eq. 17 to leading order); the standard error is that of a linear
//! functional of the displacements, propagated exactly through their covariance at the estimate.

use super::{DiffusionEstimate, DiffusionEstimator, MakeEstimator, with_normal_interval};
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
    with_normal_interval(steps, diffusion, variance, noise)
}

/// Variance of `sum_j share_j msd_j` for a regular trajectory of as many displacements at this D with the mean
/// localisation variance. One axis has a quadratic form `d' Q d` in its displacements, whose variance is
/// `2 tr(Q C Q C)`; the two axes add.
///
/// With Q and C both Toeplitz up to their corners, `tr(QCQC)` is taken in the spectral (Whittle) form: the mean over
/// frequencies of (q(w) c(w))^2, with the number of pairs in place of n for the overlap at the ends.
fn slope_variance(steps: &Steps, share: &[f64], diffusion: f64) -> f64 {
    let n = steps.len() as f64;
    let span = steps.span_s.iter().sum::<f64>() / n;
    let blur = diffusion * steps.sampling.exposure_s / 3.0;
    let noise = steps.mean_variance_um2();
    let diagonal = 2.0 * diffusion * span - 2.0 * blur + 2.0 * noise;
    let off = blur - noise;
    const FREQUENCIES: usize = 128;
    let mut sum = 0.0;
    for i in 0..FREQUENCIES {
        let w = std::f64::consts::PI * (i as f64 + 0.5) / FREQUENCIES as f64;
        let c = diagonal + 2.0 * off * w.cos();
        // Lag j sums j displacements: |sum_{k<j} e^{iwk}|^2 = (sin(jw/2)/sin(w/2))^2, over n + 1 - j pairs.
        let q: f64 = share
            .iter()
            .enumerate()
            .map(|(j, s)| {
                let lag = j as f64 + 1.0;
                let kernel = ((0.5 * lag * w).sin() / (0.5 * w).sin()).powi(2);
                s * kernel / (n + 1.0 - lag).max(1.0).sqrt()
            })
            .sum();
        sum += (q * c).powi(2);
    }
    2.0 * 2.0 * sum / FREQUENCIES as f64
}
