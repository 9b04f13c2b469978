//! The tables as CSV, in the columns that the contract fixes. Comma, `\n`, UTF-8; numbers in the shortest form that
//! reads back to the same bits; absent is empty.

use super::model::Report;
use std::io::{self, Write};

/// Rows are gathered until they fill so many bytes.
const ROOM: usize = 1 << 16;

/// One track in `particles.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParticleRow {
    /// Place of the capture, from 0.
    pub capture: u64,
    /// Number of the track in its capture.
    pub particle: u64,
    /// First frame in which it was seen.
    pub first_frame: u64,
    /// Number of spots in it.
    pub frames: u64,
    /// Mean position across, px.
    pub x_px: f64,
    /// Mean position down, px.
    pub y_px: f64,
    /// Mean of the spots' masses, counts.
    pub mass_counts: f64,
    /// Mean of the spots' matched-filter statistics.
    pub snr: f64,
    /// Diffusion coefficient from this track alone, um^2/s; may be negative.
    pub diffusion_um2_per_s: Option<f64>,
    /// Its standard error, um^2/s.
    pub diffusion_se_um2_per_s: Option<f64>,
    /// Diameter from this track alone, nm; `None` where the track gives none.
    pub diameter_nm: Option<f64>,
    /// Lower end of its 95 % interval, nm.
    pub diameter_low_nm: Option<f64>,
    /// Upper end of its 95 % interval, nm.
    pub diameter_high_nm: Option<f64>,
    /// Whether the size distribution was made from it.
    pub used: bool,
    /// Why not, in snake case; empty if it was used.
    pub reason: String,
    /// Brightness: 90th percentile of the fitted light of the spots below the camera's ceiling, counts; `None` without such a spot.
    pub intensity_counts: Option<f64>,
    /// Geometric mean of the diameters that fit both its track and the population of all tracks, nm; `None` where it was not used.
    /// Less scattered than `diameter_nm`, and drawn towards the population: not a measurement of this particle alone.
    pub expected_diameter_nm: Option<f64>,
}

/// One spot in `tracks.csv` or `spots.csv`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpotRow {
    /// Place in time, from 0.
    pub frame: u64,
    /// Position across, px.
    pub x: f64,
    /// Position down, px.
    pub y: f64,
    /// Number of the track in its capture; `None` where the spot joined none.
    pub particle: Option<u64>,
    /// Sum of the counts above the background.
    pub mass: f64,
    /// Standard deviation of the spot's shape, px.
    pub size: f64,
    /// Standard error of the position, px.
    pub ep: f64,
    /// Place of the capture, from 0.
    pub capture: u64,
    /// Matched-filter statistic: filtered height over the noise of the filtered picture.
    pub snr: f64,
}

/// Columns of `particles.csv`.
pub const PARTICLE_COLUMNS: [&str; 17] = [
    "capture",
    "particle",
    "first_frame",
    "frames",
    "x_px",
    "y_px",
    "mass_counts",
    "snr",
    "diffusion_um2_per_s",
    "diffusion_se_um2_per_s",
    "diameter_nm",
    "diameter_low_nm",
    "diameter_high_nm",
    "used",
    "reason",
    "intensity_counts",
    "expected_diameter_nm",
];

/// Columns of `tracks.csv` and `spots.csv`: trackpy's names, and what nta adds.
pub const SPOT_COLUMNS: [&str; 9] = [
    "frame", "x", "y", "particle", "mass", "size", "ep", "capture", "snr",
];

/// Columns of `distribution.csv`.
pub const DISTRIBUTION_COLUMNS: [&str; 5] = [
    "diameter_nm",
    "density_per_nm",
    "low_per_nm",
    "high_per_nm",
    "concentration_per_ml_per_nm",
];

/// A number in the shortest form that reads back to the same bits; empty if it is not finite.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        String::new()
    } else if size == 0.0 {
        "0".into()
    } else if (1e-4..1e15).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// A number that may be absent.
pub(crate) fn maybe(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

/// A table with its header. Fields are quoted where they need it.
pub fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    // Writing to memory cannot fail, and rows of unequal length are allowed; so there is nothing to report.
    let _ = writer.write_record(columns);
    for row in rows {
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

/// `particles.csv`: one row per track.
pub fn particles_csv(rows: &[ParticleRow]) -> Vec<u8> {
    let fields = |r: &ParticleRow| {
        vec![
            r.capture.to_string(),
            r.particle.to_string(),
            r.first_frame.to_string(),
            r.frames.to_string(),
            number(r.x_px),
            number(r.y_px),
            number(r.mass_counts),
            number(r.snr),
            maybe(r.diffusion_um2_per_s),
            maybe(r.diffusion_se_um2_per_s),
            maybe(r.diameter_nm),
            maybe(r.diameter_low_nm),
            maybe(r.diameter_high_nm),
            r.used.to_string(),
            r.reason.clone(),
            maybe(r.intensity_counts),
            maybe(r.expected_diameter_nm),
        ]
    };
    table(&PARTICLE_COLUMNS, rows.iter().map(fields))
}

/// `tracks.csv` or `spots.csv`: one row per spot. Long films have millions, so that they are written as they come.
pub fn spots_csv(to: impl Write, rows: impl IntoIterator<Item = SpotRow>) -> io::Result<()> {
    let as_io = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::other(format!("{other:?}")),
    };
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(ROOM)
        .from_writer(to);
    writer.write_record(SPOT_COLUMNS).map_err(as_io)?;
    for r in rows {
        let fields = [
            r.frame.to_string(),
            number(r.x),
            number(r.y),
            r.particle.map(|p| p.to_string()).unwrap_or_default(),
            number(r.mass),
            number(r.size),
            number(r.ep),
            r.capture.to_string(),
            number(r.snr),
        ];
        writer.write_record(fields).map_err(as_io)?;
    }
    writer.flush()
}

/// `distribution.csv`: the pooled distribution. The last column is the density by number, whatever the weighting, times the
/// concentration.
pub fn distribution_csv(report: &Report) -> Vec<u8> {
    let d = &report.distribution;
    let per_ml = report.concentration.as_ref().map(|c| c.per_ml);
    let at = |values: &[f64], i: usize| maybe(values.get(i).copied());
    let fields = |(i, diameter): (usize, &f64)| {
        let density = d.density_per_nm.get(i).copied();
        // Results of before there were weightings have no curve by number beside the other.
        let number = match d.number_per_nm.is_empty() {
            true => density,
            false => d.number_per_nm.get(i).copied(),
        };
        vec![
            self::number(*diameter),
            maybe(density),
            at(&d.ci95_low_per_nm, i),
            at(&d.ci95_high_per_nm, i),
            maybe(number.zip(per_ml).map(|(share, per_ml)| share * per_ml)),
        ]
    };
    table(
        &DISTRIBUTION_COLUMNS,
        d.diameter_nm.iter().enumerate().map(fields),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn lines(bytes: &[u8]) -> Vec<String> {
        String::from_utf8(bytes.to_vec())
            .unwrap()
            .lines()
            .map(String::from)
            .collect()
    }

    fn spots<const N: usize>(rows: [SpotRow; N]) -> Vec<u8> {
        let mut out = Vec::new();
        spots_csv(&mut out, rows).unwrap();
        out
    }

    #[test]
    fn the_headers_are_those_of_the_contract() {
        assert_eq!(
            lines(&particles_csv(&[]))[0],
            "capture,particle,first_frame,frames,x_px,y_px,mass_counts,snr,diffusion_um2_per_s,\
             diffusion_se_um2_per_s,diameter_nm,diameter_low_nm,diameter_high_nm,used,reason,intensity_counts,\
             expected_diameter_nm"
        );
        assert_eq!(
            lines(&spots([]))[0],
            "frame,x,y,particle,mass,size,ep,capture,snr"
        );
        assert_eq!(
            lines(&distribution_csv(&sample::typical().0))[0],
            "diameter_nm,density_per_nm,low_per_nm,high_per_nm,concentration_per_ml_per_nm"
        );
    }

    #[test]
    fn numbers_read_back_to_the_same_bits() {
        for v in [
            0.1 + 0.2,
            1e-7,
            3.4e8,
            1.0e300,
            -2.5,
            5e-324,
            123_456_789.125,
        ] {
            assert_eq!(number(v).parse::<f64>().unwrap().to_bits(), v.to_bits());
        }
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(f64::NAN), "");
        assert_eq!(number(f64::INFINITY), "");
        assert_eq!(number(100.0), "100");
    }

    #[test]
    fn absent_is_empty_and_awkward_text_is_quoted() {
        let row = ParticleRow {
            reason: "a,b \"c\"\nd".into(),
            ..ParticleRow::default()
        };
        let text = String::from_utf8(particles_csv(&[row])).unwrap();
        assert!(text.ends_with("0,0,0,0,0,0,0,0,,,,,,false,\"a,b \"\"c\"\"\nd\",,\n"));
        let spot = lines(&spots([SpotRow::default()]));
        assert_eq!(spot[1], "0,0,0,,0,0,0,0,0");
    }

    #[test]
    fn the_distribution_carries_the_concentration() {
        let (report, _) = sample::typical();
        let table = lines(&distribution_csv(&report));
        assert_eq!(table.len(), report.distribution.diameter_nm.len() + 1);
        let fields: Vec<f64> = table[80].split(',').map(|f| f.parse().unwrap()).collect();
        let per_ml = report.concentration.unwrap().per_ml;
        assert!((fields[4] - fields[1] * per_ml).abs() <= 1e-12 * fields[4].abs());
        let (nothing, _) = sample::nothing_found();
        assert_eq!(lines(&distribution_csv(&nothing)).len(), 1);
    }
}
