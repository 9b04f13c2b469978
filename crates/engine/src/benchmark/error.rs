//! Why there is no table.

use crate::report::OutputError;

/// What can go wrong with a benchmark as a whole. A film that fails is a row that says so.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// The manifest cannot be read.
    #[error("cannot read {path}: {reason}; name a manifest in TOML")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The manifest is wrong.
    #[error("{path}: {reason}")]
    Manifest {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// `--sweep` without a film for it.
    #[error(
        "{path}: no film has sweep = true; add that line to the films whose settings are to be varied"
    )]
    NothingToSweep {
        /// The manifest.
        path: String,
    },
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Asked to stop.
    #[error("stopped on request; nothing was written")]
    Cancelled,
}

impl BenchmarkError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Manifest { .. } | Self::NothingToSweep { .. } => 2,
            Self::Unreadable { .. } => 3,
            Self::Output(_) => 4,
            Self::Cancelled => 130,
        }
    }
}
