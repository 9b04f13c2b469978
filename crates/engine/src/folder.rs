//! From files to a folder of results: what `nta analyze` does.

use crate::analyze::{Analysis, AnalyzeError, analyze};
use crate::audit::{Attribution, Record};
use crate::capture::CaptureInput;
use crate::export::{self, ExportFormat};
use crate::headline::headline;
use crate::pictures::pictures;
use crate::plan::Plan;
use crate::report::{
    OutputFile, Report, Verdict, check_folder, csv, html, summary, write_audited_folder,
};
use crate::rows::{particle_rows, spot_rows, track_rows};
use crate::runtime::Runtime;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// One analysis: captures of one sample, and where the results go.
#[derive(Clone, Debug)]
pub struct AnalyzeRequest {
    /// Captures of one sample; once analysed, those that could not be used come last.
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
    /// Who asks for it and why, for the audit trail.
    pub who: Attribution,
    /// Write the results in the forms of other programs too.
    pub exports: Vec<ExportFormat>,
}

/// What came of an analysis.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The result.
    pub report: Report,
    /// A few lines for people: size, concentration, verdict.
    pub headline: String,
    /// The page.
    pub report_path: PathBuf,
}

impl Outcome {
    /// 0, or 1 if the verdict is `fail`.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.report.verdict == Verdict::Fail)
    }
}

/// Analyses one sample and writes its results: all files or none.
pub fn analyze_to_folder(
    request: &AnalyzeRequest,
    runtime: &Runtime<'_>,
) -> Result<Outcome, AnalyzeError> {
    if request.parquet && !cfg!(feature = "parquet") {
        return Err(AnalyzeError::NoParquet);
    }
    if request.exports.contains(&ExportFormat::NanosightSummary) && request.plan.depth_um.is_none()
    {
        return Err(AnalyzeError::ExportNeedsDepth);
    }
    check_folder(&request.out, request.overwrite)?;
    let inputs = CaptureInput::open_all(&request.inputs)?;
    let analysis = analyze(inputs, &request.plan, runtime)?;
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled);
    }
    write_analysis(&analysis, request)?;
    let headline = headline(&analysis.report);
    Ok(Outcome {
        report: analysis.report,
        headline,
        report_path: request.out.join("report.html"),
    })
}

/// Writes the folder of a finished analysis: all files or none.
pub(crate) fn write_analysis(
    analysis: &Analysis,
    request: &AnalyzeRequest,
) -> Result<(), AnalyzeError> {
    let files = output_files(analysis, request)?;
    let places = request.inputs.iter().map(PathBuf::as_path);
    let record = Record::of("analyzed", &analysis.report, places, request.who.clone());
    Ok(write_audited_folder(
        &request.out,
        request.overwrite,
        &files,
        &record,
    )?)
}

fn output_files<'a>(
    analysis: &'a Analysis,
    request: &AnalyzeRequest,
) -> Result<Vec<OutputFile<'a>>, AnalyzeError> {
    let Analysis {
        report,
        captures,
        sizes,
    } = analysis;
    let particles = particle_rows(captures, sizes);
    let page = html::page(report, &pictures(captures, &particles));
    let mut files = vec![
        OutputFile::new("result.json", report.to_json()),
        OutputFile::new("report.html", page),
        OutputFile::new("summary.csv", summary::summary_csv(report)),
        OutputFile::new("particles.csv", csv::particles_csv(&particles)),
        OutputFile::new("distribution.csv", csv::distribution_csv(report)),
        OutputFile::new("plan.toml", request.plan.to_toml()),
    ];
    if request.parquet {
        files.extend(parquet_files(&particles, track_rows(captures))?);
    }
    files.push(OutputFile::written("tracks.csv", |to| {
        csv::spots_csv(to, track_rows(captures))
    }));
    let exports: BTreeSet<ExportFormat> = request.exports.iter().copied().collect();
    for format in exports {
        files.extend(export::files(format, report, captures));
    }
    if request.spots {
        files.push(OutputFile::written("spots.csv", |to| {
            csv::spots_csv(to, spot_rows(captures))
        }));
    }
    Ok(files)
}

#[cfg(feature = "parquet")]
fn parquet_files(
    particles: &[csv::ParticleRow],
    tracks: impl Iterator<Item = csv::SpotRow> + Clone,
) -> Result<Vec<OutputFile<'static>>, AnalyzeError> {
    use crate::report::parquet::{particles_parquet, tracks_parquet};
    let failed = |e: parquet::errors::ParquetError| AnalyzeError::Parquet {
        reason: e.to_string(),
    };
    Ok(vec![
        OutputFile::new(
            "particles.parquet",
            particles_parquet(particles).map_err(failed)?,
        ),
        OutputFile::new("tracks.parquet", tracks_parquet(tracks).map_err(failed)?),
    ])
}

#[cfg(not(feature = "parquet"))]
fn parquet_files(
    _: &[csv::ParticleRow],
    _: impl Iterator<Item = csv::SpotRow> + Clone,
) -> Result<Vec<OutputFile<'static>>, AnalyzeError> {
    Err(AnalyzeError::NoParquet)
}
