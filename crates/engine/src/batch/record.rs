//! The nouns of a batch: what is known of a sample before it is analysed, and what came of it.

use crate::report::{ExcludedCapture, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sample is for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What the batch is about.
    #[default]
    Sample,
    /// The diluent alone.
    Blank,
    /// Beads of known diameter, and perhaps of known number.
    Beads,
}

impl Role {
    /// All of them with their words.
    pub const ALL: [(&'static str, Role); 3] = [
        ("sample", Role::Sample),
        ("blank", Role::Blank),
        ("beads", Role::Beads),
    ];

    /// The word as it stands in `samples.csv`.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, role)| *role == self)
            .map_or("", |(word, _)| word)
    }
}

/// Which light was filmed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Scattered light: every particle.
    #[default]
    Scatter,
    /// Fluorescence: particles that carry the marker.
    Fluorescence,
}

impl Channel {
    /// All of them with their words.
    pub const ALL: [(&'static str, Channel); 2] = [
        ("scatter", Channel::Scatter),
        ("fluorescence", Channel::Fluorescence),
    ];

    /// The word as it stands in `samples.csv`.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, channel)| *channel == self)
            .map_or("", |(word, _)| word)
    }
}

/// What `samples.csv` says of a sample besides the keys of the plan. Without that file only `id` is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleEntry {
    /// Its name. Scatter and fluorescence captures of one sample share it.
    pub id: String,
    /// What it is for.
    pub role: Role,
    /// Which light was filmed.
    pub channel: Channel,
    /// Treatment or group.
    pub condition: Option<String>,
    /// Production batch.
    pub batch: Option<String>,
    /// Day on which it was filmed, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Storage time, days.
    pub time_days: Option<f64>,
    /// Total protein of the undiluted sample, ug/mL.
    pub protein_ug_per_ml: Option<f64>,
    /// Diameter of the beads by their certificate, nm.
    pub nominal_nm: Option<f64>,
    /// Beads per mL of the undiluted suspension by their certificate.
    pub nominal_per_ml: Option<f64>,
    /// Name that the dilutions of one stock share; their concentrations must agree once the dilution is applied.
    pub dilution_series: Option<String>,
}

/// A sample and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRecord {
    /// What was known of it.
    pub entry: SampleEntry,
    /// Name of its folder in the folder of the batch.
    pub folder: String,
    /// Its captures, relative to the folder that was searched, with `/` between folders; those that were excluded too.
    pub captures: Vec<String>,
    /// What came of it.
    pub outcome: SampleOutcome,
}

/// What came of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleOutcome {
    /// A result; captures that could not be used are named in it.
    Done(Box<Report>),
    /// No result.
    Failed {
        /// The exit code that the contract gives to the reason.
        exit_code: u8,
        /// Why, in one sentence.
        reason: String,
        /// The captures that could not be read, each with its reason.
        excluded: Vec<ExcludedCapture>,
    },
}

impl SampleRecord {
    /// The result, if there is one.
    pub fn report(&self) -> Option<&Report> {
        match &self.outcome {
            SampleOutcome::Done(report) => Some(report),
            SampleOutcome::Failed { .. } => None,
        }
    }

    /// Captures that could not be used.
    pub fn excluded(&self) -> &[ExcludedCapture] {
        match &self.outcome {
            SampleOutcome::Done(report) => &report.captures_excluded,
            SampleOutcome::Failed { excluded, .. } => excluded,
        }
    }
}
