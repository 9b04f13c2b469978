//! Quality control of a batch: is the instrument suitable, is the diluent clean, do dilutions and captures agree, and does each
//! sample hold its limits?
//!
//! Pure functions over finished samples: nothing is read or written here. Each check is a file; its statistic is a module of
//! `nta_sizing`. Codes: `docs/findings.md`; criteria and their reasons: `docs/limits.md`.

mod as_filmed;
mod beads;
#[cfg(test)]
mod blank_tests;
mod blanks;
mod captures;
mod charts;
mod dilution;
mod finding;
pub mod html;
mod html_charts;
mod html_limits;
mod markers;
mod samples;
#[cfg(test)]
mod tests;

pub use beads::BeadCheck;
pub use blanks::BlankShare;
pub use captures::{CaptureAgreement, CaptureSpread, FarCapture};
pub use charts::{ChartPoint, ChartSignal, ControlChart};
pub use dilution::{DilutionMember, DilutionSeries};
pub use finding::QualityFinding;
pub use markers::MarkerFraction;

use super::SampleRecord;
use super::limits::{Criteria, IntervalKind, Known, LimitVerdict, Limits, verdicts};
use crate::report::Verdict;
use crate::report::html::sections::file_name;
use nta_core::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sample, or a capture, that a check could not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Name of the sample.
    pub sample: String,
    /// Why it could not be used.
    pub reason: String,
}

/// The file of limits that was held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitsFile {
    /// Name of the file, without its folder: results do not depend on where a folder lies.
    pub name: String,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: String,
    /// Which interval had to lie within the limits.
    pub interval: IntervalKind,
}

/// Quality control of a batch; `quality` of `batch.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// The findings below in one word. It does not hold the verdicts of the samples' own results.
    pub verdict: Verdict,
    /// The file of limits; null without one.
    pub limits: Option<LimitsFile>,
    /// How far the instrument, the blank, the dilutions and the captures were allowed to be off.
    pub criteria: Criteria,
    /// Every sample at every limit that is for it, limit by limit.
    pub limit_verdicts: Vec<LimitVerdict>,
    /// Samples that were filmed in scatter and in fluorescence.
    pub markers: Vec<MarkerFraction>,
    /// Bead runs against their certificates, in the order of the batch.
    pub beads: Vec<BeadCheck>,
    /// How bead runs change over days.
    pub charts: Vec<ControlChart>,
    /// What the blank holds of each sample.
    pub blanks: Vec<BlankShare>,
    /// Dilutions of one stock.
    pub dilution_series: Vec<DilutionSeries>,
    /// How the captures of each sample agree.
    pub captures: Vec<CaptureAgreement>,
    /// What a person should know, check by check.
    pub findings: Vec<QualityFinding>,
}

/// Holds finished samples against what is asked of them. Without limits the defaults hold, and no sample has a limit of its own.
pub fn quality(records: &[SampleRecord], limits: Option<&Limits>) -> Quality {
    let criteria = limits.map_or_else(Criteria::default, |l| l.criteria.clone());
    let mut findings = Vec::new();
    let blanks = blanks::blanks(records);
    let known = Known {
        records,
        blanks: &blanks,
    };
    let (limit_verdicts, of_none) = limits.map_or_else(Default::default, |l| verdicts(l, &known));
    findings.extend(samples::findings(&limit_verdicts, &of_none));
    let markers = markers::markers(records);
    findings.extend(markers::findings(&markers));
    let beads = beads::beads(records, &criteria.suitability);
    findings.extend(beads::findings(&beads, records, &criteria.suitability));
    let charts = charts::charts(&beads, &criteria.suitability);
    findings.extend(charts::findings(&charts));
    findings.extend(blanks::findings(&blanks, records, &criteria.blank));
    let dilution_series = dilution::series(records, &criteria.dilution);
    findings.extend(dilution::findings(&dilution_series, &criteria.dilution));
    let captures = captures::captures(records, &criteria.replicates);
    findings.extend(captures::findings(&captures, &criteria.replicates));
    let worst = findings.iter().map(|f| f.finding.severity).max();
    Quality {
        verdict: match worst {
            Some(Severity::Failure) => Verdict::Fail,
            Some(Severity::Warning) => Verdict::Warning,
            Some(Severity::Info) | None => Verdict::Pass,
        },
        limits: limits.map(|l| LimitsFile {
            name: file_name(&l.path).to_owned(),
            sha256: l.sha256.clone(),
            interval: l.interval,
        }),
        criteria,
        limit_verdicts,
        markers,
        beads,
        charts,
        blanks,
        dilution_series,
        captures,
        findings,
    }
}

impl Quality {
    /// The findings in one word; `fail` makes the batch fail.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What is to be said of it on a terminal: failures, then warnings, each with its code. Notes are in the files.
    pub fn texts(&self) -> Vec<String> {
        let of = |severity: Severity| {
            let all = self.findings.iter();
            all.filter(move |f| f.finding.severity == severity)
                .map(|f| format!("{} [{}]", f.finding.message, f.finding.code))
        };
        of(Severity::Failure).chain(of(Severity::Warning)).collect()
    }

    /// What is said of one sample.
    pub fn of_sample<'a>(&'a self, sample: &'a str) -> impl Iterator<Item = &'a QualityFinding> {
        let about = move |f: &&QualityFinding| f.samples.iter().any(|s| s == sample);
        self.findings.iter().filter(about)
    }
}
