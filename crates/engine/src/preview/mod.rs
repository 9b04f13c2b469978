//! A picture for people of what is seen in a film: what `nta inspect --preview` draws.
//!
//! Frames of the film with every spot, the paths of the particles, and what is left out; below them those spots and
//! links that deserve the least trust, so that a person can judge them. It is found as `analyze` finds it, by the same
//! [`track_video`], on the whole film or on the beginning of a long one.

mod again;
mod canvas;
mod census;
mod choose;
mod frames;
mod head;
mod sheet;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod tile;

use crate::analyze::AnalyzeError;
use crate::capture::{CaptureInput, tracking_plan};
use crate::plan::Plan;
use crate::report::{OutputError, OutputFile, check_named_files, write_named_files};
use crate::runtime::{Runtime, Stopwatch};
use again::{Again, read_again};
use canvas::Canvas;
use census::{Census, Counts};
use frames::Layout;
use nta_core::track_video::{FrameTiming, TrackedVideo, TrackingPlan, track_video};
use nta_core::{FrameIndex, Spot};
use sheet::Sheet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use style::{Contrast, PAPER};

/// Frames that are looked at of a long film: enough for tracks and their odd ones, soon done.
const MOST_FRAMES: u32 = 300;

/// Where a preview goes.
#[derive(Clone, Debug)]
pub struct PreviewRequest {
    /// The picture, a PNG file.
    pub out: PathBuf,
    /// Replace a file that is there already.
    pub overwrite: bool,
}

/// Why there is no preview, besides what can be wrong with the film, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The name does not end in `.png`.
    #[error("the preview is a PNG picture, but {path} does not end in .png; give a name that does")]
    NotPng {
        /// The name.
        path: String,
    },
    /// The preview would become a part of the film.
    #[error("{path} would stand among the pictures of the film; give another folder")]
    InTheFilm {
        /// The name.
        path: String,
    },
    /// There is a file of this name already.
    #[error("{path} exists already; give another name, or --overwrite to replace it")]
    Exists {
        /// The file.
        path: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A frame too large for a picture.
    #[error("the frames of this film are too large for a picture")]
    TooLarge,
}

impl PreviewError {
    /// The exit code that the contract gives to this error.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NotPng { .. } | Self::InTheFilm { .. } => 2,
            Self::Exists { .. } | Self::Output(_) | Self::TooLarge => 4,
        }
    }
}

impl PreviewRequest {
    /// Says before any work is done whether the picture could not be written.
    pub(crate) fn check(&self, input: &Path) -> Result<(), PreviewError> {
        let path = || self.out.display().to_string();
        let ending = self.out.extension();
        if !ending.is_some_and(|e| e.eq_ignore_ascii_case("png")) {
            return Err(PreviewError::NotPng { path: path() });
        }
        let (folder, name) = self.place();
        let film = fs::canonicalize(input).ok();
        let is_film = |p: &Path| film.is_some() && fs::canonicalize(p).ok() == film;
        if is_film(folder) || is_film(&self.out) {
            return Err(PreviewError::InTheFilm { path: path() });
        }
        match fs::symlink_metadata(&self.out) {
            Ok(about) if about.is_file() && !self.overwrite => {
                Err(PreviewError::Exists { path: path() })
            }
            _ => Ok(check_named_files(folder, &[&name], self.overwrite)?),
        }
    }

    fn write(&self, png: Vec<u8>) -> Result<(), PreviewError> {
        let (folder, name) = self.place();
        let files = [OutputFile::new(name, png)];
        Ok(write_named_files(folder, &files, self.overwrite)?)
    }

    /// Folder and name.
    fn place(&self) -> (&Path, String) {
        let folder = crate::report::write::parent(&self.out);
        let name = self.out.file_name().unwrap_or_default();
        (folder, name.to_string_lossy().into_owned())
    }
}

/// What a quick look has told of the film already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glimpse {
    /// Frames of the whole file.
    pub frames: u64,
    /// The film is bright with darker dots, and bright ones are looked for.
    pub dark_dots: bool,
}

/// Draws the preview of one capture and writes it.
pub(crate) fn preview(
    input: &Path,
    request: &PreviewRequest,
    plan: &Plan,
    glimpse: Glimpse,
    runtime: &Runtime<'_>,
) -> Result<(), AnalyzeError> {
    let mut capture = CaptureInput::open(input)?;
    let canvas = picture(&mut capture, plan, glimpse, runtime)?;
    let png = canvas.png().ok_or(PreviewError::TooLarge)?;
    if runtime.cancel.load(Ordering::Relaxed) {
        return Err(AnalyzeError::Cancelled);
    }
    Ok(request.write(png)?)
}

/// The picture of one capture.
fn picture(
    capture: &mut CaptureInput,
    plan: &Plan,
    glimpse: Glimpse,
    runtime: &Runtime<'_>,
) -> Result<Canvas, AnalyzeError> {
    let stopwatch = Stopwatch::new(runtime, 1);
    stopwatch.capture(0, capture.source.info().frames);
    let mut tracking = tracking_plan(plan);
    let shortened = shorten(&mut tracking, glimpse.frames);
    let video = follow(capture, plan, &tracking, &stopwatch, runtime)?;
    let census = Census::of(&video);
    let width_px = video.film.spot_width_px;
    let layout = Layout::new(video.size_px, video.frames.len(), head::HEIGHT);
    let shown = spread(&video, layout.frames);
    let sheet = Sheet::new(
        choose::spot_rows(&census),
        choose::link_picks(&census),
        width_px,
    );
    let again = read_again(
        &mut *capture.source,
        &shown,
        &sheet.wishes(),
        runtime.cancel,
        &|frames| stopwatch.report("preview", frames),
    )?;
    if again.frames.is_empty() {
        return Err(AnalyzeError::Film {
            capture: capture.name.clone(),
            reason: "its frames could be read once, but not again".to_owned(),
        });
    }
    let info = capture.source.info();
    let scene = Scene {
        name: file_name(&capture.name),
        frames_in_file: glimpse.frames,
        dark_dots: glimpse.dark_dots,
        shortened,
        pixel_size_um: plan
            .pixel_size_um
            .as_ref()
            .map(|p| p.value)
            .or_else(|| info.pixel_size_um.as_ref().map(|p| p.0)),
        counts: census.counts(),
        contrast: Contrast::of(again.frames.iter().map(|f| &f.1), &video.film),
        census,
    };
    Ok(draw(&scene, &layout, &sheet, &again))
}

/// All that is drawn from, but the frames.
struct Scene<'a> {
    census: Census<'a>,
    counts: Counts,
    contrast: Contrast,
    /// Name of the film without its folder.
    name: String,
    frames_in_file: u64,
    dark_dots: bool,
    /// The film is longer than what was looked at, and not because the plan says so.
    shortened: bool,
    pixel_size_um: Option<f64>,
}

impl Scene<'_> {
    /// Radius of the ring around a spot, px of the frame.
    fn ring_px(&self, spot: &Spot) -> f64 {
        let usual = self.census.video.film.spot_width_px;
        let width = if spot.width_px.is_finite() {
            spot.width_px
        } else {
            usual
        };
        2.0 * width.clamp(0.3 * usual, 7.0 * usual)
    }
}

fn draw(scene: &Scene<'_>, layout: &Layout, sheet: &Sheet, again: &Again) -> Canvas {
    let top = layout.bottom();
    let mut canvas = Canvas::new(layout.page_width(), top + sheet.height(), PAPER);
    head::draw(&mut canvas, scene);
    for (i, frame) in again.frames.iter().enumerate() {
        frames::draw(&mut canvas, scene, layout, i, frame);
    }
    sheet.draw(&mut canvas, scene, &again.cuts, top);
    canvas
}

/// Takes only the beginning of a long film; says whether it did.
fn shorten(tracking: &mut TrackingPlan, frames_in_file: u64) -> bool {
    let (first, last) = tracking.frames.unwrap_or((0, u32::MAX));
    let end = first.saturating_add(MOST_FRAMES - 1);
    let longer = last > end && frames_in_file > u64::from(end) + 1;
    if longer {
        tracking.frames = Some((first, end));
    }
    longer
}

fn follow(
    capture: &mut CaptureInput,
    plan: &Plan,
    tracking: &TrackingPlan,
    stopwatch: &Stopwatch<'_>,
    runtime: &Runtime<'_>,
) -> Result<TrackedVideo, AnalyzeError> {
    let stated = plan.frame_rate_fps.as_ref().map(|r| 1.0 / r.value);
    let timing = FrameTiming {
        // Tracks are linked by frames; time is only carried along.
        interval_s: stated
            .or(capture.source.info().frame_interval_s)
            .unwrap_or(1.0),
        trust_file: false,
    };
    let on_progress = |stage: &'static str, frames: u64| stopwatch.report(stage, frames);
    let control = stopwatch.control(&on_progress);
    let source = &mut *capture.source;
    let name = &capture.name;
    runtime
        .pool()?
        .install(|| track_video(source, tracking, timing, control))
        .map_err(|e| AnalyzeError::of_capture(name, e))
}

/// Frames spread evenly over those that were looked at.
fn spread(video: &TrackedVideo, count: usize) -> Vec<FrameIndex> {
    let frames = &video.frames;
    (0..count)
        .filter_map(|i| frames.get((2 * i + 1) * frames.len() / (2 * count)))
        .map(|f| f.frame)
        .collect()
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
}
