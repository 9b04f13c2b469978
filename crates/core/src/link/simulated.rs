//! Brownian particles of known identity, for tests: a box with a sheet of light, particles of several speeds that come
//! and go through its depth and its sides, noise of the positions, missed and false spots.
//!
//! The number of the particle travels in `background_counts`, which no linker looks at; -1 is a false spot.

use crate::model::{FrameIndex, FrameSpots, Spot, Track};
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Step variance of a 100 nm particle in water at 25 C, 30 frames/s, 0.2 um/px: `2 kT / (3 pi eta d) dt / px^2`.
pub(crate) const STEP_VARIANCE_100_NM_PX2: f64 = 8.18;
/// Spots need this to begin a track.
pub(crate) const START_SNR: f64 = 4.5;
/// Spots below this are not seen.
const LEAST_SNR: f64 = 3.5;
/// Half the thickness of the sheet of light (standard deviation), px.
const SHEET_PX: f64 = 10.0;
/// Half the depth of the box, px.
const DEPTH_PX: f64 = 40.0;
/// Particles live so far outside the field too, px.
const MARGIN_PX: f64 = 30.0;

/// What is filmed.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub width_px: f64,
    pub height_px: f64,
    pub frames: u32,
    /// About so many particles are seen in a frame.
    pub seen: f64,
    /// Diameters in equal numbers, nm.
    pub diameters_nm: Vec<f64>,
    /// Chance to miss a spot.
    pub missed: f64,
    /// False spots per frame that are strong.
    pub false_strong: f64,
    /// False spots per frame that are weak.
    pub false_weak: f64,
    /// Shared motion, px per frame.
    pub flow_px: (f64, f64),
    /// Shared shaking, px rms per axis, white in position.
    pub shake_px: f64,
    /// The true errors of positions over the stated ones.
    pub optimism: f64,
    pub seed: u64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            width_px: 640.0,
            height_px: 480.0,
            frames: 300,
            seen: 35.0,
            diameters_nm: vec![40.0, 80.0, 160.0],
            missed: 0.02,
            false_strong: 0.5,
            false_weak: 3.0,
            flow_px: (0.0, 0.0),
            shake_px: 0.0,
            optimism: 1.5,
            seed: 1,
        }
    }
}

struct Particle {
    at: [f64; 3],
    step_px: f64,
    brightness: f64,
}

fn reflect(v: f64, low: f64, high: f64) -> f64 {
    if v < low {
        2.0 * low - v
    } else if v > high {
        2.0 * high - v
    } else {
        v
    }
}

fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    rng.sample(StandardNormal)
}

fn spot(x_px: f64, y_px: f64, snr: f64, particle: f64) -> Spot {
    Spot {
        x_px,
        y_px,
        precision_px: 1.4 * std::f64::consts::SQRT_2 / snr,
        width_px: 1.4,
        mass_counts: 50.0 * snr,
        peak_counts: 4.0 * snr,
        background_counts: particle,
        snr,
    }
}

impl Scene {
    pub fn area_px2(&self) -> f64 {
        self.width_px * self.height_px
    }

    /// Number of the diameter of a particle.
    pub fn class(&self, particle: f64) -> usize {
        particle as usize % self.diameters_nm.len()
    }

    pub fn film(&self) -> Vec<FrameSpots> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let (w, h) = (
            self.width_px + 2.0 * MARGIN_PX,
            self.height_px + 2.0 * MARGIN_PX,
        );
        // Seen depth: about 1.8 standard deviations of the sheet on both sides.
        let n = self.seen * w * h / self.area_px2() * DEPTH_PX / (1.8 * SHEET_PX);
        let mut particles: Vec<Particle> = (0..n.round() as usize)
            .map(|i| Particle {
                at: [
                    rng.random::<f64>() * w - MARGIN_PX,
                    rng.random::<f64>() * h - MARGIN_PX,
                    (rng.random::<f64>() * 2.0 - 1.0) * DEPTH_PX,
                ],
                step_px: (STEP_VARIANCE_100_NM_PX2 * 100.0
                    / self.diameters_nm[self.class(i as f64)])
                .sqrt(),
                brightness: 20.0 * (0.5 * normal(&mut rng)).exp(),
            })
            .collect();
        (0..self.frames)
            .map(|f| {
                let shake = (
                    self.shake_px * normal(&mut rng),
                    self.shake_px * normal(&mut rng),
                );
                let mut spots = Vec::new();
                for (i, p) in particles.iter_mut().enumerate() {
                    self.advance(p, &mut rng);
                    spots.extend(self.look(i, p, shake, &mut rng));
                }
                self.add_false(&mut spots, &mut rng);
                spots.sort_by(Spot::by_place);
                FrameSpots {
                    frame: FrameIndex(f),
                    time_s: f64::from(f) / 30.0,
                    spots,
                }
            })
            .collect()
    }

    fn advance(&self, p: &mut Particle, rng: &mut Xoshiro256PlusPlus) {
        for v in &mut p.at {
            *v += p.step_px * normal(rng);
        }
        // With a flow, who leaves on one side comes in on the other; without, the wall throws back.
        let size = [self.width_px, self.height_px];
        for axis in 0..2 {
            let flow = [self.flow_px.0, self.flow_px.1][axis];
            let (low, high) = (-MARGIN_PX, size[axis] + MARGIN_PX);
            p.at[axis] = if flow == 0.0 {
                reflect(p.at[axis], low, high)
            } else {
                (p.at[axis] + flow - low).rem_euclid(high - low) + low
            };
        }
        p.at[2] = reflect(p.at[2], -DEPTH_PX, DEPTH_PX);
    }

    fn look(
        &self,
        number: usize,
        p: &Particle,
        shake: (f64, f64),
        rng: &mut Xoshiro256PlusPlus,
    ) -> Option<Spot> {
        let light = (-0.5 * (p.at[2] / SHEET_PX).powi(2)).exp();
        let snr = p.brightness * light * (1.0 + 0.1 * normal(rng)) + normal(rng);
        let error = self.optimism * 1.4 * std::f64::consts::SQRT_2 / snr.max(1.0);
        let x = p.at[0] + shake.0 + error * normal(rng);
        let y = p.at[1] + shake.1 + error * normal(rng);
        let inside = x > 0.0 && x < self.width_px && y > 0.0 && y < self.height_px;
        let seen = rng.random::<f64>() >= self.missed && snr > LEAST_SNR && inside;
        seen.then(|| spot(x, y, snr, number as f64))
    }

    fn add_false(&self, spots: &mut Vec<Spot>, rng: &mut Xoshiro256PlusPlus) {
        for (rate, low, width) in [
            (self.false_strong, START_SNR, 1.0),
            (self.false_weak, LEAST_SNR, START_SNR - LEAST_SNR),
        ] {
            let n = rate.floor() + f64::from(rng.random::<f64>() < rate.fract());
            for _ in 0..n as usize {
                let (x, y) = (rng.random::<f64>(), rng.random::<f64>());
                let snr = low + width * rng.random::<f64>();
                spots.push(spot(x * self.width_px, y * self.height_px, snr, -1.0));
            }
        }
    }

    /// Compares tracks with the truth.
    pub fn score(&self, film: &[FrameSpots], tracks: &[Track], max_gap_frames: u32) -> Score {
        let classes = self.diameters_nm.len();
        let mut s = Score {
            sums: vec![[0.0; 4]; classes],
            ..Score::default()
        };
        for t in tracks {
            for w in t.points().windows(2) {
                let (a, b) = (&w[0].spot, &w[1].spot);
                s.links += 1;
                let wrong = a.background_counts != b.background_counts;
                let near = w[1].frame.0 - w[0].frame.0 <= max_gap_frames + 1;
                s.wrong += u64::from(wrong);
                s.recalled += u64::from(near && !wrong);
            }
            self.add_steps(t, &mut s);
        }
        let mut last: Vec<Option<(u32, Spot)>> = Vec::new();
        // Until a particle has been strong once in a visit, no track may begin.
        let mut strong: Vec<bool> = Vec::new();
        for f in film {
            for p in f.spots.iter().filter(|p| p.background_counts >= 0.0) {
                let i = p.background_counts as usize;
                if last.len() <= i {
                    last.resize(i + 1, None);
                    strong.resize(i + 1, false);
                }
                if let Some((frame, q)) = last[i] {
                    let m = f.frame.0 - frame;
                    if m > max_gap_frames + 1 {
                        strong[i] = false;
                    }
                    s.true_links += u64::from(strong[i]);
                    if m == 1 {
                        let sum = &mut s.sums[self.class(p.background_counts)];
                        sum[0] += (p.x_px - q.x_px).powi(2) + (p.y_px - q.y_px).powi(2);
                        sum[1] += 1.0;
                    }
                }
                strong[i] |= p.snr >= START_SNR;
                last[i] = Some((f.frame.0, *p));
            }
        }
        s
    }

    /// Steps of a track count for the class of most of its spots.
    fn add_steps(&self, track: &Track, s: &mut Score) {
        let mut votes = vec![0; self.diameters_nm.len()];
        for p in track.points() {
            if p.spot.background_counts >= 0.0 {
                votes[self.class(p.spot.background_counts)] += 1;
            }
        }
        let Some(class) = (0..votes.len()).max_by_key(|c| votes[*c]) else {
            return;
        };
        for w in track.points().windows(2) {
            if w[1].frame.0 - w[0].frame.0 == 1 {
                let (a, b) = (&w[0].spot, &w[1].spot);
                s.sums[class][2] += (a.x_px - b.x_px).powi(2) + (a.y_px - b.y_px).powi(2);
                s.sums[class][3] += 1.0;
            }
        }
    }
}

/// Tracks against the truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    pub links: u64,
    pub wrong: u64,
    /// Links that could be made, over gaps of some length at most, and those of them that were made.
    pub true_links: u64,
    pub recalled: u64,
    /// By class: squared true steps and their number, squared linked steps and their number.
    sums: Vec<[f64; 4]>,
}

impl Score {
    /// Adds another film.
    pub fn merge(&mut self, other: &Score) {
        self.links += other.links;
        self.wrong += other.wrong;
        self.true_links += other.true_links;
        self.recalled += other.recalled;
        if self.sums.is_empty() {
            self.sums = vec![[0.0; 4]; other.sums.len()];
        }
        for (a, b) in self.sums.iter_mut().zip(&other.sums) {
            for (x, y) in a.iter_mut().zip(b) {
                *x += y;
            }
        }
    }

    /// Share of links that join two particles, %.
    pub fn wrong_percent(&self) -> f64 {
        100.0 * self.wrong as f64 / self.links.max(1) as f64
    }

    /// Share of the true links that were made.
    pub fn recall(&self) -> f64 {
        self.recalled as f64 / self.true_links.max(1) as f64
    }

    /// Mean squared linked step of a class against the true one, %.
    pub fn bias_percent(&self, class: usize) -> f64 {
        let [t, nt, l, nl] = self.sums[class];
        100.0 * ((l / nl.max(1.0)) / (t / nt.max(1.0)) - 1.0)
    }
}
