//! The sweep against the plain filter: every pixel by itself, one loop after the other, and every pixel of the result
//! compared with all its neighbours.

use super::peaks::{Peak, local_maxima};
use super::scale::Scale;
use super::sweep::{Workspace, sweep};
use crate::filter::Plane;
use crate::instructions::Instructions;
use crate::model::{Flat, FrameIndex};
use ndarray::Array2;

/// Large and small ones, odd ones, and such that no filter fits in.
const SIZES: [(usize, usize); 9] = [
    (97, 131),
    (64, 96),
    (130, 33),
    (9, 200),
    (5, 7),
    (33, 32),
    (1, 40),
    (40, 1),
    (1, 1),
];

/// A picture with noise, spots of all sizes, and some at the edges.
fn picture(height: usize, width: usize) -> Flat {
    let mut state = 12_345u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as f32 / 8192.0 - 4.0
    };
    let mut image = Array2::from_shape_fn((height, width), |_| noise() + noise());
    for i in 0..40usize {
        let (cy, cx) = (
            (i * 97 % height) as f32 + 0.3,
            (i * 61 % width) as f32 - 0.2,
        );
        let (s, peak) = (1.2 + 0.1 * (i % 30) as f32, 5.0 + 4.0 * (i % 7) as f32);
        for ((y, x), v) in image.indexed_iter_mut() {
            let r2 = (y as f32 - cy).powi(2) + (x as f32 - cx).powi(2);
            *v += peak * (-0.5 * r2 / (s * s)).exp();
        }
    }
    Flat {
        index: FrameIndex(0),
        time_s: 0.0,
        image,
        saturated: Vec::new(),
    }
}

fn mirror(i: isize, n: usize) -> usize {
    let period = 2 * n as isize;
    let i = i.rem_euclid(period);
    (if i < n as isize { i } else { period - 1 - i }) as usize
}

/// Along the rows, then along the columns; nearest pixels first.
fn smooth(image: &Array2<f32>, half: &[f32]) -> Array2<f32> {
    let (height, width) = image.dim();
    let along = |n: usize, at: &dyn Fn(usize) -> f32, i: usize| {
        let mut sum = half[0] * at(i);
        for (t, k) in (1isize..).zip(&half[1..]) {
            let (a, b) = (mirror(i as isize - t, n), mirror(i as isize + t, n));
            sum += k * (at(a) + at(b));
        }
        sum
    };
    let rows = Array2::from_shape_fn((height, width), |(y, x)| {
        along(width, &|j| image[[y, j]], x)
    });
    Array2::from_shape_fn((height, width), |(y, x)| {
        along(height, &|i| rows[[i, x]], y)
    })
}

fn halved(image: &Array2<f32>) -> Array2<f32> {
    let (height, width) = image.dim();
    Array2::from_shape_fn((height.div_ceil(2), width.div_ceil(2)), |(y, x)| {
        let (a, b) = (2 * y, (2 * y + 1).min(height - 1));
        if 2 * x + 1 < width {
            let sum = |row: usize| image[[row, 2 * x]] + image[[row, 2 * x + 1]];
            0.25 * (sum(a) + sum(b))
        } else {
            0.5 * (image[[a, 2 * x]] + image[[b, 2 * x]])
        }
    })
}

/// Twice as large, linear between the centres of the pixels.
fn doubled(coarse: &Array2<f32>, (height, width): (usize, usize)) -> Array2<f32> {
    let (rows, cols) = coarse.dim();
    let pick = |i: usize, n: usize| {
        let far = if i.is_multiple_of(2) {
            (i / 2).saturating_sub(1)
        } else {
            (i / 2 + 1).min(n - 1)
        };
        (i / 2, far)
    };
    Array2::from_shape_fn((height, width), |(y, x)| {
        let ((near, far), (here, beside)) = (pick(y, rows), pick(x, cols));
        let line = |j: usize| 0.75 * coarse[[near, j]] + 0.25 * coarse[[far, j]];
        match x % 2 {
            0 => 0.25 * line(beside) + 0.75 * line(here),
            _ => 0.75 * line(here) + 0.25 * line(beside),
        }
    })
}

fn plain(scale: &Scale, flat: &Flat) -> Array2<f32> {
    let mut image = flat.image.clone();
    if scale.step == 2 {
        image = halved(&image);
    } else if scale.step > 2 {
        let mut binned = Plane::default();
        binned.bin(&image, scale.step);
        image = binned.to_array();
    }
    let filter = scale.filter();
    let mut out = smooth(&image, filter.centre.half());
    out -= &match filter.surround.coarse() {
        Some(kernel) => doubled(&smooth(&halved(&image), kernel.half()), image.dim()),
        None => smooth(&image, filter.surround.kernel.half()),
    };
    out
}

#[test]
fn the_sweep_is_the_plain_filter_bit_for_bit() {
    let limit = 2.5;
    for (height, width) in SIZES {
        let flat = picture(height, width);
        // From spots narrower than a pixel to those of wide rings: steps of one, two, four and eight pixels.
        let scales: Vec<Scale> = [0.7, 1.3, 1.6, 2.6, 4.0, 5.5, 12.0, 30.0]
            .iter()
            .map(|width_px| {
                let mut scale = Scale::new(*width_px);
                let (h, w) = (height.div_ceil(scale.step), width.div_ceil(scale.step));
                let over_noise = Array2::from_shape_fn((h, w), |(y, x)| {
                    1.0 + 0.01 * ((y * 7 + x * 3) % 40) as f32
                });
                scale.take_noise((Plane::of(&over_noise), 0.0));
                scale
            })
            .collect();
        let expected: Vec<(Array2<f32>, Vec<Peak>)> = scales
            .iter()
            .map(|scale| {
                let counts = plain(scale, &flat);
                let over_noise = scale.response(&Plane::of(&counts)).to_array();
                (counts, local_maxima(&Plane::of(&over_noise), limit))
            })
            .collect();
        let some = expected.iter().any(|(_, peaks)| !peaks.is_empty());
        assert!(some || height * width < 50);
        let mut room = Workspace::default();
        Instructions::each(|instructions| {
            sweep(&scales, &flat, limit, &mut room);
            for ((scale, (counts, peaks)), found) in scales.iter().zip(&expected).zip(&room.scales)
            {
                let what = format!(
                    "{height}x{width}, spots of {} px, {instructions:?}",
                    scale.width_px
                );
                assert_eq!(&found.counts.to_array(), counts, "{what}");
                assert_eq!(&found.maxima, peaks, "{what}");
            }
        });
    }
}
