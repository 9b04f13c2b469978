//! Least squares of shapes that are not one round Gaussian: two of a common width, and a long one. By Levenberg and
//! Marquardt's method.

use super::blocks::{Block, LANES, Laid, Lanes, Shape};
use super::fit::{Factors, Fitted, Model};
use super::window::{Run, Window};
use nalgebra::{SMatrix, SVector};

/// Steps at most.
const MOST_STEPS: usize = 25;
/// Weight of the expectation of a pair's width: one standard deviation of its logarithm.
const WIDTH_PRIOR_LN: f64 = 0.25;
/// No step changes the logarithm of a width by more.
const LARGEST_STEP_LN: f64 = 0.3;

/// A shape with `N` unknowns.
trait Unknowns<const N: usize>: Copy {
    /// Lays the shape over a window.
    fn lay(&self, window: &Window, room: &mut Room<N>);
    /// The shape with its unknowns changed; `None` where that is none.
    fn moved(&self, step: &SVector<f64, N>) -> Option<Self>;
    /// What is expected of one unknown: which, how far it is from that, and the standard deviation.
    fn expected(&self) -> Option<(usize, f64, f64)>;
}

/// A fit with the squares that it leaves.
pub(super) struct Fit<S, const N: usize> {
    shape: S,
    /// Sum of the squared residuals, counts^2.
    pub(super) cost: f64,
    /// Of the normal equations.
    inverse: SMatrix<f64, N, N>,
}

/// Room for fits of one kind of shape.
#[derive(Default)]
struct Room<const N: usize> {
    factors: [Factors; 2],
    values: Vec<f64>,
    laid: Laid<N, 8>,
}

fn fit<S: Unknowns<N>, const N: usize>(window: &Window, start: S, noise: f64) -> Option<Fit<S, N>> {
    let pixels = window.len() as f64;
    // An expectation counts as one observation with the noise that the residuals show.
    let weight = |shape: &S, cost: f64| {
        let variance = (cost / pixels).max(noise * noise).max(1e-6);
        shape.expected().map_or(0.0, |e| variance / (e.2 * e.2))
    };
    let penalty = |shape: &S, w: f64| shape.expected().map_or(0.0, |e| w * e.1 * e.1);
    let (mut shape, mut damping) = (start, 1e-3);
    let mut room = Room::default();
    let mut normal = |shape: &S| {
        shape.lay(window, &mut room);
        room.laid.normal()
    };
    let mut now = normal(&shape);
    let mut w = weight(&shape, now.cost);
    for _ in 0..MOST_STEPS {
        let (mut left, mut right) = (now.jtj, now.jtr);
        if let Some((i, off, _)) = shape.expected() {
            left[(i, i)] += w;
            right[i] -= w * off;
        }
        for i in 0..N {
            left[(i, i)] += damping * left[(i, i)] + 1e-12;
        }
        let step = left.cholesky()?.solve(&right);
        let next = shape.moved(&step).map(|s| {
            let next = normal(&s);
            (s, next)
        });
        let better = next.filter(|(s, n)| n.cost + penalty(s, w) <= now.cost + penalty(&shape, w));
        let Some((trial, next)) = better else {
            damping *= 8.0;
            if damping > 1e6 {
                break;
            }
            continue;
        };
        let gained = now.cost - next.cost;
        (shape, now) = (trial, next);
        w = weight(&shape, now.cost);
        damping = (damping * 0.2).max(1e-9);
        if gained.abs() < 1e-4 * now.cost {
            break;
        }
    }
    let mut left = now.jtj;
    if let Some((i, ..)) = shape.expected() {
        left[(i, i)] += w;
    }
    for i in 0..N {
        left[(i, i)] += 1e-12;
    }
    Some(Fit {
        shape,
        cost: now.cost,
        inverse: left.cholesky()?.inverse(),
    })
}

/// Two round Gaussians of one width on a constant: (row, column, height) of each, level, ln width.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    at: [(f64, f64); 2],
    height: [f64; 2],
    level: f64,
    width: f64,
    usual_ln_width: f64,
}

/// A pair on a window, for which the factors of its spots were filled.
struct LaidPair<'a> {
    pair: &'a Pair,
    factors: &'a [Factors; 2],
}

impl Shape<8> for LaidPair<'_> {
    #[inline(always)]
    fn block(&self, _: &Window, at: (&Run, usize), counts: &Lanes, out: &mut Block<8>) {
        let p = self.pair;
        let (row, col) = (at.0.row, at.0.col + at.1);
        let per_width2 = 1.0 / (p.width * p.width);
        out.derivatives[6] = [1.0; LANES];
        out.derivatives[7] = [0.0; LANES];
        out.light = [0.0; LANES];
        for (i, Factors { rows, cols }) in self.factors.iter().enumerate() {
            let (row_shape, v) = (rows.shapes[row], rows.offsets[row]);
            let (shapes, offsets) = (&cols.shapes[col..][..LANES], &cols.offsets[col..][..LANES]);
            for k in 0..LANES {
                let (shape, u) = (row_shape * shapes[k], offsets[k]);
                let spot = p.height[i] * shape;
                out.derivatives[3 * i][k] = spot * v * per_width2;
                out.derivatives[3 * i + 1][k] = spot * u * per_width2;
                out.derivatives[3 * i + 2][k] = shape;
                out.derivatives[7][k] += spot * (u * u + v * v) * per_width2;
                out.light[k] += spot;
            }
        }
        for (residual, (counts, light)) in
            out.residual.iter_mut().zip(counts.iter().zip(&out.light))
        {
            *residual = counts - p.level - light;
        }
    }
}

impl Unknowns<8> for Pair {
    fn lay(&self, window: &Window, room: &mut Room<8>) {
        for (factors, model) in room.factors.iter_mut().zip(self.models()) {
            factors.fill(&model, window);
        }
        let factors = &room.factors;
        let pair = LaidPair {
            pair: self,
            factors,
        };
        room.laid.lay(window, &pair);
    }

    fn moved(&self, step: &SVector<f64, 8>) -> Option<Self> {
        let at = |i: usize| (self.at[i].0 + step[3 * i], self.at[i].1 + step[3 * i + 1]);
        let ln = step[7].clamp(-LARGEST_STEP_LN, LARGEST_STEP_LN);
        let all_finite = step.iter().all(|s| s.is_finite());
        all_finite.then(|| Self {
            at: [at(0), at(1)],
            height: [self.height[0] + step[2], self.height[1] + step[5]],
            level: self.level + step[6],
            width: self.width * ln.exp(),
            ..*self
        })
    }

    fn expected(&self) -> Option<(usize, f64, f64)> {
        Some((7, self.width.ln() - self.usual_ln_width, WIDTH_PRIOR_LN))
    }
}

impl Pair {
    /// Both spots.
    fn models(&self) -> [Model; 2] {
        [0, 1].map(|i| Model {
            y: self.at[i].0,
            x: self.at[i].1,
            height: self.height[i],
            level: self.level,
            width: self.width,
        })
    }
}

impl Fit<Pair, 8> {
    /// Both spots.
    pub(super) fn models(&self) -> [Model; 2] {
        self.shape.models()
    }

    /// Both spots with their standard errors, with a noise that may grow with the light.
    pub(super) fn spots(&self, window: &Window) -> [Fitted; 2] {
        let mut room = Room::default();
        self.shape.lay(window, &mut room);
        let covariance = room.laid.covariance(&self.inverse);
        let error = |i: usize| {
            let c = |k: usize| covariance[(3 * i + k, 3 * i + k)];
            (0.5 * (c(0) + c(1))).sqrt()
        };
        let [a, b] = self.models();
        [(0, a), (1, b)].map(|(i, model)| Fitted {
            model,
            precision_px: error(i),
        })
    }
}

/// Fits two spots, from two places and what one Gaussian has found there.
pub(super) fn fit_pair(
    window: &Window,
    at: [(f64, f64); 2],
    one: &Model,
    usual_width: f64,
    noise: f64,
) -> Option<Fit<Pair, 8>> {
    let start = Pair {
        at,
        height: [0.7 * one.height; 2],
        level: one.level,
        width: usual_width,
        usual_ln_width: usual_width.ln(),
    };
    fit(window, start, noise)
}

/// A long Gaussian on a constant: row, column, height, level, and the inverse of its covariance (rows, both, columns).
#[derive(Clone, Copy)]
pub(super) struct Long {
    at: (f64, f64),
    height: f64,
    level: f64,
    inverse: [f64; 3],
}

/// A long Gaussian on a window with the values of its exponential function in all cells.
struct LaidLong<'a> {
    long: &'a Long,
    values: &'a [f64],
}

impl Shape<7> for LaidLong<'_> {
    #[inline(always)]
    fn block(
        &self,
        window: &Window,
        (run, skip): (&Run, usize),
        counts: &Lanes,
        out: &mut Block<7>,
    ) {
        let Long {
            at,
            height,
            level,
            inverse: [a, b, c],
        } = *self.long;
        let v = window.row_px(run.row) - at.0;
        let shapes = &self.values[run.at + skip..][..LANES];
        out.derivatives[3] = [1.0; LANES];
        for k in 0..LANES {
            let u = window.col_px(run.col + skip + k) - at.1;
            let spot = height * shapes[k];
            out.derivatives[0][k] = spot * (a * v + b * u);
            out.derivatives[1][k] = spot * (b * v + c * u);
            out.derivatives[2][k] = shapes[k];
            out.derivatives[4][k] = -0.5 * spot * v * v;
            out.derivatives[5][k] = -spot * v * u;
            out.derivatives[6][k] = -0.5 * spot * u * u;
            out.residual[k] = counts[k] - level - spot;
            out.light[k] = spot;
        }
    }
}

impl Unknowns<7> for Long {
    fn lay(&self, window: &Window, room: &mut Room<7>) {
        let [a, b, c] = self.inverse;
        room.values.resize(window.counts.len(), 0.0);
        for run in &window.runs {
            let v = window.row_px(run.row) - self.at.0;
            for k in 0..run.len {
                let u = window.col_px(run.col + k) - self.at.1;
                let exponent = -0.5 * (a * v * v + 2.0 * b * v * u + c * u * u);
                room.values[run.at + k] = exponent.exp();
            }
        }
        let values = &room.values;
        room.laid.lay(window, &LaidLong { long: self, values });
    }

    fn moved(&self, step: &SVector<f64, 7>) -> Option<Self> {
        let [a, b, c] = [0, 1, 2].map(|i| self.inverse[i] + step[4 + i]);
        // Only a positive definite one is a Gaussian.
        (a > 0.0 && c > 0.0 && a * c > b * b && step.iter().all(|s| s.is_finite())).then(|| Self {
            at: (self.at.0 + step[0], self.at.1 + step[1]),
            height: self.height + step[2],
            level: self.level + step[3],
            inverse: [a, b, c],
        })
    }

    fn expected(&self) -> Option<(usize, f64, f64)> {
        None
    }
}

/// Fits a long Gaussian, from a round one and the direction (rows, columns) in which it is long.
pub(super) fn fit_long(
    window: &Window,
    one: &Model,
    axis: (f64, f64),
    noise: f64,
) -> Option<Fit<Long, 7>> {
    let w2 = one.width * one.width;
    // Somewhat longer along the axis, somewhat shorter across.
    let (along, across) = (1.0 / (1.4 * w2), 1.0 / (0.8 * w2));
    let start = Long {
        at: (one.y, one.x),
        height: one.height,
        level: one.level,
        inverse: [
            along * axis.0 * axis.0 + across * axis.1 * axis.1,
            (along - across) * axis.0 * axis.1,
            along * axis.1 * axis.1 + across * axis.0 * axis.0,
        ],
    };
    fit(window, start, noise)
}
