//! Linear assignment frame by frame, then over the gaps: the LAP tracker of the field.
//!
//! First every track end of a frame and every spot of the next within `max_step_px` form a possible link of cost `d^2`
//! (d: distance, px), and the cheapest set of links is taken; what stays alone ends or begins. Then all ends and all
//! beginnings of the film that lie at most `max_gap_frames` unseen frames and `gap_max_step_px` apart are assigned in
//! the same way at once (Jaqaman et al. 2008, doi:10.1038/nmeth.1237). Staying alone costs an end and a beginning
//! `b = 1.05 x` the largest cost among the possible links of a frame, `1.05 x` their 90th percentile over the gaps. The
//! square matrix of the paper has a fourth block, in which each link costs once more the least cost `c0` of all, so a
//! link is worth while if `c + c0 < 2 b`, and that sum is what is minimised here.
//!
//! In: positions free of drift, px. Assumes steps shorter than the distance to the neighbours; knows nothing of speeds:
//! a distance below three times the root mean square step loses fast particles and makes the rest look slower.
//!
//! Measured on simulated films (200 nm, 400 in a frame of 640x480 px, 2.0 px rms per axis and frame, 2 % missed): wrong
//! links 2.9 %, links recalled 0.932 without gaps, against 4.0 % and 0.920 with the shortest pairs first (`nearest`).
//!
//! Differs from the paper in: no merging and splitting; costs are squared distances alone, not weighed by brightness or
//! by the steps of the track, and the radius is the same for all; `b` is taken from the possible links of the same two
//! frames instead of from all links made before (both as in TrackMate's simple LAP tracker); a gap has at least one
//! unseen frame, and its distance does not grow with it; an end looks at the nearest 16 spots; weak spots go on with a
//! track but do not begin one, neither in a frame nor after a gap.

use super::assignment::{Assignment, Edge, assign};
use super::neighbours::Grid;
use super::points::{Place, Points, finish, prepare};
use super::quality::not_exact_finding;
use super::{LinkInput, Linked, Linker, MakeLinker};
use crate::Tally;
use crate::method::{Entry, ParamSpec, Params};

/// The entry in the table of linkers.
pub(super) const ENTRY: Entry<MakeLinker> = Entry {
    key: "lap",
    title: "least sum of squared steps by linear assignment, with gap closing (LAP)",
    references: &["doi:10.1038/nmeth.1237", "doi:10.1007/BF02278710"],
    params: &[
        ParamSpec {
            key: "max_step_px",
            default: 10.0,
            min: 0.1,
            max: 1000.0,
            unit: "px",
            meaning: "Longest step from one frame to the next.",
        },
        ParamSpec {
            key: "gap_max_step_px",
            default: 15.0,
            min: 0.1,
            max: 1000.0,
            unit: "px",
            meaning: "Longest step over a gap, whatever its length.",
        },
        ParamSpec {
            key: "max_gap_frames",
            default: 1.0,
            min: 0.0,
            max: 10.0,
            unit: "frames",
            meaning: "A particle may go unseen in so many frames on end, dropped frames included; 0 closes no gaps.",
        },
    ],
    make: |params: &Params| {
        Box::new(Lap {
            max_step_px: params.get("max_step_px"),
            gap_max_step_px: params.get("gap_max_step_px"),
            max_gap_frames: params.get("max_gap_frames").round() as u32,
        })
    },
};

/// A track looks at no more than so many spots of a frame.
const MOST_CANDIDATES: usize = 16;
/// An end and a beginning cost so many times the largest of the usual costs.
const ALTERNATIVE_FACTOR: f64 = 1.05;
/// Which of the sorted costs counts as the largest: from frame to frame, and over gaps.
const STEP_PERCENTILE: f64 = 1.0;
const GAP_PERCENTILE: f64 = 0.9;
/// A film in which nothing moves has only costs of 0; staying alone must cost more than that, px^2.
const LEAST_ALTERNATIVE_PX2: f64 = 1e-6;

#[derive(Debug)]
struct Lap {
    max_step_px: f64,
    gap_max_step_px: f64,
    max_gap_frames: u32,
}

/// Tracks while they are made, with the rows that were not solved exactly.
#[derive(Default)]
struct Made {
    chains: Vec<Vec<Place>>,
    not_exact: u64,
}

impl Linker for Lap {
    fn link(&self, input: &LinkInput<'_>) -> Linked {
        let mut tally = Tally::default();
        let film = prepare(input, &mut tally);
        let mut made = self.segments(&film);
        if self.max_gap_frames > 0 {
            self.close_gaps(&film, &mut made);
        }
        let mut linked = finish(&film, made.chains, tally);
        linked.findings.extend(not_exact_finding(made.not_exact));
        linked
    }
}

impl Lap {
    /// Tracks without gaps, in the order of their first spots.
    fn segments(&self, film: &[Points]) -> Made {
        let mut made = Made::default();
        let mut active: Vec<Vec<Place>> = Vec::new();
        for (place, frame) in film.iter().enumerate() {
            let follows = place > 0 && frame.frame.0 - film[place - 1].frame.0 == 1;
            let edges = if follows {
                self.steps(film, frame, &active)
            } else {
                vec![Vec::new(); active.len()]
            };
            let found = assign_links(edges, frame.spots.len(), STEP_PERCENTILE);
            made.not_exact += found.rows_not_exact as u64;
            let mut next = Vec::with_capacity(frame.spots.len());
            for (mut chain, spot) in active.into_iter().zip(&found.column_of) {
                if let Some(spot) = spot {
                    chain.push((place as u32, *spot as u32));
                    next.push(chain);
                } else {
                    made.chains.push(chain);
                }
            }
            for (spot, row) in found.row_of.iter().enumerate() {
                if row.is_none() && frame.may_begin(spot) {
                    next.push(vec![(place as u32, spot as u32)]);
                }
            }
            active = next;
        }
        made.chains.extend(active);
        made.chains.sort_unstable();
        made
    }

    /// Possible links from the ends of the last frame to the spots of this one.
    fn steps(&self, film: &[Points], frame: &Points, active: &[Vec<Place>]) -> Vec<Vec<Edge>> {
        let free_px = frame.all_free_px();
        let grid = Grid::new(&free_px);
        let mut near = Vec::new();
        active
            .iter()
            .map(|chain| {
                let at = position(film, chain[chain.len() - 1]);
                grid.nearest(at, self.max_step_px, MOST_CANDIDATES, &mut near);
                near.iter()
                    .map(|n| Edge {
                        to: n.spot,
                        cost: n.distance2_px2,
                    })
                    .collect()
            })
            .collect()
    }

    /// Joins segments over frames in which nothing was seen of them.
    fn close_gaps(&self, film: &[Points], made: &mut Made) {
        let edges = self.gaps(film, &made.chains);
        let found = assign_links(edges, made.chains.len(), GAP_PERCENTILE);
        made.not_exact += found.rows_not_exact as u64;
        // Segments are in the order of time, so each is reached after whatever it goes on from.
        let mut joined: Vec<Vec<Place>> = Vec::with_capacity(made.chains.len());
        let mut track_of = vec![0; made.chains.len()];
        for (i, chain) in made.chains.drain(..).enumerate() {
            if let Some(before) = found.row_of[i] {
                track_of[i] = track_of[before];
                joined[track_of[i]].extend(chain);
            } else {
                track_of[i] = joined.len();
                joined.push(chain);
            }
        }
        made.chains = joined;
    }

    /// Possible links from the end of each segment to the beginnings of others.
    fn gaps(&self, film: &[Points], segments: &[Vec<Place>]) -> Vec<Vec<Edge>> {
        // Segments are sorted by their first frame: those that begin in one frame are neighbours in the list.
        let mut first = vec![segments.len(); film.len() + 1];
        for (i, segment) in segments.iter().enumerate().rev() {
            first[segment[0].0 as usize] = i;
        }
        for place in (0..film.len()).rev() {
            first[place] = first[place].min(first[place + 1]);
        }
        let starts: Vec<(f64, f64)> = segments.iter().map(|s| position(film, s[0])).collect();
        let grids: Vec<Grid> = (0..film.len())
            .map(|place| Grid::new(&starts[first[place]..first[place + 1]]))
            .collect();
        let mut near = Vec::new();
        segments
            .iter()
            .map(|segment| {
                let end = segment[segment.len() - 1];
                let (seen, at) = (end.0 as usize, position(film, end));
                let mut edges = Vec::new();
                for place in seen + 1..film.len() {
                    let unseen = film[place].frame.0 - film[seen].frame.0 - 1;
                    if unseen > self.max_gap_frames {
                        break;
                    }
                    if unseen > 0 {
                        grids[place].nearest(at, self.gap_max_step_px, MOST_CANDIDATES, &mut near);
                        edges.extend(near.iter().map(|n| Edge {
                            to: first[place] + n.spot,
                            cost: n.distance2_px2,
                        }));
                    }
                }
                edges
            })
            .collect()
    }
}

fn position(film: &[Points], (frame, spot): Place) -> (f64, f64) {
    film[frame as usize].free_px(spot as usize)
}

/// The cheapest links of possible ones, whose costs are squared distances, px^2.
fn assign_links(mut edges: Vec<Vec<Edge>>, columns: usize, percentile: f64) -> Assignment {
    let mut costs: Vec<f64> = edges.iter().flatten().map(|e| e.cost).collect();
    costs.sort_unstable_by(f64::total_cmp);
    if let Some(least) = costs.first() {
        let at = (percentile * (costs.len() - 1) as f64).ceil() as usize;
        let alternative = (ALTERNATIVE_FACTOR * costs[at]).max(LEAST_ALTERNATIVE_PX2);
        for edge in edges.iter_mut().flatten() {
            edge.cost += least - 2.0 * alternative;
        }
    }
    assign(&edges, columns)
}
