//! Linkers: which spot is which particle.

pub mod assignment;
mod cut;
mod lap;
mod likelihood;
mod motion;
mod nearest;
mod neighbours;
mod pass;
mod points;
mod presence;
mod quality;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;

use crate::drift::Drift;
use crate::method::{Entry, Params};
use crate::model::{FrameSpots, Track};
use crate::{Finding, Tally};

/// What a linker works on.
#[derive(Clone, Copy, Debug)]
pub struct LinkInput<'a> {
    /// All frames of the film in time. Frames without spots are present; frames that the film lacks are not.
    pub frames: &'a [FrameSpots],
    /// Motion shared by all particles, as far as it is known.
    pub drift: &'a Drift,
    /// Area in which particles are looked for, px^2.
    pub area_px2: f64,
    /// A spot needs at least this `snr` to begin a track.
    pub start_snr: f64,
}

/// What a linker gives.
#[derive(Clone, Debug, Default)]
pub struct Linked {
    /// Tracks in the order of first frame, then y, then x of the first spot, numbered so from 0. A spot joins at
    /// most one track; a track may have a single spot.
    pub tracks: Vec<Track>,
    /// Spots that joined no track, by reason, and cuts made, by reason.
    pub tally: Tally,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Joins spots to tracks.
pub trait Linker: Send + Sync {
    /// Links a whole film.
    fn link(&self, input: &LinkInput<'_>) -> Linked;
}

/// Builds a linker.
pub type MakeLinker = fn(&Params) -> Box<dyn Linker>;

/// All linkers; the first is the default.
pub static LINKERS: &[Entry<MakeLinker>] = &[likelihood::ENTRY, nearest::ENTRY, lap::ENTRY];
