//! How it was measured, and how it can be traced: the lower part of the page.

use super::sections::{as_text, section, table};
use super::words::{
    ABSENT, capital, count, esc, number, plain, shown_per_ml, unit, user, with_error,
};
use crate::report::model::{Concentration, Report};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Sample, acquisition, medium and the methods with the source of every value.
pub fn method(report: &Report) -> String {
    let mut body = String::from("<div class=\"pair\">");
    let fields: Vec<_> = report
        .sample
        .fields
        .iter()
        .map(|(key, value)| vec![capital(&plain(key)), user(&as_text(value))])
        .collect();
    body.push_str(&table(&["Sample", ""], &fields));
    body.push_str(&table(
        &["Measurement", "Value", "From"],
        &measurement(report),
    ));
    body.push_str("</div>");
    body.push_str(&stages(report));
    section("method", "How it was measured", &body)
}

/// `value unit`, and where it came from.
fn stated(name: &str, value: String, from: &str) -> Vec<String> {
    vec![name.to_owned(), value, user(from)]
}

/// `0.908 ± 0.009`.
fn plus_minus(value: f64, uncertainty: Option<f64>) -> String {
    match uncertainty {
        Some(u) => with_error(value, u),
        None => number(value),
    }
}

fn measurement(report: &Report) -> Vec<Vec<String>> {
    let a = &report.acquisition;
    let m = &report.medium;
    let interval = a.frame_interval_s.value;
    let rate = match interval > 0.0 {
        true => format!(" ({} frames/s)", number(1.0 / interval)),
        false => String::new(),
    };
    let mut rows = vec![
        stated(
            "Pixel size",
            format!("{} µm", number(a.pixel_size_um.value)),
            &a.pixel_size_um.from,
        ),
        stated(
            "Time between frames",
            format!("{} ms{rate}", number(interval * 1e3)),
            &a.frame_interval_s.from,
        ),
        match &a.exposure_s {
            Some(e) => stated("Exposure", format!("{} ms", number(e.value * 1e3)), &e.from),
            None => stated("Exposure", ABSENT.into(), ""),
        },
    ];
    if let Some(depth) = &a.bit_depth {
        rows.push(stated(
            "Camera",
            format!("{} bits", depth.value),
            &depth.from,
        ));
    }
    rows.push(stated(
        "Medium",
        m.name
            .as_deref()
            .map_or("stated by its viscosity".into(), user),
        "",
    ));
    rows.push(stated(
        "Temperature",
        format!(
            "{} °C",
            plus_minus(m.temperature_c, m.temperature_uncertainty_c)
        ),
        &m.temperature_from,
    ));
    let uncertain = m
        .viscosity_relative_uncertainty
        .map(|u| u * m.viscosity_mpa_s);
    rows.push(stated(
        "Viscosity",
        format!("{} mPa s", plus_minus(m.viscosity_mpa_s, uncertain)),
        &m.from,
    ));
    rows.push(stated("Dilution", format!("× {}", number(m.dilution)), ""));
    if let Some(c) = &report.concentration {
        rows.push(stated(
            "Probed volume",
            format!("{} mL", number(c.probed_volume_ml)),
            &c.from,
        ));
    }
    if let Some(blank) = &report.blank {
        let held = blank.per_ml.map_or(ABSENT.into(), |per_ml| {
            let blank = Concentration {
                per_ml,
                ci95: blank.ci95,
                ..Concentration::default()
            };
            format!("{} per mL as filmed", shown_per_ml(&blank).value)
        });
        rows.push(stated("Blank", held, &blank.path));
    }
    let before = report.concentration.as_ref();
    if let Some(per_ml) = before.and_then(|c| c.before_blank_per_ml) {
        let unsubtracted = Concentration {
            per_ml,
            ..Concentration::default()
        };
        rows.push(stated(
            "Concentration before the blank",
            format!("{} per mL", shown_per_ml(&unsubtracted).value),
            "",
        ));
    }
    rows
}

fn stages(report: &Report) -> String {
    let rows: Vec<_> = report
        .methods
        .iter()
        .map(|m| {
            let settings: Vec<String> = m
                .settings
                .iter()
                .map(|s| {
                    let value = s.value.map_or(ABSENT.into(), number);
                    let text = format!("{value} {}", unit(&s.unit));
                    format!(
                        "{} <b>{}</b> <span class=\"ci\">({})</span>",
                        plain(&s.key),
                        text.trim_end(),
                        user(&s.from)
                    )
                })
                .collect();
            let name = format!(
                "{} <span class=\"ci\">{}</span>",
                user(&m.title),
                esc(&m.method)
            );
            vec![capital(&plain(&m.stage)), name, settings.join("<br>")]
        })
        .collect();
    let mut out = table(&["Stage", "Method", "Settings"], &rows);
    // In the order of the stages, each once.
    let mut seen = BTreeSet::new();
    let references: Vec<String> = report
        .methods
        .iter()
        .flat_map(|m| &m.references)
        .filter(|r| seen.insert(r.as_str()))
        .map(|r| user(r))
        .collect();
    if !references.is_empty() {
        let _ = write!(
            out,
            "<p class=\"below\">References: {}.</p>",
            references.join("; ")
        );
    }
    out
}

/// Where the numbers come from, to the byte.
pub fn provenance(report: &Report) -> String {
    let captures: Vec<_> = report
        .captures
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let size = c.width_px.zip(c.height_px);
            let size = size.map_or_else(String::new, |(w, h)| format!(", {w} × {h} px"));
            let kind = format!("{} {}{size}", esc(&c.container), esc(&c.codec));
            vec![
                (i + 1).to_string(),
                user(&c.path),
                kind,
                format!("<code>{}</code>", esc(&c.sha256)),
            ]
        })
        .collect();
    let mut body = table(&["", "Input", "Kind", "SHA-256"], &captures);
    let s = &report.software;
    let commit = s
        .commit
        .as_deref()
        .map_or(String::new(), |c| format!(", commit {}", esc(c)));
    let t = &report.timing;
    let mut facts = vec![
        format!("{} {}{commit}", esc(&s.name), esc(&s.version)),
        format!("form of the result: {}", esc(&report.schema)),
    ];
    facts.extend(
        t.started
            .as_deref()
            .map(|at| format!("analysed {}", esc(at))),
    );
    if t.seconds > 0.0 {
        facts.push(format!(
            "took {} s ({} frames/s)",
            number(t.seconds),
            count(t.frames_per_second.max(0.0) as u64)
        ));
    }
    let _ = write!(body, "<p>{}</p>", facts.join(" · "));
    let mut plan = String::new();
    if let Some(keys) = report.plan.as_object() {
        // Where each value came from is in result.json, and above for those that matter.
        let keys = keys.iter().filter(|(key, _)| key.as_str() != "from");
        let keys = keys.map(|(k, v)| (k.clone(), v.clone())).collect();
        plan_part(&mut plan, "", &keys);
    }
    if !plan.is_empty() {
        let _ = write!(
            body,
            "<h3>The plan in force</h3><pre class=\"plan\" dir=\"ltr\">{plan}</pre>"
        );
    }
    section("provenance", "Where it comes from", &body)
}

/// A table of the plan as TOML: first its own keys, then its sub-tables under their headings.
fn plan_part(out: &mut String, path: &str, keys: &serde_json::Map<String, serde_json::Value>) {
    let own = || keys.iter().filter(|(_, v)| !v.is_object());
    if !path.is_empty() && own().next().is_some() {
        let _ = writeln!(out, "<b>[{}]</b>", esc(path));
    }
    for (key, value) in own() {
        let _ = match value.is_null() {
            true => writeln!(out, "<i># {} is not set</i>", user(key)),
            false => writeln!(out, "{} = {}", user(key), user(&value.to_string())),
        };
    }
    for (key, value) in keys {
        if let Some(inner) = value.as_object() {
            let path = match path {
                "" => key.clone(),
                outer => format!("{outer}.{key}"),
            };
            plan_part(out, &path, inner);
        }
    }
}

/// Room to sign on paper.
pub fn signature(report: &Report) -> String {
    let first = report.captures.first().map_or("", |c| c.sha256.as_str());
    let short: String = first.chars().take(16).collect();
    let concentration = match &report.concentration {
        Some(c) => format!("{} per mL", shown_per_ml(c).value),
        None => format!("concentration {ABSENT}"),
    };
    let audit = match short.is_empty() {
        true => String::new(),
        false => format!(" · input {}…", esc(&short)),
    };
    format!(
        "<div class=\"sign\"><p class=\"below\">{} · {concentration}{audit}</p><div><span>Measured by</span><span>Reviewed by</span>\
         <span>Date</span></div></div>",
        user(&report.sample.id)
    )
}
