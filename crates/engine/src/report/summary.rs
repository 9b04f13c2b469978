//! `summary.csv`: one row per capture and the pooled row. `nta batch` puts the rows of many samples into one table.

use super::csv::{maybe, number, table};
use super::model::{Capture, Concentration, DiameterSummary, Estimate, Report, Uncertainty};

/// Columns of `summary.csv`.
pub const SUMMARY_COLUMNS: [&str; 49] = [
    "sample",
    "capture",
    "path",
    "sha256",
    "verdict",
    "frames",
    "frames_missing",
    "frames_repeated",
    "complete",
    "spots",
    "tracks",
    "tracks_used",
    "particles_per_frame",
    "mean_nm",
    "mean_low_nm",
    "mean_high_nm",
    "median_nm",
    "median_low_nm",
    "median_high_nm",
    "mode_nm",
    "mode_low_nm",
    "mode_high_nm",
    "d10_nm",
    "d10_low_nm",
    "d10_high_nm",
    "d90_nm",
    "d90_low_nm",
    "d90_high_nm",
    "sd_nm",
    "sd_low_nm",
    "sd_high_nm",
    "span",
    "span_low",
    "span_high",
    "smallest_detectable_nm",
    "concentration_per_ml",
    "concentration_low_per_ml",
    "concentration_high_per_ml",
    "probed_volume_ml",
    "dilution",
    "drift_x_um_per_s",
    "drift_y_um_per_s",
    "mean_expanded_uncertainty_nm",
    "median_expanded_uncertainty_nm",
    "mode_expanded_uncertainty_nm",
    "d10_expanded_uncertainty_nm",
    "d90_expanded_uncertainty_nm",
    "concentration_expanded_uncertainty_per_ml",
    "concentration_before_blank_per_ml",
];

/// `summary.csv`: one row per capture and the pooled row, and after the columns of [`SUMMARY_COLUMNS`] six for each class of size.
pub fn summary_csv(report: &Report) -> Vec<u8> {
    let classes = class_columns(report);
    let columns: Vec<&str> = SUMMARY_COLUMNS
        .into_iter()
        .chain(classes.iter().map(String::as_str))
        .collect();
    let rows = summary_rows(report).into_iter().zip(class_rows(report));
    table(&columns, rows.map(|(row, classes)| [row, classes].concat()))
}

/// Columns of the classes of size of the pooled result: `share_50_to_100_nm` with its interval and `per_ml_50_to_100_nm` with its own.
pub fn class_columns(report: &Report) -> Vec<String> {
    classes_of(report)
        .into_iter()
        .flat_map(|(from, to)| {
            let range = match to {
                Some(to) => format!("{}_to_{}_nm", number(from), number(to)),
                None => format!("from_{}_nm", number(from)),
            };
            ["share", "per_ml"].into_iter().flat_map(move |what| {
                ["", "_low", "_high"].map(|end| format!("{what}_{range}{end}"))
            })
        })
        .collect()
}

/// The classes of the result, or where it has no sizes those that its plan asks for, so that the columns of a table of many samples
/// do not hang on what was found in one of them.
fn classes_of(report: &Report) -> Vec<(f64, Option<f64>)> {
    if !report.size_classes.is_empty() {
        let found = report.size_classes.iter();
        return found.map(|c| (c.from_nm, c.to_nm)).collect();
    }
    let asked = report.plan.get("size").and_then(|s| s.get("classes_nm"));
    let edges = asked.and_then(|e| e.as_array());
    let edges: Vec<f64> = edges
        .into_iter()
        .flatten()
        .filter_map(|e| e.as_f64())
        .collect();
    nta_sizing::classes::between(&edges)
}

/// What stands in the columns of [`class_columns`], for each row of [`summary_rows`].
pub fn class_rows(report: &Report) -> Vec<Vec<String>> {
    let pooled = &report.size_classes;
    let columns = 6 * classes_of(report).len();
    let captures = report.captures.iter().map(|c| &c.size_classes);
    captures
        .chain([pooled])
        .map(|classes| {
            let mut row = Vec::new();
            for c in classes {
                push_estimate(&mut row, &c.fraction);
                let per_ml = Estimate {
                    value: c.per_ml,
                    ci95: c.per_ml_ci95,
                };
                push_estimate(&mut row, &per_ml);
            }
            // A capture with too few tracks has no classes.
            row.resize(columns, String::new());
            row
        })
        .collect()
}

/// Rows of `summary.csv`: one per capture, and last the pooled one, whose `capture` is `all`.
pub fn summary_rows(report: &Report) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = report
        .captures
        .iter()
        .enumerate()
        .map(|(i, c)| capture_row(report, i, c))
        .collect();
    rows.push(pooled_row(report));
    rows
}

fn capture_row(report: &Report, place: usize, c: &Capture) -> Vec<String> {
    let mut row = vec![
        report.sample.id.clone(),
        place.to_string(),
        c.path.clone(),
        c.sha256.clone(),
        verdict(report),
        c.frames.to_string(),
        c.frames_missing.to_string(),
        c.frames_repeated.to_string(),
        c.complete.to_string(),
        c.tally.spots.to_string(),
        c.tally.tracks.to_string(),
        c.tally.tracks_used.to_string(),
        number(c.particles_per_frame),
    ];
    let smallest = c
        .distribution
        .as_ref()
        .and_then(|d| d.smallest_detectable_nm);
    push_diameters(&mut row, &c.diameter_nm, smallest);
    push_concentration(&mut row, report, c.concentration.as_ref());
    row.push(maybe(c.drift_um_per_s.map(|v| v[0])));
    row.push(maybe(c.drift_um_per_s.map(|v| v[1])));
    push_uncertainty(&mut row, None, c.concentration.as_ref());
    row
}

fn pooled_row(report: &Report) -> Vec<String> {
    let sum = |of: fn(&Capture) -> u64| report.captures.iter().map(of).sum::<u64>().to_string();
    let complete = report.captures.iter().all(|c| c.complete);
    let mut row = vec![
        report.sample.id.clone(),
        "all".into(),
        String::new(),
        String::new(),
        verdict(report),
        sum(|c| c.frames),
        sum(|c| c.frames_missing),
        sum(|c| c.frames_repeated),
        complete.to_string(),
        sum(|c| c.tally.spots),
        sum(|c| c.tally.tracks),
        sum(|c| c.tally.tracks_used),
        number(report.particles_per_frame),
    ];
    let smallest = report.distribution.smallest_detectable_nm;
    push_diameters(&mut row, &report.diameter_nm, smallest);
    push_concentration(&mut row, report, report.concentration.as_ref());
    row.push(String::new());
    row.push(String::new());
    let budgets = report.uncertainty.as_ref();
    push_uncertainty(&mut row, budgets, report.concentration.as_ref());
    row
}

/// Expanded uncertainties (k = 2), which only the sample as a whole has, and the concentration without its blank taken off.
fn push_uncertainty(row: &mut Vec<String>, u: Option<&Uncertainty>, c: Option<&Concentration>) {
    let budgets = u.map(|u| {
        [
            &u.mean_nm,
            &u.d50_nm,
            &u.mode_nm,
            &u.d10_nm,
            &u.d90_nm,
            &u.concentration_per_ml,
        ]
    });
    match budgets {
        Some(all) => row.extend(all.map(|b| maybe(b.as_ref().map(|b| b.expanded)))),
        None => row.extend([const { String::new() }; 6]),
    }
    row.push(maybe(c.and_then(|c| c.before_blank_per_ml)));
}

fn verdict(report: &Report) -> String {
    report.verdict.word().into()
}

fn push_diameters(row: &mut Vec<String>, d: &DiameterSummary, smallest_nm: Option<f64>) {
    for e in [&d.mean, &d.median, &d.mode, &d.d10, &d.d90, &d.sd, &d.span] {
        push_estimate(row, e);
    }
    row.push(maybe(smallest_nm));
}

fn push_estimate(row: &mut Vec<String>, e: &Estimate) {
    row.push(maybe(e.value));
    row.push(maybe(e.ci95.map(|c| c[0])));
    row.push(maybe(e.ci95.map(|c| c[1])));
}

fn push_concentration(row: &mut Vec<String>, report: &Report, c: Option<&Concentration>) {
    row.push(maybe(c.map(|c| c.per_ml)));
    row.push(maybe(c.and_then(|c| c.ci95).map(|i| i[0])));
    row.push(maybe(c.and_then(|c| c.ci95).map(|i| i[1])));
    row.push(maybe(c.map(|c| c.probed_volume_ml)));
    row.push(number(
        c.map_or(report.medium.dilution, |c| c.dilution_applied),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_summary_has_a_row_per_capture_and_a_pooled_one() {
        let (report, _) = sample::typical();
        let rows = summary_rows(&report);
        assert_eq!(rows.len(), report.captures.len() + 1);
        assert!(rows.iter().all(|r| r.len() == SUMMARY_COLUMNS.len()));
        let last = &rows[rows.len() - 1];
        assert_eq!(last[1], "all");
        assert_eq!(last[13].parse::<f64>().ok(), report.diameter_nm.mean.value);
        let expanded = SUMMARY_COLUMNS
            .iter()
            .position(|c| *c == "mean_expanded_uncertainty_nm")
            .expect("the column");
        let budgets = report.uncertainty.as_ref().expect("budgets");
        let mean = budgets.mean_nm.as_ref().expect("a budget of the mean");
        assert_eq!(last[expanded].parse::<f64>().ok(), Some(mean.expanded));
        assert_eq!(rows[0][expanded], "");
        let columns = class_columns(&report);
        let classes = class_rows(&report);
        let at = |name: &str| columns.iter().position(|c| c == name).unwrap();
        assert_eq!((columns.len(), classes.len()), (18, 4));
        assert!(classes.iter().all(|r| r.len() == 18));
        assert_eq!(classes[3][at("share_0_to_100_nm")], "0.43");
        assert_eq!(classes[3][at("per_ml_from_200_nm_high")], "40000000");
        assert_eq!(classes[0][at("per_ml_from_200_nm_high")], "");
        let text = String::from_utf8(summary_csv(&report)).unwrap();
        assert!(
            text.lines()
                .next()
                .unwrap()
                .ends_with(",per_ml_from_200_nm_high")
        );
        let mut without = report.clone();
        without.size_classes.clear();
        without.plan = serde_json::json!({"size": {"classes_nm": [100.0, 200.0]}});
        assert_eq!(class_columns(&without), columns);
        let empty = class_rows(&without);
        assert!(empty.iter().all(|r| r.len() == 18));
        assert!(empty[3].iter().all(String::is_empty));
        let (nothing, _) = sample::nothing_found();
        assert_eq!(summary_rows(&nothing)[0][13], "");
    }
}
