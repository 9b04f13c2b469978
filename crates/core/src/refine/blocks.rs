//! Least squares over the pixels of a window, a few pixels of a row at a time.
//!
//! What belongs to one pixel is computed for all pixels of a block at once, and each sum takes in the pixels one after
//! the other: the numbers are those of a plain loop, whatever the width of the vectors.

use super::noise_law::{NoiseLaw, NoiseSums};
use super::window::{Run, Window};
use crate::instructions;
use nalgebra::{SMatrix, SVector};

/// Pixels in a block.
pub(super) const LANES: usize = 8;

/// A number for each pixel of a block.
pub(super) type Lanes = [f64; LANES];

/// A shape on some pixels of one row. Numbers beyond the end of a run mean nothing.
#[repr(align(64))]
#[derive(Clone, Copy)]
pub(super) struct Block<const N: usize> {
    /// Derivatives by the unknowns.
    pub(super) derivatives: [Lanes; N],
    /// Counts above those of the shape.
    pub(super) residual: Lanes,
    /// Counts of the spots.
    pub(super) light: Lanes,
    /// How many of the pixels count.
    len: usize,
}

impl<const N: usize> Block<N> {
    pub(super) const ZERO: Self = Self {
        derivatives: [[0.0; LANES]; N],
        residual: [0.0; LANES],
        light: [0.0; LANES],
        len: 0,
    };
}

/// Where a shape has one unknown more than its pixels have lanes, this one is the level: its derivative is 1 everywhere,
/// and what it makes of the sums is in those of the others.
const LEVEL: usize = 3;

/// The derivatives of some pixels, pixel by pixel, filled up with zeros.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Pixels<const W: usize>([[f64; W]; LANES]);

/// A shape with `N` unknowns.
pub(super) trait Shape<const N: usize> {
    /// Writes the block that begins `skip` pixels into a run of the window; `counts` are those of its pixels. All of the
    /// derivatives, residuals and light must be written: another block was there. It must be `#[inline(always)]`, see
    /// [`instructions`].
    fn block(&self, window: &Window, at: (&Run, usize), counts: &Lanes, out: &mut Block<N>);
}

/// A shape laid over a window, its derivatives in `W` lanes. Room that may be used again.
#[derive(Default)]
pub(super) struct Laid<const N: usize, const W: usize> {
    blocks: Vec<Block<N>>,
    /// The derivatives once more, the other way round. That they are read from memory keeps the compiler from making
    /// something slower of the sums.
    pixels: Vec<Pixels<W>>,
}

/// Normal equations of a shape on a window.
pub(super) struct Normal<const N: usize> {
    pub(super) jtj: SMatrix<f64, N, N>,
    pub(super) jtr: SVector<f64, N>,
    /// Sum of the squared residuals, counts^2.
    pub(super) cost: f64,
}

impl<const N: usize, const W: usize> Laid<N, W> {
    /// Lays a shape over a window.
    pub(super) fn lay(&mut self, window: &Window, shape: &impl Shape<N>) {
        let blocks = window.runs.iter().map(|run| run.len.div_ceil(LANES)).sum();
        self.blocks.resize(blocks, Block::ZERO);
        self.pixels.resize(blocks, Pixels([[0.0; W]; LANES]));
        instructions::run(Lay {
            window,
            shape,
            laid: self,
        });
    }

    pub(super) fn normal(&self) -> Normal<N> {
        let (sums, residuals) = instructions::run(Equations(self));
        Normal {
            jtj: sums.matrix(),
            jtr: SVector::from_fn(|a, _| match lane::<N, W>(a) {
                Some(lane) => residuals.right[lane],
                None => residuals.sum,
            }),
            cost: residuals.cost,
        }
    }

    /// Covariance of what an unweighted fit found, whose normal equations have this inverse, with the noise that the
    /// residuals show (White 1980, doi:10.2307/1912934, with a smooth variance).
    pub(super) fn covariance(&self, inverse: &SMatrix<f64, N, N>) -> SMatrix<f64, N, N> {
        let rows: [[f64; N]; N] = inverse.transpose().into();
        let noise = instructions::run(Noise {
            laid: self,
            inverse: &rows,
        });
        let sums = instructions::run(Middle {
            laid: self,
            law: noise.law(),
        });
        inverse * sums.matrix() * inverse
    }
}

struct Lay<'a, S, const N: usize, const W: usize> {
    window: &'a Window,
    shape: &'a S,
    laid: &'a mut Laid<N, W>,
}

impl<S: Shape<N>, const N: usize, const W: usize> instructions::Kernel for Lay<'_, S, N, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Laid { blocks, pixels } = self.laid;
        let mut places = blocks.iter_mut().zip(pixels);
        for run in &self.window.runs {
            let mut skip = 0;
            while skip < run.len {
                let Some((block, pixels)) = places.next() else {
                    return;
                };
                let mut counts = [0.0; LANES];
                counts.copy_from_slice(&self.window.counts[run.at + skip..][..LANES]);
                self.shape.block(self.window, (run, skip), &counts, block);
                block.len = (run.len - skip).min(LANES);
                for k in 0..LANES {
                    for a in 0..N {
                        if let Some(lane) = lane::<N, W>(a) {
                            pixels.0[k][lane] = block.derivatives[a][k];
                        }
                    }
                }
                skip += LANES;
            }
        }
    }
}

/// The lane of an unknown.
#[inline(always)]
fn lane<const N: usize, const W: usize>(unknown: usize) -> Option<usize> {
    match N > W {
        true if unknown == LEVEL => None,
        true if unknown > LEVEL => Some(unknown - 1),
        _ => Some(unknown),
    }
}

/// Sums of derivatives times derivatives.
struct Sums<const N: usize, const W: usize> {
    rows: [[f64; W]; N],
    /// That of the level with itself, where it has no lane.
    corner: f64,
}

impl<const N: usize, const W: usize> Sums<N, W> {
    /// Takes in a pixel: its derivatives in lanes, and once more by themselves, where they may have a weight.
    #[inline(always)]
    fn add(&mut self, left: &[Lanes; N], k: usize, pixel: &[f64; W]) {
        for (row, left) in self.rows.iter_mut().zip(left) {
            add(row, left[k], pixel);
        }
        if N > W {
            self.corner += left[LEVEL][k];
        }
    }

    /// As [`Self::add`] without weights: what is the same the other way round is left out, see [`Self::mirror`].
    #[inline(always)]
    fn add_half(&mut self, left: &[Lanes; N], k: usize, pixel: &[f64; W]) {
        if W < 8 {
            return self.add(left, k, pixel);
        }
        let (_, behind) = pixel.split_at(W / 2);
        for (a, (row, left)) in self.rows.iter_mut().zip(left).enumerate() {
            if a < W / 2 {
                add(row, left[k], pixel);
                continue;
            }
            for (sum, v) in row[W / 2..].iter_mut().zip(behind) {
                *sum += left[k] * v;
            }
        }
    }

    /// Fills in what [`Self::add_half`] has left out.
    #[inline(always)]
    fn mirror(&mut self) {
        if W < 8 {
            return;
        }
        for a in W / 2..N {
            for b in 0..W / 2 {
                self.rows[a][b] = self.rows[b][a];
            }
        }
    }

    fn matrix(&self) -> SMatrix<f64, N, N> {
        SMatrix::from_fn(|a, b| match (lane::<N, W>(a), lane::<N, W>(b)) {
            (_, Some(lane)) => self.rows[a][lane],
            (Some(lane), None) => self.rows[LEVEL][lane],
            (None, None) => self.corner,
        })
    }
}

/// Sums of residuals.
struct Residuals<const W: usize> {
    /// Times the derivatives.
    right: [f64; W],
    sum: f64,
    /// Squared.
    cost: f64,
}

/// The sums of the normal equations.
struct Equations<'a, const N: usize, const W: usize>(&'a Laid<N, W>);

impl<const N: usize, const W: usize> instructions::Kernel for Equations<'_, N, W> {
    type Output = (Sums<N, W>, Residuals<W>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut sums = Sums {
            rows: [[0.0; W]; N],
            corner: 0.0,
        };
        let mut residuals = Residuals {
            right: [0.0; W],
            sum: 0.0,
            cost: 0.0,
        };
        for (block, pixels) in self.0.blocks.iter().zip(&self.0.pixels) {
            for k in 0..block.len.min(LANES) {
                let (residual, pixel) = (block.residual[k], &pixels.0[k]);
                sums.add_half(&block.derivatives, k, pixel);
                add(&mut residuals.right, residual, pixel);
                residuals.sum += residual;
                residuals.cost += residual * residual;
            }
        }
        sums.mirror();
        (sums, residuals)
    }
}

#[inline(always)]
fn add<const W: usize>(sum: &mut [f64; W], factor: f64, pixel: &[f64; W]) {
    for b in 0..W {
        sum[b] += factor * pixel[b];
    }
}

/// Sums of the squared residuals against the light.
struct Noise<'a, const N: usize, const W: usize> {
    laid: &'a Laid<N, W>,
    inverse: &'a [[f64; N]; N],
}

impl<const N: usize, const W: usize> instructions::Kernel for Noise<'_, N, W> {
    type Output = NoiseSums;

    #[inline(always)]
    fn run(self) -> NoiseSums {
        let mut noise = NoiseSums::default();
        for block in &self.laid.blocks {
            let leverages = leverages(self.inverse, &block.derivatives);
            let mut variances = [0.0; LANES];
            for k in 0..LANES {
                // The fit follows the pixels it leans on; what it has taken from their residuals is given back.
                let left = 1.0 - leverages[k].clamp(0.0, 0.9);
                variances[k] = block.residual[k] * block.residual[k] / left;
            }
            for (light, variance) in block.light.iter().zip(variances).take(block.len) {
                noise.add(*light, variance);
            }
        }
        noise
    }
}

/// Sums of the derivatives times themselves, times the variance of the pixel.
struct Middle<'a, const N: usize, const W: usize> {
    laid: &'a Laid<N, W>,
    law: NoiseLaw,
}

impl<const N: usize, const W: usize> instructions::Kernel for Middle<'_, N, W> {
    type Output = Sums<N, W>;

    #[inline(always)]
    fn run(self) -> Sums<N, W> {
        let mut sums = Sums {
            rows: [[0.0; W]; N],
            corner: 0.0,
        };
        for (block, pixels) in self.laid.blocks.iter().zip(&self.laid.pixels) {
            let mut weighted = block.derivatives;
            for row in &mut weighted {
                for (derivative, light) in row.iter_mut().zip(&block.light) {
                    *derivative *= self.law.variance(*light);
                }
            }
            for k in 0..block.len.min(LANES) {
                sums.add(&weighted, k, &pixels.0[k]);
            }
        }
        sums
    }
}

/// `j' inverse j` of each pixel.
#[inline(always)]
fn leverages<const N: usize>(inverse: &[[f64; N]; N], j: &[Lanes; N]) -> Lanes {
    // Eight products are folded before they are summed, which is the order of a product of two vectors of eight.
    let folded = if N == 8 { 4 } else { N };
    let mut out = [0.0; LANES];
    for a in 0..folded {
        let mut product = leverage_by(inverse, j, a);
        if a + folded < N {
            let other = leverage_by(inverse, j, a + folded);
            for k in 0..LANES {
                product[k] += other[k];
            }
        }
        for k in 0..LANES {
            out[k] += product[k];
        }
    }
    out
}

/// What the derivatives by one unknown add to the leverage.
#[inline(always)]
fn leverage_by<const N: usize>(inverse: &[[f64; N]; N], j: &[Lanes; N], a: usize) -> Lanes {
    let mut out = [0.0; LANES];
    for k in 0..LANES {
        let mut sum = inverse[a][0] * j[0][k];
        for b in 1..N {
            sum += inverse[a][b] * j[b][k];
        }
        out[k] = sum * j[a][k];
    }
    out
}
