//! Dense filters on pictures: separable Gaussians, their differences, binning.
//!
//! The inner loops run over whole blocks of [`LANES`] columns with one accumulator array, the shape that compilers
//! turn into vector code; rows are therefore padded to a multiple of it.

use ndarray::Array2;

/// Columns that one block of the inner loops covers.
const LANES: usize = 32;

/// A picture of `f32` whose rows are padded to whole blocks. The padding is never part of a result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    data: Vec<f32>,
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

    /// Between pixels, bilinear; outside the picture the nearest edge counts.
    pub(crate) fn between(&self, y: f64, x: f64) -> f32 {
        if self.width == 0 || self.height == 0 {
            return 0.0;
        }
        let (y0, y1, v) = bracket(y, self.height);
        let (x0, x1, u) = bracket(x, self.width);
        let top = self.at(y0, x0) * (1.0 - u) + self.at(y0, x1) * u;
        let bottom = self.at(y1, x0) * (1.0 - u) + self.at(y1, x1) * u;
        top * (1.0 - v) + bottom * v
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
        Array2::from_shape_fn((self.height, self.width), |(y, x)| self.at(y, x))
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
    let low = t.floor() as usize;
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

/// Room for the passes of a filter, kept between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    line: Vec<f32>,
    across: Plane,
    wide: Plane,
    half: Plane,
}

/// Smooths `input` with `kernel` in both directions; edges are mirrored.
pub(crate) fn smooth(input: &Plane, kernel: &Kernel, out: &mut Plane, scratch: &mut Scratch) {
    across(input, kernel, &mut scratch.across, &mut scratch.line);
    down(&scratch.across, kernel, out);
}

/// `centre` minus `surround`, both smoothed from `input`; edges are mirrored. A wide surround is smoothed on squares of
/// two pixels and drawn out again, which takes a quarter of the work and changes it by less than a percent of the
/// centre's height.
pub(crate) fn difference(
    input: &Plane,
    centre: &Kernel,
    surround: &Surround,
    out: &mut Plane,
    scratch: &mut Scratch,
) {
    smooth(input, centre, out, scratch);
    let mut wide = std::mem::take(&mut scratch.wide);
    if let Some(coarse) = &surround.coarse {
        let mut half = std::mem::take(&mut scratch.half);
        halve(input, &mut half);
        smooth(&half, coarse, &mut wide, scratch);
        scratch.half = half;
        take_doubled(out, &wide, &mut scratch.line);
    } else {
        smooth(input, &surround.kernel, &mut wide, scratch);
        for (o, w) in out.data.iter_mut().zip(&wide.data) {
            *o -= w;
        }
    }
    scratch.wide = wide;
}

/// The wide Gaussian of a difference of Gaussians.
#[derive(Clone, Debug)]
pub(crate) struct Surround {
    /// On the picture itself.
    pub(crate) kernel: Kernel,
    /// The same on squares of two pixels, if it is wide enough for them.
    coarse: Option<Kernel>,
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
}

/// Means of squares of two pixels; an odd last row or column stands for itself.
fn halve(input: &Plane, out: &mut Plane) {
    out.resize(input.height.div_ceil(2), input.width.div_ceil(2));
    for y in 0..out.height {
        let below = (2 * y + 1).min(input.height - 1);
        let top = &input.data[2 * y * input.stride..][..input.stride];
        let bottom = &input.data[below * input.stride..][..input.stride];
        let target = &mut out.data[y * out.stride..][..out.stride];
        let rows = top.chunks_exact(LANES).zip(bottom.chunks_exact(LANES));
        for (o, (a, b)) in target.chunks_exact_mut(LANES / 2).zip(rows) {
            for j in 0..LANES / 2 {
                o[j] = 0.25 * ((a[2 * j] + a[2 * j + 1]) + (b[2 * j] + b[2 * j + 1]));
            }
        }
        if input.width % 2 == 1 {
            let last = input.width - 1;
            target[out.width - 1] = 0.5 * (top[last] + bottom[last]);
        }
    }
}

/// Takes from `out` the picture `coarse` drawn out to twice its size, linear between the centres of its pixels.
fn take_doubled(out: &mut Plane, coarse: &Plane, line: &mut Vec<f32>) {
    let n = coarse.width;
    if n == 0 {
        return;
    }
    // One pixel more on both sides, so that the loop below needs no edges, and room for its last block.
    line.resize(n + 2 + LANES, 0.0);
    for y in 0..out.height {
        let near = y / 2;
        let far = if y % 2 == 0 {
            near.saturating_sub(1)
        } else {
            (near + 1).min(coarse.height - 1)
        };
        let rows = coarse.row(near).iter().zip(coarse.row(far));
        for (l, (a, b)) in line[1..].iter_mut().zip(rows) {
            *l = 0.75 * a + 0.25 * b;
        }
        line[0] = line[1];
        line[n + 1] = line[n];
        let row = &mut out.data[y * out.stride..][..out.stride];
        for (block, start) in row.chunks_exact_mut(LANES).zip((0..).step_by(LANES / 2)) {
            let Some(l) = line[start..].first_chunk::<{ LANES / 2 + 2 }>() else {
                continue;
            };
            let mut drawn = [0.0f32; LANES];
            for j in 0..LANES / 2 {
                drawn[2 * j] = 0.25 * l[j] + 0.75 * l[j + 1];
                drawn[2 * j + 1] = 0.75 * l[j + 1] + 0.25 * l[j + 2];
            }
            for (o, d) in block.iter_mut().zip(&drawn) {
                *o -= d;
            }
        }
    }
}

/// One pass along the rows.
fn across(input: &Plane, kernel: &Kernel, out: &mut Plane, line: &mut Vec<f32>) {
    out.resize(input.height, input.width);
    if input.width == 0 {
        return;
    }
    let radius = kernel.0.len() - 1;
    line.resize(input.stride + 2 * radius, 0.0);
    for y in 0..input.height {
        let row = input.row(y);
        for i in 0..radius {
            line[i] = row[mirror(i as isize - radius as isize, input.width)];
        }
        line[radius..][..input.width].copy_from_slice(row);
        for i in input.width..input.width + radius {
            line[radius + i] = row[mirror(i as isize, input.width)];
        }
        let target = &mut out.data[y * out.stride..][..out.stride];
        for (block, x) in target.chunks_exact_mut(LANES).zip((0..).step_by(LANES)) {
            let mut sum = [0.0f32; LANES];
            add(&mut sum, &line[x + radius..], kernel.0[0]);
            for (t, k) in kernel.0.iter().enumerate().skip(1) {
                add_pair(
                    &mut sum,
                    &line[x + radius - t..],
                    &line[x + radius + t..],
                    *k,
                );
            }
            block.copy_from_slice(&sum);
        }
    }
}

/// One pass along the columns.
fn down(input: &Plane, kernel: &Kernel, out: &mut Plane) {
    out.resize(input.height, input.width);
    let n = input.height;
    let start = |y: isize| mirror(y, n) * input.stride;
    for y in 0..n {
        let here = y as isize;
        for x in (0..input.stride).step_by(LANES) {
            let mut sum = [0.0f32; LANES];
            add(&mut sum, &input.data[start(here) + x..], kernel.0[0]);
            for (t, k) in kernel.0.iter().enumerate().skip(1) {
                let (above, below) = (start(here - t as isize), start(here + t as isize));
                add_pair(
                    &mut sum,
                    &input.data[above + x..],
                    &input.data[below + x..],
                    *k,
                );
            }
            out.data[y * out.stride + x..][..LANES].copy_from_slice(&sum);
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
        difference(&plane, &centre, &surround, &mut fast, &mut scratch);
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
