//! `compare.csv`: one row per group and number, one per pair of distributions, one per line over time.

use super::model::{Answer, Compared, Comparison, Equivalent, Pair, Trend};
use crate::report::csv::{maybe, table as csv_table};

/// The columns.
const COLUMNS: [&str; 24] = [
    "kind",
    "group",
    "reference",
    "number",
    "unit",
    "judged",
    "reference_results",
    "reference_value",
    "group_results",
    "group_value",
    "difference",
    "difference_low",
    "difference_high",
    "percent",
    "percent_low95",
    "percent_high95",
    "percent_low90",
    "percent_high90",
    "p",
    "p_adjusted",
    "margin_percent",
    "p_equivalence",
    "outcome",
    "sentence",
];

/// The table.
pub(crate) fn table(c: &Comparison) -> Vec<u8> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for pair in &c.pairs {
        rows.extend(pair.numbers.iter().map(|n| number(pair, n)));
        rows.extend(distribution(pair));
    }
    rows.extend(c.trends.iter().map(trend));
    csv_table(&COLUMNS, rows)
}

fn ends(interval: Option<[f64; 2]>) -> [String; 2] {
    [0, 1].map(|i| maybe(interval.map(|c| c[i])))
}

fn outcome(answer: Answer) -> &'static str {
    match answer {
        Answer::Equivalent => "equivalent",
        Answer::NotShown => "not_shown",
        Answer::Different => "different",
        Answer::NotKnown => "not_known",
    }
}

fn number(pair: &Pair, n: &Compared) -> Vec<String> {
    let [low, high] = ends(n.difference.ci95);
    let [low95, high95] = ends(n.percent.ci95);
    let [low90, high90] = ends(n.percent_ci90);
    let e = &n.equivalence;
    vec![
        "number".into(),
        pair.group.clone(),
        pair.reference.clone(),
        n.number.clone(),
        n.unit.clone(),
        n.judged.to_string(),
        n.reference.results.to_string(),
        maybe(n.reference.value),
        n.group.results.to_string(),
        maybe(n.group.value),
        maybe(n.difference.value),
        low,
        high,
        maybe(n.percent.value),
        low95,
        high95,
        low90,
        high90,
        maybe(n.p),
        maybe(n.p_adjusted),
        maybe(Some(e.margin_percent)),
        maybe(larger(e)),
        outcome(e.outcome).into(),
        n.sentence.clone(),
    ]
}

/// A row with some cells; the others are empty.
fn row(cells: &[(&str, String)]) -> Vec<String> {
    let of = |column: &&str| {
        let found = cells.iter().find(|(name, _)| name == column);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    COLUMNS.iter().map(of).collect()
}

fn distribution(pair: &Pair) -> Option<Vec<String>> {
    let d = pair.distribution.as_ref()?;
    Some(row(&[
        ("kind", "distribution".into()),
        ("group", pair.group.clone()),
        ("reference", pair.reference.clone()),
        ("number", "wasserstein".into()),
        ("unit", "nm".into()),
        ("difference", maybe(Some(d.wasserstein_nm))),
        ("p", maybe(d.p)),
        ("p_adjusted", maybe(d.p_adjusted)),
        ("sentence", d.sentence.clone()),
    ]))
}

fn trend(t: &Trend) -> Vec<String> {
    let [low95, high95] = ends(t.change_percent.ci95);
    let [low90, high90] = ends(Some(t.change_percent_ci90));
    let e = &t.equivalence;
    row(&[
        ("kind", "change_over_time".into()),
        ("group", t.group.clone().unwrap_or_default()),
        ("number", t.number.clone()),
        ("unit", t.unit.clone()),
        ("group_results", t.points.len().to_string()),
        ("percent", maybe(t.change_percent.value)),
        ("percent_low95", low95),
        ("percent_high95", high95),
        ("percent_low90", low90),
        ("percent_high90", high90),
        ("p", maybe(Some(t.p))),
        ("p_adjusted", maybe(Some(t.p_adjusted))),
        ("margin_percent", maybe(Some(e.margin_percent))),
        ("p_equivalence", maybe(larger(e))),
        ("outcome", outcome(e.outcome).into()),
        ("sentence", t.sentence.clone()),
    ])
}

/// The p of both one-sided tests together.
fn larger(e: &Equivalent) -> Option<f64> {
    e.p_lower
        .zip(e.p_upper)
        .map(|(lower, upper)| lower.max(upper))
}
