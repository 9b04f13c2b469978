//! Flow, shear, vibration: the motion that all particles share.

mod clock;
mod common;
mod line;
mod none;
mod periodic;
mod periodogram;
mod shear;
mod smooth;
#[cfg(test)]
mod tests;
mod vibration;

use crate::Finding;
use crate::method::{Entry, Params};
use crate::model::{FrameIndex, Track, TrackPoint};
use std::sync::atomic::AtomicBool;

pub use self::shear::Gradient;

/// Where the shared motion has carried everything by each frame, px. Frame 0 is the origin. What differs from place to
/// place is a gradient beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    offsets_px: Vec<(f64, f64)>,
    gradient: Option<Gradient>,
}

impl Drift {
    /// No shared motion.
    pub fn none() -> Self {
        Self::default()
    }

    /// Drift from cumulative offsets per frame index.
    pub fn from_offsets(offsets_px: Vec<(f64, f64)>) -> Self {
        Self {
            offsets_px,
            gradient: None,
        }
    }

    /// The same with a gradient of the velocity.
    pub fn with_gradient(self, gradient: Option<Gradient>) -> Self {
        Self { gradient, ..self }
    }

    /// How far shear carries a particle (x, y) from one of its points to a later one, beyond the offsets, px.
    pub fn sheared_px(&self, from: &TrackPoint, to: &TrackPoint) -> (f64, f64) {
        let Some(gradient) = &self.gradient else {
            return (0.0, 0.0);
        };
        let middle = |a: f64, b: f64| 0.5 * (a + b);
        let (a, b) = (&from.spot, &to.spot);
        let at = (middle(a.x_px, b.x_px), middle(a.y_px, b.y_px));
        let v = gradient.velocity_px_per_s(at);
        let seconds = to.time_s - from.time_s;
        (v.0 * seconds, v.1 * seconds)
    }

    /// How far the shared motion carries a particle (x, y) from one of its points to a later one, px: offsets and shear.
    pub fn carried_px(&self, from: &TrackPoint, to: &TrackPoint) -> (f64, f64) {
        let (a, b) = (self.offset_px(from.frame), self.offset_px(to.frame));
        let sheared = self.sheared_px(from, to);
        (b.0 - a.0 + sheared.0, b.1 - a.1 + sheared.1)
    }

    /// Offset (x, y) at a frame, px; beyond the last known frame the last offset stays.
    pub fn offset_px(&self, frame: FrameIndex) -> (f64, f64) {
        let last = self.offsets_px.len().saturating_sub(1);
        self.offsets_px
            .get((frame.0 as usize).min(last))
            .copied()
            .unwrap_or((0.0, 0.0))
    }

    /// Offsets (x, y) by frame index, px. Empty if there is no drift.
    pub fn offsets_px(&self) -> &[(f64, f64)] {
        &self.offsets_px
    }
}

/// Measures the shared motion.
pub trait DriftEstimator: Send + Sync {
    /// Drift over frames `0..frames` from tracks that were linked without or with an earlier drift. Positions of
    /// the tracks are raw (drift not taken away).
    fn estimate(&self, tracks: &[Track], frames: u32) -> (Drift, Vec<Finding>) {
        self.estimate_until(tracks, frames, &AtomicBool::new(false))
    }

    /// The same; gives up soon after `cancel` is set, and what it gives back then means nothing.
    fn estimate_until(
        &self,
        tracks: &[Track],
        frames: u32,
        cancel: &AtomicBool,
    ) -> (Drift, Vec<Finding>);
}

/// Builds a drift estimator.
pub type MakeDrift = fn(&Params) -> Box<dyn DriftEstimator>;

/// All drift estimators; the first is the default.
pub static DRIFTS: &[Entry<MakeDrift>] = &[smooth::ENTRY, none::ENTRY];
