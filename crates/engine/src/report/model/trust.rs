//! How far the numbers can be trusted: replicates, uncertainties, findings.

use nta_core::{Finding, Severity};
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
