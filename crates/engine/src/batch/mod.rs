//! Many samples at once: finds the captures under a folder, groups replicates, analyses each sample, and writes one table.
//!
//! Each sample has a folder of its own, which appears at once or not at all; that is what a killed batch resumes from. A sample
//! whose folder holds the result of the same films, by the same plan and the same program, is not analysed again. What the tables
//! say is read from the results, so that a resumed batch writes the same bytes as an undisturbed one.

mod find;
mod group;
mod hashes;
mod hold;
mod html;
mod job;
pub mod limits;
#[cfg(test)]
mod made;
mod memory;
mod model;
mod names;
mod pass;
mod progress;
pub mod quality;
mod record;
mod run;
mod sample;
mod samples_csv;
mod sidecar;
mod table;
mod watch;

pub use find::{Found, FoundCapture, find};
pub use model::{BATCH_SCHEMA, BatchReport, BatchSample};
pub use progress::{BatchProgress, SampleState};
pub use record::{Channel, Role, SampleEntry, SampleOutcome, SampleRecord};
pub use samples_csv::{COLUMNS, SamplesError, TableSample, read_samples};
pub use watch::{WatchEvent, WatchRequest, watch};

use crate::analyze::AnalyzeError;
use crate::audit::Attribution;
use crate::plan::{Plan, PlanError, PlanInput};
use crate::report::OutputError;
use crate::report::write::has_marker;
use crate::runtime::Runtime;
use hold::Hold;
use job::{Job, Jobs};
use limits::LimitsError;
use pass::Pass;
use std::path::{Path, PathBuf};

/// A folder of captures, and where the results go.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    /// The folder that is searched.
    pub folder: PathBuf,
    /// Folder of the results: one folder for each sample, and the tables.
    pub out: PathBuf,
    /// What was typed of the plan; a table of samples and what instruments wrote beside their films add to it.
    pub plan: PlanInput,
    /// The table of samples; without one, `samples.csv` in the folder, if it is there.
    pub samples: Option<PathBuf>,
    /// Limits that the samples are held against; without a file, `limits.toml` in the folder, if it is there.
    pub limits: Option<PathBuf>,
    /// Only the sample with this folder name; no tables are written.
    pub only: Option<String>,
    /// Analyse again what has not changed.
    pub overwrite: bool,
    /// Write every detection to `spots.csv`.
    pub spots: bool,
    /// Write particles and tracks as Parquet too.
    pub parquet: bool,
    /// Who asks for it and why, for the audit trail.
    pub who: Attribution,
    /// Memory that analyses may take together, bytes; without one, half of what the system has to give.
    pub memory_bytes: Option<u64>,
}

/// What came of a batch.
#[derive(Clone, Debug)]
pub struct BatchOutcome {
    /// What `batch.json` holds.
    pub report: BatchReport,
    /// Samples whose earlier results stand.
    pub unchanged: usize,
    /// The page; `None` where only one sample was asked for.
    pub page: Option<PathBuf>,
}

impl BatchOutcome {
    /// The worst exit code of all samples.
    pub fn exit_code(&self) -> u8 {
        self.report.exit_code()
    }
}

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The plan, or a row of the table of samples.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The table of samples.
    #[error(transparent)]
    Samples(#[from] SamplesError),
    /// The file of limits.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The folder to be searched.
    #[error("cannot search {path}: {reason}")]
    NoFolder {
        /// The folder.
        path: String,
        /// Why.
        reason: String,
    },
    /// Results are not to lie among the films as if they were some.
    #[error(
        "{path} is the folder that is searched; give another folder for the results, such as {path}/results"
    )]
    OutIsFolder {
        /// The folder.
        path: String,
    },
    /// The folder of results is that of something else.
    #[error(
        "{path} holds the result of a single analysis or a comparison; give another folder for those of a batch"
    )]
    OutIsResult {
        /// The folder.
        path: String,
    },
    /// What was typed fits none of the films.
    #[error("none of the {samples} samples could be analysed: {reason}")]
    NoneFits {
        /// Samples that were found.
        samples: usize,
        /// What is wrong with the first.
        reason: String,
    },
    /// Nothing to analyse.
    #[error(
        "there is no capture under {path} ({seen}); a capture is a video file, a TIFF stack or a folder of images"
    )]
    NoCapture {
        /// The folder.
        path: String,
        /// What was seen instead.
        seen: String,
    },
    /// `--only` names no sample.
    #[error("there is no sample with the folder name '{given}'; {advice}")]
    NoSuchSample {
        /// What was typed.
        given: String,
        /// What there is.
        advice: String,
    },
    /// Another batch works there.
    #[error(
        "another nta batch is working in {path}; wait until it has ended, or give another folder"
    )]
    Held {
        /// The folder.
        path: String,
    },
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Parquet was asked for in a build without it.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
    /// Asked to stop.
    #[error(
        "stopped on request; {done} of {samples} samples are finished and stay, and the same command goes on from there"
    )]
    Cancelled {
        /// Samples that are finished.
        done: usize,
        /// Samples in all.
        samples: usize,
    },
}

impl BatchError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Plan(_)
            | Self::Samples(_)
            | Self::NoSuchSample { .. }
            | Self::NoneFits { .. }
            | Self::OutIsFolder { .. } => 2,
            Self::NoFolder { .. } | Self::NoCapture { .. } => 3,
            Self::Held { .. } | Self::OutIsResult { .. } | Self::Output(_) => 4,
            Self::Limits(error) => error.exit_code(),
            Self::Analyze(error) => error.exit_code(),
            Self::Cancelled { .. } => 130,
        }
    }
}

/// The plan in force for these films, which are one sample, with what instruments wrote beside them, as in a batch; and what is to be
/// told of conditions that could not be used.
pub fn plan_beside(inputs: &[PathBuf], plan: PlanInput) -> Result<(Plan, Vec<String>), PlanError> {
    let captures: Vec<FoundCapture> = inputs
        .iter()
        .map(|path| FoundCapture {
            name: path.display().to_string(),
            path: path.clone(),
        })
        .collect();
    let sidecars = sidecar::Sidecars::read(&captures);
    let (plan, own) = sidecars.plan(&captures, plan)?;
    Ok((plan, [sidecars.notes, own].concat()))
}

/// A sample as `nta batch --list` tells it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ListedSample {
    /// Its name.
    pub id: String,
    /// Name of its folder of results.
    pub folder: String,
    /// Its captures, relative to the folder that is searched.
    pub captures: Vec<String>,
}

/// The samples of a folder, without analysing any.
pub fn list(request: &BatchRequest) -> Result<Vec<ListedSample>, BatchError> {
    let (_, jobs) = look(request, false)?;
    let listed = |job: Job| ListedSample {
        id: job.entry.id,
        folder: job.folder,
        captures: job.captures.into_iter().map(|c| c.name).collect(),
    };
    Ok(jobs.jobs.into_iter().map(listed).collect())
}

/// Analyses all samples of a folder. A sample that cannot be analysed does not stop the others.
pub fn batch(
    request: &BatchRequest,
    progress: &(dyn Fn(BatchProgress<'_>) + Sync),
    runtime: &Runtime<'_>,
) -> Result<BatchOutcome, BatchError> {
    let (found, mut jobs) = look(request, false)?;
    if let Some(only) = &request.only {
        jobs.jobs = vec![take(jobs.jobs, only)?];
    }
    let _hold = match &request.only {
        Some(folder) => Hold::of_sample(&request.out, folder)?,
        None => Hold::whole(&request.out)?,
    };
    Pass::new(request)?.run(&found, jobs, progress, runtime)
}

fn take(jobs: Vec<Job>, only: &str) -> Result<Job, BatchError> {
    let names: Vec<String> = jobs.iter().map(|j| j.folder.clone()).collect();
    jobs.into_iter().find(|j| j.folder == only).ok_or_else(|| {
        let near = crate::plan::nearest(only, names.iter().map(String::as_str));
        BatchError::NoSuchSample {
            given: only.to_owned(),
            advice: near.map_or_else(
                || "`nta batch FOLDER --list` lists them".to_owned(),
                |n| format!("did you mean '{n}'?"),
            ),
        }
    })
}

/// What the folder holds, and which samples that makes; `arriving` if more files are to come.
fn look(request: &BatchRequest, arriving: bool) -> Result<(Found, Jobs), BatchError> {
    check_folders(request)?;
    // What is wrong with the plan itself is told once, before any film is looked at.
    request.plan.resolve()?;
    let found = find(&request.folder, &request.out);
    if found.captures.is_empty() {
        return Err(BatchError::NoCapture {
            path: request.folder.display().to_string(),
            seen: seen(&found),
        });
    }
    let jobs = Jobs::of(
        &request.folder,
        request.samples.as_deref(),
        &found,
        &request.plan,
        arriving,
    )?;
    Ok((found, jobs))
}

fn seen(found: &Found) -> String {
    if let Some(first) = found.unreadable.first() {
        return format!("{}: {}", first.path, first.reason);
    }
    let kinds: Vec<String> = found
        .others
        .0
        .iter()
        .map(|(k, n)| format!("{n} {k}"))
        .collect();
    match kinds.is_empty() {
        true => "it is empty".to_owned(),
        false => format!("it holds only: {}", kinds.join(", ")),
    }
}

fn check_folders(request: &BatchRequest) -> Result<(), BatchError> {
    if request.parquet && !cfg!(feature = "parquet") {
        return Err(AnalyzeError::NoParquet.into());
    }
    let folder = &request.folder;
    let no_folder = |reason: String| BatchError::NoFolder {
        path: folder.display().to_string(),
        reason,
    };
    let about = std::fs::metadata(folder).map_err(|e| no_folder(e.to_string()))?;
    if !about.is_dir() {
        return Err(no_folder(
            "it is a file; `nta analyze` takes single films".to_owned(),
        ));
    }
    let same = |a: &Path, b: &Path| match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    if same(folder, &request.out) {
        return Err(BatchError::OutIsFolder {
            path: folder.display().to_string(),
        });
    }
    if has_marker(&request.out) {
        return Err(BatchError::OutIsResult {
            path: request.out.display().to_string(),
        });
    }
    Ok(())
}
