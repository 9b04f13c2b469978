//! What goes into sizing and what comes out.

use crate::brightness::{PowerLaw, Spread};
use crate::causes::Causes;
use crate::classes::{self, ClassShare};
use crate::diffusion::DiffusionEstimate;
use crate::goodness::PeriodogramRatios;
use crate::lattice;
use crate::populations::{Limits, Population};
use crate::precision_scale::PrecisionScale;
use crate::sampling::{Sampling, SamplingError};
use crate::summary::SizeSummary;
use crate::weighting::Weighting;
use nta_core::method::MethodError;
use nta_core::{Choice, Finding, Tally, Trajectory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Trajectories that may be made one after the other, as those of a long film are too many to be held beside its tracks.
pub trait Trajectories: std::fmt::Debug + Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// The one at a place below their number.
    fn at(&self, place: usize) -> Cow<'_, Trajectory>;
}

impl Trajectories for Vec<Trajectory> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Cow<'_, Trajectory> {
        Cow::Borrowed(&self[place])
    }
}

impl Trajectories for &[Trajectory] {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> Cow<'_, Trajectory> {
        Cow::Borrowed(&self[place])
    }
}

/// Tracks of one capture.
#[derive(Clone, Copy, Debug)]
pub struct CaptureTracks<'a> {
    /// All trajectories, short ones too.
    pub trajectories: &'a dyn Trajectories,
    /// Mean over the spots of each track of ln(signal to noise over the detection threshold), in the order of the trajectories;
    /// empty where it is not known.
    pub visibility: &'a [f64],
    /// How the film samples the motion.
    pub sampling: Sampling,
    /// Standard error of the exposure, s, where it was found from the film; 0 where it was stated.
    pub exposure_se_s: f64,
}

/// What can be chosen about sizing.
#[derive(Clone, Debug, PartialEq)]
pub struct SizingPlan {
    /// Estimator of D of a single track, from [`crate::ESTIMATORS`].
    pub diffusion: Choice,
    /// Method of the distribution, from [`crate::DISTRIBUTIONS`].
    pub distribution: Choice,
    /// What one particle counts for.
    pub weighting: Weighting,
    /// Tracks with fewer positions are not used for the distribution. The likelihood is exact for any length; short
    /// tracks are left out because they are mostly fragments and false links. A track with a single displacement that is not
    /// bridged (see [`crate::steps::Steps`]) says nothing of D and is not used either, however many positions it has.
    pub shortest_track_frames: u32,
    /// Resamples for bands and intervals.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// Find a common factor on the localisation variances from the tracks.
    pub profile_precision: bool,
    /// Brighter particles are seen deeper and counted for less by that. Off: the depth of view is the same for all sizes.
    pub depth_by_brightness: bool,
    /// Range of diameters, nm; `None` for 15 to 1000, widened to what the tracks say.
    pub diameter_range_nm: Option<[f64; 2]>,
    /// Edges of classes of size, nm, ascending; what lies below the first and from the last on are classes too.
    pub classes_nm: Vec<f64>,
}

impl Default for SizingPlan {
    fn default() -> Self {
        Self {
            diffusion: Choice::of("mle"),
            distribution: Choice::of("average"),
            weighting: Weighting::Number,
            shortest_track_frames: 6,
            resamples: 200,
            seed: 1,
            profile_precision: true,
            depth_by_brightness: true,
            diameter_range_nm: None,
            classes_nm: Vec::new(),
        }
    }
}

/// A plan or sampling that sizing cannot serve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SizingError {
    /// A method or one of its numbers.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// Interval or exposure of a capture.
    #[error("capture {capture}: {source}")]
    Sampling {
        /// Which, from 0.
        capture: usize,
        /// What is wrong.
        source: SamplingError,
    },
    /// The plan's range of diameters.
    #[error(
        "the range of diameters is {low} to {high} nm, but must lie within {min} to {max} nm with its end at least \
         twice its start",
        min = lattice::SMALLEST_NM, max = lattice::LARGEST_NM
    )]
    Range {
        /// Start that was given, nm.
        low: f64,
        /// End that was given, nm.
        high: f64,
    },
    /// The plan's number of resamples.
    #[error("resamples is {0}, but must be from 20 to 10000")]
    Resamples(u32),
    /// The plan's shortest track.
    #[error("shortest_track_frames is {0}, but must be from 3 to 10000 frames")]
    ShortestTrack(u32),
    /// The plan's classes of size.
    #[error(
        "the edges of the classes of size are {0:?} nm, but must be at most {most} ascending diameters from 0 to {max} nm",
        most = classes::MOST_EDGES, max = lattice::LARGEST_NM
    )]
    Classes(Vec<f64>),
    /// A medium without a positive, finite product of diffusion and diameter.
    #[error(
        "the medium at {temperature_c} C with {viscosity_mpa_s} mPa s gives no diffusion; check both"
    )]
    Medium {
        /// Temperature, degrees Celsius.
        temperature_c: f64,
        /// Viscosity, mPa s.
        viscosity_mpa_s: f64,
    },
}

impl SizingPlan {
    /// Checks the numbers that belong to no method.
    pub(crate) fn check(&self) -> Result<(), SizingError> {
        if !(20..=10_000).contains(&self.resamples) {
            return Err(SizingError::Resamples(self.resamples));
        }
        if !(3..=10_000).contains(&self.shortest_track_frames) {
            return Err(SizingError::ShortestTrack(self.shortest_track_frames));
        }
        if !classes::are_edges(&self.classes_nm) {
            return Err(SizingError::Classes(self.classes_nm.clone()));
        }
        if let Some([low, high]) = self.diameter_range_nm {
            let good =
                low >= lattice::SMALLEST_NM && high <= lattice::LARGEST_NM && high >= 2.0 * low;
            if !good {
                return Err(SizingError::Range { low, high });
            }
        }
        Ok(())
    }
}

/// A size distribution with its band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeDistribution {
    /// Diameters, nm, each 2 % above the one before.
    pub diameter_nm: Vec<f64>,
    /// Share of the particles per nm of diameter; its integral is 1.
    pub density_per_nm: Vec<f64>,
    /// Lower end of the pointwise 95 % band, 1/nm.
    pub low_per_nm: Vec<f64>,
    /// Upper end of the pointwise 95 % band, 1/nm.
    pub high_per_nm: Vec<f64>,
    /// Share of the number of particles per nm of diameter; its integral is 1.
    pub number_per_nm: Vec<f64>,
    /// `number`, `area`, `volume` or `track`: what `density_per_nm` and its band count.
    pub weighting: String,
    /// Key of the method.
    pub method: String,
    /// Tracks it is made of.
    pub tracks: usize,
    /// Diameter at which a particle in the middle of the light is found in half of the frames, nm; `None` where how brightness goes
    /// with size is not known.
    pub smallest_detectable_nm: Option<f64>,
    /// Its 95 % interval, nm.
    pub smallest_detectable_ci95_nm: Option<[f64; 2]>,
}

/// Sizes of one capture, or of all together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeResult {
    /// `None` with too few tracks.
    pub summary: Option<SizeSummary>,
    /// `None` with too few tracks.
    pub distribution: Option<SizeDistribution>,
    /// Peaks in ascending order; empty with too few tracks.
    pub populations: Vec<Population>,
    /// Shares of the classes of size that the plan asks for; empty with too few tracks.
    pub classes: Vec<ClassShare>,
    /// Tracks that were used.
    pub tracks: usize,
    /// Tracks that were not used, by reason.
    pub tally: Tally,
    /// Mean over the frames of ln(signal to noise over the detection threshold), as one brightness would have it that is seen as deep
    /// as all sizes are on average; the depth goes with its root. `None` where brightness is not known.
    pub visibility: Option<f64>,
    /// Mean diameter if all sizes were seen as deep as each other, nm; `None` where brightness is not known, or every track counts
    /// alike.
    pub mean_nm_at_equal_depth: Option<f64>,
    /// As many tracks of equal weight would carry the result as surely; `None` where it is not weighted by surface or volume.
    pub carried_by_tracks: Option<f64>,
    /// What could be told apart with these tracks.
    pub limits: Option<Limits>,
}

/// Size of a single particle, from its own track alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ParticleSize {
    /// Its diffusion coefficient, where the track gives one.
    pub estimate: Option<DiffusionEstimate>,
    /// Hydrodynamic diameter, nm; `None` where D is not positive.
    pub diameter_nm: Option<f64>,
    /// Lower end of its 95 % interval, nm.
    pub low_nm: Option<f64>,
    /// Upper end of its 95 % interval, nm; `None` where D may be zero.
    pub high_nm: Option<f64>,
    /// Expectation and variance of ln(d / nm) given its motion and the population of all tracks of the sample; `None` where it was
    /// not used or there is no population.
    pub expected_ln_nm: Option<[f64; 2]>,
    /// It is part of the distribution.
    pub used: bool,
    /// Why not, in one word of the tally.
    pub reason: Option<String>,
}

/// Sizes of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleSizes {
    /// All captures together.
    pub pooled: SizeResult,
    /// Each capture by itself.
    pub captures: Vec<SizeResult>,
    /// Each particle: by capture, then in the order of its trajectories.
    pub particles: Vec<Vec<ParticleSize>>,
    /// What the tracks say of the stated precisions of positions.
    pub precision_scale: PrecisionScale,
    /// How the signal to noise of a particle in the middle of the light, over the detection threshold, goes with its size; `None` with
    /// too few tracks, where sizes differ too little, or without a threshold.
    pub brightness: Option<PowerLaw>,
    /// How much the sizes of the tracks differ, and what could be told; `None` with too few tracks.
    pub spread: Option<Spread>,
    /// How well the model describes the motion; `None` with too few tracks.
    pub periodogram: Option<PeriodogramRatios>,
    /// What may be wrong with the motion.
    pub causes: Causes,
    /// What a person should know.
    pub findings: Vec<Finding>,
}
