//! What is learned of a film before its frames are searched, and a quick look at it.

use super::watch::{Eyes, is_in};
use super::{FrameTiming, TrackError, TrackingPlan};
use crate::Finding;
use crate::detect::{DETECTORS, Detector};
use crate::film::Film;
use crate::mask::usable;
use crate::method::resolve;
use crate::model::{FrameIndex, FrameSpots, Pixels};
use crate::refine::{REFINERS, Refiner};
use crate::side_by_side::each;
use crate::source::{FrameSource, SourceError, decoded, spaced_by_reading};
use std::sync::Mutex;

/// Neighbouring frames from the beginning of what is analysed, to see whether their noise is independent.
const NEIGHBOURS: usize = 12;

/// What is known before the first frame is searched.
pub(super) struct Learned {
    pub(super) film: Film,
    pub(super) detector: Box<dyn Detector>,
    pub(super) refiner: Box<dyn Refiner>,
    /// Raw frames spread over the film, as many as were to be kept.
    pub(super) sample: Vec<(FrameIndex, Pixels)>,
    pub(super) findings: Vec<Finding>,
}

/// Which raw frames are wanted when the film has been learned from them. The others are let go on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    /// Only the one in the middle of the film.
    Middle,
}

/// Learns the film from `count` frames spread over the part that the plan names; leaves the source rewound.
pub(super) fn learn(
    source: &mut dyn FrameSource,
    plan: &TrackingPlan,
    count: usize,
    keep: Keep,
) -> Result<Learned, TrackError> {
    let (detect_entry, detect_params) = resolve(DETECTORS, "detect", &plan.detect)?;
    let (refine_entry, refine_params) = resolve(REFINERS, "refine", &plan.refine)?;
    // Frames that are not analysed may show anything, so that nothing is learned from them either.
    let mut sample = match plan.frames {
        None => source.spaced(count)?,
        range => spaced_by_reading(source, count, range)?,
    };
    let Some((_, first)) = sample.first() else {
        return Err(TrackError::no_frames(plan.frames, source.info().frames));
    };
    let (height_px, width_px) = first.dim();
    let exclude = &plan.film.exclude;
    if !exclude.is_empty() && !usable(height_px, width_px, exclude).iter().any(|u| *u) {
        return Err(TrackError::AllExcluded {
            width_px,
            height_px,
        });
    }
    let neighbours = first_frames(source, plan.frames)?;
    let ceiling = source.info().ceiling_counts;
    let (film, flats, mut findings) = match keep {
        Keep::All => Film::learn(&sample, &neighbours, ceiling, &plan.film),
        Keep::Middle => {
            let middle = sample.len() / 2;
            let learned = Film::learn_and_empty(&mut sample, neighbours, ceiling, &plan.film);
            sample = vec![sample.swap_remove(middle)];
            learned
        }
    };
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
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Looks at up to `count` frames spread over the part that the plan names. Leaves the source rewound.
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
    } = learn(source, plan, count, Keep::All)?;
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
        spare: Mutex::default(),
    };
    let looks = eyes.look_at_all(&sample);
    let frames = looks.into_iter().map(|look| look.spots).collect();
    Ok(Glance {
        film,
        frames,
        pixels: sample,
        findings,
    })
}

/// The first few frames of a range, decoded; leaves the source rewound.
fn first_frames(
    source: &mut dyn FrameSource,
    range: Option<(u32, u32)>,
) -> Result<Vec<(FrameIndex, Pixels)>, SourceError> {
    source.rewind()?;
    let mut out = Vec::with_capacity(NEIGHBOURS);
    while out.len() < NEIGHBOURS {
        // A frame that cannot be decoded does not count, so that it may take another round.
        let mut packets = Vec::new();
        while out.len() + packets.len() < NEIGHBOURS {
            let Some(packet) = source.next_packet()? else {
                break;
            };
            if is_in(range, packet.index) {
                packets.push(packet);
            }
        }
        if packets.is_empty() {
            break;
        }
        let source = &*source;
        let found = each(packets, |packet| decoded(source, packet));
        out.extend(found.into_iter().flatten());
    }
    source.rewind()?;
    Ok(out)
}
