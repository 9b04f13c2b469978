//! nta-sizing: trajectories become sizes.
//!
//! [`size_sample::size_sample`] is the way through: tracks of all captures of a sample go in; sizes of the sample, of
//! each capture and of each particle come out, with what a person should know. Lengths are in um, diameters in nm,
//! times in s; only [`physics`] speaks SI.

pub mod blank;
mod blocks;
pub mod bootstrap;
pub mod brightness;
pub mod causes;
#[cfg(test)]
mod chance;
pub mod classes;
pub mod compare;
pub mod concentration;
pub mod control_chart;
mod depth;
mod detectable;
pub mod diffusion;
pub mod distribution;
pub mod exposure;
mod findings;
pub mod goodness;
pub mod grid_share;
mod group;
pub mod grubbs;
pub mod lattice;
pub mod likelihood;
pub mod limit_of_blank;
pub mod log_line;
pub mod matrix;
pub mod medium;
pub mod msd;
pub mod physics;
pub mod populations;
pub mod precision_scale;
pub mod proportion;
pub mod ratio;
pub mod result;
pub mod sampling;
mod select;
pub mod size_sample;
pub mod steps;
pub mod student;
mod sucrose;
pub mod summary;
pub mod trend;
pub mod uncertainty;
mod visits;
mod weighting;
mod width;

pub use brightness::PowerLaw;
pub use causes::{Causes, Measured};
pub use classes::ClassShare;
pub use concentration::{
    Concentration, Counted, coincidence_factor, concentration, hidden_area_um2,
};
pub use diffusion::{DiffusionEstimate, ESTIMATORS, Z95};
pub use distribution::DISTRIBUTIONS;
pub use exposure::ExposureEstimate;
pub use medium::{MEDIA, Medium, MediumError};
pub use populations::{Limits, Population};
pub use precision_scale::PrecisionScale;
pub use result::{
    CaptureTracks, ParticleSize, SampleSizes, SizeDistribution, SizeResult, SizingError,
    SizingPlan, Trajectories,
};
pub use sampling::{Sampling, SamplingError};
pub use size_sample::size_sample;
pub use summary::{Interval, SizeSummary};
pub use uncertainty::{Budget, Component, InputUncertainties, Uncertain};
pub use visits::Visits;
pub use weighting::Weighting;
