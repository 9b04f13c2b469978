//! `batch.json` as types.

use super::find::Found;
use super::limits::LimitOutcome;
use super::quality::Quality;
use super::record::{SampleEntry, SampleOutcome, SampleRecord};
use crate::assemble::software;
use crate::report::{
    Concentration, DiameterSummary, ExcludedCapture, ReportFinding, Software, Verdict,
};
use nta_core::{Severity, Tally};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the form of `batch.json`.
pub const BATCH_SCHEMA: &str = "nta-batch/1";

/// All samples of a folder and what came of them. Nothing in it depends on the machine, the number of threads or the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchReport {
    /// Version of this form, `nta-batch/1`.
    pub schema: String,
    /// What made it.
    pub software: Software,
    /// The worst verdict of all samples and of quality control; a sample without a result fails.
    pub verdict: Verdict,
    /// The samples, in the order of the table of samples, else of their captures.
    pub samples: Vec<BatchSample>,
    /// Quality control: limits, beads, blanks, dilutions, agreement of captures.
    pub quality: Quality,
    /// Captures that the table of samples does not name; they were not analysed.
    pub not_listed: Vec<String>,
    /// Folders that could not be listed.
    pub folders_unreadable: Vec<ExcludedCapture>,
    /// Files that are no captures, by kind.
    pub other_files: Tally,
    /// Folders beside these tables with results of earlier runs that belong to no sample of now.
    pub left_over: Vec<String>,
    /// What else a person should know, in words.
    pub notes: Vec<String>,
}

/// One sample: what is known of it, and its headline numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchSample {
    /// What was known of it.
    #[serde(flatten)]
    pub entry: SampleEntry,
    /// Name of its folder beside `batch.json`, which holds everything else.
    pub folder: String,
    /// Its captures, relative to the folder that was searched; those that could not be used too.
    pub captures: Vec<String>,
    /// Captures that could not be used, each with its reason.
    pub captures_excluded: Vec<ExcludedCapture>,
    /// The verdict of its result; `fail` if there is none.
    pub verdict: Verdict,
    /// The worst of its limits; null if there is none for it.
    pub limits: Option<LimitOutcome>,
    /// 0, or the exit code of what went wrong with it.
    pub exit_code: u8,
    /// Why there is no result; null if there is one.
    pub failed: Option<String>,
    /// SHA-256 of its `plan.toml`; null without a result.
    pub plan_sha256: Option<String>,
    /// Tracks that its sizes were made from.
    pub tracks_used: u64,
    /// Particles seen in one frame; null without a result.
    pub particles_per_frame: Option<f64>,
    /// Hydrodynamic diameter, nm.
    pub diameter_nm: DiameterSummary,
    /// Particles per mL of the original sample; null if not known.
    pub concentration: Option<Concentration>,
    /// Findings that warn or fail.
    pub findings: Vec<ReportFinding>,
}

/// What was seen in the folder besides the samples.
pub(super) struct Around<'a> {
    pub(super) found: &'a Found,
    pub(super) not_listed: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) left_over: Vec<String>,
}

impl BatchReport {
    pub(super) fn of(records: &[SampleRecord], quality: Quality, around: Around<'_>) -> Self {
        let of = |record: &SampleRecord| BatchSample::of(record, &quality);
        let samples: Vec<BatchSample> = records.iter().map(of).collect();
        let mut notes = around.notes;
        notes.extend(same_films(records));
        let worst = samples
            .iter()
            .map(|s| s.verdict)
            .max()
            .max(Some(quality.verdict));
        Self {
            schema: BATCH_SCHEMA.to_owned(),
            software: software(),
            verdict: worst.unwrap_or(Verdict::Pass),
            samples,
            quality,
            not_listed: around.not_listed,
            folders_unreadable: around.found.unreadable.clone(),
            other_files: around.found.others.clone(),
            left_over: around.left_over,
            notes,
        }
    }

    /// The worst exit code of all samples; 1 at least if quality control fails.
    pub fn exit_code(&self) -> u8 {
        let unreadable = if self.folders_unreadable.is_empty() {
            0
        } else {
            3
        };
        let samples = self.samples.iter().map(|s| s.exit_code);
        let quality = u8::from(self.quality.verdict == Verdict::Fail);
        samples.max().unwrap_or(0).max(unreadable).max(quality)
    }

    /// The text of `batch.json`.
    pub fn to_json(&self) -> Vec<u8> {
        crate::report::json_text(self)
    }
}

impl BatchSample {
    fn of(record: &SampleRecord, quality: &Quality) -> Self {
        let report = record.report();
        let verdict = report.map_or(Verdict::Fail, |r| r.verdict);
        let (failed, code) = match &record.outcome {
            SampleOutcome::Failed {
                exit_code, reason, ..
            } => (Some(reason.clone()), *exit_code),
            SampleOutcome::Done(_) => (None, u8::from(verdict == Verdict::Fail)),
        };
        let lost = if record.excluded().is_empty() { 0 } else { 3 };
        let told = |f: &&ReportFinding| f.finding.severity >= Severity::Warning;
        Self {
            entry: record.entry.clone(),
            folder: record.folder.clone(),
            captures: record.captures.clone(),
            captures_excluded: record.excluded().to_vec(),
            verdict,
            limits: worst_limit(&record.entry, quality),
            exit_code: code.max(lost),
            failed,
            plan_sha256: report.map(|r| r.plan_sha256.clone()),
            tracks_used: report.map_or(0, |r| r.captures.iter().map(|c| c.tally.tracks_used).sum()),
            particles_per_frame: report.map(|r| r.particles_per_frame),
            diameter_nm: report.map(|r| r.diameter_nm).unwrap_or_default(),
            concentration: report.and_then(|r| r.concentration.clone()),
            findings: report
                .map(|r| r.findings.iter().filter(told).cloned().collect())
                .unwrap_or_default(),
        }
    }
}

/// The worst of the limits of one sample.
fn worst_limit(entry: &SampleEntry, quality: &Quality) -> Option<LimitOutcome> {
    let own = quality.limit_verdicts.iter();
    own.filter(|v| v.sample == entry.id && v.channel == entry.channel)
        .map(|v| v.verdict)
        .max()
}

/// Films that are in two samples, by their bytes: one of them was copied under a wrong name.
fn same_films(records: &[SampleRecord]) -> Vec<String> {
    let mut first: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let mut out = Vec::new();
    for (i, record) in records.iter().enumerate() {
        for capture in record.report().into_iter().flat_map(|r| &r.captures) {
            let own = (i, capture.path.as_str());
            match first.get(capture.sha256.as_str()) {
                Some((other, path)) if *other != i => out.push(format!(
                    "{path} of sample {} and {} of sample {} are the same film, byte for byte; one of them has a wrong name",
                    records[*other].entry.id, capture.path, record.entry.id
                )),
                Some(_) => {}
                None => {
                    first.insert(&capture.sha256, own);
                }
            }
        }
    }
    out
}
