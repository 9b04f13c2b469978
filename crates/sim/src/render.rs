//! Light on the sensor, in counts, before any noise.

use crate::Scene;
use crate::optics::Spots;
use crate::special::erf;
use crate::streak::{SPOT_REACH, Streak};
use ndarray::Array2;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Radius of the ring around a defocused spot and its own width, in widths of the spot.
const RING_RADIUS: f64 = 2.2;
const RING_WIDTH: f64 = 0.45;

/// Background light at a place, counts.
pub(crate) fn background_counts(scene: &Scene, x_px: f64, y_px: f64) -> f64 {
    let l = &scene.light;
    // From the middle of the first to the middle of the last pixel; a single row has no slope.
    let along = |v: f64, side: u32| {
        if side > 1 {
            v / f64::from(side - 1) - 0.5
        } else {
            0.0
        }
    };
    let light = l.background_counts
        + l.gradient_x_counts * along(x_px, scene.width_px)
        + l.gradient_y_counts * along(y_px, scene.height_px);
    light.max(0.0)
}

/// Standard deviation of a pixel of the background at a place, counts: light, reading, rounding.
pub(crate) fn pixel_noise_counts(scene: &Scene, x_px: f64, y_px: f64) -> f64 {
    let inside = |v: f64, side: u32| v.clamp(0.0, f64::from(side.saturating_sub(1)));
    let light = background_counts(
        scene,
        inside(x_px, scene.width_px),
        inside(y_px, scene.height_px),
    );
    scene.camera.noise_counts(light)
}

/// The picture without particles, counts.
pub(crate) fn background(scene: &Scene) -> Array2<f32> {
    let size = (scene.height_px as usize, scene.width_px as usize);
    Array2::from_shape_fn(size, |(y, x)| {
        background_counts(scene, x as f64, y as f64) as f32
    })
}

/// Adds the streak of one particle; `sign` is -1 for dark ones.
pub(crate) fn add_streak(picture: &mut Array2<f32>, spots: &Spots, streak: &Streak, sign: f64) {
    let share = sign * f64::from(streak.flux_counts) / streak.places.len().max(1) as f64;
    for place in &streak.places {
        let [x, y, z] = place.map(f64::from);
        let still = spots.width_px(z);
        let width = (still * still + f64::from(streak.blur_px2)).sqrt();
        let flux = share * spots.sheet(z);
        let ring = spots.ring_share(z);
        add_spot(picture, [x, y], width, flux * (1.0 - ring));
        if ring > 0.0 {
            add_ring(picture, [x, y], width, flux * ring);
        }
    }
}

/// Adds a Gaussian spot integrated over each pixel.
pub(crate) fn add_spot(
    picture: &mut Array2<f32>,
    [x, y]: [f64; 2],
    width_px: f64,
    flux_counts: f64,
) {
    let (rows, columns) = picture.dim();
    let (x0, wx) = weights(x, width_px, columns);
    let (y0, wy) = weights(y, width_px, rows);
    for (j, b) in wy.iter().enumerate() {
        let row_light = (flux_counts * b) as f32;
        let mut row = picture.row_mut(y0 + j);
        for (i, a) in wx.iter().enumerate() {
            row[x0 + i] += row_light * *a as f32;
        }
    }
}

/// First pixel along an axis of `side` pixels and the share of the light that falls on it and on those after it.
fn weights(centre: f64, width_px: f64, side: usize) -> (usize, Vec<f64>) {
    let reach = SPOT_REACH * width_px;
    let first = (centre - reach).round().max(0.0);
    let last = (centre + reach).round().min(side as f64 - 1.0);
    // A spot beyond the edge (or at no place at all) has no pixels.
    if !centre.is_finite() || first > last {
        return (0, Vec::new());
    }
    let scale = FRAC_1_SQRT_2 / width_px;
    let mut below = erf((first - 0.5 - centre) * scale);
    let count = (last - first) as usize + 1;
    let shares = (0..count)
        .map(|i| {
            let above = erf((first + i as f64 + 0.5 - centre) * scale);
            let share = 0.5 * (above - below);
            below = above;
            share
        })
        .collect();
    (first as usize, shares)
}

/// Adds a faint ring, taken at the middle of each pixel: exp(-(r - R)^2 / (2 q^2)), R and q in widths of the spot. Its
/// sum over the plane is 2 pi R q sqrt(2 pi) to 1e-6, as R is much larger than q.
fn add_ring(picture: &mut Array2<f32>, [x, y]: [f64; 2], width_px: f64, flux_counts: f64) {
    let (radius, q) = (RING_RADIUS * width_px, RING_WIDTH * width_px);
    let height = flux_counts / (TAU * radius * q * TAU.sqrt());
    let reach = radius + 3.0 * q;
    let (rows, columns) = picture.dim();
    let span = |c: f64, side: usize| {
        let first = (c - reach).round().max(0.0);
        let last = (c + reach).round().min(side as f64 - 1.0);
        if c.is_finite() && first <= last {
            first as usize..last as usize + 1
        } else {
            0..0
        }
    };
    for j in span(y, rows) {
        for i in span(x, columns) {
            let r = libm::hypot(i as f64 - x, j as f64 - y);
            let u = (r - radius) / q;
            picture[[j, i]] += (height * libm::exp(-0.5 * u * u)) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum, centre and second moment (with the 1/12 of a pixel) of a spot are those that were asked for.
    #[test]
    fn a_spot_has_its_light_its_place_and_its_width() {
        let mut picture = Array2::zeros((40, 50));
        add_spot(&mut picture, [20.3, 17.8], 1.5, 1000.0);
        let (mut sum, mut sx, mut sy, mut sxx) = (0.0, 0.0, 0.0, 0.0);
        for ((y, x), v) in picture.indexed_iter() {
            let v = f64::from(*v);
            sum += v;
            sx += v * x as f64;
            sy += v * y as f64;
            sxx += v * (x as f64 - 20.3).powi(2);
        }
        assert!((sum - 1000.0).abs() < 0.2, "{sum}");
        assert!((sx / sum - 20.3).abs() < 1e-3);
        assert!((sy / sum - 17.8).abs() < 1e-3);
        assert!((sxx / sum - (2.25 + 1.0 / 12.0)).abs() < 0.01);
    }

    #[test]
    fn a_ring_keeps_its_light_and_is_dark_inside() {
        let mut picture = Array2::zeros((80, 80));
        add_ring(&mut picture, [40.0, 40.0], 3.0, 1000.0);
        assert!((picture.sum() - 1000.0).abs() < 8.0, "{}", picture.sum());
        assert!(picture[[40, 40]] < 0.01 * picture[[40, 46]]);
    }

    #[test]
    fn spots_beyond_the_edge_and_nonsense_places_do_no_harm() {
        let mut picture = Array2::zeros((1, 1));
        for x in [-1e9, 1e9, f64::NAN, f64::INFINITY] {
            add_spot(&mut picture, [x, 0.0], 1.0, 10.0);
            add_ring(&mut picture, [0.0, x], 1.0, 10.0);
        }
        assert_eq!(picture[[0, 0]], 0.0);
    }
}
