//! What a person should know about a comparison.

use super::gather::{Item, Items};
use super::model::{Answer, Comparison};
use super::numbers::COMMON;
use super::settings::{self, Differing};
use super::{trend, words};
use crate::report::Verdict;
use nta_core::{Finding, Severity};
use std::collections::BTreeMap;

/// Smallest detectable diameters further apart than this show different parts of a sample.
const SAME_SMALLEST: f64 = 0.1;

/// All findings, the weightiest first.
pub(crate) fn findings(comparison: &Comparison, groups: &[Items]) -> Vec<Finding> {
    let items: Vec<&Item> = groups.iter().flat_map(|g| &g.items).collect();
    let mut out = Vec::new();
    out.extend(answers(comparison));
    out.extend(of_inputs(comparison, &items));
    out.extend(missing_numbers(groups));
    out.extend(of_settings(&items));
    out.extend(smallest(&items));
    out.extend(of_design(comparison));
    out.extend(times(comparison, &items));
    out.sort_by_key(|f| std::cmp::Reverse(f.severity));
    out
}

fn new(code: &str, severity: Severity, message: String) -> Finding {
    Finding::new(code, severity, "compare", message)
}

/// What the tests say: equivalence that was asked for and is not shown, and differences beyond chance.
fn answers(c: &Comparison) -> Vec<Finding> {
    let mut out = Vec::new();
    for pair in &c.pairs {
        let judged = pair.numbers.iter().filter(|n| n.judged);
        let open: Vec<&str> = judged
            .filter(|n| n.equivalence.outcome != Answer::Equivalent)
            .map(|n| n.sentence.as_str())
            .collect();
        if c.asked.equivalence_decides && !open.is_empty() {
            let message = format!(
                "Equivalence of {} with {} is not shown. {}. More results per group make intervals narrower.",
                pair.group,
                pair.reference,
                open.join(". ")
            );
            out.push(new("K01", Severity::Failure, message));
        }
        let real = words::detected(pair);
        if !real.is_empty() {
            let message = format!(
                "{} differs from {} by more than chance in {}. Whether that matters is a question of the margin.",
                pair.group,
                pair.reference,
                real.join(", ")
            );
            out.push(new("K02", Severity::Warning, message));
        }
    }
    for t in &c.trends {
        if c.asked.equivalence_decides && !trend::is_stable(t) {
            let message = format!("Stability is not shown. {}.", t.sentence);
            out.push(new("K03", Severity::Failure, message));
        }
        if t.p_adjusted < 0.05 {
            let message = format!("A change with time is more than chance. {}.", t.sentence);
            out.push(new("K04", Severity::Warning, message));
        }
    }
    out
}

fn of_inputs(c: &Comparison, items: &[&Item]) -> Vec<Finding> {
    let mut out = Vec::new();
    let failed: Vec<&str> = items
        .iter()
        .filter(|i| i.report.verdict == Verdict::Fail)
        .map(|i| i.name.as_str())
        .collect();
    if !failed.is_empty() {
        let message = format!(
            "The verdict of {} is fail: its numbers must not be used, and nor must this comparison. Look at its report.html, or \
             leave it out.",
            failed.join(", ")
        );
        out.push(new("K05", Severity::Failure, message));
    }
    let mut films: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in items {
        for capture in &item.report.captures {
            let names = films.entry(&capture.sha256).or_default();
            if !names.contains(&item.name.as_str()) && !capture.sha256.is_empty() {
                names.push(item.name.as_str());
            }
        }
    }
    let mut shared: Vec<String> = films
        .into_values()
        .filter(|names| names.len() > 1)
        .map(|names| names.join(" and "))
        .collect();
    shared.sort();
    shared.dedup();
    if !shared.is_empty() {
        let message = format!(
            "The same film is in {}. Errors are reckoned as if films were different ones, so that neither p nor intervals hold.",
            shared.join("; ")
        );
        out.push(new("K06", Severity::Warning, message));
    }
    for l in &c.left_out {
        let message = format!("{} was left out: {}.", l.path, l.reason);
        out.push(new("K07", Severity::Warning, message));
    }
    out
}

/// Numbers that some results have and others do not.
fn missing_numbers(groups: &[Items]) -> Option<Finding> {
    let items = || groups.iter().flat_map(|g| &g.items);
    let said: Vec<String> = COMMON
        .iter()
        .filter_map(|n| {
            let has = |i: &&Item| n.measured(&i.report).is_some();
            let without: Vec<&str> = items()
                .filter(|i| !has(i))
                .map(|i| i.name.as_str())
                .collect();
            let some = without.len() < items().count() || n.key() == "d50";
            (some && !without.is_empty())
                .then(|| format!("{} in {}", n.title(), without.join(", ")))
        })
        .collect();
    (!said.is_empty()).then(|| {
        let message = format!(
            "Numbers are missing, or are 0, so that they were left out: {}. The report of each result says why.",
            said.join("; ")
        );
        new("K08", Severity::Warning, message)
    })
}

fn of_settings(items: &[&Item]) -> Vec<Finding> {
    const MOST: usize = 6;
    let list = |all: &[Differing]| {
        let mut said: Vec<String> = all.iter().take(MOST).map(Differing::in_words).collect();
        if all.len() > MOST {
            said.push(format!("and {} more settings", all.len() - MOST));
        }
        said.join(". ")
    };
    let mut out = Vec::new();
    let mut add = |code: &str, severity, differing: Vec<Differing>, what: &str, then: &str| {
        if !differing.is_empty() {
            out.push(new(
                code,
                severity,
                format!("{what}: {}. {then}", list(&differing)),
            ));
        }
    };
    add(
        "K09",
        Severity::Failure,
        settings::of_weighting(items),
        "Distributions do not count the same",
        "Their numbers cannot be compared; analyse the films again with one weighting.",
    );
    add(
        "K10",
        Severity::Warning,
        settings::of_method(items),
        "Results were not taken and analysed alike",
        "Differences may come from that; analyse all films with one plan.",
    );
    add(
        "K11",
        Severity::Warning,
        settings::of_software(items),
        "Results were not made by one version of the program",
        "Differences may come from that; analyse all films with one version.",
    );
    add(
        "K12",
        Severity::Info,
        settings::of_medium(items),
        "Circumstances differ",
        "Sizes and concentrations allow for them as far as they were stated rightly.",
    );
    out
}

/// Whether some films show smaller particles than others.
fn smallest(items: &[&Item]) -> Option<Finding> {
    let known: Vec<(f64, &str)> = items
        .iter()
        .filter_map(|i| {
            Some((
                i.report.distribution.smallest_detectable_nm?,
                i.name.as_str(),
            ))
        })
        .collect();
    let low = known.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let high = known.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (high.0 > (1.0 + SAME_SMALLEST) * low.0).then(|| {
        let message = format!(
            "Films do not show equally small particles: from {:.0} nm in {} but from {:.0} nm in {}. Where particles are near these \
             sizes, distributions and concentrations differ by that alone.",
            low.0, low.1, high.0, high.1
        );
        new("K13", Severity::Warning, message).with(high.0, Some((1.0 + SAME_SMALLEST) * low.0), "nm")
    })
}

/// What so few results can say.
fn of_design(c: &Comparison) -> Vec<Finding> {
    let mut out = Vec::new();
    let single: Vec<&str> = c
        .groups
        .iter()
        .filter(|g| g.results.len() == 1)
        .map(|g| g.name.as_str())
        .collect();
    if !c.pairs.is_empty() && single.len() == c.groups.len() {
        let message = "Each group has one result, so that what differs between preparations of one sample is in no interval and no p: \
             a difference may be that of two preparations, and equivalence holds for these films alone. Film several preparations \
             of each (--by FIELD, or a folder per group)."
            .to_owned();
        out.push(new("K14", Severity::Warning, message));
    } else if !c.pairs.is_empty() && !single.is_empty() {
        let message = format!(
            "{} has one result; it is taken to vary as the results of the other group do.",
            single.join(", ")
        );
        out.push(new("K14", Severity::Info, message));
    }
    let by_tracks = |p: &&super::model::Pair| p.distribution.as_ref().is_some_and(|d| !d.counts);
    let pairs: Vec<String> = c
        .pairs
        .iter()
        .filter(by_tracks)
        .map(|p| p.group.clone())
        .collect();
    if !pairs.is_empty() {
        let message = format!(
            "There are too few results to deal them out at random (4 in each group, or 3 and 4, are enough), so that for {} the tracks \
             were dealt out. That p may come from what differs between films of one group, and the answer does not rest on it.",
            pairs.join(", ")
        );
        out.push(new("K15", Severity::Info, message));
    }
    out
}

fn times(c: &Comparison, items: &[&Item]) -> Option<Finding> {
    let field = &c.asked.time_field;
    let stated = items.iter().filter(|i| i.field(field).is_some()).count();
    let known = items
        .iter()
        .filter(|i| trend::time_of(i, field).is_some())
        .count();
    let message = if stated == 0 {
        return None;
    } else if known < items.len() {
        format!(
            "{} of {} results have a time in days in the field {field}; the others are on no line over time.",
            known,
            items.len()
        )
    } else if c.trends.is_empty() {
        format!(
            "A line over time takes results at three or more times ({field}) in a group, and numbers that are not all the same."
        )
    } else {
        return None;
    };
    Some(new("K16", Severity::Info, message))
}
