//! What is told of every file: `import.json`, `import.csv` and the lines that are printed.

use super::IMPORT_SCHEMA;
use super::inputs::{Content, Input};
use super::measured::Measured;
use crate::assemble::software;
use crate::report::Report;
use crate::report::csv::table;
use crate::vendor::{Export, Statistics};
use serde_json::{Value, json};
use std::fmt::Write;

/// Columns of `import.csv`. Each statistic stands there as printed, as it follows from the bins, and the difference.
const COLUMNS: [&str; 39] = [
    "file",
    "kind",
    "software",
    "sample",
    "replicate",
    "state",
    "reason",
    "mean_nm",
    "mean_from_bins_nm",
    "mean_difference_nm",
    "mode_nm",
    "mode_from_bins_nm",
    "mode_difference_nm",
    "sd_nm",
    "sd_from_bins_nm",
    "sd_difference_nm",
    "d10_nm",
    "d10_from_bins_nm",
    "d10_difference_nm",
    "d50_nm",
    "d50_from_bins_nm",
    "d50_difference_nm",
    "d90_nm",
    "d90_from_bins_nm",
    "d90_difference_nm",
    "concentration_per_ml",
    "concentration_from_bins_per_ml",
    "concentration_difference_per_ml",
    "dilution",
    "dilution_applied",
    "concentration_of_sample_per_ml",
    "particles_per_frame",
    "tracks",
    "percentile_rule",
    "temperature_c",
    "viscosity_mpa_s",
    "exposure_ms",
    "frame_rate_fps",
    "pixel_size_um",
];

/// Everything that the outputs of an import are made of.
pub(super) struct Told<'a> {
    pub(super) inputs: &'a [Input],
    /// The result of the tracks.
    pub(super) result: Option<&'a Report>,
    /// A result of ours to show beside, with its file.
    pub(super) beside: Option<&'a (String, Report)>,
    pub(super) medium: &'a nta_sizing::Medium,
}

impl Told<'_> {
    /// Every measurement of every file, then ours.
    pub(super) fn measured(&self) -> Vec<Measured> {
        let mut all: Vec<Measured> = self
            .inputs
            .iter()
            .flat_map(|i| Measured::of_input(i, self.medium))
            .collect();
        if let Some(report) = self.result {
            all.push(Measured::of_report("result.json", report));
        }
        if let Some((path, report)) = self.beside {
            all.push(Measured::of_report(path, report));
        }
        all
    }

    /// `import.csv`.
    pub(super) fn csv(&self) -> Vec<u8> {
        table(&COLUMNS, self.measured().iter().map(row))
    }

    /// `import.json`.
    pub(super) fn json(&self) -> Value {
        let files: Vec<Value> = self
            .inputs
            .iter()
            .map(|i| file_json(i, &Measured::of_input(i, self.medium)))
            .collect();
        let bad = self.inputs.iter().filter(|i| i.unreadable().is_some());
        json!({
            "schema": IMPORT_SCHEMA,
            "software": software(),
            "files": files,
            "files_read": self.inputs.len() - bad.clone().count(),
            "files_not_read": bad.count(),
            "result": self.result.map(|r| result_json("result.json", r)),
            "beside": self.beside.map(|(path, r)| result_json(path, r)),
        })
    }

    /// One line for each measurement of an export.
    pub(super) fn lines(&self) -> String {
        let mut out = String::new();
        let all = self.inputs.iter();
        let all = all.flat_map(|i| Measured::of_input(i, self.medium));
        for m in all.filter(|m| m.bad.is_none()) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{} {}: {}", m.short_name(), m.replicate, in_words(&m));
        }
        out
    }
}

/// The sizes of a measurement and its concentration, as printed or else from its bins; or why there are none.
fn in_words(m: &Measured) -> String {
    if let Some(why) = &m.failed {
        return format!("failed: {why}");
    }
    if m.state() != "ok" {
        return "holds no sizes".to_owned();
    }
    let (p, o) = (&m.printed, &m.from_bins);
    let nm = |printed: Option<f64>, own: Option<f64>| {
        let value = printed.or(own);
        value.map_or("-".to_owned(), |v| format!("{v:.1}"))
    };
    let per_ml = match (m.of_sample_per_ml(), m.as_told_per_ml()) {
        (Some(v), _) => format!(", {v:.3e} per mL of the sample"),
        (None, Some(v)) => format!(", {v:.3e} per mL as filmed, with no dilution recorded"),
        (None, None) => String::new(),
    };
    format!(
        "mean {} nm, D10 {}, D50 {}, D90 {}{}",
        nm(p.mean_nm, o.mean_nm),
        nm(p.d10_nm, o.d10_nm),
        nm(p.d50_nm, o.d50_nm),
        nm(p.d90_nm, o.d90_nm),
        per_ml
    )
}

fn row(m: &Measured) -> Vec<String> {
    let maybe = crate::report::csv::maybe;
    let mut row = vec![
        m.file.clone(),
        m.kind.to_owned(),
        m.software.clone(),
        m.sample.clone(),
        m.replicate.clone(),
        m.state().to_owned(),
        m.reason().to_owned(),
    ];
    for ((_, printed), (_, own)) in m.printed.named().into_iter().zip(m.from_bins.named()) {
        row.extend([printed, own, difference(printed, own)].map(maybe));
    }
    let (printed, own) = (m.printed_per_ml, m.from_bins_per_ml);
    row.extend([printed, own, difference(printed, own), m.told.dilution].map(maybe));
    let applied = m.told.dilution_applied_by_vendor;
    row.push(applied.map(|a| a.to_string()).unwrap_or_default());
    row.extend([m.of_sample_per_ml(), m.particles_per_frame, m.tracks].map(maybe));
    row.push(m.rule.map_or("", |r| r.key()).to_owned());
    let c = &m.told;
    let numbers = [
        c.temperature_c,
        c.viscosity_mpa_s,
        c.exposure_ms,
        c.frame_rate_fps,
        c.pixel_size_um,
    ];
    row.extend(numbers.map(maybe));
    row
}

/// As printed less what follows from the bins.
fn difference(printed: Option<f64>, own: Option<f64>) -> Option<f64> {
    Some(printed? - own?)
}

fn file_json(input: &Input, measured: &[Measured]) -> Value {
    let mut told = json!({"path": input.name, "sha256": input.sha256, "read": true});
    match &input.content {
        Content::Bad(reason) => {
            told["read"] = json!(false);
            told["reason"] = json!(reason);
        }
        Content::Tracks(_) => {
            told["kind"] = json!("tracks");
            let left_out = input.left_out.iter();
            let left_out = left_out.map(|(name, why)| json!({"capture": name, "reason": why}));
            told["captures_left_out"] = left_out.collect();
        }
        Content::Export(export) => export_json(&mut told, export, measured),
    }
    told
}

fn export_json(told: &mut Value, export: &Export, measured: &[Measured]) {
    let c = &export.conditions;
    told["kind"] = json!(export.kind.key());
    told["title"] = json!(export.kind.title());
    told["software"] = json!(export.software);
    told["failed"] = json!(export.failed);
    told["remarks"] = json!(export.remarks);
    told["skipped"] = json!(export.skipped.0);
    told["percentile_rule"] = json!(export.percentile_rule.map(|r| r.key()));
    told["conditions"] = json!({
        "sample": c.sample, "operator": c.operator, "time_captured": c.time_captured, "diluent": c.diluent,
        "remarks": c.remarks, "laser": c.laser, "camera": c.camera, "serial_number": c.serial_number,
        "temperature_c": c.temperature_c, "viscosity_mpa_s": c.viscosity_mpa_s, "exposure_ms": c.exposure_ms,
        "frame_rate_fps": c.frame_rate_fps, "pixel_size_um": c.pixel_size_um, "dilution": c.dilution,
        "dilution_applied_by_vendor": c.dilution_applied_by_vendor, "videos": c.videos,
    });
    told["measurements"] = measured.iter().map(measured_json).collect();
    told["other_distributions"] = export
        .blocks
        .iter()
        .map(|b| json!({"section": b.section, "weighting": b.weighting, "bins": b.centre.len()}))
        .collect();
    told["positions"] = export
        .positions
        .iter()
        .map(|p| {
            json!({
                "place": p.place, "used": p.used, "particles": p.particles, "concentration_per_ml": p.concentration_per_ml,
                "original_per_ml": p.original_per_ml, "traces": p.traces, "d50_nm": p.d50_nm,
                "drift_um_per_s": p.drift_um_per_s, "removal": p.removal,
            })
        })
        .collect();
}

fn statistics_json(s: &Statistics) -> Value {
    let pairs = s.named().map(|(key, value)| (key.to_owned(), json!(value)));
    Value::Object(pairs.into_iter().collect())
}

fn measured_json(m: &Measured) -> Value {
    let bins = m.histogram.as_ref();
    json!({
        "replicate": m.replicate, "state": m.state(), "reason": m.reason(),
        "printed": statistics_json(&m.printed), "from_bins": statistics_json(&m.from_bins),
        "concentration_per_ml": m.printed_per_ml, "concentration_from_bins_per_ml": m.from_bins_per_ml,
        "concentration_of_sample_per_ml": m.of_sample_per_ml(),
        "particles_per_frame": m.particles_per_frame, "tracks": m.tracks,
        "histogram": bins.map(|b| json!({"centre_nm": b.centre_nm, "per_ml": b.per_ml})),
    })
}

fn result_json(path: &str, report: &Report) -> Value {
    json!({
        "path": path, "sample": report.sample.id, "diameter_nm": report.diameter_nm,
        "concentration": report.concentration, "verdict": report.verdict,
    })
}
