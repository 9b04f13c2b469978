//! NanoSight's `_ParticleData.csv`: one row for each track, with its diffusion coefficient and length but no positions.

use super::{Export, Kind, Particle, VendorError};
use csv::{ReaderBuilder, StringRecord, Trim};

/// 1 nm^2 in um^2.
const UM2_PER_NM2: f64 = 1e-6;

/// Reads a table of particles. A row without a diffusion coefficient or a length is left out and counted.
pub(super) fn read(name: &str, text: &str) -> Result<Export, VendorError> {
    let mut export = Export::new(Kind::NanosightParticles, name);
    let separator = super::sections::separator(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .quoting(false)
        .trim(Trim::All)
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut row = StringRecord::new();
    let unusable = |reason: String| VendorError::Unusable {
        path: name.to_owned(),
        place: "the first line".into(),
        reason,
        advice: "export it again from NanoSight's software",
    };
    let more = reader.read_record(&mut row);
    more.map_err(|e| unusable(e.to_string()))?;
    let head: Vec<String> = row.iter().map(str::to_lowercase).collect();
    let column = |start: &str| head.iter().position(|h| h.starts_with(start));
    let (Some(id), Some(diffusion), Some(length)) = (
        column("particle id"),
        column("diffusion coefficient"),
        column("tracklength"),
    ) else {
        return Err(unusable(
            "a column of 'Particle ID', 'Diffusion coefficient' or 'Tracklength' is missing".into(),
        ));
    };
    let (size, start, included) = (column("size"), column("start frame"), column("included"));
    loop {
        match reader.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {}
            Err(_) => {
                export.skipped.add("row_not_readable", 1);
                continue;
            }
        }
        let value = |i: usize| super::sections::number(row.get(i).unwrap_or(""), separator);
        let whole = |i: usize| value(i).filter(|v| *v >= 0.0 && v.fract() == 0.0 && *v <= 9e15);
        let Some(id) = whole(id) else {
            export.skipped.add("bad_track_number", 1);
            continue;
        };
        let Some(diffusion_nm2_per_s) = value(diffusion) else {
            export.skipped.add("missing_diffusion", 1);
            continue;
        };
        let Some(frames) = whole(length).filter(|v| *v >= 1.0) else {
            export.skipped.add("missing_length", 1);
            continue;
        };
        export.particles.push(Particle {
            id: id as u64,
            diameter_nm: size.and_then(value).filter(|v| *v > 0.0),
            diffusion_um2_per_s: diffusion_nm2_per_s * UM2_PER_NM2,
            first_frame: start.and_then(whole).map(|v| v as u64),
            frames: frames as u64,
            included: included.and_then(|i| truth(row.get(i).unwrap_or(""))),
        });
    }
    if export.particles.is_empty() {
        export.failed = Some("it holds no row of a particle".to_owned());
    }
    Ok(export)
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}
