//! What can be wrong with a simulation.

use crate::report::OutputError;
use nta_sim::record::RecordError;

/// Why there is no film, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The scene file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The scene file is not text.
    #[error("{path} is not UTF-8 text (byte {byte}); save it as UTF-8")]
    NotUtf8 {
        /// The file.
        path: String,
        /// The first byte that is not, from 0.
        byte: usize,
    },
    /// The scene file is not TOML, or not a scene.
    #[error("{path}, line {line}, column {column}{key}: {reason}; correct it and try again")]
    NotAScene {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// `, key NAME` where there is one.
        key: String,
        /// What is wrong, and what is known there.
        reason: String,
    },
    /// A number of the scene is outside its range, or numbers do not go together.
    #[error("{place}: {reason}")]
    Value {
        /// File and line, or the option.
        place: String,
        /// Key, value and range.
        reason: String,
    },
    /// There is a file of this name already.
    #[error(
        "{path} exists already; give another folder, or --overwrite to replace the film with its truth"
    )]
    Exists {
        /// The file.
        path: String,
    },
    /// The truth of another film stands where this one's is to be.
    #[error(
        "{path} belongs to another film or is not of nta, and is not replaced; give each film a folder of its own"
    )]
    OthersTruth {
        /// The file.
        path: String,
    },
    /// A folder stands where a file is to be.
    #[error("{path} is a folder, where a file is to be written; give another name")]
    IsAFolder {
        /// The file.
        path: String,
    },
    /// The folder cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The film cannot be written so.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Asked to stop.
    #[error("stopped on request; nothing was written")]
    Cancelled,
}

impl SimulateError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotUtf8 { .. } | Self::NotAScene { .. } | Self::Value { .. } => 2,
            Self::Record(error) if error.is_request() => 2,
            Self::Unreadable { .. } => 3,
            Self::Exists { .. } | Self::OthersTruth { .. } | Self::IsAFolder { .. } => 4,
            Self::Output(_) | Self::Record(_) => 4,
            Self::Cancelled => 130,
        }
    }
}
