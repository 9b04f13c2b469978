//! nta-engine: the facade. A plan and films go in, a report comes out.
//!
//! [`analyze()`] is the only orchestration; [`analyze_to_folder`] puts files before and behind it, [`inspect()`] takes
//! a quick look, [`inspect_with_preview`] draws what it sees. [`simulate()`] goes the other way: from a scene to a film with its truth. The plan decides the numbers, the [`Runtime`] only the speed.

mod analyze;
mod assemble;
pub mod audit;
pub mod batch;
pub mod benchmark;
mod blank;
mod budget;
mod calibrate;
mod capture;
mod classes;
pub mod compare;
mod concentration;
mod export;
mod exposure;
mod fingerprint;
mod folder;
pub mod foreign;
mod headline;
mod import;
mod inspect;
mod intensity;
mod pictures;
pub mod plan;
mod preview;
mod qc;
mod replicates;
pub mod report;
mod rows;
mod runtime;
mod simulate;
mod text_file;
pub mod vendor;
pub mod verify;
mod whole;

pub use analyze::{Analysis, AnalyzeError, analyze};
pub use audit::Attribution;
pub use calibrate::{CalibrateError, CalibrateOutcome, CalibrateRequest, calibrate};
pub use capture::CaptureInput;
pub use compare::{CompareError, CompareOutcome, CompareRequest, compare};
pub use export::ExportFormat;
pub use folder::{AnalyzeRequest, Outcome, analyze_to_folder};
pub use import::{IMPORT_SCHEMA, ImportError, ImportOutcome, ImportRequest, import};
pub use inspect::{Inspection, inspect, inspect_with_preview};
pub use nta_sim::record::Codec;
pub use preview::{PreviewError, PreviewRequest};
pub use runtime::{Progress, Runtime};
pub use simulate::{SimulateError, SimulateOutcome, SimulateRequest, simulate};
