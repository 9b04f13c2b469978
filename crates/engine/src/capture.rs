//! One recording on its way from a file to trajectories.

use crate::analyze::AnalyzeError;
use crate::fingerprint::sha256_of;
use crate::plan::{AcquisitionInForce, Plan};
use nta_core::model::{FrameSpots, Owners, TrackPoint};
use nta_core::motion_blur::{Shutter, widen_errors};
use nta_core::source::{FrameSource, VideoInfo};
use nta_core::track_video::{Control, FrameTiming, TrackedVideo, TrackingPlan, track_video};
use nta_core::{Acquisition, Finding, SourceError, Spot, Track, Trajectory};
use nta_sizing::Trajectories;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A recording that is open but not yet read.
pub struct CaptureInput {
    /// What it is called in the result: the path as it was given.
    pub name: String,
    /// The files that make it up, in the order in which they are read; empty for a film that is not a file.
    pub files: Vec<PathBuf>,
    /// Whether the input is a folder of images.
    pub is_folder: bool,
    /// Its frames.
    pub source: Box<dyn FrameSource>,
}

impl CaptureInput {
    /// Opens a video file, a TIFF stack or a folder of images.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let source = nta_video::open(path)?;
        let files = nta_video::files_of(path)?;
        Ok(Self {
            name: path.display().to_string(),
            files,
            is_folder: path.is_dir(),
            source,
        })
    }

    /// Opens several, in their order.
    pub(crate) fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, SourceError> {
        paths.iter().map(|p| Self::open(p)).collect()
    }

    /// A film that is not a file, such as a simulated one.
    pub fn of_source(name: &str, source: Box<dyn FrameSource>) -> Self {
        Self {
            name: name.to_owned(),
            files: Vec::new(),
            is_folder: false,
            source,
        }
    }
}

/// A recording with all its particles followed.
pub(crate) struct Followed {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) info: VideoInfo,
    pub(crate) acquisition: Acquisition,
    pub(crate) video: TrackedVideo,
    /// Spots of each frame of the film. The frames themselves hold those of no track alone.
    pub(crate) spots_per_frame: Vec<usize>,
    /// Standard error of an exposure that was found from the film, s; else 0.
    pub(crate) exposure_se_s: f64,
    /// What was found up to here, about this capture.
    pub(crate) findings: Vec<Finding>,
}

impl Followed {
    /// Adds to the errors of all positions what motion during the exposure makes of them; the exposure is settled by
    /// now.
    pub(crate) fn allow_for_motion_blur(&mut self) {
        let Some(exposure) = &self.acquisition.exposure_s else {
            return;
        };
        let shutter = Shutter {
            pixel_size_um: self.acquisition.pixel_size_um.value,
            frame_interval_s: self.acquisition.frame_interval_s.value,
            exposure_s: exposure.value,
        };
        let trajectories = self.trajectories();
        let video = &mut self.video;
        widen_errors(
            &mut video.tracks,
            &mut video.frames,
            &trajectories,
            &shutter,
        );
    }

    /// The tracks in um without drift, in their order; made anew each time, as they weigh half as much as the tracks.
    pub(crate) fn trajectories(&self) -> Vec<Trajectory> {
        let each = self.in_um();
        (0..each.count()).map(|i| each.at(i).into_owned()).collect()
    }

    /// The same one by one.
    pub(crate) fn in_um(&self) -> InUm<'_> {
        InUm {
            video: &self.video,
            acquisition: &self.acquisition,
        }
    }

    /// Mean over the spots of each track of ln(signal to noise over the threshold); empty if the film has no threshold of this kind.
    pub(crate) fn visibility(&self) -> Vec<f64> {
        let start = self.video.start_snr;
        if !(start > 0.0 && start.is_finite()) {
            return Vec::new();
        }
        let of_track = |t: &Track| {
            let points = t.points();
            let sum: f64 = points.iter().map(|p| (p.spot.snr / start).ln()).sum();
            sum / points.len() as f64
        };
        self.video.tracks.iter().map(of_track).collect()
    }
}

/// All spots of a frame, in the order of y, then x, each with the place of its track in the list: those that tracks hold and
/// those that are left in the frame.
pub(crate) fn spots_in<'a>(
    frame: &FrameSpots,
    held: impl Iterator<Item = (usize, &'a TrackPoint)>,
) -> Vec<(Option<usize>, Spot)> {
    let held = held.map(|(track, point)| (Some(track), point.spot));
    let loose = frame.spots.iter().map(|s| (None, *s));
    let mut all: Vec<(Option<usize>, Spot)> = held.chain(loose).collect();
    all.sort_by(|a, b| {
        let rows = a.1.y_px.total_cmp(&b.1.y_px);
        rows.then(a.1.x_px.total_cmp(&b.1.x_px))
    });
    all
}

/// The tracks of a film in um without drift.
#[derive(Debug)]
pub(crate) struct InUm<'a> {
    video: &'a TrackedVideo,
    acquisition: &'a Acquisition,
}

impl Trajectories for InUm<'_> {
    fn count(&self) -> usize {
        self.video.tracks.len()
    }

    fn at(&self, place: usize) -> Cow<'_, Trajectory> {
        let track = &self.video.tracks[place];
        let drift = &self.video.drift;
        Cow::Owned(Trajectory::from_track(track, self.acquisition, drift))
    }
}

/// Takes the spots that tracks hold out of the frames, as nothing is to be held twice; gives how many spots each frame had.
fn take_held(video: &mut TrackedVideo) -> Vec<usize> {
    let owners = Owners::of(&video.tracks);
    let frames = video.frames.iter_mut();
    frames
        .map(|f| {
            let spots = f.spots.len();
            f.spots.retain(|s| owners.holder(f.frame, s).is_none());
            f.spots.shrink_to_fit();
            spots
        })
        .collect()
}

/// The part of the plan that the core needs.
pub(crate) fn tracking_plan(plan: &Plan) -> TrackingPlan {
    TrackingPlan {
        film: plan.film.clone(),
        detect: plan.choice("detect"),
        refine: plan.choice("refine"),
        link: plan.choice("link"),
        drift: plan.choice("drift"),
        frames: (plan.frames.first > 0 || plan.frames.last.is_some())
            .then(|| (plan.frames.first, plan.frames.last.unwrap_or(u32::MAX))),
    }
}

/// Follows the particles of one recording; its fingerprint is taken meanwhile.
pub(crate) fn follow(
    mut capture: CaptureInput,
    in_force: AcquisitionInForce,
    plan: &Plan,
    control: Control<'_>,
) -> Result<Followed, AnalyzeError> {
    let tracking = tracking_plan(plan);
    let acquisition = in_force.acquisition;
    let timing = FrameTiming {
        interval_s: acquisition.frame_interval_s.value,
        trust_file: in_force.file_times_hold,
    };
    let source = &mut *capture.source;
    let (files, is_folder, cancel) = (&capture.files, capture.is_folder, control.cancel);
    let (video, sha256) = std::thread::scope(|scope| {
        let sum =
            (!files.is_empty()).then(|| scope.spawn(move || sha256_of(files, is_folder, cancel)));
        let video = track_video(source, &tracking, timing, control);
        let sum = match sum.map(|handle| handle.join()) {
            None => Ok(None),
            Some(Ok(sum)) => sum,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        };
        (video, sum)
    });
    let mut video = video.map_err(|e| AnalyzeError::of_capture(&capture.name, e))?;
    let sha256 = sha256?.unwrap_or_default();
    let spots_per_frame = take_held(&mut video);
    let mut findings = video.findings.clone();
    findings.extend(in_force.findings);
    let info = capture.source.info().clone();
    Ok(Followed {
        name: capture.name,
        sha256,
        info,
        acquisition,
        video,
        spots_per_frame,
        exposure_se_s: 0.0,
        findings,
    })
}
