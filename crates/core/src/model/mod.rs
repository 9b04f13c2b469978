//! The nouns: what travels along the arrows.

mod acquisition;
mod frame;
mod owners;
mod spot;
mod track;
mod trajectory;

pub use acquisition::{Acquisition, Stated};
pub use frame::{Flat, Frame, FrameIndex, Pixels};
pub use owners::Owners;
pub(crate) use owners::restate_precisions;
pub use spot::{FrameSpots, Spot};
pub use track::{Track, TrackId, TrackPoint};
pub use trajectory::Trajectory;
