//! Samples against limits.

use super::compare::{Range, judged};
use super::measured::{Known, Measured, measured, pair};
use super::quantity::{Quantity, about};
use super::{IntervalKind, Limit, Limits};
use crate::batch::{Channel, SampleOutcome, SampleRecord};
use crate::report::{Report, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a number at its limit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LimitOutcome {
    /// Its whole interval lies within.
    Pass,
    /// A limit lies in its interval, or there is no number: a person has to decide.
    #[default]
    Review,
    /// Its whole interval lies outside, or the result of the sample must not be used.
    Fail,
}

impl LimitOutcome {
    /// The word as it stands in the files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Fail => "fail",
        }
    }
}

/// One sample at one limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitVerdict {
    /// Name of the limit.
    pub name: String,
    /// Name of the sample.
    pub sample: String,
    /// Light in which it was filmed.
    pub channel: Channel,
    /// What is limited, as in the file of limits.
    pub quantity: String,
    /// The number; null if there is none.
    pub value: Option<f64>,
    /// Its 95 % interval by chance; null for a number that is counted or not there.
    pub ci95: Option<[f64; 2]>,
    /// The interval that was held against the limits; null for a number that is counted or not there.
    pub interval: Option<[f64; 2]>,
    /// Which interval that is. Where the limits ask for the expanded one and inputs add nothing, or nothing is known of them, it is
    /// `ci95`. Null without an interval.
    pub interval_is: Option<IntervalKind>,
    /// Smallest value that is accepted; null if there is none.
    pub min: Option<f64>,
    /// Largest value that is accepted; null if there is none.
    pub max: Option<f64>,
    /// Unit of all these; `1` for none.
    pub unit: String,
    /// What became of it.
    pub verdict: LimitOutcome,
    /// The same in one sentence.
    pub message: String,
    /// Why the sample fails whatever its number is: it has no result, or one that must not be used. Null else.
    pub unusable: Option<String>,
    /// The note of the limit; null if it has none.
    pub note: Option<String>,
}

/// Every sample at every limit that is for it, limit by limit; and the names of the limits that are for none.
pub(crate) fn verdicts(limits: &Limits, known: &Known<'_>) -> (Vec<LimitVerdict>, Vec<String>) {
    let mut out = Vec::new();
    let mut of_none = Vec::new();
    for limit in &limits.limits {
        let before = out.len();
        let held = known
            .records
            .iter()
            .filter(|r| limit.filter.holds(&r.entry));
        out.extend(held.map(|r| verdict(limit, limits.interval, r, known)));
        if out.len() == before {
            of_none.push(limit.name.clone());
        }
    }
    (out, of_none)
}

fn verdict(
    limit: &Limit,
    kind: IntervalKind,
    record: &SampleRecord,
    known: &Known<'_>,
) -> LimitVerdict {
    let report = record.report();
    let found = report.map_or_else(Measured::default, |report| {
        measured(&limit.quantity, record, report, known)
    });
    let (interval, interval_is) = match (kind, found.expanded, found.ci95) {
        (IntervalKind::Expanded, Some(expanded), _) => {
            (Some(expanded), Some(IntervalKind::Expanded))
        }
        (_, _, Some(ci95)) => (Some(ci95), Some(IntervalKind::Ci95)),
        _ => (None, None),
    };
    let range = Range {
        min: limit.min,
        max: limit.max,
    };
    let by_number = match (found.value, interval) {
        (Some(_), Some(interval)) => judged(interval, range),
        (Some(value), None) if found.exact => judged([value, value], range),
        _ => LimitOutcome::Review,
    };
    let unusable = unusable(record, limit, known.records);
    let mut out = LimitVerdict {
        name: limit.name.clone(),
        sample: record.entry.id.clone(),
        channel: record.entry.channel,
        quantity: limit.word.clone(),
        value: found.value,
        ci95: found.ci95,
        interval,
        interval_is,
        min: limit.min,
        max: limit.max,
        unit: about(&limit.word).unit.to_owned(),
        verdict: match &unusable {
            Some(_) => LimitOutcome::Fail,
            None => by_number,
        },
        message: String::new(),
        unusable: unusable.clone(),
        note: limit.note.clone(),
    };
    out.message = message(&out, &limit.quantity.title(&limit.word), &found, unusable);
    out
}

/// Why the numbers of a sample must not be used, whatever they are.
fn unusable(record: &SampleRecord, limit: &Limit, records: &[SampleRecord]) -> Option<String> {
    match &record.outcome {
        SampleOutcome::Failed { reason, .. } => {
            return Some(format!("there is no result: {reason}"));
        }
        SampleOutcome::Done(report) if must_not_be_used(report) => {
            return Some(
                "the verdict of its own result is fail, so that its numbers must not be used"
                    .into(),
            );
        }
        SampleOutcome::Done(_) => {}
    }
    let of_two = matches!(limit.quantity, Quantity::MarkerPositive);
    let (scatter, fluorescence) = pair(record, records).ok().filter(|_| of_two)?;
    [
        (scatter, Channel::Scatter),
        (fluorescence, Channel::Fluorescence),
    ]
    .iter()
    .find(|(report, _)| must_not_be_used(report))
    .map(|(_, channel)| format!("the verdict of its result in {} is fail", channel.word()))
}

fn must_not_be_used(report: &Report) -> bool {
    report.verdict == Verdict::Fail
}

/// A number for people with its unit: four digits, in powers of ten where it is large.
pub(crate) fn said(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        v if v >= 1e5 => format!("{value:.2e}"),
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 10.0 => format!("{value:.2}"),
        // What is less than a ten-thousandth is nothing to a reader.
        _ => format!("{value:.4}"),
    };
    let number = match number.contains('.') && !number.contains('e') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => &number,
    };
    match unit {
        "1" | "" => number.to_owned(),
        unit => format!("{number} {unit}"),
    }
}

/// `D50 of EV-7 is 132 nm (expanded, k = 2: 125.1 to 138.9), outside 80 to 120 nm.`
fn message(v: &LimitVerdict, title: &str, found: &Measured, unusable: Option<String>) -> String {
    let called = match v.name == v.quantity {
        true => String::new(),
        false => format!(" (limit '{}')", v.name),
    };
    let of = format!("{} of {}", capital(title), v.sample);
    let limits = limits_said(v);
    if let Some(why) = unusable {
        return format!("{} fails{called}: {why}. The limit is {limits}.", v.sample);
    }
    let Some(value) = v.value else {
        let why = found
            .remark
            .as_deref()
            .unwrap_or("it could not be obtained");
        return format!(
            "{of} is not known{called}: {why}. The limit is {limits}; a person has to decide."
        );
    };
    let interval = match (v.interval, v.interval_is) {
        (Some([low, high]), Some(kind)) => {
            let kind = match kind {
                IntervalKind::Expanded => "expanded, k = 2",
                IntervalKind::Ci95 => "95 % by chance",
            };
            format!(" ({kind}: {} to {})", said(low, "1"), said(high, "1"))
        }
        _ => String::new(),
    };
    let place = match (v.verdict, v.interval.is_some() || found.exact) {
        (LimitOutcome::Pass, _) => format!("within {limits}"),
        (LimitOutcome::Fail, _) => format!("outside {limits}"),
        (LimitOutcome::Review, true) => {
            format!("and a limit lies in the interval: {limits}; a person has to decide")
        }
        (LimitOutcome::Review, false) => {
            format!("and has no interval to hold against {limits}; a person has to decide")
        }
    };
    let remark = found
        .remark
        .as_ref()
        .map_or(String::new(), |r| format!(" Note: {r}."));
    format!(
        "{of} is {}{interval}, {place}{called}.{remark}",
        said(value, &v.unit)
    )
}

/// With a capital at its start.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `80 to 120 nm`, `at least 80 nm`, `at most 120 nm`.
fn limits_said(v: &LimitVerdict) -> String {
    match (v.min, v.max) {
        (Some(min), Some(max)) => format!("{} to {}", said(min, "1"), said(max, &v.unit)),
        (Some(min), None) => format!("at least {}", said(min, &v.unit)),
        (None, Some(max)) => format!("at most {}", said(max, &v.unit)),
        (None, None) => "none".to_owned(),
    }
}
