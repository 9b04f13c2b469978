//! What one exposure sees of one particle: the streak that is drawn, and the truth beside it.

use crate::motion::{sub_step_time_s, vibration_um};
use crate::optics::Spots;
use crate::sizes::Grain;
use crate::truth::{ParticleTruth, SpotTruth};
use crate::{Illumination, Scene, render};
use std::f64::consts::TAU;

/// No camera tells more light than this from less, and its share in any pixel is a number still.
const BRIGHTEST_COUNTS: f64 = 1e30;

/// Spots are drawn out to this many standard deviations.
pub(crate) const SPOT_REACH: f64 = 4.0;

/// Under uniform illumination a spot wider than this is drawn as one instead of one per sub-step, px: the path within an
/// exposure is far shorter.
const WIDE_PX: f64 = 8.0;

/// The path of one particle through one exposure.
#[derive(Clone, Debug)]
pub(crate) struct Streak {
    /// Light in the middle of the sheet, counts.
    pub flux_counts: f32,
    /// Variance that each sub-step adds to the spot, px^2.
    pub blur_px2: f32,
    /// Mean position of each sub-step: px, px, um from focus.
    pub places: Box<[[f32; 3]]>,
}

/// What turns paths into streaks.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub scene: &'a Scene,
    pub spots: &'a Spots,
    pub sub_step_s: f64,
}

impl Lens<'_> {
    /// A path in um becomes a streak in px with its truth; `None` if it lies outside the picture.
    pub(crate) fn film(
        &self,
        id: u32,
        grain: &Grain,
        particle: &ParticleTruth,
        n: u32,
        path: &[[f64; 3]],
    ) -> Option<(Streak, SpotTruth)> {
        let (scene, px) = (self.scene, self.scene.pixel_size_um);
        let places: Vec<[f64; 3]> = path
            .iter()
            .enumerate()
            .map(|(k, p)| {
                let t = sub_step_time_s(scene, n, k);
                let shake = vibration_um(scene, t);
                [
                    (p[0] + shake[0]) / px - 0.5,
                    (p[1] + shake[1]) / px - 0.5,
                    p[2],
                ]
            })
            .collect();
        let count = places.len() as f64;
        let mean: [f64; 3] =
            std::array::from_fn(|i| places.iter().map(|p| p[i]).sum::<f64>() / count);
        let reach = SPOT_REACH * self.spots.width_px(mean[2]);
        let [width, height] = [f64::from(scene.width_px), f64::from(scene.height_px)];
        let near = |v: f64, side: f64| v > -0.5 - reach && v < side - 0.5 + reach;
        if !near(mean[0], width) || !near(mean[1], height) {
            return None;
        }
        let blur_px2 = particle.diffusion_um2_per_s * self.sub_step_s / 3.0 / (px * px);
        let flux_counts = self.spots.flux_counts(grain);
        let (peak_counts, width_px) = self.shape(&places, &mean, flux_counts, blur_px2);
        let noise = render::pixel_noise_counts(scene, mean[0], mean[1]);
        let spot = SpotTruth {
            particle: id,
            x_px: mean[0],
            y_px: mean[1],
            z_um: mean[2],
            diameter_nm: particle.diameter_nm,
            peak_counts,
            width_px,
            peak_snr: peak_counts / noise,
            in_focus: mean[2].abs() <= scene.optics.defocus_depth_um,
            in_view: mean[0] >= -0.5
                && mean[0] < width - 0.5
                && mean[1] >= -0.5
                && mean[1] < height - 0.5,
        };
        Some((self.streak(&places, &mean, flux_counts, blur_px2), spot))
    }

    /// What is drawn of a path.
    fn streak(
        &self,
        places: &[[f64; 3]],
        mean: &[f64; 3],
        flux_counts: f64,
        blur_px2: f64,
    ) -> Streak {
        let uniform = self.scene.optics.illumination == Illumination::Uniform;
        if uniform && self.spots.width_px(mean[2]) > WIDE_PX {
            let spread: f64 = places.iter().map(|p| 0.5 * apart_px2(p, mean)).sum();
            return Streak {
                flux_counts: flux_counts.min(BRIGHTEST_COUNTS) as f32,
                blur_px2: (blur_px2 + spread / places.len() as f64) as f32,
                places: [mean.map(|v| v as f32)].into(),
            };
        }
        Streak {
            flux_counts: flux_counts.min(BRIGHTEST_COUNTS) as f32,
            blur_px2: blur_px2 as f32,
            places: places.iter().map(|p| p.map(|v| v as f32)).collect(),
        }
    }

    /// Height at the mean position and width of the sum of a path's spots.
    fn shape(
        &self,
        places: &[[f64; 3]],
        mean: &[f64; 3],
        flux_counts: f64,
        blur_px2: f64,
    ) -> (f64, f64) {
        let (mut peak, mut second_moment, mut light) = (0.0, 0.0, 0.0);
        for p in places {
            let width_px = self.spots.width_px(p[2]);
            let s2 = width_px * width_px + blur_px2;
            let r2 = apart_px2(p, mean);
            let sheet = self.spots.sheet(p[2]);
            peak += sheet * (1.0 - self.spots.ring_share(p[2])) / (TAU * s2)
                * libm::exp(-0.5 * r2 / s2);
            second_moment += sheet * (s2 + 0.5 * r2);
            light += sheet;
        }
        let width_px = if light > 0.0 {
            (second_moment / light).sqrt()
        } else {
            self.spots.width_px(mean[2])
        };
        (flux_counts * peak / places.len() as f64, width_px)
    }
}

/// Square of the distance in the picture, px^2.
fn apart_px2(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let (x, y) = (a[0] - b[0], a[1] - b[1]);
    x * x + y * y
}
