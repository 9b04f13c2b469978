//! The conductor: from a film to tracks. The only frame-parallel loop of the project.
//!
//! Two passes over the film. The first takes a sample of frames and learns the background, the noise and the width of
//! a spot; the second detects and refines every frame, in parallel, and keeps only spots. Linking needs all spots at
//! once, because its second pass uses the population found by its first (`docs/decisions/0002`). Memory holds
//! two batches of frames, the sample while it is learned from, and the spots.

use crate::detect::{DETECTORS, Detector};
use crate::drift::{DRIFTS, Drift};
use crate::film::{Film, FilmOptions};
use crate::link::{LINKERS, LinkInput};
use crate::method::{Choice, MethodError, resolve};
use crate::model::{Frame, FrameIndex, FrameSpots, Pixels, Track};
use crate::refine::{REFINERS, Refiner};
use crate::source::{FrameSource, Packet, PacketData, SourceEnd, SourceError};
use crate::{Finding, Severity, Tally};
use rayon::prelude::*;
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
    /// Asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

/// Frames that are read before the batch is worked on; a multiple of any sensible number of threads.
const BATCH: usize = 32;

/// Neighbouring frames from the beginning of the film, to see whether their noise is independent.
const NEIGHBOURS: usize = 12;

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
    } = learn(source, plan, plan.film.background_frames)?;
    let middle = sample.len() / 2;
    let preview = sample.into_iter().nth(middle);
    let size_px = film.size_px();

    let eyes = Eyes {
        film: &film,
        detector: &*detector,
        refiner: &*refiner,
        timing,
        size_px,
    };
    let seen = watch(source, &eyes, plan.frames, control)?;
    findings.extend(seen.findings());

    (control.progress)("link", 0);
    let start_snr = detector.start_snr();
    let linked = link_all(plan, &seen.frames, &film, start_snr, control)?;
    findings.extend(linked.findings);
    let mut tally = seen.tally;
    tally.merge(&linked.tally);
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
    })
}

/// What is known before the first frame is searched.
struct Learned {
    film: Film,
    detector: Box<dyn Detector>,
    refiner: Box<dyn Refiner>,
    /// Raw frames spread over the film.
    sample: Vec<(FrameIndex, Pixels)>,
    findings: Vec<Finding>,
}

/// Learns the film from `count` frames spread over it; leaves the source rewound.
fn learn(
    source: &mut dyn FrameSource,
    plan: &TrackingPlan,
    count: usize,
) -> Result<Learned, TrackError> {
    let (detect_entry, detect_params) = resolve(DETECTORS, "detect", &plan.detect)?;
    let (refine_entry, refine_params) = resolve(REFINERS, "refine", &plan.refine)?;
    let sample = source.spaced(count)?;
    if sample.is_empty() {
        return Err(TrackError::NoFrames);
    }
    let neighbours = first_frames(source)?;
    let ceiling = source.info().ceiling_counts;
    let (film, flats, mut findings) = Film::learn(&sample, &neighbours, ceiling, &plan.film);
    let detector = (detect_entry.make)(&detect_params, &film, &flats);
    let refiner = (refine_entry.make)(&refine_params, &film);
    findings.extend(detector.findings());
    Ok(Learned {
        film,
        detector,
        refiner,
        sample,
        findings,
    })
}

/// A quick look at a film: a few frames spread over it, without following anything.
#[derive(Clone, Debug)]
pub struct Glance {
    /// What was learned of the film.
    pub film: Film,
    /// The frames looked at with their spots.
    pub frames: Vec<FrameSpots>,
    /// The same frames, raw.
    pub pixels: Vec<(FrameIndex, Pixels)>,
    /// What was dropped, by reason.
    pub tally: Tally,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Looks at up to `count` frames spread over the film. Leaves the source rewound.
pub fn glance(
    source: &mut dyn FrameSource,
    plan: &TrackingPlan,
    count: usize,
) -> Result<Glance, TrackError> {
    let Learned {
        film,
        detector,
        refiner,
        sample,
        findings,
    } = learn(source, plan, count)?;
    let timing = FrameTiming {
        interval_s: 1.0,
        trust_file: false,
    };
    let eyes = Eyes {
        film: &film,
        detector: &*detector,
        refiner: &*refiner,
        timing,
        size_px: film.size_px(),
    };
    let looks: Vec<_> = sample
        .par_iter()
        .filter_map(|(index, pixels)| eyes.look(*index, None, Some(pixels.clone())))
        .collect();
    let mut tally = Tally::default();
    let mut frames = Vec::with_capacity(looks.len());
    for look in looks {
        tally.merge(&look.tally);
        frames.push(look.spots);
    }
    Ok(Glance {
        film,
        frames,
        pixels: sample,
        tally,
        findings,
    })
}

/// The first few frames, decoded; leaves the source rewound.
fn first_frames(source: &mut dyn FrameSource) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
    source.rewind()?;
    let mut out = Vec::with_capacity(NEIGHBOURS);
    while out.len() < NEIGHBOURS {
        let Some(packet) = source.next_packet()? else {
            break;
        };
        let index = packet.index;
        if let Ok(pixels) = decode(&*source, packet) {
            out.push((index, pixels));
        }
    }
    source.rewind()?;
    Ok(out)
}

fn decode(source: &dyn FrameSource, packet: Packet) -> Result<Pixels, crate::FrameError> {
    match packet.data {
        PacketData::Ready(pixels) => Ok(pixels),
        _ => source.decode(&packet),
    }
}

/// All that is needed to look at a frame.
struct Eyes<'a> {
    film: &'a Film,
    detector: &'a dyn Detector,
    refiner: &'a dyn Refiner,
    timing: FrameTiming,
    size_px: (usize, usize),
}

/// One frame looked at.
struct Look {
    spots: FrameSpots,
    fingerprint: u64,
    tally: Tally,
}

impl Eyes<'_> {
    /// `None` if the frame cannot be decoded or has not the size of the film.
    fn look(&self, index: FrameIndex, time_s: Option<f64>, pixels: Option<Pixels>) -> Option<Look> {
        let pixels = pixels.filter(|p| (p.width_px(), p.height_px()) == self.size_px)?;
        let by_index = f64::from(index.0) * self.timing.interval_s;
        let time_s = time_s
            .filter(|_| self.timing.trust_file)
            .unwrap_or(by_index);
        let fingerprint = fingerprint(&pixels);
        let frame = Frame {
            index,
            time_s,
            pixels,
        };
        let flat = self.film.flatten(&frame);
        drop(frame);
        let mut tally = Tally::default();
        let candidates = self.detector.detect(&flat, self.film, &mut tally);
        let spots = self
            .refiner
            .refine(&flat, self.film, &candidates, &mut tally);
        Some(Look {
            spots: FrameSpots {
                frame: index,
                time_s,
                spots,
            },
            fingerprint,
            tally,
        })
    }
}

/// A number that two different pictures practically never share: FNV-1a over 64-bit words.
fn fingerprint(pixels: &Pixels) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(PRIME).rotate_left(29);
    let seed = 0xcbf2_9ce4_8422_2325;
    match pixels {
        Pixels::U8(a) => {
            let bytes = a.as_slice().unwrap_or(&[]);
            let words = bytes.chunks_exact(8);
            let tail = words
                .remainder()
                .iter()
                .fold(seed, |h, b| mix(h, u64::from(*b)));
            words.fold(tail, |h, w| {
                mix(h, w.iter().fold(0, |v, b| v << 8 | u64::from(*b)))
            })
        }
        Pixels::U16(a) => a.iter().fold(seed, |h, v| mix(h, u64::from(*v))),
    }
}

/// All that was seen in the film.
struct Seen {
    frames: Vec<FrameSpots>,
    tally: Tally,
    end: SourceEnd,
    repeated: u64,
}

impl Seen {
    fn findings(&self) -> Vec<Finding> {
        let mut out = Vec::new();
        let total = self.frames.len() as f64 + self.repeated as f64;
        if self.repeated > 0 {
            let share = self.repeated as f64 / total;
            let severity = if share > 0.01 {
                Severity::Warning
            } else {
                Severity::Info
            };
            out.push(
                Finding::new(
                    "V03",
                    severity,
                    "video",
                    format!(
                        "{} of {} frames are exact copies of the frame before them; they were left out. \
                         The recorder was probably slower than the camera.",
                        self.repeated, total
                    ),
                )
                .with(share, Some(0.01), "share of frames"),
            );
        }
        let undecodable = self.tally.get("frame_undecodable");
        if undecodable > 0 {
            out.push(
                Finding::new(
                    "V04",
                    Severity::Warning,
                    "video",
                    format!("{undecodable} frames could not be decoded and were left out."),
                )
                .with(undecodable as f64, Some(0.0), "frames"),
            );
        }
        out
    }
}

/// Reads the film to its end and looks at every frame.
fn watch(
    source: &mut dyn FrameSource,
    eyes: &Eyes<'_>,
    range: Option<(u32, u32)>,
    control: Control<'_>,
) -> Result<Seen, TrackError> {
    let mut seen = Seen {
        frames: Vec::new(),
        tally: Tally::default(),
        end: SourceEnd::default(),
        repeated: 0,
    };
    let mut last_fingerprint = None;
    let mut done = 0;
    (control.progress)("detect", 0);
    let mut batch = read_batch(source, range)?;
    while !batch.is_empty() {
        if control.cancel.load(Ordering::Relaxed) {
            return Err(TrackError::Cancelled);
        }
        done += batch.len() as u64;
        // Decoded pictures do not need the source any more, so the next batch is read while they are looked at.
        // Encoded ones are cheap to read and need the source to be decoded, so reading comes first.
        let ready = batch.iter().all(|p| matches!(p.data, PacketData::Ready(_)));
        let (looks, next) = if ready {
            rayon::join(|| look_at(None, eyes, batch), || read_batch(source, range))
        } else {
            (
                look_at(Some(&*source), eyes, batch),
                read_batch(source, range),
            )
        };
        for look in looks {
            match look {
                None => seen.tally.add("frame_undecodable", 1),
                Some(look) if last_fingerprint == Some(look.fingerprint) => seen.repeated += 1,
                Some(look) => {
                    last_fingerprint = Some(look.fingerprint);
                    seen.tally.merge(&look.tally);
                    seen.frames.push(look.spots);
                }
            }
        }
        (control.progress)("detect", done);
        batch = next?;
    }
    if seen.frames.is_empty() {
        return Err(TrackError::NoFrames);
    }
    seen.end = source.end();
    seen.end.frames_damaged += seen.tally.get("frame_undecodable");
    Ok(seen)
}

fn read_batch(
    source: &mut dyn FrameSource,
    range: Option<(u32, u32)>,
) -> Result<Vec<Packet>, SourceError> {
    let mut out = Vec::with_capacity(BATCH);
    while out.len() < BATCH {
        let Some(packet) = source.next_packet()? else {
            break;
        };
        if range.is_none_or(|(first, last)| (first..=last).contains(&packet.index.0)) {
            out.push(packet);
        }
    }
    Ok(out)
}

/// Looks at a batch in parallel; the answers are in the order of the batch.
fn look_at(
    source: Option<&dyn FrameSource>,
    eyes: &Eyes<'_>,
    batch: Vec<Packet>,
) -> Vec<Option<Look>> {
    batch
        .into_par_iter()
        .map(|packet| {
            let (index, time_s) = (packet.index, packet.time_s);
            let pixels = match (packet.data, source) {
                (PacketData::Ready(pixels), _) => Some(pixels),
                (data, Some(source)) => source
                    .decode(&Packet {
                        index,
                        time_s,
                        data,
                    })
                    .ok(),
                (_, None) => None,
            };
            eyes.look(index, time_s, pixels)
        })
        .collect()
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
    let (mut drift, mut drift_findings) =
        estimator.estimate(&linked.tracks, last.saturating_add(1));
    if control.cancel.load(Ordering::Relaxed) {
        return Err(TrackError::Cancelled);
    }
    if drift != none {
        linked = linker.link(&LinkInput {
            frames,
            drift: &drift,
            area_px2,
            start_snr,
        });
        (drift, drift_findings) = estimator.estimate(&linked.tracks, last.saturating_add(1));
    }
    linked.findings.extend(drift_findings);
    Ok(LinkedFilm {
        tracks: linked.tracks,
        drift,
        tally: linked.tally,
        findings: linked.findings,
    })
}
