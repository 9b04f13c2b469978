//! Particles in a box: Brownian motion, flow, vibration.
//!
//! The box is wider than the view by [`RESERVOIR_UM`] on each side and deeper than the drawn depth by
//! [`RESERVOIR_DEPTH_UM`]; its walls are periodic and out of sight, so particles enter and leave and the mean number in
//! any part of it is concentration times volume. The number in the whole box is fixed: the concentration is exact.
//! In barometric filling top and bottom reflect (see `settling`).
//!
//! Shear is not periodic: what it carries out on one side would be carried out again on the other, and the box would
//! run empty where it flows in. So a particle whose place the flow of a frame takes out of the box goes to a random place
//! of that part of the box that the flow of the same frame fills from outside. Both parts have the same area, as the flow
//! is free of compression, and so the even filling stays even exactly.
//!
//! Each exposure is divided into sub-steps of length h. A sub-step goes from a to b = a + N(0, 2 D h); given both ends,
//! the mean position on the way is N((a + b)/2, 2 D h / 12), and the path's spread about its mean is 2 D h / 6 on
//! average (Brownian bridge; e.g. Savin and Doyle 2005, doi:10.1529/biophysj.104.042457, for what follows from it). The
//! spot of a sub-step is drawn at that mean with that spread added, so that the centre of the blurred spot is the mean
//! over the exposure exactly, for any number of sub-steps.

use crate::motion::Stretch;
use crate::optics::Spots;
use crate::random::{Purpose, normal, stream};
use crate::settling::{self, Settling};
use crate::sizes::{self, Grain};
use crate::streak::{Lens, Streak};
use crate::truth::{ParticleTruth, SpotTruth, VISIBLE_PEAK_SNR};
use crate::{Amount, Filling, Scene, SceneError};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// Width of the unseen box around the view, um.
pub(crate) const RESERVOIR_UM: f64 = 20.0;

/// Depth of the unseen box beyond the drawn depth, um.
const RESERVOIR_DEPTH_UM: f64 = 8.0;

/// Largest product of particles and frames: about 1 GB of paths.
const MOST_PLACES: f64 = 2e7;

/// Most attempts to find a place that the flow fills from outside; short of it only if next to nothing flows in, and then
/// the periodic place does no harm.
const MOST_ATTEMPTS: u32 = 10_000;

/// All paths.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub particles: Vec<ParticleTruth>,
    /// Per frame: what is drawn, and beside it the truth of each.
    pub frames: Vec<Vec<(Streak, SpotTruth)>>,
    pub concentration_per_ml: f64,
    pub half_depth_um: f64,
}

/// How one particle moves by itself.
#[derive(Clone, Copy)]
struct Walk {
    diffusion_um2_per_s: f64,
    /// Gravity and walls; `None` in uniform filling.
    settling: Option<Settling>,
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
    /// Flow and shear during a sub-step, between exposures, and from frame to frame.
    sub_step: Stretch,
    gap: Stretch,
    interval: Stretch,
}

impl World {
    pub(crate) fn new(scene: &Scene, spots: &Spots) -> Result<Self, SceneError> {
        let (stage, concentration) = Stage::new(scene, spots)?;
        let volume_um3: f64 = stage.sides_um.iter().product();
        let filling = stage.mean_filling();
        // 1 mL is 1e12 um^3.
        let expected = if concentration > 0.0 {
            concentration * 1e-12 * volume_um3 * filling
        } else {
            0.0
        };
        if expected * f64::from(scene.frames.max(1)) > MOST_PLACES {
            return Err(SceneError::TooLarge {
                particles: expected,
                frames: scene.frames,
                limit: MOST_PLACES,
            });
        }
        let count = expected.round() as usize;
        let drawn = match scene.filling {
            Filling::Uniform => sizes::draw(scene, count),
            Filling::Barometric => sizes::draw_filled(scene, count, |g| stage.filling_of(g)),
        };
        let mut world = World {
            particles: Vec::with_capacity(drawn.len()),
            frames: vec![Vec::new(); scene.frames as usize],
            concentration_per_ml: 0.0,
            half_depth_um: 0.5 * stage.sides_um[2],
        };
        for grain in drawn {
            let diameter_nm = grain.diameter_nm();
            let particle = ParticleTruth {
                diameter_nm,
                diffusion_um2_per_s: scene.diffusion_um2_per_s(diameter_nm),
                population: grain.population as u32,
                monomers: grain.monomers,
            };
            let id = world.particles.len() as u32;
            let partner_um = stage.partner_um(id, &grain);
            stage.follow(id, &grain, &particle, partner_um, &mut world.frames);
            world.particles.push(particle);
            if partner_um.is_some() {
                world.particles.push(particle);
            }
        }
        let count = world.particles.len() as f64;
        world.concentration_per_ml = count / (volume_um3 * filling) * 1e12;
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
            .map(|(grain, _)| spots.drawn_half_depth_um(grain))
            .fold(0.0, f64::max);
        let half_depth = deepest + RESERVOIR_DEPTH_UM;
        let concentration = match scene.amount {
            Amount::ConcentrationPerMl(c) => c,
            Amount::VisiblePerFrame(n) if n <= 0.0 || scene.populations.is_empty() => 0.0,
            Amount::VisiblePerFrame(n) => {
                let depth = match scene.filling {
                    Filling::Uniform => spots.mean_depth_um(VISIBLE_PEAK_SNR),
                    Filling::Barometric => spots.filled_depth_um(VISIBLE_PEAK_SNR),
                };
                if depth <= 0.0 {
                    return Err(SceneError::NothingVisible {
                        needed: VISIBLE_PEAK_SNR,
                    });
                }
                if depth.is_infinite() {
                    // So steep a profile that the bottom of the box holds more than can be counted.
                    return Err(SceneError::TooLarge {
                        particles: f64::INFINITY,
                        frames: scene.frames,
                        limit: MOST_PLACES,
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
            sub_step: Stretch::new(scene, sub_step_s),
            gap: Stretch::new(scene, scene.frame_interval_s() - scene.exposure_s()),
            interval: Stretch::new(scene, scene.frame_interval_s()),
        };
        Ok((stage, concentration))
    }

    /// Particles of a kind in the box, as a multiple of those that its concentration in the plane of focus would give.
    fn filling_of(&self, grain: &Grain) -> f64 {
        match self.scene.filling {
            Filling::Uniform => 1.0,
            Filling::Barometric => settling::mean_filling(
                settling::decay_per_um(self.scene, grain),
                0.5 * self.sides_um[2],
            ),
        }
    }

    /// The same for the whole sample.
    fn mean_filling(&self) -> f64 {
        match self.scene.filling {
            Filling::Uniform => 1.0,
            Filling::Barometric => sizes::representative(self.scene)
                .iter()
                .map(|(grain, share)| share * self.filling_of(grain))
                .sum(),
        }
    }

    fn walk(&self, grain: &Grain, diffusion_um2_per_s: f64) -> Walk {
        let settling = Settling {
            half_um: 0.5 * self.sides_um[2],
            rise_um_per_s: -diffusion_um2_per_s * settling::decay_per_um(self.scene, grain),
            diffusion_um2_per_s,
        };
        Walk {
            diffusion_um2_per_s,
            settling: (self.scene.filling == Filling::Barometric).then_some(settling),
        }
    }

    /// Where a particle is when the film begins, um.
    fn start(&self, grain: &Grain, rng: &mut Xoshiro256PlusPlus) -> [f64; 3] {
        let mut at: [f64; 3] =
            std::array::from_fn(|i| self.corner_um[i] + rng.random::<f64>() * self.sides_um[i]);
        if self.scene.filling == Filling::Barometric {
            let share = (at[2] - self.corner_um[2]) / self.sides_um[2];
            let decay = settling::decay_per_um(self.scene, grain);
            at[2] = settling::starting_z_um(decay, 0.5 * self.sides_um[2], share);
        }
        at
    }

    /// From a particle to its partner in the picture, um; `None` if it has none.
    fn partner_um(&self, id: u32, grain: &Grain) -> Option<[f64; 2]> {
        let population = self.scene.populations.get(grain.population)?;
        let distance_um = population.partner_px? * self.scene.pixel_size_um;
        let mut rng = stream(self.scene.seed, Purpose::Partners, u64::from(id));
        let angle = TAU * rng.random::<f64>();
        Some([libm::cos(angle), libm::sin(angle)].map(|v| distance_um * v))
    }

    /// Moves one particle through the film, with its partner if it has one, which has the next number, and notes where
    /// their light falls on the picture.
    fn follow(
        &self,
        id: u32,
        grain: &Grain,
        particle: &ParticleTruth,
        partner_um: Option<[f64; 2]>,
        frames: &mut [Vec<(Streak, SpotTruth)>],
    ) {
        let mut rng = stream(self.scene.seed, Purpose::Path, u64::from(id));
        let walk = self.walk(grain, particle.diffusion_um2_per_s);
        let drawn_half_depth_um = self.spots.drawn_half_depth_um(grain);
        let mut at = self.start(grain, &mut rng);
        let lens = Lens {
            scene: self.scene,
            spots: self.spots,
            sub_step_s: self.sub_step_s,
        };
        let mut path = vec![[0.0_f64; 3]; self.scene.sub_steps as usize];
        for (n, frame) in frames.iter_mut().enumerate() {
            let start_s = n as f64 * self.scene.frame_interval_s();
            let before = at;
            self.expose(&mut at, &mut path, start_s, walk, &mut rng);
            self.wait(&mut at, start_s, walk, &mut rng);
            self.keep_inside(&mut at, before, start_s, walk, &mut rng);
            if !path.iter().any(|p| p[2].abs() <= drawn_half_depth_um) {
                continue;
            }
            frame.extend(lens.film(id, grain, particle, n as u32, &path));
            if let Some([x, y]) = partner_um {
                let beside: Vec<[f64; 3]> =
                    path.iter().map(|p| [p[0] + x, p[1] + y, p[2]]).collect();
                frame.extend(lens.film(id + 1, grain, particle, n as u32, &beside));
            }
        }
    }

    /// The path through one exposure: the mean place in each sub-step.
    fn expose(
        &self,
        at: &mut [f64; 3],
        path: &mut [[f64; 3]],
        start_s: f64,
        walk: Walk,
        rng: &mut Xoshiro256PlusPlus,
    ) {
        let step_sd = (2.0 * walk.diffusion_um2_per_s * self.sub_step_s).sqrt();
        let bridge_sd = (2.0 * walk.diffusion_um2_per_s * self.sub_step_s / 12.0).sqrt();
        for (k, place) in path.iter_mut().enumerate() {
            let (flow, excess) = self.sub_step.flow_um(start_s + k as f64 * self.sub_step_s);
            let carried = self.sub_step.shear([at[0], at[1]], self.centre_um());
            for i in 0..3 {
                let next = match walk.settling {
                    Some(s) if i == 2 => s.advance(at[2], self.sub_step_s, rng),
                    None if i == 2 => at[2] + step_sd * normal(rng),
                    _ => carried[i] + flow[i] + step_sd * normal(rng),
                };
                place[i] = 0.5 * (at[i] + next) + bridge_sd * normal(rng);
                if i < 2 {
                    place[i] += excess[i];
                }
                at[i] = next;
            }
        }
    }

    /// The way from the end of an exposure to the start of the next.
    fn wait(&self, at: &mut [f64; 3], start_s: f64, walk: Walk, rng: &mut Xoshiro256PlusPlus) {
        let gap_sd = (2.0 * walk.diffusion_um2_per_s * self.gap_s).sqrt();
        let (flow, _) = self.gap.flow_um(start_s + self.scene.exposure_s());
        let carried = self.gap.shear([at[0], at[1]], self.centre_um());
        for i in 0..2 {
            at[i] = carried[i] + (flow[i] + gap_sd * normal(rng));
        }
        at[2] = match walk.settling {
            Some(s) => s.advance(at[2], self.gap_s, rng),
            None => at[2] + gap_sd * normal(rng),
        };
    }

    /// Brings a particle that has left the box back into it; `before` is where it was at the start of the frame.
    fn keep_inside(
        &self,
        at: &mut [f64; 3],
        before: [f64; 3],
        start_s: f64,
        walk: Walk,
        rng: &mut Xoshiro256PlusPlus,
    ) {
        if self.interval.is_sheared() {
            let (flow, _) = self.interval.flow_um(start_s);
            let carried = self
                .interval
                .shear([before[0], before[1]], self.centre_um());
            let carried = [carried[0] + flow[0], carried[1] + flow[1]];
            if !self.holds(carried)
                && let Some(entry) = self.entry(flow, rng)
            {
                at[0] += entry[0] - carried[0];
                at[1] += entry[1] - carried[1];
            }
        }
        // Walls that reflect have kept the height inside.
        let periodic = if walk.settling.is_some() { 2 } else { 3 };
        for (i, v) in at.iter_mut().enumerate().take(periodic) {
            *v = self.corner_um[i] + (*v - self.corner_um[i]).rem_euclid(self.sides_um[i]);
        }
    }

    /// A random place of the box that the flow of a frame fills from outside, um.
    fn entry(&self, flow: [f64; 2], rng: &mut Xoshiro256PlusPlus) -> Option<[f64; 2]> {
        (0..MOST_ATTEMPTS)
            .map(|_| -> [f64; 2] {
                std::array::from_fn(|i| self.corner_um[i] + rng.random::<f64>() * self.sides_um[i])
            })
            .find(|p| {
                let there = [p[0] - flow[0], p[1] - flow[1]];
                !self.holds(self.interval.shear_back(there, self.centre_um()))
            })
    }

    fn holds(&self, at: [f64; 2]) -> bool {
        (0..2).all(|i| {
            let share = (at[i] - self.corner_um[i]) / self.sides_um[i];
            (0.0..1.0).contains(&share)
        })
    }

    /// Centre of the view, um from its corner.
    fn centre_um(&self) -> [f64; 2] {
        std::array::from_fn(|i| self.corner_um[i] + 0.5 * self.sides_um[i])
    }
}
