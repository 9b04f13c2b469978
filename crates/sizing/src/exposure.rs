//! How long the shutter was open, from the motion itself.
//!
//! Neighbouring displacements share one exposure: `<dx_k dx_{k+1}> = D exposure/3 - s^2`, while
//! `<dx^2>/(2 dt) + <dx_k dx_{k+1}>/dt = D` whatever exposure and precision are. So
//! `exposure = 3 (C1 + s^2) / D`, or R = (C1 + s^2) / (2 D dt). Berglund 2010, doi:10.1103/PhysRevE.82.011917;
//! Vestergaard 2014, doi:10.1103/PhysRevE.89.022726.
//!
//! The standard error has two parts: scatter between tracks (of the ratio of sums over tracks), and that the stated
//! s^2 may be off by [`VARIANCE_DOUBT`] as a whole. Where the localisation error is not small, the second part is
//! larger than any exposure, and the film cannot tell.

use crate::sampling::Sampling;
use crate::steps::Steps;
use nta_core::Trajectory;

/// An exposure found from the film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExposureEstimate {
    /// Time during which the shutter was open, s; from 0 to the frame interval.
    pub exposure_s: f64,
    /// Its standard error, s.
    pub std_err_s: f64,
}

/// Relative standard uncertainty of the stated localisation variances as a whole. The prior of
/// [`crate::precision_scale`] is three times narrower, which is no contradiction: that prior keeps a fit in place that
/// would otherwise take up whatever is wrong with the motion, and what it leaves is a percent of size. Here a person is
/// told that a number of theirs is wrong, or an exposure goes into every size, so that this is what stated variances may be
/// off by: a sixth on simulated films of bright particles, more on faint ones (`docs/validation.md`), and real ones are no better.
pub const VARIANCE_DOUBT: f64 = 0.3;
/// The film cannot tell the exposure if the standard error is a larger share of the interval.
const WORST_SHARE: f64 = 0.15;
/// Fewer pairs of neighbouring displacements cannot tell anything.
const FEWEST_PAIRS: usize = 300;
/// An estimate this many standard errors outside of what a shutter can do means that the model is wrong.
const IMPOSSIBLE: f64 = 3.0;

/// Sums over one track, per axis.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// `D` times pairs, um^2/s.
    diffusion: f64,
    /// `C1 + s^2` times pairs, um^2.
    blur: f64,
    /// `s^2` times pairs, um^2.
    noise: f64,
    pairs: usize,
}

/// The exposure, or `None` where the film cannot tell: too few steps, too much localisation error, or motion that
/// no exposure explains.
pub fn estimate(trajectories: &[&Trajectory], frame_interval_s: f64) -> Option<ExposureEstimate> {
    let sampling = Sampling {
        frame_interval_s,
        exposure_s: 0.0,
    };
    sampling.check().ok()?;
    let all: Vec<Steps> = trajectories
        .iter()
        .filter_map(|t| Steps::of(t, sampling, 1.0).ok())
        .collect();
    let usual_um2 = usual_square_um2(&all)?;
    let sums: Vec<Sums> = all
        .iter()
        .map(|s| sums_of(s, usual_um2))
        .filter(|s| s.pairs > 0)
        .collect();
    let pairs: usize = sums.iter().map(|s| s.pairs).sum();
    let diffusion: f64 = sums.iter().map(|s| s.diffusion).sum();
    if pairs < FEWEST_PAIRS || diffusion <= 0.0 {
        return None;
    }
    let blur: f64 = sums.iter().map(|s| s.blur).sum();
    let noise: f64 = sums.iter().map(|s| s.noise).sum();
    let exposure_s = 3.0 * blur / diffusion;
    // Variance of a ratio of sums: squares of each track's part of `3 blur - exposure D`.
    let scatter: f64 = sums
        .iter()
        .map(|s| (3.0 * s.blur - exposure_s * s.diffusion).powi(2))
        .sum();
    let statistical = scatter.sqrt() / diffusion;
    let doubt = 3.0 * VARIANCE_DOUBT * noise / diffusion;
    let std_err_s = statistical.hypot(doubt);
    let outside = (-exposure_s).max(exposure_s - frame_interval_s);
    let tells = std_err_s < WORST_SHARE * frame_interval_s && outside < IMPOSSIBLE * std_err_s;
    tells.then(|| ExposureEstimate {
        exposure_s: exposure_s.clamp(0.0, frame_interval_s),
        std_err_s,
    })
}

/// A stated exposure is doubted if the film's own is so many standard errors away ...
const DOUBT_ERRORS: f64 = 4.0;
/// ... and the size would change by at least this share.
const DOUBT_SIZE: f64 = 0.05;

/// A stated exposure that the motion contradicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contradiction {
    /// What the motion looks like.
    pub found: ExposureEstimate,
    /// Diameters with the stated exposure over those with the one found.
    pub size_factor: f64,
}

/// Whether the motion contradicts the exposure of `sampling`. Drift that is left in, and positions that remember those
/// before, look like a longer exposure: rule them out first (see [`crate::causes`]).
pub fn contradiction(trajectories: &[&Trajectory], sampling: Sampling) -> Option<Contradiction> {
    let found = estimate(trajectories, sampling.frame_interval_s)?;
    let rest_s = |exposure_s: f64| 3.0 * sampling.frame_interval_s - exposure_s;
    let off = sampling.exposure_s - found.exposure_s;
    let size_factor = rest_s(sampling.exposure_s) / rest_s(found.exposure_s);
    let doubtful = off.abs() > DOUBT_ERRORS * found.std_err_s;
    (doubtful && (size_factor - 1.0).abs() > DOUBT_SIZE)
        .then_some(Contradiction { found, size_factor })
}

/// Squared displacement per axis.
fn square_um2(steps: &Steps, k: usize) -> f64 {
    0.5 * (steps.dx_um[k].powi(2) + steps.dy_um[k].powi(2))
}

/// Median of the squared displacements that are not bridged; `None` if there is none or nothing moves.
fn usual_square_um2(all: &[Steps]) -> Option<f64> {
    let mut squares: Vec<f64> = all
        .iter()
        .flat_map(|s| s.used().map(|k| square_um2(s, k)))
        .collect();
    squares.sort_by(f64::total_cmp);
    squares.get(squares.len() / 2).copied().filter(|s| *s > 0.0)
}

/// Sums over the pairs of a track. A pair counts the less the larger the stated errors of its positions are beside the
/// usual displacement, as few spots that are hardly known would otherwise decide.
fn sums_of(steps: &Steps, usual_um2: f64) -> Sums {
    let mut out = Sums::default();
    for k in 0..steps.len() - 1 {
        if steps.bridged[k] || steps.bridged[k + 1] {
            continue;
        }
        let product =
            0.5 * (steps.dx_um[k] * steps.dx_um[k + 1] + steps.dy_um[k] * steps.dy_um[k + 1]);
        let span = 0.5 * (steps.span_s[k] + steps.span_s[k + 1]);
        let noise = steps.variance_um2[k + 1];
        let errors = steps.variance_um2[k] + 2.0 * noise + steps.variance_um2[k + 2];
        let weight = (usual_um2 / (usual_um2 + errors)).powi(2);
        out.diffusion +=
            weight * (0.25 * (square_um2(steps, k) + square_um2(steps, k + 1)) + product) / span;
        out.blur += weight * (product + noise);
        out.noise += weight * noise;
        out.pairs += 1;
    }
    out
}
