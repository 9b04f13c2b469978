//! One recording.

use super::{Concentration, DiameterSummary, Distribution, SizeClass};
use nta_core::Tally;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One recording and what was found in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// The input as it was given.
    pub path: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Kind of file.
    pub container: String,
    /// How the pictures are stored.
    pub codec: String,
    /// Width of a frame, px; null for tracks of another program, which do not say it.
    pub width_px: Option<u64>,
    /// Height of a frame, px; null for tracks of another program.
    pub height_px: Option<u64>,
    /// Frames analysed.
    pub frames: u64,
    /// Places in time without a frame.
    pub frames_missing: u64,
    /// Frames that repeat the one before and were left out.
    pub frames_repeated: u64,
    /// Frames that could not be decoded.
    pub frames_damaged: u64,
    /// False if the file ends before it should.
    pub complete: bool,
    /// Signal to noise of the filtered picture that a spot needed to begin a track; weaker ones could only continue one.
    #[serde(default)]
    pub threshold_snr: Option<f64>,
    /// Counts.
    pub tally: CaptureTally,
    /// Particles seen in one frame, mean over the frames.
    pub particles_per_frame: f64,
    /// Mean velocity that all particles share, x and y, um/s; null if it could not be measured.
    pub drift_um_per_s: Option<[f64; 2]>,
    /// Where the shared motion has carried everything over time; null if it could not be measured.
    pub drift_track: Option<DriftTrack>,
    /// How many tracks there are of each length.
    pub track_lengths: TrackLengths,
    /// Spots found over time.
    pub spots_over_time: SpotsOverTime,
    /// Hydrodynamic diameter in this capture, nm.
    pub diameter_nm: DiameterSummary,
    /// Size distribution in this capture; null if it was not worked out for the capture alone.
    pub distribution: Option<Distribution>,
    /// Shares of the particles in classes of size; empty if there is no distribution.
    #[serde(default)]
    pub size_classes: Vec<SizeClass>,
    /// Particles per volume from this capture; null if the probed depth is not known.
    pub concentration: Option<Concentration>,
}

/// A recording of the sample that could not be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExcludedCapture {
    /// The input as it was given.
    pub path: String,
    /// SHA-256 of its bytes, hexadecimal; null if they could not be read.
    pub sha256: Option<String>,
    /// Why it could not be used.
    pub reason: String,
}

/// What became of the spots of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureTally {
    /// Spots found.
    pub spots: u64,
    /// Tracks.
    pub tracks: u64,
    /// Tracks that the size distribution was made from.
    pub tracks_used: u64,
    /// Tracks that were left out, by reason.
    pub skipped: Tally,
    /// Candidates and spots that were left out on the way to tracks, by reason.
    pub dropped: Tally,
}

/// Where the shared motion has carried everything, at a few hundred moments at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftTrack {
    /// Time since the first frame, s.
    pub time_s: Vec<f64>,
    /// To the right since the first frame, um.
    pub x_um: Vec<f64>,
    /// Downwards since the first frame, um.
    pub y_um: Vec<f64>,
}

/// A histogram of track lengths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrackLengths {
    /// Lower edges, frames; the last class is open at its top. A length is the number of spots in a track.
    pub from_frames: Vec<u64>,
    /// Tracks in each class.
    pub tracks: Vec<u64>,
}

/// Spots found over time, at a few hundred moments at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpotsOverTime {
    /// Middle of each stretch of time since the first frame, s.
    pub time_s: Vec<f64>,
    /// Mean number of spots per frame in it.
    pub spots_per_frame: Vec<f64>,
}
