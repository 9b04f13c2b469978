//! `limits.csv`: one row per sample and limit.

use super::{IntervalKind, LimitVerdict};
use crate::report::csv::{maybe, number, table};

/// Columns of `limits.csv`.
pub const LIMITS_COLUMNS: [&str; 15] = [
    "limit",
    "sample",
    "channel",
    "quantity",
    "value",
    "ci95_low",
    "ci95_high",
    "interval_low",
    "interval_high",
    "interval_is",
    "min",
    "max",
    "unit",
    "verdict",
    "message",
];

/// The rows of `limits.csv`, limit by limit; without a limit the header alone.
pub fn limits_csv(verdicts: &[LimitVerdict]) -> Vec<u8> {
    table(&LIMITS_COLUMNS, verdicts.iter().map(row))
}

fn row(v: &LimitVerdict) -> Vec<String> {
    let ends = |e: Option<[f64; 2]>| match e {
        Some([low, high]) => [number(low), number(high)],
        None => [String::new(), String::new()],
    };
    let [ci95_low, ci95_high] = ends(v.ci95);
    let [low, high] = ends(v.interval);
    let kind = match v.interval_is {
        Some(IntervalKind::Expanded) => "expanded",
        Some(IntervalKind::Ci95) => "ci95",
        None => "",
    };
    vec![
        v.name.clone(),
        v.sample.clone(),
        v.channel.word().to_owned(),
        v.quantity.clone(),
        maybe(v.value),
        ci95_low,
        ci95_high,
        low,
        high,
        kind.to_owned(),
        maybe(v.min),
        maybe(v.max),
        v.unit.clone(),
        v.verdict.word().to_owned(),
        v.message.clone(),
    ]
}
