//! Results in the forms of other programs: what `nta analyze --export` writes beside its own files.

mod nanosight;
mod trackmate;

#[cfg(test)]
mod tests;

use crate::capture::Followed;
use crate::report::{OutputFile, Report};

/// A form of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExportFormat {
    /// trackpy's columns: `tracks.csv`, which is written in any case.
    Trackpy,
    /// TrackMate's XML of tracks: `tracks.xml`, one file for each capture where there are several.
    TrackmateXml,
    /// A table in the layout of a NanoSight ExperimentSummary of NTA 3.4: `nanosight_summary.csv`.
    NanosightSummary,
}

impl ExportFormat {
    /// The words on the command line, in their order.
    pub const WORDS: [&'static str; 3] = ["trackpy", "trackmate-xml", "nanosight-summary"];

    /// The format of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "trackpy" => Some(Self::Trackpy),
            "trackmate-xml" => Some(Self::TrackmateXml),
            "nanosight-summary" => Some(Self::NanosightSummary),
            _ => None,
        }
    }
}

/// The files of one format.
pub(crate) fn files<'a>(
    format: ExportFormat,
    report: &Report,
    captures: &'a [Followed],
) -> Vec<OutputFile<'a>> {
    match format {
        ExportFormat::Trackpy => Vec::new(),
        ExportFormat::NanosightSummary => vec![OutputFile::new(
            "nanosight_summary.csv",
            nanosight::summary(report),
        )],
        ExportFormat::TrackmateXml => {
            let several = captures.len() > 1;
            let file = |(k, capture): (usize, &'a Followed)| {
                let name = match several {
                    true => format!("tracks_{k}.xml"),
                    false => "tracks.xml".to_owned(),
                };
                let interval_s = capture.acquisition.frame_interval_s.value;
                OutputFile::written(name, move |to| {
                    trackmate::write(to, &capture.video.tracks, interval_s)
                })
            };
            captures.iter().enumerate().map(file).collect()
        }
    }
}

/// Whether a name is that of a file of a single capture among several.
pub(crate) fn is_of_one_capture(name: &str) -> bool {
    let number = name
        .strip_prefix("tracks_")
        .and_then(|rest| rest.strip_suffix(".xml"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
