//! Files of other programs, read as `nta import` does: tracks are analysed again from their positions on, histograms are
//! shown beside ours.
//!
//! `inputs` sorts the files, `recording` makes trajectories of tracks, `result` the report that [`crate::analyze()`]
//! would make of a film, as far as tracks allow, and `told` says of every file what it holds. What cannot be read is
//! told with its reason and left out.

mod conditions;
mod inputs;
mod measured;
mod page;
mod recording;
mod result;
mod rows;
mod told;

#[cfg(test)]
mod conditions_tests;
#[cfg(test)]
mod tests;

use crate::analyze::{AnalyzeError, timing_of};
use crate::assemble::software;
use crate::audit::{self, Attribution, Record};
use crate::blank::Blank;
use crate::foreign::ForeignError;
use crate::headline::headline;
use crate::plan::Plan;
use crate::report::html::{self, Pictures};
use crate::report::{
    ExcludedCapture, OutputError, OutputFile, Report, Verdict, check_folder, csv, summary,
    write_audited_folder,
};
use crate::runtime::{Runtime, Stopwatch};
use inputs::{Content, Input};
use recording::Recording;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use told::Told;

/// Version of the form of `import.json`.
pub const IMPORT_SCHEMA: &str = "nta-import/1";

/// Files of other programs, and where what comes of them goes.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// Tracks and exports; all tracks are captures of one sample.
    pub inputs: Vec<PathBuf>,
    /// The plan in force, for tracks.
    pub plan: Plan,
    /// Folder of the results.
    pub out: PathBuf,
    /// Replace results that are there already.
    pub overwrite: bool,
    /// A result of ours to show beside, as a folder or its `result.json`.
    pub beside: Option<PathBuf>,
    /// Who asks for it and why, for the audit trail of the result of tracks.
    pub who: Attribution,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    /// The result of the tracks; `None` where there were none.
    pub report: Option<Report>,
    /// A few lines for people.
    pub text: String,
    /// One sentence for each file, or capture of a file, that could not be read.
    pub unreadable: Vec<String>,
    /// Files that were written.
    pub files: Vec<PathBuf>,
}

impl ImportOutcome {
    /// 3 if a file could not be read, else 1 if the verdict is `fail`, else 0.
    pub fn exit_code(&self) -> u8 {
        let failed = self.report.as_ref().map(|r| r.verdict) == Some(Verdict::Fail);
        match self.unreadable.is_empty() {
            true => u8::from(failed),
            false => 3,
        }
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The plan, or the analysis of the tracks.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Positions in um without a pixel size.
    #[error("{0}: --pixel-size-um 0.2, or pixel_size_um = 0.2 in the plan")]
    PixelSize(ForeignError),
    /// No file is left.
    #[error("none of the {files} files could be read; {first}")]
    Nothing {
        /// How many were given.
        files: usize,
        /// What is wrong with the first.
        first: String,
    },
    /// The result to show beside.
    #[error(
        "cannot show {path} beside: {reason}; --beside takes the folder of a finished analysis, or its result.json"
    )]
    Beside {
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl ImportError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Analyze(error) => error.exit_code(),
            Self::Output(_) => 4,
            Self::PixelSize(_) => 2,
            Self::Nothing { .. } | Self::Beside { .. } => 3,
        }
    }
}

/// The tracks of an import with their result.
struct Analyzed {
    report: Report,
    recordings: Vec<Recording>,
    sizes: nta_sizing::SampleSizes,
    plan: Plan,
}

/// Reads the files and writes what comes of them: all outputs or none.
pub fn import(
    request: &ImportRequest,
    runtime: &Runtime<'_>,
) -> Result<ImportOutcome, ImportError> {
    check_folder(&request.out, request.overwrite)?;
    let beside = request.beside.as_deref().map(result_of).transpose()?;
    let mut inputs = inputs::read_all(&request.inputs, &request.plan, runtime)?;
    let analyzed = analyze_tracks(&mut inputs, &request.plan, runtime)?;
    let unreadable: Vec<String> = inputs.iter().flat_map(Input::not_used).collect();
    if inputs.iter().all(|i| i.unreadable().is_some()) {
        return Err(ImportError::Nothing {
            files: inputs.len(),
            first: unreadable.into_iter().next().unwrap_or_default(),
        });
    }
    let report = analyzed.as_ref().map(|a| &a.report);
    let medium = request.plan.sizing_medium().map_err(AnalyzeError::from)?;
    let told = Told {
        inputs: &inputs,
        result: report,
        beside: beside.as_ref(),
        medium: &medium,
    };
    let files = output_files(&told, analyzed.as_ref());
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled.into());
    }
    write(request, &inputs, analyzed.as_ref(), &files)?;
    let text = text(&told, report);
    let written: Vec<PathBuf> = files.iter().map(|f| request.out.join(&f.name)).collect();
    drop(files);
    Ok(ImportOutcome {
        text,
        unreadable,
        files: written,
        report: analyzed.map(|a| a.report),
    })
}

/// All files or none, with an audit trail as a result of films has it.
fn write(
    request: &ImportRequest,
    inputs: &[Input],
    analyzed: Option<&Analyzed>,
    files: &[OutputFile<'_>],
) -> Result<(), OutputError> {
    let Some(a) = analyzed else {
        let record = Record::of_tables(
            "imported",
            software(),
            Verdict::Pass,
            inputs.iter().map(given).collect(),
            request.who.clone(),
        );
        return write_audited_folder(&request.out, request.overwrite, files, &record);
    };
    let used = a.recordings.iter().map(|r| r.path.as_path());
    let left_out = inputs.iter();
    let left_out = left_out.flat_map(|i| i.not_used().map(|_| i.path.as_path()));
    let places = used.chain(left_out);
    let mut record = Record::of("imported", &a.report, places, request.who.clone());
    // The exports beside the tracks may have given temperature, dilution and exposure.
    let exports = inputs.iter().filter(|i| i.export().is_some());
    record.inputs.extend(exports.map(given));
    write_audited_folder(&request.out, request.overwrite, files, &record)
}

/// An export that was shown, for the audit trail.
fn given(input: &Input) -> audit::Input {
    audit::Input {
        kind: audit::InputKind::Table,
        path: input.name.clone(),
        at: std::path::absolute(&input.path)
            .ok()
            .map(|p| p.display().to_string()),
        sha256: Some(input.sha256.clone()).filter(|s| !s.is_empty()),
    }
}

/// The result of ours that a path names.
fn result_of(path: &Path) -> Result<(String, Report), ImportError> {
    let file = if path.is_dir() {
        path.join("result.json")
    } else {
        path.to_path_buf()
    };
    let name = file.display().to_string();
    let failed = |reason: String| ImportError::Beside {
        path: name.clone(),
        reason,
    };
    // A pipe may never end. Results are as long as they are: those of many captures have tens of megabytes.
    let about = std::fs::metadata(&file).map_err(|e| failed(e.to_string()))?;
    if !about.is_file() {
        return Err(failed("it is not a file".into()));
    }
    let bytes = std::fs::read(&file).map_err(|e| failed(e.to_string()))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let report = Report::from_json(text).map_err(|e| failed(e.to_string()))?;
    Ok((name, report))
}

/// Analyses all tracks as captures of one sample; what turns out not to be usable becomes an unreadable input.
fn analyze_tracks(
    inputs: &mut [Input],
    plan: &Plan,
    runtime: &Runtime<'_>,
) -> Result<Option<Analyzed>, ImportError> {
    if !inputs
        .iter()
        .any(|i| matches!(i.content, Content::Tracks(_)))
    {
        return Ok(None);
    }
    let pool = runtime.pool()?;
    let stopwatch = Stopwatch::new(runtime, inputs.len());
    stopwatch.report("link", 0);
    let (plan, said) = conditions::plan_with_conditions(plan, inputs);
    let blank = Blank::of(&plan).map_err(AnalyzeError::from)?;
    let recordings = recording::all(inputs, &plan)?;
    if recordings.is_empty() {
        return Ok(None);
    }
    let excluded = inputs.iter().flat_map(excluded).collect();
    stopwatch.report("size", 0);
    let analyzed =
        pool.install(|| result::analyze(recordings, excluded, &plan, blank.as_ref(), said));
    let (recordings, sizes, mut report) = analyzed?;
    let (seconds, stages) = stopwatch.read();
    report.timing = timing_of(seconds, stages);
    report.timing.threads = Some(pool.current_num_threads() as u64);
    Ok(Some(Analyzed {
        report,
        recordings,
        sizes,
        plan,
    }))
}

/// What of a file is not in the result: all of it, or some of its captures.
fn excluded(input: &Input) -> impl Iterator<Item = ExcludedCapture> {
    let sha256 = Some(input.sha256.clone()).filter(|s| !s.is_empty());
    let whole = input.unreadable();
    let whole = whole.map(|reason| (input.name.clone(), reason));
    let all = whole.into_iter().chain(input.left_out.iter().cloned());
    all.map(move |(path, reason)| ExcludedCapture {
        path,
        sha256: sha256.clone(),
        reason,
    })
}

fn output_files<'a>(told: &'a Told<'a>, analyzed: Option<&'a Analyzed>) -> Vec<OutputFile<'a>> {
    let mut files = vec![
        OutputFile::new("import.json", format!("{:#}\n", told.json())),
        OutputFile::new("import.csv", told.csv()),
        OutputFile::new("import.html", html::import_page(&told.page())),
    ];
    let Some(a) = analyzed else {
        return files;
    };
    let report = &a.report;
    let particles = rows::particle_rows(&a.recordings, &a.sizes);
    files.extend([
        OutputFile::new("result.json", report.to_json()),
        OutputFile::new("report.html", html::page(report, &Pictures::default())),
        OutputFile::new("summary.csv", summary::summary_csv(report)),
        OutputFile::new("particles.csv", csv::particles_csv(&particles)),
        OutputFile::new("distribution.csv", csv::distribution_csv(report)),
        OutputFile::new("plan.toml", a.plan.to_toml()),
    ]);
    files.push(OutputFile::written("tracks.csv", |to| {
        csv::spots_csv(to, rows::track_rows(&a.recordings))
    }));
    files
}

/// What is printed: one line for each measurement of an export, and the headline of the tracks.
fn text(told: &Told<'_>, report: Option<&Report>) -> String {
    let mut out = told.lines();
    if let Some(report) = report {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&headline(report));
    }
    let files = told.inputs.iter().filter(|i| i.unreadable().is_some());
    let (files, all) = (files.count(), told.inputs.len());
    if files > 0 {
        let _ = writeln!(
            out,
            "skipped:       {files} of {all} files could not be read"
        );
    }
    let captures: usize = told.inputs.iter().map(|i| i.left_out.len()).sum();
    if captures > 0 {
        let _ = writeln!(
            out,
            "skipped:       captures of files that were read: {captures} could not be used"
        );
    }
    out
}
