//! One common factor on all localisation variances, found from the tracks themselves.
//!
//! How right the standard errors of the positions are on simulated films is in `docs/validation.md`, positions by signal to
//! noise; on real ones they may be less so.
//! The factor k maximises the marginal likelihood `sum_i ln sum_g p_g L_ig(k)`, with the population p fitted anew
//! for each k, plus a normal prior on ln k. A rise of k lowers D most for small displacements, so slow or noisy
//! tracks decide; where the localisation error does not matter, the prior keeps k at 1.

use crate::distribution::PopulationData;
use crate::lattice::Lattice;
use crate::matrix::LikelihoodMatrix;
use crate::steps::Steps;

/// What the film says of the stated precisions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionScale {
    /// All squared precisions are to be multiplied by this.
    pub variance_factor: f64,
    /// Standard error of the logarithm of the factor, prior included.
    pub ln_std_err: f64,
    /// The search ended on its bound of e^-1.5 or e^1.5: the model does not describe the film.
    pub on_bound: bool,
}

impl PrecisionScale {
    /// The stated precisions as they are.
    pub const UNCHANGED: Self = Self {
        variance_factor: 1.0,
        ln_std_err: 0.0,
        on_bound: false,
    };
}

/// Standard deviation of ln k before the film is seen.
pub(crate) const PRIOR_SD: f64 = 0.1;
/// Furthest that ln k may go.
const BOUND: f64 = 1.5;
/// Tracks that are enough to find one number; more are thinned out evenly.
const MOST_TRACKS: usize = 1000;
/// Every so many rungs of the lattice are used.
const COARSER: usize = 2;
/// Steps of expectation-maximisation for every k.
const EM_STEPS: usize = 60;
/// Places where the search begins.
const SCAN: [f64; 7] = [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5];

/// Finds the factor. `tracks` with their precisions as stated.
pub fn profile(
    tracks: &[&Steps],
    lattice: &Lattice,
    diffusion_times_diameter: f64,
) -> PrecisionScale {
    let thinned: Vec<&Steps> = thin(tracks);
    let matters = thinned.iter().any(|s| s.mean_variance_um2() > 0.0);
    if thinned.is_empty() || !matters {
        return PrecisionScale::UNCHANGED;
    }
    // Long tracks have likelihoods narrower than a coarse rung.
    let longest = thinned.iter().map(|s| s.len()).max().unwrap_or(0);
    let stride = if longest > 300 { 1 } else { COARSER };
    let diffusion: Vec<f64> = lattice
        .diffusion_um2_per_s(diffusion_times_diameter)
        .into_iter()
        .step_by(stride)
        .collect();
    let objective = |ln_k: f64| {
        marginal(&thinned, &diffusion, lattice, ln_k.exp()) - 0.5 * (ln_k / PRIOR_SD).powi(2)
    };
    let mut seen: Vec<(f64, f64)> = SCAN.iter().map(|x| (*x, objective(*x))).collect();
    for step in [0.25, 0.125, 0.0625] {
        let (x, _) = best(&seen);
        for side in [x - step, x + step] {
            if side.abs() <= BOUND {
                seen.push((side, objective(side)));
            }
        }
    }
    vertex(&mut seen)
}

fn thin<'a>(tracks: &[&'a Steps]) -> Vec<&'a Steps> {
    let stride = tracks.len().div_ceil(MOST_TRACKS).max(1);
    tracks.iter().step_by(stride).copied().collect()
}

fn best(seen: &[(f64, f64)]) -> (f64, f64) {
    seen.iter()
        .copied()
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.abs().total_cmp(&a.0.abs())))
        .unwrap_or((0.0, 0.0))
}

/// Top of the parabola through the best place and its neighbours, and its curvature.
fn vertex(seen: &mut [(f64, f64)]) -> PrecisionScale {
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (x, y) = best(seen);
    let i = seen.iter().position(|s| s.0 == x).unwrap_or(0);
    let on_bound = i == 0 || i + 1 == seen.len();
    let mut out = PrecisionScale {
        variance_factor: x.exp(),
        ln_std_err: PRIOR_SD,
        on_bound,
    };
    if on_bound {
        return out;
    }
    let (xl, yl) = seen[i - 1];
    let (xr, yr) = seen[i + 1];
    // Divided differences, for neighbours at unequal distances.
    let (left, right) = ((y - yl) / (x - xl), (yr - y) / (xr - x));
    let curvature = 2.0 * (right - left) / (xr - xl);
    if curvature < 0.0 {
        let slope_at_x = (left * (xr - x) + right * (x - xl)) / (xr - xl);
        let top = (x - slope_at_x / curvature).clamp(xl, xr);
        out.variance_factor = top.exp();
        out.ln_std_err = (-1.0 / curvature).sqrt().min(PRIOR_SD);
    }
    out
}

fn marginal(tracks: &[&Steps], diffusion: &[f64], lattice: &Lattice, factor: f64) -> f64 {
    let scaled: Vec<Steps> = tracks
        .iter()
        .map(|s| s.with_variance_factor(factor))
        .collect();
    let matrix = LikelihoodMatrix::of(scaled.iter(), diffusion);
    let ones = vec![1.0; matrix.tracks()];
    let data = PopulationData {
        lattice,
        diffusion_um2_per_s: diffusion,
        matrix: &matrix,
        presence_frames: &ones,
        diameter_nm: &[],
        visits: None,
        lag_one: &[],
    };
    let Some(f) = crate::distribution::rough_population(&data, EM_STEPS) else {
        return f64::NEG_INFINITY;
    };
    (0..matrix.tracks())
        .map(|i| matrix.marginal(i, &f).ln() + matrix.ln_scale(i))
        .sum()
}
