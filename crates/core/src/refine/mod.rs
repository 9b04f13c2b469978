//! Refiners: exactly where the particle is, how sure that is, how wide and bright it is.

mod blocks;
mod centroid;
#[cfg(test)]
mod conformance;
mod fit;
mod gaussian;
mod gradients;
mod noise_law;
mod pair;
mod profile;
mod radial_symmetry;
mod shapes;
mod window;

use crate::Tally;
use crate::detect::Candidate;
use crate::film::Film;
use crate::method::{Entry, Params};
use crate::model::{Flat, Spot};

/// Measures candidates. Without memory; frames may come in any order from any thread.
pub trait Refiner: Send + Sync {
    /// Spots of one frame in the order of y, then x. What is dropped is tallied with its reason.
    fn refine(
        &self,
        flat: &Flat,
        film: &Film,
        candidates: &[Candidate],
        tally: &mut Tally,
    ) -> Vec<Spot>;
}

/// Builds a refiner.
pub type MakeRefiner = fn(&Params, &Film) -> Box<dyn Refiner>;

/// All refiners; the first is the default.
pub static REFINERS: &[Entry<MakeRefiner>] =
    &[gaussian::ENTRY, centroid::ENTRY, radial_symmetry::ENTRY];
