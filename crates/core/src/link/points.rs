//! The spots of a film as a linker sees them: freed from drift (not from shear), checked, in one fixed order.

use super::{LinkInput, Linked};
use crate::Tally;
use crate::model::{Spot, Track, TrackId, TrackPoint};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Positions beyond this are no pixels of any camera, px.
const FARTHEST_PX: f64 = 1e7;

/// One frame with its spots, in the order of y, then x, then everything else.
#[derive(Debug)]
pub(crate) struct Points<'a> {
    /// Place in time.
    pub frame: crate::FrameIndex,
    /// Start of the exposure, s.
    pub time_s: f64,
    /// The spots as they were measured.
    pub spots: Cow<'a, [Spot]>,
    offset_px: (f64, f64),
    start_snr: f64,
}

impl Points<'_> {
    /// The position (x, y) of a spot with the drift taken away, px.
    pub fn free_px(&self, spot: usize) -> (f64, f64) {
        free(&self.spots[spot], self.offset_px)
    }

    /// Those of all spots.
    pub fn all_free_px(&self) -> Vec<(f64, f64)> {
        (0..self.spots.len()).map(|i| self.free_px(i)).collect()
    }

    /// A spot is strong enough to begin a track.
    pub fn may_begin(&self, spot: usize) -> bool {
        self.spots[spot].snr >= self.start_snr
    }

    /// How many are.
    pub fn strong(&self) -> usize {
        (0..self.spots.len()).filter(|i| self.may_begin(*i)).count()
    }
}

/// A spot by the place of its frame in the list of frames and its own place in the frame.
pub(crate) type Place = (u32, u32);

/// Makes the film ready. Spots without a position and frames that do not follow the one before are tallied.
pub(crate) fn prepare<'a>(input: &LinkInput<'a>, tally: &mut Tally) -> Vec<Points<'a>> {
    let mut out: Vec<Points<'a>> = Vec::with_capacity(input.frames.len());
    for f in input.frames {
        if out.last().is_some_and(|last| last.frame >= f.frame) {
            tally.add("frame_out_of_order", f.spots.len() as u64);
            continue;
        }
        let spots = in_order(&f.spots);
        tally.add("not_finite", (f.spots.len() - spots.len()) as u64);
        out.push(Points {
            frame: f.frame,
            time_s: f.time_s,
            spots,
            offset_px: input.drift.offset_px(f.frame),
            start_snr: input.start_snr,
        });
    }
    out
}

/// The spots that have a position, in one order, which makes the result independent of the order in which they come. As
/// that is usually the one in which they are found, they need not be held twice.
fn in_order(spots: &[Spot]) -> Cow<'_, [Spot]> {
    let usable = |s: &Spot| s.x_px.abs() <= FARTHEST_PX && s.y_px.abs() <= FARTHEST_PX;
    if spots.iter().all(usable) && spots.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return Cow::Borrowed(spots);
    }
    let mut sorted: Vec<Spot> = spots.iter().copied().filter(usable).collect();
    sorted.sort_by(compare);
    Cow::Owned(sorted)
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
    for s in film.iter().flat_map(|f| f.spots.iter()) {
        low = (low.0.min(s.x_px), low.1.min(s.y_px));
        high = (high.0.max(s.x_px), high.1.max(s.y_px));
    }
    let side = |low: f64, high: f64| (high - low).max(0.0) + 1.0;
    side(low.0, high.0) * side(low.1, high.1)
}

/// Turns chains of places into numbered tracks. Weak spots join strong ones and nothing else: those at the head and at
/// the tail of a chain are taken off. Whatever joined no track, and was not left out as `link_shared`, is tallied as
/// `weak_unlinked`.
pub(crate) fn finish(film: &[Points], mut chains: Vec<Vec<Place>>, mut tally: Tally) -> Linked {
    let may_begin = |p: &Place| film[p.0 as usize].may_begin(p.1 as usize);
    for chain in &mut chains {
        let weak = chain.iter().take_while(|p| !may_begin(p)).count();
        chain.drain(..weak);
        let strong = chain.iter().rposition(&may_begin);
        chain.truncate(strong.map_or(0, |last| last + 1));
    }
    chains.retain(|c| !c.is_empty());
    // Places are sorted by frame, then y, then x, so comparing chains is comparing their first spots.
    chains.sort();
    let spots: usize = film.iter().map(|f| f.spots.len()).sum();
    let joined: usize = chains.iter().map(Vec::len).sum();
    let left = spots.saturating_sub(joined) as u64;
    tally.add(
        "weak_unlinked",
        left.saturating_sub(tally.get("link_shared")),
    );
    let tracks = chains
        .into_iter()
        .zip(0..)
        .filter_map(|(chain, id)| {
            let points = chain
                .iter()
                .map(|p| TrackPoint {
                    frame: film[p.0 as usize].frame,
                    time_s: film[p.0 as usize].time_s,
                    spot: film[p.0 as usize].spots[p.1 as usize],
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
