//! Sizes and numbers of particles, of a capture or of the sample.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number and the interval that holds the truth in 95 of 100 cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The number; null if it could not be obtained.
    pub value: Option<f64>,
    /// Lower and upper end of the 95 % interval; null if it could not be obtained.
    pub ci95: Option<[f64; 2]>,
}

impl Estimate {
    /// A number with its interval. What is not finite becomes `None`.
    pub fn new(value: f64, ci95: Option<[f64; 2]>) -> Self {
        Self {
            value: Some(value).filter(|v| v.is_finite()),
            ci95: ci95.filter(|c| value.is_finite() && c.iter().all(|v| v.is_finite())),
        }
    }
}

/// Summary of the hydrodynamic diameters. All in nm but `span` and `coefficient_of_variation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiameterSummary {
    /// Mean, nm.
    pub mean: Estimate,
    /// Median, nm; the same number as `d50`.
    pub median: Estimate,
    /// Most frequent diameter, nm.
    pub mode: Estimate,
    /// 10 % of the particles are smaller, nm.
    pub d10: Estimate,
    /// 50 % of the particles are smaller, nm.
    pub d50: Estimate,
    /// 90 % of the particles are smaller, nm.
    pub d90: Estimate,
    /// Standard deviation of the diameters (the width of the distribution, not an error), nm.
    pub sd: Estimate,
    /// (d90 - d10) / d50.
    pub span: Estimate,
    /// sd / mean.
    pub coefficient_of_variation: Estimate,
}

/// A distribution of diameters on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// What is counted: `number` (every particle of the sample once), `area` (its surface, d^2), `volume` (d^3) or `track` (every track
    /// once).
    pub weighting: String,
    /// Key of the method.
    pub method: String,
    /// The grid, nm, increasing; empty if there is no distribution.
    pub diameter_nm: Vec<f64>,
    /// Share of what is counted per nm, at each diameter; its integral is 1.
    pub density_per_nm: Vec<f64>,
    /// Share of the number of particles per nm, at each diameter, whatever the weighting; its integral is 1.
    #[serde(default)]
    pub number_per_nm: Vec<f64>,
    /// Lower end of the 95 % band, per nm; empty if there is no band.
    pub ci95_low_per_nm: Vec<f64>,
    /// Upper end of the 95 % band, per nm; empty if there is no band.
    pub ci95_high_per_nm: Vec<f64>,
    /// Tracks that it was made from.
    pub tracks: u64,
    /// Diameter at which a typical particle in the middle of the light is found in half of the frames, nm: below it hardly any is seen.
    /// Null if how brightness goes with size is not known; then a finding says why.
    pub smallest_detectable_nm: Option<f64>,
    /// Its 95 % interval, nm; null if not known.
    #[serde(default)]
    pub smallest_detectable_ci95_nm: Option<[f64; 2]>,
}

/// How the brightness of the particles goes with their size. The points are the columns `expected_diameter_nm` and `intensity_counts` of
/// `particles.csv`; through them goes `counts = counts_at_reference (d / reference_nm)^seen_exponent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intensity {
    /// Tracks with a size and a brightness.
    pub tracks: u64,
    /// The power of the diameter with which a particle in the middle of the light stands out of the noise: what is seen, with the depth
    /// allowed for that bright particles are seen over. Null where the sizes differ too little. The error of each diameter is allowed
    /// for.
    pub exponent: Estimate,
    /// Standard error of the exponent; null without one.
    pub exponent_se: Option<f64>,
    /// The power that the points follow as they are. It is lower, because bright particles are seen farther from the middle of the
    /// light, where they are dimmer. Null where the sizes differ too little.
    pub seen_exponent: Option<f64>,
    /// Standard error of the exponent as seen; null without one.
    pub seen_exponent_se: Option<f64>,
    /// Geometric mean of the diameters, nm; null without an exponent.
    pub reference_nm: Option<f64>,
    /// Typical brightness there, counts; null without an exponent.
    pub counts_at_reference: Option<f64>,
}

/// One population in a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Population {
    /// Diameter at the top of its peak (of the density over the logarithm of the diameter), nm.
    pub diameter_nm: f64,
    /// Standard deviation of its diameters, nm; null if it could not be obtained.
    pub sd_nm: Option<f64>,
    /// Its share of all particles, 0 to 1.
    pub fraction: f64,
    /// 95 % intervals.
    pub ci95: PopulationCi95,
}

/// The 95 % intervals of a population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PopulationCi95 {
    /// Of its diameter, nm.
    pub diameter_nm: Option<[f64; 2]>,
    /// Of its share.
    pub fraction: Option<[f64; 2]>,
}

/// The particles in one class of size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeClass {
    /// Lower edge, nm, part of the class.
    pub from_nm: f64,
    /// Upper edge, nm, not part of the class; null for the class that is open above.
    pub to_nm: Option<f64>,
    /// Share of all particles, 0 to 1, weighted as `distribution` says.
    pub fraction: Estimate,
    /// Particles of this class per mL of the original sample, by number whatever the weighting; null without a concentration.
    pub per_ml: Option<f64>,
    /// 95 % interval of `per_ml` from the errors of the share and of the concentration; null without one.
    #[serde(default)]
    pub per_ml_ci95: Option<[f64; 2]>,
}

/// What a result of an older version applied.
pub(super) fn one() -> f64 {
    1.0
}

/// Particles per volume of the original sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concentration {
    /// Particles per mL of the original sample, the dilution already applied. 0 if no particle was found.
    pub per_ml: f64,
    /// 95 % interval, per mL, from the counts of the film and of the blank alone; null if it could not be obtained.
    pub ci95: Option<[f64; 2]>,
    /// Mean number of particles in one frame, as counted.
    pub particles_per_frame: f64,
    /// Factor for particles that others hide, applied to the number per mL.
    #[serde(default = "one")]
    pub coincidence_factor: f64,
    /// Volume in which particles are seen, mL.
    pub probed_volume_ml: f64,
    /// Where the depth of that volume came from.
    pub from: String,
    /// The dilution by which the counted concentration was multiplied.
    pub dilution_applied: f64,
    /// The same without taking the blank off, per mL; null if no blank was subtracted.
    #[serde(default)]
    pub before_blank_per_ml: Option<f64>,
}

/// What the films could have shown at all; null where not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// A coefficient of variation below this cannot be told from zero with these tracks.
    pub narrowest_cv: Option<f64>,
    /// Two equally frequent sizes closer than this ratio cannot be told from one with these tracks.
    pub smallest_ratio: Option<f64>,
    /// How far the particles stand out: mean over the frames of ln(signal to noise over the detection threshold), as one brightness
    /// would have it that is seen as deep as all are on average. The depth of view goes with its root.
    pub visibility: Option<f64>,
    /// Diameter above which particles move too little for these films, nm.
    pub largest_measurable_nm: Option<f64>,
    /// Concentration of the original sample below which too few particles are seen, per mL.
    pub lowest_concentration_per_ml: Option<f64>,
    /// Concentration of the original sample above which particles overlap too often, per mL.
    pub highest_concentration_per_ml: Option<f64>,
}
