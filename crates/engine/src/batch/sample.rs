//! One sample of a batch: from its captures to its folder of results, or to the reason why there is none.

use super::find::FoundCapture;
use super::hashes::{Hashes, State};
use super::job::Job;
use super::memory::Memory;
use super::record::SampleOutcome;
use crate::analyze::{AnalyzeError, BadCapture, analyze_with};
use crate::assemble::software;
use crate::audit::Attribution;
use crate::capture::CaptureInput;
use crate::fingerprint::sha256_of_bytes;
use crate::folder::{AnalyzeRequest, write_analysis};
use crate::plan::Plan;
use crate::report::{ExcludedCapture, Report, ReportFinding, Verdict, check_folder};
use crate::runtime::Runtime;
use nta_core::{Finding, Severity};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What all samples of a batch share.
pub(super) struct Shared<'a> {
    /// Folder of the batch.
    pub(super) out: &'a Path,
    pub(super) hashes: &'a Hashes,
    pub(super) memory: &'a Memory,
    pub(super) spots: bool,
    pub(super) parquet: bool,
    /// Who asks for it and why, for the audit trail.
    pub(super) who: &'a Attribution,
    /// Analyse also what is unchanged.
    pub(super) again: bool,
}

/// How a sample ended.
pub(super) struct Ended {
    pub(super) outcome: SampleOutcome,
    /// Whether an earlier result was taken as it is.
    pub(super) unchanged: bool,
    /// Whether there is no room for any further result.
    pub(super) disk_full: bool,
}

/// Time between two looks at a file that was changed just now.
const LOOKS_APART: Duration = Duration::from_millis(1500);

/// A capture with its files and how they lay on the disk when the work began.
struct Open<'a> {
    capture: &'a FoundCapture,
    files: Vec<PathBuf>,
    state: State,
}

/// Analyses one sample, unless its folder holds the result of the same films, plan and program already. `Err` only if asked to
/// stop.
pub(super) fn run(
    job: &Job,
    shared: &Shared<'_>,
    runtime: &Runtime<'_>,
) -> Result<Ended, AnalyzeError> {
    let mut excluded = Vec::new();
    let result = work(job, shared, runtime, &mut excluded);
    let ended = |outcome, unchanged| Ended {
        outcome,
        unchanged,
        disk_full: false,
    };
    match result {
        Ok((report, unchanged)) => Ok(ended(SampleOutcome::Done(Box::new(report)), unchanged)),
        Err(AnalyzeError::Cancelled) => Err(AnalyzeError::Cancelled),
        Err(error) => {
            use crate::report::OutputError::DiskFull;
            // Where nothing could be read, the captures say why.
            let unread = matches!(error, AnalyzeError::NoCapture);
            let outcome = SampleOutcome::Failed {
                exit_code: if unread { 3 } else { error.exit_code() },
                reason: match unread {
                    true => "none of its captures could be read".to_owned(),
                    false => error.to_string(),
                },
                excluded,
            };
            Ok(Ended {
                disk_full: matches!(error, AnalyzeError::Output(DiskFull { .. })),
                ..ended(outcome, false)
            })
        }
    }
}

fn work(
    job: &Job,
    shared: &Shared<'_>,
    runtime: &Runtime<'_>,
    excluded: &mut Vec<ExcludedCapture>,
) -> Result<(Report, bool), AnalyzeError> {
    let plan = job
        .plan
        .as_ref()
        .map_err(|e| AnalyzeError::Plan(e.clone()))?;
    let out = shared.out.join(&job.folder);
    check_folder(&out, true)?;
    let mut open = Vec::new();
    for capture in &job.captures {
        match settled(capture) {
            Ok(entry) => open.push(entry),
            Err(reason) => excluded.push(left_out(capture, reason)),
        }
    }
    if let Some(report) = unchanged(plan, shared, &out, &open, runtime)?
        && excluded.is_empty()
    {
        return Ok((report, true));
    }
    let mut analysis = analyse(plan, shared, &open, runtime, excluded)?;
    if let Some(moved) = open.iter().find(|o| !o.is_as_it_was()) {
        let reason = "it was written to while it was read; run the batch again when it is complete";
        excluded.push(left_out(moved.capture, reason.to_owned()));
        return Err(AnalyzeError::Film {
            capture: moved.capture.name.clone(),
            reason: reason.to_owned(),
        });
    }
    for o in &open {
        o.fingerprint(&analysis.report, shared.hashes, excluded, runtime)?;
    }
    tell_excluded(&mut analysis.report, job, excluded);
    let used = analysis.report.captures.iter().map(|c| c.path.as_str());
    let left = excluded.iter().map(|e| e.path.as_str());
    let place = |name: &str| job.captures.iter().find(|c| c.name == name);
    let request = AnalyzeRequest {
        inputs: used
            .chain(left)
            .filter_map(|name| Some(place(name)?.path.clone()))
            .collect(),
        plan: plan.clone(),
        out,
        overwrite: true,
        spots: shared.spots,
        parquet: shared.parquet,
        who: shared.who.clone(),
        exports: Vec::new(),
    };
    write_analysis(&analysis, &request)?;
    Ok((analysis.report, false))
}

/// Lists the files of a capture, and waits for one that was changed just now to see whether it is still being written.
fn settled(capture: &FoundCapture) -> Result<Open<'_>, String> {
    let files = nta_video::files_of(&capture.path).map_err(|e| e.to_string())?;
    let state = || State::of(&files).map_err(|e| format!("cannot read {}: {e}", capture.name));
    let first = state()?;
    if first.is_recent() {
        std::thread::sleep(LOOKS_APART);
        if state()? != first {
            return Err(
                "it is still being written; run the batch again when it is complete".into(),
            );
        }
    }
    Ok(Open {
        capture,
        files,
        state: first,
    })
}

impl Open<'_> {
    fn is_as_it_was(&self) -> bool {
        State::of(&self.files).is_ok_and(|now| now == self.state)
    }

    /// Keeps the fingerprint of a capture that was read, and takes that of one that could not be used.
    fn fingerprint(
        &self,
        report: &Report,
        hashes: &Hashes,
        excluded: &mut [ExcludedCapture],
        runtime: &Runtime<'_>,
    ) -> Result<(), AnalyzeError> {
        let name = &self.capture.name;
        if let Some(own) = report.captures.iter().find(|c| c.path == *name) {
            hashes.remember(name, &self.files, self.state.clone(), &own.sha256);
        } else if let Some(own) = excluded.iter_mut().find(|e| e.path == *name) {
            // What cannot be read to its end has no fingerprint, and is tried again by the next run.
            if let Ok(sum) = hashes.of(self.capture, &self.files, runtime.cancel) {
                own.sha256 = Some(sum.ok_or(AnalyzeError::Cancelled)?);
            }
        }
        Ok(())
    }
}

/// The result that is there already, if it came from the same films by the same plan and the same program.
fn unchanged(
    plan: &Plan,
    shared: &Shared<'_>,
    out: &Path,
    open: &[Open<'_>],
    runtime: &Runtime<'_>,
) -> Result<Option<Report>, AnalyzeError> {
    let wanted = ["report.html", "plan.toml", "particles.csv", "tracks.csv"];
    let asked = [
        (shared.spots, "spots.csv"),
        (shared.parquet, "tracks.parquet"),
    ];
    let asked = asked.iter().filter(|(asked, _)| *asked).map(|(_, n)| *n);
    let there = wanted
        .into_iter()
        .chain(asked)
        .all(|n| out.join(n).is_file());
    let report = fs::read(out.join("result.json"))
        .ok()
        .and_then(|text| Report::from_json(&text).ok())
        .filter(|_| there && !shared.again);
    let Some(report) = report else {
        return Ok(None);
    };
    let same_plan = report.plan_sha256 == sha256_of_bytes(plan.to_toml().as_bytes());
    let blank = report.blank.as_ref();
    let same_blank = blank
        .is_none_or(|b| fs::read(&b.path).is_ok_and(|bytes| sha256_of_bytes(&bytes) == b.sha256));
    if report.software != software() || !same_plan || !same_blank {
        return Ok(None);
    }
    let used = report
        .captures
        .iter()
        .map(|c| (c.path.as_str(), Some(c.sha256.as_str())));
    let left = report
        .captures_excluded
        .iter()
        .map(|e| (e.path.as_str(), e.sha256.as_deref()));
    let before: BTreeMap<&str, Option<&str>> = used.chain(left).collect();
    if before.len() != open.len() {
        return Ok(None);
    }
    for o in open {
        let Some(Some(then)) = before.get(o.capture.name.as_str()) else {
            return Ok(None);
        };
        match shared.hashes.of(o.capture, &o.files, runtime.cancel) {
            Ok(None) => return Err(AnalyzeError::Cancelled),
            Ok(Some(now)) if now == **then => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(report))
}

/// Opens what can be opened, and analyses what can be read.
fn analyse(
    plan: &Plan,
    shared: &Shared<'_>,
    open: &[Open<'_>],
    runtime: &Runtime<'_>,
    excluded: &mut Vec<ExcludedCapture>,
) -> Result<crate::Analysis, AnalyzeError> {
    let mut inputs = Vec::new();
    let mut largest = 0;
    for o in open {
        match CaptureInput::open(&o.capture.path) {
            Ok(mut input) => {
                input.name.clone_from(&o.capture.name);
                let info = input.source.info();
                let bytes = info.width_px * info.height_px * if info.bit_depth > 8 { 2 } else { 1 };
                largest = largest.max(bytes as u64);
                inputs.push(input);
            }
            Err(error) => excluded.push(left_out(o.capture, error.to_string())),
        }
    }
    let _room = shared
        .memory
        .take(Memory::of_frames(largest), runtime.cancel)?;
    analyze_with(inputs, plan, BadCapture::IsLeftOut(excluded), runtime)
}

fn left_out(capture: &FoundCapture, reason: String) -> ExcludedCapture {
    // Messages name the file by the whole path; the result names it as the batch does.
    let path = capture.path.display().to_string();
    ExcludedCapture {
        path: capture.name.clone(),
        sha256: None,
        reason: reason.replace(&path, &capture.name),
    }
}

/// Adds to a result what was left out, and judges it again.
fn tell_excluded(report: &mut Report, job: &Job, excluded: &mut Vec<ExcludedCapture>) {
    let place = |e: &ExcludedCapture| job.captures.iter().position(|c| c.name == e.path);
    excluded.sort_by_key(place);
    for o in excluded.iter_mut() {
        if let Some(capture) = job.captures.iter().find(|c| c.name == o.path) {
            o.reason = o
                .reason
                .replace(&capture.path.display().to_string(), &capture.name);
        }
    }
    report.captures_excluded.clone_from(excluded);
    if excluded.is_empty() {
        return;
    }
    let (left, all) = (excluded.len(), job.captures.len());
    let each: Vec<String> = excluded
        .iter()
        .map(|e| format!("{}: {}", e.path, e.reason))
        .collect();
    let finding = Finding::new(
        "V11",
        Severity::Warning,
        "read",
        format!(
            "{left} of {all} captures could not be used, and the numbers are of the others. {}.",
            each.join("; ")
        ),
    )
    .with(left as f64, Some(0.0), "captures");
    report.findings.insert(0, ReportFinding::of_sample(finding));
    report.verdict = Verdict::of(&report.findings);
}
