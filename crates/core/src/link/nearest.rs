//! Links to the nearest neighbour within a fixed distance: the textbook method, for comparison.
//!
//! In each frame all pairs of tracks and spots within `max_step_px` are taken shortest first (Crocker & Grier 1996,
//! doi:10.1006/jcis.1996.0217, for the idea of a largest step). With `max_gap_frames = 0` a track ends where nothing is
//! in reach in the very next frame: the fixed-radius nearest neighbour without gaps.
//!
//! Differs from the paper in: shortest pair first instead of the least sum of squares; the distance is not widened
//! over gaps. A fixed distance below three times the root mean square step loses fast particles and makes the rest
//! look slower.

use super::neighbours::Grid;
use super::points::{Place, Points, finish, prepare};
use super::{LinkInput, Linked, Linker, MakeLinker};
use crate::Tally;
use crate::method::{Entry, ParamSpec, Params};

/// The entry in the table of linkers.
pub(super) const ENTRY: Entry<MakeLinker> = Entry {
    key: "nearest",
    title: "nearest neighbour within a fixed distance",
    references: &["doi:10.1006/jcis.1996.0217"],
    params: &[
        ParamSpec {
            key: "max_step_px",
            default: 10.0,
            min: 0.1,
            max: 1000.0,
            unit: "px",
            meaning: "Longest step, whatever the gap.",
        },
        ParamSpec {
            key: "max_gap_frames",
            default: 1.0,
            min: 0.0,
            max: 10.0,
            unit: "frames",
            meaning: "A particle may go unseen in so many frames on end, dropped frames included.",
        },
    ],
    make: |params: &Params| {
        Box::new(Nearest {
            max_step_px: params.get("max_step_px"),
            max_gap_frames: params.get("max_gap_frames").round() as u32,
        })
    },
};

/// A track looks at no more than so many spots of a frame.
const MOST_CANDIDATES: usize = 16;

#[derive(Debug)]
struct Nearest {
    max_step_px: f64,
    max_gap_frames: u32,
}

impl Linker for Nearest {
    fn link(&self, input: &LinkInput<'_>) -> Linked {
        let mut tally = Tally::default();
        let film = prepare(input, &mut tally);
        let mut done: Vec<Vec<Place>> = Vec::new();
        let mut active: Vec<Vec<Place>> = Vec::new();
        for place in 0..film.len() {
            let now = film[place].frame.0;
            let (still, ended) = active.into_iter().partition(|c: &Vec<Place>| {
                now - film[c[c.len() - 1].0 as usize].frame.0 <= self.max_gap_frames + 1
            });
            done.extend::<Vec<_>>(ended);
            active = still;
            self.frame(&film, place, &mut active);
        }
        done.extend(active);
        finish(&film, done, tally)
    }
}

impl Nearest {
    fn frame(&self, film: &[Points], place: usize, active: &mut Vec<Vec<Place>>) {
        let frame = &film[place];
        let free_px = frame.all_free_px();
        let grid = Grid::new(&free_px);
        let mut pairs = Vec::new();
        let mut near = Vec::new();
        for (track, chain) in active.iter().enumerate() {
            let (f, s) = chain[chain.len() - 1];
            let at = film[f as usize].free_px(s as usize);
            grid.nearest(at, self.max_step_px, MOST_CANDIDATES, &mut near);
            pairs.extend(near.iter().map(|n| (n.distance2_px2, track, n.spot)));
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut track_taken = vec![false; active.len()];
        let mut spot_taken = vec![false; frame.spots.len()];
        for (_, track, spot) in pairs {
            if !track_taken[track] && !spot_taken[spot] {
                track_taken[track] = true;
                spot_taken[spot] = true;
                active[track].push((place as u32, spot as u32));
            }
        }
        for (spot, taken) in spot_taken.iter().enumerate() {
            if !taken && frame.may_begin(spot) {
                active.push(vec![(place as u32, spot as u32)]);
            }
        }
    }
}
