//! Normal and Poisson numbers for the tests of statistics.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A seeded source of numbers.
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A count whose mean is `mean`.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        let (mut waited, mut n) = (0.0, 0.0);
        loop {
            waited -= self.uniform().ln();
            if waited > mean {
                return n;
            }
            n += 1.0;
        }
    }
}
