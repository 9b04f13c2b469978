//! nta-core: frames become tracks.
//!
//! Everything in this crate is in pixels, frames and counts. The one gate to micrometres and seconds is
//! [`model::Trajectory::from_track`]; what lies beyond it is the business of `nta-sizing`.
//!
//! The way through: [`source::FrameSource`] gives frames, [`film::Film`] is what was learned of the film before
//! anything is detected, a [`detect::Detector`] proposes spots, a [`refine::Refiner`] measures them, a
//! [`link::Linker`] joins them to tracks, [`drift`] measures what all of them share. [`track_video`] conducts.

mod autocorrelation;
mod background;
pub mod detect;
pub mod drift;
pub mod film;
#[cfg(test)]
mod film_conformance;
mod film_findings;
mod filter;
pub mod finding;
mod flatten;
pub mod instructions;
pub mod link;
mod mask;
pub mod method;
pub mod model;
pub mod motion_blur;
mod noise;
pub mod refine;
mod reunite;
mod shared_noise;
mod side_by_side;
pub mod source;
mod spot_width;
mod stranger_light;
mod temporal_median;
#[cfg(test)]
mod test_film;
mod tiles;
pub mod track_video;

pub use finding::{Finding, Severity, Tally};
pub use method::{Choice, Entry, MethodError, ParamSpec, Params};
pub use model::{
    Acquisition, Flat, Frame, FrameIndex, FrameSpots, Pixels, Spot, Track, TrackId, TrackPoint,
    Trajectory,
};
pub use source::{FrameError, FrameSource, Packet, PacketData, SourceEnd, SourceError, VideoInfo};
