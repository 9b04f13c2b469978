//! What lies below the first screen: findings, all sizes, replicates, counts.

use super::pictures::{Pictures, film};
use super::words::{
    ABSENT, capital, count, number, plain, shown_per_ml, unit, user, with_interval,
};
use super::{charts, replicates};
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

/// Everything that a person should know, the worst first.
pub fn findings(report: &Report) -> String {
    let mut order: Vec<&ReportFinding> = report.findings.iter().collect();
    order.sort_by_key(|f| std::cmp::Reverse(f.finding.severity));
    let mut body = String::new();
    for f in order {
        let (class, word) = match f.finding.severity {
            Severity::Failure => ("fail", "Problem"),
            Severity::Warning => ("warning", "Look at this"),
            Severity::Info => ("info", "Note"),
        };
        let mut about = Vec::new();
        if let Some(place) = f.capture {
            let name = usize::try_from(place)
                .ok()
                .and_then(|p| report.captures.get(p))
                .map(|c| format!(" ({})", user(file_name(&c.path))));
            about.push(format!(
                "Capture {}{}",
                place.saturating_add(1),
                name.unwrap_or_default()
            ));
        }
        let with_unit = |v: f64| {
            let unit = f.finding.unit.as_deref().map(unit).unwrap_or_default();
            format!("{} {unit}", number(v)).trim_end().to_owned()
        };
        if let Some(seen) = f.finding.observed {
            about.push(format!("seen: {}", with_unit(seen)));
        }
        if let Some(limit) = f.finding.limit {
            about.push(format!("limit: {}", with_unit(limit)));
        }
        about.push(format!(
            "{}, {}",
            plain(&f.finding.stage),
            user(&f.finding.code)
        ));
        let _ = write!(
            body,
            "<li class=\"{class}\"><span class=\"tag\">{word}</span><div><p>{}</p><p class=\"below\">{}</p></div></li>",
            user(&f.finding.message),
            capital(&about.join(" · "))
        );
    }
    let body = match body.is_empty() {
        true => "<p>Nothing was found that a person should look at.</p>".to_owned(),
        false => format!("<ul class=\"findings\">{body}</ul>"),
    };
    section("findings", "What to look at", &body)
}

/// All numbers of the distribution.
pub fn sizes(report: &Report) -> String {
    let d = &report.diameter_nm;
    let nm = |name: &str, e, what: &str| vec![name.into(), with_interval(e, "nm"), what.into()];
    let one = |name: &str, e, what: &str| vec![name.into(), with_interval(e, ""), what.into()];
    let rows = vec![
        nm("Mean", &d.mean, "average diameter"),
        nm("Mode", &d.mode, "most frequent diameter"),
        nm("D10", &d.d10, "10 % of the particles are smaller"),
        nm("D50, median", &d.d50, "half of the particles are smaller"),
        nm("D90", &d.d90, "90 % of the particles are smaller"),
        nm("SD", &d.sd, "width of the distribution, not an error"),
        one("Span", &d.span, "(D90 − D10) / D50"),
        one("CV", &d.coefficient_of_variation, "SD / mean"),
    ];
    let mut body = String::from("<div class=\"pair\">");
    body.push_str(&table(&["", "Diameter (95 % interval)", ""], &rows));
    body.push_str("<div>");
    body.push_str(&populations(report));
    body.push_str(&size_classes(report));
    body.push_str(&limits(report));
    body.push_str("</div></div>");
    section("sizes", "Sizes", &body)
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
                with_interval(&share, "%"),
            ]
        })
        .collect();
    table(&["Population", "SD", "Share (95 % interval)"], &populations)
}

/// Shares of classes of size.
fn size_classes(report: &Report) -> String {
    let classes: Vec<_> = report
        .size_classes
        .iter()
        .map(|c| {
            let share = Estimate::new(
                c.fraction.value.unwrap_or(f64::NAN) * 100.0,
                c.fraction.ci95.map(|i| i.map(|v| v * 100.0)),
            );
            let per_ml = c.per_ml.map_or(ABSENT.into(), |v| {
                shown_per_ml(&Concentration {
                    per_ml: v,
                    ..Concentration::default()
                })
                .value
            });
            let range = format!("{} to {} nm", number(c.from_nm), number(c.to_nm));
            vec![range, with_interval(&share, "%"), per_ml]
        })
        .collect();
    table(&["Size class", "Share (95 % interval)", "Per mL"], &classes)
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
        report.distribution.smallest_detectable_nm.map(nm),
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
    table(&["Limits of these films", ""], &rows)
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
        charts::brightness(&pictures.particles),
        "One dot per particle. Larger particles are brighter; a second cloud is a second kind of particle.",
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
            number((c.particles_per_frame * 10.0).round() / 10.0),
            count(c.tally.tracks),
            count(c.tally.tracks_used),
            with_interval(&c.diameter_nm.median, "nm"),
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
        "#Paths",
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
        .map(|(reason, n)| format!("{} {}", count(*n), plain(reason)))
        .collect();
    let left_out = match words.is_empty() {
        true => String::new(),
        false => format!("Paths left out: {}. ", words.join(", ")),
    };
    let body = format!(
        "{}<p class=\"below\">{left_out}Lost are frames that are missing, repeated or damaged. In the CSV tables the \
         captures are numbered from 0.</p>",
        table(&head, &rows),
    );
    section("counts", "Counts", &body)
}
