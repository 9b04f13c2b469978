//! What may be wrong with the motion: one number for each cause, chosen so that the other causes leave it alone.
//!
//! - Drift that is left in: products of displacements of different particles ([`motion`]); whatever particles, errors and
//!   exposure are by themselves, these have the squared velocity that all share as their mean. Flow that differs from
//!   place to place: products of displacements of one particle that are several frames apart.
//! - Wrong links: displacements that the track before them makes hardly possible ([`surprise`]).
//! - Positions that remember, as in a compressed film: the product of a displacement and the next but one, beyond what a
//!   lasting velocity gives. Free diffusion has none, whatever exposure and errors are; they show in neighbours only
//!   (Berglund 2010, doi:10.1103/PhysRevE.82.011917).
//!
//! A wrong exposure is what neighbours show where none of these is found; see [`crate::exposure`].

pub(crate) mod findings;
mod motion;
mod surprise;

use crate::distribution::PopulationData;
use crate::goodness::{MOST_TRACKS, posterior};
use crate::steps::Steps;

/// A number with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard error if the motion is free diffusion.
    pub std_err: f64,
}

impl Measured {
    /// So many standard errors above zero.
    pub fn z(&self) -> f64 {
        if self.std_err > 0.0 {
            self.value / self.std_err
        } else {
            0.0
        }
    }
}

/// What may be wrong with the motion. All four are zero on average if it is free diffusion; absent with too little to go
/// by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Causes {
    /// Squared velocity that all particles share for about two seconds, (um/s)^2.
    pub shared_um2_per_s2: Option<Measured>,
    /// Squared velocity that a particle keeps for some frames, (um/s)^2.
    pub kept_um2_per_s2: Option<Measured>,
    /// Correlation of a displacement with the next but one, without that of a velocity that is kept.
    pub memory: Option<Measured>,
    /// Share of displacements that are too long for their tracks, beyond what chance makes so.
    pub too_long: Option<Measured>,
    /// By how much a squared velocity makes particles look smaller, as a share of the diameter, per (um/s)^2.
    pub size_per_um2_per_s2: f64,
}

/// A track with where it is in its film.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Its displacements.
    pub steps: &'a Steps,
    /// Its capture.
    pub capture: usize,
    /// Frame of its first position.
    pub first_frame: u32,
}

/// Measures all. `fraction` is the fitted population per track.
pub fn measure(
    tracks: &[Placed<'_>],
    data: &PopulationData<'_>,
    diffusion_um2_per_s: &[f64],
    fraction: &[f64],
) -> Causes {
    let stride = tracks.len().div_ceil(MOST_TRACKS).max(1);
    let mut shared = motion::Shared::default();
    let mut kept = motion::Kept::default();
    let (mut slope, mut square) = (0.0, 0.0);
    let mut surprise = surprise::Surprise::over(diffusion_um2_per_s, fraction);
    for (i, track) in tracks.iter().enumerate().step_by(stride) {
        let posterior = posterior(data, i, diffusion_um2_per_s, fraction);
        shared.add(track, &posterior);
        kept.add(track.steps, &posterior);
        surprise.add(track.steps);
        let mean: f64 = posterior.iter().map(|(d, p)| d * p).sum();
        for k in track.steps.used() {
            slope += 2.0 * mean * track.steps.variance_line(k).1;
            square += track.steps.span_s[k].powi(2);
        }
    }
    let (kept_um2_per_s2, memory) = kept.read();
    Causes {
        shared_um2_per_s2: shared.read(),
        kept_um2_per_s2,
        memory,
        too_long: surprise.read(),
        // v^2 dt^2 on top of 4 D (dt - exposure/3), in two dimensions.
        size_per_um2_per_s2: if slope > 0.0 { square / slope } else { 0.0 },
    }
}
