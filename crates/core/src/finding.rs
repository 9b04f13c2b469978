//! What a stage has to say besides its result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the numbers stand.
    Info,
    /// The numbers may be off; a person should look.
    Warning,
    /// The numbers must not be used.
    Failure,
}

/// One thing that a person should know, in plain words, with what was seen and what was expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable code: a letter for the stage and two digits; listed in `docs/findings.md`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// Stage that says it: video, background, detect, refine, link, drift, size, concentration, acquisition.
    pub stage: String,
    /// One or two plain sentences: what, and what to do.
    pub message: String,
    /// What was seen.
    pub observed: Option<f64>,
    /// Where the line is drawn.
    pub limit: Option<f64>,
    /// Unit of both.
    pub unit: Option<String>,
}

impl Finding {
    /// A finding without numbers.
    pub fn new(code: &str, severity: Severity, stage: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            stage: stage.into(),
            message: message.into(),
            observed: None,
            limit: None,
            unit: None,
        }
    }

    /// Adds what was seen, and where it has one, the limit. Numbers that are not finite are left out.
    pub fn with(mut self, observed: f64, limit: Option<f64>, unit: &str) -> Self {
        self.observed = Some(observed).filter(|v| v.is_finite());
        self.limit = limit.filter(|v| v.is_finite());
        self.unit = Some(unit.into());
        self
    }
}

/// Counts of what left the pipeline, by reason (snake case words such as `too_short`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally(pub BTreeMap<String, u64>);

impl Tally {
    /// Counts `n` more for `reason`. Counting zero leaves no entry.
    pub fn add(&mut self, reason: &str, n: u64) {
        if n > 0 {
            *self.0.entry(reason.to_owned()).or_insert(0) += n;
        }
    }

    /// The count for `reason`.
    pub fn get(&self, reason: &str) -> u64 {
        self.0.get(reason).copied().unwrap_or(0)
    }

    /// Adds all counts of `other`.
    pub fn merge(&mut self, other: &Tally) {
        for (reason, n) in &other.0 {
            self.add(reason, *n);
        }
    }
}
