//! How numbers change with the time of the samples.

use super::gather::{Item, Items};
use super::model::{Answer, Asked, Equivalent, Trend, TrendLine, TrendPoint};
use super::numbers::{COMMON, Number};
use super::pairs::answer_of;
use super::words;
use crate::report::Estimate;
use nta_sizing::compare::holm;
use nta_sizing::compare::line::{Line, line};
use nta_sizing::compare::tost::{equivalence, limits_of_ratio};

/// Points at which the line and its band are written down.
const DRAWN: usize = 60;

/// The time of a result, days; `None` if the field is not there or is no number.
pub(crate) fn time_of(item: &Item, field: &str) -> Option<f64> {
    let time = item.field(field)?.parse::<f64>().ok()?;
    time.is_finite().then_some(time)
}

/// A line through each judged number of each group, or through all results where each group has one. Shares of classes
/// have no ratio and are not followed.
pub(crate) fn trends(groups: &[Items], asked: &Asked) -> Vec<Trend> {
    let single = groups.iter().all(|g| g.items.len() < 2);
    let series: Vec<(Option<&str>, Vec<&Item>)> = match single {
        true => vec![(None, groups.iter().flat_map(|g| &g.items).collect())],
        false => groups
            .iter()
            .map(|g| (Some(g.name.as_str()), g.items.iter().collect()))
            .collect(),
    };
    let judged = || COMMON.iter().filter(|n| asked.judged.contains(&n.key()));
    let mut out: Vec<Trend> = series
        .iter()
        .flat_map(|(name, items)| judged().filter_map(|n| trend(*n, *name, items, asked)))
        .collect();
    let p: Vec<Option<f64>> = out.iter().map(|t| Some(t.p)).collect();
    for (t, adjusted) in out.iter_mut().zip(holm::adjusted(&p)) {
        t.p_adjusted = adjusted.unwrap_or(1.0);
        t.sentence = words::of_trend(t);
    }
    out
}

fn trend(number: Number, group: Option<&str>, items: &[&Item], asked: &Asked) -> Option<Trend> {
    let known: Vec<(f64, &Item)> = items
        .iter()
        .filter_map(|i| Some((time_of(i, &asked.time_field)?, *i)))
        .collect();
    let on_scale: Vec<(f64, f64)> = known
        .iter()
        .filter_map(|(t, i)| Some((*t, number.measured(&i.report)?.value)))
        .collect();
    let line = line(&on_scale)?;
    let margin_percent = match number {
        Number::Concentration => asked.concentration_margin_percent,
        _ => asked.margin_percent,
    };
    let limits = limits_of_ratio(0.01 * margin_percent);
    let (change, in_percent) = (line.change(), |v: f64| number.in_percent(v));
    let test = equivalence(&change, limits);
    let (within, until_days) = words::until(line.within(limits));
    let points = known.iter().filter_map(|(t, i)| {
        let plain = number.measured(&i.report).and(number.plain(&i.report))?;
        Some(TrendPoint {
            time_days: *t,
            value: plain.value?,
            ci95: plain.ci95,
        })
    });
    Some(Trend {
        group: group.map(str::to_owned),
        number: number.key(),
        title: number.title(),
        unit: number.unit().into(),
        points: points.collect(),
        line: drawn(&line, number),
        percent_per_day: Estimate::new(
            in_percent(line.slope.estimate),
            Some(line.slope.interval(0.95).map(in_percent)),
        ),
        change_percent: Estimate::new(
            in_percent(change.estimate),
            Some(change.interval(0.95).map(in_percent)),
        ),
        change_percent_ci90: change.interval(0.9).map(in_percent),
        p: line.slope.p(),
        p_adjusted: 1.0,
        equivalence: Equivalent {
            margin_percent,
            p_lower: Some(test.p_lower),
            p_upper: Some(test.p_upper),
            outcome: answer_of(test.outcome),
        },
        within_margin_until_days: until_days,
        within_margin: within.into(),
        sentence: String::new(),
    })
}

fn drawn(line: &Line, number: Number) -> TrendLine {
    let [first, last] = line.span;
    let mut out = TrendLine::default();
    for i in 0..=DRAWN {
        let time = first + (last - first) * i as f64 / DRAWN as f64;
        let [low, high] = line.band(time);
        out.time_days.push(time);
        out.value.push(number.back(line.at(time)));
        out.low.push(number.back(low));
        out.high.push(number.back(high));
    }
    out
}

/// Whether the change over the time observed is shown to be within the margin.
pub(crate) fn is_stable(trend: &Trend) -> bool {
    trend.equivalence.outcome == Answer::Equivalent
}
