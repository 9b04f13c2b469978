//! Distributions: many tracks, one population.
//!
//! `penalised` and `npmle` maximise `sum_i ln sum_g f_g L_i(d_g)`, where `L_i` is the exact likelihood of track i. They
//! differ in what keeps f from breaking up into spikes. Turning each track into a size by itself (`raw`) convolves
//! the truth with the error of a single track, some 20-30 %. `walker` and `ftla` are what other programs do against
//! that, with no more of a track than its mean squared displacement; they are here to compare with.

mod average;
pub(crate) mod basis;
mod ftla;
mod histogram;
mod lag_one;
mod mixture;
mod npmle;
mod penalised;
mod raw;
mod walker;

use crate::depth;
use crate::lattice::Lattice;
use crate::matrix::{LikelihoodMatrix, normalised};
use crate::visits::Visits;
pub use lag_one::LagOne;
pub(crate) use npmle::{expectation_maximisation, rough_population};
use nta_core::method::{Entry, Params};

/// What a population is inferred from.
#[derive(Clone, Copy, Debug)]
pub struct PopulationData<'a> {
    /// The ladder of diameters.
    pub lattice: &'a Lattice,
    /// Diffusion coefficients of its rungs, um^2/s.
    pub diffusion_um2_per_s: &'a [f64],
    /// Likelihood of every track.
    pub matrix: &'a LikelihoodMatrix,
    /// Frames in which each track was present.
    pub presence_frames: &'a [f64],
    /// All visits, brief ones too, for the numbers; `None` where the tracks are all there is.
    pub visits: Option<&'a Visits>,
    /// Diameter of each track from its own estimate, nm, where it has one.
    pub diameter_nm: &'a [Option<f64>],
    /// Mean squared displacement of each track.
    pub lag_one: &'a [LagOne],
}

/// A fitted population.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Share of the tracks at each rung, sum 1.
    pub per_track: Vec<f64>,
    /// Share of the particles at each rung, sum 1: every track weighs as many frames as it was present, because a
    /// small particle leaves sooner and comes back more often as a new track.
    pub number: Vec<f64>,
    /// Strength of the smoothing that the data asked for, where the method has one.
    pub smoothing: Option<f64>,
    /// The method's own coefficients, to start a neighbouring fit from.
    pub state: Vec<f64>,
}

/// Infers a population.
pub trait DistributionMethod: Send + Sync {
    /// The population, each track counted `count` times. `None` if there is nothing to fit.
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit>;

    /// The same for counts near to those of `near`: keeps its smoothing and starts from its coefficients.
    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit>;

    /// The number of peaks means something (the method does not break smooth populations up).
    fn peaks_count(&self) -> bool;
}

/// Builds a distribution method.
pub type MakeDistribution = fn(&Params) -> Box<dyn DistributionMethod>;

/// All distribution methods; the first is the default.
pub static DISTRIBUTIONS: &[Entry<MakeDistribution>] = &[
    average::ENTRY,
    penalised::ENTRY,
    mixture::ENTRY,
    npmle::ENTRY,
    raw::ENTRY,
    walker::ENTRY,
    ftla::ENTRY,
];

/// Adds the number weighting to fractions per track: `c_g ~ sum_i n_i pi_ig / h_g` over all visits with their posterior under the
/// unweighted fit and the relative depth of view h (see `visits` and `depth`). (Weighting the likelihood itself by `n_i` is
/// consistent too, but noisier.)
fn weighted(
    data: &PopulationData<'_>,
    counts: &[f64],
    per_track: Vec<f64>,
    smoothing: Option<f64>,
    state: Vec<f64>,
) -> Option<Fit> {
    let per_track = normalised(per_track)?;
    let presence = match data.visits {
        Some(visits) => present_at_equal_depth(visits, counts, &per_track),
        None => {
            let frames = data.presence_frames.iter().zip(counts);
            let weight: Vec<f64> = frames.map(|(n, c)| n * c).collect();
            data.matrix.posterior_sum(&weight, &per_track)
        }
    };
    let number = normalised(presence)?;
    Some(Fit {
        per_track,
        number,
        smoothing,
        state,
    })
}

/// Frames in which particles of each rung were present, over the relative depth in which they are seen.
fn present_at_equal_depth(visits: &Visits, counts: &[f64], per_track: &[f64]) -> Vec<f64> {
    let weight = visits.weights(counts);
    let mut presence = visits.matrix.posterior_sum(&weight, per_track);
    if let Some(depth) = depth::relative(visits, &weight, per_track) {
        for (p, h) in presence.iter_mut().zip(depth) {
            *p /= h;
        }
    }
    presence
}
