//! Why a file of tracks cannot be used.

/// Why a file of tracks cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ForeignError {
    /// The file cannot be opened, read or unpacked.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, in plain words.
        reason: String,
    },
    /// The file is longer than can be held in memory.
    #[error(
        "{path} holds more than {limit_bytes} bytes of text; split it into files with fewer tracks"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The most that is read, bytes after unpacking.
        limit_bytes: u64,
    },
    /// The content is none of the formats.
    #[error("{path} is not a file of tracks that nta can read: {found}; known are: {known}")]
    Unknown {
        /// The file.
        path: String,
        /// What it is instead, and what to do if that is known.
        found: String,
        /// Titles of the formats.
        known: String,
    },
    /// Something in the file is not what its format asks for.
    #[error("{path}, line {line}, column {column}: found {found}, expected {expected}; {advice}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, from 1.
        line: u64,
        /// Name of the column; for XML, element and attribute.
        column: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Positions are lengths, and the size of a pixel was not given.
    #[error(
        "{path}, line {line}, column {column}: positions are in {unit}, and nta needs them in px; give the pixel size in um"
    )]
    NoPixelSize {
        /// The file.
        path: String,
        /// Line that states the unit, from 1.
        line: u64,
        /// Name of the column; for XML, element and attribute.
        column: String,
        /// The unit.
        unit: &'static str,
    },
    /// The size of a pixel that was given is none.
    #[error("cannot read {path} with a pixel size of {value} um; it must be above 0 um")]
    BadPixelSize {
        /// The file.
        path: String,
        /// The value, um.
        value: f64,
    },
    /// The file has no such capture.
    #[error(
        "{path} has no row of capture {capture}; it holds captures {first} to {last} (counted from 0)"
    )]
    NoSuchCapture {
        /// The file.
        path: String,
        /// The capture that was asked for.
        capture: u64,
        /// Lowest capture in the file.
        first: u64,
        /// Highest capture in the file.
        last: u64,
    },
}
