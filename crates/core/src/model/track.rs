//! One particle followed from frame to frame, in pixels.

use super::{FrameIndex, Spot};
use serde::{Deserialize, Serialize};

/// Number of a track, from 0 in the order of the first frame, then y, then x of the first spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackId(pub u32);

/// A spot in its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackPoint {
    /// Place in time.
    pub frame: FrameIndex,
    /// Start of the exposure since the first frame, in seconds.
    pub time_s: f64,
    /// Where and how bright.
    pub spot: Spot,
}

/// Spots of one particle: frames strictly increase, gaps are allowed, never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    id: TrackId,
    points: Vec<TrackPoint>,
}

impl Track {
    /// A track of `points`, or `None` if there are none or their frames do not strictly increase.
    pub fn new(id: TrackId, points: Vec<TrackPoint>) -> Option<Self> {
        let ordered = points.windows(2).all(|w| w[0].frame < w[1].frame);
        (!points.is_empty() && ordered).then_some(Self { id, points })
    }

    /// Number of the track.
    pub fn id(&self) -> TrackId {
        self.id
    }

    /// The spots, in time.
    pub fn points(&self) -> &[TrackPoint] {
        &self.points
    }

    /// Gives the spots these standard errors, px, one per spot.
    pub(super) fn restate_precisions(&mut self, precisions_px: Vec<f64>) {
        for (p, precision_px) in self.points.iter_mut().zip(precisions_px) {
            p.spot.precision_px = precision_px;
        }
    }

    /// First place in time.
    pub fn first_frame(&self) -> FrameIndex {
        self.points[0].frame
    }

    /// Last place in time.
    pub fn last_frame(&self) -> FrameIndex {
        self.points[self.points.len() - 1].frame
    }
}
