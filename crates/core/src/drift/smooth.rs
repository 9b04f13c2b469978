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
//! Motion to and fro is `drift::periodic`'s, the two being measured in turn, each on what the other leaves; shear is
//! `drift::shear`'s. Chance scatters the mean over many frames by `drift::common::lasting_share` of what single steps
//! suggest. Input px and frames, output px.

use super::clock::Clock;
use super::common::{Displacements, Sums, lasting_share, median_velocity, sum, weights};
use super::line::Line;
use super::periodogram::rows;
use super::{Drift, DriftEstimator, MakeDrift};
use super::{periodic, shear, vibration};
use crate::method::{Entry, ParamSpec, Params};
use crate::model::Track;
use crate::{Finding, Severity};
use std::f64::consts::TAU;
use std::sync::atomic::{AtomicBool, Ordering};

/// The entry in the table of drift estimators.
pub(super) const ENTRY: Entry<MakeDrift> = Entry {
    key: "smooth",
    title: "smoothed mean velocity of all tracks, oscillations and shear, each as far as it is significant",
    references: &[
        "doi:10.1214/aoms/1177703732",
        "doi:10.1007/BF00648343",
        "doi:10.1086/160554",
    ],
    params: &[ParamSpec {
        key: "smoothing_frames",
        default: 15.0,
        min: 1.0,
        max: 10_000.0,
        unit: "frames",
        meaning: "Standard deviation of the Gaussian in time over which velocities are averaged; oscillations are looked \
                  for from 1 / (2 pi times this) per frame on.",
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
/// The Gaussian ends here, in standard deviations, so that time goes with the number of frames and not with its square.
const KERNEL_SD: f64 = 4.0;
/// Rounds of clipping about the velocity that the round before has found.
const ROUNDS: usize = 3;

#[derive(Debug)]
struct Smooth {
    smoothing_frames: f64,
}

impl DriftEstimator for Smooth {
    fn estimate_until(
        &self,
        tracks: &[Track],
        frames: u32,
        cancel: &AtomicBool,
    ) -> (Drift, Vec<Finding>) {
        let last = tracks.iter().map(|t| t.last_frame().0 as usize + 1).max();
        let frames = (frames as usize).min(last.unwrap_or(0));
        let moving = tracks.iter().filter(|t| t.points().len() > 1).count();
        if moving < 2 || frames < 2 {
            return (Drift::none(), Vec::new());
        }
        if frames > LONGEST_FILM {
            return (Drift::none(), vec![too_long(frames)]);
        }
        let clock = Clock::of(tracks, frames);
        let all = Displacements::of(tracks, &clock);
        let shared = self.shared(all, &clock.at, cancel);
        let rest = all.without(&shared.offsets).weighed(&shared.weights);
        let gradient = clock
            .interval_s
            .and_then(|s| shear::gradient(rest, shared.lasting, s));
        let step = rest.median(|d| 1.0 / d.weight).sqrt();
        let shaken = vibration::finding(rest, frames - 1);
        let offsets = if shared.offsets.iter().any(|o| *o != (0.0, 0.0)) {
            shared.offsets
        } else {
            Vec::new()
        };
        let drift = Drift::from_offsets(offsets).with_gradient(gradient);
        let mut findings = Vec::new();
        if shared.velocity.iter().any(|v| *v != (0.0, 0.0)) {
            findings.push(found(&shared.velocity, step));
        }
        findings.extend(periodic::finding(&shared.lines, &clock, step));
        findings.extend(gradient.as_ref().map(shear::finding));
        findings.extend(shaken);
        (drift, findings)
    }
}

/// The motion that all particles share, and what it leaves.
struct Shared {
    /// Slow motion over each interval, px per frame interval.
    velocity: Vec<(f64, f64)>,
    /// Motion to and fro.
    lines: Vec<Line>,
    /// Both together by frame, px from frame 0.
    offsets: Vec<(f64, f64)>,
    /// Of the tracks, from displacements without either.
    weights: Vec<f64>,
    /// Of the scatter of their steps.
    lasting: f64,
}

impl Smooth {
    /// Slow motion and motion to and fro, each measured on what the other leaves, with weights from what both leave.
    fn shared(&self, all: Displacements<'_>, times: &[f64], cancel: &AtomicBool) -> Shared {
        let mut to_and_fro = vec![(0.0, 0.0); times.len()];
        let mut offsets = to_and_fro.clone();
        let mut found = weights(all);
        let mut lasting = 1.0;
        let mut lines = Vec::new();
        let mut velocity = Vec::new();
        for round in 0..ROUNDS {
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            let weighed = all.weighed(&found);
            let free = weighed.without(&to_and_fro);
            velocity = self.velocities(free, times.len() - 1, lasting, cancel);
            let slow = carried(&velocity, times);
            let rows = rows(weighed.without(&slow), &to_and_fro);
            let lowest = 1.0 / (TAU * self.smoothing_frames);
            lines = periodic::lines(&rows, times, lowest, cancel);
            to_and_fro = periodic::positions(&lines, times.len());
            let start = to_and_fro[0];
            offsets = slow
                .iter()
                .zip(&to_and_fro)
                .map(|(a, b)| (a.0 + b.0 - start.0, a.1 + b.1 - start.1))
                .collect();
            let rest = all.without(&offsets);
            found = weights(rest);
            lasting = lasting_share(rest.weighed(&found));
            // The first round does not know yet what lasts; after that, slow motion alone is settled.
            if round > 0 && lines.is_empty() {
                break;
            }
        }
        Shared {
            velocity,
            lines,
            offsets,
            weights: found,
            lasting,
        }
    }

    /// Velocity over each interval, px per frame interval.
    fn velocities(
        &self,
        all: Displacements<'_>,
        intervals: usize,
        lasting: f64,
        cancel: &AtomicBool,
    ) -> Vec<(f64, f64)> {
        let mut velocity = vec![median_velocity(all); intervals];
        for _ in 0..ROUNDS {
            let sums = sum(all, intervals, |k| velocity[k]);
            velocity = self.shrunk(&sums, lasting, cancel);
        }
        velocity
    }

    /// The smoothed velocities, as far as they are more than chance.
    fn shrunk(&self, sums: &Sums, lasting: f64, cancel: &AtomicBool) -> Vec<(f64, f64)> {
        let weight: f64 = sums.weight.iter().sum();
        if !(weight > 0.0 && weight.is_finite()) {
            return vec![(0.0, 0.0); sums.weight.len()];
        }
        let total = sums
            .velocity
            .iter()
            .fold((0.0, 0.0), |a, v| (a.0 + v.0, a.1 + v.1));
        let constant = (total.0 / weight, total.1 / weight);
        let share = self.varying_share(sums, constant, lasting);
        let significant =
            (constant.0 * constant.0 + constant.1 * constant.1) * weight > CONSTANT_CHI2 * lasting;
        let base = if significant { constant } else { (0.0, 0.0) };
        if share <= 0.0 {
            return vec![base; sums.weight.len()];
        }
        self.smoothed(sums, constant, cancel)
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
    fn varying_share(&self, sums: &Sums, constant: (f64, f64), lasting: f64) -> f64 {
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
                chi2 += (x * x + y * y) * weight / lasting;
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
    fn smoothed(&self, sums: &Sums, constant: (f64, f64), cancel: &AtomicBool) -> Vec<(f64, f64)> {
        let n = sums.weight.len();
        let reach = ((KERNEL_SD * self.smoothing_frames).ceil() as usize).min(n);
        let kernel: Vec<f64> = (0..=reach)
            .map(|k| (-0.5 * (k as f64 / self.smoothing_frames).powi(2)).exp())
            .collect();
        (0..n)
            .map(|k| {
                let (mut x, mut y, mut w) = (0.0, 0.0, 0.0);
                if cancel.load(Ordering::Relaxed) {
                    return constant;
                }
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

/// Where velocities carry everything by frame, px from frame 0.
fn carried(velocity: &[(f64, f64)], times: &[f64]) -> Vec<(f64, f64)> {
    let mut at = (0.0, 0.0);
    let mut offsets = vec![at];
    for (v, w) in velocity.iter().zip(times.windows(2)) {
        let interval = w[1] - w[0];
        at = (at.0 + v.0 * interval, at.1 + v.1 * interval);
        offsets.push(at);
    }
    offsets
}

fn found(velocity: &[(f64, f64)], step: f64) -> Finding {
    let n = velocity.len().max(1) as f64;
    let speed = velocity.iter().map(|v| v.0.hypot(v.1)).sum::<f64>() / n;
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
