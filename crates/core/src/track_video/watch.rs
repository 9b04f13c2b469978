//! The only parallel loop over all frames: every frame is decoded, made flat, searched and measured.

use super::{Control, FrameTiming, TrackError};
use crate::detect::Detector;
use crate::film::Film;
use crate::model::{Flat, FrameIndex, FrameSpots, Pixels};
use crate::refine::Refiner;
use crate::source::{FrameSource, Packet, PacketData, SourceEnd, SourceError};
use crate::{Finding, Severity, Tally};
use rayon::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Frames that are worked on together at most: enough for many threads, and so many that hardly any time is lost while
/// the last of them are waited for.
const BATCH: usize = 128;
/// No more decoded pixels than this are held in a batch ...
const BATCH_PX: usize = 16_000_000;
/// ... but so many frames for each thread, however large.
const LEAST_BATCH: usize = 2;

/// A film of which a larger share cannot be decoded fails.
const MOST_UNDECODABLE: f64 = 0.05;

/// All that is needed to look at a frame.
pub(super) struct Eyes<'a> {
    pub(super) film: &'a Film,
    pub(super) detector: &'a dyn Detector,
    pub(super) refiner: &'a dyn Refiner,
    pub(super) timing: FrameTiming,
    pub(super) size_px: (usize, usize),
    /// Flat frames that are no longer looked at: their memory serves the next ones.
    pub(super) spare: Mutex<Vec<Flat>>,
}

/// One frame looked at.
pub(super) struct Look {
    pub(super) spots: FrameSpots,
    fingerprint: u64,
    tally: Tally,
}

impl Eyes<'_> {
    /// `None` if the frame has not the size of the film.
    fn look(&self, index: FrameIndex, time_s: Option<f64>, pixels: &Pixels) -> Option<Look> {
        if (pixels.width_px(), pixels.height_px()) != self.size_px {
            return None;
        }
        let by_index = f64::from(index.0) * self.timing.interval_s;
        let time_s = time_s
            .filter(|_| self.timing.trust_file)
            .unwrap_or(by_index);
        let fingerprint = fingerprint(pixels);
        // A poisoned lock means that another frame's thread died; what is in the memory does not matter.
        let spare = || self.spare.lock().unwrap_or_else(|e| e.into_inner());
        let mut flat = spare().pop().unwrap_or_else(|| Flat::empty(index, time_s));
        (flat.index, flat.time_s) = (index, time_s);
        self.film.flat_into(pixels, &mut flat);
        let mut tally = Tally::default();
        let candidates = self.detector.detect(&flat, self.film, &mut tally);
        let spots = self
            .refiner
            .refine(&flat, self.film, &candidates, &mut tally);
        spare().push(flat);
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

    /// Looks at decoded frames in parallel, in their order; frames of another size are left out.
    pub(super) fn look_at_all(&self, frames: &[(FrameIndex, Pixels)]) -> Vec<Look> {
        frames
            .par_iter()
            .filter_map(|(index, pixels)| self.look(*index, None, pixels))
            .collect()
    }
}

/// A number that two different pictures practically never share: multiply and rotate over 64-bit words, on four tracks at
/// once so that one multiplication need not wait for the one before.
fn fingerprint(pixels: &Pixels) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(PRIME).rotate_left(29);
    let seed = 0xcbf2_9ce4_8422_2325;
    let mut tracks = [seed, seed + 1, seed + 2, seed + 3];
    match pixels {
        Pixels::U8(a) => {
            let standard = a.as_standard_layout();
            let (words, rest) = standard.as_slice().unwrap_or(&[]).as_chunks::<8>();
            let (quads, left) = words.as_chunks::<4>();
            for quad in quads {
                for (track, word) in tracks.iter_mut().zip(quad) {
                    *track = mix(*track, u64::from_le_bytes(*word));
                }
            }
            for byte in left.as_flattened().iter().chain(rest) {
                tracks[0] = mix(tracks[0], u64::from(*byte));
            }
        }
        Pixels::U16(a) => {
            let standard = a.as_standard_layout();
            let (words, rest) = standard.as_slice().unwrap_or(&[]).as_chunks::<4>();
            for word in words {
                for (track, counts) in tracks.iter_mut().zip(word) {
                    *track = mix(*track, u64::from(*counts));
                }
            }
            for counts in rest {
                tracks[0] = mix(tracks[0], u64::from(*counts));
            }
        }
    }
    tracks.into_iter().fold(seed, mix)
}

/// All that was seen in the film.
pub(super) struct Seen {
    pub(super) frames: Vec<FrameSpots>,
    pub(super) tally: Tally,
    pub(super) end: SourceEnd,
    pub(super) repeated: u64,
}

impl Seen {
    pub(super) fn findings(&self) -> Vec<Finding> {
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
                        "{} of {} frames are exact copies of the frame before them. They were left out; the recorder may be \
                         set to a higher frame rate than the camera gives, so check the frame rate.",
                        self.repeated, total
                    ),
                )
                .with(share, Some(0.01), "share of frames"),
            );
        }
        let undecodable = self.tally.get("frame_undecodable");
        if undecodable > 0 {
            // A few broken frames cost nothing. Where many are missing, what is left may not be the film.
            let many = undecodable as f64 > MOST_UNDECODABLE * (total + undecodable as f64);
            let severity = if many {
                Severity::Failure
            } else {
                Severity::Warning
            };
            out.push(
                Finding::new(
                    "V04",
                    severity,
                    "video",
                    format!(
                        "{undecodable} frames could not be read or decoded and were left out. Copy the file again, or check the \
                         recorder."
                    ),
                )
                .with(undecodable as f64, Some(0.0), "frames"),
            );
        }
        out
    }
}

/// Reads the film to its end and looks at every frame.
pub(super) fn watch(
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
    let mut batch = read_batch(source, range, control)?;
    while !batch.is_empty() {
        if control.cancel.load(Ordering::Relaxed) {
            return Err(TrackError::Cancelled);
        }
        done += batch.len() as u64;
        // Decoded pictures do not need the source any more, so the next batch is read while they are looked at. The others
        // need it, and to name their places takes no time.
        let ready = batch.iter().all(|p| matches!(p.data, PacketData::Ready(_)));
        let (looks, next) = if ready {
            rayon::join(
                || look_at(None, eyes, batch, control),
                || read_batch(source, range, control),
            )
        } else {
            (
                look_at(Some(&*source), eyes, batch, control),
                read_batch(source, range, control),
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
        // A decoder that was stopped too may say that the file is broken.
        if control.cancel.load(Ordering::Relaxed) {
            return Err(TrackError::Cancelled);
        }
        batch = next?;
    }
    if control.cancel.load(Ordering::Relaxed) {
        return Err(TrackError::Cancelled);
    }
    if seen.frames.is_empty() {
        return Err(TrackError::no_frames(range, source.info().frames));
    }
    seen.end = source.end();
    seen.end.frames_damaged += seen.tally.get("frame_undecodable");
    Ok(seen)
}

/// The next frames of the range; none at the end, and when asked to stop.
fn read_batch(
    source: &mut dyn FrameSource,
    range: Option<(u32, u32)>,
    control: Control<'_>,
) -> Result<Vec<Packet>, SourceError> {
    let mut out = Vec::new();
    let mut held_px = 0;
    let least = LEAST_BATCH * rayon::current_num_threads();
    let full = |frames: usize, px: usize| {
        frames >= BATCH.max(least) || (px >= BATCH_PX && frames >= least)
    };
    // Before and behind the range there may be more frames than anyone wants to wait for.
    while !full(out.len(), held_px) && !control.cancel.load(Ordering::Relaxed) {
        let Some(packet) = source.next_packet()? else {
            break;
        };
        if is_in(range, packet.index) {
            if let PacketData::Ready(pixels) = &packet.data {
                held_px += pixels.width_px() * pixels.height_px();
            }
            out.push(packet);
        }
    }
    Ok(out)
}

/// Whether a frame lies in a range, both ends included.
pub(super) fn is_in(range: Option<(u32, u32)>, frame: FrameIndex) -> bool {
    range.is_none_or(|(first, last)| (first..=last).contains(&frame.0))
}

/// Looks at a batch in parallel; the answers are in the order of the batch. When asked to stop, they mean nothing.
fn look_at(
    source: Option<&dyn FrameSource>,
    eyes: &Eyes<'_>,
    batch: Vec<Packet>,
    control: Control<'_>,
) -> Vec<Option<Look>> {
    batch
        .into_par_iter()
        .map(|packet| {
            if control.cancel.load(Ordering::Relaxed) {
                return None;
            }
            let (index, time_s) = (packet.index, packet.time_s);
            let pixels = match (packet.data, source) {
                (PacketData::Ready(pixels), _) => pixels,
                (data, Some(source)) => source
                    .decode(Packet {
                        index,
                        time_s,
                        data,
                    })
                    .ok()?,
                (_, None) => return None,
            };
            let look = eyes.look(index, time_s, &pixels);
            if let Some(source) = source {
                source.recycle(pixels);
            }
            look
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_fails_where_many_of_its_frames_cannot_be_read() {
        let severity = |undecodable: u64| {
            let frame = |n| FrameSpots {
                frame: FrameIndex(n),
                time_s: 0.0,
                spots: Vec::new(),
            };
            let mut seen = Seen {
                frames: (0..95).map(frame).collect(),
                tally: Tally::default(),
                end: SourceEnd::default(),
                repeated: 0,
            };
            seen.tally.add("frame_undecodable", undecodable);
            seen.findings()
                .first()
                .map(|f| (f.code.clone(), f.severity))
        };
        assert_eq!(severity(0), None);
        assert_eq!(severity(5), Some(("V04".into(), Severity::Warning)));
        assert_eq!(severity(6), Some(("V04".into(), Severity::Failure)));
    }
}
