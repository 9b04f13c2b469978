//! The gradients of a window on the half-pixel grid, and the point that their lines are nearest to.
//!
//! Between four cells the gradient is that of their differences, averaged over the 3 x 3 nearest such places. With the
//! line through place `p` along gradient `g`, and `h` the gradient turned by a right angle, the squared distance of a
//! point `c` from the line is `(h (c - p))^2 / g^2`. Parthasarathy 2012 (doi:10.1038/nmeth.2071) weighs it by `g^2 / r`,
//! `r` being the distance of `p` from the centroid of `g^2`, so that `c` is the solution of two linear equations,
//! `sum h h' / r c = sum h h' p / r`. All lengths are in cells from the middle of the window.

use super::noise_law::NoiseLaw;
use super::window::Window;
use nalgebra::{Matrix2, Vector2};

/// A place nearer to the centroid than this weighs as if it were so far away, cells: at the top of a spot the gradient
/// is nothing but noise, and its weight must not grow without end.
const NEAREST_CELLS: f64 = 0.5;

/// A gradient where four cells meet.
#[derive(Clone, Copy, Debug)]
struct Gradient {
    /// Row and column among the places.
    place: (usize, usize),
    /// Where it is, (x, y), cells.
    at: Vector2<f64>,
    /// Turned by a right angle: (-g_y, g_x), counts per cell.
    turned: Vector2<f64>,
    /// Places averaged.
    averaged: f64,
    /// Distance from the centroid, cells.
    distance: f64,
}

/// All gradients of a window with the centre that they point to.
#[derive(Debug)]
pub(super) struct Gradients {
    /// Cells in a row.
    side: usize,
    list: Vec<Gradient>,
    inverse: Matrix2<f64>,
    /// The centre, (x, y), cells from the middle.
    pub(super) centre: Vector2<f64>,
}

impl Gradients {
    /// `None` if the lines do not cross in one place.
    pub(super) fn of(window: &Window) -> Option<Self> {
        let side = (2 * window.radius + 1) as usize;
        let mut list = smoothed(&differences(window, side), side - 1);
        let mut sum = 0.0;
        let mut moment = Vector2::zeros();
        for g in &list {
            let weight = g.turned.norm_squared();
            sum += weight;
            moment += weight * g.at;
        }
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        let centroid = moment / sum;
        let (mut left, mut right) = (Matrix2::zeros(), Vector2::zeros());
        for g in &mut list {
            g.distance = (g.at - centroid).norm().max(NEAREST_CELLS);
            left += g.turned * g.turned.transpose() / g.distance;
            right += g.turned * (g.turned.dot(&g.at) / g.distance);
        }
        let inverse = left.try_inverse()?;
        let centre = inverse * right;
        let sound = centre.iter().all(|v| v.is_finite());
        sound.then_some(Self {
            side,
            list,
            inverse,
            centre,
        })
    }

    /// Mean variance of the centre per axis, cells^2, when each cell is as noisy as `noise` says; `spot_counts` gives
    /// the spot's counts in the cell at (row, column).
    ///
    /// The centre solves `F = sum h (h (c - p)) / r = 0`. A cell `q` moves it by `-(sum h h' / r)^-1 dF/dq`, which is
    /// carried back from gradients to averages to cells; `r` is held, since it acts only on distances that are near 0.
    pub(super) fn variance(
        &self,
        window: &Window,
        noise: &NoiseLaw,
        spot_counts: impl Fn(i32, i32) -> f64,
    ) -> f64 {
        let places = self.side - 1;
        // What F changes by when the averaged gradients change: columns for g_x and g_y.
        let mut at_places = vec![Matrix2::<f64>::zeros(); places * places];
        for g in &self.list {
            let to_centre = self.centre - g.at;
            let miss = g.turned.dot(&to_centre);
            let by_x = Vector2::new(0.0, miss) + g.turned * to_centre.y;
            let by_y = Vector2::new(-miss, 0.0) - g.turned * to_centre.x;
            let change = Matrix2::from_columns(&[by_x, by_y]) / (g.distance * g.averaged);
            for (i, j) in around(g.place, places) {
                at_places[i * places + j] += change;
            }
        }
        let mut used = vec![false; places * places];
        for g in &self.list {
            used[g.place.0 * places + g.place.1] = true;
        }
        let mut at_cells = vec![Vector2::<f64>::zeros(); self.side * self.side];
        for i in 0..places {
            for j in 0..places {
                if !used[i * places + j] {
                    continue;
                }
                let change = at_places[i * places + j];
                for (di, dj, x, y) in CORNERS {
                    let cell = (i + di) * self.side + j + dj;
                    at_cells[cell] += change * Vector2::new(x, y);
                }
            }
        }
        let mut meat = Matrix2::zeros();
        for (dy, dx, _) in window.cells() {
            let (row, col) = (dy + window.radius, dx + window.radius);
            let change = at_cells[row as usize * self.side + col as usize];
            let variance = noise.variance(spot_counts(dy, dx));
            meat += variance * (change * change.transpose());
        }
        0.5 * (self.inverse * meat * self.inverse).trace()
    }
}

/// What each of four cells (row, column) adds to the gradient between them, (x, y).
const CORNERS: [(usize, usize, f64, f64); 4] = [
    (0, 0, -0.5, -0.5),
    (0, 1, 0.5, -0.5),
    (1, 0, -0.5, 0.5),
    (1, 1, 0.5, 0.5),
];

/// Gradients between cells, row by row; `None` where one of the four cells may not be used.
fn differences(window: &Window, side: usize) -> Vec<Option<Vector2<f64>>> {
    let mut cells = vec![None; side * side];
    for (dy, dx, counts) in window.cells() {
        let (row, col) = (dy + window.radius, dx + window.radius);
        cells[row as usize * side + col as usize] = Some(counts);
    }
    let places = side - 1;
    (0..places * places)
        .map(|k| {
            let (i, j) = (k / places, k % places);
            let mut gradient = Vector2::zeros();
            for (di, dj, x, y) in CORNERS {
                gradient += cells[(i + di) * side + j + dj]? * Vector2::new(x, y);
            }
            Some(gradient)
        })
        .collect()
}

/// The places around a place, itself included.
fn around((i, j): (usize, usize), places: usize) -> impl Iterator<Item = (usize, usize)> {
    let span = move |k: usize| k.saturating_sub(1)..(k + 2).min(places);
    span(i).flat_map(move |a| span(j).map(move |b| (a, b)))
}

/// Each gradient averaged with those around it, as far as there are any.
fn smoothed(raw: &[Option<Vector2<f64>>], places: usize) -> Vec<Gradient> {
    let half = 0.5 * (places as f64 - 1.0);
    let mut list = Vec::with_capacity(raw.len());
    for i in 0..places {
        for j in 0..places {
            if raw[i * places + j].is_none() {
                continue;
            }
            let (mut sum, mut averaged) = (Vector2::zeros(), 0.0);
            for (a, b) in around((i, j), places) {
                if let Some(g) = raw[a * places + b] {
                    sum += g;
                    averaged += 1.0;
                }
            }
            let mean = sum / averaged;
            list.push(Gradient {
                place: (i, j),
                at: Vector2::new(j as f64 - half, i as f64 - half),
                turned: Vector2::new(-mean.y, mean.x),
                averaged,
                distance: 0.0,
            });
        }
    }
    list
}
