//! How sure the numbers are: what an interval contains, and what it does not.

use super::sections::{section, table};
use super::words::{capital, number, percent, plain, two_digits, user};
use crate::report::model::{Report, Uncertainty};
use nta_sizing::{Budget, Component};

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
        "; they are not in the intervals, but in the expanded uncertainty.</p><h3>What the uncertainty is made of</h3>",
    );
    body.push_str(&budget_table(&budgets));
    body.push_str(
        "<p class=\"below\">Standard uncertainties; shares of the number at the head of the column. Chance is half the 95 % \
         interval over 1.96, with an exposure that was found from the film or assumed. All together is the root of the sum of \
         squares (GUM, JCGM 100:2008).</p>",
    );
    section("uncertainty", "How sure it is", &body)
}

/// Headings and budgets of the numbers that have one, in the order of the size table.
fn columns(u: &Uncertainty) -> Vec<(&'static str, &Budget)> {
    [
        ("#Median", &u.d50_nm),
        ("#Mean", &u.mean_nm),
        ("#Mode", &u.mode_nm),
        ("#D10", &u.d10_nm),
        ("#D90", &u.d90_nm),
        ("#Per mL", &u.concentration_per_ml),
    ]
    .into_iter()
    .filter_map(|(name, budget)| Some((name, budget.as_ref()?)))
    .collect()
}

fn budget_table(budgets: &[(&str, &Budget)]) -> String {
    let mut inputs: Vec<&Component> = Vec::new();
    for part in budgets.iter().flat_map(|(_, b)| &b.components) {
        if !inputs.iter().any(|known| known.source == part.source) {
            inputs.push(part);
        }
    }
    let mut rows: Vec<Vec<String>> = inputs
        .into_iter()
        .map(|input| {
            let own = match input.unit.as_str() {
                "1" => percent(input.standard_uncertainty),
                unit => format!("{} {}", number(input.standard_uncertainty), user(unit)),
            };
            let of = |b: &Budget| {
                let part = b.components.iter().find(|c| c.source == input.source);
                part.map_or("–".into(), |c| percent(c.relative))
            };
            let name = capital(&plain(&input.source));
            row([name, own], budgets, of, user(&input.from))
        })
        .collect();
    let chance = ["Chance".to_owned(), String::new()];
    let from = "95 % interval".to_owned();
    rows.push(row(
        chance,
        budgets,
        |b| percent(b.statistical_relative),
        from,
    ));
    let together = ["<b>All together</b>".to_owned(), String::new()];
    rows.push(row(
        together,
        budgets,
        |b| percent(b.combined_relative),
        String::new(),
    ));
    let expanded = ["<b>Expanded, k = 2</b>".to_owned(), String::new()];
    rows.push(row(
        expanded,
        budgets,
        |b| format!("<b>{}</b>", percent(b.expanded_relative)),
        "about 95 %".into(),
    ));
    let absolute = ["<b>that is ±</b>".to_owned(), String::new()];
    rows.push(row(
        absolute,
        budgets,
        |b| format!("<b>{}</b>", two_digits(b.expanded)),
        "nm, and per mL".into(),
    ));
    let mut head = vec!["Source", "#Uncertain by"];
    head.extend(budgets.iter().map(|(name, _)| *name));
    head.push("From");
    table(&head, &rows)
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
