//! Velocities that last, and positions that remember.

use super::{Measured, Placed};
use crate::steps::Steps;
use std::collections::BTreeMap;

/// Frames over which a shared velocity is taken as one.
const STRETCH_FRAMES: u32 = 60;
/// Displacements this far apart have nothing in common but a velocity.
const FAR: std::ops::RangeInclusive<usize> = 4..=8;
/// Fewer products say nothing.
const FEWEST: f64 = 200.0;

/// What particles have in common in one stretch of one capture.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    /// Sum of weight times displacement (x, y).
    sum: (f64, f64),
    /// Sum of its square per particle.
    own: f64,
    /// Sum of weight times time.
    weight: f64,
    /// Sum of its square per particle.
    own_weight: f64,
}

/// The velocity that all particles share. With weights `g`, displacements `X` and times `T` of different particles,
/// `(|sum g X|^2 - sum g^2 |X|^2) / ((sum g T)^2 - sum g^2 T^2)` has its square as the mean.
#[derive(Debug, Default)]
pub(super) struct Shared {
    stretches: BTreeMap<(usize, u32), Stretch>,
    tracks: usize,
}

impl Shared {
    /// Adds a track, its displacements joined as far as they follow each other in one stretch.
    pub fn add(&mut self, track: &Placed<'_>, posterior: &[(f64, f64)]) {
        let steps = track.steps;
        let mut frame = track.first_frame;
        let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
        for k in 0..steps.len() {
            if !steps.bridged[k] {
                let part = parts.entry(frame / STRETCH_FRAMES).or_default();
                part.add(steps, k);
            }
            frame = frame.saturating_add(steps.span_frames[k]);
        }
        for (stretch, part) in parts {
            let expected: f64 = posterior
                .iter()
                .map(|(d, p)| p / (part.variance.0 + part.variance.1 * d))
                .sum();
            let g = part.time * expected;
            if !(g > 0.0 && g.is_finite()) {
                continue;
            }
            let s = self.stretches.entry((track.capture, stretch)).or_default();
            let (x, y) = (g * part.by.0, g * part.by.1);
            s.sum = (s.sum.0 + x, s.sum.1 + y);
            s.own += x * x + y * y;
            s.weight += g * part.time;
            s.own_weight += (g * part.time).powi(2);
            self.tracks += 1;
        }
    }

    /// The squared velocity.
    pub fn read(&self) -> Option<Measured> {
        if (self.tracks as f64) < FEWEST {
            return None;
        }
        let (mut square, mut weight, mut variance) = (0.0, 0.0, 0.0);
        for s in self.stretches.values() {
            square += s.sum.0 * s.sum.0 + s.sum.1 * s.sum.1 - s.own;
            weight += s.weight * s.weight - s.own_weight;
            variance += s.own * s.own;
        }
        (weight > 0.0).then(|| Measured {
            value: square / weight,
            std_err: variance.sqrt() / weight,
        })
    }
}

/// One track in one stretch.
#[derive(Default)]
struct Part {
    by: (f64, f64),
    time: f64,
    /// Variance of `by` per axis: a constant and a slope with D.
    variance: (f64, f64),
    last: Option<usize>,
}

impl Part {
    fn add(&mut self, steps: &Steps, k: usize) {
        self.by = (self.by.0 + steps.dx_um[k], self.by.1 + steps.dy_um[k]);
        self.time += steps.span_s[k];
        let mut more = |(constant, slope): (f64, f64), times: f64| {
            self.variance.0 += times * constant;
            self.variance.1 += times * slope;
        };
        more(steps.variance_line(k), 1.0);
        if k > 0 && self.last == Some(k - 1) {
            more(steps.covariance_line(k - 1), 2.0);
        }
        self.last = Some(k);
    }
}

/// Sums of one track over pairs of displacements.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs {
    /// Weighted products.
    product: f64,
    /// Weighted products of their times, s^2.
    time: f64,
    /// Weighted variances of a displacement.
    variance: f64,
    pairs: f64,
}

/// Products of displacements of one particle, far apart and next but one.
#[derive(Debug, Default)]
pub(super) struct Kept {
    far: Vec<Pairs>,
    next_but_one: Vec<Pairs>,
}

impl Kept {
    /// Adds a track.
    pub fn add(&mut self, steps: &Steps, posterior: &[(f64, f64)]) {
        let diffusion: f64 = posterior.iter().map(|(d, p)| d * p).sum();
        let n = steps.len();
        let mut usual = (0.0, 0.0);
        for k in steps.used() {
            let (constant, slope) = steps.variance_line(k);
            usual = (usual.0 + constant + slope * diffusion, usual.1 + 1.0);
        }
        let usual = usual.0 / usual.1;
        if !(usual > 0.0 && usual.is_finite()) {
            return;
        }
        // Two products of displacements of variance v scatter by v^2.
        let weight = usual.powi(-2);
        let (mut far, mut near) = (Pairs::default(), Pairs::default());
        for k in 0..n {
            for lag in std::iter::once(2).chain(FAR) {
                let j = k + lag;
                if j >= n || steps.bridged[k..=j].contains(&true) {
                    break;
                }
                let into = if lag == 2 { &mut near } else { &mut far };
                let product =
                    0.5 * (steps.dx_um[k] * steps.dx_um[j] + steps.dy_um[k] * steps.dy_um[j]);
                into.product += weight * product;
                into.time += weight * steps.span_s[k] * steps.span_s[j];
                into.variance += weight * usual;
                into.pairs += 1.0;
            }
        }
        self.far.push(far);
        self.next_but_one.push(near);
    }

    /// The squared velocity of two axes that is kept, and the memory.
    pub fn read(&self) -> (Option<Measured>, Option<Measured>) {
        let velocity = ratio(&self.far, |p| p.time);
        let far = ratio(&self.far, |p| p.variance);
        let near = ratio(&self.next_but_one, |p| p.variance);
        let memory = near.zip(far).map(|(near, far)| Measured {
            value: near.value - far.value,
            std_err: near.std_err.hypot(far.std_err),
        });
        let two_axes = velocity.map(|v| Measured {
            value: 2.0 * v.value,
            std_err: 2.0 * v.std_err,
        });
        (two_axes, memory)
    }
}

/// Ratio of sums over tracks, and its standard error from their scatter.
fn ratio(tracks: &[Pairs], below: fn(&Pairs) -> f64) -> Option<Measured> {
    let sum = |f: &dyn Fn(&Pairs) -> f64| tracks.iter().map(f).sum::<f64>();
    let all = sum(&below);
    if sum(&|p| p.pairs) < FEWEST || all <= 0.0 {
        return None;
    }
    let value = sum(&|p| p.product) / all;
    let scatter = sum(&|p| (p.product - value * below(p)).powi(2));
    Some(Measured {
        value,
        std_err: scatter.sqrt() / all,
    })
}
