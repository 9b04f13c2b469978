//! nta-sizing: trajectories become sizes.

pub mod physics;
