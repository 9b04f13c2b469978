//! Drift as the smoothed mean velocity of all tracks.
//!
//! The velocity at each frame is the mean over tracks and over frames nearby, weighted with the inverse step variance
//! of each track and a Gaussian in time, displacements beyond 4 standard deviations clipped (Huber 1964,
//! doi:10.1214/aoms/1177703732). The plain mean of one frame would take away `1 / N` of each particle's own motion and
//! with 5 particles make the diffusion coefficient 16 % too small.
//!
//! What is not there is not taken away either. The constant part stays only if it differs from 0 (chi-square of two
//! degrees of freedom above 9.21, 1 %); what varies in time is shrunk by `1 - dof / chi2`, not below 0, where `chi2`
//! compares the means of stretches of time with the constant (James & Stein 1961; positive part).
//!
//! All particles are taken to share one velocity: shear is not looked for. Input px and frames, output px.

use super::common::{Displacement, Sums, displacements, median, sum};
use super::vibration;
use super::{Drift, DriftEstimator, MakeDrift};
use crate::method::{Entry, ParamSpec, Params};
use crate::model::Track;
use crate::{Finding, Severity};

/// The entry in the table of drift estimators.
pub(super) const ENTRY: Entry<MakeDrift> = Entry {
    key: "smooth",
    title: "smoothed mean velocity of all tracks, as far as it is significant",
    references: &["doi:10.1214/aoms/1177703732"],
    params: &[ParamSpec {
        key: "smoothing_frames",
        default: 15.0,
        min: 1.0,
        max: 10_000.0,
        unit: "frames",
        meaning: "Standard deviation of the Gaussian in time over which velocities are averaged.",
    }],
    make: |params: &Params| {
        Box::new(Smooth {
            smoothing_frames: params.get("smoothing_frames"),
        })
    },
};

/// Longest film, frames: a day and a half at 30 frames/s, 64 MB of offsets.
const LONGEST_FILM: usize = 4_000_000;
/// Chi-square of two degrees of freedom at 1 %.
const CONSTANT_CHI2: f64 = 9.21;
/// Warn when the drift per frame exceeds this share of an ordinary step (standard deviation per axis).
const LARGE_SHARE: f64 = 0.5;
/// The Gaussian ends here, in standard deviations.
const KERNEL_SD: f64 = 4.0;
/// Rounds of clipping about the velocity that the round before has found.
const ROUNDS: usize = 3;

#[derive(Debug)]
struct Smooth {
    smoothing_frames: f64,
}

impl DriftEstimator for Smooth {
    fn estimate(&self, tracks: &[Track], frames: u32) -> (Drift, Vec<Finding>) {
        let last = tracks.iter().map(|t| t.last_frame().0 as usize + 1).max();
        let frames = (frames as usize).min(last.unwrap_or(0));
        let moving = tracks.iter().filter(|t| t.points().len() > 1).count();
        if moving < 2 || frames < 2 {
            return (Drift::none(), Vec::new());
        }
        if frames > LONGEST_FILM {
            return (Drift::none(), vec![too_long(frames)]);
        }
        let all = displacements(tracks, frames);
        let velocity = self.velocities(&all, frames - 1);
        let mut findings = vibration::finding(&all, &velocity);
        if velocity.iter().all(|v| *v == (0.0, 0.0)) {
            return (Drift::none(), findings);
        }
        findings.insert(0, found(&all, &velocity));
        let mut offsets = Vec::with_capacity(frames);
        let mut at = (0.0, 0.0);
        offsets.push(at);
        for v in &velocity {
            at = (at.0 + v.0, at.1 + v.1);
            offsets.push(at);
        }
        (Drift::from_offsets(offsets), findings)
    }
}

impl Smooth {
    /// Velocity over each interval, px per frame.
    fn velocities(&self, all: &[Displacement], intervals: usize) -> Vec<(f64, f64)> {
        let m = |d: &Displacement| d.frames as f64;
        let middle = (
            median(all.iter().map(|d| d.by_px.0 / m(d)).collect()),
            median(all.iter().map(|d| d.by_px.1 / m(d)).collect()),
        );
        let mut velocity = vec![middle; intervals];
        for _ in 0..ROUNDS {
            let sums = sum(all, intervals, |k| velocity[k]);
            velocity = self.shrunk(&sums);
        }
        velocity
    }

    /// The smoothed velocities, as far as they are more than chance.
    fn shrunk(&self, sums: &Sums) -> Vec<(f64, f64)> {
        let weight: f64 = sums.weight.iter().sum();
        if !(weight > 0.0 && weight.is_finite()) {
            return vec![(0.0, 0.0); sums.weight.len()];
        }
        let total = sums
            .velocity
            .iter()
            .fold((0.0, 0.0), |a, v| (a.0 + v.0, a.1 + v.1));
        let constant = (total.0 / weight, total.1 / weight);
        let share = self.varying_share(sums, constant);
        let significant =
            (constant.0 * constant.0 + constant.1 * constant.1) * weight > CONSTANT_CHI2;
        let base = if significant { constant } else { (0.0, 0.0) };
        if share <= 0.0 {
            return vec![base; sums.weight.len()];
        }
        self.smoothed(sums, constant)
            .into_iter()
            .map(|v| {
                (
                    base.0 + share * (v.0 - constant.0),
                    base.1 + share * (v.1 - constant.1),
                )
            })
            .collect()
    }

    /// The share of the variation in time that is more than chance, 0 to 1. Stretches are as long as the Gaussian
    /// is wide, so that they resolve what smoothing leaves.
    fn varying_share(&self, sums: &Sums, constant: (f64, f64)) -> f64 {
        let stretch = (self.smoothing_frames * 2.0 * std::f64::consts::PI.sqrt()).ceil() as usize;
        let (mut chi2, mut stretches) = (0.0, 0usize);
        for (v, w) in sums
            .velocity
            .chunks(stretch.max(1))
            .zip(sums.weight.chunks(stretch.max(1)))
        {
            let weight: f64 = w.iter().sum();
            if weight > 0.0 {
                let x: f64 = v.iter().map(|v| v.0).sum::<f64>() / weight - constant.0;
                let y: f64 = v.iter().map(|v| v.1).sum::<f64>() / weight - constant.1;
                chi2 += (x * x + y * y) * weight;
                stretches += 1;
            }
        }
        let dof = 2.0 * stretches.saturating_sub(1) as f64;
        // Below this, the excess is within twice the scatter of chi-square itself.
        if dof == 0.0 || chi2 < dof + 2.0 * (2.0 * dof).sqrt() {
            return 0.0;
        }
        1.0 - dof / chi2
    }

    /// Gaussian mean over time; far from any track the constant.
    fn smoothed(&self, sums: &Sums, constant: (f64, f64)) -> Vec<(f64, f64)> {
        let n = sums.weight.len();
        let reach = ((KERNEL_SD * self.smoothing_frames).ceil() as usize).min(n);
        let kernel: Vec<f64> = (0..=reach)
            .map(|k| (-0.5 * (k as f64 / self.smoothing_frames).powi(2)).exp())
            .collect();
        (0..n)
            .map(|k| {
                let (mut x, mut y, mut w) = (0.0, 0.0, 0.0);
                for j in k.saturating_sub(reach)..(k + reach + 1).min(n) {
                    let g = kernel[j.abs_diff(k)];
                    x += g * sums.velocity[j].0;
                    y += g * sums.velocity[j].1;
                    w += g * sums.weight[j];
                }
                if w > 0.0 { (x / w, y / w) } else { constant }
            })
            .collect()
    }
}

fn found(all: &[Displacement], velocity: &[(f64, f64)]) -> Finding {
    let n = velocity.len().max(1) as f64;
    let speed = velocity.iter().map(|v| v.0.hypot(v.1)).sum::<f64>() / n;
    let step = median(all.iter().map(|d| 1.0 / d.weight).collect()).sqrt();
    let limit = LARGE_SHARE * step;
    // Rest is Brownian motion of its own size: the share says at a glance whether the drift matters.
    let fast = format!(
        "by {speed:.2} px per frame, {:.0} % of an ordinary step",
        100.0 * speed / step
    );
    if speed > limit {
        let message = format!(
            "The particles drift fast: {fast}. The drift was taken away, but what is left of it may make particles \
             look smaller. Let the sample come to rest, or stop the pump."
        );
        Finding::new("M01", Severity::Warning, "drift", message).with(
            speed,
            Some(limit),
            "px per frame",
        )
    } else {
        let message = format!(
            "The particles drift together {fast}. The drift was taken away; nothing needs to be done."
        );
        Finding::new("M01", Severity::Info, "drift", message).with(
            speed,
            Some(limit),
            "px per frame",
        )
    }
}

fn too_long(frames: usize) -> Finding {
    Finding::new(
        "M03",
        Severity::Warning,
        "drift",
        "The film has too many frames for its drift to be measured; none was taken away. Analyse it in parts.",
    )
    .with(frames as f64, Some(LONGEST_FILM as f64), "frames")
}
