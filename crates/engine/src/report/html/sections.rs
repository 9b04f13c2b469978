//! What lies below the first screen: findings, all sizes, replicates, counts.

use super::counted::{by, counted};
use super::head::{no_size, rank};
use super::pictures::{Pictures, film};
use super::words::{
    ABSENT, capital, count, message as words_of, number, per_frame, plain, share_in_per_cent,
    shown_per_ml, three_digits, unit, user, with_interval,
};
use super::{charts, particles, replicates};
use crate::report::model::{Capture, Concentration, Estimate, Report, ReportFinding};
use nta_core::Severity;
use std::fmt::Write;

/// A value of the plan or of the sample's free fields as text.
pub fn as_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// A section with its heading.
pub fn section(id: &str, heading: &str, body: &str) -> String {
    match body.is_empty() {
        true => String::new(),
        false => format!("<section id=\"{id}\"><h2>{heading}</h2>{body}</section>"),
    }
}

/// A table; columns whose heading begins with `#` hold numbers. Cells are HTML.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let class = |i: usize| match headings.get(i).is_some_and(|h| h.starts_with('#')) {
        true => " class=\"n\"",
        false => "",
    };
    let mut out = String::from("<div class=\"wide\"><table><thead><tr>");
    for (i, h) in headings.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(i), h.trim_start_matches('#'));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{cell}</td>", class(i));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// The last part of a path, for people.
pub fn file_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches(['/', '\\']);
    trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed)
}

/// Everything that a person should know, the worst first; what several captures share stands there once.
pub fn findings(report: &Report) -> String {
    let mut groups: Vec<Vec<&ReportFinding>> = Vec::new();
    for f in &report.findings {
        let same = |g: &&mut Vec<&ReportFinding>| {
            let (a, b) = (&g[0].finding, &f.finding);
            (a.severity, &a.code, &a.stage) == (b.severity, &b.code, &b.stage)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(f),
            None => groups.push(vec![f]),
        }
    }
    groups.sort_by_key(|g| {
        let f = &g[0].finding;
        (std::cmp::Reverse(f.severity), rank(&f.code))
    });
    let items: String = groups.iter().map(|g| finding_group(report, g)).collect();
    let only_notes = groups
        .iter()
        .all(|g| g[0].finding.severity == Severity::Info);
    let heading = match only_notes {
        true => "Notes",
        false => "What to look at",
    };
    let body = match items.is_empty() {
        true => "<p>Nothing was found that a person should look at.</p>".to_owned(),
        false => format!("<ul class=\"findings\">{items}</ul>"),
    };
    section("findings", heading, &body)
}

/// Findings of one code: each message once, and below it where it holds and what was seen.
fn finding_group(report: &Report, group: &[&ReportFinding]) -> String {
    let first = &group[0].finding;
    let (class, word) = match first.severity {
        Severity::Failure => ("fail", "Problem"),
        Severity::Warning => ("warning", "Look at this"),
        Severity::Info => ("info", "Note"),
    };
    let mut messages: Vec<&str> = Vec::new();
    for f in group {
        if !messages.contains(&f.finding.message.as_str()) {
            messages.push(&f.finding.message);
        }
    }
    let mut text = String::new();
    for (i, message) in messages.iter().enumerate() {
        let mut about: Vec<String> = group
            .iter()
            .filter(|f| f.finding.message == *message)
            .map(|f| seen(report, f))
            .filter(|t| !t.is_empty())
            .collect();
        if let Some(limit) = first.limit.filter(|_| i + 1 == messages.len()) {
            about.push(format!(
                "limit: {}",
                with_unit(limit, first.unit.as_deref())
            ));
        }
        if i + 1 == messages.len() {
            about.push(format!("{} {}", plain(&first.stage), user(&first.code)));
        }
        let _ = write!(
            text,
            "<p>{}</p><p class=\"below\">{}</p>",
            words_of(message),
            capital(&about.join(" · "))
        );
    }
    format!("<li class=\"{class}\"><span class=\"tag\">{word}</span><div>{text}</div></li>")
}

fn with_unit(value: f64, unit_of: Option<&str>) -> String {
    let unit = unit_of.map(unit).unwrap_or_default();
    format!("{} {unit}", three_digits(value))
        .trim_end()
        .to_owned()
}

/// Where one finding holds and what was seen: `capture 2 (b.avi): 12 px`.
fn seen(report: &Report, f: &ReportFinding) -> String {
    let value = f
        .finding
        .observed
        .map(|v| with_unit(v, f.finding.unit.as_deref()));
    let Some(place) = f.capture else {
        return value.map_or(String::new(), |v| format!("seen: {v}"));
    };
    let name = usize::try_from(place)
        .ok()
        .filter(|_| report.captures.len() > 1)
        .and_then(|p| report.captures.get(p))
        .map(|c| format!(" ({})", user(file_name(&c.path))));
    let place = match report.captures.len() {
        1 => "seen".to_owned(),
        _ => format!(
            "capture {}{}",
            place.saturating_add(1),
            name.unwrap_or_default()
        ),
    };
    match (value, report.captures.len()) {
        (Some(v), _) => format!("{place}: {v}"),
        (None, 1) => String::new(),
        (None, _) => place,
    }
}

/// All numbers of the distribution; without any size, what the films could have shown.
pub fn sizes(report: &Report) -> String {
    let heading = format!("Sizes{}", by(&report.distribution.weighting));
    if no_size(report) && report.diameter_nm.mean.value.is_none() {
        return section("sizes", &heading, &limits(report));
    }
    let body = format!(
        "<div class=\"pair\">{}<div>{}{}{}</div></div>",
        size_table(report),
        populations(report),
        particles::size_classes(report),
        limits(report)
    );
    section("sizes", &heading, &body)
}

fn size_table(report: &Report) -> String {
    let d = &report.diameter_nm;
    let words = counted(&report.distribution.weighting);
    let nm = |name: &str, e, what: &str| vec![name.into(), with_interval(e, "nm"), what.into()];
    let rows = vec![
        nm("Mean", &d.mean, words.mean),
        nm("Mode", &d.mode, words.mode),
        nm("D10", &d.d10, &words.below("10 %")),
        nm("D50, median", &d.d50, &words.below("half")),
        nm("D90", &d.d90, &words.below("90 %")),
        nm("SD", &d.sd, "width of the distribution, not an error"),
        vec![
            "Span".into(),
            with_interval(&d.span, ""),
            "(D90 − D10) / D50".into(),
        ],
        vec![
            "CV".into(),
            with_interval(&hundredfold(&d.coefficient_of_variation), "%"),
            "SD / mean".into(),
        ],
    ];
    table(&["", "Diameter (95 % interval)", ""], &rows)
}

/// A share in per cent.
fn hundredfold(e: &Estimate) -> Estimate {
    Estimate {
        value: e.value.map(|v| v * 100.0),
        ci95: e.ci95.map(|c| c.map(|v| v * 100.0)),
    }
}

/// The populations and their shares.
fn populations(report: &Report) -> String {
    let populations: Vec<_> = report
        .populations
        .iter()
        .map(|p| {
            let diameter = Estimate::new(p.diameter_nm, p.ci95.diameter_nm);
            let share = Estimate::new(
                p.fraction * 100.0,
                p.ci95.fraction.map(|c| c.map(|v| v * 100.0)),
            );
            let sd = p
                .sd_nm
                .map_or(ABSENT.into(), |v| format!("{} nm", number(v.round())));
            vec![
                with_interval(&diameter, "nm"),
                sd,
                share_in_per_cent(&share),
            ]
        })
        .collect();
    table(&["Population", "SD", "Share (95 % interval)"], &populations)
}

fn limits(report: &Report) -> String {
    let mut rows = Vec::new();
    let nm = |v: f64| format!("{} nm", number(v.round()));
    let per_ml = |v: f64| {
        shown_per_ml(&Concentration {
            per_ml: v,
            ..Concentration::default()
        })
        .value
    };
    let l = &report.limits;
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            rows.push(vec![name.to_owned(), value]);
        }
    };
    row(
        "Smallest diameter that can be seen",
        report.distribution.smallest_detectable_nm.map(|v| {
            with_interval(
                &Estimate::new(v, report.distribution.smallest_detectable_ci95_nm),
                "nm",
            )
        }),
    );
    row(
        "Largest diameter that can be measured",
        l.largest_measurable_nm.map(nm),
    );
    row(
        "Lowest concentration",
        l.lowest_concentration_per_ml.map(per_ml),
    );
    row(
        "Highest concentration",
        l.highest_concentration_per_ml.map(per_ml),
    );
    table(&["Limits of these films", ""], &rows) + &resolution(report)
}

/// What these tracks cannot show, in plain words.
fn resolution(report: &Report) -> String {
    let good = |v: Option<f64>| v.filter(|v| v.is_finite() && *v > 0.0);
    let mut words = Vec::new();
    if let Some(ratio) = good(report.limits.smallest_ratio) {
        words.push(format!(
            "Two sizes closer than {} : 1 could not be told apart with these tracks.",
            number((ratio * 10.0).ceil() / 10.0)
        ));
    }
    if let Some(cv) = good(report.limits.narrowest_cv) {
        words.push(format!(
            "A sample whose sizes vary by less than {} % (CV) looks the same as one of a single size.",
            number((cv * 100.0).ceil())
        ));
    }
    match words.is_empty() {
        true => String::new(),
        false => format!("<p class=\"below\">{}</p>", words.join(" ")),
    }
}

/// The film and the charts that show whether the measurement was sound.
pub fn film_and_charts(report: &Report, pictures: &Pictures) -> String {
    let mut body = pictures.film.as_ref().and_then(film).unwrap_or_default();
    let mut figure = |heading: &str, chart: Option<String>, caption: &str| {
        if let Some(chart) = chart {
            let _ = write!(
                body,
                "<figure><h3>{heading}</h3>{chart}<figcaption>{caption}</figcaption></figure>"
            );
        }
    };
    figure(
        "Brightness against size",
        charts::brightness(
            &pictures.particles,
            &report.intensity,
            particles::grows_with_size(report),
        ),
        &particles::brightness_words(report),
    );
    figure(
        "How long particles were followed",
        charts::track_lengths(&report.captures),
        "The longer a particle is followed, the better its size is known.",
    );
    figure(
        "Flow",
        charts::drift(&report.captures),
        "<span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"right\" d=\"M1 4H33\"/></svg>to the right</span> \
         <span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"down\" d=\"M1 4H33\"/></svg>downwards</span> \
         Motion that all particles share. It was taken away before the sizes were worked out.",
    );
    figure(
        "Particles in view",
        charts::spots_over_time(&report.captures),
        &format!(
            "{}A steady line is good; a slope means bleaching, settling or flow.",
            replicates::key(report, false)
        ),
    );
    match body.is_empty() {
        true => body,
        false => section(
            "film",
            "The film",
            &format!("<div class=\"grid2\">{body}</div>"),
        ),
    }
}

/// A reason of the tally as people say it.
fn why_left_out(reason: &str) -> String {
    match reason {
        "single_position" => "seen in one frame only".to_owned(),
        "too_short" => "too short".to_owned(),
        "too_few_steps" => "with hardly a step without a gap".to_owned(),
        "immobile" => "that did not move".to_owned(),
        other => plain(other),
    }
}

/// What became of the spots, per capture.
pub fn counts(report: &Report) -> String {
    let row = |(i, c): (usize, &Capture)| {
        let concentration = match &c.concentration {
            Some(k) => shown_per_ml(k).value,
            None => "–".into(),
        };
        let lost = c.frames_missing + c.frames_repeated + c.frames_damaged;
        vec![
            (i + 1).to_string(),
            user(file_name(&c.path)),
            match c.complete {
                true => count(c.frames),
                false => format!("{}, cut short", count(c.frames)),
            },
            count(lost),
            count(c.tally.spots),
            per_frame(c.particles_per_frame),
            count(c.tally.tracks),
            count(c.tally.tracks_used),
            match c.diameter_nm.median.value {
                Some(_) => with_interval(&c.diameter_nm.median, "nm"),
                None => "–".into(),
            },
            concentration,
            c.drift_um_per_s.map_or("–".into(), |[x, y]| {
                number((x.hypot(y) * 100.0).round() / 100.0)
            }),
        ]
    };
    let rows: Vec<_> = report.captures.iter().enumerate().map(row).collect();
    let head = [
        "",
        "File",
        "#Frames",
        "#Lost",
        "#Spots",
        "#In a frame",
        "#Tracks",
        "#Used",
        "#Median",
        "#Per mL",
        "#Flow, µm/s",
    ];
    let mut left_out: std::collections::BTreeMap<&str, u64> = Default::default();
    for (reason, n) in report.captures.iter().flat_map(|c| &c.tally.skipped.0) {
        let sum = left_out.entry(reason).or_insert(0);
        *sum = sum.saturating_add(*n);
    }
    let words: Vec<String> = left_out
        .iter()
        .map(|(reason, n)| format!("{} {}", count(*n), why_left_out(reason)))
        .collect();
    let left_out = match words.is_empty() {
        true => String::new(),
        false => format!("Tracks left out: {}. ", words.join(", ")),
    };
    let body = format!(
        "{}<p class=\"below\">{left_out}Lost are frames that are missing, repeated or damaged. In the CSV tables the \
         captures are numbered from 0.</p>",
        table(&head, &rows),
    );
    section("counts", "Counts", &body)
}
