//! What a batch says besides its numbers: a finding and the samples that it is about.

use nta_core::{Finding, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A finding and the samples that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityFinding {
    /// The finding. Its stage is `limits`, `marker`, `beads`, `blank`, `dilution` or `replicates`.
    #[serde(flatten)]
    pub finding: Finding,
    /// Names of the samples, in the order of the batch; empty if it is about the batch as a whole.
    pub samples: Vec<String>,
}

impl QualityFinding {
    pub(super) fn new(finding: Finding, samples: impl IntoIterator<Item = String>) -> Self {
        Self {
            finding,
            samples: samples.into_iter().collect(),
        }
    }
}

/// ` (95 %: 98 to 104 %)`, or nothing without an interval; both ends times `scale`.
pub(super) fn interval_said(
    ci95: Option<[f64; 2]>,
    scale: f64,
    decimals: usize,
    unit: &str,
) -> String {
    ci95.map_or(String::new(), |[low, high]| {
        let [low, high] = [low, high].map(|v| format!("{:.decimals$}", scale * v));
        format!(" (95 %: {low} to {high}{unit})")
    })
}

/// A finding about one sample or more.
pub(super) fn about<'a>(
    (code, severity, stage): (&str, Severity, &str),
    message: impl Into<String>,
    samples: impl IntoIterator<Item = &'a String>,
) -> QualityFinding {
    let finding = Finding::new(code, severity, stage, message);
    QualityFinding::new(finding, samples.into_iter().cloned())
}
