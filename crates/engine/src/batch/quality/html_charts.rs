//! The charts of quality control as SVG.

use super::charts::{ControlChart, title};
use super::dilution::DilutionSeries;
use crate::report::html::{Chart, Scale, esc, percent};

/// Size of a chart, px.
const SIZE: (f64, f64) = (560.0, 300.0);

/// A line over the whole width, with its class and its word in the key.
type Level = (f64, &'static str);

/// The bead runs of one chart over time, with its lines; nothing for a single run.
pub(super) fn control_chart(chart: &ControlChart) -> Option<String> {
    let n = chart.points.len();
    if n < 2 {
        return None;
    }
    let year = common_year(chart);
    let days = chart.points.iter().map(|p| match (&p.date, year) {
        (Some(date), Some(_)) => date.get(5..).unwrap_or(date).to_owned(),
        (Some(date), None) => date.clone(),
        (None, _) => p.sample.clone(),
    });
    let levels = levels(chart);
    let ends = chart.points.iter().filter_map(|p| p.value.ci95).flatten();
    let values = chart.points.iter().filter_map(|p| p.value.value);
    let y = around(ends.chain(values).chain(levels.iter().map(|l| l.0)));
    let y_label = match chart.quantity.as_str() {
        "concentration_per_ml" => "Concentration (per mL)",
        "mode_nm" => "Mode (nm)",
        _ => "D50 (nm)",
    };
    let mut drawn = Chart::new(
        SIZE,
        (Scale::Classes(days.collect()), "Bead run"),
        (y, y_label),
    );
    for (value, class) in levels {
        let ends = [(-0.5, value), (n as f64 - 0.5, value)];
        drawn.line(ends.into_iter(), class);
    }
    for (i, point) in chart.points.iter().enumerate() {
        let x = i as f64;
        if let Some([low, high]) = point.value.ci95 {
            drawn.line([(x, low), (x, high)].into_iter(), "reach");
        }
        let class = match chart.is_called_out(i) {
            true => "run out",
            false => "run",
        };
        drawn.dots(point.value.value.map(|v| (x, v)).into_iter(), class);
    }
    let svg = drawn.finish(&format!("{} over {n} runs", title(chart)));
    let year = year.map_or(String::new(), |y| format!(", {}", esc(y)));
    Some(format!(
        "<figure><h3>{}{year}</h3>{svg}<figcaption>{}</figcaption></figure>",
        esc(&title(chart)),
        key(chart)
    ))
}

/// The year that all runs share; then it need not stand below each.
fn common_year(chart: &ControlChart) -> Option<&str> {
    let mut years = chart.points.iter().map(|p| p.date.as_deref()?.get(..4));
    let first = years.next()??;
    years.all(|y| y == Some(first)).then_some(first)
}

fn levels(chart: &ControlChart) -> Vec<Level> {
    let mut out: Vec<Level> = chart.fixed.map(|v| (v, "level fixed")).into();
    out.extend(chart.mean.map(|v| (v, "level mean")));
    out.extend(
        chart
            .warning
            .into_iter()
            .flatten()
            .map(|v| (v, "level warn")),
    );
    out.extend(
        chart
            .action
            .into_iter()
            .flatten()
            .map(|v| (v, "level action")),
    );
    out
}

fn key(chart: &ControlChart) -> String {
    let sample = |class: &str, word: &str| {
        format!(
            "<span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"level {class}\" d=\"M1 4H33\"/></svg>{word}</span> "
        )
    };
    let mut out = sample("fixed", "allowed around the certificate");
    match chart.mean {
        Some(_) => {
            out += &sample("mean", "mean");
            out += &sample("warn", "2 sigma");
            out += &sample("action", "3 sigma");
        }
        None => out += "Mean and sigma need eight runs.",
    }
    out
}

/// An even scale around values, with a little room.
fn around(values: impl Iterator<Item = f64>) -> Scale {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
    let room = 0.08 * (high - low);
    Scale::linear(low - room, high + room)
}

/// Recovery of each dilution over the particles in view; nothing for a single dilution.
pub(super) fn dilutions(series: &DilutionSeries, allowed: f64) -> Option<String> {
    if series.members.len() < 2 {
        return None;
    }
    let levels = [
        (100.0, "level mean"),
        (100.0 * (1.0 - allowed), "level fixed"),
        (100.0 * (1.0 + allowed), "level fixed"),
    ];
    let ends = series
        .members
        .iter()
        .filter_map(|m| m.recovery.ci95)
        .flatten();
    let y = around(ends.map(|e| 100.0 * e).chain(levels.map(|l| l.0)));
    let x = Scale::log_around(series.members.iter().map(|m| m.particles_per_frame));
    let (from, to) = match &x {
        Scale::Log { from, to } | Scale::Linear { from, to } => (*from, *to),
        Scale::Classes(words) => (0.0, words.len() as f64),
    };
    let mut drawn = Chart::new(SIZE, (x, "Particles in view"), (y, "Recovery (%)"));
    for (value, class) in levels {
        drawn.line([(from, value), (to, value)].into_iter(), class);
    }
    for m in &series.members {
        if let Some([low, high]) = m.recovery.ci95 {
            let at = m.particles_per_frame;
            drawn.line([(at, 100.0 * low), (at, 100.0 * high)].into_iter(), "reach");
        }
        let class = if m.agrees { "run" } else { "run out" };
        let point = m.recovery.value.map(|v| (m.particles_per_frame, 100.0 * v));
        drawn.dots(point.into_iter(), class);
    }
    let name = esc(&series.series);
    let svg = drawn.finish(&format!("recovery of the dilutions of {}", series.series));
    Some(format!(
        "<figure><h3>Dilutions of {name}</h3>{svg}<figcaption>Number of the stock over the mean of the dilutions that agree, with its \
         95 % interval. Dotted: {} up and down. Red: beyond.</figcaption></figure>",
        percent(allowed)
    ))
}
