//! ZetaView's text files: `key:` and value, separated by a tab or a space, several pairs in one line; then two tables
//! back to back, the first with linear bins and the second with logarithmic ones, with a row of -1 between them.
//!
//! The tables hold counts and the concentration in the cell: the dilution is **not** applied. The printed medians
//! follow from the linear table. `Shutter` is read as the reciprocal of the exposure in s, as the numbers suggest.

use super::conditions::{VideoConditions, bare_name};
use super::sections::{number, positive};
use super::{
    Block, Column, Entry, Export, Histogram, Kind, Measurement, PercentileRule, Statistics,
    VendorError,
};

/// The first value of the row that ends a table.
const SENTINEL: f64 = -1.0;

/// Head of the tables.
const TABLE: &str = "Size / nm";

/// Reads a file of ZetaView.
pub(super) fn read(kind: Kind, name: &str, text: &str) -> Result<Export, VendorError> {
    let mut export = Export::new(kind, name);
    let mut lines = text.lines().enumerate();
    let mut tables = None;
    for (i, line) in lines.by_ref() {
        if line.starts_with(TABLE) {
            tables = Some(i);
            break;
        }
        header(line, i + 1, &mut export.entries);
    }
    export.software = export.text("", "Software").map(software);
    conditions(name, &mut export);
    if kind == Kind::ZetaviewProfile {
        let remark = "a profile of zeta potentials holds no sizes";
        export.remarks.push(remark.to_owned());
        return Ok(export);
    }
    if tables.is_none() {
        export.remarks.push(format!(
            "the table '{TABLE}' is missing; the file may be cut off"
        ));
    }
    let (linear, logarithmic) = read_tables(lines, &mut export);
    measurement(linear, &mut export);
    if !logarithmic.centre.is_empty() {
        export.blocks.push(block(logarithmic));
    }
    Ok(export)
}

/// `ZetaView (version 8.06.01 SP1)` becomes `ZetaView 8.06.01 SP1`.
fn software(written: &str) -> String {
    written.replace("(version ", "").replace(')', "")
}

/// The pairs of one line. A cell that ends in a colon is a key; the cells up to the next one are its values.
fn header(line: &str, number: usize, entries: &mut Vec<Entry>) {
    for cell in line.split('\t') {
        let cell = cell.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        let new = |key: &str, values: Vec<String>| Entry {
            section: String::new(),
            key: key.trim_end_matches(':').trim().to_owned(),
            values,
            line: number,
        };
        if cell.ends_with(':') {
            entries.push(new(cell, Vec::new()));
            continue;
        }
        let continued = entries.last_mut().filter(|e| e.line == number);
        match (continued, cell.split_once(": ")) {
            (Some(entry), _) if !cell.is_empty() => entry.values.push(cell.to_owned()),
            (None, Some((key, value))) => entries.push(new(key, vec![value.trim().to_owned()])),
            _ => {}
        }
    }
}

fn conditions(name: &str, export: &mut Export) {
    let text = |key: &str| export.text("", key).map(str::to_owned);
    let value = |key: &str| export.text("", key).and_then(|t| positive(t, '\t'));
    let mut told = export.conditions.clone();
    told.sample = text("Sample");
    told.operator = text("Operator");
    told.diluent = text("Electrolyte");
    told.remarks = text("General Remarks").or_else(|| text("Remarks"));
    told.laser = text("Laser Wavelength nm").map(|nm| format!("{nm} nm"));
    told.serial_number = text("ZetaView S/N");
    told.time_captured = match (text("Date"), text("Time")) {
        (Some(date), Some(time)) => Some(format!("{date} {time}")),
        (date, time) => date.or(time),
    };
    told.pixel_size_um = value("Micrometer per Pixel");
    told.dilution_applied_by_vendor = Some(false);
    let (rate, rate_remark) = frame_rate(export.text("", "Camera").unwrap_or(""));
    let exposure_ms = value("Shutter").map(|per_s| 1e3 / per_s);
    let fits = |ms: &f64| rate.is_none_or(|fps| *ms <= 1e3 / fps);
    let mut film = VideoConditions {
        video: bare_name(name).to_owned(),
        temperature_c: export.text("", "Temperature").and_then(|t| number(t, '\t')),
        viscosity_mpa_s: value("Viscosity"),
        exposure_ms: exposure_ms.filter(fits),
        frame_rate_fps: rate,
        dilution: value("Dilution").filter(|d| *d >= 1.0),
    };
    let mut films = Vec::new();
    // The film may have been renamed together with the text file, or have kept the name that it was recorded under.
    if let Some(original) = export.text("", "Original File") {
        let recorded = bare_name(original).to_owned();
        if !recorded.eq_ignore_ascii_case(&film.video) {
            films.push(film.clone());
            film.video = recorded;
        }
    }
    films.insert(0, film);
    told.settle(films);
    export.conditions = told;
    export.remarks.extend(rate_remark);
    if exposure_ms.is_some() && export.conditions.exposure_ms.is_none() {
        let remark = "the exposure that 'Shutter' gives is longer than the time between frames; it is not taken";
        export.remarks.push(remark.to_owned());
    }
}

/// Frames per second of a text such as `FpSec 30 #Cycles 2 FRate 30.000000`. The two rates differ where the camera
/// runs faster than frames are kept; then the film's own is not certain and none is given.
fn frame_rate(camera: &str) -> (Option<f64>, Option<String>) {
    let words: Vec<&str> = camera.split_whitespace().collect();
    let after = |name: &str| {
        let at = words.iter().position(|w| *w == name)?;
        positive(words.get(at + 1)?, '\t')
    };
    match (after("FpSec"), after("FRate")) {
        (Some(kept), Some(camera)) if (kept - camera).abs() > 0.5 => (
            None,
            Some(format!(
                "'Camera' names two frame rates, {kept} and {camera} per s; none is taken"
            )),
        ),
        (kept, camera) => (camera.or(kept), None),
    }
}

/// One of the two tables.
#[derive(Default)]
struct Bins {
    centre: Vec<f64>,
    number: Vec<f64>,
    per_ml: Vec<f64>,
}

fn read_tables<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    export: &mut Export,
) -> (Bins, Bins) {
    let mut tables = [Bins::default(), Bins::default()];
    let mut which = 0;
    for (_, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
        let mut cells = line.split('\t').map(|c| number(c, '\t'));
        let mut next = || cells.next().flatten();
        let (size, count, per_ml) = (next(), next(), next());
        if size == Some(SENTINEL) {
            which += 1;
            continue;
        }
        let row = (
            size,
            count.filter(|v| *v >= 0.0),
            per_ml.filter(|v| *v >= 0.0),
        );
        match (row, tables.get_mut(which)) {
            ((Some(size), Some(count), Some(per_ml)), Some(table)) => {
                if table.centre.last().is_some_and(|c| *c >= size) {
                    export.skipped.add("bin_out_of_order", 1);
                    continue;
                }
                table.centre.push(size);
                table.number.push(count);
                table.per_ml.push(per_ml);
            }
            (_, None) => export.skipped.add("bin_after_the_tables", 1),
            _ => export.skipped.add("bin_not_of_numbers", 1),
        }
    }
    if which == 0 && !tables[0].centre.is_empty() {
        let remark = "the row of -1 that ends the linear table is missing; the file may be cut off";
        export.remarks.push(remark.to_owned());
    }
    let [linear, logarithmic] = tables;
    (linear, logarithmic)
}

fn measurement(linear: Bins, export: &mut Export) {
    let value = |key: &str| export.text("", key).and_then(|t| number(t, '\t'));
    let traces = value("Number of Traces");
    let empty = linear.per_ml.iter().all(|v| *v == 0.0);
    let failed = traces == Some(0.0) || empty;
    let printed = |key: &str| value(key).filter(|v| *v > 0.0 && !failed);
    let measurement = Measurement {
        name: export
            .conditions
            .videos
            .first()
            .cloned()
            .unwrap_or_default(),
        printed: Statistics {
            d50_nm: printed("Median Number (D50)"),
            ..Statistics::default()
        },
        // Not printed as one number; it is the sum of the bins.
        concentration_per_ml: None,
        particles_per_frame: value("Average Number of Particles"),
        valid_tracks: traces,
        histogram: (!failed).then_some(Histogram {
            centre_nm: linear.centre,
            per_ml: linear.per_ml,
            logarithmic: false,
        }),
    };
    export.failed = failed.then(|| why_failed(export, traces));
    export.percentile_rule = Some(PercentileRule::Centre);
    export.measurements = vec![measurement];
}

fn why_failed(export: &Export, traces: Option<f64>) -> String {
    let text = |key: &str| export.text("", key);
    let mut why = match traces {
        Some(0.0) => {
            "'Number of Traces' is 0: no particle was followed long enough to be sized".to_owned()
        }
        _ => "the table of sizes is empty".to_owned(),
    };
    if let Some(detected) = text("Detected Particles") {
        why += &format!("; {detected} particles were detected");
    }
    if let Some(drift) = text("Particle Drift Check Result") {
        why += &format!("; the drift check says '{drift}'");
    }
    why
}

fn block(table: Bins) -> Block {
    let column = |name: &str, values| Column {
        name: name.to_owned(),
        values,
        printed: Statistics::default(),
        valid_tracks: None,
    };
    Block {
        section: "Size Distribution, logarithmic bins".to_owned(),
        weighting: "Number".to_owned(),
        quantity: TABLE.to_owned(),
        centre: table.centre,
        columns: vec![
            column("Number", table.number),
            column("Concentration / cm-3", table.per_ml),
        ],
        percentiles: Vec::new(),
    }
}
