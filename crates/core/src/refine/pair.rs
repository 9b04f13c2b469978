//! Two spots that were taken for one.
//!
//! Two Gaussians nearer than about three widths have one maximum, and one Gaussian fitted to both lies between them. A
//! spot that is longer than it is wide is therefore also fitted as two of a common width (least squares with eight
//! unknowns), and taken as two where that explains the pixels far better (F test) and the two are so far apart and so
//! alike in height that no path of one particle in the exposure would do the same. Others stay one.

use super::fit::{Fitted, Model};
use super::window::Window;
use nalgebra::{SMatrix, SVector};

type Matrix = SMatrix<f64, 8, 8>;
type Vector = SVector<f64, 8>;

/// The elongation must exceed its standard error by this factor before two spots are tried.
const LEAST_ELONGATION_Z: f64 = 5.0;
/// Two spots must explain the pixels better by this much: F with 3 degrees of freedom more.
const LEAST_F: f64 = 60.0;
/// They must lie so many usual widths apart ...
const LEAST_SEPARATION: f64 = 2.8;
/// ... and the lower must have this share of the height of the other.
const LEAST_SHARE: f64 = 0.3;
/// Their width may differ from the usual one by these factors.
const WIDTHS: [f64; 2] = [0.6, 1.5];
/// Weight of the expectation of the width: one standard deviation of its logarithm.
const WIDTH_PRIOR_LN: f64 = 0.25;
/// Steps at most.
const MOST_STEPS: usize = 25;

/// Two round Gaussians of one width on a constant.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// Rows and columns, px.
    at: [(f64, f64); 2],
    height: [f64; 2],
    level: f64,
    width: f64,
}

impl Pair {
    fn is_sound(&self) -> bool {
        let [a, b] = self.at;
        let [h, k] = self.height;
        let all = [a.0, a.1, b.0, b.1, h, k, self.level, self.width];
        all.iter().all(|v| v.is_finite()) && self.width > 0.0
    }

    fn moved(&self, step: &Vector) -> Self {
        Self {
            at: [
                (self.at[0].0 + step[0], self.at[0].1 + step[1]),
                (self.at[1].0 + step[3], self.at[1].1 + step[4]),
            ],
            height: [self.height[0] + step[2], self.height[1] + step[5]],
            level: self.level + step[6],
            width: self.width * step[7].clamp(-0.3, 0.3).exp(),
        }
    }

    fn separation(&self) -> f64 {
        let [a, b] = self.at;
        (a.0 - b.0).hypot(a.1 - b.1)
    }

    fn spot(&self, i: usize) -> Model {
        Model {
            y: self.at[i].0,
            x: self.at[i].1,
            height: self.height[i],
            level: self.level,
            width: self.width,
        }
    }
}

/// A spot as two, if that is what it is. `window` holds its pixels without its neighbours, `usual_width` is that of a
/// spot in this film, px, `noise` that of a pixel, counts.
pub(super) fn split(
    window: &Window,
    single: &Fitted,
    usual_width: f64,
    noise: f64,
) -> Option<[Fitted; 2]> {
    let n = window.pixels.len();
    if n < 24 {
        return None;
    }
    let (axis, cost) = elongation(window, &single.model, noise)?;
    let start = first_guess(&single.model, axis, usual_width);
    let (pair, pair_cost, errors) = fit(window, start, usual_width, noise)?;
    let f = (cost - pair_cost) / 3.0 / (pair_cost / (n as f64 - 8.0)).max(noise * noise * 0.25);
    let [h, k] = pair.height;
    let alike = h.min(k) >= LEAST_SHARE * h.max(k) && h.min(k) > 0.0;
    let near = |y: f64, x: f64| {
        (y - single.model.y).hypot(x - single.model.x) < 2.0 * single.model.width.max(usual_width)
    };
    let credible = f >= LEAST_F
        && alike
        && pair.separation() >= LEAST_SEPARATION * usual_width
        && (WIDTHS[0] * usual_width..=WIDTHS[1] * usual_width).contains(&pair.width)
        && pair.at.iter().all(|p| near(p.0, p.1));
    credible.then(|| {
        [0, 1].map(|i| Fitted {
            model: pair.spot(i),
            precision_px: errors[i],
        })
    })
}

/// Direction in which the spot is longer than it is wide, as a unit vector (rows, columns), and the squares that one
/// Gaussian leaves; `None` if it is round.
fn elongation(window: &Window, m: &Model, noise: f64) -> Option<((f64, f64), f64)> {
    let (mut along, mut across, mut power, mut cost) = (0.0, 0.0, 0.0, 0.0);
    for (dy, dx, counts) in &window.pixels {
        let v = window.y + window.pitch * f64::from(*dy) - m.y;
        let u = window.x + window.pitch * f64::from(*dx) - m.x;
        let g = (-0.5 * (u * u + v * v) / (m.width * m.width)).exp();
        let residual = counts - m.level - m.height * g;
        along += residual * g * (v * v - u * u);
        across += residual * g * 2.0 * u * v;
        power += (g * (v * v - u * u)).powi(2);
        cost += residual * residual;
    }
    let size = along.hypot(across);
    if size <= LEAST_ELONGATION_Z * noise * power.sqrt() {
        return None;
    }
    let angle = 0.5 * across.atan2(along);
    Some(((angle.cos(), angle.sin()), cost))
}

fn first_guess(m: &Model, axis: (f64, f64), usual_width: f64) -> Pair {
    let half = 0.5 * (LEAST_SEPARATION + 0.5) * usual_width;
    Pair {
        at: [
            (m.y - half * axis.0, m.x - half * axis.1),
            (m.y + half * axis.0, m.x + half * axis.1),
        ],
        height: [0.7 * m.height; 2],
        level: m.level,
        width: usual_width,
    }
}

struct Normal {
    jtj: Matrix,
    jtr: Vector,
    cost: f64,
}

fn normal(window: &Window, pair: &Pair) -> Normal {
    let mut out = Normal {
        jtj: Matrix::zeros(),
        jtr: Vector::zeros(),
        cost: 0.0,
    };
    let per_width2 = 1.0 / (pair.width * pair.width);
    for (dy, dx, counts) in &window.pixels {
        let y = window.y + window.pitch * f64::from(*dy);
        let x = window.x + window.pitch * f64::from(*dx);
        let mut j = [0.0; 8];
        let mut model = pair.level;
        for i in 0..2 {
            let (v, u) = (y - pair.at[i].0, x - pair.at[i].1);
            let r2 = (u * u + v * v) * per_width2;
            let shape = (-0.5 * r2).exp();
            let spot = pair.height[i] * shape;
            model += spot;
            j[3 * i] = spot * v * per_width2;
            j[3 * i + 1] = spot * u * per_width2;
            j[3 * i + 2] = shape;
            j[7] += spot * r2;
        }
        j[6] = 1.0;
        let residual = counts - model;
        for a in 0..8 {
            for b in a..8 {
                out.jtj[(a, b)] += j[a] * j[b];
            }
            out.jtr[a] += j[a] * residual;
        }
        out.cost += residual * residual;
    }
    for a in 0..8 {
        for b in 0..a {
            out.jtj[(a, b)] = out.jtj[(b, a)];
        }
    }
    out
}

/// The pair, the squares that it leaves, and the standard errors of both positions per axis, px.
fn fit(
    window: &Window,
    start: Pair,
    usual_width: f64,
    noise: f64,
) -> Option<(Pair, f64, [f64; 2])> {
    let expected_ln = usual_width.ln();
    let pixels = window.pixels.len() as f64;
    let prior = |cost: f64| (cost / pixels).max(noise * noise).max(1e-6) / WIDTH_PRIOR_LN.powi(2);
    let penalty = |p: &Pair, weight: f64| weight * (p.width.ln() - expected_ln).powi(2);
    let (mut pair, mut damping) = (start, 1e-3);
    let mut now = normal(window, &pair);
    let mut weight = prior(now.cost);
    for _ in 0..MOST_STEPS {
        let (mut left, mut right) = (now.jtj, now.jtr);
        left[(7, 7)] += weight;
        right[7] -= weight * (pair.width.ln() - expected_ln);
        for i in 0..8 {
            left[(i, i)] += damping * left[(i, i)] + 1e-12;
        }
        let step = left.cholesky()?.solve(&right);
        let trial = pair.moved(&step);
        if !trial.is_sound() {
            return None;
        }
        let next = normal(window, &trial);
        let gain = now.cost + penalty(&pair, weight) - next.cost - penalty(&trial, weight);
        if gain < 0.0 {
            damping *= 8.0;
            if damping > 1e6 {
                break;
            }
            continue;
        }
        let moved = step.iter().take(6).fold(0.0f64, |m, s| m.max(s.abs()));
        (pair, now) = (trial, next);
        weight = prior(now.cost);
        damping = (damping * 0.2).max(1e-9);
        if moved < 1e-3 {
            break;
        }
    }
    let errors = errors(&now, weight, pixels)?;
    Some((pair, now.cost, errors))
}

/// Standard errors of both positions from the squares that the fit leaves.
fn errors(now: &Normal, weight: f64, pixels: f64) -> Option<[f64; 2]> {
    let mut left = now.jtj;
    left[(7, 7)] += weight;
    for i in 0..8 {
        left[(i, i)] += 1e-12;
    }
    let covariance = left.cholesky()?.inverse() * (now.cost / (pixels - 8.0));
    let error = |i: usize| (0.5 * (covariance[(i, i)] + covariance[(i + 1, i + 1)])).sqrt();
    let out = [error(0), error(3)];
    out.iter().all(|e| e.is_finite()).then_some(out)
}
