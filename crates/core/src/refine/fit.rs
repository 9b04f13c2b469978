//! Least squares of a round Gaussian on a constant, by Levenberg and Marquardt's method.

use super::noise_law::covariance;
use super::window::Window;
use nalgebra::{SMatrix, SVector};

type Matrix = SMatrix<f64, 5, 5>;
type Vector = SVector<f64, 5>;

/// Steps at most.
const MOST_STEPS: usize = 12;
/// Weight of the expectation of the width: one standard deviation of its logarithm.
const WIDTH_PRIOR_LN: f64 = 0.5;

/// A round Gaussian: position relative to nothing (px of the film), height, width, and the level it stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Model {
    /// Row, px.
    pub(super) y: f64,
    /// Column, px.
    pub(super) x: f64,
    /// Height, counts.
    pub(super) height: f64,
    /// Level below it, counts.
    pub(super) level: f64,
    /// Standard deviation, px.
    pub(super) width: f64,
}

/// A Gaussian over the rows and columns of a window, of which it is the product.
#[derive(Default)]
struct Factors {
    rows: Vec<Factor>,
    cols: Vec<Factor>,
}

/// One row or column of a window.
#[derive(Clone, Copy)]
struct Factor {
    /// Its part of the Gaussian.
    shape: f64,
    /// Its distance from the centre of the Gaussian, px.
    offset: f64,
}

impl Factors {
    fn fill(&mut self, model: &Model, window: &Window) {
        let bend = -0.5 / (model.width * model.width);
        let axis = |out: &mut Vec<Factor>, centre: f64, at: f64| {
            out.clear();
            out.extend((-window.radius..=window.radius).map(|d| {
                let offset = at + window.pitch * f64::from(d) - centre;
                let shape = (bend * offset.powi(2)).exp();
                Factor { shape, offset }
            }));
        };
        axis(&mut self.rows, model.y, window.y);
        axis(&mut self.cols, model.x, window.x);
    }
}

impl Model {
    /// Takes this spot, without its level, out of a window.
    pub(super) fn subtract_from(&self, window: &mut Window) {
        let mut factors = Factors::default();
        factors.fill(self, window);
        let r = window.radius;
        for (dy, dx, counts) in &mut window.pixels {
            let (row, col) = (
                factors.rows[(*dy + r) as usize],
                factors.cols[(*dx + r) as usize],
            );
            *counts -= self.height * (row.shape * col.shape);
        }
    }

    /// Width of the spot without what the cells of the window, `pitch` pixels wide, add to it, px.
    pub(super) fn width_without_cells(&self, pitch: i32) -> f64 {
        let cell = (f64::from(pitch * pitch) - 1.0) / 12.0;
        let square = self.width * self.width;
        (square - cell).max(0.25 * square).sqrt()
    }

    fn is_sound(&self) -> bool {
        [self.y, self.x, self.height, self.level, self.width]
            .iter()
            .all(|v| v.is_finite())
            && self.width > 0.0
    }
}

/// A fit with what it leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fitted {
    pub(super) model: Model,
    /// Standard error of the position per axis, px.
    pub(super) precision_px: f64,
}

/// Normal equations of one model on one window.
struct Normal {
    jtj: Matrix,
    jtr: Vector,
    cost: f64,
}

fn normal(window: &Window, model: &Model, factors: &mut Factors) -> Normal {
    // Derivatives times derivatives, and in the last column times the residual: six columns fill vector registers.
    let mut sums = [[0.0f64; 6]; 5];
    let mut cost = 0.0;
    factors.fill(model, window);
    each_pixel(window, model, factors, |j, residual, _| {
        let [y, x, height, level, width] = j;
        let all = [y, x, height, level, width, residual];
        for (row, a) in sums.iter_mut().zip(j) {
            for (sum, b) in row.iter_mut().zip(all) {
                *sum += a * b;
            }
        }
        cost += residual * residual;
    });
    Normal {
        jtj: Matrix::from_fn(|a, b| sums[a][b]),
        jtr: Vector::from_fn(|a, _| sums[a][5]),
        cost,
    }
}

/// Calls `visit` with the derivatives by (y, x, height, level, ln width), the residual and the spot's counts.
fn each_pixel(
    window: &Window,
    model: &Model,
    factors: &Factors,
    mut visit: impl FnMut([f64; 5], f64, f64),
) {
    let (r, per_width2) = (window.radius, 1.0 / (model.width * model.width));
    for (dy, dx, counts) in &window.pixels {
        let (row, col) = (
            factors.rows[(*dy + r) as usize],
            factors.cols[(*dx + r) as usize],
        );
        let shape = row.shape * col.shape;
        let spot = model.height * shape;
        let (v, u) = (row.offset, col.offset);
        let derivatives = [
            spot * v * per_width2,
            spot * u * per_width2,
            shape,
            1.0,
            spot * (u * u + v * v) * per_width2,
        ];
        visit(derivatives, counts - spot - model.level, spot);
    }
}

/// Fits from `start`, with the width that is expected; `noise` is that of a pixel, counts. `None` if the data do not
/// hold a spot there.
pub(super) fn fit(
    window: &Window,
    start: Model,
    expected_width: f64,
    noise: f64,
) -> Option<Fitted> {
    if window.pixels.len() < 8 || !start.is_sound() || expected_width <= 0.0 {
        return None;
    }
    // A cell is the mean of `pitch` by `pitch` pixels.
    let noise = noise / window.pitch;
    let expected_ln = expected_width.ln();
    let mut model = start;
    let mut damping = 1e-3;
    // The expectation of the width counts as one observation with the noise that the residuals show.
    let prior = |cost: f64| {
        let variance = (cost / window.pixels.len() as f64)
            .max(noise * noise)
            .max(1e-6);
        variance / (WIDTH_PRIOR_LN * WIDTH_PRIOR_LN)
    };
    let mut factors = Factors::default();
    let mut now = normal(window, &model, &mut factors);
    let mut weight = prior(now.cost);
    let penalty = |m: &Model, weight: f64| weight * (m.width.ln() - expected_ln).powi(2);
    for _ in 0..MOST_STEPS {
        let mut left = now.jtj;
        let mut right = now.jtr;
        left[(4, 4)] += weight;
        right[4] -= weight * (model.width.ln() - expected_ln);
        for i in 0..5 {
            left[(i, i)] += damping * left[(i, i)] + 1e-12;
        }
        let step = left.cholesky()?.solve(&right);
        let trial = Model {
            y: model.y + step[0],
            x: model.x + step[1],
            height: model.height + step[2],
            level: model.level + step[3],
            // No step may change the width by more than half: far away the shape is flat and steps are wild.
            width: model.width * step[4].clamp(-0.5, 0.5).exp(),
        };
        if !trial.is_sound() {
            return None;
        }
        let next = normal(window, &trial, &mut factors);
        let gain = now.cost + penalty(&model, weight) - next.cost - penalty(&trial, weight);
        if gain < 0.0 {
            damping *= 8.0;
            if damping > 1e6 {
                break;
            }
            continue;
        }
        let moved = step[0].abs().max(step[1].abs()).max(step[4].abs());
        model = trial;
        now = next;
        weight = prior(now.cost);
        damping = (damping * 0.2).max(1e-9);
        if moved < 2e-4 {
            break;
        }
    }
    let precision_px = precision(window, &model, &now, weight, &mut factors)?;
    Some(Fitted {
        model,
        precision_px,
    })
}

/// Standard error of the position from what the fit leaves, with a noise that may grow with the height of the spot.
fn precision(
    window: &Window,
    model: &Model,
    now: &Normal,
    weight: f64,
    factors: &mut Factors,
) -> Option<f64> {
    factors.fill(model, window);
    let mut bread = now.jtj;
    bread[(4, 4)] += weight;
    for i in 0..5 {
        bread[(i, i)] += 1e-12;
    }
    let inverse = bread.cholesky()?.inverse();
    let factors = &*factors;
    let covariance = covariance(&inverse, |visit| each_pixel(window, model, factors, visit));
    let variance = 0.5 * (covariance[(0, 0)] + covariance[(1, 1)]);
    (variance.is_finite() && variance >= 0.0).then(|| variance.sqrt())
}
