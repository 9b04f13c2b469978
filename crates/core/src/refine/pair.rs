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

/// A spot as two, if that is what it is. `window` holds its pixels without its neighbours, `usual_width` is that of a
/// spot in this film, px, `noise` that of a pixel, counts.
pub(super) fn split(
    window: &Window,
    single: &Fitted,
    usual_width: f64,
    noise: f64,
) -> Option<[Fitted; 2]> {
    let n = window.len();
    if n < LEAST_PIXELS {
        return None;
    }
    let one = &single.model;
    let (axis, round_cost) = elongation(window, one, noise)?;
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
    if !credible || (round_cost - pair.cost) / 3.0 < LEAST_F_ROUND * variance {
        return None;
    }
    let long_cost = fit_long(window, one, axis, noise)?.cost;
    (long_cost - pair.cost >= LEAST_F_LONG * variance).then(|| pair.spots(window))
}

/// Direction in which the spot is longer than it is wide, as a unit vector (rows, columns), and the squares that one
/// Gaussian leaves; `None` if it is round.
fn elongation(window: &Window, m: &Model, noise: f64) -> Option<((f64, f64), f64)> {
    let (mut along, mut across, mut power, mut cost) = (0.0, 0.0, 0.0, 0.0);
    for (dy, dx, counts) in window.cells() {
        let v = window.y + window.pitch * f64::from(dy) - m.y;
        let u = window.x + window.pitch * f64::from(dx) - m.x;
        let g = (-0.5 * (u * u + v * v) / (m.width * m.width)).exp();
        let residual = counts - m.level - m.height * g;
        along += residual * g * (v * v - u * u);
        across += residual * g * 2.0 * u * v;
        power += (g * (v * v - u * u)).powi(2);
        cost += residual * residual;
    }
    if along.hypot(across) <= LEAST_ELONGATION_Z * noise * power.sqrt() {
        return None;
    }
    let angle = 0.5 * across.atan2(along);
    Some(((angle.cos(), angle.sin()), cost))
}

/// Whether [`split`] is sure to find no pair, at a glance. The factors are those of the spot.
pub(super) fn surely_round(
    window: &Window,
    single: &Fitted,
    noise: f64,
    factors: &Factors,
) -> bool {
    let model = &single.model;
    let seen = instructions::run(Glance {
        window,
        model,
        factors,
    });
    seen.surely_round(noise)
}

/// The sums of [`elongation`] with the Gaussian as the product of its factors: a quick look, since most spots are round.
struct Glance<'a> {
    window: &'a Window,
    model: &'a Model,
    factors: &'a Factors,
}

/// What a quick look sees.
struct Seen {
    along: f64,
    across: f64,
    power: f64,
    /// Size of what was summed, for its error.
    size: f64,
}

impl Seen {
    /// Whether the exact sums show a round spot whatever their last digits are.
    fn surely_round(&self, noise: f64) -> bool {
        let most = 0.99 * LEAST_ELONGATION_Z * noise * self.power.sqrt();
        self.along.hypot(self.across) + 1e-9 * self.size <= most
    }
}

impl instructions::Kernel for Glance<'_> {
    type Output = Seen;

    #[inline(always)]
    fn run(self) -> Seen {
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
                    let inside = if skip + k < run.len { row_shape } else { 0.0 };
                    let (g, u) = (inside * shapes[k], offsets[k]);
                    let spot = m.height * g;
                    let residual = counts[k] - m.level - spot;
                    let (vv, uu) = (v * v, u * u);
                    let long = g * (vv - uu);
                    sums[0][k] += residual * long;
                    sums[1][k] += residual * g * 2.0 * u * v;
                    sums[2][k] += long * long;
                    sums[3][k] += (residual.abs() + spot.abs()) * g * (vv + uu);
                }
                skip += LANES;
            }
        }
        let [along, across, power, size] = sums.map(|s| s.iter().sum());
        Seen {
            along,
            across,
            power,
            size,
        }
    }
}
