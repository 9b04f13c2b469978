//! What can be wrong with a table of samples.

/// What is wrong with a table of samples: one sentence with row and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamplesError {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A column is missing, doubled or unknown.
    #[error("{path}, row 1: {reason}")]
    Header {
        /// The file.
        path: String,
        /// Which, and what to do.
        reason: String,
    },
    /// A row is wrong as a whole.
    #[error("{path}, row {row}: {reason}")]
    Row {
        /// The file.
        path: String,
        /// Line of the file, from 1.
        row: u64,
        /// What, and what to do.
        reason: String,
    },
    /// A cell is wrong.
    #[error("{path}, row {row}, column {column}: {reason}")]
    Cell {
        /// The file.
        path: String,
        /// Line of the file, from 1.
        row: u64,
        /// Name of the column.
        column: String,
        /// What, and what to do.
        reason: String,
    },
}
