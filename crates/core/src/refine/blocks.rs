//! Least squares over the pixels of a window, a few pixels of a row at a time.
//!
//! What belongs to one pixel is computed for all pixels of a block at once, and each sum takes in the pixels one after
//! the other: the numbers are those of a plain loop, whatever the width of the vectors.

use super::noise_law::NoiseSums;
use super::window::{Run, Window};
use crate::instructions;
use nalgebra::{SMatrix, SVector};
use std::hint::black_box;

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
    let (sums, right, cost) = instructions::run(Equations { window, shape });
    Normal {
        jtj: SMatrix::from_fn(|a, b| sums[a][b]),
        jtr: SVector::from_fn(|a, _| right[a]),
        cost,
    }
}

/// Covariance of what an unweighted fit found, whose normal equations have this inverse, with the noise that the residuals
/// show (White 1980, doi:10.2307/1912934, with a smooth variance).
pub(super) fn covariance<const N: usize>(
    inverse: &SMatrix<f64, N, N>,
    window: &Window,
    shape: &impl Blocks<N>,
) -> SMatrix<f64, N, N> {
    let sums = instructions::run(Middle {
        inverse,
        window,
        shape,
    });
    let middle = SMatrix::from_fn(|a, b| sums[a][b]);
    inverse * middle * inverse
}

struct Equations<'a, S, const N: usize> {
    window: &'a Window,
    shape: &'a S,
}

impl<S: Blocks<N>, const N: usize> instructions::Kernel for Equations<'_, S, N> {
    type Output = ([Lanes; N], Lanes, f64);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut sums = [[0.0f64; LANES]; N];
        let (mut right, mut cost) = ([0.0f64; LANES], 0.0);
        for run in &self.window.runs {
            let mut skip = 0;
            while skip < run.len {
                let (block, len) = block_at(self.window, self.shape, run, skip);
                let pixels = transposed(&block.derivatives);
                let (block, pixels) = (black_box(&block), black_box(&pixels));
                for k in 0..len {
                    let residual = block.residual[k];
                    for a in 0..N {
                        add(&mut sums[a], block.derivatives[a][k], &pixels[k]);
                    }
                    add(&mut right, residual, &pixels[k]);
                    cost += residual * residual;
                }
                skip += LANES;
            }
        }
        (sums, right, cost)
    }
}

struct Middle<'a, S, const N: usize> {
    inverse: &'a SMatrix<f64, N, N>,
    window: &'a Window,
    shape: &'a S,
}

impl<S: Blocks<N>, const N: usize> instructions::Kernel for Middle<'_, S, N> {
    type Output = [Lanes; N];

    #[inline(always)]
    fn run(self) -> [Lanes; N] {
        let law = self.noise().law();
        let mut sums = [[0.0f64; LANES]; N];
        for run in &self.window.runs {
            let mut skip = 0;
            while skip < run.len {
                let (block, len) = block_at(self.window, self.shape, run, skip);
                let mut weighted = block.derivatives;
                for k in 0..LANES {
                    let variance = law.variance(block.light[k]);
                    for a in 0..N {
                        weighted[a][k] *= variance;
                    }
                }
                let pixels = transposed(&block.derivatives);
                let (weighted, pixels) = (black_box(&weighted), black_box(&pixels));
                for k in 0..len {
                    for a in 0..N {
                        add(&mut sums[a], weighted[a][k], &pixels[k]);
                    }
                }
                skip += LANES;
            }
        }
        sums
    }
}

impl<S: Blocks<N>, const N: usize> Middle<'_, S, N> {
    #[inline(always)]
    fn noise(&self) -> NoiseSums {
        let inverse: [[f64; N]; N] = self.inverse.transpose().into();
        let mut noise = NoiseSums::default();
        for run in &self.window.runs {
            let mut skip = 0;
            while skip < run.len {
                let (block, len) = block_at(self.window, self.shape, run, skip);
                let leverages = leverages(&inverse, &block.derivatives);
                let mut variances = [0.0; LANES];
                for k in 0..LANES {
                    // The fit follows the pixels it leans on; what it has taken from their residuals is given back.
                    let left = 1.0 - leverages[k].clamp(0.0, 0.9);
                    variances[k] = block.residual[k] * block.residual[k] / left;
                }
                for k in 0..len {
                    noise.add(block.light[k], variances[k]);
                }
                skip += LANES;
            }
        }
        noise
    }
}

/// The block that begins `skip` pixels into a run, and how many of its pixels count.
#[inline(always)]
fn block_at<const N: usize>(
    window: &Window,
    shape: &impl Blocks<N>,
    run: &Run,
    skip: usize,
) -> (Block<N>, usize) {
    let mut counts = [0.0; LANES];
    counts.copy_from_slice(&window.counts[run.at + skip..][..LANES]);
    (shape.block(run, skip, &counts), (run.len - skip).min(LANES))
}

/// The numbers of each pixel, filled up with zeros.
#[inline(always)]
fn transposed<const N: usize>(rows: &[Lanes; N]) -> [Lanes; LANES] {
    let mut pixels = [[0.0; LANES]; LANES];
    for k in 0..LANES {
        for a in 0..N {
            pixels[k][a] = rows[a][k];
        }
    }
    pixels
}

#[inline(always)]
fn add(sum: &mut Lanes, factor: f64, all: &Lanes) {
    for (s, a) in sum.iter_mut().zip(all) {
        *s += factor * a;
    }
}

/// `j' inverse j` of each pixel.
#[inline(always)]
fn leverages<const N: usize>(inverse: &[[f64; N]; N], j: &[Lanes; N]) -> Lanes {
    let mut products = [[0.0; LANES]; N];
    for (a, product) in products.iter_mut().enumerate() {
        for k in 0..LANES {
            let mut sum = inverse[a][0] * j[0][k];
            for b in 1..N {
                sum += inverse[a][b] * j[b][k];
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
