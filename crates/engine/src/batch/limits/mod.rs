//! `limits.toml`: what a sample must be to be released, and how far the instrument, the blank, the dilutions and the captures may
//! be off.
//!
//! [`Limits::read`] checks the file; [`super::quality::quality`] holds the samples of a batch against it. Keys, units and
//! defaults: `docs/limits.md`.

mod compare;
mod criteria;
mod csv;
mod error;
pub mod keys;
mod measured;
pub mod quantity;
mod read;
mod section;
#[cfg(test)]
mod tests;
mod verdict;

pub use criteria::{BlankCriteria, Criteria, DilutionCriteria, ReplicateCriteria, Suitability};
pub use csv::{LIMITS_COLUMNS, limits_csv};
pub use error::LimitsError;
pub use quantity::{Quantity, SizeNumber};
pub use verdict::{LimitOutcome, LimitVerdict};

pub(crate) use compare::{Range, judged};
pub(crate) use measured::{Known, marker_of};
pub(crate) use verdict::{said, verdicts};

use super::{Channel, Role, SampleEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which interval must lie within the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IntervalKind {
    /// Chance and all inputs together, k = 2.
    #[default]
    Expanded,
    /// Chance alone, 95 %.
    Ci95,
}

/// A file of limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The file, as given.
    pub path: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Which interval must lie within the limits.
    pub interval: IntervalKind,
    /// The limits, in the order of the file.
    pub limits: Vec<Limit>,
    /// How far all else may be off.
    pub criteria: Criteria,
}

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// How it is called.
    pub name: String,
    /// The quantity as the file calls it.
    pub word: String,
    /// What is limited.
    pub quantity: Quantity,
    /// Smallest value that is accepted.
    pub min: Option<f64>,
    /// Largest value that is accepted.
    pub max: Option<f64>,
    /// Which samples it is for.
    pub filter: Filter,
    /// Why it is there.
    pub note: Option<String>,
}

/// Which samples a limit is for. An empty list lets all pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What they are for.
    pub roles: Vec<Role>,
    /// Which light was filmed.
    pub channels: Vec<Channel>,
    /// Their names.
    pub samples: Vec<String>,
    /// Their treatments or groups.
    pub conditions: Vec<String>,
    /// Their production batches.
    pub batches: Vec<String>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            roles: vec![Role::Sample],
            channels: vec![Channel::Scatter],
            samples: Vec::new(),
            conditions: Vec::new(),
            batches: Vec::new(),
        }
    }
}

impl Filter {
    /// Whether a sample is meant.
    pub fn holds(&self, entry: &SampleEntry) -> bool {
        let named = |list: &[String], word: Option<&String>| {
            list.is_empty() || word.is_some_and(|w| list.contains(w))
        };
        self.roles.contains(&entry.role)
            && self.channels.contains(&entry.channel)
            && named(&self.samples, Some(&entry.id))
            && named(&self.conditions, entry.condition.as_ref())
            && named(&self.batches, entry.batch.as_ref())
    }
}
