//! One pass over the film, frame by frame: what may follow what, at what cost, and who gets whom.

use super::assignment::{Assignment, Edge, assign, margins};
use super::motion::{Belief, Motion, Step, position_variance_px2};
use super::neighbours::Grid;
use super::points::{Place, Points};
use super::presence::{From, Presence};
use std::f64::consts::PI;

/// A track looks at no more than so many spots of a frame, the nearest ones.
const MOST_CANDIDATES: usize = 8;
/// Two particles nearer than this many widths of a spot are one spot.
const HIDING_WIDTHS: f64 = 2.2;
/// Odds of being hidden rather than unseen from which a spot is taken for two.
const LEAST_HIDING_ODDS: f64 = 0.2;

/// What one pass works with.
pub(crate) struct Pass<'a> {
    /// The film.
    pub film: &'a [Points<'a>],
    /// Steps.
    pub motion: &'a Motion,
    /// Comings and goings.
    pub presence: &'a Presence,
    /// Frames of the film in which a particle may go unseen.
    pub max_gap_frames: usize,
    /// How sure a link must be.
    pub care: Care,
}

/// How sure a link must be, as natural logarithms of odds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Care {
    /// Against another pairing. Links below are not made, and the track ends.
    pub rival: f64,
    /// Against an end and a beginning, over a gap, where more may have happened. For the next frame the likelier one is taken:
    /// a gate that cuts honest steps short would make the particles look slow.
    pub later: f64,
    /// Two particles may lie behind one spot, and such spots are left out.
    pub hidden: bool,
}

impl Care {
    /// Whatever is likeliest is taken.
    pub const NONE: Self = Self {
        rival: 0.0,
        later: 0.0,
        hidden: false,
    };
}

/// What one pass gives.
#[derive(Default)]
pub(crate) struct Passed {
    /// Tracks; every spot is in one at most.
    pub chains: Vec<Vec<Place>>,
    /// Links that were not made because another pairing was nearly as likely.
    pub ambiguous: u64,
    /// Spots that two tracks claim and that belong to neither.
    pub shared: u64,
    /// Tracks that took part in an assignment too large to be solved exactly.
    pub not_exact: u64,
}

/// A track that may go on.
struct Active {
    chain: Vec<Place>,
    belief: Belief,
    at_px: (f64, f64),
    variance_px2: f64,
    class: usize,
}

impl Pass<'_> {
    /// Links the film.
    pub fn run(&self) -> Passed {
        let mut out = Passed::default();
        let mut active: Vec<Active> = Vec::new();
        for place in 0..self.film.len() {
            let mut still = Vec::with_capacity(active.len());
            for a in active {
                let seen = a.chain[a.chain.len() - 1].0 as usize;
                if place - seen > self.max_gap_frames + 1 {
                    out.chains.push(a.chain);
                } else {
                    still.push(a);
                }
            }
            active = self.frame(place, still, &mut out);
        }
        out.chains.extend(active.into_iter().map(|a| a.chain));
        out
    }

    /// Goes on by one frame: the tracks that are active afterwards.
    fn frame(&self, place: usize, mut active: Vec<Active>, out: &mut Passed) -> Vec<Active> {
        let frame = &self.film[place];
        let edges = self.edges(place, &active);
        let found = assign(&edges, frame.spots.len());
        out.not_exact += found.rows_not_exact as u64;
        let shared = self.shared(place, &active, &edges, &found);
        out.shared += shared.iter().filter(|s| **s).count() as u64;
        let keep = self.decide(&edges, &found, &shared, out);
        // A shared spot belongs to nobody: it neither continues a track nor begins one.
        let mut taken = shared.clone();
        for (row, a) in active.iter_mut().enumerate() {
            let to = found.column_of[row].filter(|spot| keep[row] && !shared[*spot]);
            if let Some(spot) = to {
                let step = self.step(a, place, spot);
                self.motion.update(&mut a.belief, &step);
                self.move_to(a, place, spot);
                taken[spot] = true;
            }
        }
        let mut next = Vec::with_capacity(active.len());
        for (row, a) in active.into_iter().enumerate() {
            if keep[row] {
                next.push(a);
            } else {
                out.chains.push(a.chain);
            }
        }
        for (spot, taken) in taken.iter().enumerate() {
            if !taken && frame.may_begin(spot) {
                let mut a = Active {
                    chain: Vec::new(),
                    belief: self.motion.before(),
                    at_px: (0.0, 0.0),
                    variance_px2: 0.0,
                    class: 0,
                };
                self.move_to(&mut a, place, spot);
                next.push(a);
            }
        }
        next
    }

    /// Which tracks go on: all but those whose link is nearly as likely to be another.
    fn decide(
        &self,
        edges: &[Vec<Edge>],
        found: &Assignment,
        shared: &[bool],
        out: &mut Passed,
    ) -> Vec<bool> {
        if self.care.rival <= 0.0 {
            return vec![true; edges.len()];
        }
        let keep: Vec<bool> = margins(edges, found)
            .iter()
            .zip(&found.column_of)
            .map(|(m, to)| *m >= self.care.rival || to.is_some_and(|spot| shared[spot]))
            .collect();
        out.ambiguous += keep.iter().filter(|k| !**k).count() as u64;
        keep
    }

    /// Which spots are two particles at once: a track that takes one leaves another without a spot, and that one is as
    /// likely hidden behind it as gone. Where such a spot lies belongs to neither.
    fn shared(
        &self,
        place: usize,
        active: &[Active],
        edges: &[Vec<Edge>],
        found: &Assignment,
    ) -> Vec<bool> {
        let spots = &self.film[place].spots;
        let mut shared = vec![false; spots.len()];
        if !self.care.hidden {
            return shared;
        }
        for (row, a) in active.iter().enumerate() {
            let seen_after = place - a.chain[a.chain.len() - 1].0 as usize;
            // A track at the end of its patience could not come out again.
            if found.column_of[row].is_some() || seen_after > self.max_gap_frames {
                continue;
            }
            for e in edges[row].iter().filter(|e| found.row_of[e.to].is_some()) {
                let spot = &spots[e.to];
                let behind_px2 = PI * (HIDING_WIDTHS * spot.width_px).powi(2);
                // The cost holds the density of the step there and the odds of being seen, against a new spot.
                let new = self.presence.ln_new(self.presence.class(spot.snr));
                shared[e.to] |= (new - e.cost).exp() * behind_px2 > LEAST_HIDING_ODDS;
            }
        }
        shared
    }

    fn move_to(&self, a: &mut Active, place: usize, spot: usize) {
        let point = &self.film[place].spots[spot];
        a.chain.push((place as u32, spot as u32));
        a.at_px = self.film[place].free_px(spot);
        a.variance_px2 = position_variance_px2(point);
        a.class = self.presence.class(point.snr);
    }

    fn step(&self, a: &Active, place: usize, spot: usize) -> Step {
        let (x, y) = self.film[place].free_px(spot);
        let spot = &self.film[place].spots[spot];
        Step {
            r2_px2: (x - a.at_px.0).powi(2) + (y - a.at_px.1).powi(2),
            frames: self.frames_since(a, place),
            noise_px2: a.variance_px2 + position_variance_px2(spot),
        }
    }

    /// Frames in time, dropped ones counted.
    fn frames_since(&self, a: &Active, place: usize) -> f64 {
        let seen = a.chain[a.chain.len() - 1].0 as usize;
        f64::from(self.film[place].frame.0 - self.film[seen].frame.0)
    }

    /// Every link that is likelier than an end and a beginning, by track.
    fn edges(&self, place: usize, active: &[Active]) -> Vec<Vec<Edge>> {
        let frame = &self.film[place];
        let free_px = frame.all_free_px();
        let grid = Grid::new(&free_px);
        let classes: Vec<usize> = frame
            .spots
            .iter()
            .map(|s| self.presence.class(s.snr))
            .collect();
        let worst_px2 = frame
            .spots
            .iter()
            .map(position_variance_px2)
            .fold(0.0, f64::max);
        let mut near = Vec::new();
        active
            .iter()
            .map(|a| {
                let seen_after = place - a.chain[a.chain.len() - 1].0 as usize;
                let from = From {
                    class: a.class,
                    first: a.chain.len() == 1,
                };
                let least_ln_odds = if seen_after > 1 { self.care.later } else { 0.0 };
                let least = (least_ln_odds - self.presence.best_ln_ratio(from, seen_after)).exp();
                let reach = self.motion.reach_px(
                    &a.belief,
                    self.frames_since(a, place),
                    a.variance_px2 + worst_px2,
                    least,
                );
                grid.nearest(a.at_px, reach, MOST_CANDIDATES, &mut near);
                near.iter()
                    .filter_map(|n| {
                        let density = self.motion.density(&a.belief, &self.step(a, place, n.spot));
                        let presence = self.presence.ln_ratio(from, classes[n.spot], seen_after);
                        let cost = -density.ln() - presence;
                        (cost < -least_ln_odds).then_some(Edge { to: n.spot, cost })
                    })
                    .collect()
            })
            .collect()
    }
}
