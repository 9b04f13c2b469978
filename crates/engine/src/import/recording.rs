//! Tracks of another program become trajectories: pixel size and frame rate, drift, and the errors of the positions.

use super::ImportError;
use super::inputs::{Content, Input};
use crate::analyze::AnalyzeError;
use crate::foreign::{ForeignTrack, ForeignTracks};
use crate::plan::Plan;
use crate::vendor::Conditions;
use nta_core::drift::{DRIFTS, Drift};
use nta_core::method::resolve;
use nta_core::{
    Acquisition, Finding, FrameIndex, Spot, Tally, Track, TrackId, TrackPoint, Trajectory,
    VideoInfo,
};
use std::path::PathBuf;

/// A film of more frames than these is none: at 30 frames per second it would take 18 hours.
const MOST_FRAMES: u32 = 2_000_000;

/// Key of the tables whose frames count from 0 in each track.
const WITHOUT_FRAMES: &str = "nanosight_steps";

/// The tracks of one film, as another program has followed them.
pub(super) struct Recording {
    /// The path as it was given.
    pub(super) name: String,
    /// The file.
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    /// Key of the format.
    pub(super) format: &'static str,
    /// The tracks of the file, of the frames that the plan takes.
    pub(super) read: Vec<ForeignTrack>,
    /// The same with the errors of their positions; frames count from that of the first spot.
    pub(super) tracks: Vec<Track>,
    /// Spots in each frame from that of the first spot on, in tracks or not; empty where the file has no frames of the film.
    pub(super) spots_per_frame: Vec<usize>,
    /// Spots in tracks or not.
    pub(super) spots: usize,
    /// Frame of the first spot.
    pub(super) first_frame: u32,
    pub(super) drift: Drift,
    pub(super) acquisition: Acquisition,
    /// Standard error of an exposure that was found from the tracks, s; else 0.
    pub(super) exposure_se_s: f64,
    /// Whether the file states the error of every position.
    pub(super) precision_known: bool,
    /// Rows that were left out, by reason.
    pub(super) skipped: Tally,
    pub(super) findings: Vec<Finding>,
}

impl Recording {
    /// Whether the file says in which frame of the film a spot was seen.
    pub(super) fn has_frames(&self) -> bool {
        !self.spots_per_frame.is_empty()
    }

    /// The tracks in um without drift.
    pub(super) fn trajectories(&self) -> Vec<Trajectory> {
        let tracks = self.tracks.iter();
        tracks
            .map(|t| Trajectory::from_track(t, &self.acquisition, &self.drift))
            .collect()
    }

    /// Gives every position the same error, where the file states none.
    pub(super) fn state_precision(&mut self, precision_px: f64) {
        let interval_s = self.acquisition.frame_interval_s.value;
        self.tracks = tracks(&self.read, self.first_frame, interval_s, precision_px);
    }
}

/// The export that speaks of a file of tracks: the one on whose list of films its name begins, or the only one.
pub(super) fn conditions_of<'a>(tracks: &Input, inputs: &'a [Input]) -> Option<Conditions> {
    let told = |i: &'a Input| i.export().map(|e| &e.conditions);
    let stem = tracks.path.file_stem()?.to_string_lossy().to_lowercase();
    let all: Vec<&Conditions> = inputs
        .iter()
        .filter_map(told)
        .filter(|c| !c.videos.is_empty())
        .collect();
    let mut best: Option<(&Conditions, &str)> = None;
    for conditions in &all {
        for video in &conditions.videos {
            let longer = best.is_none_or(|(_, b)| video.len() > b.len());
            if longer && begins(&stem, video) {
                best = Some((conditions, video));
            }
        }
    }
    match (best, &all[..]) {
        (Some((conditions, video)), _) => conditions.of_video(std::path::Path::new(video)),
        (None, [only]) => Some((*only).clone()),
        (None, _) => None,
    }
}

/// Whether the name of a file begins with that of a film, and does not go on with more of the same word: `EV_10` is not of `EV_1`.
fn begins(stem: &str, video: &str) -> bool {
    let rest = stem.strip_prefix(&video.to_lowercase());
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Makes recordings of all files of tracks. A file whose tracks cannot be used becomes an unreadable one; of
/// one with several captures those that can be used are.
pub(super) fn all(inputs: &mut [Input], plan: &Plan) -> Result<Vec<Recording>, ImportError> {
    let mut out = Vec::new();
    for i in 0..inputs.len() {
        let told = conditions_of(&inputs[i], inputs);
        let Content::Tracks(captures) = &mut inputs[i].content else {
            continue;
        };
        let captures = std::mem::take(captures);
        let several = captures.len() > 1;
        let mut of_file = Vec::with_capacity(captures.len());
        let mut bad = Vec::new();
        for (k, read) in captures.into_iter().enumerate() {
            let name = match several {
                true => format!("{} (capture {k})", inputs[i].name),
                false => inputs[i].name.clone(),
            };
            match recording(&name, read, told.as_ref(), plan)? {
                Ok(found) => of_file.push(Recording {
                    path: inputs[i].path.clone(),
                    sha256: inputs[i].sha256.clone(),
                    ..found
                }),
                Err(reason) => bad.push((name, reason)),
            }
        }
        if of_file.is_empty() {
            let reasons: Vec<String> = bad.iter().map(|(n, why)| format!("{n}: {why}")).collect();
            inputs[i].content = Content::Bad(reasons.join("; "));
        } else {
            inputs[i].left_out = bad;
        }
        out.extend(of_file);
    }
    Ok(out)
}

/// One recording, or why its tracks cannot be used.
fn recording(
    name: &str,
    mut read: ForeignTracks,
    told: Option<&Conditions>,
    plan: &Plan,
) -> Result<Result<Recording, String>, ImportError> {
    let says = what_it_says(told);
    let in_force = plan.acquisition(&says);
    let in_force = in_force.map_err(|error| AnalyzeError::PlanForCapture {
        capture: name.to_owned(),
        error: Box::new(error),
    })?;
    keep_frames(&mut read, plan);
    let all = || {
        let tracks = read.tracks.iter().flat_map(|t| &t.points);
        tracks.chain(&read.loose)
    };
    let frames = || all().map(|p| p.frame);
    let (Some(first), Some(last)) = (frames().min(), frames().max()) else {
        return Ok(Err("it holds no position; export the tracks again".into()));
    };
    if last - first >= MOST_FRAMES {
        return Ok(Err(format!(
            "its frames run from {first} to {last}, more than {MOST_FRAMES}; check the column of the frame"
        )));
    }
    let acquisition = in_force.acquisition;
    let precision_known = all().all(|p| p.precision_px.is_some());
    let mut spots_per_frame = vec![0; (last - first) as usize + 1];
    for frame in frames() {
        spots_per_frame[(frame - first) as usize] += 1;
    }
    let spots = spots_per_frame.iter().sum();
    let interval_s = acquisition.frame_interval_s.value;
    let tracks = tracks(&read.tracks, first, interval_s, 0.0);
    let mut findings = in_force.findings;
    let drift = if read.format == WITHOUT_FRAMES {
        spots_per_frame.clear();
        steady_drift(&tracks, last - first + 1)
    } else {
        let (entry, params) =
            resolve(DRIFTS, "drift", &plan.choice("drift")).map_err(AnalyzeError::from)?;
        let (drift, said) = (entry.make)(&params).estimate(&tracks, last - first + 1);
        findings.extend(said);
        drift
    };
    Ok(Ok(Recording {
        name: name.to_owned(),
        path: PathBuf::new(),
        sha256: String::new(),
        format: read.format,
        read: read.tracks,
        tracks,
        spots_per_frame,
        spots,
        first_frame: first,
        drift,
        acquisition,
        exposure_se_s: 0.0,
        precision_known,
        skipped: read.skipped,
        findings,
    }))
}

/// What the export beside a file of tracks says of how its film was taken.
fn what_it_says(told: Option<&Conditions>) -> VideoInfo {
    let Some(told) = told else {
        return VideoInfo::default();
    };
    VideoInfo {
        frame_interval_s: told.frame_rate_fps.map(|fps| 1.0 / fps),
        pixel_size_um: told.pixel_size_um.map(|um| (um, told.from.clone())),
        exposure_s: told.exposure_ms.map(|ms| (1e-3 * ms, told.from.clone())),
        ..VideoInfo::default()
    }
}

/// Leaves out what the plan does not take, and counts it.
fn keep_frames(read: &mut ForeignTracks, plan: &Plan) {
    let last = plan.frames.last.unwrap_or(u32::MAX);
    let keep = plan.frames.first..=last;
    let count = |r: &ForeignTracks| {
        let in_tracks: usize = r.tracks.iter().map(|t| t.points.len()).sum();
        in_tracks + r.loose.len()
    };
    let before = count(read);
    for track in &mut read.tracks {
        track.points.retain(|p| keep.contains(&p.frame));
    }
    read.tracks.retain(|t| !t.points.is_empty());
    read.loose.retain(|p| keep.contains(&p.frame));
    let left_out = before - count(read);
    if left_out > 0 {
        read.skipped.add("outside_of_the_frames", left_out as u64);
    }
}

/// Tracks with positions in px, whose frames count from `first`.
fn tracks(read: &[ForeignTrack], first: u32, interval_s: f64, precision_px: f64) -> Vec<Track> {
    let track = |(i, t): (usize, &ForeignTrack)| {
        let points = t.points.iter().map(|p| {
            let frame = p.frame - first;
            TrackPoint {
                frame: FrameIndex(frame),
                time_s: f64::from(frame) * interval_s,
                spot: Spot {
                    x_px: p.x_px,
                    y_px: p.y_px,
                    precision_px: p.precision_px.unwrap_or(precision_px),
                    // The shape of a spot and its light are not known, and nothing that follows asks for them.
                    width_px: 0.0,
                    mass_counts: 0.0,
                    peak_counts: 0.0,
                    background_counts: 0.0,
                    snr: 0.0,
                },
            }
        });
        Track::new(
            TrackId(u32::try_from(i).unwrap_or(u32::MAX)),
            points.collect(),
        )
    };
    read.iter().enumerate().filter_map(track).collect()
}

/// The mean step of all tracks: where frames count from 0 in each track, no other motion can be told to be shared.
fn steady_drift(tracks: &[Track], frames: u32) -> Drift {
    let (mut x, mut y, mut n) = (0.0, 0.0, 0.0);
    for track in tracks {
        for pair in track
            .points()
            .windows(2)
            .filter(|p| p[1].frame.0 == p[0].frame.0 + 1)
        {
            x += pair[1].spot.x_px - pair[0].spot.x_px;
            y += pair[1].spot.y_px - pair[0].spot.y_px;
            n += 1.0;
        }
    }
    if n == 0.0 {
        return Drift::none();
    }
    let at = |k: u32| (f64::from(k) * x / n, f64::from(k) * y / n);
    Drift::from_offsets((0..frames).map(at).collect())
}
