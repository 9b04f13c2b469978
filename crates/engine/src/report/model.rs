//! `result.json` as types. The doc comments become the descriptions of the JSON Schema.
//!
//! A number that could not be obtained is `None` and is written as `null`; a finding says why. Key names carry their
//! unit and are fixed by the schema version: adding one is fine, renaming or dropping one is not.

use nta_core::{Acquisition, Finding, Severity, Tally};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the result's form.
pub const SCHEMA: &str = "nta-result/1";

/// The result of one sample: what was measured, from what, how, and how far it can be trusted.
///
/// A number that could not be obtained is null, and a finding says why. Nothing outside `timing` depends on the
/// machine, the number of threads or the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of this form, `nta-result/1`.
    pub schema: String,
    /// What made the result.
    pub software: Software,
    /// What was measured, as the plan says.
    pub sample: Sample,
    /// The plan in force, every default written out.
    pub plan: serde_json::Value,
    /// Pixel size, frame interval, exposure and bit depth, each with where it came from.
    pub acquisition: Acquisition,
    /// The liquid that the particles move in.
    pub medium: Medium,
    /// The method of each stage and its numbers, each with where it came from, in the order of the stages.
    pub methods: Vec<StageMethod>,
    /// The captures, in the order given; several are replicates of the same sample.
    pub captures: Vec<Capture>,
    /// Particles seen in one frame, mean over all frames of all captures.
    pub particles_per_frame: f64,
    /// Hydrodynamic diameter over all captures, weighted as `distribution` says, nm.
    pub diameter_nm: DiameterSummary,
    /// Size distribution over all captures.
    pub distribution: Distribution,
    /// Populations in the distribution, in the order of their diameters.
    pub populations: Vec<Population>,
    /// Shares of the particles in classes of size.
    pub size_classes: Vec<SizeClass>,
    /// Particles per volume of the original sample; null if the probed depth is not known.
    pub concentration: Option<Concentration>,
    /// What these films could have shown at all.
    pub limits: Limits,
    /// How the captures agree.
    pub replicates: Replicates,
    /// What each source of uncertainty adds; null if it was not worked out.
    pub uncertainty_budget: Option<UncertaintyBudget>,
    /// What a person should know, in the order of the stages.
    pub findings: Vec<ReportFinding>,
    /// The findings in one word.
    pub verdict: Verdict,
    /// Everything that depends on the machine and the clock.
    pub timing: Timing,
}

/// The program that made a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from; null if that is not known.
    pub commit: Option<String>,
}

/// What was measured. All but `id` is free text from the plan (operator, date, preparation, instrument, ...).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Name of the sample.
    pub id: String,
    /// Whatever else the plan says of it, in the order of the keys.
    #[serde(flatten)]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// The liquid that the particles move in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Medium {
    /// Name of the liquid (`water`, `pbs`, ...); null if only its viscosity was given.
    pub name: Option<String>,
    /// Temperature, degrees Celsius.
    pub temperature_c: f64,
    /// Standard uncertainty of the temperature, degrees Celsius; null if not stated.
    pub temperature_uncertainty_c: Option<f64>,
    /// Where the temperature came from.
    pub temperature_from: String,
    /// Dynamic viscosity at that temperature, mPa s.
    pub viscosity_mpa_s: f64,
    /// Relative standard uncertainty of the viscosity (0.01 = 1 %); null if not stated.
    pub viscosity_relative_uncertainty: Option<f64>,
    /// Times by which the sample was diluted before the measurement; 1 is undiluted.
    pub dilution: f64,
    /// Where the viscosity came from: a formula or what was given.
    pub from: String,
}

/// The method of one stage and the numbers it worked with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageMethod {
    /// The stage, as the plan calls it (`detect`, `link`, `diffusion`, ...).
    pub stage: String,
    /// Key of the method.
    pub method: String,
    /// The method in one line for people.
    pub title: String,
    /// The numbers it worked with.
    pub settings: Vec<Setting>,
    /// Papers, as DOI or a full reference.
    pub references: Vec<String>,
}

/// One number that a stage worked with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Key in the plan.
    pub key: String,
    /// The value in force; null if it was left open.
    pub value: Option<f64>,
    /// Unit in words.
    pub unit: String,
    /// Where it came from: "default", "plan", "command line", "estimated from the film", ...
    pub from: String,
}

/// A number and the interval that holds the truth in 95 of 100 cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The number; null if it could not be obtained.
    pub value: Option<f64>,
    /// Lower and upper end of the 95 % interval; null if it could not be obtained.
    pub ci95: Option<[f64; 2]>,
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
    /// What is counted: `number` (every particle of the sample once) or `track` (every track once).
    pub weighting: String,
    /// Key of the method.
    pub method: String,
    /// The grid, nm, increasing; empty if there is no distribution.
    pub diameter_nm: Vec<f64>,
    /// Share of the particles per nm, at each diameter; its integral is 1.
    pub density_per_nm: Vec<f64>,
    /// Lower end of the 95 % band, per nm; empty if there is no band.
    pub ci95_low_per_nm: Vec<f64>,
    /// Upper end of the 95 % band, per nm; empty if there is no band.
    pub ci95_high_per_nm: Vec<f64>,
    /// Tracks that it was made from.
    pub tracks: u64,
    /// Diameter below which particles of this kind would not have been seen, nm; null if not known.
    pub smallest_detectable_nm: Option<f64>,
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
    /// Upper edge, nm, not part of the class.
    pub to_nm: f64,
    /// Share of all particles, 0 to 1.
    pub fraction: Estimate,
    /// Particles of this class per mL of the original sample; null without a concentration.
    pub per_ml: Option<f64>,
}

/// Particles per volume of the original sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concentration {
    /// Particles per mL of the original sample, the dilution already applied. 0 if no particle was found.
    pub per_ml: f64,
    /// 95 % interval, per mL; null if it could not be obtained.
    pub ci95: Option<[f64; 2]>,
    /// Mean number of particles in one frame.
    pub particles_per_frame: f64,
    /// Volume in which particles are seen, mL.
    pub probed_volume_ml: f64,
    /// Where the depth of that volume came from.
    pub from: String,
    /// The dilution by which the counted concentration was multiplied.
    pub dilution_applied: f64,
}

/// What the films could have shown at all; null where not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// A coefficient of variation below this cannot be told from zero with these tracks.
    pub narrowest_cv: Option<f64>,
    /// Two equally frequent sizes closer than this ratio cannot be told from one with these tracks.
    pub smallest_ratio: Option<f64>,
    /// Diameter above which particles move too little for these films, nm.
    pub largest_measurable_nm: Option<f64>,
    /// Concentration of the original sample below which too few particles are seen, per mL.
    pub lowest_concentration_per_ml: Option<f64>,
    /// Concentration of the original sample above which particles overlap too often, per mL.
    pub highest_concentration_per_ml: Option<f64>,
}

/// One recording and what was found in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// The input as it was given.
    pub path: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Kind of file.
    pub container: String,
    /// How the pictures are stored.
    pub codec: String,
    /// Width of a frame, px.
    pub width_px: u64,
    /// Height of a frame, px.
    pub height_px: u64,
    /// Frames analysed.
    pub frames: u64,
    /// Places in time without a frame.
    pub frames_missing: u64,
    /// Frames that repeat the one before and were left out.
    pub frames_repeated: u64,
    /// Frames that could not be decoded.
    pub frames_damaged: u64,
    /// False if the file ends before it should.
    pub complete: bool,
    /// Counts.
    pub tally: CaptureTally,
    /// Particles seen in one frame, mean over the frames.
    pub particles_per_frame: f64,
    /// Mean velocity that all particles share, x and y, um/s; null if it could not be measured.
    pub drift_um_per_s: Option<[f64; 2]>,
    /// Where the shared motion has carried everything over time; null if it could not be measured.
    pub drift_track: Option<DriftTrack>,
    /// How many tracks there are of each length.
    pub track_lengths: TrackLengths,
    /// Spots found over time.
    pub spots_over_time: SpotsOverTime,
    /// Hydrodynamic diameter in this capture, nm.
    pub diameter_nm: DiameterSummary,
    /// Size distribution in this capture; null if it was not worked out for the capture alone.
    pub distribution: Option<Distribution>,
    /// Particles per volume from this capture; null if the probed depth is not known.
    pub concentration: Option<Concentration>,
}

/// What became of the spots of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureTally {
    /// Spots found.
    pub spots: u64,
    /// Tracks.
    pub tracks: u64,
    /// Tracks that the size distribution was made from.
    pub tracks_used: u64,
    /// Tracks that were left out, by reason.
    pub skipped: Tally,
    /// Candidates and spots that were left out on the way to tracks, by reason.
    pub dropped: Tally,
}

/// Where the shared motion has carried everything, at a few hundred moments at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftTrack {
    /// Time since the first frame, s.
    pub time_s: Vec<f64>,
    /// To the right since the first frame, um.
    pub x_um: Vec<f64>,
    /// Downwards since the first frame, um.
    pub y_um: Vec<f64>,
}

/// A histogram of track lengths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrackLengths {
    /// Lower edges, frames; the last class is open at its top. A length is the number of spots in a track.
    pub from_frames: Vec<u64>,
    /// Tracks in each class.
    pub tracks: Vec<u64>,
}

/// Spots found over time, at a few hundred moments at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpotsOverTime {
    /// Middle of each stretch of time since the first frame, s.
    pub time_s: Vec<f64>,
    /// Mean number of spots per frame in it.
    pub spots_per_frame: Vec<f64>,
}

/// How the captures of a sample agree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replicates {
    /// Number of captures.
    pub n: u64,
    /// Spread between captures of each headline number: `mean_nm`, `d10_nm`, `d50_nm`, `d90_nm`, `mode_nm`, `sd_nm`,
    /// `concentration_per_ml`, `particles_per_frame`. Empty with one capture.
    pub between_capture: BTreeMap<String, Spread>,
}

/// Spread of one number between captures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The number in each capture; null where it could not be obtained.
    pub values: Vec<Option<f64>>,
    /// Mean.
    pub mean: Option<f64>,
    /// Standard deviation between captures.
    pub sd: Option<f64>,
    /// Standard error of the mean.
    pub se: Option<f64>,
    /// Coefficient of variation, sd / mean (0.02 = 2 %).
    pub cv: Option<f64>,
    /// Change from the first to the last capture along a straight line, relative to the mean (-0.1 = 10 % less).
    pub trend: Option<f64>,
    /// Probability of a trend at least as large if there were none.
    pub trend_p: Option<f64>,
}

/// What each source adds to the uncertainty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UncertaintyBudget {
    /// The sources.
    pub terms: Vec<UncertaintyTerm>,
    /// Expanded uncertainty (k = 2) of the mean diameter, relative (0.05 = 5 %).
    pub diameter_expanded: Option<f64>,
    /// Expanded uncertainty (k = 2) of the concentration, relative.
    pub concentration_expanded: Option<f64>,
}

/// One source of uncertainty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UncertaintyTerm {
    /// What is uncertain: `temperature`, `viscosity`, `pixel size`, `frame rate`, `counting`, `probed volume`, ...
    pub source: String,
    /// Relative standard uncertainty that it adds to the mean diameter; null if it does not bear on it.
    pub diameter: Option<f64>,
    /// Relative standard uncertainty that it adds to the concentration; null if it does not bear on it.
    pub concentration: Option<f64>,
    /// Where the number came from.
    pub from: String,
}

/// A finding and the capture it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportFinding {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Place of the capture in `captures`, from 0; null if it is about the sample as a whole.
    pub capture: Option<u64>,
}

/// The findings in one word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The numbers stand.
    Pass,
    /// The numbers may be used after a look at the warnings.
    Warning,
    /// The numbers must not be used.
    Fail,
}

/// Everything that depends on the machine and the clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// When the analysis began, RFC 3339; null if not recorded.
    pub started: Option<String>,
    /// Threads used; null if not recorded.
    pub threads: Option<u64>,
    /// How long it took, s.
    pub seconds: f64,
    /// Frames per second.
    pub frames_per_second: f64,
    /// Million pixels per second.
    pub megapixels_per_second: f64,
    /// How long each stage took, s.
    pub stage_seconds: BTreeMap<String, f64>,
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

impl ReportFinding {
    /// A finding about the sample as a whole.
    pub fn of_sample(finding: Finding) -> Self {
        Self {
            finding,
            capture: None,
        }
    }

    /// A finding about one capture, counted from 0.
    pub fn of_capture(finding: Finding, capture: usize) -> Self {
        Self {
            finding,
            capture: Some(capture as u64),
        }
    }
}

impl Verdict {
    /// The word as it stands in `result.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warning => "warning",
            Self::Fail => "fail",
        }
    }

    /// The worst finding decides: a failure fails, a warning warns.
    pub fn of(findings: &[ReportFinding]) -> Self {
        match findings.iter().map(|f| f.finding.severity).max() {
            Some(Severity::Failure) => Self::Fail,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Info) | None => Self::Pass,
        }
    }
}
