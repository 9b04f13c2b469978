//! How wide an ordinary spot is, from the autocorrelation of the flat film.
//!
//! Spots that are Gaussians of standard deviation s have an autocorrelation C(r) ~ exp(-r^2 / (4 s^2)); the noise of
//! the camera only shows at lag 0, which is left out. Something wider than spots (stray light, rings far out of
//! focus) adds about a constant, which is fitted along. Noise that neighbouring pixels share, as compression leaves it,
//! is measured where there are no spots (`shared_noise.rs`) and taken off.

use crate::autocorrelation::{LONGEST_LAG, Products};
use crate::model::Flat;
use crate::shared_noise::shared_noise;

/// Narrowest width that is believed, px: below, a spot is one pixel.
const NARROWEST_PX: f64 = 0.8;
/// Widest width that is believed, px. The detector's largest scale is 2.5 times that.
const WIDEST_PX: f64 = 4.0;
/// Where pixels share noise, spots must add this share of what it does: noise itself is not quite even over the picture.
const OVER_SHARED: f64 = 0.1;

/// Standard deviation of a spot, px; `None` if the film shows no spots.
pub(crate) fn spot_width_px(flats: &[Flat], noise_counts: f64) -> Option<f64> {
    let stride = (flats.len() / 8).max(1);
    let looked_at: Vec<&Flat> = flats.iter().step_by(stride).collect();
    let products = Products::of(looked_at.iter().map(|f| &f.image).collect());
    if products.counts[1..].contains(&0.0) {
        return None;
    }
    let mut correlation = products.means();
    // Products of pure noise scatter by noise^2 / sqrt(n).
    let mut least = 6.0 * noise_counts.powi(2) / products.counts[1].sqrt();
    if let Some(shared) = shared_noise(&looked_at) {
        correlation
            .iter_mut()
            .zip(&shared)
            .for_each(|(c, s)| *c -= s);
        least += OVER_SHARED * (shared[1] - shared[LONGEST_LAG]);
    }
    if correlation[1] - correlation[LONGEST_LAG] < least || correlation[1] <= 0.0 {
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
