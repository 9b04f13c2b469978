//! Electrons, noise, counts.
//!
//! Number of electrons in a pixel: Poisson with the mean of the light, plus normal noise of reading. Below
//! [`EXACT_BELOW_E`] electrons the Poisson number is drawn exactly, by inversion. Above, shot and read noise are drawn as
//! one variable x = m + s u + b (u^2 - 1) with u standard normal, b = m / (6 (m + r^2)) and s^2 = m + r^2 - 2 b^2: its mean
//! and variance are those of Poisson plus reading exactly, its third moment to order b^2 (the first term of Cornish and
//! Fisher 1938, doi:10.2307/1400905). One normal per pixel makes it fast.

use crate::{Camera, random};
use ndarray::Array2;
use nta_core::Pixels;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Mean number of electrons below which Poisson numbers are drawn exactly.
const EXACT_BELOW_E: f32 = 30.0;

/// No Poisson number of a mean below 30 is larger, short of one in 1e30.
const LARGEST_EXACT: u32 = 120;

/// The sensor with its fixed pattern.
#[derive(Clone, Debug)]
pub(crate) struct Sensor {
    camera: Camera,
    ceiling_counts: u16,
    /// Electrons per count of light, per pixel.
    gain: Array2<f32>,
    /// Count of a dark pixel, plus half a count for rounding.
    offset: Array2<f32>,
}

impl Sensor {
    /// `size` is (rows, columns).
    pub(crate) fn new(
        camera: &Camera,
        ceiling_counts: u16,
        size: (usize, usize),
        rng: &mut Xoshiro256PlusPlus,
    ) -> Self {
        let mut vary = |middle: f64, sd: f64| {
            Array2::from_shape_simple_fn(size, || (middle + sd * random::normal(rng)) as f32)
        };
        let gain = camera.gain_e_per_count;
        Self {
            gain: vary(gain, gain * camera.fixed_gain_fraction).mapv_into(|g| g.max(0.0)),
            offset: vary(camera.offset_counts + 0.5, camera.fixed_offset_counts),
            camera: *camera,
            ceiling_counts,
        }
    }

    /// Takes a picture of the light (counts of an even sensor without noise).
    pub(crate) fn expose(&self, light: &Array2<f32>, rng: &mut Xoshiro256PlusPlus) -> Pixels {
        let per_count = (1.0 / self.camera.gain_e_per_count) as f32;
        let read_e = self.camera.read_noise_e as f32;
        let mut counts = Array2::<u16>::zeros(light.dim());
        ndarray::Zip::from(&mut counts)
            .and(light)
            .and(&self.gain)
            .and(&self.offset)
            .for_each(|count, light, gain, offset| {
                let mean_e = (light * gain).max(0.0);
                let electrons = if self.camera.shot_noise {
                    draw_electrons(mean_e, read_e, rng)
                } else {
                    mean_e + read_e * normal(rng)
                };
                // The cast cuts off at zero and drops the fraction.
                *count = ((offset + electrons * per_count) as u16).min(self.ceiling_counts);
            });
        if self.camera.bit_depth <= 8 {
            Pixels::U8(counts.mapv(|c| c.min(255) as u8))
        } else {
            Pixels::U16(counts)
        }
    }
}

/// Electrons read from a pixel: Poisson of mean `mean_e`, plus normal noise of `read_e`.
fn draw_electrons(mean_e: f32, read_e: f32, rng: &mut Xoshiro256PlusPlus) -> f32 {
    if mean_e < EXACT_BELOW_E {
        return poisson(mean_e, rng) as f32 + read_e * normal(rng);
    }
    let variance = mean_e + read_e * read_e;
    let bend = mean_e / (6.0 * variance);
    let u = normal(rng);
    mean_e + (variance - 2.0 * bend * bend).sqrt() * u + bend * (u * u - 1.0)
}

/// Poisson number by inversion: the first k whose cumulated probability exceeds a uniform number.
fn poisson(mean: f32, rng: &mut Xoshiro256PlusPlus) -> u32 {
    let mean = f64::from(mean);
    let u: f64 = rng.random();
    let mut k = 0;
    let mut probability = libm::exp(-mean);
    let mut cumulated = probability;
    while u >= cumulated && k < LARGEST_EXACT {
        k += 1;
        probability *= mean / f64::from(k);
        cumulated += probability;
    }
    k
}

fn normal(rng: &mut Xoshiro256PlusPlus) -> f32 {
    random::normal(rng) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    /// Mean, variance and third central moment of Poisson plus reading: m, m + r^2, m. Tolerances are four standard
    /// errors of 200,000 draws.
    #[test]
    fn electrons_have_the_moments_of_poisson_and_reading() {
        let n = 200_000;
        for (i, (mean, read)) in [
            (0.5_f32, 0.0_f32),
            (5.0, 2.0),
            (29.9, 0.0),
            (30.1, 0.0),
            (31.0, 4.0),
            (400.0, 4.0),
        ]
        .into_iter()
        .enumerate()
        {
            let mut rng = stream(1, Purpose::Noise, i as u64);
            let draws: Vec<f64> = (0..n)
                .map(|_| f64::from(draw_electrons(mean, read, &mut rng)))
                .collect();
            let m = draws.iter().sum::<f64>() / f64::from(n);
            let moment = |p: i32| draws.iter().map(|x| (x - m).powi(p)).sum::<f64>() / f64::from(n);
            let (mean, read) = (f64::from(mean), f64::from(read));
            let variance = mean + read * read;
            let se = (variance / f64::from(n)).sqrt();
            assert!((m - mean).abs() < 4.0 * se, "mean {m} for {mean}");
            let kurtosis = 2.0 + mean / (variance * variance);
            let se = variance * (kurtosis / f64::from(n)).sqrt();
            assert!(
                (moment(2) - variance).abs() < 4.0 * se,
                "variance {} for {variance}",
                moment(2)
            );
            let se = (15.0 * variance.powi(3) / f64::from(n)).sqrt() * 1.5;
            assert!(
                (moment(3) - mean).abs() < 4.0 * se,
                "third {} for {mean}",
                moment(3)
            );
        }
    }

    #[test]
    fn counts_stop_at_the_ceiling_and_at_zero() {
        let camera = Camera {
            bit_depth: 12,
            read_noise_e: 40.0,
            offset_counts: 0.0,
            ..Camera::default()
        };
        let mut rng = stream(1, Purpose::Noise, 0);
        let sensor = Sensor::new(&camera, 4095, (20, 20), &mut rng);
        let bright = sensor.expose(&Array2::from_elem((20, 20), 1e5), &mut rng);
        assert!(matches!(&bright, Pixels::U16(a) if a.iter().all(|c| *c == 4095)));
        let dark = sensor.expose(&Array2::zeros((20, 20)), &mut rng);
        assert!(
            matches!(&dark, Pixels::U16(a) if a.iter().any(|c| *c == 0) && a.iter().all(|c| *c < 30))
        );
        let nonsense = sensor.expose(&Array2::from_elem((20, 20), f32::NAN), &mut rng);
        assert_eq!(nonsense.dim(), (20, 20));
    }
}
