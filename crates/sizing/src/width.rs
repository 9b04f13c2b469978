//! How narrow, and how wide, a single population may be.
//!
//! Where the width cannot be told from zero, a fit comes out either as narrow as its grid allows or wider than the
//! particles are, by what the smoothing happened to be; all resamples share that, so their spread says nothing of it.
//! The tracks do: along log-normal populations of width w, each at its
//! best centre, those are allowed whose log-likelihood is within 1.92 of the best (95 %, Wilks 1938,
//! doi:10.1214/aoms/1177732360).

use crate::lattice::{Lattice, RATIO};
use crate::matrix::LikelihoodMatrix;

/// Standard deviations of ln d tried: from what one rung cannot resolve, in steps of a quarter.
const NARROWEST: f64 = 0.012;
const STEP: f64 = 1.25;
const WIDEST: f64 = 0.8;
/// Half of the 95 % quantile of chi squared with one degree of freedom.
const HALF_CHI2_95: f64 = 1.920_729;
/// Parabolas drawn to find the best centre for a width.
const ROUNDS: usize = 3;
/// Tracks that are enough; more are thinned out evenly and count for those left out.
const MOST_TRACKS: usize = 2000;

/// Least and largest coefficient of variation that the tracks allow for a single log-normal population near
/// `median_nm`; the least is 0 if uniform particles are allowed.
pub(crate) fn allowed_cv(
    matrix: &LikelihoodMatrix,
    lattice: &Lattice,
    median_nm: f64,
) -> Option<[f64; 2]> {
    let mut centre = median_nm.ln();
    let mut seen: Vec<(f64, f64)> = Vec::new();
    let mut width = NARROWEST;
    while width < WIDEST {
        let (at, ln_likelihood) = best_centre(matrix, lattice, centre, width);
        centre = at;
        seen.push((width, ln_likelihood));
        width *= STEP;
    }
    let best = seen.iter().map(|s| s.1).fold(f64::NEG_INFINITY, f64::max);
    let target = best - HALF_CHI2_95;
    let first = seen.iter().position(|s| s.1 >= target)?;
    let last = seen.iter().rposition(|s| s.1 >= target)?;
    let least = match first {
        0 => 0.0,
        i => crossing(seen[i - 1], seen[i], target),
    };
    let most = match seen.get(last + 1) {
        None => seen[last].0,
        Some(beyond) => crossing(*beyond, seen[last], target),
    };
    let cv = |width: f64| ((width * width).exp() - 1.0).sqrt();
    Some([cv(least), cv(most)])
}

/// Width between one that is not allowed and its neighbour that is, in proportion.
fn crossing(outside: (f64, f64), inside: (f64, f64), target: f64) -> f64 {
    let share = ((target - outside.1) / (inside.1 - outside.1)).clamp(0.0, 1.0);
    outside.0 + share * (inside.0 - outside.0)
}

fn best_centre(matrix: &LikelihoodMatrix, lattice: &Lattice, start: f64, width: f64) -> (f64, f64) {
    let rung = RATIO.ln();
    let value = |centre: f64| ln_likelihood(matrix, lattice, centre, width);
    let (mut centre, mut top) = (start, value(start));
    for _ in 0..ROUNDS {
        let (left, right) = (value(centre - rung), value(centre + rung));
        let bend = left - 2.0 * top + right;
        let move_by = if bend < 0.0 {
            (0.5 * rung * (left - right) / bend).clamp(-3.0 * rung, 3.0 * rung)
        } else {
            rung * (right - left).signum()
        };
        let there = value(centre + move_by);
        if there.is_nan() || there <= top {
            break;
        }
        (centre, top) = (centre + move_by, there);
    }
    (centre, top)
}

fn ln_likelihood(matrix: &LikelihoodMatrix, lattice: &Lattice, centre: f64, width: f64) -> f64 {
    let shares: Vec<f64> = lattice
        .diameters_nm()
        .iter()
        .map(|d| (-0.5 * ((d.ln() - centre) / width).powi(2)).exp())
        .collect();
    let sum: f64 = shares.iter().sum();
    let stride = matrix.tracks().div_ceil(MOST_TRACKS).max(1);
    let tracks = (0..matrix.tracks()).step_by(stride);
    let n = tracks.len() as f64;
    let total: f64 = tracks.map(|i| matrix.marginal(i, &shares).ln()).sum();
    (total / n - sum.ln()) * matrix.tracks() as f64
}
