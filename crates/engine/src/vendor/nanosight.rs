//! NanoSight's summaries, NTA 3.0 to 3.4: `-ExperimentSummary.csv` and, for one video, `_Summary.csv`.
//!
//! Sections in brackets, in them keys with one value for each video, then bins. A key counts within its section only.
//! Files of an autosampler have no columns for the average. The printed concentration is multiplied by the recorded
//! dilution already; where the file says `Not recorded`, nothing was recorded and nothing is multiplied.

mod blocks;

use super::conditions::{VideoConditions, bare_name};
use super::sections::{Row, number, positive, rows, separator};
use super::{Export, Histogram, Kind, Measurement, PercentileRule, Statistics, VendorError};

/// Sections that hold bins.
const OF_BINS: [&str; 2] = ["Size Data", "Diffusion Coefficient Data"];

/// Section of what the operator has written, and of the names of the videos.
const DETAILS: &str = "Experiment Details";

/// Sections that every summary has; what is missing is told.
const EXPECTED: [&str; 5] = [
    "Experiment Details",
    "Conditions",
    "Settings",
    "Results",
    "Size Data",
];

/// Reads a summary.
pub(super) fn read(name: &str, text: &str) -> Result<Export, VendorError> {
    let separator = separator(text);
    let rows = rows(text, separator);
    let mut export = Export::new(Kind::NanosightSummary, name);
    let met = entries(&rows, &mut export);
    if met.is_empty() {
        return Err(VendorError::Unusable {
            path: name.to_owned(),
            place: "all of it".into(),
            reason: "it begins as a NanoSight summary but has no section such as [Results]".into(),
            advice: "export it again; the file seems to be cut off",
        });
    }
    for section in EXPECTED.iter().filter(|s| !met.contains(&(**s).to_owned())) {
        export
            .remarks
            .push(format!("section [{section}] is missing"));
    }
    export.software = software(&rows, &export);
    conditions(&mut export, separator);
    blocks::read(&rows, separator, &mut export);
    measurements(&mut export, separator);
    Ok(export)
}

/// Takes up every key outside the bins; gives the names of the sections met.
fn entries(rows: &[Row], export: &mut Export) -> Vec<String> {
    let mut met: Vec<String> = Vec::new();
    for row in rows {
        if let Some(section) = row.section() {
            met.push(section.to_owned());
        } else if let Some(section) = met.last()
            && !OF_BINS.contains(&section.as_str())
        {
            export.entries.push(row.entry(section));
        }
    }
    met
}

/// The program that has written the file: its second line. `Software Version` is `Unknown` in combined files.
fn software(rows: &[Row], export: &Export) -> Option<String> {
    let created = rows.iter().take(4).find_map(|row| {
        let by = row.cell(0).strip_prefix("Created with")?;
        Some(by.trim().to_owned())
    });
    let stated = || {
        let version = export.text("Experiment Details", "Software Version")?;
        (version != "Unknown").then(|| version.to_owned())
    };
    created.filter(|by| !by.is_empty()).or_else(stated)
}

/// The videos of the list with their places: an empty name leaves its column to nobody.
fn listed(export: &Export) -> Vec<(usize, String)> {
    let written = export.values(DETAILS, "Filename").unwrap_or_default();
    let named = written.iter().enumerate().filter(|(_, n)| !n.is_empty());
    named.map(|(i, n)| (i, bare_name(n).to_owned())).collect()
}

fn conditions(export: &mut Export, separator: char) {
    let text = |section: &str, keys: &[&str]| -> Option<String> {
        let found = keys.iter().find_map(|key| export.text(section, key));
        found.map(str::to_owned)
    };
    let mut told = export.conditions.clone();
    told.sample = text(DETAILS, &["Sample Description", "Sample Name"]);
    told.operator = text(DETAILS, &["Operator Name"]);
    told.time_captured = text(DETAILS, &["Time Captured"]);
    told.diluent = text(DETAILS, &["Diluent"]);
    told.remarks = text(DETAILS, &["Remarks"]);
    told.laser = text("Conditions", &["Laser Type"]);
    told.camera = text("Conditions", &["Camera Type"]);
    let columns = |section: &str, start: &str| -> Vec<Option<f64>> {
        let found = export.entries.iter().find(|e| {
            e.section == section && e.key.to_lowercase().starts_with(&start.to_lowercase())
        });
        let values = found.map(|e| e.values.as_slice()).unwrap_or_default();
        values.iter().map(|v| positive(v, separator)).collect()
    };
    let temperature: Vec<Option<f64>> = export
        .values("Conditions", "Temperature/C")
        .unwrap_or_default()
        .iter()
        .map(|v| number(v, separator))
        .collect();
    let viscosity = columns("Conditions", "Viscosity/cP");
    let shutter = columns("Conditions", "Shutter/ms");
    let rate = columns("Conditions", "Frame rate/fps");
    let dilution = columns("Results", "Dilution factor");
    let at = |values: &[Option<f64>], i: usize| values.get(i).copied().flatten();
    let by_video = listed(export)
        .into_iter()
        .map(|(i, video)| VideoConditions {
            video,
            temperature_c: at(&temperature, i),
            viscosity_mpa_s: at(&viscosity, i),
            exposure_ms: at(&shutter, i),
            frame_rate_fps: at(&rate, i),
            dilution: at(&dilution, i).filter(|d| *d >= 1.0),
        });
    told.settle(by_video.collect());
    told.dilution_applied_by_vendor =
        (!dilution.is_empty() && dilution.iter().any(Option::is_some)).then_some(true);
    export.conditions = told;
}

/// One measurement for each video of the number-weighted size block; where there is none, for each name of the list.
fn measurements(export: &mut Export, separator: char) {
    let number_block = export
        .blocks
        .iter()
        .position(|b| b.section == OF_BINS[0] && b.weighting.to_lowercase().starts_with("number"));
    let block = number_block.map(|i| export.blocks.remove(i));
    let result = |start: &str| -> Vec<Option<f64>> {
        let found = export
            .entries
            .iter()
            .find(|e| e.section == "Results" && e.key.starts_with(start));
        let values = found.map(|e| e.values.as_slice()).unwrap_or_default();
        values.iter().map(|v| number(v, separator)).collect()
    };
    let concentration = result("Concentration (Particles");
    let per_frame = result("Particles per frame");
    let videos = export.conditions.videos.len();
    let of = |i: usize, name: &str| Measurement {
        name: name.to_owned(),
        concentration_per_ml: concentration.get(i).copied().flatten(),
        particles_per_frame: per_frame.get(i).copied().flatten(),
        ..Measurement::default()
    };
    let Some(block) = block else {
        export
            .remarks
            .push("it has no number-weighted distribution of sizes in [Size Data]".to_owned());
        export.measurements = listed(export).iter().map(|(i, n)| of(*i, n)).collect();
        return;
    };
    let mut average = None;
    for (i, column) in block.columns.into_iter().enumerate() {
        let measurement = Measurement {
            printed: column.printed,
            valid_tracks: column.valid_tracks,
            histogram: (!column.values.is_empty()).then(|| Histogram {
                centre_nm: block.centre.clone(),
                per_ml: column.values,
                logarithmic: false,
            }),
            ..of(i, &column.name)
        };
        match column.name.as_str() {
            blocks::AVERAGE => average = Some(measurement),
            blocks::STANDARD_ERROR => {}
            _ => export.measurements.push(measurement),
        }
    }
    if videos > 0 && videos != export.measurements.len() {
        let columns = export.measurements.len();
        export.remarks.push(format!(
            "{videos} videos are listed, but [Size Data] has columns for {columns}"
        ));
    }
    export.average = average;
    export.percentile_rule = rule(export);
    if export.measurements.iter().all(is_empty) {
        export.failed = Some("all bins of all videos are empty".to_owned());
    }
}

fn is_empty(m: &Measurement) -> bool {
    let total = m.histogram.as_ref().map(Histogram::total_per_ml);
    total.is_some_and(|t| t == Some(0.0))
}

/// How the percentiles follow from the bins: by the version, else by what is printed.
fn rule(export: &mut Export) -> Option<PercentileRule> {
    let by_version = export
        .software
        .as_deref()
        .and_then(PercentileRule::of_nanosight);
    let fits = |m: &Measurement| PercentileRule::nearest(m.histogram.as_ref()?, &m.printed);
    if by_version.is_none() {
        export.remarks.push(
            "how this version takes percentiles is not known; what fits the printed ones better was taken"
                .to_owned(),
        );
    }
    by_version.or_else(|| export.measurements.iter().find_map(fits))
}

/// The printed statistics of one column, each from the row of its name.
fn statistics(of: impl Fn(&str) -> Option<f64>) -> Statistics {
    Statistics {
        mean_nm: of("Mean"),
        mode_nm: of("Mode"),
        sd_nm: of("SD"),
        d10_nm: of("D10"),
        d50_nm: of("D50"),
        d90_nm: of("D90"),
    }
}
