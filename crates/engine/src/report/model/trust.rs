//! How far the numbers can be trusted: replicates, uncertainties, findings.

use nta_core::{Finding, Severity};
use nta_sizing::Budget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Change from one capture to the next along a straight line through the logarithms, each capture weighted by its error
    /// (-0.05 = 5 % less); null with fewer than four captures.
    #[serde(default)]
    pub trend_per_capture: Option<f64>,
    /// Probability of such a change at least as large, up or down, if there were none; null with fewer than four captures.
    pub trend_p: Option<f64>,
}

/// What the uncertainty of each headline number is made of; null for a number that is not available, or without an
/// interval. The 95 % intervals elsewhere are those of chance alone; what is here stands beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Uncertainty {
    /// Factor k from a combined standard uncertainty to the expanded one; 2 is about 95 %.
    pub coverage_factor: f64,
    /// Of the mean diameter, nm.
    pub mean_nm: Option<Budget>,
    /// Of the diameter below which 10 % of the particles lie, nm.
    pub d10_nm: Option<Budget>,
    /// Of the median diameter, nm.
    pub d50_nm: Option<Budget>,
    /// Of the diameter below which 90 % of the particles lie, nm.
    pub d90_nm: Option<Budget>,
    /// Of the most frequent diameter, nm.
    pub mode_nm: Option<Budget>,
    /// Of the concentration of the original sample, per mL.
    pub concentration_per_ml: Option<Budget>,
}

/// The diluent, filmed and analysed like the sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Blank {
    /// Its `result.json`, as given.
    pub path: String,
    /// SHA-256 of that file, hexadecimal.
    pub sha256: String,
    /// Particles per mL of the diluent as it was filmed; null if its probed depth was not known either.
    pub per_ml: Option<f64>,
    /// 95 % interval, per mL.
    pub ci95: Option<[f64; 2]>,
    /// What was taken off the concentration of the original sample, per mL; null if nothing was.
    pub subtracted_per_ml: Option<f64>,
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
