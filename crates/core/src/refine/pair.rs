//! Two spots that were taken for one.
//!
//! Two Gaussians nearer than about three widths have one maximum, and one Gaussian fitted to both lies between them. A
//! spot that is longer than it is wide is therefore also fitted as two of a common width (least squares with eight
//! unknowns). A particle that moves during the exposure makes a long spot too, but hardly one with a dip in its middle:
//! the pair must explain the pixels far better than a round Gaussian and better than a long one (F tests), with its
//! two spots well apart and alike in height. Otherwise the spot stays one.

use super::blocks::LANES;
use super::fit::{Factors, Fitted, Model};
use super::shapes::{fit_long, fit_pair};
use super::window::Window;
use crate::instructions;

/// The elongation must exceed its standard error by this factor before two spots are tried.
const LEAST_ELONGATION_Z: f64 = 5.0;
/// Two spots must explain the pixels better than a round one by this much: F with 3 degrees of freedom more.
const LEAST_F_ROUND: f64 = 60.0;
/// And better than a long one: F with 1 degree of freedom more.
const LEAST_F_LONG: f64 = 20.0;
/// They must lie so many usual widths apart ...
const LEAST_SEPARATION: f64 = 2.8;
/// ... and the lower must have this share of the height of the other.
const LEAST_SHARE: f64 = 0.3;
/// Their width may differ from the usual one by these factors.
const WIDTHS: [f64; 2] = [0.6, 1.5];
/// Fewer pixels do not tell two spots from one.
const LEAST_PIXELS: usize = 24;

/// A spot that is not round as two, if that is what it is. `window` holds its pixels without its neighbours,
/// `usual_width` is that of a spot in this film, px, `noise` that of a pixel, counts.
pub(super) fn split(
    window: &Window,
    single: &Fitted,
    Elongation { axis, cost }: Elongation,
    usual_width: f64,
    noise: f64,
) -> Option<[Fitted; 2]> {
    let n = window.len();
    if n < LEAST_PIXELS {
        return None;
    }
    let one = &single.model;
    let half = 0.5 * (LEAST_SEPARATION + 0.5) * usual_width;
    let at = |sign: f64| (one.y + sign * half * axis.0, one.x + sign * half * axis.1);
    let pair = fit_pair(window, [at(-1.0), at(1.0)], one, usual_width, noise)?;
    let [a, b] = pair.models();
    let (low, high) = (a.height.min(b.height), a.height.max(b.height));
    let near = |m: &Model| (m.y - one.y).hypot(m.x - one.x) < 2.0 * one.width.max(usual_width);
    let credible = low > 0.0
        && low >= LEAST_SHARE * high
        && (a.y - b.y).hypot(a.x - b.x) >= LEAST_SEPARATION * usual_width
        && (WIDTHS[0] * usual_width..=WIDTHS[1] * usual_width).contains(&a.width)
        && near(&a)
        && near(&b);
    let variance = (pair.cost / (n as f64 - 8.0)).max(0.25 * noise * noise);
    if !credible || (cost - pair.cost) / 3.0 < LEAST_F_ROUND * variance {
        return None;
    }
    let long_cost = fit_long(window, one, axis, noise)?.cost;
    (long_cost - pair.cost >= LEAST_F_LONG * variance).then(|| pair.spots(window))
}

/// How far a spot is from round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elongation {
    /// Direction in which it is longer than it is wide, as a unit vector (rows, columns).
    axis: (f64, f64),
    /// Squares that one Gaussian leaves, counts^2.
    cost: f64,
}

/// `None` if the spot is round. The factors are those of the spot.
pub(super) fn elongation(
    window: &Window,
    single: &Fitted,
    noise: f64,
    factors: &Factors,
) -> Option<Elongation> {
    let [along, across, power, cost] = instructions::run(Sides {
        window,
        model: &single.model,
        factors,
    });
    if along.hypot(across) <= LEAST_ELONGATION_Z * noise * power.sqrt() {
        return None;
    }
    let angle = 0.5 * across.atan2(along);
    Some(Elongation {
        axis: (angle.cos(), angle.sin()),
        cost,
    })
}

/// What the residuals show along the rows against the columns, along one diagonal against the other, how much the noise
/// of a count is in these two, and the squares of the residuals.
struct Sides<'a> {
    window: &'a Window,
    model: &'a Model,
    factors: &'a Factors,
}

impl instructions::Kernel for Sides<'_> {
    type Output = [f64; 4];

    #[inline(always)]
    fn run(self) -> [f64; 4] {
        let (m, Factors { rows, cols }) = (self.model, self.factors);
        let mut sums = [[0.0; LANES]; 4];
        for run in &self.window.runs {
            let (row_shape, v) = (rows.shapes[run.row], rows.offsets[run.row]);
            let mut skip = 0;
            while skip < run.len {
                let col = run.col + skip;
                let shapes = &cols.shapes[col..][..LANES];
                let offsets = &cols.offsets[col..][..LANES];
                let counts = &self.window.counts[run.at + skip..][..LANES];
                for k in 0..LANES {
                    let inside = if skip + k < run.len { 1.0 } else { 0.0 };
                    let (g, u) = (inside * (row_shape * shapes[k]), offsets[k]);
                    let residual = inside * (counts[k] - m.level - m.height * g);
                    let long = g * (v * v - u * u);
                    sums[0][k] += residual * long;
                    sums[1][k] += residual * g * 2.0 * u * v;
                    sums[2][k] += long * long;
                    sums[3][k] += residual * residual;
                }
                skip += LANES;
            }
        }
        sums.map(|s| s.iter().sum())
    }
}
