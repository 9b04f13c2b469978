//! Why a vendor's file cannot be used.

use crate::foreign::ForeignError;

/// Why a vendor's file cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VendorError {
    /// The file cannot be opened, read or unpacked.
    #[error(transparent)]
    Unreadable(#[from] ForeignError),
    /// The file begins as one of a vendor but holds nothing that can be used.
    #[error("{path}, {place}: {reason}; {advice}")]
    Unusable {
        /// The file.
        path: String,
        /// Section, line or column.
        place: String,
        /// What is wrong there.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
}
