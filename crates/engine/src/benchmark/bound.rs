//! How well the position of a spot can be known at best: the bound of Cramer and Rao.
//!
//! Fisher information of the position of a Gaussian spot of unknown height, width and level. These are even about the
//! middle of the spot and the change with the position is odd, so they do not mix with it: the information is the sum over
//! the pixels of (d mu / d x)^2 / variance, and no unbiased estimate has a smaller standard error than one over its root.
//! As in Mortensen et al. 2010, doi:10.1038/nmeth.1447, the square of the pixel is taken into the width as 1/12 px^2.

use super::known::KnownSpot;
use nta_sim::truth_file::{TruthFile, TruthRow};
use nta_sim::{Scene, ScenePolarity};

/// Beyond so many widths a spot tells nothing about its position.
const REACH_WIDTHS: f64 = 5.0;

/// Variance of a place within a pixel, px^2.
const PIXEL_PX2: f64 = 1.0 / 12.0;

/// A particle whose root mean square way within the exposure is longer is smeared, and the bound is another, px.
const STILL_PX: f64 = 0.05;

/// A spot with another one nearer than this is not alone, px.
const ALONE_PX: f64 = 25.0;

/// A still spot on a known background.
#[derive(Clone, Copy, Debug)]
struct Spot {
    x_px: f64,
    y_px: f64,
    /// Height above the background without the pixels' averaging, counts.
    height_counts: f64,
    /// Standard deviation, px.
    width_px: f64,
}

/// The bound on a particle in one frame, px per axis (root mean square of both); `None` where it moves too far within the
/// exposure.
pub(super) fn of_row(truth: &TruthFile, row: &TruthRow) -> Option<f64> {
    let particle = truth.particles.get(row.particle as usize)?;
    let way_um = (2.0 * particle.diffusion_um2_per_s * truth.exposure_s).sqrt();
    if way_um / truth.pixel_size_um >= STILL_PX {
        return None;
    }
    let scene = &truth.scene;
    let light = scene.background_light_counts(row.x_px, row.y_px);
    let spot = Spot {
        x_px: row.x_px,
        y_px: row.y_px,
        height_counts: row.snr * scene.camera.noise_counts(light),
        width_px: scene.optics.width_px(row.z_um),
    };
    Some(bound_px(scene, &spot)).filter(|b| b.is_finite())
}

/// The bound on a still spot, px per axis (root mean square of both).
fn bound_px(scene: &Scene, spot: &Spot) -> f64 {
    let sign = match scene.light.polarity {
        ScenePolarity::Bright => 1.0,
        ScenePolarity::Dark => -1.0,
    };
    let s2 = spot.width_px * spot.width_px + PIXEL_PX2;
    let height = spot.height_counts * spot.width_px * spot.width_px / s2;
    let reach = REACH_WIDTHS * s2.sqrt();
    let pixels = |centre: f64, side: u32| {
        let first = (centre - reach).ceil().max(0.0) as u32;
        let end = ((centre + reach).floor() + 1.0).clamp(0.0, f64::from(side)) as u32;
        first..end
    };
    let (mut across, mut down) = (0.0, 0.0);
    for y in pixels(spot.y_px, scene.height_px) {
        for x in pixels(spot.x_px, scene.width_px) {
            let (x, y) = (f64::from(x), f64::from(y));
            let (dx, dy) = (x - spot.x_px, y - spot.y_px);
            let light = height * (-0.5 * (dx * dx + dy * dy) / s2).exp();
            let background = scene.background_light_counts(x, y);
            let noise = scene
                .camera
                .noise_counts((background + sign * light).max(0.0));
            let slope = light / (s2 * noise);
            across += (slope * dx).powi(2);
            down += (slope * dy).powi(2);
        }
    }
    (0.5 * (1.0 / across + 1.0 / down)).sqrt()
}

/// Takes the bound away from spots of one frame that are not alone: it is that of a spot without neighbours. A partner at
/// a fixed distance is no chance neighbour and does not count.
pub(super) fn keep_alone(truth: &TruthFile, spots: &mut [KnownSpot]) {
    let partners = |particle: u64| {
        let population = truth.particles.get(particle as usize)?.population as usize;
        truth.scene.populations.get(population)?.partner_px
    };
    let places: Vec<[f64; 2]> = spots.iter().map(|s| [s.x_px, s.y_px]).collect();
    for spot in spots.iter_mut().filter(|s| s.bound_px.is_some()) {
        let near = |p: &&[f64; 2]| (p[0] - spot.x_px).hypot(p[1] - spot.y_px) < ALONE_PX;
        // The spot itself is one of those near.
        let allowed = 1 + usize::from(partners(spot.particle).is_some());
        if places.iter().filter(near).count() > allowed {
            spot.bound_px = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

    /// Background of 20 counts at 10 electrons per count, noise of reading 1 count, no slope.
    fn scene() -> Scene {
        let mut scene = Scene::standard();
        scene.light.background_counts = 20.0;
        scene.light.gradient_x_counts = 0.0;
        scene.light.gradient_y_counts = 0.0;
        scene.camera.gain_e_per_count = 10.0;
        scene.camera.read_noise_e = 10.0;
        scene
    }

    fn bound(scene: &Scene, height_counts: f64, width_px: f64) -> f64 {
        let spot = Spot {
            x_px: 100.3,
            y_px: 80.1,
            height_counts,
            width_px,
        };
        bound_px(scene, &spot)
    }

    /// In white noise n the bound is sqrt(2 / pi) n / A for any width that the pixels resolve.
    #[test]
    fn in_white_noise_the_bound_is_that_of_the_textbook() {
        let mut scene = scene();
        scene.camera.shot_noise = false;
        let noise = scene.camera.noise_counts(20.0);
        for width_px in [3.0, 5.0] {
            let got = bound(&scene, 50.0, width_px);
            let averaged = 1.0 + PIXEL_PX2 / (width_px * width_px);
            let want = (2.0 / PI).sqrt() * noise / 50.0 * averaged;
            assert!((got / want - 1.0).abs() < 1e-3, "{got} for {want}");
        }
    }

    /// Values of a computation apart from this one, for spots of 1.5 px.
    #[test]
    fn shot_noise_of_the_spot_counts() {
        for (height, want) in [(6.0, 0.252), (20.0, 0.082), (150.0, 0.016)] {
            let got = bound(&scene(), height, 1.5);
            assert!((got / want - 1.0).abs() < 0.12, "{got} for {want}");
        }
    }

    /// Where all noise is that of its own light, a spot is known to s / sqrt(photons).
    #[test]
    fn a_bright_spot_is_known_as_well_as_its_photons_allow() {
        let mut scene = scene();
        scene.light.background_counts = 0.0;
        scene.camera.read_noise_e = 0.0;
        let photons = TAU * 2.25 * 1e6 * scene.camera.gain_e_per_count;
        let want = ((2.25 + PIXEL_PX2) / photons).sqrt();
        let got = bound(&scene, 1e6, 1.5);
        assert!((got / want - 1.0).abs() < 0.02, "{got} for {want}");
    }
}
