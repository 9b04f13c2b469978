//! The few lines that `nta analyze` prints.

use crate::report::html::{first_sentence, per_frame, rank, shown, shown_per_ml};
use crate::report::{Concentration, Estimate, Report};
use nta_core::Severity;
use std::fmt::Write;

/// Sample, size, concentration, counts and verdict, one line each, and what a person should look at.
pub(crate) fn headline(report: &Report) -> String {
    let d = &report.diameter_nm;
    let size = match d.median.value {
        Some(_) => format!(
            "median {}, mean {}, D10 {}, D90 {}, by {}",
            length_nm(&d.median),
            length_nm(&d.mean),
            length_nm(&d.d10),
            length_nm(&d.d90),
            report.distribution.weighting
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
    let count = |severity: Severity, one: &str| {
        let n = of(report, severity).count();
        format!("{n} {one}{}", if n == 1 { "" } else { "s" })
    };
    let mut out = format!(
        "sample:        {}\ndiameter:      {size}\nconcentration: {concentration}\nparticles:     {used} sized of {tracks} \
         tracks in {frames} frames, {} per frame\nverdict:       {} ({}, {}, {})\n",
        report.sample.id,
        per_frame(report.particles_per_frame),
        report.verdict.word(),
        count(Severity::Failure, "failure"),
        count(Severity::Warning, "warning"),
        count(Severity::Info, "note"),
    );
    let mut told: Vec<&str> = Vec::new();
    for severity in [Severity::Failure, Severity::Warning] {
        for message in of(report, severity).map(first_sentence) {
            if !told.contains(&message) {
                told.push(message);
                // Writing to a String cannot fail.
                let _ = writeln!(out, "               - {message}");
            }
        }
    }
    out
}

/// The messages of one severity, the weightiest first.
fn of(report: &Report, severity: Severity) -> impl Iterator<Item = &str> {
    let mut found: Vec<_> = report
        .findings
        .iter()
        .map(|f| &f.finding)
        .filter(|f| f.severity == severity)
        .collect();
    found.sort_by_key(|f| rank(&f.code));
    found.into_iter().map(|f| f.message.as_str())
}

/// `101 nm (99 to 103)`.
fn length_nm(e: &Estimate) -> String {
    shown(e).map_or_else(
        || "not available".to_owned(),
        |s| {
            format!(
                "{} nm{}",
                s.value,
                s.interval.map(|i| format!(" ({i})")).unwrap_or_default()
            )
        },
    )
}

/// `3.4 x 10^8 per mL [(3.1 to 3.7) x 10^8]`.
fn amount_per_ml(c: &Concentration) -> String {
    let s = shown_per_ml(c);
    let interval = s.interval.map(|i| format!(" [{i}]")).unwrap_or_default();
    let text = format!("{} per mL{interval}", s.value);
    text.replace("<sup>", "^").replace("</sup>", "")
}
