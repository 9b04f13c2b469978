//! How wide an ordinary spot is, from the autocorrelation of the flat film.
//!
//! Spots that are Gaussians of standard deviation s have an autocorrelation C(r) ~ exp(-r^2 / (4 s^2)); the noise of
//! the camera only shows at lag 0, which is left out. Something wider than spots (stray light, rings far out of
//! focus) adds about a constant, which is fitted along.

use crate::instructions;
use crate::model::Flat;
use crate::side_by_side::each;

/// Narrowest width that is believed, px: below, a spot is one pixel.
const NARROWEST_PX: f64 = 0.8;
/// Widest width that is believed, px. The detector's largest scale is 2.5 times that.
const WIDEST_PX: f64 = 4.0;
/// Longest lag, px.
const LONGEST_LAG: usize = 14;

/// Standard deviation of a spot, px; `None` if the film shows no spots.
pub(crate) fn spot_width_px(flats: &[Flat], noise_counts: f64) -> Option<f64> {
    let stride = (flats.len() / 8).max(1);
    let mut sums = [0.0f64; LONGEST_LAG + 1];
    let mut counts = [0u64; LONGEST_LAG + 1];
    let looked_at: Vec<&Flat> = flats.iter().step_by(stride).collect();
    let parts = each(looked_at, products);
    // In the order of the film, so that the sums round in one way only.
    for part in parts.iter().flatten() {
        sums[part.lag] += f64::from(part.sum);
        counts[part.lag] += part.count;
    }
    if counts[1..].contains(&0) {
        return None;
    }
    let correlation: Vec<f64> = sums
        .iter()
        .zip(&counts)
        .map(|(s, n)| s / *n as f64)
        .collect();
    // Products of pure noise scatter by noise^2 / sqrt(n).
    let scatter = noise_counts.powi(2) / (counts[1] as f64).sqrt();
    if correlation[1] - correlation[LONGEST_LAG] < 6.0 * scatter || correlation[1] <= 0.0 {
        return None;
    }
    // Narrow spots are over after six lags; wide ones need more.
    let narrow = fit(&correlation[..=6]);
    let width = if narrow > 1.8 {
        fit(&correlation)
    } else {
        narrow
    };
    Some(width.clamp(NARROWEST_PX, WIDEST_PX))
}

/// Products of pixels `lag` apart in one row.
struct Part {
    lag: usize,
    sum: f32,
    count: u64,
}

/// Products of the pixels of a frame, along rows and columns.
fn products(flat: &Flat) -> Vec<Part> {
    let image = flat.image.as_standard_layout();
    let (height, width) = image.dim();
    let pixels = image.as_slice().unwrap_or_default();
    instructions::run(Products {
        pixels,
        height,
        width,
    })
}

struct Products<'a> {
    pixels: &'a [f32],
    height: usize,
    width: usize,
}

impl instructions::Kernel for Products<'_> {
    type Output = Vec<Part>;

    #[inline(always)]
    fn run(self) -> Vec<Part> {
        let (height, width) = (self.height, self.width);
        let row = |y: usize| &self.pixels[y * width..][..width];
        let mut out = Vec::with_capacity(2 * LONGEST_LAG * height);
        for y in 0..height {
            let here = row(y);
            for lag in 1..=LONGEST_LAG {
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

/// The width whose Gaussian plus a constant is nearest to the correlation; lag 0 is not used.
fn fit(correlation: &[f64]) -> f64 {
    let n = (correlation.len() - 1) as f64;
    let misfit = |width: f64| {
        let shape: Vec<f64> = (1..correlation.len())
            .map(|r| (-((r * r) as f64) / (4.0 * width * width)).exp())
            .collect();
        let mean_shape = shape.iter().sum::<f64>() / n;
        let mean_value = correlation[1..].iter().sum::<f64>() / n;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (s, c) in shape.iter().zip(&correlation[1..]) {
            xx += (s - mean_shape).powi(2);
            xy += (s - mean_shape) * (c - mean_value);
            yy += (c - mean_value).powi(2);
        }
        if xy <= 0.0 { yy } else { yy - xy * xy / xx }
    };
    (0..=120)
        .map(|i| 0.5 * 1.02f64.powi(i))
        .map(|w| (w, misfit(w)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(1.5, |(w, _)| w)
}
