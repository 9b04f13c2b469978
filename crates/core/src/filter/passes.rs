//! One separable Gaussian over a picture, row by row, as far as the rows of the picture have come.

use super::rows::{across, down};
use super::{Kernel, Plane, View, mirror};

/// A Gaussian on its way over a picture, and its room, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pass {
    /// The rows smoothed along themselves that the next rows of the result need: they stay in the fast memory.
    ring: Vec<f32>,
    /// Room for a row that nobody wants.
    unwanted: Vec<f32>,
    /// Rows of the picture that were smoothed along themselves.
    taken: usize,
    /// Rows of the result that are there.
    pub(super) done: usize,
}

impl Pass {
    /// Goes back to the first row.
    pub(super) fn begin(&mut self) {
        (self.taken, self.done) = (0, 0);
    }

    /// Gives the rows of the result that follow from the first `available` rows of the picture, but none from row `until`
    /// on. Each is given to `finish` with its number while it is still near, padding included. Edges are mirrored.
    pub(super) fn advance(
        &mut self,
        (input, available): (View<'_>, usize),
        kernel: &Kernel,
        out: &mut Plane,
        until: usize,
        mut finish: impl FnMut(usize, &mut [f32]),
    ) {
        if self.done == 0 {
            out.resize(input.height, input.width);
        }
        let (n, stride) = (input.height, out.stride);
        if input.width == 0 || n == 0 {
            return;
        }
        let radius = kernel.0.len() - 1;
        // As many rows as two rows of the result need.
        let length = (2 * radius + 2).min(n);
        self.ring.resize(length * stride, 0.0);
        self.unwanted.resize(stride, 0.0);
        let until = match available == n {
            true => until.min(n),
            false => until.min(available.saturating_sub(radius)),
        };
        while self.done < until {
            let both = self.done + 1 < until;
            let last = (self.done + radius + usize::from(both)).min(n - 1);
            while self.taken <= last {
                let target = &mut self.ring[self.taken % length * stride..][..stride];
                across(input.row(self.taken), kernel, target);
                self.taken += 1;
            }
            let first = self.done as isize - radius as isize;
            let row = |k: usize| {
                let y = mirror(first + k as isize, n).min(last);
                &self.ring[y % length * stride..][..stride]
            };
            let (here, below) = out.data[self.done * stride..].split_at_mut(stride);
            let below = match both {
                true => &mut below[..stride],
                false => &mut self.unwanted,
            };
            with_rows(2 * radius + 2, row, |rows| down(rows, kernel, here, below));
            finish(self.done, here);
            self.done += 1;
            if both {
                finish(self.done, below);
                self.done += 1;
            }
        }
    }
}

/// Calls `work` with so many rows; the usual numbers of them need no memory of their own.
fn with_rows<'a>(count: usize, row: impl Fn(usize) -> &'a [f32], work: impl FnOnce(&[&[f32]])) {
    const USUAL: usize = 26;
    if count <= USUAL {
        let mut rows: [&[f32]; USUAL] = [&[]; USUAL];
        for (k, r) in rows[..count].iter_mut().enumerate() {
            *r = row(k);
        }
        work(&rows[..count]);
    } else {
        let rows: Vec<&[f32]> = (0..count).map(row).collect();
        work(&rows);
    }
}

/// Room for the passes of a filter, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(super) pass: Pass,
    pub(super) difference: super::difference::Progress,
    pub(super) half: Plane,
}

/// Smooths `input` with `kernel` in both directions; edges are mirrored.
pub(crate) fn smooth(input: &Plane, kernel: &Kernel, out: &mut Plane, scratch: &mut Scratch) {
    scratch.pass.begin();
    let all = (input.view(), input.height);
    scratch
        .pass
        .advance(all, kernel, out, usize::MAX, |_, _| {});
}
