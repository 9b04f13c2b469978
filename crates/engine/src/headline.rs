//! The few lines that `nta analyze` prints.

use crate::report::html::{amount_per_ml, length_nm};
use crate::report::{Report, Verdict};
use nta_core::Severity;

/// Sample, size, concentration, counts and verdict, one line each.
pub(crate) fn headline(report: &Report) -> String {
    let d = &report.diameter_nm;
    let size = match d.median.value {
        Some(_) => format!(
            "median {}, mean {}, D10 {}, D90 {}",
            length_nm(&d.median),
            length_nm(&d.mean),
            length_nm(&d.d10),
            length_nm(&d.d90)
        ),
        None => "not available".to_owned(),
    };
    let concentration = report.concentration.as_ref().map_or_else(
        || "not available: the probed depth is not known (--depth-um)".to_owned(),
        amount_per_ml,
    );
    let used: u64 = report.captures.iter().map(|c| c.tally.tracks_used).sum();
    let tracks: u64 = report.captures.iter().map(|c| c.tally.tracks).sum();
    let frames: u64 = report.captures.iter().map(|c| c.frames).sum();
    let count = |s: Severity| report.findings.iter().filter(|f| f.finding.severity == s).count();
    let verdict = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Warning => "warning",
        Verdict::Fail => "fail",
    };
    format!(
        "sample:        {}\ndiameter:      {size}\nconcentration: {concentration}\nparticles:     {used} sized of {tracks} \
         tracks in {frames} frames, {:.1} per frame\nverdict:       {verdict} ({} failures, {} warnings, {} notes)\n",
        report.sample.id,
        report.particles_per_frame,
        count(Severity::Failure),
        count(Severity::Warning),
        count(Severity::Info),
    )
}
