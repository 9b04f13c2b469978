//! A table in the layout of a NanoSight ExperimentSummary of NTA 3.4, which programs and spreadsheets made for that
//! file read: sections, bins of 1 nm from 0.5 to 999.5 nm in particles per mL, percentiles. The second line says that nta has
//! written it.
//!
//! The bins hold the distribution by number times the concentration, with the dilution applied, as NanoSight's do. The
//! statistics are those of the bins by the rule of NTA 3.4. Particles above 1000 nm are in no bin, which `Remarks` says. A capture
//! without a concentration or sizes has empty cells, and is not in the averages.

use crate::report::{Capture, Distribution, Report};
use crate::vendor::{Histogram, PercentileRule, Statistics};
use std::fmt::Write;

/// Number of bins, each 1 nm wide.
const BINS: usize = 1000;

/// One column of the table.
struct Column {
    name: String,
    /// `None` without a concentration or sizes.
    bins: Option<Histogram>,
    own: Statistics,
    per_ml: Option<f64>,
    valid_tracks: u64,
}

impl Column {
    fn new(capture: &Capture, per_nm: Option<Vec<f64>>) -> Self {
        let name = capture.path.trim_end_matches(['/', '\\']);
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let name = crate::vendor::bare_name(name).to_owned();
        let bins = per_nm.map(|per_ml| Histogram {
            centre_nm: (0..BINS).map(|i| i as f64 + 0.5).collect(),
            per_ml,
            logarithmic: false,
        });
        let own = |b: &Histogram| Statistics::of_bins(b, PercentileRule::UpperEdge);
        // Where nothing was found the concentration is known without sizes: it is 0.
        let per_ml = match &bins {
            Some(b) => Some(b.per_ml.iter().sum()),
            None => capture.concentration.as_ref().map(|c| c.per_ml),
        };
        Self {
            name,
            own: bins.as_ref().map_or_else(Statistics::default, own),
            per_ml,
            bins,
            valid_tracks: capture.tally.tracks_used,
        }
    }
}

/// The whole table.
pub(super) fn summary(report: &Report) -> Vec<u8> {
    let columns: Vec<Column> = report.captures.iter().map(column).collect();
    let mut out = String::new();
    head(&mut out, report, &columns);
    conditions(&mut out, report);
    results(&mut out, report, &columns);
    size_data(&mut out, &columns);
    percentiles(&mut out, &columns);
    out.into_bytes()
}

/// `1.00e+04`, as NanoSight writes it.
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let sign = if power.starts_with('-') { '-' } else { '+' };
            format!("{digits}e{sign}{:0>2}", power.trim_start_matches('-'))
        }
        None => text,
    }
}

/// A row; fields are quoted where they need it.
fn row(out: &mut String, fields: impl IntoIterator<Item = String>) {
    let fields: Vec<String> = fields
        .into_iter()
        .map(|f| match f.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", f.replace('"', "\"\"").replace(['\n', '\r'], " ")),
            false => f,
        })
        .collect();
    // Writing to a String cannot fail.
    let _ = write!(out, "{}\r\n", fields.join(","));
}

/// A key with one value for each capture.
fn each(out: &mut String, key: &str, values: impl IntoIterator<Item = String>) {
    row(out, std::iter::once(key.to_owned()).chain(values));
}

fn head(out: &mut String, report: &Report, columns: &[Column]) {
    let field = |key: &str| {
        let value = report.sample.fields.get(key);
        value.map_or_else(String::new, |v| match v {
            serde_json::Value::String(s) => s.clone(),
            other => other.to_string(),
        })
    };
    let version = env!("CARGO_PKG_VERSION");
    let above: f64 = report.captures.iter().map(beyond).fold(0.0, f64::max);
    let remarks = match above > 0.0005 {
        true => format!(
            "written by nta; up to {:.1} % of the particles of a capture lie above 1000 nm and are in no bin",
            100.0 * above
        ),
        false => "written by nta".to_owned(),
    };
    each(out, "NTA Experiment Summary File", []);
    each(
        out,
        &format!("Created with nta {version} in the layout of NTA 3.4"),
        [],
    );
    each(out, "", []);
    each(out, "[Experiment Details]", []);
    each(out, "Software Version", [format!("nta {version}")]);
    each(out, "Experiment Name", [report.sample.id.clone()]);
    each(out, "Sample Description", [report.sample.id.clone()]);
    each(out, "Operator Name", [field("operator")]);
    each(out, "Time Captured", [field("date")]);
    each(out, "Pre-treatment", [field("preparation")]);
    each(out, "Diluent", [field("diluent")]);
    each(out, "Remarks", [remarks]);
    each(out, "", []);
    each(out, "Filename:", columns.iter().map(|c| c.name.clone()));
    each(out, "Processed", columns.iter().map(|_| "Yes".to_owned()));
    each(out, "", []);
}

fn conditions(out: &mut String, report: &Report) {
    let a = &report.acquisition;
    let mut same = |key: &str, value: String| {
        each(out, key, report.captures.iter().map(|_| value.clone()));
    };
    same("[Conditions]", String::new());
    same("Temperature/C", report.medium.temperature_c.to_string());
    same("Viscosity/cP", report.medium.viscosity_mpa_s.to_string());
    let exposure = a.exposure_s.as_ref().map(|e| (1e3 * e.value).to_string());
    same("Shutter/ms", exposure.unwrap_or_default());
    same(
        "Frame rate/fps",
        (1.0 / a.frame_interval_s.value).to_string(),
    );
    same("", String::new());
    each(out, "[Settings]", []);
    let of = |f: fn(&Capture) -> String| report.captures.iter().map(f);
    let threshold = |c: &Capture| c.threshold_snr.map_or_else(String::new, |t| t.to_string());
    each(out, "Detection Threshold", of(threshold));
    each(out, "Total frames analysed", of(|c| c.frames.to_string()));
    each(out, "", []);
}

fn results(out: &mut String, report: &Report, columns: &[Column]) {
    let n = columns.len();
    let titled = |title: &str, n: usize| {
        let mut fields = vec![title.to_owned()];
        fields.extend((0..n).map(|_| String::new()));
        fields.extend(["Average".to_owned(), "Standard Error".to_owned()]);
        fields
    };
    row(out, titled("[Results]", n));
    let dilution = report.medium.dilution;
    each(
        out,
        "Dilution factor (concentrations adjusted for this factor)",
        columns.iter().map(|_| scientific(dilution)),
    );
    let numbers: Vec<Option<f64>> = columns.iter().map(|c| c.per_ml).collect();
    with_average(out, "Concentration (Particles / ml)", &numbers, scientific);
    let in_view = report.captures.iter();
    let in_view: Vec<Option<f64>> = in_view.map(|c| Some(c.particles_per_frame)).collect();
    with_average(out, "Particles per frame", &in_view, |v| format!("{v:.1}"));
    let spots = report.captures.iter();
    let spots: Vec<Option<f64>> = spots
        .map(|c| Some(c.tally.spots as f64 / c.frames.max(1) as f64))
        .collect();
    with_average(out, "Centres per frame", &spots, |v| format!("{v:.1}"));
    let captures = || report.captures.iter();
    each(
        out,
        "Completed tracks",
        captures().map(|c| c.tally.tracks.to_string()),
    );
    let step = report.acquisition.frame_interval_s.value / report.acquisition.pixel_size_um.value;
    for (axis, key) in ["X-Drift (pix/frame)", "Y-Drift (pix/frame)"]
        .iter()
        .enumerate()
    {
        let drift = |c: &Capture| {
            c.drift_um_per_s
                .map_or_else(String::new, |d| format!("{:.1}", d[axis] * step))
        };
        each(out, key, captures().map(drift));
    }
    each(out, "", []);
    each(out, "[Information]", []);
    each(
        out,
        "Settings changed?",
        columns.iter().map(|_| "No".to_owned()),
    );
    each(out, "", []);
    each(out, "[Data Included]", []);
    each(
        out,
        "Size distribution - Number weighting - With Percentiles",
        [],
    );
    each(out, "", []);
}

/// A key with a value for each capture, the mean of those that are known and its standard error, which one capture does not have.
fn with_average(
    out: &mut String,
    key: &str,
    values: &[Option<f64>],
    in_words: impl Fn(f64) -> String,
) {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let (mean, error) = mean_and_error(&known);
    let all = values.iter().copied().chain([mean, error]);
    let words = all.map(|v| v.map_or_else(String::new, &in_words));
    each(out, key, words);
}

fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let error = (n > 1.0).then(|| (squares / (n - 1.0) / n).sqrt());
    (Some(mean), error)
}

fn size_data(out: &mut String, columns: &[Column]) {
    each(out, "[Size Data]", []);
    each(out, "Analysis Method", ["nta".to_owned()]);
    each(out, "Weighting", ["Number".to_owned()]);
    let names = columns.iter().map(|c| c.name.clone());
    let average = ["Average", "Standard Error"].map(str::to_owned);
    each(out, "Filename", names.chain(average));
    for (i, key) in ["Mean", "Mode", "SD", "D10", "D50", "D90"]
        .iter()
        .enumerate()
    {
        let values: Vec<Option<f64>> = columns.iter().map(|c| c.own.named()[i].1).collect();
        with_average(out, key, &values, |v| format!("{v:.1}"));
    }
    let tracks = columns.iter().map(|c| c.valid_tracks.to_string());
    each(out, "Valid Tracks", tracks);
    each(out, "Graph Data", [String::new()]);
    let heads = columns
        .iter()
        .map(|_| "Concentration (particles / ml)".to_owned());
    let average = ["Concentration average", "Standard Error"].map(str::to_owned);
    each(out, "Bin centre (nm)", heads.chain(average));
    for k in 0..BINS {
        let of = |c: &Column| c.bins.as_ref().map(|b| b.per_ml[k]);
        let values: Vec<Option<f64>> = columns.iter().map(of).collect();
        with_average(out, &format!("{k}.5"), &values, |v| v.to_string());
    }
    each(out, "", []);
}

fn percentiles(out: &mut String, columns: &[Column]) {
    each(
        out,
        "Percentile",
        columns.iter().map(|_| "Size (nm)".to_owned()),
    );
    for percent in 0..=100 {
        let at = |c: &Column| {
            let share = f64::from(percent) / 100.0;
            let bins = c.bins.as_ref();
            let nm = bins.and_then(|b| PercentileRule::UpperEdge.of_share(b, share));
            nm.map_or_else(String::new, |v| format!("{v:.1}"))
        };
        each(out, &percent.to_string(), columns.iter().map(at));
    }
}

/// The particles per mL of a capture in each bin.
fn column(capture: &Capture) -> Column {
    let of = capture
        .distribution
        .as_ref()
        .zip(capture.concentration.as_ref());
    let Some((d, c)) = of else {
        return Column::new(capture, None);
    };
    let below = |nm: usize| share_below(d, nm as f64);
    let per_nm = (0..BINS).map(|k| (below(k + 1) - below(k)).max(0.0) * c.per_ml);
    Column::new(capture, Some(per_nm.collect()))
}

/// The share of the particles of a capture above the last bin.
fn beyond(capture: &Capture) -> f64 {
    let d = capture.distribution.as_ref();
    d.map_or(0.0, |d| 1.0 - share_below(d, BINS as f64))
}

/// The share of the number of particles below a diameter; straight lines join the points of the curve.
fn share_below(d: &Distribution, nm: f64) -> f64 {
    let y = match d.number_per_nm.is_empty() {
        true => &d.density_per_nm,
        false => &d.number_per_nm,
    };
    let x = &d.diameter_nm;
    let (mut below, mut all) = (0.0, 0.0);
    for k in 1..x.len().min(y.len()) {
        let (a, b) = (x[k - 1], x[k]);
        let area = 0.5 * (y[k - 1] + y[k]) * (b - a);
        all += area;
        if nm >= b {
            below += area;
        } else if nm > a {
            let part = (nm - a) / (b - a);
            let at = y[k - 1] + part * (y[k] - y[k - 1]);
            below += 0.5 * (y[k - 1] + at) * (nm - a);
        }
    }
    if all > 0.0 { below / all } else { 0.0 }
}
