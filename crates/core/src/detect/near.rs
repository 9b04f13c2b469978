//! Answers of the matched filter, found again by their place.

use super::peaks::Peak;

/// An answer of one scale, in pixels of the film.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) y: f64,
    pub(super) x: f64,
    pub(super) z: f64,
    pub(super) scale: usize,
    /// The same in pixels of its scale.
    pub(super) peak: Peak,
    /// It lies on a ridge, such as the rim of a ring. Most answers are explained by a stronger one before this is asked;
    /// false until then.
    pub(super) ridge: bool,
}

impl Answer {
    /// Whether the other one is nearer than `reach_px`.
    pub(super) fn is_within(&self, reach_px: f64, other: &Self) -> bool {
        let (dy, dx) = (self.y - other.y, self.x - other.x);
        // Most are far, which is seen without a root.
        dy * dy + dx * dx < 1.001 * reach_px * reach_px && dy.hypot(dx) < reach_px
    }
}

/// Answers on a grid of cells as wide as the reach of the widest one.
pub(super) struct Near {
    cell_px: f64,
    cols: usize,
    cells: Vec<Vec<Answer>>,
}

impl Near {
    pub(super) fn new((height, width): (usize, usize), reach_px: f64) -> Self {
        let cell_px = reach_px.max(4.0);
        let count = |n: usize| (n as f64 / cell_px) as usize + 1;
        Self {
            cell_px,
            cols: count(width),
            cells: vec![Vec::new(); count(width) * count(height)],
        }
    }

    fn cell(&self, a: &Answer) -> (usize, usize) {
        let rows = self.cells.len() / self.cols;
        let index = |t: f64, n: usize| ((t.max(0.0) / self.cell_px) as usize).min(n - 1);
        (index(a.y, rows), index(a.x, self.cols))
    }

    pub(super) fn add(&mut self, a: Answer) {
        let (r, c) = self.cell(&a);
        self.cells[r * self.cols + c].push(a);
    }

    pub(super) fn around(&self, a: &Answer) -> impl Iterator<Item = &Answer> {
        let (r, c) = self.cell(a);
        let rows = self.cells.len() / self.cols;
        (r.saturating_sub(1)..(r + 2).min(rows)).flat_map(move |i| {
            (c.saturating_sub(1)..(c + 2).min(self.cols))
                .flat_map(move |j| &self.cells[i * self.cols + j])
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Answer> {
        self.cells.iter().flatten()
    }
}
