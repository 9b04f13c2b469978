//! Streams of random numbers that do not depend on the order in which they are asked for.
//!
//! Xoshiro256++: Blackman and Vigna 2021, doi:10.1145/3460772; the seeds are spread with the finaliser of SplitMix64
//! (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195).

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Where the tail of the normal sampler begins.
const TAIL: f64 = 3.654_152_885_361_008_5;

/// Step to which the tail is rounded.
const TAIL_STEP: f64 = 1.0 / (1_u64 << 30) as f64;

/// What a stream is for. The numbers are part of what a seed means: a new purpose gets a new number.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sizes = 1,
    Path = 2,
    Noise = 3,
    FixedPattern = 4,
    Stuck = 5,
    Faults = 6,
    Aggregates = 7,
    Dust = 8,
    Partners = 9,
}

/// The stream for one thing (a particle, a frame, ...) of one scene.
pub(crate) fn stream(seed: u64, purpose: Purpose, index: u64) -> Xoshiro256PlusPlus {
    let mut h = spread(seed);
    h = spread(h ^ purpose as u64);
    h = spread(h ^ index);
    Xoshiro256PlusPlus::seed_from_u64(h)
}

/// A standard normal number, the same on every machine.
///
/// The ziggurat of `rand_distr` takes its numbers from a table, apart from the one in 3,800 beyond [`TAIL`] that it makes
/// with the logarithm of the machine's own library. Those are rounded to 1e-9, so that a last bit does not show.
pub(crate) fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    let x: f64 = StandardNormal.sample(rng);
    if x.abs() < TAIL {
        x
    } else {
        (x / TAIL_STEP).round() * TAIL_STEP
    }
}

fn spread(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
