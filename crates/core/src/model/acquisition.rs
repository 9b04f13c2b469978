//! How the film was taken, and how we know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value together with where it came from: "command line", "plan", "instrument profile", "file", "sidecar",
/// "estimated from the film", "default".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stated<T> {
    /// The value in force.
    pub value: T,
    /// Where it came from, in words.
    pub from: String,
}

impl<T> Stated<T> {
    /// A value with its origin.
    pub fn new(value: T, from: impl Into<String>) -> Self {
        Self {
            value,
            from: from.into(),
        }
    }
}

/// The four numbers that turn pixels and frames into micrometres and seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Acquisition {
    /// Side of one pixel in the sample plane, in micrometres.
    pub pixel_size_um: Stated<f64>,
    /// Time from the start of one frame to the start of the next, in seconds.
    pub frame_interval_s: Stated<f64>,
    /// Time during which the shutter is open, in seconds; `None` as long as it is not known.
    pub exposure_s: Option<Stated<f64>>,
    /// Bits per pixel that the camera delivered; `None` for tracks of another program, which do not say it.
    pub bit_depth: Option<Stated<u8>>,
}
