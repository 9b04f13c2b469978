//! Means of the products of pixels some lags apart, along rows and columns.

use crate::instructions;
use crate::side_by_side::each;
use ndarray::Array2;

/// Longest lag, px.
pub(crate) const LONGEST_LAG: usize = 14;

/// Sums of products of pixels, and how many products, for each lag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Products {
    pub(crate) sums: [f64; LONGEST_LAG + 1],
    pub(crate) counts: [f64; LONGEST_LAG + 1],
}

impl Products {
    /// Of all pixels of some frames. Lag 0 is left out.
    pub(crate) fn of(frames: Vec<&Array2<f32>>) -> Self {
        let mut all = Self::default();
        // In the order of the film, so that the sums round in one way only.
        for part in each(frames, |frame| products(frame, 1)).iter().flatten() {
            all.sums[part.lag] += f64::from(part.sum);
            all.counts[part.lag] += part.count as f64;
        }
        all
    }

    /// Of the pixels of a frame where `open` is 1 and not 0, lag 0 included. Elsewhere the frame must be 0.
    pub(crate) fn of_some(frame: &Array2<f32>, open: &Array2<f32>) -> Self {
        let mut all = Self::default();
        for part in products(frame, 0) {
            all.sums[part.lag] += f64::from(part.sum);
        }
        // A row has few enough pixels for their number to be exact.
        for part in products(open, 0) {
            all.counts[part.lag] += f64::from(part.sum);
        }
        all
    }

    /// Takes those of another frame along.
    pub(crate) fn add(&mut self, other: &Self) {
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.sums, &other.sums);
        add(&mut self.counts, &other.counts);
    }

    /// The mean product at each lag; 0 where there is none.
    pub(crate) fn means(&self) -> [f64; LONGEST_LAG + 1] {
        std::array::from_fn(|lag| self.sums[lag] / self.counts[lag].max(1.0))
    }
}

/// Products of pixels `lag` apart in one row or in two rows.
struct Part {
    lag: usize,
    sum: f32,
    count: u64,
}

/// Products of the pixels of a frame, along rows and columns, from this lag on.
fn products(image: &Array2<f32>, first_lag: usize) -> Vec<Part> {
    let image = image.as_standard_layout();
    let (height, width) = image.dim();
    let pixels = image.as_slice().unwrap_or_default();
    instructions::run(Lags {
        pixels,
        height,
        width,
        first_lag,
    })
}

struct Lags<'a> {
    pixels: &'a [f32],
    height: usize,
    width: usize,
    first_lag: usize,
}

impl instructions::Kernel for Lags<'_> {
    type Output = Vec<Part>;

    #[inline(always)]
    fn run(self) -> Vec<Part> {
        let (height, width) = (self.height, self.width);
        let row = |y: usize| &self.pixels[y * width..][..width];
        let mut out = Vec::with_capacity(2 * (LONGEST_LAG + 1) * height);
        for y in 0..height {
            let here = row(y);
            for lag in self.first_lag..=LONGEST_LAG {
                if lag < width {
                    let (sum, count) = (product(here, &here[lag..]), (width - lag) as u64);
                    out.push(Part { lag, sum, count });
                }
                if y + lag < height {
                    let (sum, count) = (product(here, row(y + lag)), width as u64);
                    out.push(Part { lag, sum, count });
                }
            }
        }
        out
    }
}

/// Sum of the products, in sixteen partial sums that the compiler keeps in vector registers.
#[inline(always)]
fn product(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..n].as_chunks::<16>(), b[..n].as_chunks::<16>());
    let mut sums = [0.0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for j in 0..16 {
            sums[j] += a[j] * b[j];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
