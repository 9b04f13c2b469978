//! Least squares of shapes that are not one round Gaussian: two of a common width, and a long one. By Levenberg and
//! Marquardt's method.

use super::fit::{Fitted, Model};
use super::noise_law::covariance;
use super::window::Window;
use nalgebra::{SMatrix, SVector};

/// Steps at most.
const MOST_STEPS: usize = 25;
/// Weight of the expectation of a pair's width: one standard deviation of its logarithm.
const WIDTH_PRIOR_LN: f64 = 0.25;
/// No step changes the logarithm of a width by more.
const LARGEST_STEP_LN: f64 = 0.3;

/// A shape with `N` unknowns.
trait Shape<const N: usize>: Copy {
    /// Its counts at (row, column), and their derivatives.
    fn at(&self, y: f64, x: f64) -> (f64, [f64; N]);
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

struct Normal<const N: usize> {
    jtj: SMatrix<f64, N, N>,
    jtr: SVector<f64, N>,
    cost: f64,
}

/// Calls `visit` with the derivatives, the residual and the counts of the shape.
fn each_pixel<S: Shape<N>, const N: usize>(
    window: &Window,
    shape: &S,
    mut visit: impl FnMut([f64; N], f64, f64),
) {
    for (dy, dx, counts) in &window.pixels {
        let y = window.y + window.pitch * f64::from(*dy);
        let x = window.x + window.pitch * f64::from(*dx);
        let (value, j) = shape.at(y, x);
        visit(j, counts - value, value);
    }
}

fn normal<S: Shape<N>, const N: usize>(window: &Window, shape: &S) -> Normal<N> {
    let (mut jtj, mut jtr, mut cost) = (SMatrix::zeros(), SVector::zeros(), 0.0);
    each_pixel(window, shape, |j, residual, _| {
        for a in 0..N {
            for b in 0..N {
                jtj[(a, b)] += j[a] * j[b];
            }
            jtr[a] += j[a] * residual;
        }
        cost += residual * residual;
    });
    Normal { jtj, jtr, cost }
}

fn fit<S: Shape<N>, const N: usize>(window: &Window, start: S, noise: f64) -> Option<Fit<S, N>> {
    let pixels = window.pixels.len() as f64;
    // An expectation counts as one observation with the noise that the residuals show.
    let weight = |shape: &S, cost: f64| {
        let variance = (cost / pixels).max(noise * noise).max(1e-6);
        shape.expected().map_or(0.0, |e| variance / (e.2 * e.2))
    };
    let penalty = |shape: &S, w: f64| shape.expected().map_or(0.0, |e| w * e.1 * e.1);
    let (mut shape, mut damping) = (start, 1e-3);
    let mut now = normal(window, &shape);
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
        let next = shape.moved(&step).map(|s| (s, normal(window, &s)));
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

impl Shape<8> for Pair {
    fn at(&self, y: f64, x: f64) -> (f64, [f64; 8]) {
        let per_width2 = 1.0 / (self.width * self.width);
        let mut j = [0.0; 8];
        let mut value = self.level;
        for i in 0..2 {
            let (v, u) = (y - self.at[i].0, x - self.at[i].1);
            let r2 = (u * u + v * v) * per_width2;
            let shape = (-0.5 * r2).exp();
            let spot = self.height[i] * shape;
            value += spot;
            j[3 * i] = spot * v * per_width2;
            j[3 * i + 1] = spot * u * per_width2;
            j[3 * i + 2] = shape;
            j[7] += spot * r2;
        }
        j[6] = 1.0;
        (value, j)
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
    /// Both spots with their standard errors, with a noise that may grow with the light.
    pub(super) fn spots(&self, window: &Window) -> [Fitted; 2] {
        let p = &self.shape;
        let covariance = covariance(&self.inverse, |visit| {
            each_pixel(window, p, |j, residual, value| {
                visit(j, residual, value - p.level)
            });
        });
        [0, 1].map(|i| Fitted {
            model: Model {
                y: p.at[i].0,
                x: p.at[i].1,
                height: p.height[i],
                level: p.level,
                width: p.width,
            },
            precision_px: {
                let c = |k: usize| covariance[(3 * i + k, 3 * i + k)];
                (0.5 * (c(0) + c(1))).sqrt()
            },
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

impl Shape<7> for Long {
    fn at(&self, y: f64, x: f64) -> (f64, [f64; 7]) {
        let (v, u) = (y - self.at.0, x - self.at.1);
        let [a, b, c] = self.inverse;
        let shape = (-0.5 * (a * v * v + 2.0 * b * v * u + c * u * u)).exp();
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
