//! The charts of the page, each from one part of the result.

use super::counted::counted;
use super::pictures::ParticlePoint;
use super::scale::Scale;
use super::svg::Chart;
use super::words::{self, number, percent};
use crate::report::model::{Capture, Distribution, Estimate, Intensity, Report};
use std::collections::BTreeMap;

/// Captures up to this number get a line style of their own.
pub const TOLD_APART: usize = 6;

/// A band higher than this many times the peak of its curve is cut, so that it does not flatten the curve.
const HIGHEST_BAND: f64 = 2.0;
/// The plot is this much higher than what it has to hold, for the labels.
const ROOM_ABOVE: f64 = 1.18;

/// Class of the line of a capture.
pub fn capture_class(place: usize, of: usize) -> String {
    match of <= TOLD_APART {
        true => format!("cap c{place}"),
        false => "cap many".into(),
    }
}

/// The part of the grid that is worth showing, nm, and the highest density, of several distributions.
fn extent<'a>(all: impl Iterator<Item = &'a Distribution> + Clone) -> Option<(f64, f64, f64)> {
    let top = |values: &[f64]| {
        values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, f64::max)
    };
    let peak = all
        .clone()
        .map(|d| top(&d.density_per_nm))
        .fold(0.0, f64::max);
    if peak <= 0.0 {
        return None;
    }
    let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut ceiling = peak;
    for d in all {
        for (x, y) in d.diameter_nm.iter().zip(&d.density_per_nm) {
            if *y > 0.004 * peak {
                from = from.min(*x);
                to = to.max(*x);
            }
        }
        // A band that runs away at the edges must not flatten the curve.
        ceiling = ceiling.max(top(&d.ci95_high_per_nm).min(HIGHEST_BAND * peak));
    }
    let room = (0.08 * (to - from)).max(0.04 * to);
    let from = if from < 0.15 * to {
        0.0
    } else {
        (from - room).max(0.0)
    };
    Some((from, to + room, ceiling))
}

/// Whether the band is so high that the chart cannot show all of it.
pub fn band_leaves_the_picture(d: &Distribution) -> bool {
    let highest = |values: &[f64]| {
        values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, f64::max)
    };
    let peak = highest(&d.density_per_nm);
    peak > 0.0 && highest(&d.ci95_high_per_nm) > ROOM_ABOVE * HIGHEST_BAND * peak
}

/// The density in per cent per nm, which has fewer zeros to read.
fn per_cent(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| v * 100.0).collect()
}

fn curve<'a>(d: &'a Distribution) -> impl Iterator<Item = (f64, f64)> + 'a {
    d.diameter_nm
        .iter()
        .copied()
        .zip(d.density_per_nm.iter().map(|v| v * 100.0))
}

/// The size distribution with its band and its populations; `None` if there is none.
pub fn distribution(report: &Report) -> Option<String> {
    let d = &report.distribution;
    let (from, to, ceiling) = extent(std::iter::once(d))?;
    let what = counted(&d.weighting);
    let mut chart = Chart::new(
        (760.0, 452.0),
        (Scale::linear(from, to), "Hydrodynamic diameter (nm)"),
        (Scale::linear(0.0, ceiling * 100.0 * ROOM_ABOVE), what.axis),
    );
    if let Some(smallest) = d.smallest_detectable_nm.filter(|s| *s > from) {
        chart.stripe(0.0, smallest, "unseen");
        // A long word needs room; the shorter ones stand in two lines, and in a narrow field nothing is said.
        let room = chart.width_between(from, smallest);
        let lines: &[&str] = match room {
            r if r >= 140.0 => &["too small to be seen"],
            r if r >= 64.0 => &["too small", "to be seen"],
            r if r >= 34.0 => &["not", "seen"],
            _ => &[],
        };
        for (i, line) in lines.iter().enumerate() {
            chart.label(
                from,
                14.0 + super::svg::LABEL_HEIGHT * i as f64,
                line,
                "note",
            );
        }
    }
    chart.band(
        &d.diameter_nm,
        &vec![0.0; d.diameter_nm.len()],
        &per_cent(&d.density_per_nm),
        "under",
    );
    chart.band(
        &d.diameter_nm,
        &per_cent(&d.ci95_low_per_nm),
        &per_cent(&d.ci95_high_per_nm),
        "band",
    );
    chart.curve(curve(d), "pooled");
    mark_populations(&mut chart, report);
    let frame = chart.frame();
    let svg = chart.finish(&format!(
        "Size distribution: {} over hydrodynamic diameter",
        what.share()
    ));
    Some(format!(
        "<div class=\"dist\" data-frame=\"{frame:.3?}\">{svg}<script type=\"application/json\">{}</script></div>",
        points_for_hover(d, from, to)
    ))
}

/// Dashed lines at the populations, or at the median where there is only one, and triangles at D10, D50 and D90.
fn mark_populations(chart: &mut Chart, report: &Report) {
    let in_words = |e: &Estimate, value: f64| {
        let nm = words::shown(e).map_or_else(|| number(value), |s| s.value);
        format!("{nm} nm")
    };
    let lines: Vec<(f64, String)> = match &report.populations[..] {
        [_only] => {
            let median = report.diameter_nm.median;
            let line = median.value.map(|nm| (nm, in_words(&median, nm)));
            line.into_iter().collect()
        }
        several => several
            .iter()
            .map(|p| {
                let e = Estimate::new(p.diameter_nm, p.ci95.diameter_nm);
                let nm = in_words(&e, p.diameter_nm);
                (p.diameter_nm, format!("{nm}, {}", percent(p.fraction)))
            })
            .collect(),
    };
    for (nm, words) in lines {
        if chart.shows(nm) {
            chart.vertical(nm, "population");
            chart.label(nm, 15.0, &words, "population");
        }
    }
    let s = &report.diameter_nm;
    for (e, word) in [(s.d10, "D10"), (s.d50, "D50"), (s.d90, "D90")] {
        if let Some(v) = e.value {
            chart.mark(v, word, "mark");
        }
    }
}

/// Diameter, density in % per nm, and share of smaller particles in %, as JSON.
fn points_for_hover(d: &Distribution, from: f64, to: f64) -> String {
    let mut smaller = 0.0;
    let mut before: Option<(f64, f64)> = None;
    let mut points = Vec::new();
    for (x, y) in curve(d) {
        if let Some((x0, y0)) = before {
            smaller += 0.5 * (y + y0) * (x - x0);
        }
        before = Some((x, y));
        if (from..=to).contains(&x) && y.is_finite() && f64::is_finite(smaller) {
            points.push(format!("[{x:.1},{y:.3},{:.1}]", smaller.clamp(0.0, 100.0)));
        }
    }
    format!("[{}]", points.join(","))
}

/// The distributions of the captures over each other; `None` with fewer than two.
pub fn replicates(report: &Report) -> Option<String> {
    let all: Vec<(usize, &Distribution)> = report
        .captures
        .iter()
        .enumerate()
        .filter_map(|(i, c)| c.distribution.as_ref().map(|d| (i, d)))
        .collect();
    if all.len() < 2 {
        return None;
    }
    let pooled = std::iter::once(&report.distribution);
    let (from, to, _) = extent(all.iter().map(|a| a.1).chain(pooled.clone()))?;
    let highest = all
        .iter()
        .map(|a| a.1)
        .chain(pooled)
        .flat_map(|d| d.density_per_nm.iter().copied())
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    let mut chart = Chart::new(
        (560.0, 330.0),
        (Scale::linear(from, to), "Hydrodynamic diameter (nm)"),
        (Scale::linear(0.0, highest * 108.0), "Share (% per nm)"),
    );
    chart.curve(curve(&report.distribution), "all");
    for (i, d) in &all {
        chart.curve(curve(d), &capture_class(*i, report.captures.len()));
    }
    Some(chart.finish("Size distributions of the captures over each other"))
}

/// Brightness against diameter, one dot per track, with its power law where `with_law`; `None` without tracks.
pub fn brightness(particles: &[ParticlePoint], law: &Intensity, with_law: bool) -> Option<String> {
    /// More dots than this only make the page heavy.
    const MOST: usize = 4000;
    let good: Vec<(f64, f64)> = particles
        .iter()
        .map(|p| (p.diameter_nm, p.intensity_counts))
        .filter(|(d, m)| d.is_finite() && m.is_finite() && *d > 0.0 && *m > 0.0)
        .collect();
    if good.is_empty() {
        return None;
    }
    let stride = good.len().div_ceil(MOST);
    let mut chart = Chart::new(
        (560.0, 330.0),
        (
            Scale::log_around(good.iter().map(|p| p.0)),
            "Diameter, given track and population (nm)",
        ),
        (
            Scale::log_around(good.iter().map(|p| p.1)),
            "Brightness (counts)",
        ),
    );
    chart.dots(good.iter().copied().step_by(stride), "dots");
    if with_law {
        chart.line(law_over(&good, law).into_iter(), "law");
    }
    Some(chart.finish("Brightness of each track against its diameter"))
}

/// The power law from the smallest to the largest particle; empty where it was not measured.
fn law_over(particles: &[(f64, f64)], law: &Intensity) -> Vec<(f64, f64)> {
    let known = (law.seen_exponent, law.reference_nm, law.counts_at_reference);
    let (Some(exponent), Some(nm), Some(counts)) = known else {
        return Vec::new();
    };
    let ends = particles.iter().fold((f64::INFINITY, 0.0f64), |(l, h), p| {
        (l.min(p.0), h.max(p.0))
    });
    [ends.0, ends.1]
        .map(|d| (d, counts * (d / nm).powf(exponent)))
        .into()
}

/// How long the particles were followed; `None` without tracks.
pub fn track_lengths(captures: &[Capture]) -> Option<String> {
    let mut classes: BTreeMap<u64, u64> = BTreeMap::new();
    for c in captures {
        for (from, n) in c
            .track_lengths
            .from_frames
            .iter()
            .zip(&c.track_lengths.tracks)
        {
            let sum = classes.entry(*from).or_insert(0);
            *sum = sum.saturating_add(*n);
        }
    }
    let highest = classes.values().copied().max().filter(|n| *n > 0)?;
    let edges: Vec<u64> = classes.keys().copied().collect();
    let words = edges
        .iter()
        .enumerate()
        .map(|(i, from)| match edges.get(i + 1) {
            Some(_) => from.to_string(),
            None => format!("{from}+"),
        })
        .collect();
    let heights: Vec<f64> = classes.values().map(|n| *n as f64).collect();
    let mut chart = Chart::new(
        (560.0, 330.0),
        (
            Scale::Classes(words),
            "Track length (frames, from this number up to the next)",
        ),
        (Scale::linear(0.0, highest as f64 * 1.06), "Tracks"),
    );
    chart.bars(&heights, "bar");
    Some(chart.finish("How many tracks there are of each length"))
}

/// Where the flow has carried everything; `None` if it was not measured.
pub fn drift(captures: &[Capture]) -> Option<String> {
    let tracks: Vec<_> = captures
        .iter()
        .filter_map(|c| c.drift_track.as_ref())
        .collect();
    let times = tracks.iter().flat_map(|t| t.time_s.iter().copied());
    let end = times.filter(|t| t.is_finite()).fold(0.0, f64::max);
    let moved = tracks.iter().flat_map(|t| t.x_um.iter().chain(&t.y_um));
    let (low, high) = moved
        .copied()
        .filter(|v| v.is_finite())
        .fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    if end <= 0.0 {
        return None;
    }
    // A film without flow shows a flat line, not its noise blown up.
    let room = (0.08 * (high - low)).max(0.1);
    let mut chart = Chart::new(
        (560.0, 330.0),
        (Scale::linear(0.0, end), "Time (s)"),
        (Scale::linear(low - room, high + room), "Shared motion (µm)"),
    );
    for t in tracks {
        chart.line(
            t.time_s.iter().copied().zip(t.x_um.iter().copied()),
            "right",
        );
        chart.line(t.time_s.iter().copied().zip(t.y_um.iter().copied()), "down");
    }
    Some(chart.finish("Motion shared by all particles over time"))
}

/// Spots per frame over time; `None` if nothing was recorded.
pub fn spots_over_time(captures: &[Capture]) -> Option<String> {
    let finite = |v: &f64| v.is_finite();
    let all = || captures.iter().map(|c| &c.spots_over_time);
    let end = all()
        .flat_map(|s| s.time_s.iter().copied().filter(finite))
        .fold(0.0, f64::max);
    let highest = all()
        .flat_map(|s| s.spots_per_frame.iter().copied().filter(finite))
        .fold(0.0, f64::max);
    if end <= 0.0 {
        return None;
    }
    let mut chart = Chart::new(
        (560.0, 330.0),
        (Scale::linear(0.0, end), "Time (s)"),
        (
            Scale::linear(0.0, (highest * 1.12).max(1.0)),
            "Particles in a frame",
        ),
    );
    for (i, s) in all().enumerate() {
        let points = s
            .time_s
            .iter()
            .copied()
            .zip(s.spots_per_frame.iter().copied());
        chart.line(points, &capture_class(i, captures.len()));
    }
    Some(chart.finish("Number of particles in a frame over time"))
}
