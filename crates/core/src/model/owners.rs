//! Which track holds which spot.

use super::{FrameIndex, FrameSpots, Spot, Track, TrackPoint};

/// Frame, and the bits of x and y. Tracks hold copies of the spots of the frames, so that equal places in one frame mean
/// the same spot.
type Place = (FrameIndex, u64, u64);

fn place(frame: FrameIndex, spot: &Spot) -> Place {
    (frame, spot.x_px.to_bits(), spot.y_px.to_bits())
}

/// The spots of tracks by where they are.
#[derive(Clone, Debug, Default)]
pub struct Owners<'a> {
    tracks: &'a [Track],
    /// Place, track by its place in the list, point by its place in the track; sorted.
    held: Vec<(Place, usize, usize)>,
}

impl<'a> Owners<'a> {
    /// Every spot of these tracks.
    pub fn of(tracks: &'a [Track]) -> Self {
        let mut held: Vec<(Place, usize, usize)> = tracks
            .iter()
            .enumerate()
            .flat_map(|(i, t)| {
                let points = t.points().iter().enumerate();
                points.map(move |(k, p)| (place(p.frame, &p.spot), i, k))
            })
            .collect();
        held.sort_unstable();
        Self { tracks, held }
    }

    /// The track that holds the spot, by its place in the list, and the spot as it stands there.
    pub fn holder(&self, frame: FrameIndex, spot: &Spot) -> Option<(usize, &'a TrackPoint)> {
        let place = place(frame, spot);
        let at = self.held.partition_point(|h| h.0 < place);
        let (_, track, point) = self.held.get(at).filter(|h| h.0 == place)?;
        Some((*track, &self.tracks[*track].points()[*point]))
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
        let points = track.points().iter().zip(precisions);
        let points = points.map(|(p, precision_px)| {
            let mut point = *p;
            point.spot.precision_px = precision_px;
            point
        });
        if let Some(restated) = Track::new(track.id(), points.collect()) {
            *track = restated;
        }
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
