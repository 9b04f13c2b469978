//! How sure the numbers are: what an interval contains, and what it does not.

use super::sections::{section, table};
use super::words::{capital, number, percent, plain, two_digits, user};
use crate::report::model::{Estimate, Report, Uncertainty};
use nta_sizing::uncertainty::COVERAGE_FACTOR;
use nta_sizing::{Budget, Component};
use std::fmt::Write;

/// What the intervals contain, and the budget.
pub fn uncertainty(report: &Report) -> String {
    let mut body = String::from(
        "<p>An interval in brackets holds the true value in 95 of 100 measurements, as far as the chance of a limited number of \
         particles and frames goes. Errors of temperature, viscosity, pixel size or depth move all numbers together",
    );
    let budgets = report.uncertainty.as_ref().map(columns);
    let Some(budgets) = budgets.filter(|b| !b.is_empty()) else {
        body.push_str(
            "; they are not in the intervals. 1 % of the pixel size makes 2 % of the diameter, one degree about 2.5 % in \
             water, and the concentration goes with one over the depth.</p>",
        );
        return section("uncertainty", "How sure it is", &body);
    };
    body.push_str(
        "; they are not in these intervals, but in those with all that is known and in the expanded uncertainty.</p><h3>What the uncertainty is made of</h3>",
    );
    body.push_str(&budget_table(&budgets));
    let _ = write!(body, "<p class=\"below\">{}</p>", explanation(report));
    section("uncertainty", "How sure it is", &body)
}

/// The 95 % interval with the errors that all films share, each side for itself: the distance of that end and twice what the
/// inputs add, as squares.
pub fn all_known(budget: &Budget, [low, high]: [f64; 2]) -> [f64; 2] {
    let squares: f64 = budget.components.iter().map(|c| c.relative.powi(2)).sum();
    let inputs = COVERAGE_FACTOR * squares.sqrt() * budget.value;
    let value = budget.value;
    [
        (value - (value - low).max(0.0).hypot(inputs)).max(0.0),
        value + (high - value).max(0.0).hypot(inputs),
    ]
}

/// What the words of the budget mean.
fn explanation(report: &Report) -> String {
    let exposure = report.acquisition.exposure_s.as_ref();
    let found =
        exposure.is_some_and(|e| e.from.starts_with("estimated") || e.from.starts_with("assumed"));
    let mut words = vec![
        "Standard uncertainties, in per cent of the number at the head of the column.".to_owned(),
        format!(
            "Chance: limited number of particles and frames; half the 95 % interval divided by 1.96{}.",
            match found {
                true => ". It holds the exposure too, which was found from the film or assumed",
                false => "",
            }
        ),
        "All together is the root of the sum of squares (GUM, JCGM 100:2008).".to_owned(),
    ];
    let lopsided: Vec<&str> = intervals(report)
        .into_iter()
        .filter(|(_, value, ci95)| is_lopsided(*value, *ci95))
        .map(|(name, ..)| name)
        .collect();
    if !lopsided.is_empty() {
        words.push(format!(
            "The interval of {} is longer on one side; the one ± here is the mean of both sides.",
            lopsided.join(" and of ")
        ));
    }
    words.join(" ")
}

/// Name, number and 95 % interval of what has a budget.
fn intervals(report: &Report) -> Vec<(&'static str, f64, [f64; 2])> {
    let d = &report.diameter_nm;
    let per_ml = report.concentration.as_ref();
    let u = report.uncertainty.as_ref();
    let has = |f: fn(&Uncertainty) -> bool| u.is_some_and(f);
    let size = |name, e: &Estimate, there: bool| {
        let (value, ci95) = e.value.zip(e.ci95)?;
        there.then_some((name, value, ci95))
    };
    [
        size("the median", &d.median, has(|u| u.d50_nm.is_some())),
        size("the mean", &d.mean, has(|u| u.mean_nm.is_some())),
        size("the mode", &d.mode, has(|u| u.mode_nm.is_some())),
        size("D10", &d.d10, has(|u| u.d10_nm.is_some())),
        size("D90", &d.d90, has(|u| u.d90_nm.is_some())),
        per_ml
            .filter(|_| has(|u| u.concentration_per_ml.is_some()))
            .and_then(|c| Some(("the concentration", c.per_ml, c.ci95?))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether one side of an interval is more than half as long again as the other.
fn is_lopsided(value: f64, [low, high]: [f64; 2]) -> bool {
    let (down, up) = (value - low, high - value);
    down.max(up) > 1.5 * down.min(up).max(0.0)
}

/// Headings and budgets of the numbers that have one, in the order of the size table.
fn columns(u: &Uncertainty) -> Vec<(&'static str, &Budget)> {
    [
        ("#Median, nm", &u.d50_nm),
        ("#Mean, nm", &u.mean_nm),
        ("#Mode, nm", &u.mode_nm),
        ("#D10, nm", &u.d10_nm),
        ("#D90, nm", &u.d90_nm),
        ("#Per mL", &u.concentration_per_ml),
    ]
    .into_iter()
    .filter_map(|(name, budget)| Some((name, budget.as_ref()?)))
    .collect()
}

/// Every input once, in the order in which it turns up.
fn inputs<'a>(budgets: &[(&str, &'a Budget)]) -> Vec<&'a Component> {
    let mut out: Vec<&Component> = Vec::new();
    for part in budgets.iter().flat_map(|(_, b)| &b.components) {
        if !out.iter().any(|known| known.source == part.source) {
            out.push(part);
        }
    }
    out
}

/// Where an uncertainty came from, as people say it.
fn origin(from: &str) -> String {
    match from.strip_prefix("default") {
        Some("") => "usual value, not stated by you".to_owned(),
        Some(why) if why.starts_with(',') => {
            format!("usual value, not stated by you{}", user(why))
        }
        _ => user(from),
    }
}

fn budget_table(budgets: &[(&str, &Budget)]) -> String {
    let mut rows: Vec<Vec<String>> = inputs(budgets)
        .into_iter()
        .map(|input| {
            let own = match input.unit.as_str() {
                "1" => percent(input.standard_uncertainty),
                // A difference is the same in both.
                "K" => format!("{}\u{a0}°C", number(input.standard_uncertainty)),
                unit => format!("{} {}", number(input.standard_uncertainty), user(unit)),
            };
            let of = |b: &Budget| {
                let part = b.components.iter().find(|c| c.source == input.source);
                part.map_or("–".into(), |c| percent(c.relative))
            };
            let name = capital(&plain(&input.source));
            row([name, own], budgets, of, origin(&input.from))
        })
        .collect();
    let mut add = |name: &str, cell: &dyn Fn(&Budget) -> String, from: &str| {
        let name = [name.to_owned(), String::new()];
        rows.push(row(name, budgets, cell, from.to_owned()));
    };
    let bold = |text: String| format!("<b>{text}</b>");
    add(
        "Chance",
        &|b| percent(b.statistical_relative),
        "95 % interval",
    );
    add("<b>All together</b>", &|b| percent(b.combined_relative), "");
    add(
        "<b>Expanded (k = 2)</b>",
        &|b| bold(percent(b.expanded_relative)),
        "",
    );
    add(
        "<b>Expanded (k = 2), nm / per mL</b>",
        &|b| bold(two_digits(b.expanded)),
        "",
    );
    let mut head = vec!["Source", "#Uncertain by"];
    head.extend(budgets.iter().map(|(name, _)| *name));
    head.push("From");
    format!(
        "<p class=\"swipe\">Move the table sideways to see all of it.</p>{}",
        table(&head, &rows)
    )
}

fn row(
    [name, own]: [String; 2],
    budgets: &[(&str, &Budget)],
    cell: impl Fn(&Budget) -> String,
    from: String,
) -> Vec<String> {
    let mut out = vec![name, own];
    out.extend(budgets.iter().map(|(_, b)| cell(b)));
    out.push(from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_of_an_interval_is_widened_for_itself() {
        let part = Component {
            source: "depth".into(),
            standard_uncertainty: 0.02,
            unit: "1".into(),
            relative: 0.02,
            from: "default".into(),
        };
        let ci95 = [97.0, 109.6];
        let budget = nta_sizing::uncertainty::budget(100.0, ci95, vec![part]).unwrap();
        let [low, high] = all_known(&budget, ci95);
        // 3 and 4 make 5; 9.6 and 4 make 10.4.
        assert!((low - 95.0).abs() < 1e-9 && (high - 110.4).abs() < 1e-9);
        assert!(is_lopsided(100.0, ci95) && !is_lopsided(100.0, [97.0, 104.0]));
        assert_eq!(origin("default"), "usual value, not stated by you");
        assert_eq!(origin("plan"), "<bdi>plan</bdi>");
    }
}
