//! The conductor: from a film to tracks. The only parallel loop over all frames.
//!
//! Two passes over the film. The first takes a sample of frames and learns the background, the noise and the width of
//! a spot; the second detects and refines every frame, in parallel, and keeps only spots. Linking needs all spots at
//! once, because its second pass uses the population found by its first (`docs/decisions/0002`). Memory holds
//! two batches of frames, the sample while it is learned from, and the spots.

mod learn;
mod watch;

pub use self::learn::{Glance, glance};

use self::learn::{Keep, Learned, learn};
use self::watch::{Eyes, watch};
use crate::drift::{DRIFTS, Drift};
use crate::film::{Film, FilmOptions};
use crate::link::{LINKERS, LinkInput};
use crate::method::{Choice, MethodError, resolve};
use crate::model::{FrameIndex, FrameSpots, Pixels, Track};
use crate::reunite::reunite;
use crate::source::{FrameSource, SourceEnd, SourceError};
use crate::stranger_light;
use crate::{Finding, Tally};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which method does what, up to the tracks.
#[derive(Clone, Debug)]
pub struct TrackingPlan {
    /// Background, polarity, masks.
    pub film: FilmOptions,
    /// From [`DETECTORS`].
    pub detect: Choice,
    /// From [`REFINERS`].
    pub refine: Choice,
    /// From [`LINKERS`].
    pub link: Choice,
    /// From [`DRIFTS`].
    pub drift: Choice,
    /// First and last frame (inclusive) to use; the whole film if absent.
    pub frames: Option<(u32, u32)>,
}

/// Where the time of a frame comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameTiming {
    /// Time between frames, s.
    pub interval_s: f64,
    /// Use the file's own time stamps where it has them; otherwise time is index x interval.
    pub trust_file: bool,
}

/// A word on how far the work is: the stage, and frames done in it.
pub type OnProgress<'a> = &'a (dyn Fn(&'static str, u64) + Sync);

/// How the work is done, without any influence on the numbers. It runs in the caller's rayon pool.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Called now and then.
    pub progress: OnProgress<'a>,
    /// Set to stop.
    pub cancel: &'a AtomicBool,
}

/// A film followed.
#[derive(Clone, Debug)]
pub struct TrackedVideo {
    /// All frames in time with their spots.
    pub frames: Vec<FrameSpots>,
    /// All tracks, raw positions.
    pub tracks: Vec<Track>,
    /// The shared motion.
    pub drift: Drift,
    /// What was learned of the film.
    pub film: Film,
    /// A spot had to have at least this `snr` to begin a track; weaker ones could only continue one.
    pub start_snr: f64,
    /// A frame from the middle of the film, raw, for people to look at.
    pub preview: Option<(FrameIndex, Pixels)>,
    /// What was dropped, by reason.
    pub tally: Tally,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What the source knew at its end. Damaged frames include those whose decoding failed.
    pub end: SourceEnd,
    /// Frames that are a copy of the one before and were left out.
    pub frames_repeated: u64,
    /// Width and height, px.
    pub size_px: (usize, usize),
}

/// Why a film could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// The file.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The plan.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The film has no frame that can be decoded.
    #[error("no frame can be read from this video; check that the file plays in a video player")]
    NoFrames,
    /// The film has no frame in the range of the plan.
    #[error("the film has no frame {range} that can be read{there}; frames count from 0")]
    NoneInRange {
        /// The range in words.
        range: String,
        /// How many frames there are, in words, where the file says.
        there: String,
    },
    /// The plan leaves nothing of the picture.
    #[error(
        "film.exclude covers the whole picture of {width_px} x {height_px} px; leave a part of it open"
    )]
    AllExcluded {
        /// Width of the picture, px.
        width_px: usize,
        /// Height of the picture, px.
        height_px: usize,
    },
    /// Asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl TrackError {
    /// There is nothing to look at in this range, or in the whole film.
    fn no_frames(range: Option<(u32, u32)>, frames: Option<u64>) -> Self {
        let Some((first, last)) = range else {
            return Self::NoFrames;
        };
        let range = match last {
            u32::MAX => format!("from first_frame = {first} on"),
            last => format!("from first_frame = {first} to last_frame = {last}"),
        };
        let there = frames.map_or_else(String::new, |n| format!(" (it has {n})"));
        Self::NoneInRange { range, there }
    }
}

/// Follows all particles of a film.
pub fn track_video(
    source: &mut dyn FrameSource,
    plan: &TrackingPlan,
    timing: FrameTiming,
    control: Control<'_>,
) -> Result<TrackedVideo, TrackError> {
    resolve(LINKERS, "link", &plan.link)?;
    resolve(DRIFTS, "drift", &plan.drift)?;
    (control.progress)("background", 0);
    let Learned {
        film,
        detector,
        refiner,
        sample,
        mut findings,
    } = learn(source, plan, plan.film.background_frames, Keep::Middle)?;
    let preview = sample.into_iter().next();
    let size_px = film.size_px();

    let eyes = Eyes {
        film: &film,
        detector: &*detector,
        refiner: &*refiner,
        timing,
        size_px,
        spare: Mutex::default(),
    };
    let mut seen = watch(source, &eyes, plan.frames, control)?;
    findings.extend(seen.findings());
    for frame in &mut seen.frames {
        // They are all that grows with the film, so no more room is kept than they need.
        frame.spots.shrink_to_fit();
    }
    let reunited = reunite(&mut seen.frames, film.spot_width_px);
    seen.tally.add("reunited", reunited);

    (control.progress)("link", 0);
    let start_snr = detector.start_snr();
    // What they keep between frames is as large as the frames, and no longer needed.
    drop(eyes);
    drop((detector, refiner));
    let mut linked = link_all(plan, &seen.frames, &film, start_snr, control)?;
    stranger_light::widen_errors(&mut linked.tracks, &mut seen.frames);
    findings.extend(linked.findings);
    let mut tally = seen.tally;
    tally.merge(&linked.tally);
    tally.merge(&seen.end.tally);
    findings.extend(seen.end.findings.iter().cloned());
    Ok(TrackedVideo {
        frames: seen.frames,
        tracks: linked.tracks,
        drift: linked.drift,
        preview,
        tally,
        findings,
        end: seen.end,
        frames_repeated: seen.repeated,
        size_px,
        film,
        start_snr,
    })
}

/// Tracks with the drift that was found on the way.
struct LinkedFilm {
    tracks: Vec<Track>,
    drift: Drift,
    tally: Tally,
    findings: Vec<Finding>,
}

/// Links, measures the drift, and if there is one, links again with it.
fn link_all(
    plan: &TrackingPlan,
    frames: &[FrameSpots],
    film: &Film,
    start_snr: f64,
    control: Control<'_>,
) -> Result<LinkedFilm, TrackError> {
    let (link_entry, link_params) = resolve(LINKERS, "link", &plan.link)?;
    let (drift_entry, drift_params) = resolve(DRIFTS, "drift", &plan.drift)?;
    let linker = (link_entry.make)(&link_params);
    let estimator = (drift_entry.make)(&drift_params);
    let last = frames.last().map_or(0, |f| f.frame.0);
    let area_px2 = film.usable_px() as f64;

    let none = Drift::none();
    let mut linked = linker.link(&LinkInput {
        frames,
        drift: &none,
        area_px2,
        start_snr,
    });
    (control.progress)("drift", 0);
    let measure = |tracks: &[Track]| {
        let measured = estimator.estimate_until(tracks, last.saturating_add(1), control.cancel);
        // A measurement that was given up means nothing.
        match control.cancel.load(Ordering::Relaxed) {
            true => Err(TrackError::Cancelled),
            false => Ok(measured),
        }
    };
    let (mut drift, mut drift_findings) = measure(&linked.tracks)?;
    // Linking does not know of shear, so that with shear alone nothing would change.
    if !drift.offsets_px().is_empty() {
        drop(linked);
        linked = linker.link(&LinkInput {
            frames,
            drift: &drift,
            area_px2,
            start_snr,
        });
        (drift, drift_findings) = measure(&linked.tracks)?;
    }
    linked.findings.extend(drift_findings);
    Ok(LinkedFilm {
        tracks: linked.tracks,
        drift,
        tally: linked.tally,
        findings: linked.findings,
    })
}
