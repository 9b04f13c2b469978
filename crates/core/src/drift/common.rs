//! The displacements of all tracks with the weights that they deserve, and their sums by frame.

use crate::model::Track;

/// Displacements longer than so many standard deviations (per axis) count as if they were just as long.
const HUBER_SD: f64 = 4.0;
/// The step variance of a track is drawn towards the common one as if it had so many steps more of it. A weight
/// taken from the same steps that it weighs would favour steps that happen to be short.
const STEPS_OF_PRIOR: f64 = 5.0;
/// Steps longer than this are no motion of anything that a camera follows, px.
const LONGEST_PX: f64 = 1e6;

/// One displacement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Displacement {
    /// Track, by its place in the list.
    pub track: usize,
    /// Frame where it begins.
    pub from: usize,
    /// Frames that it takes.
    pub frames: usize,
    /// Displacement (x, y), px.
    pub by_px: (f64, f64),
    /// Inverse of the step variance of its track per axis and frame, px^-2.
    pub weight: f64,
}

/// The displacements of all tracks that lie within the first `frames` frames, by track, then time.
pub(super) fn displacements(tracks: &[Track], frames: usize) -> Vec<Displacement> {
    let mut out = Vec::new();
    for (number, t) in tracks.iter().enumerate() {
        for w in t.points().windows(2) {
            let (from, to) = (w[0].frame.0 as usize, w[1].frame.0 as usize);
            let by_px = (
                w[1].spot.x_px - w[0].spot.x_px,
                w[1].spot.y_px - w[0].spot.y_px,
            );
            if to < frames && by_px.0.abs() <= LONGEST_PX && by_px.1.abs() <= LONGEST_PX {
                out.push(Displacement {
                    track: number,
                    from,
                    frames: to - from,
                    by_px,
                    weight: 0.0,
                });
            }
        }
    }
    weigh(&mut out, tracks.len());
    out
}

/// Sets the weights from the step variances about the median velocity.
fn weigh(all: &mut [Displacement], tracks: usize) {
    let velocity = (
        median(all.iter().map(|d| d.by_px.0 / d.frames as f64).collect()),
        median(all.iter().map(|d| d.by_px.1 / d.frames as f64).collect()),
    );
    let mut sums = vec![(0.0, 0.0); tracks];
    for d in all.iter() {
        let m = d.frames as f64;
        let (dx, dy) = (d.by_px.0 - velocity.0 * m, d.by_px.1 - velocity.1 * m);
        sums[d.track].0 += (dx * dx + dy * dy) / (2.0 * m);
        sums[d.track].1 += 1.0;
    }
    let moving = sums.iter().filter(|s| s.1 > 0.0).map(|s| s.0 / s.1);
    let common = median(moving.collect()).max(1e-9);
    for d in all.iter_mut() {
        let (sum, n) = sums[d.track];
        d.weight = (n + STEPS_OF_PRIOR) / (sum + STEPS_OF_PRIOR * common);
    }
}

/// Median, 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// By frame: weighted sums of the velocities, px per frame, and the weights.
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
    all: &[Displacement],
    intervals: usize,
    expected: impl Fn(usize) -> (f64, f64),
) -> Sums {
    let mut out = Sums {
        velocity: vec![(0.0, 0.0); intervals],
        weight: vec![0.0; intervals],
    };
    for d in all {
        let m = d.frames as f64;
        let e = expected(d.from);
        let (dx, dy) = (d.by_px.0 / m - e.0, d.by_px.1 / m - e.1);
        // The velocity over m frames has the variance a / m, 1 / weight being a.
        let length_sd = ((dx * dx + dy * dy) * m * d.weight / 2.0).sqrt();
        let clip = (HUBER_SD / length_sd).min(1.0);
        let v = (e.0 + clip * dx, e.1 + clip * dy);
        for k in d.from..d.from + d.frames {
            out.velocity[k].0 += d.weight * v.0;
            out.velocity[k].1 += d.weight * v.1;
            out.weight[k] += d.weight;
        }
    }
    out
}
