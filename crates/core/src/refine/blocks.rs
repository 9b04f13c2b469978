//! Least squares over the pixels of a window, a few pixels of a row at a time.
//!
//! What belongs to one pixel is computed for all pixels of a block at once, and each sum takes in the pixels one after
//! the other: the numbers are those of a plain loop, whatever the width of the vectors.

use super::noise_law::NoiseSums;
use super::window::{Run, Window};
use crate::instructions;
use nalgebra::{SMatrix, SVector};

/// Pixels in a block, and room for the unknowns of a shape.
pub(super) const LANES: usize = 8;

/// A number for each pixel of a block. Beyond the end of a run they mean nothing.
pub(super) type Lanes = [f64; LANES];

/// A shape on some pixels of one row.
pub(super) struct Block<const N: usize> {
    /// Derivatives by the unknowns.
    pub(super) derivatives: [Lanes; N],
    /// Counts above those of the shape.
    pub(super) residual: Lanes,
    /// Counts of the spots.
    pub(super) light: Lanes,
}

/// A shape with `N` unknowns, laid over a window. Its function must be `#[inline(always)]`, see [`instructions`].
pub(super) trait Blocks<const N: usize> {
    /// The block that begins `skip` pixels into a run; `counts` are those of its pixels.
    fn block(&self, run: &Run, skip: usize, counts: &Lanes) -> Block<N>;
}

/// Normal equations of a shape on a window.
pub(super) struct Normal<const N: usize> {
    pub(super) jtj: SMatrix<f64, N, N>,
    pub(super) jtr: SVector<f64, N>,
    /// Sum of the squared residuals, counts^2.
    pub(super) cost: f64,
}

pub(super) fn normal<const N: usize>(window: &Window, shape: &impl Blocks<N>) -> Normal<N> {
    instructions::run(Equations { window, shape })
}

/// Covariance of what an unweighted fit found, whose normal equations have this inverse, with the noise that the residuals
/// show (White 1980, doi:10.2307/1912934, with a smooth variance).
pub(super) fn covariance<const N: usize>(
    inverse: &SMatrix<f64, N, N>,
    window: &Window,
    shape: &impl Blocks<N>,
) -> SMatrix<f64, N, N> {
    let middle = instructions::run(Middle {
        inverse,
        window,
        shape,
    });
    inverse * middle * inverse
}

struct Equations<'a, S, const N: usize> {
    window: &'a Window,
    shape: &'a S,
}

impl<S: Blocks<N>, const N: usize> instructions::Kernel for Equations<'_, S, N> {
    type Output = Normal<N>;

    #[inline(always)]
    fn run(self) -> Normal<N> {
        let mut sums = [[0.0f64; LANES]; N];
        let (mut right, mut cost) = ([0.0f64; LANES], 0.0);
        each_block(self.window, self.shape, |block, len| {
            for k in 0..len {
                let all = across(&block.derivatives, k);
                let residual = block.residual[k];
                for (a, sum) in sums.iter_mut().enumerate() {
                    add(sum, block.derivatives[a][k], &all);
                }
                add(&mut right, residual, &all);
                cost += residual * residual;
            }
        });
        Normal {
            jtj: SMatrix::from_fn(|a, b| sums[a][b]),
            jtr: SVector::from_fn(|a, _| right[a]),
            cost,
        }
    }
}

struct Middle<'a, S, const N: usize> {
    inverse: &'a SMatrix<f64, N, N>,
    window: &'a Window,
    shape: &'a S,
}

impl<S: Blocks<N>, const N: usize> instructions::Kernel for Middle<'_, S, N> {
    type Output = SMatrix<f64, N, N>;

    #[inline(always)]
    fn run(self) -> SMatrix<f64, N, N> {
        let mut noise = NoiseSums::default();
        each_block(self.window, self.shape, |block, len| {
            let leverages = leverages(self.inverse, &block.derivatives);
            let mut variances = [0.0; LANES];
            for k in 0..LANES {
                // The fit follows the pixels it leans on; what it has taken from their residuals is given back.
                let left = 1.0 - leverages[k].clamp(0.0, 0.9);
                variances[k] = block.residual[k] * block.residual[k] / left;
            }
            for k in 0..len {
                noise.add(block.light[k], variances[k]);
            }
        });
        let law = noise.law();
        let mut sums = [[0.0f64; LANES]; N];
        each_block(self.window, self.shape, |block, len| {
            let mut weighted = block.derivatives;
            for k in 0..LANES {
                let variance = law.variance(block.light[k]);
                for row in &mut weighted {
                    row[k] *= variance;
                }
            }
            for k in 0..len {
                let all = across(&block.derivatives, k);
                for (sum, row) in sums.iter_mut().zip(&weighted) {
                    add(sum, row[k], &all);
                }
            }
        });
        SMatrix::from_fn(|a, b| sums[a][b])
    }
}

/// Calls `visit` with each block and how many of its pixels count.
#[inline(always)]
fn each_block<const N: usize>(
    window: &Window,
    shape: &impl Blocks<N>,
    mut visit: impl FnMut(&Block<N>, usize),
) {
    for run in &window.runs {
        for skip in (0..run.len).step_by(LANES) {
            if let Some(counts) = window.counts[run.at + skip..].first_chunk() {
                let block = shape.block(run, skip, counts);
                visit(&block, (run.len - skip).min(LANES));
            }
        }
    }
}

/// The numbers of one pixel, filled up with zeros.
#[inline(always)]
fn across<const N: usize>(rows: &[Lanes; N], k: usize) -> Lanes {
    let mut all = [0.0; LANES];
    for (to, row) in all.iter_mut().zip(rows) {
        *to = row[k];
    }
    all
}

#[inline(always)]
fn add(sum: &mut Lanes, factor: f64, all: &Lanes) {
    for (s, a) in sum.iter_mut().zip(all) {
        *s += factor * a;
    }
}

/// `j' inverse j` of each pixel.
#[inline(always)]
fn leverages<const N: usize>(inverse: &SMatrix<f64, N, N>, j: &[Lanes; N]) -> Lanes {
    let mut products = [[0.0; LANES]; N];
    for (a, product) in products.iter_mut().enumerate() {
        for k in 0..LANES {
            let mut sum = inverse[(a, 0)] * j[0][k];
            for b in 1..N {
                sum += inverse[(a, b)] * j[b][k];
            }
            product[k] = sum * j[a][k];
        }
    }
    // Eight products are folded before they are summed, which is the order of a product of two vectors of eight.
    let (kept, folded) = products.split_at(if N == 8 { 4 } else { N });
    let mut out = [0.0; LANES];
    for (a, product) in kept.iter().enumerate() {
        for k in 0..LANES {
            out[k] += match folded.get(a) {
                Some(other) => product[k] + other[k],
                None => product[k],
            };
        }
    }
    out
}
