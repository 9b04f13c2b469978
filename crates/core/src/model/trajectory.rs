//! The gate from pixels to micrometres.

use super::{Acquisition, FrameIndex, Track, TrackId};
use crate::drift::Drift;

/// A track in micrometres and seconds with the shared motion taken away. The only way to one is
/// [`Trajectory::from_track`], so that no estimator can be fed pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    id: TrackId,
    frames: Vec<FrameIndex>,
    time_s: Vec<f64>,
    x_um: Vec<f64>,
    y_um: Vec<f64>,
    precision_um: Vec<f64>,
}

impl Trajectory {
    /// Scales a track by the pixel size and takes the drift away.
    pub fn from_track(track: &Track, acquisition: &Acquisition, drift: &Drift) -> Self {
        let scale = acquisition.pixel_size_um.value;
        let points = track.points();
        let mut out = Self {
            id: track.id(),
            frames: Vec::with_capacity(points.len()),
            time_s: Vec::with_capacity(points.len()),
            x_um: Vec::with_capacity(points.len()),
            y_um: Vec::with_capacity(points.len()),
            precision_um: Vec::with_capacity(points.len()),
        };
        let mut sheared = (0.0, 0.0);
        for (k, p) in points.iter().enumerate() {
            // Shear depends on where a particle went, so it adds up along the way.
            if let Some(before) = k.checked_sub(1) {
                let by = drift.sheared_px(&points[before], p);
                sheared = (sheared.0 + by.0, sheared.1 + by.1);
            }
            let (x, y) = drift.offset_px(p.frame);
            let (dx, dy) = (x + sheared.0, y + sheared.1);
            out.frames.push(p.frame);
            out.time_s.push(p.time_s);
            out.x_um.push((p.spot.x_px - dx) * scale);
            out.y_um.push((p.spot.y_px - dy) * scale);
            out.precision_um.push(p.spot.precision_px * scale);
        }
        out
    }

    /// Number of the track that this was.
    pub fn id(&self) -> TrackId {
        self.id
    }

    /// Places in time, strictly increasing.
    pub fn frames(&self) -> &[FrameIndex] {
        &self.frames
    }

    /// Starts of the exposures, s.
    pub fn time_s(&self) -> &[f64] {
        &self.time_s
    }

    /// Positions across, um.
    pub fn x_um(&self) -> &[f64] {
        &self.x_um
    }

    /// Positions down, um.
    pub fn y_um(&self) -> &[f64] {
        &self.y_um
    }

    /// Standard error of each position per axis, um.
    pub fn precision_um(&self) -> &[f64] {
        &self.precision_um
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Never true: a track has at least one spot.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}
