//! Dense filters on pictures: separable Gaussians, their differences, binning.
//!
//! The inner loops run over whole blocks of [`LANES`] columns with one accumulator array, the shape that compilers
//! turn into vector code; rows are therefore padded to a multiple of it.

mod kernel;
mod plane;

pub(crate) use kernel::{Kernel, Surround, power_along};
pub(crate) use plane::Plane;

use kernel::mirror;

/// Columns that one block of the inner loops covers.
const LANES: usize = 32;

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
    use ndarray::Array2;

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
