//! `result.json` as types. The doc comments become the descriptions of the JSON Schema.
//!
//! A number that could not be obtained is `None` and is written as `null`; a finding says why. Key names carry their
//! unit and are fixed by the schema version: adding one is fine, renaming or dropping one is not.

mod capture;
mod sample;
mod sizes;
mod trust;

pub use capture::{
    Capture, CaptureTally, DriftTrack, ExcludedCapture, SpotsOverTime, TrackLengths,
};
pub use sample::{Medium, Sample, Setting, Software, StageMethod};
pub use sizes::{
    Concentration, DiameterSummary, Distribution, Estimate, Intensity, Limits, Population,
    PopulationCi95, SizeClass,
};
pub use trust::{Blank, Replicates, ReportFinding, Spread, Uncertainty, Verdict};

use nta_core::Acquisition;
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
    /// SHA-256 of `plan.toml`, hexadecimal.
    #[serde(default)]
    pub plan_sha256: String,
    /// Pixel size, frame interval, exposure and bit depth, each with where it came from.
    pub acquisition: Acquisition,
    /// The liquid that the particles move in.
    pub medium: Medium,
    /// The method of each stage and its numbers, each with where it came from, in the order of the stages.
    pub methods: Vec<StageMethod>,
    /// The captures, in the order given; several are replicates of the same sample.
    pub captures: Vec<Capture>,
    /// Captures of this sample that could not be used; only a batch goes on without them.
    #[serde(default)]
    pub captures_excluded: Vec<ExcludedCapture>,
    /// Particles seen in one frame, mean over all frames of all captures.
    pub particles_per_frame: f64,
    /// Factor by which more particles were in view than were counted, because particles hide others.
    #[serde(default = "sizes::one")]
    pub coincidence_factor: f64,
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
    /// The blank whose concentration was subtracted; null if none was named.
    pub blank: Option<Blank>,
    /// How brightness goes with size.
    #[serde(default)]
    pub intensity: Intensity,
    /// What these films could have shown at all.
    pub limits: Limits,
    /// How the captures agree.
    pub replicates: Replicates,
    /// What the uncertainty of each headline number is made of; null if it was not worked out.
    pub uncertainty: Option<Uncertainty>,
    /// What a person should know, in the order of the stages.
    pub findings: Vec<ReportFinding>,
    /// The findings in one word.
    pub verdict: Verdict,
    /// Everything that depends on the machine and the clock.
    pub timing: Timing,
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
    /// Highest memory of the program so far, MB (10^6 bytes); null where the system does not say.
    #[serde(default)]
    pub peak_memory_mb: Option<f64>,
    /// How long each stage took, s.
    pub stage_seconds: BTreeMap<String, f64>,
}
