//! How an analysis is run, as opposed to what it computes: threads, progress, cancelling. Nothing here changes a number.

use crate::plan::{Plan, PlanError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// How to run: decides the speed, never the numbers.
pub struct Runtime<'a> {
    /// Threads; 0 for all cores.
    pub threads: usize,
    /// Called now and then, from any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Set it to stop: the analysis ends with [`AnalyzeError::Interrupted`] and leaves nothing behind.
    pub cancel: &'a AtomicBool,
}

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Number of the capture, from 0.
    pub capture: usize,
    /// Number of captures.
    pub captures: usize,
    /// What is being done, for people.
    pub stage: &'static str,
    /// Frames done of this capture.
    pub frames_done: u64,
    /// Frames of this capture, if known.
    pub frames_total: Option<u64>,
}

/// One analysis: captures of one sample, and where the results go.
#[derive(Clone, Debug)]
pub struct AnalyzeRequest {
    /// Captures of one sample.
    pub inputs: Vec<PathBuf>,
    /// The plan in force.
    pub plan: Plan,
    /// Folder of the results.
    pub out: PathBuf,
    /// Replace results that are there already.
    pub overwrite: bool,
    /// Write every detection to `spots.csv`.
    pub spots: bool,
    /// Write particles and tracks as Parquet too.
    pub parquet: bool,
}

/// What came of an analysis.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Lines for people: size, concentration, verdict, findings.
    pub headline: String,
    /// The report.
    pub report_path: PathBuf,
    /// Whether the verdict is `fail`.
    pub failed: bool,
}

impl Outcome {
    /// 0, or 1 if the verdict is `fail`.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.failed)
    }
}

/// What a file says of itself and what a quick look shows.
#[derive(Clone, Debug)]
pub struct Inspection {
    text: String,
    json: serde_json::Value,
}

impl Inspection {
    /// For people.
    pub fn to_text(&self) -> String {
        self.text.clone()
    }

    /// For programs.
    pub fn to_json(&self) -> serde_json::Value {
        self.json.clone()
    }
}

/// Why an analysis gave no result.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// The plan is wrong for this film.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An input cannot be read.
    #[error(transparent)]
    Source(#[from] nta_core::SourceError),
    /// An output cannot be written.
    #[error("cannot write {path}: {reason}")]
    Output {
        /// The file or folder.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// It was asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl AnalyzeError {
    /// Exit code of the command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            AnalyzeError::Plan(_) => 2,
            AnalyzeError::Source(_) => 3,
            AnalyzeError::Output { .. } => 4,
            AnalyzeError::Interrupted => 130,
        }
    }
}

/// Analyses one sample and writes its results.
pub fn analyze_to_folder(
    request: &AnalyzeRequest,
    _runtime: &Runtime<'_>,
) -> Result<Outcome, AnalyzeError> {
    let first = request
        .inputs
        .first()
        .map_or(Path::new(""), PathBuf::as_path);
    Err(no_reader(first))
}

/// Looks at one file.
pub fn inspect(
    input: &Path,
    _plan: &Plan,
    _runtime: &Runtime<'_>,
) -> Result<Inspection, AnalyzeError> {
    Err(no_reader(input))
}

/// The JSON Schema of `result.json`.
pub fn result_schema() -> serde_json::Value {
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nta-result/1",
        "type": "object"
    })
}

fn no_reader(path: &Path) -> AnalyzeError {
    let shown = path.display().to_string();
    let error = match std::fs::metadata(path) {
        Err(e) => nta_core::SourceError::Unreadable {
            path: shown,
            reason: e.to_string(),
        },
        Ok(_) => nta_core::SourceError::Unsupported {
            path: shown,
            reason: "this build has no readers".to_owned(),
        },
    };
    error.into()
}
