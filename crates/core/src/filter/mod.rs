//! Dense filters on pictures: separable Gaussians, their differences, binning.
//!
//! The inner loops run over whole blocks of [`LANES`] columns with one accumulator array, the shape that compilers
//! turn into vector code; rows are therefore padded to a multiple of it.

mod difference;
mod passes;
mod rows;

pub(crate) use self::difference::{Difference, Progress, Surround, begin_half, difference, halve};
pub(crate) use self::passes::{Scratch, smooth};

use ndarray::{Array2, ArrayBase, Data, Ix2};

/// Columns that one block of the inner loops covers.
pub(crate) const LANES: usize = 32;

/// A picture of `f32` whose rows are padded to whole blocks. The padding is never part of a result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    data: Vec<f32>,
}

/// A picture that is only looked at; its rows need no padding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    data: &'a [f32],
}

impl<'a> View<'a> {
    /// Of an array whose rows follow each other; `None` for one that lies in memory in another way.
    pub(crate) fn of<S: Data<Elem = f32>>(image: &'a ArrayBase<S, Ix2>) -> Option<Self> {
        let (height, width) = image.dim();
        Some(Self {
            width,
            height,
            stride: width,
            data: image.as_slice()?,
        })
    }

    fn row(&self, y: usize) -> &'a [f32] {
        &self.data[y * self.stride..][..self.width]
    }
}

impl Plane {
    /// A picture of zeros.
    pub(crate) fn new(height: usize, width: usize) -> Self {
        let mut plane = Self::default();
        plane.resize(height, width);
        plane
    }

    /// Takes another size; what is in it afterwards is unspecified.
    pub(crate) fn resize(&mut self, height: usize, width: usize) {
        self.width = width;
        self.height = height;
        self.stride = width.div_ceil(LANES) * LANES;
        self.data.resize(height * self.stride, 0.0);
    }

    /// A copy of an array.
    pub(crate) fn of(image: &Array2<f32>) -> Self {
        let mut plane = Self::default();
        plane.bin(image, 1);
        plane
    }

    /// The picture as it is.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            width: self.width,
            height: self.height,
            stride: self.stride,
            data: &self.data,
        }
    }

    /// Row `y` without its padding.
    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.stride..][..self.width]
    }

    /// Row `y` without its padding.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.data[y * self.stride..][..self.width]
    }

    /// The value at row `y`, column `x`.
    pub(crate) fn at(&self, y: usize, x: usize) -> f32 {
        self.data[y * self.stride + x]
    }

    /// The value there times that of another picture of the same size.
    pub(crate) fn product_at(&self, other: &Self, y: usize, x: usize) -> f32 {
        let place = y * self.stride + x;
        self.data[place] * other.data[place]
    }

    /// Means of squares of `step` x `step` pixels; at the right and bottom edges of what is there.
    pub(crate) fn bin(&mut self, image: &Array2<f32>, step: usize) {
        let (height, width) = image.dim();
        self.resize(height.div_ceil(step), width.div_ceil(step));
        let image = image.as_standard_layout();
        let Some(source) = image.as_slice() else {
            return;
        };
        if width == 0 {
            return;
        }
        for y in 0..self.height {
            let rows = &source[y * step * width..(height.min((y + 1) * step)) * width];
            let n_rows = rows.len() / width;
            let out = self.row_mut(y);
            if step == 1 {
                out.copy_from_slice(rows);
                continue;
            }
            out.fill(0.0);
            for row in rows.chunks_exact(width) {
                for (o, block) in out.iter_mut().zip(row.chunks(step)) {
                    *o += block.iter().sum::<f32>() / (block.len() * n_rows) as f32;
                }
            }
        }
    }

    /// Back to an array.
    pub(crate) fn to_array(&self) -> Array2<f32> {
        let mut out = Array2::zeros((self.height, self.width));
        for (y, mut row) in out.rows_mut().into_iter().enumerate() {
            row.iter_mut().zip(self.row(y)).for_each(|(o, v)| *o = *v);
        }
        out
    }
}

/// A picture that can be asked for its values one by one.
pub(crate) trait Heights {
    /// (rows, columns).
    fn dim(&self) -> (usize, usize);

    /// The value at row `y`, column `x`.
    fn height(&self, y: usize, x: usize) -> f32;

    /// Whether no neighbour is higher; of equal ones the first counts.
    fn is_highest(&self, y: usize, x: usize) -> bool {
        let ((height, width), v) = (self.dim(), self.height(y, x));
        let inside = y > 0 && x > 0 && y + 1 < height && x + 1 < width;
        let at = |i: usize, j: usize| {
            if inside || ((1..=height).contains(&(y + i)) && (1..=width).contains(&(x + j))) {
                self.height(y + i - 1, x + j - 1)
            } else {
                f32::NEG_INFINITY
            }
        };
        // All neighbours are asked, because the processor cannot guess which of them is the first higher one.
        let before = [at(0, 0), at(0, 1), at(0, 2), at(1, 0)];
        let after = [at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
        let lower = before.iter().fold(true, |all, b| all & (*b < v));
        after.iter().fold(lower, |all, a| all & (*a <= v))
    }

    /// Between pixels, bilinear; outside the picture the nearest edge counts.
    fn between(&self, y: f64, x: f64) -> f32 {
        let (height, width) = self.dim();
        if width == 0 || height == 0 {
            return 0.0;
        }
        let (y0, y1, v) = bracket(y, height);
        let (x0, x1, u) = bracket(x, width);
        let top = self.height(y0, x0) * (1.0 - u) + self.height(y0, x1) * u;
        let bottom = self.height(y1, x0) * (1.0 - u) + self.height(y1, x1) * u;
        top * (1.0 - v) + bottom * v
    }
}

impl Heights for Plane {
    fn dim(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    fn height(&self, y: usize, x: usize) -> f32 {
        self.at(y, x)
    }
}

/// The two pixels around `t` on an axis of `n > 0` pixels and the share of the second.
fn bracket(t: f64, n: usize) -> (usize, usize, f32) {
    let last = n - 1;
    let t = if t.is_finite() {
        t.clamp(0.0, last as f64)
    } else {
        0.0
    };
    // Nothing is below zero here, so that to cut off is to round down.
    let low = t as usize;
    (low, (low + 1).min(last), (t - low as f64) as f32)
}

/// Mirrors an index into `0..n`, the edge pixel counted twice; `n > 0`.
fn mirror(i: isize, n: usize) -> usize {
    let period = 2 * n as isize;
    let i = i.rem_euclid(period);
    if i < n as isize {
        i as usize
    } else {
        (period - 1 - i) as usize
    }
}

/// Half of a symmetric kernel: the centre first.
#[derive(Clone, Debug)]
pub(crate) struct Kernel(Vec<f32>);

impl Kernel {
    /// Gaussian of standard deviation `sigma` in pixels, cut at three of it, sum 1.
    pub(crate) fn gauss(sigma: f64) -> Self {
        let sigma = sigma.max(1e-3);
        let radius = (3.0 * sigma).ceil() as usize;
        let half: Vec<f64> = (0..=radius)
            .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
            .collect();
        let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        Self(half.iter().map(|v| (v / sum) as f32).collect())
    }

    /// Its weights from the centre outwards.
    #[cfg(test)]
    pub(crate) fn half(&self) -> &[f32] {
        &self.0
    }

    /// Running mean over `2 radius + 1` pixels.
    pub(crate) fn boxcar(radius: usize) -> Self {
        Self(vec![1.0 / (2 * radius + 1) as f32; radius + 1])
    }

    /// Sum over the axis of this kernel times `other` shifted by `lag`.
    pub(crate) fn overlap(&self, other: &Kernel, lag: isize) -> f64 {
        let radius = self.0.len() as isize - 1;
        (-radius..=radius)
            .map(|i| {
                let a = self.0[i.unsigned_abs()];
                let b = other.0.get((i + lag).unsigned_abs()).copied();
                f64::from(a) * f64::from(b.unwrap_or(0.0))
            })
            .sum()
    }
}

/// For each of `n` pixels along an axis with mirrored edges: the sum over the axis of kernel `a` times kernel `b`, both
/// centred there. Near an edge it is larger, because the mirror puts the same pixel in twice.
pub(crate) fn power_along(a: &Kernel, b: &Kernel, n: usize) -> Vec<f64> {
    let spread = |kernel: &Kernel, at: usize| {
        let radius = kernel.0.len() as isize - 1;
        let mut weights = vec![0.0f64; n];
        for t in -radius..=radius {
            weights[mirror(at as isize + t, n)] += f64::from(kernel.0[t.unsigned_abs()]);
        }
        weights
    };
    let inner = a.overlap(b, 0);
    let reach = a.0.len().max(b.0.len());
    (0..n)
        .map(|at| {
            if at >= reach && at + reach < n {
                return inner;
            }
            let (wa, wb) = (spread(a, at), spread(b, at));
            wa.iter().zip(&wb).map(|(u, v)| u * v).sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_and_a_point_becomes_the_kernel() {
        let mut scratch = Scratch::default();
        let mut out = Plane::default();
        for (h, w) in [(1, 1), (3, 3), (1, 70), (41, 67)] {
            let flat = Plane::of(&Array2::from_elem((h, w), 7.0));
            smooth(&flat, &Kernel::gauss(2.0), &mut out, &mut scratch);
            let worst = out
                .to_array()
                .iter()
                .fold(0.0f32, |m, v| m.max((v - 7.0).abs()));
            assert!(worst < 1e-5, "{h}x{w}: {worst}");
        }
        let mut point = Array2::zeros((41, 67));
        point[[20, 40]] = 1.0;
        smooth(
            &Plane::of(&point),
            &Kernel::gauss(2.0),
            &mut out,
            &mut scratch,
        );
        let expected = 1.0 / (std::f32::consts::TAU * 4.0);
        assert!((out.at(20, 40) / expected - 1.0).abs() < 0.01);
        assert!((out.at(20, 42) / out.at(22, 40) - 1.0).abs() < 1e-5);
        assert!((out.at(20, 42) / out.at(20, 40) - (-0.5f32).exp()).abs() < 1e-3);
    }

    #[test]
    fn a_coarse_surround_is_the_fine_one() {
        let image = Array2::from_shape_fn((60, 84), |(y, x)| {
            ((y * y * 37 + x * 101 + x * y) % 97) as f32
        });
        let (mut fast, mut slow, mut wide) = (Plane::default(), Plane::default(), Plane::default());
        let mut scratch = Scratch::default();
        let plane = Plane::of(&image);
        let (centre, surround) = (Kernel::gauss(1.5), Surround::gauss(4.5));
        assert!(surround.coarse.is_some());
        let filter = Difference {
            centre: &centre,
            surround: &surround,
        };
        difference(plane.view(), filter, &mut fast, &mut scratch);
        smooth(&plane, &centre, &mut slow, &mut scratch);
        smooth(&plane, &surround.kernel, &mut wide, &mut scratch);
        let (mut worst, mut largest) = (0.0f32, 0.0f32);
        for y in 0..60 {
            for x in 0..84 {
                let expected = slow.at(y, x) - wide.at(y, x);
                worst = worst.max((fast.at(y, x) - expected).abs());
                largest = largest.max(expected.abs());
            }
        }
        assert!(worst < 0.05 * largest, "{worst} of {largest}");
    }

    #[test]
    fn binning_keeps_the_mean_and_takes_partial_squares() {
        let image = Array2::from_shape_fn((5, 7), |(y, x)| (y * 7 + x) as f32);
        let mut plane = Plane::default();
        plane.bin(&image, 2);
        assert_eq!((plane.height, plane.width), (3, 4));
        assert_eq!(plane.at(0, 0), (0.0 + 1.0 + 7.0 + 8.0) / 4.0);
        assert_eq!(plane.at(2, 3), 34.0);
    }
}
