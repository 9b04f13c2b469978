//! Diffusion estimators: one trajectory, one D.
//!
//! The population methods of [`crate::distribution`] work on the exact likelihood of every trajectory, not on these
//! numbers; an estimate is what the table of particles shows, and what the `raw` distribution is made of.

mod cve;
mod lag_one;
mod mle;
mod msd;

use crate::steps::Steps;
use nta_core::TrackId;
use nta_core::method::{Entry, Params};

/// What one trajectory says of its diffusion coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiffusionEstimate {
    /// The track it was.
    pub track: TrackId,
    /// Diffusion coefficient, um^2/s. Signed for estimators that can go below zero: dropping or clipping negative
    /// values would bias every average over tracks.
    pub diffusion_um2_per_s: f64,
    /// Its standard error, um^2/s.
    pub std_err_um2_per_s: f64,
    /// 95 % interval of D, um^2/s; the ends are never negative.
    pub ci95_um2_per_s: [f64; 2],
    /// Localisation variance per axis, um^2: the mean that was used, or what the estimator found.
    pub localization_variance_um2: f64,
    /// Number of displacements it is made of.
    pub n_displacements: usize,
}

/// Estimates D of one trajectory.
pub trait DiffusionEstimator: Send + Sync {
    /// The estimate, or `None` where the trajectory is too short for this estimator.
    fn estimate(&self, steps: &Steps) -> Option<DiffusionEstimate>;
}

/// Builds an estimator.
pub type MakeEstimator = fn(&Params) -> Box<dyn DiffusionEstimator>;

/// All estimators; the first is the default.
pub static ESTIMATORS: &[Entry<MakeEstimator>] =
    &[mle::ENTRY, cve::ENTRY, msd::ENTRY, lag_one::ENTRY];

/// Half the width of a two-sided 95 % interval of the normal distribution, in standard errors.
pub const Z95: f64 = 1.959_964;

/// An estimate with a symmetric normal interval, cut at zero; `None` unless all is finite.
fn with_normal_interval(
    steps: &Steps,
    n_displacements: usize,
    diffusion: f64,
    variance: f64,
    localization_variance_um2: f64,
) -> Option<DiffusionEstimate> {
    let std_err = variance.max(0.0).sqrt();
    let half = Z95 * std_err;
    (diffusion.is_finite() && std_err.is_finite()).then_some(DiffusionEstimate {
        track: steps.track,
        diffusion_um2_per_s: diffusion,
        std_err_um2_per_s: std_err,
        ci95_um2_per_s: [(diffusion - half).max(0.0), (diffusion + half).max(0.0)],
        localization_variance_um2,
        n_displacements,
    })
}
