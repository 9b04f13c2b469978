//! Which track holds which spot.

use super::{FrameIndex, FrameSpots, Spot, Track, TrackPoint};

/// The bits of x and y. Tracks hold copies of the spots of the frames, so that equal places in one frame mean the same
/// spot.
type Place = (u64, u64);

fn place(spot: &Spot) -> Place {
    (spot.x_px.to_bits(), spot.y_px.to_bits())
}

/// A point by its frame, the place of its track in the list, and its own in the track.
type Held = (u32, u32, u32);

fn point(tracks: &[Track], held: Held) -> &TrackPoint {
    &tracks[held.1 as usize].points()[held.2 as usize]
}

/// The spots of tracks by where they are.
#[derive(Clone, Debug, Default)]
pub struct Owners<'a> {
    tracks: &'a [Track],
    /// By frame, then place.
    held: Vec<Held>,
}

impl<'a> Owners<'a> {
    /// Every spot of these tracks.
    pub fn of(tracks: &'a [Track]) -> Self {
        let mut held = Vec::with_capacity(tracks.iter().map(|t| t.points().len()).sum());
        for (track, i) in tracks.iter().zip(0..) {
            let points = track.points().iter().zip(0..);
            held.extend(points.map(|(p, k)| (p.frame.0, i, k)));
        }
        held.sort_unstable();
        for of_frame in held.chunk_by_mut(|a: &Held, b| a.0 == b.0) {
            of_frame.sort_unstable_by_key(|h| (place(&point(tracks, *h).spot), *h));
        }
        Self { tracks, held }
    }

    fn held_at(&self, frame: FrameIndex) -> &[Held] {
        let from_frame = &self.held[self.held.partition_point(|h| h.0 < frame.0)..];
        &from_frame[..from_frame.partition_point(|h| h.0 == frame.0)]
    }

    /// The spots of a frame that tracks hold, as they stand there, each with the place of its track in the list.
    pub fn held_in(&self, frame: FrameIndex) -> impl Iterator<Item = (usize, &'a TrackPoint)> {
        let tracks = self.tracks;
        let held = self.held_at(frame).iter();
        held.map(move |h| (h.1 as usize, point(tracks, *h)))
    }

    /// The track that holds the spot, by its place in the list, and the spot as it stands there.
    pub fn holder(&self, frame: FrameIndex, spot: &Spot) -> Option<(usize, &'a TrackPoint)> {
        let place = place(spot);
        let there = |h: &Held| self::place(&point(self.tracks, *h).spot);
        let of_frame = self.held_at(frame);
        let at = of_frame.partition_point(|h| there(h) < place);
        let held = *of_frame.get(at).filter(|h| there(h) == place)?;
        Some((held.1 as usize, point(self.tracks, held)))
    }
}

/// Gives the spots of tracks the standard errors that `of_track` says (of which track by its place in the list, one per point),
/// and the same spots in their frames the same; spots that no track holds get that of `without_track`.
pub(crate) fn restate_precisions(
    tracks: &mut [Track],
    frames: &mut [FrameSpots],
    of_track: impl Fn(usize, &Track) -> Vec<f64>,
    without_track: impl Fn(&Spot) -> f64,
) {
    for (i, track) in tracks.iter_mut().enumerate() {
        let precisions = of_track(i, track);
        track.restate_precisions(precisions);
    }
    let owners = Owners::of(tracks);
    for frame in frames {
        for spot in &mut frame.spots {
            spot.precision_px = match owners.holder(frame.frame, spot) {
                Some((_, point)) => point.spot.precision_px,
                None => without_track(spot),
            };
        }
    }
}
