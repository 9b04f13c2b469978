//! Brownian particles seen by a box shutter, exactly: positions averaged over the exposure, plus localisation error.

use nta_core::drift::Drift;
use nta_core::model::Stated;
use nta_core::{Acquisition, FrameIndex, Spot, Track, TrackId, TrackPoint, Trajectory};
use nta_sizing::Sampling;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

pub const INTERVAL_S: f64 = 1.0 / 30.0;

/// Uniform and normal numbers.
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Shortest plus a geometric number with this mean.
    pub fn length(&mut self, shortest: usize, mean: f64) -> usize {
        let p = 1.0 / (mean - shortest as f64 + 1.0);
        shortest + (self.unit().ln() / (1.0 - p).ln()).floor() as usize
    }
}

/// What the film is like.
#[derive(Clone, Copy)]
pub struct Scene {
    pub exposure_s: f64,
    /// True localisation error, um.
    pub error_um: f64,
    /// Precision that is stated, as a multiple of the true one.
    pub stated: f64,
    /// Chance that a frame is missed.
    pub missed: f64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            exposure_s: 0.015,
            error_um: 0.04,
            stated: 1.0,
            missed: 0.0,
        }
    }
}

impl Scene {
    pub fn sampling(&self) -> Sampling {
        Sampling {
            frame_interval_s: INTERVAL_S,
            exposure_s: self.exposure_s,
        }
    }

    /// A trajectory of one particle with this D (um^2/s).
    pub fn trajectory(&self, dice: &mut Dice, diffusion: f64, frames: usize) -> Trajectory {
        let mut at = [0.0, 0.0];
        let mut points = Vec::new();
        for frame in 0..frames {
            let mut seen = [0.0, 0.0];
            for (a, s) in at.iter_mut().zip(&mut seen) {
                let open = (2.0 * diffusion * self.exposure_s).sqrt() * dice.normal();
                let about = (2.0 * diffusion * self.exposure_s / 12.0).sqrt() * dice.normal();
                let rest = 2.0 * diffusion * (INTERVAL_S - self.exposure_s);
                *s = *a + 0.5 * open + about + self.error_um * dice.normal();
                *a += open + rest.sqrt() * dice.normal();
            }
            let last = frame + 1 == frames;
            if frame > 0 && !last && self.missed > 0.0 && dice.unit() < self.missed {
                continue;
            }
            points.push(point(frame as u32, seen, self.error_um * self.stated));
        }
        from_points(points)
    }

    /// Trajectories of many particles: `diameter` draws one, lengths are 5 plus geometric with a mean of 25 frames.
    pub fn population(
        &self,
        dice: &mut Dice,
        tracks: usize,
        diffusion_times_diameter: f64,
        mut diameter: impl FnMut(&mut Dice) -> f64,
    ) -> (Vec<Trajectory>, Vec<f64>) {
        let mut out = (Vec::new(), Vec::new());
        for _ in 0..tracks {
            let d = diameter(dice);
            let frames = dice.length(6, 25.0);
            out.0
                .push(self.trajectory(dice, diffusion_times_diameter / d, frames));
            out.1.push(d);
        }
        out
    }
}

pub fn point(frame: u32, at_um: [f64; 2], precision_um: f64) -> TrackPoint {
    TrackPoint {
        frame: FrameIndex(frame),
        time_s: f64::from(frame) * INTERVAL_S,
        spot: Spot {
            x_px: at_um[0],
            y_px: at_um[1],
            precision_px: precision_um,
            width_px: 1.5,
            mass_counts: 1000.0,
            peak_counts: 100.0,
            background_counts: 0.0,
            snr: 20.0,
        },
    }
}

/// Pixels of 1 um, so that px and um are the same.
pub fn from_points(points: Vec<TrackPoint>) -> Trajectory {
    let acquisition = Acquisition {
        pixel_size_um: Stated::new(1.0, "test"),
        frame_interval_s: Stated::new(INTERVAL_S, "test"),
        exposure_s: None,
        bit_depth: None,
    };
    let track = Track::new(TrackId(0), points).expect("frames increase");
    Trajectory::from_track(&track, &acquisition, &Drift::none())
}

/// First Wasserstein distance, nm, between a density per nm on a grid and a true quantile function.
pub fn w1(diameter_nm: &[f64], density_per_nm: &[f64], true_quantile: impl Fn(f64) -> f64) -> f64 {
    let ratio = (diameter_nm[1] / diameter_nm[0]).sqrt();
    let cells: Vec<f64> = diameter_nm
        .iter()
        .zip(density_per_nm)
        .map(|(d, f)| f * d * (ratio - 1.0 / ratio))
        .collect();
    let all: f64 = cells.iter().sum();
    let (mut g, mut below) = (0, 0.0);
    let n = 4000;
    let mut sum = 0.0;
    for i in 0..n {
        let q = (f64::from(i) + 0.5) / f64::from(n);
        while g + 1 < cells.len() && below + cells[g] < q * all {
            below += cells[g];
            g += 1;
        }
        let inside = ((q * all - below) / cells[g].max(1e-300)).clamp(0.0, 1.0) - 0.5;
        sum += (diameter_nm[g] * ratio.powf(2.0 * inside) - true_quantile(q)).abs();
    }
    sum / f64::from(n)
}

/// Quantile function of a sample.
pub fn empirical(mut values: Vec<f64>) -> impl Fn(f64) -> f64 {
    values.sort_by(f64::total_cmp);
    move |q| values[((q * values.len() as f64) as usize).min(values.len() - 1)]
}

/// Trajectories that must not upset anything.
pub fn strange_trajectories() -> Vec<Trajectory> {
    let still = |precision: f64, n: u32| (0..n).map(|f| point(f, [5.0, 5.0], precision)).collect();
    let mut jump: Vec<TrackPoint> = still(0.04, 20);
    jump[10].spot.x_px = 1e9;
    let mut far: Vec<TrackPoint> = still(0.04, 20);
    far[3].spot.x_px = 1e300;
    let mut nan: Vec<TrackPoint> = still(0.04, 20);
    nan[2].spot.y_px = f64::NAN;
    let mut unsure: Vec<TrackPoint> = still(0.04, 20);
    unsure[2].spot.precision_px = f64::INFINITY;
    let mut timeless: Vec<TrackPoint> = still(0.04, 20);
    for (k, p) in timeless.iter_mut().enumerate() {
        p.time_s = 0.0;
        p.spot.x_px = 0.3 * (k as f64 * 1.7).sin();
    }
    let mut backwards = timeless.clone();
    for p in &mut backwards {
        p.time_s = -f64::from(p.frame.0);
    }
    let mut lost = timeless.clone();
    lost[19].time_s = f64::NAN;
    let wide_gap = vec![point(0, [0.0, 0.0], 0.1), point(u32::MAX, [1.0, 1.0], 0.1)];
    vec![
        still(0.04, 1),
        still(0.04, 2),
        still(0.0, 2),
        still(0.0, 30),
        still(0.04, 30),
        still(1e-200, 30),
        still(-0.04, 30),
        still(1e5, 30),
        jump,
        far,
        nan,
        unsure,
        timeless,
        backwards,
        lost,
        wide_gap,
    ]
    .into_iter()
    .map(from_points)
    .collect()
}
