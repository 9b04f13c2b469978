//! What a vendor's file tells the analysis of a film.

use std::path::Path;

/// The conditions of one film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoConditions {
    /// Name of the film without folder and suffix.
    pub video: String,
    /// Temperature, degrees C.
    pub temperature_c: Option<f64>,
    /// Viscosity, mPa s.
    pub viscosity_mpa_s: Option<f64>,
    /// Exposure, ms.
    pub exposure_ms: Option<f64>,
    /// Frames per second.
    pub frame_rate_fps: Option<f64>,
    /// Dilution factor, 1 or more.
    pub dilution: Option<f64>,
}

/// The conditions of a measurement, as far as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Temperature, degrees C; the mean over the films.
    pub temperature_c: Option<f64>,
    /// Viscosity, mPa s; the mean over the films.
    pub viscosity_mpa_s: Option<f64>,
    /// Exposure, ms; absent where films differ.
    pub exposure_ms: Option<f64>,
    /// Frames per second; absent where films differ.
    pub frame_rate_fps: Option<f64>,
    /// Size of a pixel, um.
    pub pixel_size_um: Option<f64>,
    /// Dilution factor; absent where films differ or it was not recorded.
    pub dilution: Option<f64>,
    /// Whether the concentrations that the file prints are multiplied by the dilution already.
    pub dilution_applied_by_vendor: Option<bool>,
    /// Names of the films without folder and suffix.
    pub videos: Vec<String>,
    /// The same film by film, in the order of `videos`.
    pub by_video: Vec<VideoConditions>,
    /// Name of the sample.
    pub sample: Option<String>,
    /// Who has measured.
    pub operator: Option<String>,
    /// When, in the words of the file.
    pub time_captured: Option<String>,
    /// The liquid that the sample was thinned with, in the words of the file.
    pub diluent: Option<String>,
    /// Remarks of the operator.
    pub remarks: Option<String>,
    /// Laser, in the words of the file.
    pub laser: Option<String>,
    /// Camera, in the words of the file.
    pub camera: Option<String>,
    /// Serial number of the instrument.
    pub serial_number: Option<String>,
    /// Where all this is from: what the file is, and its name.
    pub from: String,
}

impl Conditions {
    /// Whether a film is one of those that the file is about: its name is on the list.
    pub fn is_about(&self, film: &Path) -> bool {
        self.place_of(film).is_some()
    }

    /// The conditions of one film of the list; `None` if it is not on it.
    pub fn of_video(&self, film: &Path) -> Option<Self> {
        let own = &self.by_video[self.place_of(film)?];
        Some(Self {
            temperature_c: own.temperature_c,
            viscosity_mpa_s: own.viscosity_mpa_s,
            exposure_ms: own.exposure_ms,
            frame_rate_fps: own.frame_rate_fps,
            dilution: own.dilution,
            videos: vec![own.video.clone()],
            by_video: vec![own.clone()],
            ..self.clone()
        })
    }

    fn place_of(&self, film: &Path) -> Option<usize> {
        let name = film.file_name()?.to_string_lossy();
        let name = bare_name(&name);
        let same = |v: &VideoConditions| v.video.eq_ignore_ascii_case(name);
        self.by_video.iter().position(same)
    }

    /// Takes over what the films say one by one, and what they have in common.
    pub(super) fn settle(&mut self, by_video: Vec<VideoConditions>) {
        self.temperature_c = mean(by_video.iter().map(|v| v.temperature_c));
        self.viscosity_mpa_s = mean(by_video.iter().map(|v| v.viscosity_mpa_s));
        self.exposure_ms = common(by_video.iter().map(|v| v.exposure_ms));
        self.frame_rate_fps = common(by_video.iter().map(|v| v.frame_rate_fps));
        self.dilution = common(by_video.iter().map(|v| v.dilution));
        self.videos = by_video.iter().map(|v| v.video.clone()).collect();
        self.by_video = by_video;
    }
}

/// Suffixes of films. Only these are taken off a name, as names hold points of their own.
const FILM_SUFFIXES: [&str; 12] = [
    "avi", "mp4", "mov", "mkv", "tif", "tiff", "wmv", "m4v", "nano", "txt", "bmp", "mpg",
];

/// The name of a film without folder, of either kind of computer, and without suffix.
pub(crate) fn bare_name(written: &str) -> &str {
    let name = written.trim();
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, suffix))
            if !stem.is_empty() && FILM_SUFFIXES.iter().any(|s| suffix.eq_ignore_ascii_case(s)) =>
        {
            stem
        }
        _ => name,
    }
}

/// Temperatures of films of one sample that lie farther apart, K, are not one: water flows 2 % easier for each.
pub(crate) const ALIKE_K: f64 = 1.0;
/// Values that are set, not measured, are the same up to this share of them: files round.
pub(crate) const ALIKE_SHARE: f64 = 1e-3;

/// The smallest and the largest; `None` of nothing.
pub(crate) fn ends(values: &[f64]) -> Option<[f64; 2]> {
    let low = values.iter().copied().min_by(f64::total_cmp)?;
    let high = values.iter().copied().max_by(f64::total_cmp)?;
    Some([low, high])
}

/// The mean of values that are alike. Of equal ones it is the value itself, not its neighbour in binary.
pub(crate) fn mean_of_alike(values: &[f64]) -> Option<f64> {
    let [low, high] = ends(values)?;
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(match low == high {
        true => low,
        false => (mean * 1e6).round() / 1e6,
    })
}

/// The mean of what is there; `None` of nothing.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let there: Vec<f64> = values.flatten().collect();
    let n = there.len() as f64;
    let mean = there.iter().map(|v| v / n).sum::<f64>();
    (!there.is_empty() && mean.is_finite()).then_some(mean)
}

/// The value that all films share to one part in a thousand; `None` if one lacks it or differs.
fn common(mut values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let first = values.next()??;
    let same = |v: Option<f64>| v.is_some_and(|v| (v - first).abs() <= ALIKE_SHARE * first.abs());
    values.all(same).then_some(first)
}
