//! The spots of a film as a linker sees them: freed from drift (not from shear), checked, in one fixed order.

use super::{LinkInput, Linked};
use crate::Tally;
use crate::model::{Spot, Track, TrackId, TrackPoint};
use std::cmp::Ordering;

/// Positions beyond this are no pixels of any camera, px.
const FARTHEST_PX: f64 = 1e7;

/// A spot ready to be linked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// The spot as it was measured.
    pub spot: Spot,
    /// Strong enough to begin a track.
    pub may_begin: bool,
}

/// One frame with its points, in the order of y, then x, then everything else.
#[derive(Debug)]
pub(crate) struct Points {
    /// Place in time.
    pub frame: crate::FrameIndex,
    /// Start of the exposure, s.
    pub time_s: f64,
    /// Positions (x, y) with the drift taken away, px; as long as `points`.
    pub free_px: Vec<(f64, f64)>,
    /// The points.
    pub points: Vec<Point>,
}

/// A spot by the place of its frame in the list of frames and its own place in the frame.
pub(crate) type Place = (u32, u32);

/// Makes the film ready. Spots without a position and frames that do not follow the one before are tallied.
pub(crate) fn prepare(input: &LinkInput<'_>, tally: &mut Tally) -> Vec<Points> {
    let mut out: Vec<Points> = Vec::with_capacity(input.frames.len());
    for f in input.frames {
        if out.last().is_some_and(|last| last.frame >= f.frame) {
            tally.add("frame_out_of_order", f.spots.len() as u64);
            continue;
        }
        let usable = |v: f64| v.abs() <= FARTHEST_PX;
        let mut spots: Vec<Spot> = f
            .spots
            .iter()
            .copied()
            .filter(|s| usable(s.x_px) && usable(s.y_px))
            .collect();
        tally.add("not_finite", (f.spots.len() - spots.len()) as u64);
        // Sorting makes the result independent of the order in which spots come.
        spots.sort_by(compare);
        let offset = input.drift.offset_px(f.frame);
        out.push(Points {
            frame: f.frame,
            time_s: f.time_s,
            free_px: spots.iter().map(|s| free(s, offset)).collect(),
            points: spots
                .into_iter()
                .map(|spot| Point {
                    spot,
                    may_begin: spot.snr >= input.start_snr,
                })
                .collect(),
        });
    }
    out
}

/// A drift that leaves the plane of any camera is no drift.
fn free(spot: &Spot, offset: (f64, f64)) -> (f64, f64) {
    let minus = |v: f64, o: f64| {
        if o.abs() <= FARTHEST_PX { v - o } else { v }
    };
    (minus(spot.x_px, offset.0), minus(spot.y_px, offset.1))
}

fn compare(a: &Spot, b: &Spot) -> Ordering {
    a.y_px
        .total_cmp(&b.y_px)
        .then(a.x_px.total_cmp(&b.x_px))
        .then(a.snr.total_cmp(&b.snr))
        .then(a.mass_counts.total_cmp(&b.mass_counts))
        .then(a.peak_counts.total_cmp(&b.peak_counts))
        .then(a.width_px.total_cmp(&b.width_px))
        .then(a.precision_px.total_cmp(&b.precision_px))
        .then(a.background_counts.total_cmp(&b.background_counts))
}

/// Area that the spots share, px^2: the given one, or where that makes no sense, the box around all spots.
pub(crate) fn area_px2(film: &[Points], given_px2: f64) -> f64 {
    if given_px2.is_finite() && given_px2 >= 1.0 {
        return given_px2;
    }
    let mut low = (f64::INFINITY, f64::INFINITY);
    let mut high = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for p in film.iter().flat_map(|f| &f.points) {
        low = (low.0.min(p.spot.x_px), low.1.min(p.spot.y_px));
        high = (high.0.max(p.spot.x_px), high.1.max(p.spot.y_px));
    }
    let side = |low: f64, high: f64| (high - low).max(0.0) + 1.0;
    side(low.0, high.0) * side(low.1, high.1)
}

/// Turns chains of places into numbered tracks. Weak spots join strong ones and nothing else: those at the head and at
/// the tail of a chain are taken off. Whatever joined no track, and was not left out as `link_shared`, is tallied as
/// `weak_unlinked`.
pub(crate) fn finish(film: &[Points], mut chains: Vec<Vec<Place>>, mut tally: Tally) -> Linked {
    let point = |p: &Place| &film[p.0 as usize].points[p.1 as usize];
    for chain in &mut chains {
        let weak = chain.iter().take_while(|p| !point(p).may_begin).count();
        chain.drain(..weak);
        let strong = chain.iter().rposition(|p| point(p).may_begin);
        chain.truncate(strong.map_or(0, |last| last + 1));
    }
    chains.retain(|c| !c.is_empty());
    // Places are sorted by frame, then y, then x, so comparing chains is comparing their first spots.
    chains.sort();
    let spots: usize = film.iter().map(|f| f.points.len()).sum();
    let joined: usize = chains.iter().map(Vec::len).sum();
    let left = spots.saturating_sub(joined) as u64;
    tally.add(
        "weak_unlinked",
        left.saturating_sub(tally.get("link_shared")),
    );
    let tracks = chains
        .iter()
        .zip(0..)
        .filter_map(|(chain, id)| {
            let points = chain
                .iter()
                .map(|p| TrackPoint {
                    frame: film[p.0 as usize].frame,
                    time_s: film[p.0 as usize].time_s,
                    spot: point(p).spot,
                })
                .collect();
            Track::new(TrackId(id), points)
        })
        .collect();
    Linked {
        tracks,
        tally,
        findings: Vec::new(),
    }
}
