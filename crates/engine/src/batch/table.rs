//! `batch.csv`: one row per sample.

use super::limits::LimitOutcome;
use super::model::BatchReport;
use super::record::{SampleOutcome, SampleRecord};
use crate::report::csv::table;
use crate::report::summary::{SUMMARY_COLUMNS, class_columns, class_rows, summary_rows};
use std::collections::BTreeMap;

/// Columns about the sample, before the numbers of its pooled result.
pub const SAMPLE_COLUMNS: [&str; 17] = [
    "sample",
    "folder",
    "role",
    "channel",
    "condition",
    "batch",
    "date",
    "time_days",
    "protein_ug_per_ml",
    "nominal_nm",
    "nominal_per_ml",
    "dilution_series",
    "captures",
    "captures_excluded",
    "verdict",
    "limits",
    "reason",
];

/// The columns of `summary.csv` that are about one capture, or stand before.
const ABOUT_CAPTURE: usize = 5;

/// The table: what is known of each sample, the numbers of its pooled result as in `summary.csv`, and its classes of size.
pub(super) fn batch_csv(records: &[SampleRecord], report: &BatchReport) -> Vec<u8> {
    // Samples may have been given different classes; each has a column of its own then.
    let mut classes: Vec<String> = Vec::new();
    for report in records.iter().filter_map(SampleRecord::report) {
        for column in class_columns(report) {
            if !classes.contains(&column) {
                classes.push(column);
            }
        }
    }
    let columns: Vec<&str> = SAMPLE_COLUMNS
        .into_iter()
        .chain(SUMMARY_COLUMNS.into_iter().skip(ABOUT_CAPTURE))
        .chain(classes.iter().map(String::as_str))
        .collect();
    let limits = report.samples.iter().map(|s| s.limits);
    let rows = records.iter().zip(limits);
    table(&columns, rows.map(|(r, limits)| row(r, limits, &classes)))
}

fn row(record: &SampleRecord, limits: Option<LimitOutcome>, classes: &[String]) -> Vec<String> {
    let entry = &record.entry;
    let words = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let mut out = vec![
        entry.id.clone(),
        record.folder.clone(),
        entry.role.word().to_owned(),
        entry.channel.word().to_owned(),
        words(&entry.condition),
        words(&entry.batch),
        words(&entry.date),
        number(entry.time_days),
        number(entry.protein_ug_per_ml),
        number(entry.nominal_nm),
        number(entry.nominal_per_ml),
        words(&entry.dilution_series),
        record.captures.len().to_string(),
        record.excluded().len().to_string(),
        record
            .report()
            .map_or("fail", |r| r.verdict.word())
            .to_owned(),
        limits.map_or("", LimitOutcome::word).to_owned(),
        reason(record),
    ];
    let numbers = SUMMARY_COLUMNS.len() - ABOUT_CAPTURE;
    let Some(report) = record.report() else {
        out.extend(vec![String::new(); numbers + classes.len()]);
        return out;
    };
    let pooled = summary_rows(report).pop().unwrap_or_default();
    out.extend(pooled.into_iter().skip(ABOUT_CAPTURE));
    let own = class_rows(report).pop().unwrap_or_default();
    let own: BTreeMap<String, String> = class_columns(report).into_iter().zip(own).collect();
    out.extend(
        classes
            .iter()
            .map(|c| own.get(c).cloned().unwrap_or_default()),
    );
    out
}

/// Why there is no result, and which captures are not in it.
fn reason(record: &SampleRecord) -> String {
    let failed = match &record.outcome {
        SampleOutcome::Failed { reason, .. } => Some(reason.clone()),
        SampleOutcome::Done(_) => None,
    };
    let excluded = record
        .excluded()
        .iter()
        .map(|e| format!("{}: {}", e.path, e.reason));
    failed
        .into_iter()
        .chain(excluded)
        .collect::<Vec<_>>()
        .join("; ")
}
