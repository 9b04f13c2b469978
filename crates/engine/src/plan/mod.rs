//! The plan: everything that decides the numbers of an analysis.
//!
//! It has two states. [`PlanInput`] is what was typed: layers in which every value may be absent. [`Plan`] is what is
//! in force: every value present or knowingly absent, each with its origin in words ("command line", "plan",
//! "instrument profile", "file", "default"). One static table, [`keys::KEYS`], says what can be typed; command-line
//! help, the commented plan, type and range checks follow from it. Methods and their numbers come from the
//! registries through [`stages::STAGES`].

mod acquisition;
mod catalogue;
mod error;
mod in_force;
mod input;
mod instrument;
mod instrument_keys;
pub mod keys;
mod layer;
mod medium;
mod nearest;
mod resolve;
pub mod stages;
mod uncertainty;
mod value;
mod write;

pub use acquisition::AcquisitionInForce;
pub use catalogue::{instruments_json, instruments_text, methods_json, methods_text};
pub use error::PlanError;
pub use in_force::{FrameRange, Medium, Plan, SampleValue, SizeOptions};
pub use input::PlanInput;
pub use instrument::{Instrument, instrument_folders, shipped_instruments};
pub(crate) use nearest::nearest;
pub use uncertainty::UncertaintyOptions;
pub use value::Value;
pub use write::commented_default;

// Files of limits have keys too, and are checked as plans are.
pub(crate) use error::advice;
pub(crate) use layer::parse_toml;
pub(crate) use value::{check, shown};
