//! One sample of a batch: from its captures to its folder of results, or to the reason why there is none.

use super::find::FoundCapture;
use super::hashes::{Hashes, State};
use super::job::Job;
use super::memory::Memory;
use super::record::SampleOutcome;
use crate::analyze::{AnalyzeError, BadCapture, analyze_with};
use crate::assemble::software;
use crate::audit::{AUDIT_FILE, Attribution, Chain};
use crate::capture::CaptureInput;
use crate::fingerprint::sha256_of_bytes;
use crate::folder::{AnalyzeRequest, write_analysis};
use crate::plan::Plan;
use crate::report::write::recovered;
use crate::report::{ExcludedCapture, Report, ReportFinding, Verdict, check_folder};
use crate::runtime::Runtime;
use nta_core::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Folders of samples that are analysed even if they are unchanged.
    pub(super) again: &'a BTreeSet<String>,
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
    let out = recovered(&shared.out.join(&job.folder))?;
    let open = settled(&job.captures, excluded);
    if excluded.is_empty()
        && !shared.again.contains(&job.folder)
        && let Some(report) = unchanged(plan, shared, &out, &open, runtime)?
    {
        return Ok((report, true));
    }
    check_folder(&out, true)?;
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
    tell_sidecars(&mut analysis.report, &job.notes);
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

/// Lists the files of all captures, and waits for those that were changed just now to see whether they are still being written.
fn settled<'a>(captures: &'a [FoundCapture], excluded: &mut Vec<ExcludedCapture>) -> Vec<Open<'a>> {
    let looked = |capture: &'a FoundCapture| -> Result<Open<'a>, String> {
        let files = nta_video::files_of(&capture.path).map_err(|e| e.to_string())?;
        let state = State::of(&files).map_err(|e| format!("cannot read {}: {e}", capture.name))?;
        Ok(Open {
            capture,
            files,
            state,
        })
    };
    let mut open = Vec::new();
    for capture in captures {
        match looked(capture) {
            Ok(entry) => open.push(entry),
            Err(reason) => excluded.push(left_out(capture, reason)),
        }
    }
    if open.iter().any(|o| o.state.is_recent()) {
        std::thread::sleep(LOOKS_APART);
        open.retain(|o| {
            let still = o.is_as_it_was();
            if !still {
                let reason = "it is still being written; run the batch again when it is complete";
                excluded.push(left_out(o.capture, reason.to_owned()));
            }
            still
        });
    }
    open
}

impl Open<'_> {
    fn is_as_it_was(&self) -> bool {
        // A folder of images may have got more of them.
        let files = nta_video::files_of(&self.capture.path);
        files.is_ok_and(|f| State::of(&f).is_ok_and(|now| now == self.state))
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

/// The result that is there already, if it is whole and came from the same films in the same order, by the same plan and the same
/// program.
fn unchanged(
    plan: &Plan,
    shared: &Shared<'_>,
    out: &Path,
    open: &[Open<'_>],
    runtime: &Runtime<'_>,
) -> Result<Option<Report>, AnalyzeError> {
    let asked = [
        (shared.spots, "spots.csv"),
        (shared.parquet, "tracks.parquet"),
    ];
    let asked = asked.iter().filter(|(asked, _)| *asked);
    let Some(report) = whole_result(out, asked.map(|(_, name)| *name)) else {
        return Ok(None);
    };
    let same_plan = report.plan_sha256 == sha256_of_bytes(plan.to_toml().as_bytes());
    let same_blank = report
        .blank
        .as_ref()
        .is_none_or(|b| fs::read(&b.path).is_ok_and(|bytes| sha256_of_bytes(&bytes) == b.sha256));
    if report.software != software() || !same_plan || !same_blank {
        return Ok(None);
    }
    let used: Vec<&str> = report.captures.iter().map(|c| c.path.as_str()).collect();
    let sums = report
        .captures
        .iter()
        .map(|c| (c.path.as_str(), Some(c.sha256.as_str())));
    let left = report.captures_excluded.iter();
    let left = left.map(|e| (e.path.as_str(), e.sha256.as_deref()));
    let before: BTreeMap<&str, Option<&str>> = sums.chain(left).collect();
    let now = open.iter().map(|o| o.capture.name.as_str());
    let same_order = now
        .filter(|name| used.contains(name))
        .eq(used.iter().copied());
    if before.len() != open.len() || !same_order {
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

/// The result in a folder whose audit trail speaks of the files that are there, and of this result and its plan.
fn whole_result<'a>(out: &Path, asked: impl Iterator<Item = &'a str>) -> Option<Report> {
    let trail = fs::read(out.join(AUDIT_FILE)).ok()?;
    let chain = Chain::read(&trail);
    let last = chain.last().filter(|_| chain.fault().is_none())?;
    let there = last.files.keys().all(|name| out.join(name).is_file());
    let same = |name: &str| {
        let bytes = fs::read(out.join(name)).ok()?;
        (last.files.get(name) == Some(&sha256_of_bytes(&bytes))).then_some(bytes)
    };
    let mut asked = asked;
    let all_asked = asked.all(|name| last.files.contains_key(name));
    let result = same("result.json").filter(|_| there && all_asked)?;
    same("plan.toml")?;
    Report::from_json(&result).ok()
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
    let bad = BadCapture::IsLeftOut(excluded);
    let result = analyze_with(inputs, plan, bad, runtime);
    for o in excluded.iter_mut() {
        if let Some(own) = open.iter().find(|own| own.capture.name == o.path) {
            o.reason = named_as_found(own.capture, &o.reason);
        }
    }
    result
}

fn left_out(capture: &FoundCapture, reason: String) -> ExcludedCapture {
    ExcludedCapture {
        path: capture.name.clone(),
        sha256: None,
        reason: named_as_found(capture, &reason),
    }
}

/// Messages name a film by its whole path; a batch names it as it was found, wherever its folder lies.
fn named_as_found(capture: &FoundCapture, message: &str) -> String {
    message.replace(&capture.path.display().to_string(), &capture.name)
}

/// Adds to a result what instruments wrote beside the films and could not be used.
fn tell_sidecars(report: &mut Report, notes: &[String]) {
    let finding = |note: &String| {
        let text = format!("What lies beside the films was not used as a whole. {note}.");
        ReportFinding::of_sample(Finding::new("V12", Severity::Warning, "read", text))
    };
    report.findings.splice(0..0, notes.iter().map(finding));
    report.verdict = Verdict::of(&report.findings);
}

/// Adds to a result what was left out, and judges it again.
fn tell_excluded(report: &mut Report, job: &Job, excluded: &mut Vec<ExcludedCapture>) {
    let place = |e: &ExcludedCapture| job.captures.iter().position(|c| c.name == e.path);
    excluded.sort_by_key(place);
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
