//! Each group against the reference, number by number.

use super::gather::{Item, Items};
use super::model::{Answer, Asked, Compared, Equivalent, GroupValue, Pair};
use super::numbers::{Number, all_of};
use super::{distribution, words};
use crate::report::Estimate;
use nta_sizing::compare::tost::{equivalence, limits_of_ratio};
use nta_sizing::compare::{
    Basis, Measured, Outcome, difference, difference_of_shares, holm, student,
};

/// All groups but the first against the first.
pub(crate) fn pairs(groups: &[Items], asked: &Asked) -> Vec<Pair> {
    let Some((reference, others)) = groups.split_first() else {
        return Vec::new();
    };
    let reports = groups.iter().flat_map(|g| &g.items).map(|i| &i.report);
    let numbers = all_of(reports);
    let mut out: Vec<Pair> = others
        .iter()
        .map(|group| Pair {
            reference: reference.name.clone(),
            group: group.name.clone(),
            answer: String::new(),
            numbers: numbers
                .iter()
                .filter_map(|n| compared(*n, &reference.items, &group.items, asked))
                .collect(),
            distribution: distribution::test(&reference.items, &group.items, asked.seed),
        })
        .collect();
    allow_for_all_tests(&mut out);
    for pair in &mut out {
        pair.answer = words::answer(pair);
    }
    out
}

/// The judged numbers and the distributions of all pairs are one family of tests. A test of tracks is among them only where
/// films are all there is: beside the scatter of several results it would call a difference of preparations one of groups.
fn allow_for_all_tests(pairs: &mut [Pair]) {
    let mut p = Vec::new();
    for pair in pairs.iter() {
        p.extend(pair.numbers.iter().filter(|n| n.judged).map(|n| n.p));
        p.extend(pair.distribution.iter().filter(|d| d.counts).map(|d| d.p));
    }
    let mut adjusted = holm::adjusted(&p).into_iter();
    for pair in pairs {
        for number in pair.numbers.iter_mut().filter(|n| n.judged) {
            number.p_adjusted = adjusted.next().flatten();
        }
        if let Some(d) = &mut pair.distribution {
            if d.counts {
                d.p_adjusted = adjusted.next().flatten();
            }
            d.sentence = words::of_distribution(d);
        }
    }
}

/// The numbers that results of a group have.
fn measured(number: Number, items: &[Item]) -> Vec<Measured> {
    items
        .iter()
        .filter_map(|i| number.measured(&i.report))
        .collect()
}

/// One number; `None` if it is not judged and neither side has it.
fn compared(number: Number, reference: &[Item], group: &[Item], asked: &Asked) -> Option<Compared> {
    let key = number.key();
    let judged = asked.judged.contains(&key);
    let (from, to) = (measured(number, reference), measured(number, group));
    if from.is_empty() && to.is_empty() && !judged {
        return None;
    }
    let margin_percent = match number {
        Number::Concentration => asked.concentration_margin_percent,
        _ => asked.margin_percent,
    };
    let mut out = Compared {
        number: key,
        title: number.title(),
        unit: number.unit().into(),
        judged,
        reference: value_of(number, &from),
        group: value_of(number, &to),
        difference: Estimate::default(),
        percent: Estimate::default(),
        percent_ci90: None,
        error_from: None,
        freedom: None,
        p: None,
        p_adjusted: None,
        equivalence: Equivalent {
            margin_percent,
            p_lower: None,
            p_upper: None,
            outcome: Answer::NotKnown,
        },
        sentence: String::new(),
    };
    differ(&mut out, number, &from, &to);
    out.sentence = words::of_number(&out);
    Some(out)
}

/// Fills in the difference and its tests.
fn differ(out: &mut Compared, number: Number, from: &[Measured], to: &[Measured]) {
    let (Some(base), Some(value)) = (out.reference.value, out.group.value) else {
        return;
    };
    let in_percent = |v: f64| number.in_percent(v);
    let absolute = |percent: f64| match number.is_ratio() {
        true => 0.01 * percent * base,
        false => percent,
    };
    let estimate = mean(to) - mean(from);
    out.percent = Estimate::new(in_percent(estimate), None);
    out.difference = Estimate::new(value - base, None);
    let found = match number.is_ratio() {
        true => difference(from, to),
        false => difference_of_shares(from, to),
    };
    let Some((found, basis)) = found else {
        return;
    };
    let ci95 = found.interval(0.95).map(in_percent);
    out.percent = Estimate::new(in_percent(estimate), Some(ci95));
    out.difference = Estimate::new(value - base, Some(ci95.map(absolute)));
    out.percent_ci90 =
        Some(found.interval(0.9).map(in_percent)).filter(|c| c.iter().all(|v| v.is_finite()));
    out.error_from = Some(
        match basis {
            Basis::Welch => "scatter of results",
            Basis::OneAgainstSeveral => "scatter of the other group",
            Basis::Intervals => "intervals of results",
        }
        .into(),
    );
    out.freedom = Some(found.freedom).filter(|f| f.is_finite());
    out.p = Some(found.p()).filter(|p| p.is_finite());
    let margin = out.equivalence.margin_percent;
    let limits = match number.is_ratio() {
        true => limits_of_ratio(0.01 * margin),
        false => [-margin, margin],
    };
    let test = equivalence(&found, limits);
    out.equivalence.p_lower = Some(test.p_lower);
    out.equivalence.p_upper = Some(test.p_upper);
    out.equivalence.outcome = answer_of(test.outcome);
}

/// The word for what a test says.
pub(crate) fn answer_of(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Equivalent => Answer::Equivalent,
        Outcome::NotShown => Answer::NotShown,
        Outcome::Different => Answer::Different,
    }
}

fn mean(results: &[Measured]) -> f64 {
    results.iter().map(|r| r.value).sum::<f64>() / results.len() as f64
}

/// A number of a group: of several results their mean with the interval of their scatter.
fn value_of(number: Number, results: &[Measured]) -> GroupValue {
    let n = results.len() as f64;
    let mut out = GroupValue {
        results: results.len() as u64,
        ..GroupValue::default()
    };
    let centre = mean(results);
    match results {
        [] => return out,
        [one] => out.ci95 = one.ci95.map(|c| c.map(|v| number.back(v))),
        several => {
            let squares: f64 = several.iter().map(|r| (r.value - centre).powi(2)).sum();
            let sd = (squares / (n - 1.0)).sqrt();
            let half = student::exceeded_with(0.025, n - 1.0) * sd / n.sqrt();
            out.ci95 = Some([centre - half, centre + half].map(|v| number.back(v)));
            out.sd_percent = Some(number.in_percent(sd));
        }
    }
    out.value = Some(number.back(centre));
    out.ci95 = out.ci95.filter(|c| c.iter().all(|v| v.is_finite()));
    out
}
