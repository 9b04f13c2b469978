//! Findings, and samples at their limits, as HTML.

use super::html::{NOTHING, name, per_volume, said, titled};
use super::{Quality, QualityFinding};
use crate::batch::limits::{LimitOutcome, LimitVerdict};
use crate::report::Estimate;
use crate::report::html::{esc, message, number, table, user, with_interval};
use nta_core::Severity;

/// What a person should know, the worst first. What was said of samples at their limits is in the table, and counted here.
pub(super) fn findings(quality: &Quality) -> String {
    let mut all: Vec<&QualityFinding> = quality.findings.iter().collect();
    all.sort_by_key(|f| std::cmp::Reverse(f.finding.severity));
    let is_at_limit = |f: &QualityFinding| ["Q01", "Q02"].contains(&f.finding.code.as_str());
    let mut items = at_limits(quality);
    for f in all.into_iter().filter(|f| !is_at_limit(f)) {
        items += &item(
            f.finding.severity,
            &message(&f.finding.message),
            &f.finding.code,
        );
    }
    match items.is_empty() {
        true => items,
        false => format!("<ul class=\"findings\">{items}</ul>"),
    }
}

fn item(severity: Severity, text: &str, code: &str) -> String {
    let (class, word) = match severity {
        Severity::Failure => ("fail", "Problem"),
        Severity::Warning => ("warning", "Look at this"),
        Severity::Info => ("info", "Note"),
    };
    format!(
        "<li class=\"{class}\"><span class=\"tag\">{word}</span><div><p>{text}</p><p class=\"below\">{}</p></div></li>",
        user(code)
    )
}

fn at_limits(quality: &Quality) -> String {
    let of = |outcome: LimitOutcome| {
        let all = quality.limit_verdicts.iter();
        let mut names: Vec<String> = Vec::new();
        for v in all.clone().filter(|v| v.verdict == outcome) {
            let name = name(&v.sample, v.channel);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (
            all.filter(|v| v.verdict == outcome).count(),
            names.join(", "),
        )
    };
    let mut out = String::new();
    if let (n @ 1.., names) = of(LimitOutcome::Fail) {
        let text = format!(
            "Outside of their limits, or not to be used ({n} in the table below): {names}."
        );
        out += &item(Severity::Failure, &text, "Q01");
    }
    if let (n @ 1.., names) = of(LimitOutcome::Review) {
        let text = format!("For a person to decide ({n} in the table below): {names}.");
        out += &item(Severity::Warning, &text, "Q02");
    }
    out
}

/// A number with its interval in its unit.
fn cell(value: Option<f64>, ends: Option<[f64; 2]>, unit: &str) -> String {
    let estimate = Estimate { value, ci95: ends };
    match (value, unit.starts_with("per ")) {
        (Some(value), true) => per_volume(value, ends),
        (Some(value), false) if unit == "tracks" => format!("{}\u{a0}tracks", number(value)),
        _ => with_interval(&estimate, if unit == "1" { "" } else { unit }),
    }
}

/// `80 to 120 nm`.
fn accepted(v: &LimitVerdict) -> String {
    let unit = if v.unit == "1" {
        String::new()
    } else {
        format!("\u{a0}{}", esc(&v.unit))
    };
    match (v.min.map(number), v.max.map(number)) {
        (Some(min), Some(max)) => format!("{min} to {max}{unit}"),
        (Some(min), None) => format!("at least {min}{unit}"),
        (None, Some(max)) => format!("at most {max}{unit}"),
        (None, None) => NOTHING.to_owned(),
    }
}

pub(super) fn limits(quality: &Quality) -> String {
    let mut all: Vec<&LimitVerdict> = quality.limit_verdicts.iter().collect();
    all.sort_by_key(|v| std::cmp::Reverse(v.verdict));
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|v| {
            vec![
                name(&v.sample, v.channel),
                user(&v.name),
                cell(v.value, v.interval, &v.unit),
                accepted(v),
                said(v.verdict),
            ]
        })
        .collect();
    let head = ["Sample", "Limit", "Value", "Accepted", "Verdict"];
    titled(
        "Limits",
        table(&head, &rows),
        "Pass: the whole interval lies within. Fail: the whole interval lies outside. Review: a limit lies in the interval, or there is \
         no number. Counts and CVs between captures are compared as they are.",
    )
}
