//! Least squares of shapes that are not one round Gaussian: two of a common width, and a long one. By Levenberg and
//! Marquardt's method.

use super::blocks::{Block, LANES, Laid, Lanes, Shape};
use super::fit::{Fitted, Model};
use super::window::{Run, Window};
use nalgebra::{SMatrix, SVector};

/// Steps at most.
const MOST_STEPS: usize = 25;
/// Weight of the expectation of a pair's width: one standard deviation of its logarithm.
const WIDTH_PRIOR_LN: f64 = 0.25;
/// No step changes the logarithm of a width by more.
const LARGEST_STEP_LN: f64 = 0.3;

/// A shape with `N` unknowns, made of `E` exponential functions.
trait Sum<const N: usize, const E: usize>: Copy {
    /// The exponents at (row, column).
    fn exponents(&self, y: f64, x: f64) -> [f64; E];
    /// Its counts at (row, column), where the exponential functions have these values, and their derivatives.
    fn at(&self, y: f64, x: f64, shapes: [f64; E]) -> (f64, [f64; N]);
    /// Its counts far away.
    fn level(&self) -> f64;
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

/// A shape with the values of its exponential functions in all cells of a window.
struct Valued<'a, S, const E: usize> {
    shape: &'a S,
    values: &'a [Vec<f64>; E],
}

impl<S: Sum<N, E>, const N: usize, const E: usize> Shape<N> for Valued<'_, S, E> {
    #[inline(always)]
    fn block(&self, window: &Window, run: &Run, skip: usize, counts: &Lanes) -> Block<N> {
        let y = window.row_px(run.row);
        let mut out = Block::ZERO;
        let mut values = [[0.0; LANES]; E];
        for (to, values) in values.iter_mut().zip(self.values) {
            to.copy_from_slice(&values[run.at + skip..][..LANES]);
        }
        for k in 0..LANES {
            let x = window.col_px(run.col + skip + k);
            let mut here = [0.0; E];
            for (here, values) in here.iter_mut().zip(&values) {
                *here = values[k];
            }
            let (value, j) = self.shape.at(y, x, here);
            for (to, derivative) in out.derivatives.iter_mut().zip(j) {
                to[k] = derivative;
            }
            out.residual[k] = counts[k] - value;
            out.light[k] = value - self.shape.level();
        }
        out
    }
}

/// Room for fits of one kind of shape.
struct Room<const N: usize, const E: usize> {
    values: [Vec<f64>; E],
    laid: Laid<N, 8>,
}

impl<const N: usize, const E: usize> Room<N, E> {
    fn new() -> Self {
        Self {
            values: [const { Vec::new() }; E],
            laid: Laid::default(),
        }
    }

    fn lay<S: Sum<N, E>>(&mut self, window: &Window, shape: &S) -> &mut Laid<N, 8> {
        for values in &mut self.values {
            values.resize(window.counts.len(), 0.0);
        }
        for run in &window.runs {
            let y = window.row_px(run.row);
            for k in 0..run.len {
                let exponents = shape.exponents(y, window.col_px(run.col + k));
                for (values, exponent) in self.values.iter_mut().zip(exponents) {
                    values[run.at + k] = exponent.exp();
                }
            }
        }
        let values = &self.values;
        self.laid.lay(window, &Valued { shape, values });
        &mut self.laid
    }
}

fn fit<S: Sum<N, E>, const N: usize, const E: usize>(
    window: &Window,
    start: S,
    noise: f64,
) -> Option<Fit<S, N>> {
    let pixels = window.len() as f64;
    // An expectation counts as one observation with the noise that the residuals show.
    let weight = |shape: &S, cost: f64| {
        let variance = (cost / pixels).max(noise * noise).max(1e-6);
        shape.expected().map_or(0.0, |e| variance / (e.2 * e.2))
    };
    let penalty = |shape: &S, w: f64| shape.expected().map_or(0.0, |e| w * e.1 * e.1);
    let (mut shape, mut damping) = (start, 1e-3);
    let mut room = Room::new();
    let mut now = room.lay(window, &shape).normal();
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
            let next = room.lay(window, &s).normal();
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

impl Sum<8, 2> for Pair {
    #[inline(always)]
    fn exponents(&self, y: f64, x: f64) -> [f64; 2] {
        let per_width2 = 1.0 / (self.width * self.width);
        self.at.map(|at| {
            let (v, u) = (y - at.0, x - at.1);
            -0.5 * ((u * u + v * v) * per_width2)
        })
    }

    #[inline(always)]
    fn at(&self, y: f64, x: f64, shapes: [f64; 2]) -> (f64, [f64; 8]) {
        let per_width2 = 1.0 / (self.width * self.width);
        let mut j = [0.0; 8];
        let mut value = self.level;
        for i in 0..2 {
            let (v, u) = (y - self.at[i].0, x - self.at[i].1);
            let r2 = (u * u + v * v) * per_width2;
            let spot = self.height[i] * shapes[i];
            value += spot;
            j[3 * i] = spot * v * per_width2;
            j[3 * i + 1] = spot * u * per_width2;
            j[3 * i + 2] = shapes[i];
            j[7] += spot * r2;
        }
        j[6] = 1.0;
        (value, j)
    }

    fn level(&self) -> f64 {
        self.level
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

impl Fit<Pair, 8> {
    /// Both spots.
    pub(super) fn models(&self) -> [Model; 2] {
        let p = &self.shape;
        [0, 1].map(|i| Model {
            y: p.at[i].0,
            x: p.at[i].1,
            height: p.height[i],
            level: p.level,
            width: p.width,
        })
    }

    /// Both spots with their standard errors, with a noise that may grow with the light.
    pub(super) fn spots(&self, window: &Window) -> [Fitted; 2] {
        let mut room = Room::new();
        let covariance = room.lay(window, &self.shape).covariance(&self.inverse);
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

impl Sum<7, 1> for Long {
    #[inline(always)]
    fn exponents(&self, y: f64, x: f64) -> [f64; 1] {
        let (v, u) = (y - self.at.0, x - self.at.1);
        let [a, b, c] = self.inverse;
        [-0.5 * (a * v * v + 2.0 * b * v * u + c * u * u)]
    }

    #[inline(always)]
    fn at(&self, y: f64, x: f64, [shape]: [f64; 1]) -> (f64, [f64; 7]) {
        let (v, u) = (y - self.at.0, x - self.at.1);
        let [a, b, c] = self.inverse;
        let spot = self.height * shape;
        let j = [
            spot * (a * v + b * u),
            spot * (b * v + c * u),
            shape,
            1.0,
            -0.5 * spot * v * v,
            -spot * v * u,
            -0.5 * spot * u * u,
        ];
        (self.level + spot, j)
    }

    fn level(&self) -> f64 {
        self.level
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
