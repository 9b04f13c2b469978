//! Rows of a picture through one Gaussian: the innermost loops, compiled for the instructions of the processor.
//!
//! Each loop covers whole blocks of [`LANES`] columns with one array of sums. For the usual lengths of a kernel the number
//! of taps is known when the program is compiled, so that the loops over taps are unrolled and nothing is checked in them.

use super::{Kernel, LANES, mirror};
use crate::instructions;

/// One row along itself; edges are mirrored. `line` is room for the row with its mirrored ends.
pub(super) fn across(row: &[f32], kernel: &Kernel, target: &mut [f32], line: &mut [f32]) {
    let (width, radius) = (row.len(), kernel.0.len() - 1);
    for i in 0..radius {
        line[i] = row[mirror(i as isize - radius as isize, width)];
    }
    line[radius..][..width].copy_from_slice(row);
    for i in width..width + radius {
        line[radius + i] = row[mirror(i as isize, width)];
    }
    instructions::run(Across {
        line,
        kernel,
        target,
    });
}

/// One row of the pass along the columns. `ring` holds the rows, `here` is where the row itself begins and `pairs` where
/// those above and below it begin, nearest first.
pub(super) fn down(
    ring: &[f32],
    here: usize,
    pairs: &[(usize, usize)],
    kernel: &Kernel,
    row: &mut [f32],
) {
    instructions::run(Down {
        ring,
        here,
        pairs,
        kernel,
        row,
    });
}

struct Across<'a> {
    line: &'a [f32],
    kernel: &'a Kernel,
    target: &'a mut [f32],
}

impl instructions::Kernel for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        macro_rules! of_radius {
            ($($radius:literal)*) => {
                match self.kernel.0.len() - 1 {
                    $($radius => self.unrolled::<$radius, { LANES + 2 * $radius }>(),)*
                    _ => self.any(),
                }
            };
        }
        of_radius!(3 4 5 6 7 8 9 10);
    }
}

impl Across<'_> {
    /// `W` is a block with what it needs on both sides: `LANES + 2 R`.
    #[inline(always)]
    fn unrolled<const R: usize, const W: usize>(self) {
        let Some(taps) = self.kernel.0[1..].first_chunk::<R>() else {
            return;
        };
        let middle = self.kernel.0[0];
        let (blocks, _) = self.target.as_chunks_mut::<LANES>();
        for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
            let Some(line) = self.line[x..].first_chunk::<W>() else {
                return;
            };
            let mut sum = [0.0f32; LANES];
            for j in 0..LANES {
                sum[j] += middle * line[R + j];
            }
            for t in 1..=R {
                for j in 0..LANES {
                    sum[j] += taps[t - 1] * (line[R - t + j] + line[R + t + j]);
                }
            }
            *block = sum;
        }
    }

    #[inline(always)]
    fn any(self) {
        let radius = self.kernel.0.len() - 1;
        let (blocks, _) = self.target.as_chunks_mut::<LANES>();
        for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
            let mut sum = [0.0f32; LANES];
            add(&mut sum, &self.line[x + radius..], self.kernel.0[0]);
            for (t, k) in self.kernel.0.iter().enumerate().skip(1) {
                let (a, b) = (&self.line[x + radius - t..], &self.line[x + radius + t..]);
                add_pair(&mut sum, a, b, *k);
            }
            *block = sum;
        }
    }
}

struct Down<'a> {
    ring: &'a [f32],
    here: usize,
    pairs: &'a [(usize, usize)],
    kernel: &'a Kernel,
    row: &'a mut [f32],
}

impl instructions::Kernel for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        macro_rules! of_radius {
            ($($radius:literal)*) => {
                match self.pairs.len() {
                    $($radius => self.unrolled::<$radius>(),)*
                    _ => self.any(),
                }
            };
        }
        of_radius!(3 4 5 6 7 8 9 10);
    }
}

impl Down<'_> {
    #[inline(always)]
    fn unrolled<const R: usize>(self) {
        let (blocks, _) = self.row.as_chunks_mut::<LANES>();
        let n = blocks.len();
        let rows = |start: usize| &self.ring[start..][..n * LANES].as_chunks::<LANES>().0[..n];
        let (Some(taps), Some(pairs)) = (
            self.kernel.0[1..].first_chunk::<R>(),
            self.pairs.first_chunk::<R>(),
        ) else {
            return;
        };
        let (here, middle) = (rows(self.here), self.kernel.0[0]);
        let above = pairs.map(|p| rows(p.0));
        let below = pairs.map(|p| rows(p.1));
        for (i, block) in blocks.iter_mut().enumerate() {
            let mut sum = [0.0f32; LANES];
            for j in 0..LANES {
                sum[j] += middle * here[i][j];
            }
            for t in 0..R {
                let (a, b) = (&above[t][i], &below[t][i]);
                for j in 0..LANES {
                    sum[j] += taps[t] * (a[j] + b[j]);
                }
            }
            *block = sum;
        }
    }

    #[inline(always)]
    fn any(self) {
        let (blocks, _) = self.row.as_chunks_mut::<LANES>();
        for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
            let mut sum = [0.0f32; LANES];
            add(&mut sum, &self.ring[self.here + x..], self.kernel.0[0]);
            for ((above, below), k) in self.pairs.iter().zip(&self.kernel.0[1..]) {
                let (a, b) = (&self.ring[above + x..], &self.ring[below + x..]);
                add_pair(&mut sum, a, b, *k);
            }
            *block = sum;
        }
    }
}

#[inline(always)]
fn add(sum: &mut [f32; LANES], a: &[f32], k: f32) {
    if let Some(a) = a.first_chunk::<LANES>() {
        for j in 0..LANES {
            sum[j] += k * a[j];
        }
    }
}

#[inline(always)]
fn add_pair(sum: &mut [f32; LANES], a: &[f32], b: &[f32], k: f32) {
    if let (Some(a), Some(b)) = (a.first_chunk::<LANES>(), b.first_chunk::<LANES>()) {
        for j in 0..LANES {
            sum[j] += k * (a[j] + b[j]);
        }
    }
}
