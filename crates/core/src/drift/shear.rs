//! Shear: a shared velocity that differs from place to place.
//!
//! What the shared motion leaves of the displacements is fitted with a gradient that does not change,
//! `v(r) = G (r - c)`, by weighted least squares, `r` being the middle of each displacement and `c` the mean of all.
//! The gradient counts only if what it explains exceeds chi-square of four degrees of freedom at 1e-4. Why the middle:
//! with the start of a displacement, particles that leave the view would look like a flow inwards, as they are seen only
//! if they stay; the same step backwards in time weighs that up exactly. Why not always: by chance alone it would carry
//! particles at the rim by `sqrt(12 a / n)` px per frame, with `a` the step variance and `n` the displacements.
//!
//! Output per frame interval.

use super::common::{Displacement, Displacements};
use crate::{Finding, Severity};

/// Chi-square of four degrees of freedom at 1e-4.
const LEAST_CHI2: f64 = 23.51;

/// A velocity that grows evenly from a place where it is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient {
    /// `[[dvx/dx, dvx/dy], [dvy/dx, dvy/dy]]`, per second.
    pub per_s: [[f64; 2]; 2],
    /// The place (x, y), px.
    pub centre_px: (f64, f64),
}

impl Gradient {
    /// Velocity (x, y) at a place, px/s.
    pub fn velocity_px_per_s(&self, at_px: (f64, f64)) -> (f64, f64) {
        let (x, y) = (at_px.0 - self.centre_px.0, at_px.1 - self.centre_px.1);
        let [[xx, xy], [yx, yy]] = self.per_s;
        (xx * x + xy * y, yx * x + yy * y)
    }
}

/// The gradient in what the shared motion leaves, if it is more than chance. `lasting` is the share of the scatter of
/// single steps that lasts, `interval_s` the frame interval.
pub(super) fn gradient(rest: Displacements<'_>, lasting: f64, interval_s: f64) -> Option<Gradient> {
    let total: f64 = rest.iter().map(|d| d.weight * d.span).sum();
    let mean = |of: fn(&Displacement) -> f64| {
        rest.iter().map(|d| d.weight * d.span * of(&d)).sum::<f64>() / total
    };
    let centre_px = (mean(|d| d.middle_px.0), mean(|d| d.middle_px.1));
    let velocity = (mean(|d| d.by_px.0 / d.span), mean(|d| d.by_px.1 / d.span));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let mut to = [[0.0; 2]; 2];
    for d in rest.iter() {
        let (x, y) = (d.middle_px.0 - centre_px.0, d.middle_px.1 - centre_px.1);
        let clip = d.clip((0.0, 0.0));
        let by = (
            clip * d.by_px.0 - velocity.0 * d.span,
            clip * d.by_px.1 - velocity.1 * d.span,
        );
        // Over m intervals the variance is m / weight and the way m times the velocity.
        xx += d.weight * d.span * x * x;
        xy += d.weight * d.span * x * y;
        yy += d.weight * d.span * y * y;
        to[0] = [
            to[0][0] + d.weight * by.0 * x,
            to[0][1] + d.weight * by.0 * y,
        ];
        to[1] = [
            to[1][0] + d.weight * by.1 * x,
            to[1][1] + d.weight * by.1 * y,
        ];
    }
    let det = xx * yy - xy * xy;
    if !(det > 1e-6 * xx * yy && det.is_finite()) {
        return None;
    }
    let solved = to.map(|[x, y]| [(yy * x - xy * y) / det, (xx * y - xy * x) / det]);
    let explained: f64 = solved
        .iter()
        .zip(&to)
        .map(|(g, t)| g[0] * t[0] + g[1] * t[1])
        .sum();
    (explained > LEAST_CHI2 * lasting).then_some(Gradient {
        per_s: solved.map(|row| row.map(|g| g / interval_s)),
        centre_px,
    })
}

/// M05: there is shear.
pub(super) fn finding(gradient: &Gradient) -> Finding {
    let [[xx, xy], [yx, yy]] = gradient.per_s;
    let size = (xx * xx + xy * xy + yx * yx + yy * yy).sqrt();
    Finding::new(
        "M05",
        Severity::Info,
        "drift",
        "The liquid flows faster in one part of the picture than in another. The difference was taken away.",
    )
    .with(size, None, "per s")
}
