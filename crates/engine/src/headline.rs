//! The few lines that `nta analyze` prints.

use crate::report::html::{
    all_known, distinct, ends, ends_per_ml, first_sentence, found_nothing, none_searched,
    per_frame, shown, shown_per_ml, too_short_to_count,
};
use crate::report::{Concentration, Estimate, Report};
use nta_core::Severity;
use nta_sizing::Budget;
use std::fmt::Write;

/// Sample, size, concentration, counts and verdict, one line each, and what a person should look at.
pub(crate) fn headline(report: &Report) -> String {
    let used: u64 = report.captures.iter().map(|c| c.tally.tracks_used).sum();
    let tracks: u64 = report.captures.iter().map(|c| c.tally.tracks).sum();
    let frames: u64 = report.captures.iter().map(|c| c.frames).sum();
    let count = |severity: Severity, one: &str| {
        let n = distinct(report, severity).len();
        format!("{n} {one}{}", if n == 1 { "" } else { "s" })
    };
    let in_frames = match frames {
        // Tracks of another program may not say in which frames they lie.
        0 => String::new(),
        n => format!(
            " in {n} frames, {} per frame",
            per_frame(report.particles_per_frame)
        ),
    };
    let mut out = format!(
        "sample:        {}\ndiameter:      {}\nconcentration: {}\nparticles:     {used} tracks used for sizes, of \
         {tracks}{in_frames}\nverdict:       {} ({}, {}, {})\n",
        report.sample.id,
        sizes(report),
        concentration(report),
        report.verdict.word(),
        count(Severity::Failure, "failure"),
        count(Severity::Warning, "warning"),
        count(Severity::Info, "note"),
    );
    for severity in [Severity::Failure, Severity::Warning] {
        for f in distinct(report, severity) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "               - {}",
                first_sentence(&f.finding.message)
            );
        }
    }
    out
}

fn sizes(report: &Report) -> String {
    let d = &report.diameter_nm;
    match d.median.value {
        Some(_) => format!(
            "median {}, mean {}, D10 {}, D90 {}, by {}",
            length_nm(&d.median, of_median(report)),
            length_nm(&d.mean, None),
            length_nm(&d.d10, None),
            length_nm(&d.d90, None),
            report.distribution.weighting
        ),
        None if found_nothing(report) => "not available (no particles)".to_owned(),
        None => "not available".to_owned(),
    }
}

fn of_median(report: &Report) -> Option<&Budget> {
    report.uncertainty.as_ref()?.d50_nm.as_ref()
}

fn concentration(report: &Report) -> String {
    let budgets = report.uncertainty.as_ref();
    let budget = budgets.and_then(|u| u.concentration_per_ml.as_ref());
    match &report.concentration {
        Some(c) => amount_per_ml(c, budget),
        None if none_searched(report) => {
            "not available: too many spots to tell particles apart".to_owned()
        }
        None if too_short_to_count(report) => {
            "not available: too few frames to count particles".to_owned()
        }
        None => "not available: the probed depth is not known (--depth-um)".to_owned(),
    }
}

/// `101 nm (99 to 103; with all known errors 97 to 105)`.
fn length_nm(e: &Estimate, budget: Option<&Budget>) -> String {
    let Some(s) = shown(e) else {
        return "not available".to_owned();
    };
    let in_all = budget
        .zip(e.ci95)
        .map(|(b, ci95)| format!("; with all known errors {}", ends(e, all_known(b, ci95))));
    let interval = s.interval.map_or_else(String::new, |i| {
        format!(" ({i}{})", in_all.unwrap_or_default())
    });
    format!("{} nm{interval}", s.value)
}

/// `3.4 x 10^8 per mL [(3.1 to 3.7) x 10^8; with all known errors (2.5 to 4.4) x 10^8]`.
fn amount_per_ml(c: &Concentration, budget: Option<&Budget>) -> String {
    let s = shown_per_ml(c);
    let in_all = budget.zip(c.ci95).map(|(b, ci95)| {
        format!(
            "; with all known errors {}",
            ends_per_ml(c, all_known(b, ci95))
        )
    });
    let interval = s.interval.map_or_else(String::new, |i| {
        format!(" [{i}{}]", in_all.unwrap_or_default())
    });
    let text = format!("{} per mL{interval}", s.value);
    text.replace("<sup>", "^").replace("</sup>", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::NOT_SEARCHED;
    use crate::report::{ReportFinding, sample};
    use nta_core::{Finding, Severity};

    #[test]
    fn a_film_that_was_not_searched_is_not_called_empty() {
        let (mut report, _) = sample::nothing_found();
        report.concentration = None;
        let blind = Finding::new(NOT_SEARCHED, Severity::Failure, "detect", "Too many spots.");
        report.findings.push(ReportFinding::of_sample(blind));
        let said = headline(&report);
        assert!(!said.contains("(no particles)"), "{said}");
        assert!(said.contains("too many spots to tell"), "{said}");
        // With a second film that was searched it is the depth that is missing.
        report.captures.push(report.captures[0].clone());
        let said = headline(&report);
        assert!(said.contains("depth is not known"), "{said}");
    }

    #[test]
    fn a_film_too_short_to_count_does_not_say_that_it_is_empty_or_has_no_depth() {
        let (mut report, _) = sample::nothing_found();
        report.concentration = None;
        let before = headline(&report);
        assert!(before.contains("(no particles)"), "{before}");
        assert!(before.contains("depth is not known"), "{before}");
        let short = Finding::new("C06", Severity::Warning, "report", "Too few frames.");
        report.findings.push(ReportFinding::of_sample(short));
        let after = headline(&report);
        assert!(!after.contains("(no particles)"), "{after}");
        assert!(after.contains("too few frames to count"), "{after}");
    }
}
