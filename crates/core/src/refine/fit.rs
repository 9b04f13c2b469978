//! Least squares of a round Gaussian on a constant, by Levenberg and Marquardt's method.

use super::blocks::{Block, LANES, Laid, Lanes, Normal, Shape};
use super::window::{Run, Window};

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

/// A Gaussian over the rows and columns of a window, of which it is the product. Room that may be used again.
#[derive(Default)]
pub(super) struct Factors {
    pub(super) rows: Axis,
    pub(super) cols: Axis,
}

/// The rows or columns of a window, and beyond them some zeros so that no block ends early.
#[derive(Default)]
pub(super) struct Axis {
    /// Their parts of the Gaussian.
    pub(super) shapes: Vec<f64>,
    /// Their distances from the centre of the Gaussian, px.
    pub(super) offsets: Vec<f64>,
}

impl Factors {
    pub(super) fn fill(&mut self, model: &Model, window: &Window) {
        let bend = -0.5 / (model.width * model.width);
        let axis = |out: &mut Axis, centre: f64, at: f64| {
            out.offsets.clear();
            out.shapes.clear();
            let cells = -window.radius..=window.radius;
            let offsets = cells.map(|d| at + window.pitch * f64::from(d) - centre);
            out.offsets.extend(offsets);
            let shapes = out.offsets.iter().map(|o| (bend * o.powi(2)).exp());
            out.shapes.extend(shapes);
            out.offsets.extend([0.0; LANES]);
            out.shapes.extend([0.0; LANES]);
        };
        axis(&mut self.rows, model.y, window.y);
        axis(&mut self.cols, model.x, window.x);
    }
}

/// A round Gaussian on a window, for which the factors were filled.
struct Round<'a> {
    model: &'a Model,
    factors: &'a Factors,
}

/// Derivatives by (y, x, height, level, ln width).
impl Shape<5> for Round<'_> {
    #[inline(always)]
    fn block(&self, _: &Window, at: (&Run, usize), counts: &Lanes, out: &mut Block<5>) {
        let Model {
            height,
            level,
            width,
            ..
        } = *self.model;
        let Factors { rows, cols } = self.factors;
        let (row, col) = (at.0.row, at.0.col + at.1);
        let (row_shape, v) = (rows.shapes[row], rows.offsets[row]);
        let per_width2 = 1.0 / (width * width);
        out.derivatives[3] = [1.0; LANES];
        let (shapes, offsets) = (&cols.shapes[col..][..LANES], &cols.offsets[col..][..LANES]);
        for k in 0..LANES {
            let (shape, u) = (row_shape * shapes[k], offsets[k]);
            let spot = height * shape;
            out.derivatives[0][k] = spot * v * per_width2;
            out.derivatives[1][k] = spot * u * per_width2;
            out.derivatives[2][k] = shape;
            out.derivatives[4][k] = spot * (u * u + v * v) * per_width2;
            out.residual[k] = counts[k] - spot - level;
            out.light[k] = spot;
        }
    }
}

impl Model {
    /// Takes this spot, without its level, out of a window.
    pub(super) fn subtract_from(&self, window: &mut Window, factors: &mut Factors) {
        factors.fill(self, window);
        for run in &window.runs {
            let row = factors.rows.shapes[run.row];
            let cols = &factors.cols.shapes[run.col..][..run.len];
            for (counts, col) in window.counts[run.at..].iter_mut().zip(cols) {
                *counts -= self.height * (row * col);
            }
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
    /// Standard error of the position per axis, px; infinite while it has not been asked for.
    pub(super) precision_px: f64,
}

/// Room for fits, used again and again.
#[derive(Default)]
pub(super) struct Room {
    pub(super) factors: Factors,
    laid: Laid<5, 4>,
    /// No standard errors are wanted, because what is fitted will be fitted once more.
    pub(super) rough: bool,
}

impl Room {
    fn lay(&mut self, window: &Window, model: &Model) {
        self.factors.fill(model, window);
        let factors = &self.factors;
        self.laid.lay(window, &Round { model, factors });
    }

    /// Normal equations of one model on one window.
    fn normal(&mut self, window: &Window, model: &Model) -> Normal<5> {
        self.lay(window, model);
        self.laid.normal()
    }
}

/// Fits from `start`, with the width that is expected; `noise` is that of a pixel, counts. `None` if the data do not
/// hold a spot there.
pub(super) fn fit(
    window: &Window,
    start: Model,
    expected_width: f64,
    noise: f64,
    room: &mut Room,
) -> Option<Fitted> {
    if window.len() < 8 || !start.is_sound() || expected_width <= 0.0 {
        return None;
    }
    // A cell is the mean of `pitch` by `pitch` pixels.
    let noise = noise / window.pitch;
    let expected_ln = expected_width.ln();
    let mut model = start;
    let mut damping = 1e-3;
    // The expectation of the width counts as one observation with the noise that the residuals show.
    let prior = |cost: f64| {
        let variance = (cost / window.len() as f64).max(noise * noise).max(1e-6);
        variance / (WIDTH_PRIOR_LN * WIDTH_PRIOR_LN)
    };
    let mut now = room.normal(window, &model);
    // Whether it is `model` that lies on the window.
    let mut laid = true;
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
        let next = room.normal(window, &trial);
        laid = false;
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
        laid = true;
        weight = prior(now.cost);
        damping = (damping * 0.2).max(1e-9);
        if moved < 2e-4 {
            break;
        }
    }
    if !laid && !room.rough {
        room.lay(window, &model);
    }
    let precision_px = precision(&now, weight, room)?;
    Some(Fitted {
        model,
        precision_px,
    })
}

/// Standard error of the position from what the fit leaves, with a noise that may grow with the height of the spot.
fn precision(now: &Normal<5>, weight: f64, room: &Room) -> Option<f64> {
    let mut bread = now.jtj;
    bread[(4, 4)] += weight;
    for i in 0..5 {
        bread[(i, i)] += 1e-12;
    }
    let bread = bread.cholesky()?;
    if room.rough {
        return Some(f64::INFINITY);
    }
    let inverse = bread.inverse();
    let covariance = room.laid.covariance(&inverse);
    let variance = 0.5 * (covariance[(0, 0)] + covariance[(1, 1)]);
    (variance.is_finite() && variance >= 0.0).then(|| variance.sqrt())
}
