//! The displacements of all tracks with the weights that they deserve, and their sums by frame.

use super::clock::Clock;
use crate::model::{Track, TrackPoint};

/// Displacements longer than so many standard deviations (per axis) count as if they were just as long.
const HUBER_SD: f64 = 4.0;
/// The step variance of a track is drawn towards the common one as if it had so many steps more of it. A weight
/// taken from the same steps that it weighs would favour steps that happen to be short.
const STEPS_OF_PRIOR: f64 = 5.0;
/// Steps longer than this are no motion of anything that a camera follows, px.
const LONGEST_PX: f64 = 1e6;
/// Bounds of the share of the scatter that lasts: 1.5 for a shutter that never closes, less with errors of position.
const LASTING: (f64, f64) = (0.1, 2.0);

/// One displacement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Displacement {
    /// Track, by its place in the list.
    pub track: usize,
    /// Frame where it begins.
    pub from: usize,
    /// Frames that it takes.
    pub frames: usize,
    /// Time that it takes, ordinary frame intervals.
    pub span: f64,
    /// The middle of its way (x, y) in the picture, px.
    pub middle_px: (f64, f64),
    /// Displacement (x, y), px.
    pub by_px: (f64, f64),
    /// Inverse of the step variance of its track per axis and frame interval, px^-2.
    pub weight: f64,
}

impl Displacement {
    /// The share of a displacement that counts, if it should have been `expected`: less than 1 beyond
    /// [`HUBER_SD`] of its own steps.
    pub fn clip(&self, expected: (f64, f64)) -> f64 {
        let (dx, dy) = (self.by_px.0 - expected.0, self.by_px.1 - expected.1);
        // Over m intervals the variance per axis is m / weight.
        let length_sd = ((dx * dx + dy * dy) * self.weight / (2.0 * self.span)).sqrt();
        (HUBER_SD / length_sd).min(1.0)
    }
}

/// The displacements of all tracks that lie within the frames of a clock, by track, then time. They are worked out anew each
/// time that they are looked at: a long film has millions of them, and a list for every stage would outweigh its tracks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Displacements<'a> {
    tracks: &'a [Track],
    /// Time of each frame, ordinary frame intervals.
    at: &'a [f64],
    /// Where a motion that is not to count carries everything by frame, px.
    carried_px: Option<&'a [(f64, f64)]>,
    /// By track; empty as long as they are not weighed.
    weights: &'a [f64],
}

impl<'a> Displacements<'a> {
    /// Those of tracks as they are, not yet weighed.
    pub fn of(tracks: &'a [Track], clock: &'a Clock) -> Self {
        Self {
            tracks,
            at: &clock.at,
            carried_px: None,
            weights: &[],
        }
    }

    /// The same without a motion that carries everything to `offsets` by frame, and with nothing else taken away.
    pub fn without(self, offsets: &'a [(f64, f64)]) -> Self {
        Self {
            carried_px: Some(offsets),
            ..self
        }
    }

    /// The same with these weights by track.
    pub fn weighed(self, weights: &'a [f64]) -> Self {
        Self { weights, ..self }
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Displacement> + 'a {
        let of_track = move |(number, t): (usize, &'a Track)| {
            let steps = t.points().windows(2);
            steps.filter_map(move |w| self.between(number, &w[0], &w[1]))
        };
        self.tracks.iter().enumerate().flat_map(of_track)
    }

    fn between(&self, track: usize, a: &TrackPoint, b: &TrackPoint) -> Option<Displacement> {
        let (from, to) = (a.frame.0 as usize, b.frame.0 as usize);
        let (x, y) = (b.spot.x_px - a.spot.x_px, b.spot.y_px - a.spot.y_px);
        let moves = x.abs() <= LONGEST_PX && y.abs() <= LONGEST_PX;
        if to >= self.at.len() || !moves {
            return None;
        }
        let carried = self.carried_px.map_or((0.0, 0.0), |offsets| {
            let (a, b) = (offsets[from], offsets[to]);
            (b.0 - a.0, b.1 - a.1)
        });
        Some(Displacement {
            track,
            from,
            frames: to - from,
            span: self.at[to] - self.at[from],
            middle_px: (
                0.5 * (a.spot.x_px + b.spot.x_px),
                0.5 * (a.spot.y_px + b.spot.y_px),
            ),
            by_px: (x - carried.0, y - carried.1),
            weight: self.weights.get(track).copied().unwrap_or(0.0),
        })
    }

    /// The number that half of the displacements exceed.
    pub fn median(self, number: impl Fn(Displacement) -> f64) -> f64 {
        let points: usize = self.tracks.iter().map(|t| t.points().len()).sum();
        let mut all = Vec::with_capacity(points);
        all.extend(self.iter().map(number));
        median(all)
    }
}

/// Weights by track, from the step variances about the median velocity.
pub(super) fn weights(all: Displacements<'_>) -> Vec<f64> {
    let velocity = median_velocity(all);
    let mut sums = vec![(0.0, 0.0); all.tracks.len()];
    for d in all.iter() {
        let m = d.span;
        let (dx, dy) = (d.by_px.0 - velocity.0 * m, d.by_px.1 - velocity.1 * m);
        sums[d.track].0 += (dx * dx + dy * dy) / (2.0 * m);
        sums[d.track].1 += 1.0;
    }
    let moving = sums.iter().filter(|s| s.1 > 0.0).map(|s| s.0 / s.1);
    let common = median(moving.collect()).max(1e-9);
    sums.iter()
        .map(|(sum, n)| (n + STEPS_OF_PRIOR) / (sum + STEPS_OF_PRIOR * common))
        .collect()
}

/// The velocity that half of the displacements exceed, by axis, px per frame interval.
pub(super) fn median_velocity(all: Displacements<'_>) -> (f64, f64) {
    (
        all.median(|d| d.by_px.0 / d.span),
        all.median(|d| d.by_px.1 / d.span),
    )
}

/// What the particles' own motion scatters a mean over many frames, as a share of what it would if steps that follow
/// each other had nothing in common. An exposure makes them alike, an error of position opposite (Berglund 2010,
/// doi:10.1103/PhysRevE.82.011917), so that the share is `1 + 2 r` with `r` the correlation of neighbouring steps.
pub(super) fn lasting_share(rest: Displacements<'_>) -> f64 {
    let (mut square, mut squares) = (0.0, 0.0);
    let (mut product, mut products) = (0.0, 0.0);
    let mut before: Option<Displacement> = None;
    for b in rest.iter() {
        square += b.weight * (b.by_px.0 * b.by_px.0 + b.by_px.1 * b.by_px.1) / b.span;
        squares += 1.0;
        let follows = |a: &Displacement| {
            a.track == b.track && a.frames == 1 && b.frames == 1 && a.from + 1 == b.from
        };
        if let Some(a) = before.filter(follows) {
            product += a.weight * (a.by_px.0 * b.by_px.0 + a.by_px.1 * b.by_px.1);
            products += 1.0;
        }
        before = Some(b);
    }
    if squares == 0.0 || products == 0.0 || square <= 0.0 {
        return 1.0;
    }
    let r = (product / products) / (square / squares);
    (1.0 + 2.0 * r).clamp(LASTING.0, LASTING.1)
}

/// Median, 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// By frame: weighted sums of the velocities, px per frame interval, and the weights.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// Sums of weight times velocity (x, y).
    pub velocity: Vec<(f64, f64)>,
    /// Sums of weights: the inverse variance of the mean velocity per axis.
    pub weight: Vec<f64>,
}

/// Sums the velocities over every interval between frames that a displacement spans. `expected(interval)` is the
/// velocity about which long displacements are clipped.
pub(super) fn sum(
    all: Displacements<'_>,
    intervals: usize,
    expected: impl Fn(usize) -> (f64, f64),
) -> Sums {
    let mut out = Sums {
        velocity: vec![(0.0, 0.0); intervals],
        weight: vec![0.0; intervals],
    };
    for d in all.iter() {
        let m = d.span;
        let e = expected(d.from);
        let (dx, dy) = (d.by_px.0 / m - e.0, d.by_px.1 / m - e.1);
        let clip = d.clip((e.0 * m, e.1 * m));
        let v = (e.0 + clip * dx, e.1 + clip * dy);
        for k in d.from..d.from + d.frames {
            out.velocity[k].0 += d.weight * v.0;
            out.velocity[k].1 += d.weight * v.1;
            out.weight[k] += d.weight;
        }
    }
    out
}
