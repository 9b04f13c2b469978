//! Small films with a known truth, for the tests of this crate.

use crate::film::{Film, FilmOptions};
use crate::model::{Flat, Frame, FrameIndex, Pixels};
use ndarray::Array2;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A camera and what it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Light behind the spots, counts.
    pub(crate) background: f64,
    /// Electrons per count; infinite for a camera without shot noise.
    pub(crate) gain: f64,
    /// Read noise, counts.
    pub(crate) read_noise: f64,
    /// Highest count.
    pub(crate) ceiling: u16,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            height: 300,
            width: 300,
            background: 20.0,
            gain: 10.0,
            read_noise: 1.0,
            ceiling: 255,
        }
    }
}

/// A Gaussian spot: row, column, height in counts, width in px.
pub(crate) type Truth = (f64, f64, f64, f64);

impl Scene {
    /// Noise of an empty pixel, counts.
    pub(crate) fn noise(&self) -> f64 {
        (self.background / self.gain + self.read_noise.powi(2) + 1.0 / 12.0).sqrt()
    }

    /// One frame of these spots, each integrated by its value at the pixel's centre.
    pub(crate) fn frame(&self, index: u32, spots: &[Truth]) -> Frame {
        let mut light = Array2::from_elem((self.height, self.width), self.background);
        for (y, x, height, width) in spots {
            let reach = 6.0 * width;
            let from = |c: f64| (c - reach).max(0.0) as usize;
            let to = |c: f64, n: usize| ((c + reach).max(0.0) as usize + 1).min(n);
            for i in from(*y)..to(*y, self.height) {
                for j in from(*x)..to(*x, self.width) {
                    let r2 = (i as f64 - y).powi(2) + (j as f64 - x).powi(2);
                    light[[i, j]] += height * (-0.5 * r2 / (width * width)).exp();
                }
            }
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1000 + u64::from(index));
        let read = Normal::new(0.0, self.read_noise).expect("a noise that is not negative");
        let pixels = light.mapv(|counts| {
            let shot = if self.gain.is_finite() && counts > 0.0 {
                let electrons = Poisson::new(counts * self.gain).expect("some light");
                electrons.sample(&mut random) / self.gain
            } else {
                counts
            };
            let value = shot + read.sample(&mut random);
            value.round().clamp(0.0, f64::from(self.ceiling)) as u16
        });
        Frame {
            index: FrameIndex(index),
            time_s: f64::from(index) / 30.0,
            pixels: if self.ceiling <= 255 {
                Pixels::U8(pixels.mapv(|v| v as u8))
            } else {
                Pixels::U16(pixels)
            },
        }
    }

    /// What is learned from frames of this scene.
    pub(crate) fn learn(&self, frames: &[Frame]) -> (Film, Vec<Flat>, Vec<crate::Finding>) {
        let sample: Vec<(FrameIndex, Pixels)> =
            frames.iter().map(|f| (f.index, f.pixels.clone())).collect();
        Film::learn(&sample, &sample, self.ceiling, &FilmOptions::default())
    }
}

/// Evenly drawn numbers in [0, 1) for placing spots, from a seed.
pub(crate) fn places(seed: u64, n: usize) -> Vec<f64> {
    use rand::RngExt;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n).map(|_| random.random::<f64>()).collect()
}

/// Spots on a jittered grid that moves from frame to frame, so that none of them rests.
pub(crate) fn grid(scene: &Scene, frame: u32, pitch: f64, height: f64, width: f64) -> Vec<Truth> {
    let rows = ((scene.height as f64 - pitch) / pitch) as usize;
    let cols = ((scene.width as f64 - pitch) / pitch) as usize;
    let jitter = places(u64::from(frame) + 7, 2 * rows * cols);
    (0..rows * cols)
        .map(|k| {
            let shift = |v: f64| 0.5 * pitch * (v - 0.5);
            let y = (0.75 + (k / cols) as f64) * pitch + shift(jitter[2 * k]);
            let x = (0.75 + (k % cols) as f64) * pitch + shift(jitter[2 * k + 1]);
            (y, x, height, width)
        })
        .collect()
}
