//! Why there is no comparison, each in one sentence with what to do.

use crate::report::OutputError;

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Nothing to compare with.
    #[error(
        "{path} holds one result, and comparing takes two or more; give two folders that `nta analyze` wrote, or one folder \
         of such folders"
    )]
    OnlyOne {
        /// The folder.
        path: String,
    },
    /// A folder is named twice.
    #[error("{path} is given twice, and a result agrees with itself; give each result once")]
    Twice {
        /// The folder.
        path: String,
    },
    /// All results are in one group.
    #[error(
        "all results belong to one group, '{name}', so that there is nothing to compare it with; give results of another group, \
         or results of three or more times ({time_field} in [sample] of the plan) for a trend"
    )]
    OneGroup {
        /// The group.
        name: String,
        /// The field that times are looked for in.
        time_field: String,
    },
    /// A field that no sample has.
    #[error("no result has the field '{field}' in its sample; there is {known}")]
    NoField {
        /// The field.
        field: String,
        /// What there is.
        known: String,
    },
    /// A group that is not there.
    #[error("there is no group '{name}' to compare with; there is {known}")]
    NoReference {
        /// What was asked for.
        name: String,
        /// The groups.
        known: String,
    },
    /// A number that is not compared.
    #[error("'{name}' is not a number that is compared; there is {known}")]
    NoNumber {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A margin out of range.
    #[error("the margin is {value} %, but must be above 0 and below 100 %")]
    Margin {
        /// What was given.
        value: f64,
    },
    /// Too little is left.
    #[error("too few results can be read to compare them: {reasons}")]
    TooFewReadable {
        /// Each input with its reason.
        reasons: String,
    },
    /// Nothing to compare with.
    #[error(
        "no result of the reference '{name}' can be read: {reasons}; mend it, or name another group with --reference"
    )]
    ReferenceLost {
        /// The group.
        name: String,
        /// Each input with its reason.
        reasons: String,
    },
    /// The results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CompareError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::TooFewReadable { .. } | Self::ReferenceLost { .. } => 3,
            Self::Output(_) => 4,
            _ => 2,
        }
    }
}
