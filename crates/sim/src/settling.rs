//! Gravity against diffusion: the barometric filling.
//!
//! A particle of buoyant mass m sinks at v = D / l with l = kT / (m g), and between reflecting walls the stationary
//! profile is n(z) ~ exp(-z / l) (Perrin 1909; Einstein 1906, doi:10.1002/andp.19063240208). z is the height above the
//! plane of focus; gravity points towards -z.
//!
//! The mass of an aggregate is that of its monomers; that of a single particle follows from the sphere of its
//! hydrodynamic diameter.

use crate::Scene;
use crate::random::normal;
use crate::sizes::Grain;
use nta_sizing::physics;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::PI;

/// Standard acceleration of gravity, m/s^2, exact (3rd CGPM 1901).
const GRAVITY_M_PER_S2: f64 = 9.806_65;

/// Below this a profile is even.
const EVEN: f64 = 1e-9;

/// Most parts into which the time between exposures is divided.
const MOST_PARTS: f64 = 1e4;

/// 1 / l of a particle, per um: positive for one that sinks, negative for one that floats.
pub(crate) fn decay_per_um(scene: &Scene, grain: &Grain) -> f64 {
    let d = grain.monomer_nm;
    let volume_nm3 = f64::from(grain.monomers) * PI / 6.0 * d * d * d;
    let heavier_g_per_ml = grain.density_g_per_ml - scene.medium_density_g_per_ml;
    // 1 g/mL is 1e3 kg/m^3 and 1 nm^3 is 1e-27 m^3.
    let mass_kg = heavier_g_per_ml * volume_nm3 * 1e-24;
    let kt_j = physics::BOLTZMANN_J_PER_K * (scene.temperature_c + physics::ZERO_CELSIUS_K);
    mass_kg * GRAVITY_M_PER_S2 / kt_j * 1e-6
}

/// Mean of exp(-z / l) from `-half_um` to `half_um`: sinh(x) / x with x = half / l.
pub(crate) fn mean_filling(decay_per_um: f64, half_um: f64) -> f64 {
    let x = decay_per_um * half_um;
    if x.abs() < EVEN {
        1.0
    } else {
        libm::sinh(x) / x
    }
}

/// Height of a particle from a uniform number: inverse of the cumulated exp(-z / l) between the walls.
pub(crate) fn starting_z_um(decay_per_um: f64, half_um: f64, u: f64) -> f64 {
    let x = decay_per_um * half_um;
    if x.abs() < EVEN {
        return half_um * (2.0 * u - 1.0);
    }
    -half_um - libm::log1p(u * libm::expm1(-2.0 * x)) / decay_per_um
}

/// The vertical motion of one particle between the walls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    pub half_um: f64,
    /// Velocity upwards, um/s: -D / l.
    pub rise_um_per_s: f64,
    /// Diffusion coefficient, um^2/s.
    pub diffusion_um2_per_s: f64,
}

impl Settling {
    /// Height after a time, um. The time is divided so that a part does not reach from wall to wall.
    pub(crate) fn advance(&self, z_um: f64, time_s: f64, rng: &mut Xoshiro256PlusPlus) -> f64 {
        let fifth = 0.2 * self.half_um;
        let parts = (2.0 * self.diffusion_um2_per_s * time_s / (fifth * fifth))
            .ceil()
            .clamp(1.0, MOST_PARTS);
        let mut z = z_um;
        for _ in 0..parts as u32 {
            z = self.step(z, time_s / parts, rng);
        }
        z
    }

    /// One step of Brownian motion with drift that a wall reflects, exact for one wall: the free path from a to b has
    /// the lowest point m = (a + b - sqrt((b - a)^2 - 2 s^2 ln U)) / 2, s^2 = 2 D t and U uniform (Brownian bridge; the
    /// drift has no part in it), and the reflected path ends at b + max(0, wall - m) (Skorokhod 1961,
    /// doi:10.1137/1106035). Hence the profile is stationary whatever the length of the step.
    fn step(&self, z_um: f64, time_s: f64, rng: &mut Xoshiro256PlusPlus) -> f64 {
        let variance = 2.0 * self.diffusion_um2_per_s * time_s;
        let free = z_um + self.rise_um_per_s * time_s + variance.sqrt() * normal(rng);
        let floor = self.half_um + z_um;
        let ceiling = self.half_um - z_um;
        let after = if floor <= ceiling {
            reflect(floor, self.half_um + free, variance, rng) - self.half_um
        } else {
            self.half_um - reflect(ceiling, self.half_um - free, variance, rng)
        };
        after.clamp(-self.half_um, self.half_um)
    }
}

/// End of a path from `a` to `b` above a reflecting wall at 0.
fn reflect(a: f64, b: f64, variance: f64, rng: &mut Xoshiro256PlusPlus) -> f64 {
    // The chance to touch the wall is exp(-2 a b / s^2): below 1e-17 it is left out.
    if b > 0.0 && a * b > 20.0 * variance {
        return b;
    }
    let u = 1.0 - rng.random::<f64>();
    let way = b - a;
    let lowest = 0.5 * (a + b - (way * way - 2.0 * variance * libm::log(u)).sqrt());
    b + (-lowest).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    /// A gold sphere of 100 nm in water at 25 C: 1 / l = 18.303e3 x 5.236e-22 x 9.80665 / 4.1164e-21 = 22831 per m.
    #[test]
    fn the_height_is_that_of_perrin() {
        let grain = Grain {
            density_g_per_ml: 19.3,
            ..Grain::single(0, 100.0)
        };
        let decay = decay_per_um(&Scene::standard(), &grain);
        assert!((decay / 0.022_831 - 1.0).abs() < 1e-3, "{decay}");
    }

    /// A particle as dense as the medium is spread evenly, and a nearly neutral one nearly so: quantiles.
    #[test]
    fn neutral_particles_are_spread_evenly() {
        for decay in [0.0, 1e-12, 1e-7, -1e-7] {
            for (u, want) in [(0.0, -8.0), (0.25, -4.0), (0.5, 0.0), (0.875, 6.0)] {
                let z = starting_z_um(decay, 8.0, u);
                assert!((z - want).abs() < 1e-5, "{z} for {want}");
            }
            assert!((mean_filling(decay, 8.0) - 1.0).abs() < 1e-9);
        }
    }

    /// Starting from the stationary profile, thousand steps of any length keep its mean, also where the profile is steep
    /// compared with the step: mean of exp(-z/l) on (-h, h) is l - h coth(h/l).
    #[test]
    fn steps_of_any_length_keep_the_profile() {
        for (decay, time_s) in [(0.3_f64, 0.01_f64), (2.0, 0.05), (-0.5, 1.0)] {
            let half_um = 10.0;
            let settling = Settling {
                half_um,
                rise_um_per_s: -5.0 * decay,
                diffusion_um2_per_s: 5.0,
            };
            let mut rng = stream(1, Purpose::Path, 0);
            let count = 20_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..count {
                let mut z = starting_z_um(decay, half_um, rng.random());
                for _ in 0..20 {
                    z = settling.advance(z, time_s, &mut rng);
                }
                sum += z;
                squares += z * z;
            }
            let n = f64::from(count);
            let mean = sum / n;
            let se = ((squares / n - mean * mean) / n).sqrt();
            let want = 1.0 / decay - half_um / (half_um * decay).tanh();
            assert!((mean - want).abs() < 4.0 * se, "{mean} for {want} +- {se}");
        }
    }
}
