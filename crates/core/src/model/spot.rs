//! One particle seen in one frame.

use super::FrameIndex;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A particle seen in one frame. Pixel (0, 0) has its centre at (0.0, 0.0); x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Position across, px.
    pub x_px: f64,
    /// Position down, px.
    pub y_px: f64,
    /// Standard error of the position per axis, px. Not the width of the spot.
    pub precision_px: f64,
    /// Standard deviation of the spot's Gaussian shape, px.
    pub width_px: f64,
    /// Sum of the counts above the background.
    pub mass_counts: f64,
    /// Height of the fitted spot above the background, counts.
    pub peak_counts: f64,
    /// Local background that is left after flattening, counts.
    pub background_counts: f64,
    /// Matched-filter statistic: filtered height over the noise of the filtered picture.
    pub snr: f64,
}

impl Spot {
    /// The order of the spots of a frame: y, then x.
    pub(crate) fn by_place(&self, other: &Self) -> Ordering {
        let rows = self.y_px.total_cmp(&other.y_px);
        rows.then(self.x_px.total_cmp(&other.x_px))
    }
}

/// All spots of one frame. A frame without spots is present with an empty list.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameSpots {
    /// Place in time.
    pub frame: FrameIndex,
    /// Start of the exposure since the first frame, in seconds.
    pub time_s: f64,
    /// In the order of y, then x.
    pub spots: Vec<Spot>,
}
