//! Whether the sizes change in the course of a film, and what that adds to their error.
//!
//! Tracks that follow one another in time may be more alike than chance: a liquid that warms, a cluster that drifts through the
//! view, one particle that comes back again and again. Resampling tracks one by one does not see that. So the tracks are put into
//! blocks of the film, and in each the diameters may be larger by a common factor `exp(delta)`: with the score s of each track (the
//! slope of its log-likelihood as the population moves in ln d) delta is `sum s / sum s^2` with the weight `w = sum s^2`. If
//! `Q = sum w delta^2` exceeds what chance explains (chi squared, 99 %), the variance between blocks is
//! `(Q - df) / (sum w - sum w^2 / sum w)` (DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2), and the whole inherits
//! `sum w^2 / (sum w)^2` of it.
//!
//! Differs from the paper in: what chance explains counts as nothing, so that most films keep the interval that their tracks give.

use crate::lattice::RATIO;
use crate::matrix::LikelihoodMatrix;

/// Blocks of a film, and the fewest tracks in each.
const BLOCKS: usize = 10;
const FEWEST_TRACKS: usize = 10;
const FEWEST_BLOCKS: usize = 3;
/// 99 % quantile of the normal distribution.
const Z99: f64 = 2.326_348;

/// Standard deviation, in the logarithm, that the diameters of a film inherit from differences between its parts. `first_frame` of
/// each track of the matrix; `population` is what they were found to be together.
pub(crate) fn between_blocks(
    matrix: &LikelihoodMatrix,
    population: &[f64],
    first_frame: &[u32],
) -> f64 {
    let tracks = matrix.tracks();
    let blocks = (tracks / FEWEST_TRACKS).min(BLOCKS);
    if blocks < FEWEST_BLOCKS {
        return 0.0;
    }
    let mut order: Vec<usize> = (0..tracks).collect();
    order.sort_by_key(|i| (first_frame[*i], *i));
    let [up, down] = [1, -1].map(|by| moved(population, by));
    let mut sums = vec![(0.0, 0.0); blocks];
    for (place, i) in order.into_iter().enumerate() {
        let score = (matrix.marginal(i, &up) / matrix.marginal(i, &down)).ln() / (2.0 * RATIO.ln());
        if score.is_finite() {
            let (sum, squares) = &mut sums[place * blocks / tracks];
            *sum += score;
            *squares += score * score;
        }
    }
    inherited(&sums)
}

/// The population with all diameters larger by some rungs.
fn moved(population: &[f64], by: isize) -> Vec<f64> {
    let at = |g: usize| g.checked_add_signed(-by).and_then(|g| population.get(g));
    (0..population.len())
        .map(|g| at(g).copied().unwrap_or(0.0))
        .collect()
}

/// From the sums of scores and of their squares of each block.
fn inherited(sums: &[(f64, f64)]) -> f64 {
    let sums: Vec<&(f64, f64)> = sums.iter().filter(|s| s.1 > 0.0).collect();
    let freedom = sums.len() as f64 - 1.0;
    let all: f64 = sums.iter().map(|s| s.1).sum();
    let squares: f64 = sums.iter().map(|s| s.1 * s.1).sum();
    let shift = sums.iter().map(|s| s.0).sum::<f64>() / all;
    let q: f64 = sums.iter().map(|s| (s.0 - s.1 * shift).powi(2) / s.1).sum();
    if !(freedom >= 1.0 && q > chi_squared_99(freedom)) {
        return 0.0;
    }
    let between = (q - freedom) / (all - squares / all);
    (between * squares).sqrt() / all
}

/// 99 % quantile (Wilson & Hilferty 1931, doi:10.1073/pnas.17.12.684; within 1 % from two degrees on).
fn chi_squared_99(freedom: f64) -> f64 {
    let c = 2.0 / (9.0 * freedom);
    freedom * (1.0 - c + Z99 * c.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    const RUNGS: usize = 200;

    /// Tracks with an error of 10 rungs of one size, whose place moves by `drift` rungs from the first to the last.
    fn of_film(seed: u64, tracks: usize, drift: f64) -> f64 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let places: Vec<f64> = (0..tracks)
            .map(|k| {
                let normal = (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
                100.0 + drift * (k as f64 / tracks as f64 - 0.5) + 10.0 * normal
            })
            .collect();
        let matrix = LikelihoodMatrix::bells(&places, 10.0, RUNGS);
        let first_frame: Vec<u32> = (0..tracks as u32).collect();
        let mut population = vec![0.0; RUNGS];
        for (g, f) in population.iter_mut().enumerate() {
            *f = (-0.5 * ((g as f64 - 100.0) / 3.0).powi(2)).exp();
        }
        let sum: f64 = population.iter().sum();
        population.iter_mut().for_each(|f| *f /= sum);
        between_blocks(&matrix, &population, &first_frame)
    }

    #[test]
    fn a_steady_film_keeps_the_interval_of_its_tracks() {
        let said = (0..300)
            .filter(|seed| of_film(*seed, 500, 0.0) > 0.0)
            .count();
        assert!(said <= 9, "{said} of 300");
        assert_eq!(of_film(1, 29, 50.0), 0.0);
        assert_eq!(of_film(1, 0, 0.0), 0.0);
    }

    #[test]
    fn sizes_that_change_over_the_film_widen_it() {
        // Ten blocks evenly over 12 rungs of 2 %: a standard deviation of 3.45 rungs, over the root of ten.
        let want = 12.0 * (99.0f64 / 1200.0).sqrt() * RATIO.ln() / 10f64.sqrt();
        let mean = (0..20).map(|seed| of_film(seed, 2000, 12.0)).sum::<f64>() / 20.0;
        assert!((mean / want - 1.0).abs() < 0.25, "{mean} for {want}");
    }

    #[test]
    fn quantiles_are_those_of_the_table() {
        for (freedom, want) in [(2.0, 9.210), (4.0, 13.277), (9.0, 21.666)] {
            let got = chi_squared_99(freedom);
            assert!((got / want - 1.0).abs() < 0.01, "{got} for {want}");
        }
    }
}
