//! The charts of a comparison: curves over each other, differences with the margin, lines over time.

use super::model::{Comparison, MeanDistribution, Trend};
use crate::report::html::scale::Scale;
use crate::report::html::svg::Chart;

/// Groups up to this number get a line style of their own.
pub(crate) const TOLD_APART: usize = 6;
/// Bands higher than this many times the highest peak are cut.
const HIGHEST_BAND: f64 = 1.6;
/// The chart of differences reaches this many times the margin, and farther only for what the answer rests on: a number that
/// nobody knows well must not flatten the others.
const WIDEST: f64 = 2.0;
/// What is lower than this share of the highest peak need not be seen.
const LEAST_SEEN: f64 = 0.004;

/// Class of the line of a group.
pub(crate) fn line_class(place: usize, of: usize) -> String {
    match of <= TOLD_APART {
        true => format!("cap c{place}"),
        false if place == 0 => "cap c0".into(),
        false => "cap many".into(),
    }
}

fn highest(values: &[f64]) -> f64 {
    let finite = values.iter().copied().filter(|v| v.is_finite());
    finite.fold(0.0, f64::max)
}

/// The mean curves of all groups with their bands; `None` if there is none.
pub(crate) fn overlay(c: &Comparison) -> Option<String> {
    let all: Vec<(usize, &MeanDistribution)> = c
        .groups
        .iter()
        .enumerate()
        .filter_map(|(i, g)| Some((i, g.distribution.as_ref()?)))
        .collect();
    let peak = all
        .iter()
        .map(|(_, d)| highest(&d.density_per_nm))
        .fold(0.0, f64::max);
    if peak <= 0.0 {
        return None;
    }
    let (mut from, mut to, mut ceiling) = (f64::INFINITY, 0.0f64, peak);
    for (_, d) in &all {
        for (nm, _) in d
            .diameter_nm
            .iter()
            .zip(&d.density_per_nm)
            .filter(|(_, y)| **y > LEAST_SEEN * peak)
        {
            from = from.min(*nm);
            to = to.max(*nm);
        }
        ceiling = ceiling.max(highest(&d.ci95_high_per_nm).min(HIGHEST_BAND * peak));
    }
    let room = (0.08 * (to - from)).max(0.04 * to);
    let mut chart = Chart::new(
        (760.0, 430.0),
        (
            Scale::linear((from - room).max(0.0), to + room),
            "Hydrodynamic diameter (nm)",
        ),
        (Scale::linear(0.0, 106.0 * ceiling), "Share (% per nm)"),
    );
    let n = c.groups.len();
    let per_cent = |values: &[f64]| values.iter().map(|v| 100.0 * v).collect::<Vec<f64>>();
    for (i, d) in all.iter().filter(|_| n <= TOLD_APART) {
        let (low, high) = (per_cent(&d.ci95_low_per_nm), per_cent(&d.ci95_high_per_nm));
        chart.band(&d.diameter_nm, &low, &high, &format!("b{i}"));
    }
    for (i, d) in all.iter().rev() {
        let y = per_cent(&d.density_per_nm);
        chart.curve(d.diameter_nm.iter().copied().zip(y), &line_class(*i, n));
    }
    Some(chart.finish("Size distributions of the groups over each other, with 95 % bands"))
}

/// Differences of the numbers of all pairs with their 90 % intervals and the margin; `None` without one.
pub(crate) fn differences(c: &Comparison) -> Option<String> {
    let first = c.pairs.first()?;
    let ratio: Vec<&str> = first
        .numbers
        .iter()
        .filter(|n| n.unit != "%")
        .map(|n| n.number.as_str())
        .collect();
    let words: Vec<String> = ratio.iter().map(|n| short(n)).collect();
    let (mut low, mut high) = (
        -WIDEST * c.asked.margin_percent,
        WIDEST * c.asked.margin_percent,
    );
    let mut drawn: Vec<(usize, f64, f64, [f64; 2])> = Vec::new();
    for (i, pair) in c.pairs.iter().enumerate() {
        // Several pairs stand beside each other in the place of a number.
        let beside = (i as f64 + 0.5) / c.pairs.len() as f64 - 0.5;
        for n in &pair.numbers {
            let place = ratio.iter().position(|r| *r == n.number);
            let (Some(place), Some(value), Some(ci90)) = (place, n.percent.value, n.percent_ci90)
            else {
                continue;
            };
            if n.judged {
                low = low.min(ci90[0].max(-100.0));
                high = high.max(ci90[1].min(100.0));
            }
            drawn.push((i + 1, place as f64 + 0.6 * beside, value, ci90));
        }
    }
    if drawn.is_empty() {
        return None;
    }
    let mut chart = Chart::new(
        (760.0, 330.0),
        (
            Scale::Classes(words),
            "Difference from the reference, 90 % interval; dashed: the margin",
        ),
        (Scale::linear(1.06 * low, 1.06 * high), "Difference (%)"),
    );
    let end = ratio.len() as f64 - 0.5;
    let m = c.asked.margin_percent;
    for (y, class) in [(m, "law"), (-m, "law"), (0.0, "axis")] {
        chart.line([(-0.5, y), (end, y)].into_iter(), class);
    }
    let n = c.groups.len();
    for (group, x, value, [low, high]) in drawn {
        let class = match n <= TOLD_APART {
            true => format!("whisker c{group}"),
            false => "whisker many".into(),
        };
        chart.line([(x, low), (x, high)].into_iter(), &class);
        chart.dots(std::iter::once((x, value)), "at");
    }
    Some(
        chart.finish(
            "Differences of each number from the reference with 90 % intervals and the margin",
        ),
    )
}

/// Short words for an axis.
fn short(number: &str) -> String {
    match number {
        "d10" | "d50" | "d90" | "sd" => number.to_uppercase(),
        "concentration" => "per mL".into(),
        other => other.into(),
    }
}

/// A line over time with its band, the results, and the margin about its start.
pub(crate) fn over_time(t: &Trend) -> Option<String> {
    let (first, last) = (*t.line.time_days.first()?, *t.line.time_days.last()?);
    let start = *t.line.value.first()?;
    // Powers of ten need more room than the axis has.
    let scale = match t.number.as_str() {
        "concentration" => 100.0 / start,
        _ => 1.0,
    };
    let margin = 0.01 * t.equivalence.margin_percent;
    let limits = [1.0 - margin, 1.0 + margin].map(|part| start * part * scale);
    let values = t.points.iter().flat_map(|p| {
        let [low, high] = p.ci95.unwrap_or([p.value, p.value]);
        [low, high, p.value].map(|v| v * scale)
    });
    let all = values.chain(limits).filter(|v| v.is_finite());
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    let room = 0.06 * (high - low);
    let beside = 0.04 * (last - first);
    let label = match t.number.as_str() {
        "concentration" => "Concentration (% of the start of the line)",
        "mean" => "Mean diameter (nm)",
        "mode" => "Most frequent diameter (nm)",
        "d10" => "D10 (nm)",
        "d50" => "Median diameter (nm)",
        "d90" => "D90 (nm)",
        "sd" => "SD of the diameters (nm)",
        _ => "Span",
    };
    let mut chart = Chart::new(
        (560.0, 330.0),
        (Scale::linear(first - beside, last + beside), "Time (days)"),
        (Scale::linear(low - room, high + room), label),
    );
    let scaled = |values: &[f64]| values.iter().map(|v| v * scale).collect::<Vec<f64>>();
    let (low, high) = (scaled(&t.line.low), scaled(&t.line.high));
    chart.band(&t.line.time_days, &low, &high, "b0");
    for y in limits {
        chart.line([(first - beside, y), (last + beside, y)].into_iter(), "law");
    }
    let line = t.line.time_days.iter().copied().zip(scaled(&t.line.value));
    chart.line(line, "pooled");
    for p in &t.points {
        if let Some([low, high]) = p.ci95 {
            chart.line(
                [(p.time_days, low * scale), (p.time_days, high * scale)].into_iter(),
                "whisker c0",
            );
        }
    }
    chart.dots(
        t.points.iter().map(|p| (p.time_days, p.value * scale)),
        "at",
    );
    Some(chart.finish(&format!(
        "{} over time with the 95 % band of the line",
        t.title
    )))
}
