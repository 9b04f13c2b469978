//! The one orchestration: films and a plan in, a report out. The command, tests and everything else call it.

use crate::assemble::{Pieces, assemble};
use crate::blank::{Blank, BlankError};
use crate::capture::{CaptureInput, Followed, InUm, follow};
use crate::exposure::{contradicted, settle_exposures};
use crate::plan::{AcquisitionInForce, Plan, PlanError};
use crate::preview::PreviewError;
use crate::qc;
use crate::replicates::trends;
use crate::report::{ExcludedCapture, OutputError, Report, ReportFinding, Verdict};
use crate::runtime::{Runtime, Stopwatch, peak_memory_mb};
use nta_core::track_video::TrackError;
use nta_core::{Finding, MethodError, SourceError};
use nta_sizing::{CaptureTracks, SampleSizes, Sampling, SizingError, SizingPlan, size_sample};
use std::sync::atomic::Ordering;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// The plan or the command line.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A capture lacks what the plan must then give.
    #[error("{capture}: {error}")]
    PlanForCapture {
        /// The capture.
        capture: String,
        /// What is missing.
        error: Box<PlanError>,
    },
    /// The plan does not fit the film.
    #[error("{capture}: {reason}")]
    PlanForFilm {
        /// The capture.
        capture: String,
        /// What does not fit, and what to do.
        reason: String,
    },
    /// The blank that the plan names.
    #[error(transparent)]
    Blank(Box<BlankError>),
    /// A method of the plan.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The liquid.
    #[error(transparent)]
    Medium(#[from] nta_sizing::MediumError),
    /// The inference cannot work with what the plan says.
    #[error(transparent)]
    Sizing(#[from] SizingError),
    /// An input.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A film without a usable frame.
    #[error("{capture}: {reason}")]
    Film {
        /// The capture.
        capture: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Nothing to analyse.
    #[error("there is no capture to analyse; name at least one")]
    NoCapture,
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The picture of `nta inspect --preview`.
    #[error(transparent)]
    Preview(#[from] PreviewError),
    /// The machine.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        reason: String,
    },
    /// Parquet was asked for in a build without it.
    #[error(
        "this build of nta cannot write Parquet; leave out --parquet (the CSV files hold the same)"
    )]
    NoParquet,
    /// A table of particles per mL was asked for where there can be none.
    #[error(
        "--export nanosight-summary writes particles per mL, for which the probed depth must be known; give it with --depth-um or \
         --instrument, or leave out the export"
    )]
    ExportNeedsDepth,
    /// The Parquet writer refuses.
    #[error("cannot make the Parquet tables: {reason}")]
    Parquet {
        /// Its words.
        reason: String,
    },
    /// Asked to stop.
    #[error("stopped on request; nothing was written")]
    Cancelled,
}

impl AnalyzeError {
    pub(crate) fn of_capture(capture: &str, error: TrackError) -> Self {
        match error {
            TrackError::Source(e) => e.into(),
            TrackError::Method(e) => e.into(),
            TrackError::Cancelled => Self::Cancelled,
            TrackError::NoneInRange { .. } | TrackError::AllExcluded { .. } => Self::PlanForFilm {
                capture: capture.to_owned(),
                reason: error.to_string(),
            },
            TrackError::NoFrames => Self::Film {
                capture: capture.to_owned(),
                reason: error.to_string(),
            },
        }
    }

    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Plan(_)
            | Self::PlanForCapture { .. }
            | Self::PlanForFilm { .. }
            | Self::Blank(_)
            | Self::Method(_)
            | Self::Sizing(_)
            | Self::Medium(_)
            | Self::NoCapture => 2,
            Self::Threads { .. } | Self::NoParquet | Self::ExportNeedsDepth => 2,
            Self::Source(_) | Self::Film { .. } => 3,
            Self::Output(_) | Self::Parquet { .. } => 4,
            Self::Preview(error) => error.exit_code(),
            Self::Cancelled => 130,
        }
    }
}

/// A report with what its files are made of.
pub struct Analysis {
    /// The result.
    pub report: Report,
    pub(crate) captures: Vec<Followed>,
    pub(crate) sizes: SampleSizes,
}

/// Analyses one sample: every capture is a recording of it. Inputs are checked before any of them is worked on.
pub fn analyze(
    inputs: Vec<CaptureInput>,
    plan: &Plan,
    runtime: &Runtime<'_>,
) -> Result<Analysis, AnalyzeError> {
    analyze_with(inputs, plan, BadCapture::Stops, runtime)
}

/// What becomes of a capture that turns out to be unreadable.
pub(crate) enum BadCapture<'a> {
    /// There is no result.
    Stops,
    /// The others go on; what was left out is added to this list.
    IsLeftOut(&'a mut Vec<ExcludedCapture>),
}

impl BadCapture<'_> {
    /// Leaves the capture out, or passes the error on. Only what is wrong with the film itself can be left out.
    fn take(&mut self, capture: String, error: AnalyzeError) -> Result<(), AnalyzeError> {
        match self {
            Self::IsLeftOut(list) if error.exit_code() == 3 => {
                list.push(ExcludedCapture {
                    path: capture,
                    sha256: None,
                    reason: error.to_string(),
                });
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// As [`analyze()`], with a word on what becomes of bad captures.
pub(crate) fn analyze_with(
    inputs: Vec<CaptureInput>,
    plan: &Plan,
    bad: BadCapture<'_>,
    runtime: &Runtime<'_>,
) -> Result<Analysis, AnalyzeError> {
    if inputs.is_empty() {
        return Err(AnalyzeError::NoCapture);
    }
    let pool = runtime.pool()?;
    let blank = Blank::of(plan)?;
    let in_force = inputs
        .iter()
        .map(|input| {
            plan.acquisition(input.source.info())
                .map_err(|error| AnalyzeError::PlanForCapture {
                    capture: input.name.clone(),
                    error: Box::new(error),
                })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut analysis =
        pool.install(|| run(inputs, in_force, plan, blank.as_ref(), bad, runtime))?;
    analysis.report.timing.threads = Some(pool.current_num_threads() as u64);
    Ok(analysis)
}

fn run(
    inputs: Vec<CaptureInput>,
    in_force: Vec<AcquisitionInForce>,
    plan: &Plan,
    blank: Option<&Blank>,
    mut bad: BadCapture<'_>,
    runtime: &Runtime<'_>,
) -> Result<Analysis, AnalyzeError> {
    let stopwatch = Stopwatch::new(runtime, inputs.len());
    let on_progress = |stage: &'static str, frames: u64| stopwatch.report(stage, frames);
    let medium = plan.sizing_medium()?;
    let mut captures = Vec::with_capacity(inputs.len());
    for (i, (input, acquisition)) in inputs.into_iter().zip(in_force).enumerate() {
        stopwatch.capture(i, input.source.info().frames);
        let name = input.name.clone();
        match follow(input, acquisition, plan, stopwatch.control(&on_progress)) {
            Ok(followed) => captures.push(followed),
            Err(error) => bad.take(name, error)?,
        }
    }
    if captures.is_empty() {
        return Err(AnalyzeError::NoCapture);
    }
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled);
    }
    stopwatch.report("size", 0);
    let mut findings = settle_exposures(&mut captures);
    for capture in &mut captures {
        capture.allow_for_motion_blur();
    }
    let mut sizes = sizes(&captures, &medium, plan)?;
    // Only now are the errors of fast particles what they are, and other causes ruled out.
    let contradicted = contradicted(&captures, &sizes);
    // Whether a codec has changed the motion is asked of all that was found, before any of it is explained away.
    let otherwise = qc::moves_otherwise(&sizes.findings);
    leave_to_exposure(&mut sizes.findings, contradicted.len(), captures.len());
    findings.extend(contradicted);
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled);
    }
    stopwatch.report("report", 0);
    findings.extend(qc::of_sample(&captures, &sizes, otherwise, plan, &medium));
    if sizes.pooled.summary.is_none() {
        qc::without_size(&captures, &mut findings);
    }
    let mut report = assemble(Pieces {
        captures: &captures,
        sizes: &sizes,
        plan,
        medium: &medium,
        blank,
        findings,
    });
    judge(&mut report, plan, blank);
    let (seconds, stage_seconds) = stopwatch.read();
    report.timing = timing(&captures, seconds, stage_seconds);
    Ok(Analysis {
        report,
        captures,
        sizes,
    })
}

fn sizes(
    captures: &[Followed],
    medium: &nta_sizing::Medium,
    plan: &Plan,
) -> Result<SampleSizes, AnalyzeError> {
    let visibilities: Vec<Vec<f64>> = captures.iter().map(Followed::visibility).collect();
    let in_um: Vec<InUm<'_>> = captures.iter().map(Followed::in_um).collect();
    let tracks: Vec<CaptureTracks<'_>> = captures
        .iter()
        .zip(&in_um)
        .zip(&visibilities)
        .map(|((c, in_um), visibility)| CaptureTracks {
            trajectories: in_um,
            visibility,
            sampling: sampling(c),
            exposure_se_s: c.exposure_se_s,
        })
        .collect();
    Ok(size_sample(&tracks, medium, &sizing_plan(plan))?)
}

/// What a wrong exposure does to the motion has its own finding, one for each capture; with a single capture that is not
/// contradicted the deviation of the sample may be of that one, and stays.
fn leave_to_exposure(findings: &mut Vec<Finding>, contradicted: usize, captures: usize) {
    if contradicted >= captures {
        findings.retain(|f| f.code != "S07");
    }
}

/// What only the finished numbers tell, and the verdict.
pub(crate) fn judge(report: &mut Report, plan: &Plan, blank: Option<&Blank>) {
    let trends = trends(&report.replicates).into_iter();
    let of_blank = blank.map_or_else(Vec::new, |b| b.findings(report, plan));
    report
        .findings
        .extend(trends.map(ReportFinding::of_sample).chain(of_blank));
    report.verdict = Verdict::of(&report.findings);
}

/// Times where no frames were read.
pub(crate) fn timing_of(
    seconds: f64,
    stage_seconds: std::collections::BTreeMap<String, f64>,
) -> crate::report::Timing {
    crate::report::Timing {
        seconds,
        peak_memory_mb: peak_memory_mb(),
        stage_seconds,
        ..Default::default()
    }
}

fn timing(
    captures: &[Followed],
    seconds: f64,
    stage_seconds: std::collections::BTreeMap<String, f64>,
) -> crate::report::Timing {
    let frames: u64 = captures.iter().map(|c| c.video.frames.len() as u64).sum();
    let megapixels: f64 = captures
        .iter()
        .map(|c| (c.video.size_px.0 * c.video.size_px.1 * c.video.frames.len()) as f64 / 1e6)
        .sum();
    let per_second = |n: f64| if seconds > 0.0 { n / seconds } else { 0.0 };
    crate::report::Timing {
        frames_per_second: per_second(frames as f64),
        megapixels_per_second: per_second(megapixels),
        ..timing_of(seconds, stage_seconds)
    }
}

/// How the frames of a capture follow each other. By now every exposure is settled.
pub(crate) fn sampling(capture: &Followed) -> Sampling {
    let interval = capture.acquisition.frame_interval_s.value;
    Sampling {
        frame_interval_s: interval,
        exposure_s: capture
            .acquisition
            .exposure_s
            .as_ref()
            .map_or(0.5 * interval, |e| e.value),
    }
}

/// What sizing needs of the plan.
pub(crate) fn sizing_plan(plan: &Plan) -> SizingPlan {
    SizingPlan {
        diffusion: plan.choice("diffusion"),
        distribution: plan.choice("distribution"),
        shortest_track_frames: plan.size.shortest_track_frames as u32,
        weighting: plan.size.weighting,
        resamples: plan.size.resamples as u32,
        seed: plan.seed.value,
        profile_precision: plan.size.profile_precision,
        depth_by_brightness: plan.size.depth_by_brightness,
        classes_nm: plan.size.classes_nm.clone(),
        ..SizingPlan::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nta_core::Severity;

    #[test]
    fn an_exposure_explains_the_motion_only_where_every_capture_contradicts_it() {
        let found = || {
            let of = |code| Finding::new(code, Severity::Warning, "size", "");
            vec![of("S01"), of("S07")]
        };
        let left = |contradicted, captures| {
            let mut findings = found();
            leave_to_exposure(&mut findings, contradicted, captures);
            findings.len()
        };
        assert_eq!(
            [left(0, 1), left(1, 2), left(1, 1), left(2, 2)],
            [2, 2, 1, 1]
        );
        // A codec is blamed by what was found before that.
        assert!(qc::moves_otherwise(&found()));
        assert!(!qc::moves_otherwise(&found()[..1]));
    }
}
