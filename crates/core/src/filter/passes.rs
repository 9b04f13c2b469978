//! One separable Gaussian over a picture, row by row, as far as the rows of the picture have come.

use super::rows::{across, down};
use super::{Kernel, Plane, View, mirror};

/// A Gaussian on its way over a picture, and its room, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pass {
    line: Vec<f32>,
    /// The rows smoothed along themselves that the next row of the result needs: they stay in the fast memory.
    ring: Vec<f32>,
    /// Where in the ring the rows above and below begin, nearest first.
    pairs: Vec<(usize, usize)>,
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
        if input.width == 0 {
            return;
        }
        let (n, stride) = (input.height, out.stride);
        let radius = kernel.0.len() - 1;
        let length = (2 * radius + 1).min(n.max(1));
        let line_length = stride + 2 * radius;
        self.ring.resize(length * stride, 0.0);
        self.line.resize(self.line.len().max(line_length), 0.0);
        let start = |y: isize| mirror(y, n) % length * stride;
        while self.done < until.min(n) && (self.done + radius).min(n - 1) < available {
            while self.taken <= (self.done + radius).min(n - 1) {
                let target = &mut self.ring[self.taken % length * stride..][..stride];
                across(input.row(self.taken), kernel, target, &mut self.line);
                self.taken += 1;
            }
            let here = self.done as isize;
            self.pairs.clear();
            self.pairs
                .extend((1..=radius as isize).map(|t| (start(here - t), start(here + t))));
            let row = &mut out.data[self.done * stride..][..stride];
            down(&self.ring, start(here), &self.pairs, kernel, row);
            finish(self.done, row);
            self.done += 1;
        }
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
