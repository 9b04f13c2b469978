//! Differences of two Gaussians, and pictures of half the size.

use super::passes::{Pass, Scratch};
use super::{Kernel, LANES, Plane, View};
use crate::instructions;

/// The wide Gaussian of a difference of Gaussians.
#[derive(Clone, Debug)]
pub(crate) struct Surround {
    /// On the picture itself.
    pub(crate) kernel: Kernel,
    /// The same on squares of two pixels, if it is wide enough for them.
    pub(super) coarse: Option<Kernel>,
}

impl Surround {
    /// Of standard deviation `sigma` in pixels.
    pub(crate) fn gauss(sigma: f64) -> Self {
        // Squares of two pixels widen by 1/4 px^2; drawing out linearly widens by 2/3 - 1/6 = 1/2 px^2 on average.
        let left = sigma * sigma - 0.75;
        Self {
            kernel: Kernel::gauss(sigma),
            coarse: (sigma >= 3.0).then(|| Kernel::gauss(0.5 * left.sqrt())),
        }
    }

    /// The kernel on squares of two pixels.
    #[cfg(test)]
    pub(crate) fn coarse(&self) -> Option<&Kernel> {
        self.coarse.as_ref()
    }
}

/// A difference of two Gaussians. A wide surround is smoothed on squares of two pixels and drawn out again, which takes a
/// quarter of the work and changes it by less than a percent of the centre's height.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference<'a> {
    /// The narrow one.
    pub(crate) centre: &'a Kernel,
    /// The wide one.
    pub(crate) surround: &'a Surround,
}

/// A difference of Gaussians on its way over a picture, and its room, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    centre: Pass,
    surround: Pass,
    wide: Plane,
    line: Vec<f32>,
}

impl Progress {
    /// Goes back to the first row.
    pub(crate) fn begin(&mut self) {
        self.centre.begin();
        self.surround.begin();
    }

    /// Rows of the result that are there.
    pub(crate) fn done(&self) -> usize {
        self.centre.done
    }
}

impl Difference<'_> {
    /// Gives the rows that follow from the first rows of the picture, and from those of the picture [`halve`]d: both with
    /// the number of rows that are there. Each is given to `finish` with its number while it is still near, padding
    /// included. Edges are mirrored.
    pub(crate) fn advance(
        &self,
        input: (View<'_>, usize),
        half: (View<'_>, usize),
        out: &mut Plane,
        progress: &mut Progress,
        mut finish: impl FnMut(usize, &mut [f32]),
    ) {
        let Progress {
            centre,
            surround,
            wide,
            line,
        } = progress;
        let Some(coarse) = &self.surround.coarse else {
            let kernel = &self.surround.kernel;
            surround.advance(input, kernel, wide, usize::MAX, |_, _| {});
            return centre.advance(input, self.centre, out, surround.done, |y, row| {
                let wide = &wide.data[y * wide.stride..];
                row.iter_mut().zip(wide).for_each(|(v, w)| *v -= w);
                finish(y, row);
            });
        };
        surround.advance(half, coarse, wide, usize::MAX, |_, _| {});
        // A row lies between two rows of the coarse picture.
        let until = match surround.done == wide.height {
            true => input.0.height,
            false => 2 * surround.done.saturating_sub(1),
        };
        centre.advance(input, self.centre, out, until, |y, row| {
            take_doubled(row, y, wide, line);
            finish(y, row);
        });
    }
}

/// `centre` minus `surround`, both smoothed from `input`; edges are mirrored.
pub(crate) fn difference(
    input: View<'_>,
    filter: Difference<'_>,
    out: &mut Plane,
    scratch: &mut Scratch,
) {
    let Scratch {
        difference, half, ..
    } = scratch;
    if filter.surround.coarse.is_some() {
        begin_half(input, half);
        halve(input, 0..half.height, half);
    }
    difference.begin();
    let (all, halves) = ((input, input.height), (half.view(), half.height));
    filter.advance(all, halves, out, difference, |_, _| {});
}

/// Gives a picture half the size of another.
pub(crate) fn begin_half(input: View<'_>, out: &mut Plane) {
    out.resize(input.height.div_ceil(2), input.width.div_ceil(2));
}

/// Rows of the means of squares of two pixels; an odd last row or column stands for itself.
pub(crate) fn halve(input: View<'_>, rows: std::ops::Range<usize>, out: &mut Plane) {
    for y in rows {
        let top = input.row(2 * y);
        let bottom = input.row((2 * y + 1).min(input.height - 1));
        instructions::run(Halve {
            top,
            bottom,
            target: out.row_mut(y),
        });
    }
}

struct Halve<'a> {
    top: &'a [f32],
    bottom: &'a [f32],
    target: &'a mut [f32],
}

impl instructions::Kernel for Halve<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (top, top_rest) = self.top.as_chunks::<2>();
        let (bottom, bottom_rest) = self.bottom.as_chunks::<2>();
        for ((a, b), o) in top.iter().zip(bottom).zip(self.target.iter_mut()) {
            *o = 0.25 * ((a[0] + a[1]) + (b[0] + b[1]));
        }
        if let ([a], [b], Some(o)) = (top_rest, bottom_rest, self.target.last_mut()) {
            *o = 0.5 * (a + b);
        }
    }
}

/// Takes from row `y` of a picture, padding included, the picture `coarse` drawn out to twice its size, linear between
/// the centres of its pixels.
fn take_doubled(row: &mut [f32], y: usize, coarse: &Plane, line: &mut Vec<f32>) {
    let n = coarse.width;
    if n == 0 {
        return;
    }
    // One pixel more on both sides, so that the blocks below need no edges, and room for the last one.
    line.resize(line.len().max(n + 2 + LANES), 0.0);
    let near = y / 2;
    let far = if y.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(coarse.height - 1)
    };
    instructions::run(TakeDoubled {
        row,
        near: coarse.row(near),
        far: coarse.row(far),
        line,
    });
}

struct TakeDoubled<'a> {
    row: &'a mut [f32],
    near: &'a [f32],
    far: &'a [f32],
    line: &'a mut [f32],
}

impl instructions::Kernel for TakeDoubled<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.near.len();
        for ((l, a), b) in self.line[1..].iter_mut().zip(self.near).zip(self.far) {
            *l = 0.75 * a + 0.25 * b;
        }
        self.line[0] = self.line[1];
        self.line[n + 1] = self.line[n];
        let (pairs, _) = self.row.as_chunks_mut::<2>();
        let (before, here, after) = (&self.line[..], &self.line[1..], &self.line[2..]);
        for (((pair, a), b), c) in pairs.iter_mut().zip(before).zip(here).zip(after) {
            pair[0] -= 0.25 * a + 0.75 * b;
            pair[1] -= 0.75 * b + 0.25 * c;
        }
    }
}
