//! Vibration: shaking that all particles share and that returns, so that it carries nothing away.
//!
//! What two different particles have in common is not their own. With weights `w_i` and displacements `d_i` freed from
//! drift, `(S^2 - sum w_i^2 d_i^2) / (W^2 - sum w_i^2)` with `S = sum w_i d_i`, `W = sum w_i` has the variance of the
//! shared displacement as its mean, whatever the particles do by themselves; products of neighbouring frames give its
//! covariance the same way. Shaking that is white in position has the covariance `-1/2` of the variance.
//!
//! It is reported, not taken away: to a track it looks exactly like localisation noise, which is measured and allowed
//! for later, while per-frame means would take away the particles' own motion too.

use super::common::{Displacement, Displacements};
use crate::{Finding, Severity};

/// The shared variance must exceed its standard error by this factor.
const LEAST_Z: f64 = 5.0;
/// Lag-1 correlation below which shaking returns; -0.5 if white in position, 0 if it wanders.
const HIGHEST_CORRELATION: f64 = -0.25;
/// Shared variance worth mentioning, as a share of an ordinary step variance.
const LEAST_SHARE: f64 = 0.02;
/// Frames needed.
const LEAST_FRAMES: usize = 30;

/// Sums over the particles of one frame, both axes.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    sum_px: (f64, f64),
    weight: f64,
    own_square: f64,
    weight_square: f64,
    /// Products with the frame before, of the same particle.
    own_product: f64,
    weight_product: f64,
}

/// M02, if the film is shaken.
pub(super) fn finding(rest: Displacements<'_>, intervals: usize) -> Vec<Finding> {
    let frames = shared(rest, intervals);
    let mut squares: Vec<f64> = Vec::new();
    let (mut product, mut products) = (0.0, 0.0);
    for (k, f) in frames.iter().enumerate() {
        let below = f.weight * f.weight - f.weight_square;
        if below > 1e-6 * f.weight * f.weight {
            let s2 = f.sum_px.0 * f.sum_px.0 + f.sum_px.1 * f.sum_px.1;
            squares.push((s2 - f.own_square) / (2.0 * below));
        }
        let Some(before) = k.checked_sub(1).map(|k| &frames[k]) else {
            continue;
        };
        let below = f.weight * before.weight - f.weight_product;
        if below > 1e-6 * f.weight * before.weight {
            let s = f.sum_px.0 * before.sum_px.0 + f.sum_px.1 * before.sum_px.1;
            product += (s - f.own_product) / (2.0 * below);
            products += 1.0;
        }
    }
    if squares.len() < LEAST_FRAMES || products == 0.0 {
        return Vec::new();
    }
    let n = squares.len() as f64;
    let mean = squares.iter().sum::<f64>() / n;
    let scatter = squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let significant = mean > LEAST_Z * (scatter / n).sqrt();
    let step = rest.median(|d| 1.0 / d.weight);
    let returns = product / products < HIGHEST_CORRELATION * mean;
    if !(significant && returns && mean > LEAST_SHARE * step) {
        return Vec::new();
    }
    // A shared displacement is the difference of two shakes.
    let message = "The picture shakes: all particles jump to and fro together. The shaking is treated as an error of \
                   the positions; keep pumps, fans and doors away from the table.";
    vec![
        Finding::new("M02", Severity::Warning, "drift", message).with(
            (mean / 2.0).sqrt(),
            Some((LEAST_SHARE * step / 2.0).sqrt()),
            "px (standard deviation per axis)",
        ),
    ]
}

fn shared(rest: Displacements<'_>, intervals: usize) -> Vec<Shared> {
    let mut frames = vec![Shared::default(); intervals];
    let mut before: Option<(Displacement, f64, f64)> = None;
    for d in rest.iter().filter(|d| d.frames == 1) {
        let (dx, dy) = d.by_px;
        let w = d.weight;
        let f = &mut frames[d.from];
        f.sum_px = (f.sum_px.0 + w * dx, f.sum_px.1 + w * dy);
        f.weight += w;
        f.own_square += w * w * (dx * dx + dy * dy);
        f.weight_square += w * w;
        if let Some((b, bx, by)) = before.filter(|b| b.0.track == d.track && b.0.from + 1 == d.from)
        {
            f.own_product += w * b.weight * (dx * bx + dy * by);
            f.weight_product += w * b.weight;
        }
        before = Some((d, dx, dy));
    }
    frames
}
