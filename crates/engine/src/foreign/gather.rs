//! Rows become tracks.

use super::{ForeignSpot, ForeignTrack, ForeignTracks};
use nta_core::Tally;
use std::collections::BTreeMap;

/// Tracks that grow row by row, in any order.
#[derive(Default)]
pub(super) struct Gather {
    tracks: BTreeMap<u64, ForeignTrack>,
    loose: Vec<ForeignSpot>,
    /// Rows that were left out, by reason.
    pub(super) skipped: Tally,
}

impl Gather {
    /// Adds a position to a track, or to those that belong to none.
    pub(super) fn add(&mut self, track: Option<u64>, spot: ForeignSpot) {
        match track {
            Some(id) => self.track(id).points.push(spot),
            None => self.loose.push(spot),
        }
    }

    /// What the other program says about the track; the first value that is one stays. A diameter is above 0, a
    /// diffusion coefficient is signed.
    pub(super) fn state(
        &mut self,
        id: u64,
        diameter_nm: Option<f64>,
        diffusion_um2_per_s: Option<f64>,
    ) {
        let track = self.track(id);
        let diameter_nm = diameter_nm.filter(|v| *v > 0.0);
        track.diameter_nm = track.diameter_nm.or(diameter_nm);
        track.diffusion_um2_per_s = track.diffusion_um2_per_s.or(diffusion_um2_per_s);
    }

    fn track(&mut self, id: u64) -> &mut ForeignTrack {
        self.tracks.entry(id).or_insert_with(|| ForeignTrack {
            id,
            points: Vec::new(),
            diameter_nm: None,
            diffusion_um2_per_s: None,
        })
    }

    /// Puts all in order. Of two rows of a track in one frame the first in the file stays.
    pub(super) fn finish(mut self, format: &'static str) -> ForeignTracks {
        let mut tracks: Vec<ForeignTrack> = self.tracks.into_values().collect();
        tracks.retain(|track| !track.points.is_empty());
        for track in &mut tracks {
            let before = track.points.len();
            // The sort is stable, and the first of equals is kept.
            track.points.sort_by_key(|spot| spot.frame);
            track.points.dedup_by_key(|spot| spot.frame);
            let twice = before - track.points.len();
            self.skipped.add("frame_twice", twice as u64);
        }
        self.loose.sort_by_key(|spot| spot.frame);
        ForeignTracks {
            format,
            tracks,
            loose: self.loose,
            skipped: self.skipped,
        }
    }
}
