//! `batch.html`: which samples can be used, which cannot and why, and their sizes beside each other.

use super::limits::LimitOutcome;
use super::model::{BatchReport, BatchSample};
use super::quality;
use super::record::{Channel, Role};
use crate::report::Verdict;
use crate::report::html::sections::{section, table};
use crate::report::html::words::{ABSENT, count, message, per_frame, things, user};
use crate::report::html::{first_sentence, shown, shown_per_ml, whole_page};
use std::fmt::Write;

/// The whole page.
pub(super) fn page(report: &BatchReport) -> String {
    let captures: usize = report.samples.iter().map(|s| s.captures.len()).sum();
    let title = format!(
        "<header><p class=\"kind\">Nanoparticle tracking analysis: batch</p><h1>{}, {}</h1></header>",
        things(report.samples.len(), "sample", "samples"),
        things(captures, "capture", "captures"),
    );
    let parts = [
        title,
        verdict(report),
        samples(report),
        quality::html::section(&report.quality),
        left_out(report),
        looked_at(report),
    ];
    whole_page("Batch - nanoparticle tracking analysis", &parts.join("\n"))
}

fn verdict(report: &BatchReport) -> String {
    let of = |v: Verdict| report.samples.iter().filter(|s| s.verdict == v).count();
    let failed = report.samples.iter().filter(|s| s.failed.is_some()).count();
    let excluded: usize = report
        .samples
        .iter()
        .map(|s| s.captures_excluded.len())
        .sum();
    let words = match report.verdict {
        Verdict::Pass => "All samples can be used",
        Verdict::Warning => "All samples have results; look at the warnings",
        Verdict::Fail if of(Verdict::Fail) > 0 => "Some samples cannot be used",
        Verdict::Fail => "Quality control fails",
    };
    let mut lines = vec![format!(
        "results: {} usable, {} to be used with care, {} not usable",
        of(Verdict::Pass),
        of(Verdict::Warning),
        of(Verdict::Fail)
    )];
    if failed > 0 {
        lines.push(format!(
            "{} without a result",
            things(failed, "sample", "samples")
        ));
    }
    if excluded > 0 {
        lines.push(format!(
            "{} could not be used",
            things(excluded, "capture", "captures")
        ));
    }
    if !report.not_listed.is_empty() {
        let n = report.not_listed.len();
        lines.push(format!(
            "{} not in the table of samples",
            things(n, "capture", "captures")
        ));
    }
    let limited = |wanted| {
        report
            .samples
            .iter()
            .filter(|s| s.limits == Some(wanted))
            .count()
    };
    let (out, open) = (limited(LimitOutcome::Fail), limited(LimitOutcome::Review));
    if out > 0 {
        lines.push(format!("{out} outside their limits"));
    }
    if open > 0 {
        lines.push(format!("{open} at a limit, for a person to decide"));
    }
    lines.extend(report.quality.texts().iter().take(5).map(|t| message(t)));
    let items: String = lines.iter().fold(String::new(), |mut out, l| {
        let _ = write!(out, "<li>{l}</li>");
        out
    });
    format!(
        "<div class=\"verdict {}\"><div><h2>{words}</h2><ul>{items}</ul></div></div>",
        report.verdict.word()
    )
}

fn samples(report: &BatchReport) -> String {
    let range = Range::of(report);
    let rows: Vec<Vec<String>> = report.samples.iter().map(|s| row(s, &range)).collect();
    let headings = [
        "Sample",
        "#Captures",
        "#Median (nm)",
        "#D10 (nm)",
        "#D90 (nm)",
        "D10, median, D90",
        "#Particles per mL",
        "#In a frame",
        "Result",
        "Limits",
        "Look at",
    ];
    section("samples", "Samples", &table(&headings, &rows))
}

fn row(sample: &BatchSample, range: &Range) -> Vec<String> {
    let d = &sample.diameter_nm;
    let with = |e: &crate::report::Estimate| match shown(e) {
        None => "–".to_owned(),
        Some(s) => match s.interval {
            Some(i) => format!("{} <span class=\"ci\">({i})</span>", s.value),
            None => s.value,
        },
    };
    let plain = |e: &crate::report::Estimate| shown(e).map_or("–".into(), |s| s.value);
    let name = match sample.failed {
        None => format!(
            "<a href=\"{}/report.html\">{}</a>",
            percent_encoded(&sample.folder),
            user(&sample.entry.id)
        ),
        Some(_) => user(&sample.entry.id),
    };
    let kind = match (sample.entry.role, sample.entry.channel) {
        (Role::Sample, Channel::Scatter) => String::new(),
        (Role::Sample, Channel::Fluorescence) => " <span class=\"ci\">fluorescence</span>".into(),
        (role, _) => format!(" <span class=\"ci\">{}</span>", role.word()),
    };
    let all = sample.captures.len();
    let used = all - sample.captures_excluded.len().min(all);
    vec![
        name + &kind,
        match used == all {
            true => count(all as u64),
            false => format!("{used} of {all}"),
        },
        with(&d.median),
        plain(&d.d10),
        plain(&d.d90),
        range.bar(sample),
        match &sample.concentration {
            None => "–".to_owned(),
            Some(c) => shown_per_ml(c).value,
        },
        sample.particles_per_frame.map_or("–".into(), per_frame),
        format!("<span class=\"is {0}\">{0}</span>", sample.verdict.word()),
        sample.limits.map_or("–".into(), |l| {
            format!("<span class=\"is {0}\">{0}</span>", l.word())
        }),
        look_at(sample),
    ]
}

/// The worst thing about a sample.
fn look_at(sample: &BatchSample) -> String {
    if let Some(failed) = &sample.failed {
        return message(failed);
    }
    let worst = sample.findings.iter().max_by_key(|f| f.finding.severity);
    // `max_by_key` takes the last of equals; the first is what the report tells first.
    let first = worst.and_then(|w| {
        let same = |f: &&crate::report::ReportFinding| f.finding.severity == w.finding.severity;
        sample.findings.iter().find(same)
    });
    first.map_or_else(String::new, |f| message(first_sentence(&f.finding.message)))
}

fn left_out(report: &BatchReport) -> String {
    let mut rows = Vec::new();
    for sample in &report.samples {
        for e in &sample.captures_excluded {
            rows.push(vec![
                user(&sample.entry.id),
                user(&e.path),
                message(&e.reason),
            ]);
        }
    }
    for e in &report.folders_unreadable {
        rows.push(vec![ABSENT.to_owned(), user(&e.path), message(&e.reason)]);
    }
    for name in &report.not_listed {
        let why = "not in the table of samples; not analysed".to_owned();
        rows.push(vec!["–".to_owned(), user(name), why]);
    }
    match rows.is_empty() {
        true => String::new(),
        false => section(
            "left-out",
            "Captures that were left out",
            &table(&["Sample", "Capture", "Why"], &rows),
        ),
    }
}

fn looked_at(report: &BatchReport) -> String {
    let kinds: Vec<String> = report
        .other_files
        .0
        .iter()
        .map(|(kind, n)| format!("{n} {}", user(&kind.replace('_', " "))))
        .collect();
    let mut body = String::new();
    if !kinds.is_empty() {
        let _ = write!(
            body,
            "<p>Files that are no captures: {}.</p>",
            kinds.join(", ")
        );
    }
    if !report.left_over.is_empty() {
        let names: Vec<String> = report.left_over.iter().map(|n| user(n)).collect();
        let _ = write!(
            body,
            "<p>Folders with results of earlier runs that belong to no sample of now: {}. They are not in the tables.</p>",
            names.join(", ")
        );
    }
    for note in &report.notes {
        let _ = write!(body, "<p>{}</p>", message(note));
    }
    let software = &report.software;
    let _ = write!(
        body,
        "<p class=\"below\">{} {}. Each sample has a folder beside this page with its own report; intervals are 95 % by chance alone.</p>",
        user(&software.name),
        user(&software.version)
    );
    section("looked-at", "What was looked at", &body)
}

/// A link to a folder: what is not a plain letter goes as its bytes.
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// One scale for all samples, in logarithms.
struct Range {
    low: f64,
    high: f64,
}

/// Width of a bar, px.
const WIDTH: f64 = 180.0;

impl Range {
    fn of(report: &BatchReport) -> Self {
        let values = report.samples.iter().flat_map(|s| {
            let d = &s.diameter_nm;
            [d.d10.value, d.median.value, d.d90.value]
        });
        let known: Vec<f64> = values
            .flatten()
            .filter(|v| *v > 0.0 && v.is_finite())
            .collect();
        let low = known.iter().copied().fold(f64::INFINITY, f64::min);
        let high = known.iter().copied().fold(0.0, f64::max);
        Self {
            low: low / 1.1,
            high: high * 1.1,
        }
    }

    fn place(&self, value: f64) -> f64 {
        (WIDTH * (value / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, WIDTH)
    }

    fn bar(&self, sample: &BatchSample) -> String {
        let d = &sample.diameter_nm;
        let good = |v: &f64| *v > 0.0 && v.is_finite();
        let (Some(low), Some(mid), Some(high)) = (
            d.d10.value.filter(good),
            d.median.value.filter(good),
            d.d90.value.filter(good),
        ) else {
            return String::new();
        };
        format!(
            "<svg class=\"range\" viewBox=\"0 0 {WIDTH} 14\" width=\"{WIDTH}\" height=\"14\" role=\"img\" aria-label=\"from {:.0} over {:.0} to {:.0} nm\">\
             <path d=\"M{:.1} 7H{:.1}\"/><circle cx=\"{:.1}\" cy=\"7\" r=\"4\"/></svg>",
            low,
            mid,
            high,
            self.place(low),
            self.place(high),
            self.place(mid)
        )
    }
}
