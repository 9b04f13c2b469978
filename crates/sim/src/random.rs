//! Streams of random numbers that do not depend on the order in which they are asked for.
//!
//! Xoshiro256++: Blackman and Vigna 2021, doi:10.1145/3460772; the seeds are spread with the finaliser of SplitMix64
//! (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195).

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is for. The numbers are part of what a seed means: a new purpose gets a new number.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sizes = 1,
    Path = 2,
    Noise = 3,
    FixedPattern = 4,
    Stuck = 5,
    Faults = 6,
}

/// The stream for one thing (a particle, a frame, ...) of one scene.
pub(crate) fn stream(seed: u64, purpose: Purpose, index: u64) -> Xoshiro256PlusPlus {
    let mut h = spread(seed);
    h = spread(h ^ purpose as u64);
    h = spread(h ^ index);
    Xoshiro256PlusPlus::seed_from_u64(h)
}

fn spread(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
