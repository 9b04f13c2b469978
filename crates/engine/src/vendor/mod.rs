//! What instruments' own software has written: histograms, printed statistics and the conditions of a measurement.
//!
//! A file is told by its content, never by its name. Text may be UTF-8 with or without a byte order mark, UTF-16 with
//! one, Windows-1252 or ISO-8859-1; lines may end in LF or CRLF and have any number of cells.
//!
//! | kind | written by | taken from it |
//! | --- | --- | --- |
//! | [`Kind::NanosightSummary`] | NanoSight NTA 3: `-ExperimentSummary.csv`, `_Summary.csv` | all sections, one histogram per video, printed statistics |
//! | [`Kind::NanosightParticles`] | NanoSight NTA 3: `_ParticleData.csv` | diffusion coefficient and length of each track |
//! | [`Kind::ZetaviewSize`] | ZetaView: `.txt` | header, the linear and the logarithmic table |
//! | [`Kind::ZetaviewPositions`] | ZetaView: `_11pos.txt` | the table of positions |
//! | [`Kind::ZetaviewProfile`] | ZetaView: `_prof.txt` | header; a profile of zeta potentials holds no sizes |
//!
//! The two vendors differ in what they print as a concentration: NanoSight's is **already** multiplied by the recorded
//! dilution, ZetaView's is that of the liquid in the cell.
//!
//! Files of tracks with positions are read by [`crate::foreign`].

mod conditions;
mod error;
mod nanosight;
mod particle_data;
mod positions;
mod sections;
mod statistics;
mod zetaview;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod real_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub(crate) use conditions::bare_name;
pub(crate) use conditions::{ALIKE_K, ALIKE_SHARE, ends, mean_of_alike};
pub use conditions::{Conditions, VideoConditions};
pub use error::VendorError;
pub use statistics::{PercentileRule, Statistics};

use crate::foreign::text;
use nta_core::Tally;
use std::path::Path;

/// What a vendor's file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// NanoSight's summary of an experiment or of one video.
    NanosightSummary,
    /// NanoSight's table with one row per track.
    NanosightParticles,
    /// ZetaView's file of a size measurement.
    ZetaviewSize,
    /// ZetaView's table of the positions in the cell.
    ZetaviewPositions,
    /// ZetaView's file of a zeta potential.
    ZetaviewProfile,
}

impl Kind {
    /// A short name, for tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::NanosightSummary => "nanosight_summary",
            Self::NanosightParticles => "nanosight_particles",
            Self::ZetaviewSize => "zetaview_size",
            Self::ZetaviewPositions => "zetaview_positions",
            Self::ZetaviewProfile => "zetaview_profile",
        }
    }

    /// What it is, in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::NanosightSummary => "NanoSight ExperimentSummary",
            Self::NanosightParticles => "NanoSight ParticleData",
            Self::ZetaviewSize => "ZetaView size measurement",
            Self::ZetaviewPositions => "ZetaView table of positions",
            Self::ZetaviewProfile => "ZetaView profile of zeta potentials",
        }
    }
}

/// A value of a file under its section and key: keys such as `Particles per frame` occur in several sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Section without its brackets; empty for files without sections.
    pub section: String,
    /// Key without its colon.
    pub key: String,
    /// Values in the order of the columns, without the empty ones at the end.
    pub values: Vec<String>,
    /// Line, from 1.
    pub line: usize,
}

/// A table of bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Centres of the bins, nm; they increase strictly.
    pub centre_nm: Vec<f64>,
    /// What is in each bin: particles per mL, as printed; never negative.
    pub per_ml: Vec<f64>,
    /// Whether the bins are equally wide in the logarithm of the diameter.
    pub logarithmic: bool,
}

impl Histogram {
    /// Sum over all bins, particles per mL as printed; `None` beyond what a number holds.
    pub fn total_per_ml(&self) -> Option<f64> {
        let total = self.per_ml.iter().sum::<f64>();
        total.is_finite().then_some(total)
    }
}

/// A distribution under a weighting other than the one that [`Measurement`] holds, or of another quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Section that it stands in, without brackets.
    pub section: String,
    /// Weighting as the file names it.
    pub weighting: String,
    /// Head of the first column with the unit.
    pub quantity: String,
    /// Centres of the bins.
    pub centre: Vec<f64>,
    /// One column of values for each video, then the average and its standard error where the file has them.
    pub columns: Vec<Column>,
    /// The table of percentiles: percent, and a value for each column.
    pub percentiles: Vec<(f64, Vec<Option<f64>>)>,
}

/// One column of a [`Block`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name of the video; `Average` or `Standard Error`.
    pub name: String,
    /// One value for each bin; none at all where every cell of a video is empty.
    pub values: Vec<f64>,
    /// The statistics that are printed above the bins.
    pub printed: Statistics,
    /// Tracks that the distribution rests on, as printed.
    pub valid_tracks: Option<f64>,
}

/// One replicate as the vendor has measured it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// Name of the video; `Average` for the vendor's average over the videos.
    pub name: String,
    /// Printed statistics of the number-weighted distribution.
    pub printed: Statistics,
    /// Printed concentration, particles per mL.
    pub concentration_per_ml: Option<f64>,
    /// Printed particles per frame.
    pub particles_per_frame: Option<f64>,
    /// Tracks that the sizes rest on.
    pub valid_tracks: Option<f64>,
    /// The number-weighted bins.
    pub histogram: Option<Histogram>,
}

/// One track of NanoSight's ParticleData.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Particle {
    /// Its number in the file.
    pub id: u64,
    /// Diameter as printed, nm.
    pub diameter_nm: Option<f64>,
    /// Diffusion coefficient as printed, um^2/s.
    pub diffusion_um2_per_s: f64,
    /// Frame in which it begins, as printed.
    pub first_frame: Option<u64>,
    /// Frames of the track.
    pub frames: u64,
    /// Whether the vendor has used it.
    pub included: Option<bool>,
}

/// One position of ZetaView's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Place in the cell, 0 to 1; `Mean` and the like are not positions.
    pub place: f64,
    /// Whether the vendor has used it.
    pub used: bool,
    /// Particles in the picture, as printed.
    pub particles: Option<f64>,
    /// Concentration in the cell, per mL.
    pub concentration_per_ml: Option<f64>,
    /// Concentration with the dilution applied, per mL.
    pub original_per_ml: Option<f64>,
    /// Tracks.
    pub traces: Option<f64>,
    /// Median diameter, nm; absent where there are no tracks, whatever is printed.
    pub d50_nm: Option<f64>,
    /// Drift, um/s.
    pub drift_um_per_s: Option<f64>,
    /// Why the vendor has left it out; empty if it has not.
    pub removal: String,
}

/// All that is taken from a vendor's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// What the file is.
    pub kind: Kind,
    /// Program and version as the file names them.
    pub software: Option<String>,
    /// Under what the measurement was made.
    pub conditions: Conditions,
    /// Every value of the file that stands under a key, in its order.
    pub entries: Vec<Entry>,
    /// How the vendor's percentiles follow from the bins.
    pub percentile_rule: Option<PercentileRule>,
    /// One for each video.
    pub measurements: Vec<Measurement>,
    /// The vendor's average over the videos.
    pub average: Option<Measurement>,
    /// The other distributions of the file: surface, volume, diffusion coefficients; ZetaView's logarithmic table.
    pub blocks: Vec<Block>,
    /// Tracks of ParticleData.
    pub particles: Vec<Particle>,
    /// Positions of ZetaView's table.
    pub positions: Vec<Position>,
    /// Why the measurement has no result, for a run that has failed.
    pub failed: Option<String>,
    /// What is missing or odd, one sentence each.
    pub remarks: Vec<String>,
    /// Rows that were left out, by reason.
    pub skipped: Tally,
}

impl Export {
    /// An export of which nothing is known yet.
    fn new(kind: Kind, name: &str) -> Self {
        let short = Path::new(name).file_name();
        let short = short.map_or_else(|| name.to_owned(), |s| s.to_string_lossy().into_owned());
        Self {
            kind,
            software: None,
            conditions: Conditions {
                from: format!("{} '{short}'", kind.title()),
                ..Conditions::default()
            },
            entries: Vec::new(),
            percentile_rule: None,
            measurements: Vec::new(),
            average: None,
            blocks: Vec::new(),
            particles: Vec::new(),
            positions: Vec::new(),
            failed: None,
            remarks: Vec::new(),
            skipped: Tally::default(),
        }
    }

    /// The values under a key of a section.
    pub fn values(&self, section: &str, key: &str) -> Option<&[String]> {
        let found =
            |e: &&Entry| e.section.eq_ignore_ascii_case(section) && e.key.eq_ignore_ascii_case(key);
        self.entries.iter().find(found).map(|e| e.values.as_slice())
    }

    /// The first value under a key of a section; `None` where it is empty.
    pub fn text(&self, section: &str, key: &str) -> Option<&str> {
        let first = self.values(section, key)?.first()?.trim();
        (!first.is_empty()).then_some(first)
    }
}

/// The kind of a text, by its beginning.
fn kind_of(beginning: &str) -> Option<Kind> {
    let first = beginning
        .lines()
        .find(|line| !line.trim_matches([',', ';', '\t', ' ']).is_empty())
        .unwrap_or("")
        .to_lowercase();
    if first.contains("nta experiment summary file")
        || first.contains("nta single analysis summary file")
        || first.starts_with("[experiment details]")
    {
        Some(Kind::NanosightSummary)
    } else if first.contains("particle id") && first.contains("tracklength") {
        Some(Kind::NanosightParticles)
    } else if first.starts_with("use\tposition\t") {
        Some(Kind::ZetaviewPositions)
    } else if beginning.contains("ZetaView") && beginning.contains("Number of Traces:") {
        let profile = beginning.contains("Type of Measurement:\tProfile");
        Some(if profile {
            Kind::ZetaviewProfile
        } else {
            Kind::ZetaviewSize
        })
    } else {
        None
    }
}

/// How much of a file is looked at to tell what it is, bytes.
const SNIFFED_BYTES: usize = 8192;

/// Reads a vendor's file; `None` if it is none. Of other files only the beginning is read.
pub fn read(path: &Path) -> Result<Option<Export>, VendorError> {
    let name = path.display().to_string();
    let start = text::start_of_file(path, &name, SNIFFED_BYTES)?;
    if kind_of(&start).is_none() {
        return Ok(None);
    }
    let text = text::of_file(path, &name)?;
    read_text(&name, &text)
}

/// What a vendor's file tells the analysis of a film that lies beside it; `None` if the file is no vendor's export, or
/// one that says nothing of the conditions.
pub fn conditions(path: &Path) -> Result<Option<Conditions>, VendorError> {
    let name = path.display().to_string();
    let start = text::start_of_file(path, &name, SNIFFED_BYTES)?;
    let tells = match kind_of(&start) {
        None | Some(Kind::NanosightParticles | Kind::ZetaviewPositions) => false,
        Some(Kind::NanosightSummary | Kind::ZetaviewSize | Kind::ZetaviewProfile) => true,
    };
    if !tells {
        return Ok(None);
    }
    Ok(read(path)?.map(|e| e.conditions))
}

/// Reads a vendor's text; `name` is for messages.
pub(crate) fn read_text(name: &str, text: &str) -> Result<Option<Export>, VendorError> {
    let kind = kind_of(text::beginning(text, SNIFFED_BYTES));
    kind.map(|kind| match kind {
        Kind::NanosightSummary => nanosight::read(name, text),
        Kind::NanosightParticles => particle_data::read(name, text),
        Kind::ZetaviewPositions => positions::read(name, text),
        Kind::ZetaviewSize | Kind::ZetaviewProfile => zetaview::read(kind, name, text),
    })
    .transpose()
}
