//! Particles in a box: Brownian motion, flow, vibration.
//!
//! The box is wider than the view by [`RESERVOIR_UM`] on each side and deeper than the drawn depth by
//! [`RESERVOIR_DEPTH_UM`]; its walls are periodic and out of sight, so particles enter and leave and the mean number in
//! any part of it is concentration times volume. The number in the whole box is fixed: the concentration is exact.
//!
//! Each exposure is divided into sub-steps of length h. A sub-step goes from a to b = a + N(0, 2 D h); given both ends,
//! the mean position on the way is N((a + b)/2, 2 D h / 12), and the path's spread about its mean is 2 D h / 6 on
//! average (Brownian bridge; e.g. Savin and Doyle 2005, doi:10.1529/biophysj.104.042457, for what follows from it). The
//! spot of a sub-step is drawn at that mean with that spread added, so that the centre of the blurred spot is the mean
//! over the exposure exactly, for any number of sub-steps.

use crate::optics::Spots;
use crate::random::{Purpose, stream};
use crate::truth::{ParticleTruth, SpotTruth, VISIBLE_PEAK_SNR};
use crate::{Amount, Scene, SceneError, sizes};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// Width of the unseen box around the view, um.
const RESERVOIR_UM: f64 = 20.0;

/// Depth of the unseen box beyond the drawn depth, um.
const RESERVOIR_DEPTH_UM: f64 = 8.0;

/// Largest product of particles and frames: about 1 GB of paths.
const MOST_PLACES: f64 = 2e7;

/// Spots are drawn out to this many standard deviations.
pub(crate) const SPOT_REACH: f64 = 4.0;

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

/// All paths.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub particles: Vec<ParticleTruth>,
    /// Per frame: what is drawn, and beside it the truth of each.
    pub frames: Vec<Vec<(Streak, SpotTruth)>>,
    pub concentration_per_ml: f64,
    pub half_depth_um: f64,
}

/// Numbers that all particles of a scene share.
struct Stage<'a> {
    scene: &'a Scene,
    spots: &'a Spots,
    /// Sides of the box, um.
    sides_um: [f64; 3],
    /// Lowest corner of the box, um from the view's corner and from focus.
    corner_um: [f64; 3],
    sub_step_s: f64,
    gap_s: f64,
}

impl World {
    pub(crate) fn new(scene: &Scene, spots: &Spots) -> Result<Self, SceneError> {
        let (stage, concentration) = Stage::new(scene, spots)?;
        let volume_um3: f64 = stage.sides_um.iter().product();
        // 1 mL is 1e12 um^3.
        let expected = concentration * 1e-12 * volume_um3;
        if expected * f64::from(scene.frames) > MOST_PLACES {
            return Err(SceneError::TooLarge {
                particles: expected,
                frames: scene.frames,
                limit: MOST_PLACES,
            });
        }
        let drawn = sizes::draw(scene, expected.round() as usize);
        let mut world = World {
            particles: Vec::with_capacity(drawn.len()),
            frames: vec![Vec::new(); scene.frames as usize],
            concentration_per_ml: drawn.len() as f64 / volume_um3 * 1e12,
            half_depth_um: 0.5 * stage.sides_um[2],
        };
        for (i, (population, diameter_nm)) in drawn.into_iter().enumerate() {
            let particle = ParticleTruth {
                diameter_nm,
                diffusion_um2_per_s: scene.diffusion_um2_per_s(diameter_nm),
                population: population as u32,
            };
            stage.follow(i as u32, &particle, &mut world.frames);
            world.particles.push(particle);
        }
        Ok(world)
    }
}

impl<'a> Stage<'a> {
    /// The stage and the concentration per mL.
    fn new(scene: &'a Scene, spots: &'a Spots) -> Result<(Self, f64), SceneError> {
        let px = scene.pixel_size_um;
        let view = [
            f64::from(scene.width_px) * px,
            f64::from(scene.height_px) * px,
        ];
        let deepest = sizes::representative(scene)
            .iter()
            .map(|(d, _)| spots.drawn_half_depth_um(*d))
            .fold(0.0, f64::max);
        let half_depth = deepest + RESERVOIR_DEPTH_UM;
        let concentration = match scene.amount {
            Amount::ConcentrationPerMl(c) => c,
            Amount::VisiblePerFrame(n) if n <= 0.0 || scene.populations.is_empty() => 0.0,
            Amount::VisiblePerFrame(n) => {
                let depth = spots.mean_depth_um(VISIBLE_PEAK_SNR);
                if depth <= 0.0 {
                    return Err(SceneError::NothingVisible {
                        needed: VISIBLE_PEAK_SNR,
                    });
                }
                n / (view[0] * view[1] * depth) * 1e12
            }
        };
        let sub_step_s = scene.exposure_s() / f64::from(scene.sub_steps);
        let stage = Self {
            scene,
            spots,
            sides_um: [
                view[0] + 2.0 * RESERVOIR_UM,
                view[1] + 2.0 * RESERVOIR_UM,
                2.0 * half_depth,
            ],
            corner_um: [-RESERVOIR_UM, -RESERVOIR_UM, -half_depth],
            sub_step_s,
            gap_s: scene.frame_interval_s() - scene.exposure_s(),
        };
        Ok((stage, concentration))
    }

    /// Moves one particle through the film and notes where its light falls on the picture.
    fn follow(&self, id: u32, particle: &ParticleTruth, frames: &mut [Vec<(Streak, SpotTruth)>]) {
        let mut rng = stream(self.scene.seed, Purpose::Path, u64::from(id));
        let d = particle.diffusion_um2_per_s;
        let step_sd = (2.0 * d * self.sub_step_s).sqrt();
        let bridge_sd = (2.0 * d * self.sub_step_s / 12.0).sqrt();
        let gap_sd = (2.0 * d * self.gap_s).sqrt();
        let flow = [
            self.scene.motion.flow_um_per_s[0],
            self.scene.motion.flow_um_per_s[1],
            0.0,
        ];
        let drawn_half_depth_um = self.spots.drawn_half_depth_um(particle.diameter_nm);
        let mut at: [f64; 3] =
            std::array::from_fn(|i| self.corner_um[i] + rng.random::<f64>() * self.sides_um[i]);
        let mut path = vec![[0.0_f64; 3]; self.scene.sub_steps as usize];
        for (n, frame) in frames.iter_mut().enumerate() {
            for place in &mut path {
                for i in 0..3 {
                    let next = at[i] + flow[i] * self.sub_step_s + step_sd * normal(&mut rng);
                    place[i] = 0.5 * (at[i] + next) + bridge_sd * normal(&mut rng);
                    at[i] = next;
                }
            }
            for i in 0..3 {
                at[i] += flow[i] * self.gap_s + gap_sd * normal(&mut rng);
                at[i] =
                    self.corner_um[i] + (at[i] - self.corner_um[i]).rem_euclid(self.sides_um[i]);
            }
            if path.iter().any(|p| p[2].abs() <= drawn_half_depth_um)
                && let Some(seen) = self.film(id, particle, n as u32, &path)
            {
                frame.push(seen);
            }
        }
    }

    /// A path in um becomes a streak in px with its truth; `None` if it lies outside the picture.
    fn film(
        &self,
        id: u32,
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
        let flux_counts = self.spots.flux_counts(particle.diameter_nm);
        let (peak_counts, width_px) = self.shape(&places, &mean, flux_counts, blur_px2);
        let noise = crate::render::pixel_noise_counts(scene, mean[0], mean[1]);
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
        let streak = Streak {
            flux_counts: flux_counts as f32,
            blur_px2: blur_px2 as f32,
            places: places.iter().map(|p| p.map(|v| v as f32)).collect(),
        };
        Some((streak, spot))
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
            let r2 = (p[0] - mean[0]).powi(2) + (p[1] - mean[1]).powi(2);
            let sheet = self.spots.sheet(p[2]);
            peak +=
                sheet * (1.0 - self.spots.ring_share(p[2])) / (TAU * s2) * (-0.5 * r2 / s2).exp();
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

/// Middle of sub-step `k` of frame `n`, s since the first frame.
fn sub_step_time_s(scene: &Scene, n: u32, k: usize) -> f64 {
    let share = (k as f64 + 0.5) / f64::from(scene.sub_steps);
    f64::from(n) * scene.frame_interval_s() + share * scene.exposure_s()
}

/// Offset of the stage at a time, um.
pub(crate) fn vibration_um(scene: &Scene, time_s: f64) -> [f64; 2] {
    let v = &scene.motion.vibration;
    if v.amplitude_um == 0.0 {
        return [0.0; 2];
    }
    let offset = v.amplitude_um * (TAU * v.frequency_hz * time_s).sin();
    let angle = v.angle_deg.to_radians();
    [offset * angle.cos(), offset * angle.sin()]
}

/// Shared motion of frame `n`, mean over the exposure, px.
pub(crate) fn shift_px(scene: &Scene, n: u32) -> [f64; 2] {
    let middle_s = f64::from(n) * scene.frame_interval_s() + 0.5 * scene.exposure_s();
    let mut mean = [0.0; 2];
    for k in 0..scene.sub_steps as usize {
        let shake = vibration_um(scene, sub_step_time_s(scene, n, k));
        for i in 0..2 {
            mean[i] += shake[i] / f64::from(scene.sub_steps);
        }
    }
    std::array::from_fn(|i| {
        (mean[i] + scene.motion.flow_um_per_s[i] * middle_s) / scene.pixel_size_um
    })
}

fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    StandardNormal.sample(rng)
}
