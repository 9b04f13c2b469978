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

/// Answers on a grid of cells as wide as the reach of the widest one. Each cell is a chain through one list, so that the
/// many empty cells of a frame cost next to nothing.
pub(super) struct Near {
    cell_px: f64,
    cols: usize,
    rows: usize,
    /// The last answer of each cell, counted from 1; 0 where there is none.
    last: Vec<u32>,
    /// All answers, each with the one before it in its cell, counted likewise.
    answers: Vec<(Answer, u32)>,
}

impl Near {
    pub(super) fn new((height, width): (usize, usize), reach_px: f64) -> Self {
        let cell_px = reach_px.max(4.0);
        let count = |n: usize| (n as f64 / cell_px) as usize + 1;
        let (rows, cols) = (count(height), count(width));
        Self {
            cell_px,
            cols,
            rows,
            last: vec![0; rows * cols],
            answers: Vec::new(),
        }
    }

    fn cell(&self, a: &Answer) -> (usize, usize) {
        let index = |t: f64, n: usize| ((t.max(0.0) / self.cell_px) as usize).min(n - 1);
        (index(a.y, self.rows), index(a.x, self.cols))
    }

    pub(super) fn add(&mut self, a: Answer) {
        let (r, c) = self.cell(&a);
        let last = &mut self.last[r * self.cols + c];
        self.answers.push((a, *last));
        *last = self.answers.len() as u32;
    }

    /// The answers in the cell of this one and in those around it, in no order that means anything.
    pub(super) fn around(&self, a: &Answer) -> impl Iterator<Item = &Answer> {
        let (r, c) = self.cell(a);
        let rows = r.saturating_sub(1)..(r + 2).min(self.rows);
        let cols = c.saturating_sub(1)..(c + 2).min(self.cols);
        let cells = rows.flat_map(move |i| cols.clone().map(move |j| i * self.cols + j));
        cells.flat_map(|cell| {
            let found = |place: u32| self.answers.get((place as usize).wrapping_sub(1));
            let chain = std::iter::successors(found(self.last[cell]), move |a| found(a.1));
            chain.map(|a| &a.0)
        })
    }

    /// All answers, in the order in which they came.
    pub(super) fn all(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().map(|a| &a.0)
    }
}
