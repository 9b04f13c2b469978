//! Detectors: where in a frame there may be a particle.

mod bandpass;
#[cfg(test)]
mod conformance;
mod crowd;
mod dark_side;
mod matched_filter;
mod near;
mod peaks;
mod scale;
mod scale_noise;
mod sorting;
mod sweep;
#[cfg(test)]
mod sweep_test;

use crate::film::Film;
use crate::method::{Entry, Params};
use crate::model::Flat;
use crate::{Finding, Tally};

/// A place where there may be a particle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Position across, px.
    pub x_px: f64,
    /// Position down, px.
    pub y_px: f64,
    /// Filtered height over the noise of the filtered picture.
    pub snr: f64,
    /// Width of the filter that fitted best, px.
    pub width_px: f64,
}

impl Candidate {
    /// Whether all its numbers are ones that a fit can begin from.
    pub(crate) fn is_sound(&self) -> bool {
        let numbers = [self.x_px, self.y_px, self.snr, self.width_px];
        numbers.iter().all(|v| v.is_finite()) && self.width_px > 0.0
    }
}

/// Proposes candidates. One detector serves the whole film; it is built from the film and has no memory, so frames
/// may be given in any order from any thread.
pub trait Detector: Send + Sync {
    /// Candidates of one frame in the order of y, then x. What was seen and dropped is tallied with its reason.
    fn detect(&self, flat: &Flat, film: &Film, tally: &mut Tally) -> Vec<Candidate>;

    /// A spot must have at least this `snr` to begin a track; weaker ones may continue one.
    fn start_snr(&self) -> f64;

    /// What was found while learning from the sample.
    fn findings(&self) -> Vec<Finding>;
}

/// Builds a detector: it learns what it needs (the noise of its own filter) from the flat sample.
pub type MakeDetector = fn(&Params, &Film, &[Flat]) -> Box<dyn Detector>;

/// All detectors; the first is the default.
pub static DETECTORS: &[Entry<MakeDetector>] = &[matched_filter::ENTRY, bandpass::ENTRY];
