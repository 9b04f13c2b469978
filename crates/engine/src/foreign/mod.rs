//! Tracks that other programs have written.
//!
//! Each format is one file here and one entry of [`FORMATS`], and is told by its content, never by its name. Files may
//! be compressed with gzip; text may be UTF-8 with or without a byte order mark, Windows-1252 or ISO-8859-1; tables may
//! be separated by comma, semicolon or tab.
//!
//! | key | written by | frame | positions |
//! | --- | --- | --- | --- |
//! | `nta` | nta: `tracks.csv`, `spots.csv` | from 0 | px, centre of the first pixel at 0 |
//! | `trackpy` | trackpy through pandas | from 0 | px, centre of the first pixel at 0 |
//! | `trackmate_csv` | TrackMate, table of spots | from 0 | px, um or nm as its row of units says, centre at 0 |
//! | `trackmate_xml` | TrackMate, "Export tracks to XML file" | from 0 | as `spaceUnits` says, centre at 0 |
//! | `mosaic` | MOSAIC Particle Tracker | as written | px, corner of the first pixel at 0: half a pixel is taken off |
//! | `nanosight` | NanoSight AllTracks, NTA 3 | as written | px as written |
//! | `nanosight_steps` | NanoSight alltracks, older | from 0 in each track | px as written |
//!
//! Nothing vanishes: a row without a usable position, frame or number of the track is left out and tallied with its
//! reason. Text where a number belongs is an error with its line, because then the file is not what it seems.
//!
//! | reason | the row |
//! | --- | --- |
//! | `missing_position`, `missing_frame` | lacks it, or says `NaN`, `NA`, `None` and the like |
//! | `position_not_finite` | has an infinite position |
//! | `frame_negative`, `frame_too_large`, `frame_not_whole` | has a frame that is none |
//! | `bad_track_number` | has a negative, broken or too large number of the track |
//! | `frame_twice` | is the second one of its track in its frame |
//! | `step_not_joined` | starts elsewhere than the step before it has ended (`nanosight_steps`); only its start is left out |
//! | `other_capture` | belongs to another capture than the one asked for (`nta`) |

mod diffusion;
mod error;
mod gather;
mod length;
mod mosaic;
mod nanosight;
mod nanosight_steps;
mod table;
pub(crate) mod text;
mod trackmate_csv;
mod trackmate_xml;
mod trackpy;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

pub use diffusion::{Beside, beside};
pub(crate) use diffusion::{CommonPrecision, common_precision, trajectory};
pub use error::ForeignError;
pub use length::LengthUnit;

use gather::Gather;
use nta_core::Tally;
use std::path::Path;

/// Tracks (and loose spots) that another program has written.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignTracks {
    /// Key of the format, as in [`FORMATS`].
    pub format: &'static str,
    /// The tracks, in ascending order of their `id`; none is empty.
    pub tracks: Vec<ForeignTrack>,
    /// Spots that belong to no track, in ascending order of their frame; within a frame as in the file.
    pub loose: Vec<ForeignSpot>,
    /// Rows that were left out, by reason.
    pub skipped: Tally,
}

impl ForeignTracks {
    /// Number of rows that were left out.
    pub fn skipped_rows(&self) -> u64 {
        self.skipped.0.values().sum()
    }
}

/// One particle, as the other program has followed it.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignTrack {
    /// Its number in the file; where the file has none, its place from 0.
    pub id: u64,
    /// Its positions; frames strictly increase.
    pub points: Vec<ForeignSpot>,
    /// Diameter that the other program states for it, nm.
    pub diameter_nm: Option<f64>,
    /// Diffusion coefficient that the other program states for it, um^2/s.
    pub diffusion_um2_per_s: Option<f64>,
}

/// One position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForeignSpot {
    /// Place in time, in the numbering of the file.
    pub frame: u32,
    /// Position across, px.
    pub x_px: f64,
    /// Position down, px.
    pub y_px: f64,
    /// Standard error of the position along one axis, px.
    pub precision_px: Option<f64>,
    /// Brightness in the unit of the program that wrote it, so comparable within a file only: sum of the counts above
    /// the background (nta, trackpy), sum of the counts with the background (TrackMate), moment of order 0 of a film
    /// that was scaled to its brightest pixel (MOSAIC), adjusted intensity (NanoSight).
    pub mass: Option<f64>,
    /// Signal to noise of the filtered picture (nta only).
    pub snr: Option<f64>,
}

/// What a file may not say about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FormatOptions {
    /// Size of a pixel, um: for files whose positions are lengths.
    pub pixel_size_um: Option<f64>,
    /// Unit of the positions: for TrackMate files that state none, or one that is not known. One that is stated wins.
    pub position_unit: Option<LengthUnit>,
    /// Which capture to take, from 0: for files of nta that hold several.
    pub capture: u64,
}

/// A format: one entry of [`FORMATS`].
pub struct Format {
    /// Short name, unique.
    pub key: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// Whether the content looks like it.
    sniff: fn(&Head<'_>) -> bool,
    /// Reads the tracks.
    read: fn(&Source<'_>) -> Result<Gather, ForeignError>,
}

/// The beginning of a file.
struct Head<'a> {
    /// Its first characters, without a byte order mark.
    text: &'a str,
    /// The names in its first row, in lower case, if it is a table.
    columns: Vec<String>,
}

impl Head<'_> {
    fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|n| self.columns.iter().any(|c| c == n))
    }
}

/// A file that is being read.
struct Source<'a> {
    /// Its name, for messages.
    path: &'a str,
    /// All of it.
    text: &'a str,
    options: &'a FormatOptions,
}

/// All formats, in the order in which they are asked: those with the most telling columns first.
pub static FORMATS: &[Format] = &[
    trackmate_xml::FORMAT,
    nanosight::FORMAT,
    nanosight_steps::FORMAT,
    trackmate_csv::FORMAT,
    mosaic::FORMAT,
    trackpy::NTA_FORMAT,
    trackpy::FORMAT,
];

/// What a format is, in words; the key itself for one that is not known.
pub(crate) fn title(key: &'static str) -> &'static str {
    let found = FORMATS.iter().find(|f| f.key == key);
    found.map_or(key, |f| f.title)
}

/// Reads the tracks of a file in any of the [`FORMATS`].
pub fn read(path: &Path, options: &FormatOptions) -> Result<ForeignTracks, ForeignError> {
    let name = path.display().to_string();
    if let Some(value) = options.pixel_size_um
        && !(value.is_finite() && value > 0.0)
    {
        return Err(ForeignError::BadPixelSize { path: name, value });
    }
    let text = text::of_file(path, &name)?;
    read_text(&name, &text, options)
}

/// Reads the tracks of a text; `name` is for messages.
fn read_text(
    name: &str,
    text: &str,
    options: &FormatOptions,
) -> Result<ForeignTracks, ForeignError> {
    let head = Head {
        text: text::beginning(text, 4096),
        columns: table::names(text::beginning(text, 1 << 16)),
    };
    let Some(format) = FORMATS.iter().find(|f| (f.sniff)(&head)) else {
        return Err(unknown(name, &head));
    };
    let source = Source {
        path: name,
        text,
        options,
    };
    (format.read)(&source).map(|gather| gather.finish(format.key))
}

/// Says what the file seems to be instead, and which formats there are.
fn unknown(name: &str, head: &Head<'_>) -> ForeignError {
    let found = if head.text.trim().is_empty() {
        "it is empty".to_owned()
    } else if head.text.contains('\0') {
        "it is not text".to_owned()
    } else if head.text.contains("<TrackMate") {
        "it is a TrackMate session; open it there and choose 'Export tracks to XML file'".to_owned()
    } else if head.has(&["particle id"]) {
        "it is a NanoSight table without positions; take the AllTracks file".to_owned()
    } else if head.has(&["track_id"]) {
        "it is a TrackMate table without positions; take the table of spots".to_owned()
    } else {
        let row = head.text.trim_start().lines().next().unwrap_or("");
        format!("it begins with '{}'", text::shortened(row))
    };
    let known: Vec<&str> = FORMATS.iter().map(|f| f.title).collect();
    ForeignError::Unknown {
        path: name.to_owned(),
        found,
        known: known.join("; "),
    }
}
