//! Which found spot is which known particle.

use super::found::{Found, FoundSpot};
use super::known::{Known, KnownFrame};
use nta_core::link::assignment::{Edge, assign};
use std::collections::BTreeMap;

/// A found spot belongs to a known one at most this far away, px.
pub(super) const REACH_PX: f64 = 3.0;

/// What a found spot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The known spot at this place in the frame's list.
    Particle(usize),
    /// Dust: neither right nor false.
    Ignored,
    /// Nothing that is there.
    False,
}

/// The meaning of each found spot, in the order of the known frames.
pub(super) struct Matched<'a> {
    pub frames: Vec<MatchedFrame<'a>>,
    /// Place of a frame in `frames`.
    places: BTreeMap<u32, usize>,
}

/// One frame.
pub(super) struct MatchedFrame<'a> {
    pub known: &'a KnownFrame,
    pub found: &'a [FoundSpot],
    /// For each found spot.
    pub meaning: Vec<Meaning>,
    /// For each known spot the found one.
    pub found_of: Vec<Option<usize>>,
}

impl<'a> Matched<'a> {
    /// Matches one to one within [`REACH_PX`], so that the sum of (reach^2 - distance^2) over all pairs is largest.
    pub fn new(known: &'a Known, found: &'a Found) -> Self {
        let frames: Vec<MatchedFrame<'a>> = known
            .frames
            .iter()
            .map(|k| {
                let spots = found.spots.get(&k.frame).map_or(&[][..], Vec::as_slice);
                match_frame(k, spots)
            })
            .collect();
        let places = frames
            .iter()
            .enumerate()
            .map(|(i, f)| (f.known.frame, i))
            .collect();
        Self { frames, places }
    }

    /// The frame of that number, if it is known.
    pub fn frame(&self, frame: u32) -> Option<&MatchedFrame<'a>> {
        self.places.get(&frame).map(|i| &self.frames[*i])
    }
}

fn match_frame<'a>(known: &'a KnownFrame, found: &'a [FoundSpot]) -> MatchedFrame<'a> {
    // Known spots by row, so that only near ones are looked at.
    let mut order: Vec<usize> = (0..known.spots.len()).collect();
    order.sort_by(|a, b| known.spots[*a].y_px.total_cmp(&known.spots[*b].y_px));
    let edges: Vec<Vec<Edge>> = found
        .iter()
        .map(|s| {
            let first = order.partition_point(|i| known.spots[*i].y_px < s.y_px - REACH_PX);
            order[first..]
                .iter()
                .take_while(|i| known.spots[**i].y_px <= s.y_px + REACH_PX)
                .filter_map(|&to| {
                    let k = &known.spots[to];
                    let r2 = (k.x_px - s.x_px).powi(2) + (k.y_px - s.y_px).powi(2);
                    let cost = r2 - REACH_PX * REACH_PX;
                    (cost < 0.0).then_some(Edge { to, cost })
                })
                .collect()
        })
        .collect();
    let assignment = assign(&edges, known.spots.len());
    let on_dust = |s: &FoundSpot| {
        known
            .ignored
            .iter()
            .any(|[x, y, r]| (x - s.x_px).hypot(y - s.y_px) <= *r)
    };
    let meaning = found
        .iter()
        .zip(&assignment.column_of)
        .map(|(s, k)| match k {
            Some(k) => Meaning::Particle(*k),
            None if on_dust(s) => Meaning::Ignored,
            None => Meaning::False,
        })
        .collect();
    MatchedFrame {
        known,
        found,
        meaning,
        found_of: assignment.row_of,
    }
}
