//! Rows of a picture through one Gaussian: the innermost loops, compiled for the instructions of the processor.
//!
//! Each loop covers whole blocks of [`LANES`] columns with one array of sums. For the usual lengths of a kernel the number
//! of taps is known when the program is compiled, so that the loops over taps are unrolled and nothing is checked in them.

use super::{Kernel, LANES, mirror};
use crate::instructions;

/// One row along itself; edges are mirrored.
pub(super) fn across(row: &[f32], kernel: &Kernel, target: &mut [f32]) {
    instructions::run(Across {
        row,
        kernel,
        target,
    });
}

/// Two rows of the result of the pass along the columns: `rows` holds those that they need, from the one `radius` above the
/// first to the one `radius` below the second. If only the first is wanted, the last may be anything.
pub(super) fn down(rows: &[&[f32]], kernel: &Kernel, first: &mut [f32], second: &mut [f32]) {
    instructions::run(Down {
        rows,
        kernel,
        first,
        second,
    });
}

/// Calls `$self.unrolled` for the usual radii and `$self.any` for the others.
macro_rules! by_radius {
    ($self:ident, $($radius:literal)*) => {
        match $self.kernel.0.len() - 1 {
            $($radius => $self.unrolled::<$radius, { 2 * $radius + 2 }, { LANES + 2 * $radius }>(),)*
            _ => $self.any(),
        }
    };
}

struct Across<'a> {
    row: &'a [f32],
    kernel: &'a Kernel,
    target: &'a mut [f32],
}

impl instructions::Kernel for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        by_radius!(self, 2 3 4 5 6 7 8 9 10 11 12);
    }
}

impl Across<'_> {
    /// `W` is a block with what it needs on both sides.
    #[inline(always)]
    fn unrolled<const R: usize, const N: usize, const W: usize>(self) {
        let Some(taps) = self.kernel.0[1..].first_chunk::<R>() else {
            return;
        };
        let middle = self.kernel.0[0];
        let (blocks, _) = self.target.as_chunks_mut::<LANES>();
        for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
            let mut mirrored = [0.0f32; W];
            let before = usize::checked_sub(x, R);
            let inside = before.and_then(|x| self.row[x..].first_chunk::<W>());
            let line = inside.unwrap_or_else(|| {
                fill(&mut mirrored, self.row, x, R);
                &mirrored
            });
            let mut sum = [0.0f32; LANES];
            for j in 0..LANES {
                sum[j] = middle * line[R + j];
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
        let mut line = vec![0.0; LANES + 2 * radius];
        let (blocks, _) = self.target.as_chunks_mut::<LANES>();
        for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
            fill(&mut line, self.row, x, radius);
            let mut sum = [-0.0f32; LANES];
            add(&mut sum, &line[radius..], self.kernel.0[0]);
            for (t, k) in self.kernel.0.iter().enumerate().skip(1) {
                add_pair(&mut sum, &line[radius - t..], &line[radius + t..], *k);
            }
            *block = sum;
        }
    }
}

/// The pixels from `radius` before `x` on; beyond the ends the row is mirrored.
fn fill(line: &mut [f32], row: &[f32], x: usize, radius: usize) {
    let first = x as isize - radius as isize;
    for (l, i) in line.iter_mut().zip(first..) {
        let inside = usize::try_from(i).ok().and_then(|i| row.get(i));
        *l = *inside.unwrap_or_else(|| &row[mirror(i, row.len())]);
    }
}

struct Down<'a> {
    rows: &'a [&'a [f32]],
    kernel: &'a Kernel,
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl instructions::Kernel for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        by_radius!(self, 2 3 4 5 6 7 8 9 10 11 12);
    }
}

/// Columns of two rows at once: what they share then stays in registers.
const NARROW: usize = LANES / 2;

impl Down<'_> {
    /// `N` rows are needed for two rows of the result.
    #[inline(always)]
    fn unrolled<const R: usize, const N: usize, const W: usize>(self) {
        let (Some(taps), Some(rows)) = (
            self.kernel.0[1..].first_chunk::<R>(),
            self.rows.first_chunk::<N>(),
        ) else {
            return;
        };
        let middle = self.kernel.0[0];
        let (first, _) = self.first.as_chunks_mut::<NARROW>();
        let (second, _) = self.second.as_chunks_mut::<NARROW>();
        let n = first.len();
        let rows = rows.map(|row| &row[..n * NARROW].as_chunks::<NARROW>().0[..n]);
        for (i, (one, two)) in first.iter_mut().zip(second).enumerate() {
            let mut block = [&rows[0][i]; N];
            for k in 1..N {
                block[k] = &rows[k][i];
            }
            let (mut a, mut b) = ([0.0f32; NARROW], [0.0f32; NARROW]);
            for j in 0..NARROW {
                a[j] = middle * block[R][j];
                b[j] = middle * block[R + 1][j];
            }
            for t in 1..=R {
                for j in 0..NARROW {
                    a[j] += taps[t - 1] * (block[R - t][j] + block[R + t][j]);
                    b[j] += taps[t - 1] * (block[R + 1 - t][j] + block[R + 1 + t][j]);
                }
            }
            (*one, *two) = (a, b);
        }
    }

    #[inline(always)]
    fn any(self) {
        let radius = self.kernel.0.len() - 1;
        for (row, here) in [(self.first, radius), (self.second, radius + 1)] {
            let (blocks, _) = row.as_chunks_mut::<LANES>();
            for (block, x) in blocks.iter_mut().zip((0..).step_by(LANES)) {
                let mut sum = [-0.0f32; LANES];
                add(&mut sum, &self.rows[here][x..], self.kernel.0[0]);
                for (t, k) in self.kernel.0.iter().enumerate().skip(1) {
                    let (a, b) = (&self.rows[here - t][x..], &self.rows[here + t][x..]);
                    add_pair(&mut sum, a, b, *k);
                }
                *block = sum;
            }
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
