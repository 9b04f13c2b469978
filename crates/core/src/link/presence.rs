//! How particles come, go, and change in brightness: everything in a link's likelihood that is not the step.
//!
//! Spots fall into classes by their `snr`. For each class the tables say how often the next spot of the same particle
//! follows after 1, 2, ... frames or never (by itself for the first spot of a track, which may be noise that nothing
//! follows), in which class it is then, and how many spots per frame and px^2 begin
//! something new (a particle that came, or noise). All of it is counted in the tracks of an earlier pass; before
//! there is one, fixed rates stand in, with two classes: strong enough to begin a track, or not.
//!
//! A brightness that says nothing of identity makes the tables equal for all classes, and then it does not count.

use super::points::{Place, Points};

/// Chance that a particle is seen in the next frame, before anything is known.
const SEEN_NEXT: f64 = 0.93;
/// The same for the first spot of a track.
const SEEN_NEXT_FIRST: f64 = 0.7;
/// Chance that it is seen again after one frame without, and the factor for each further one.
const SEEN_LATER: f64 = 0.04;
const SEEN_LATER_FACTOR: f64 = 0.3;
/// Chance that the next spot of a particle is a weak one, before anything is known.
const WEAK_NEXT: f64 = 0.1;
/// Share of the strong spots that are new, before anything is known.
const NEW_SHARE: f64 = 0.05;
/// Brightness classes when there are enough links to fill them.
const CLASSES: usize = 10;
/// With fewer frames than this, for each frame that a particle may go unseen, nothing is learned: at either end of the film so many
/// are not counted.
const LEAST_FRAMES_PER_GAP: usize = 4;
/// With fewer spots nothing is learned. It must be spots and not links: that hardly any spot is followed by another is how
/// a film without particles shows.
const LEAST_SPOTS: usize = 200;
/// Links per pair of classes for brightness to be used.
const LINKS_PER_PAIR: usize = 5;
/// Share of the class tables that stays independent of the class before, so that no change is impossible.
const SURPRISE: f64 = 0.02;
/// What is counted per class is drawn towards the common rate as if so many had been counted already.
const PSEUDO_COUNT: f64 = 20.0;

/// The tables. All logarithms are natural.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    /// Upper edges of all classes but the last, in `snr`, rising.
    edges: Vec<f64>,
    /// `ln P(seen after k frames) / P(not seen then, nor before)`, by [frames - 1][class], and once more by
    /// [frames - 1][classes + class] for the first spot of a track.
    ln_seen: Vec<Vec<f64>>,
    /// `ln P(class of the next | class of this)`.
    ln_class: Vec<Vec<f64>>,
    /// `ln` of new spots per frame and px^2, by class.
    ln_new: Vec<f64>,
}

impl Presence {
    /// Rates that stand in before anything is known. `max_gap_frames`: frames that a particle may go unseen.
    pub fn assumed(film: &[Points], area_px2: f64, start_snr: f64, max_gap_frames: usize) -> Self {
        let frames = film.len().max(1) as f64;
        let spots: usize = film.iter().map(|f| f.spots.len()).sum();
        let strong: usize = film.iter().map(Points::strong).sum();
        let (strong, weak) = (strong as f64, (spots - strong) as f64);
        let rate = |n: f64| (n.max(1.0) / (frames * area_px2)).ln();
        let seen = [SEEN_NEXT, SEEN_NEXT_FIRST].map(|r| odds(&rates_assumed(r, max_gap_frames)));
        let class = vec![WEAK_NEXT.ln(), (1.0 - WEAK_NEXT).ln()];
        Self {
            edges: vec![start_snr],
            ln_seen: (0..=max_gap_frames)
                .map(|k| vec![seen[0][k], seen[0][k], seen[1][k], seen[1][k]])
                .collect(),
            ln_class: vec![class; 2],
            ln_new: vec![rate(weak), rate(NEW_SHARE * strong)],
        }
    }

    /// Counts the tables in the tracks of an earlier pass; `None` if there are too few spots or frames. `by_brightness`: also
    /// tell classes of strong spots apart.
    pub fn learned(
        film: &[Points],
        chains: &[Vec<Place>],
        area_px2: f64,
        max_gap_frames: usize,
        start_snr: f64,
        by_brightness: bool,
    ) -> Option<Self> {
        let spots: usize = film.iter().map(|f| f.spots.len()).sum();
        if spots < LEAST_SPOTS || film.len() < least_frames(max_gap_frames) {
            return None;
        }
        let links: usize = chains.iter().map(|c| c.len() - 1).sum();
        let mut edges = vec![start_snr];
        if by_brightness && links >= LINKS_PER_PAIR * CLASSES * CLASSES {
            edges = class_edges(film, chains, start_snr);
        }
        let counts = Counts::of(film, chains, &edges, max_gap_frames);
        let frames = film.len().saturating_sub(max_gap_frames + 1).max(1) as f64;
        Some(Self {
            ln_seen: counts.ln_seen(max_gap_frames),
            ln_class: counts.ln_class(),
            ln_new: counts
                .new
                .iter()
                .map(|n| ((n + 0.5) / (frames * area_px2)).ln())
                .collect(),
            edges,
        })
    }

    /// Class of a spot.
    pub fn class(&self, snr: f64) -> usize {
        self.edges.partition_point(|e| *e <= snr)
    }

    /// What presence and brightness add to the log-likelihood ratio of a link against an end and a beginning.
    /// `seen_after` counts frames that the film has: 1 for the next one.
    pub fn ln_ratio(&self, from: From, to_class: usize, seen_after: usize) -> f64 {
        let row = from.class + if from.first { self.ln_new.len() } else { 0 };
        self.ln_seen[seen_after - 1][row] + self.ln_class[from.class][to_class]
            - self.ln_new[to_class]
    }

    /// `ln` of new spots of this class per frame and px^2.
    pub fn ln_new(&self, class: usize) -> f64 {
        self.ln_new[class]
    }

    /// The most that [`Self::ln_ratio`] can be for a particle of this class.
    pub fn best_ln_ratio(&self, from: From, seen_after: usize) -> f64 {
        (0..self.ln_new.len())
            .map(|to| self.ln_ratio(from, to, seen_after))
            .fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Rates need so many frames, if a particle may go unseen in some.
pub(crate) fn least_frames(max_gap_frames: usize) -> usize {
    LEAST_FRAMES_PER_GAP * (max_gap_frames + 1)
}

/// The last spot of a track, as far as its future goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From {
    /// Its class.
    pub class: usize,
    /// It is the only one so far.
    pub first: bool,
}

/// Chances to be seen again after 1, 2, ... frames.
fn rates_assumed(next: f64, max_gap_frames: usize) -> Vec<f64> {
    let mut rates = vec![next];
    let mut later = SEEN_LATER;
    for _ in 0..max_gap_frames {
        rates.push(later);
        later *= SEEN_LATER_FACTOR;
    }
    rates
}

/// Log odds of being seen at each frame against not being seen then, given that it was not seen before.
fn odds(rates: &[f64]) -> Vec<f64> {
    let mut unseen = 1.0;
    rates
        .iter()
        .map(|r| {
            unseen = (unseen - r).max(1e-6);
            (r.max(1e-6) / unseen).ln()
        })
        .collect()
}

/// Edges that share the linked spots out equally, and the one between weak and strong.
fn class_edges(film: &[Points], chains: &[Vec<Place>], start_snr: f64) -> Vec<f64> {
    let mut snr: Vec<f64> = chains
        .iter()
        .filter(|c| c.len() > 1)
        .flatten()
        .map(|p| film[p.0 as usize].spots[p.1 as usize].snr)
        .filter(|v| v.is_finite())
        .collect();
    snr.sort_by(f64::total_cmp);
    let mut edges = vec![start_snr];
    for k in 1..CLASSES {
        edges.extend(snr.get(k * snr.len() / CLASSES));
    }
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}

/// What an earlier pass has shown, by class.
struct Counts {
    /// Seen again after 1, 2, ... frames; rows as in [`Presence`].
    seen: Vec<Vec<f64>>,
    /// Had the time to be seen again; as long as a row of `seen`.
    chances: Vec<f64>,
    /// Class after class.
    pairs: Vec<Vec<f64>>,
    /// Began something new.
    new: Vec<f64>,
}

impl Counts {
    fn of(film: &[Points], chains: &[Vec<Place>], edges: &[f64], max_gap_frames: usize) -> Self {
        let n = edges.len() + 1;
        let class = |p: &Place| {
            let snr = film[p.0 as usize].spots[p.1 as usize].snr;
            edges.partition_point(|e| *e <= snr)
        };
        let mut out = Self {
            seen: vec![vec![0.0; 2 * n]; max_gap_frames + 1],
            chances: vec![0.0; 2 * n],
            pairs: vec![vec![0.0; n]; n],
            new: vec![0.0; n],
        };
        // Who begins in the first frames, or ends in the last, may only be cut off by the film.
        let (first, last) = (
            max_gap_frames + 1,
            film.len().saturating_sub(max_gap_frames + 1),
        );
        let mut linked: Vec<Vec<bool>> = film.iter().map(|f| vec![false; f.spots.len()]).collect();
        for chain in chains {
            for (i, p) in chain.iter().enumerate() {
                linked[p.0 as usize][p.1 as usize] = i > 0;
                let from = class(p);
                let next = chain.get(i + 1);
                if let Some(next) = next {
                    out.pairs[from][class(next)] += 1.0;
                }
                if (p.0 as usize) < last {
                    let row = from + if i == 0 { n } else { 0 };
                    out.chances[row] += 1.0;
                    if let Some(next) = next {
                        out.seen[(next.0 - p.0) as usize - 1][row] += 1.0;
                    }
                }
            }
        }
        for (f, linked) in film.iter().zip(&linked).skip(first) {
            for (s, linked) in f.spots.iter().zip(linked) {
                if !linked {
                    out.new[edges.partition_point(|e| *e <= s.snr)] += 1.0;
                }
            }
        }
        out
    }

    fn ln_seen(&self, max_gap_frames: usize) -> Vec<Vec<f64>> {
        let n = self.new.len();
        let mut out = vec![vec![0.0; 2 * n]; max_gap_frames + 1];
        for (part, assumed) in [(0..n, SEEN_NEXT), (n..2 * n, SEEN_NEXT_FIRST)] {
            let all: f64 = self.chances[part.clone()].iter().sum::<f64>() + PSEUDO_COUNT;
            let common: Vec<f64> = rates_assumed(assumed, max_gap_frames)
                .iter()
                .zip(&self.seen)
                .map(|(r, s)| (s[part.clone()].iter().sum::<f64>() + PSEUDO_COUNT * r) / all)
                .collect();
            for row in part {
                let rates: Vec<f64> = (0..=max_gap_frames)
                    .map(|k| {
                        (self.seen[k][row] + PSEUDO_COUNT * common[k])
                            / (self.chances[row] + PSEUDO_COUNT)
                    })
                    .collect();
                for (o, odds) in out.iter_mut().zip(odds(&rates)) {
                    o[row] = odds;
                }
            }
        }
        out
    }

    fn ln_class(&self) -> Vec<Vec<f64>> {
        let n = self.new.len();
        let mut common: Vec<f64> = (0..n)
            .map(|to| self.pairs.iter().map(|row| row[to]).sum::<f64>() + 1.0)
            .collect();
        let all: f64 = common.iter().sum();
        common.iter_mut().for_each(|c| *c /= all);
        self.pairs
            .iter()
            .map(|row| {
                let sum: f64 = row.iter().sum::<f64>() + PSEUDO_COUNT;
                row.iter()
                    .zip(&common)
                    .map(|(count, c)| {
                        let own = (count + PSEUDO_COUNT * c) / sum;
                        ((1.0 - SURPRISE) * own + SURPRISE * c).ln()
                    })
                    .collect()
            })
            .collect()
    }
}
