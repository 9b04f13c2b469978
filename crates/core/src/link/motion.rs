//! How far particles step: a grid of step variances, what the population is made of, and what one track has shown.
//!
//! Per axis and for a gap of `m` frames a displacement has the variance `a = v m + s_i^2 + s_j^2`: `v = 2 D dt` in
//! px^2 per frame, `s` the precisions of both ends (Michalet & Berglund 2012, doi:10.1103/PhysRevE.85.061916, eq. 3).
//! The population of `v` is the nonparametric maximum-likelihood mixture (Laird 1978,
//! doi:10.1080/01621459.1978.10480103) over tracks, by EM.
//!
//! Differs from the paper in: motion blur, `-2 R` frames in the first term, is left out. It does not depend on the
//! gap and is nearly in proportion to `v`, so that the grid takes it up; `v` here is the apparent one. The same holds
//! for a common error of the stated precisions. Steps of one track are taken as independent.

use super::points::{Place, Points};
use crate::model::Spot;
use std::ops::Range;

/// Slowest step variance on the grid: (0.05 px)^2, below which no camera sees motion.
const SLOWEST_PX2: f64 = 0.0025;
/// The grid never ends below this, px^2 per frame.
const LEAST_FASTEST_PX2: f64 = 1.0;
/// Neighbouring grid points differ by this factor, finer than what one track of 30 steps can tell (18 %).
const GRID_FACTOR: f64 = 1.35;
/// Fastest grid point by density: particles so fast that a stranger lies within their ordinary reach as often as
/// not, `2 pi rho v = 0.5`, cannot be followed by anyone.
const FASTEST_AMBIGUITY: f64 = 0.5;
/// No position is better than this, px: stated precisions of bright spots leave out what overlaps do.
const PRECISION_FLOOR_PX: f64 = 0.05;
/// No position of a spot is worse than this, px.
const PRECISION_CEILING_PX: f64 = 2.0;
/// Rounds of EM.
const EM_ROUNDS: usize = 100;
/// Share of the prior that stays flat, for particles that the population has not shown.
const FLAT_SHARE: f64 = 0.1;
/// Weights below this, relative to all, are not looked at.
const NEGLIGIBLE: f64 = 1e-9;

/// Squared precision of a spot, made sane, px^2.
pub(crate) fn position_variance_px2(spot: &Spot) -> f64 {
    let p = spot.precision_px;
    if p.is_finite() {
        p.clamp(PRECISION_FLOOR_PX, PRECISION_CEILING_PX).powi(2)
    } else {
        PRECISION_CEILING_PX.powi(2)
    }
}

/// One displacement of a track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Squared length, px^2.
    pub r2_px2: f64,
    /// Frames from one end to the other.
    pub frames: f64,
    /// Sum of the squared precisions of both ends, px^2.
    pub noise_px2: f64,
}

/// The displacements of a chain of places.
pub(crate) fn steps(film: &[Points], chain: &[Place]) -> Vec<Step> {
    chain
        .windows(2)
        .map(|w| {
            let (a, b) = (&film[w[0].0 as usize], &film[w[1].0 as usize]);
            let (i, j) = (w[0].1 as usize, w[1].1 as usize);
            let (dx, dy) = (
                b.free_px(j).0 - a.free_px(i).0,
                b.free_px(j).1 - a.free_px(i).1,
            );
            Step {
                r2_px2: dx * dx + dy * dy,
                frames: f64::from(b.frame.0 - a.frame.0),
                noise_px2: position_variance_px2(&a.spots[i]) + position_variance_px2(&b.spots[j]),
            }
        })
        .collect()
}

/// The grid has at most so many points, whatever the parameters.
const MOST_POINTS: usize = 64;

/// `exp(x)` for `x <= 0` to 1e-9 of its value (below -700 as at -700), by Taylor's series about the nearest multiple of
/// ln 2. Unlike the one of the platform it is vectorised and gives the same bits everywhere.
fn exp_negative(x: f64) -> f64 {
    // Adding 1.5 * 2^52 rounds to a whole number and leaves it in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let x = x.max(-700.0);
    let t = x * std::f64::consts::LOG2_E + ROUND;
    let z = x - (t - ROUND) * std::f64::consts::LN_2;
    let mut p = 1.0 / 40_320.0;
    for c in [
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = p * z + c;
    }
    p * f64::from_bits(t.to_bits().wrapping_add(1023) << 52)
}

/// What is known of the step variance of one particle: weights on the grid that sum to 1, and are 0 outside of `span`.
#[derive(Clone, Debug)]
pub(crate) struct Belief {
    weights: Vec<f64>,
    span: Range<usize>,
}

impl Belief {
    fn new(weights: Vec<f64>) -> Self {
        let mut belief = Self {
            span: 0..weights.len(),
            weights,
        };
        belief.narrow();
        belief
    }

    /// Drops negligible weights from both ends.
    fn narrow(&mut self) {
        let heard = |w: &f64| *w > NEGLIGIBLE;
        let first = self.weights.iter().position(heard).unwrap_or(0);
        let end = self.weights.iter().rposition(heard).map_or(0, |i| i + 1);
        self.span = first..end.max(first);
        self.weights[..self.span.start].fill(0.0);
        self.weights[self.span.end..].fill(0.0);
    }

    /// Weights within the span.
    fn heard(&self) -> &[f64] {
        &self.weights[self.span.clone()]
    }
}

/// The grid of step variances with the shares of the population.
#[derive(Clone, Debug)]
pub(crate) struct Motion {
    /// Step variances per axis, px^2 per frame, rising.
    pub grid_px2: Vec<f64>,
    /// What is thought of a particle before its first step; sums to 1.
    pub prior: Vec<f64>,
    /// Shares of the population as they were found, without the flat part; `None` before.
    pub population: Option<Vec<f64>>,
}

impl Motion {
    /// A flat prior on a grid as fast as a density of `per_px2` particles supports.
    pub fn flat(per_px2: f64, fastest_px2: f64) -> Self {
        let reach = FASTEST_AMBIGUITY / (2.0 * std::f64::consts::PI * per_px2.max(1e-12));
        let fastest = reach.min(fastest_px2).max(LEAST_FASTEST_PX2);
        let n = ((fastest / SLOWEST_PX2).ln() / GRID_FACTOR.ln()).ceil() as usize + 1;
        let n = n.min(MOST_POINTS);
        let grid_px2 = (0..n)
            .map(|i| SLOWEST_PX2 * GRID_FACTOR.powi(i as i32))
            .collect();
        Self {
            grid_px2,
            prior: vec![1.0 / n as f64; n],
            population: None,
        }
    }

    /// Learns the population from tracks. Tracks of at least two steps are taken if there are `20` of them, or else
    /// all with a step; without any the prior stays flat.
    pub fn learn(&mut self, film: &[Points], chains: &[Vec<Place>]) {
        let long = chains.iter().filter(|c| c.len() > 2).count();
        let least = if long >= 20 { 3 } else { 2 };
        let n = self.grid_px2.len();
        let flat = Belief::new(vec![1.0 / n as f64; n]);
        let mut rows: Vec<f64> = Vec::new();
        for chain in chains.iter().filter(|c| c.len() >= least) {
            // What one track has shown to someone who knew nothing is its likelihood.
            let mut belief = flat.clone();
            for step in steps(film, chain) {
                self.update(&mut belief, &step);
            }
            rows.extend(belief.weights);
        }
        if rows.is_empty() {
            return;
        }
        let shares = mixture(&rows, n);
        let flat = FLAT_SHARE / n as f64;
        self.prior = shares
            .iter()
            .map(|s| (1.0 - FLAT_SHARE) * s + flat)
            .collect();
        self.population = Some(shares);
    }

    /// Step variance below which the given share of the population lies, px^2 per frame; `None` before it is known.
    pub fn quantile_px2(&self, share: f64) -> Option<f64> {
        let population = self.population.as_ref()?;
        let mut sum = 0.0;
        for (s, v) in population.iter().zip(&self.grid_px2) {
            sum += s;
            if sum >= share - 1e-12 {
                return Some(*v);
            }
        }
        self.grid_px2.last().copied()
    }

    /// Share of the population on the two fastest grid points, 0 to 1.
    pub fn at_the_fast_end(&self) -> f64 {
        let Some(population) = &self.population else {
            return 0.0;
        };
        population.iter().rev().take(2).sum()
    }

    /// What is thought of a particle before its first step.
    pub fn before(&self) -> Belief {
        Belief::new(self.prior.clone())
    }

    /// Mean step variance of a particle, px^2 per frame.
    pub fn mean_px2(&self, belief: &Belief) -> f64 {
        let grid = &self.grid_px2[belief.span.clone()];
        belief.heard().iter().zip(grid).map(|(w, v)| w * v).sum()
    }

    /// `exp(-r^2 / 2 a) / a` on the span of a belief; `2 pi` is left to the caller.
    fn kernel<'b>(
        &self,
        span: &Range<usize>,
        step: &Step,
        room: &'b mut [f64; MOST_POINTS],
    ) -> &'b [f64] {
        let grid = &self.grid_px2[span.clone()];
        let out = &mut room[..grid.len()];
        for (o, v) in out.iter_mut().zip(grid) {
            let inverse = 1.0 / (v * step.frames + step.noise_px2);
            *o = exp_negative(-0.5 * step.r2_px2 * inverse) * inverse;
        }
        out
    }

    /// Density of a displacement, per px^2, for a particle of which so much is known.
    pub fn density(&self, belief: &Belief, step: &Step) -> f64 {
        let mut room = [0.0; MOST_POINTS];
        let kernel = self.kernel(&belief.span, step, &mut room);
        let sum: f64 = belief.heard().iter().zip(kernel).map(|(w, k)| w * k).sum();
        sum / std::f64::consts::TAU
    }

    /// Takes a displacement into what is known of a particle (Bayes' rule).
    pub fn update(&self, belief: &mut Belief, step: &Step) {
        let mut room = [0.0; MOST_POINTS];
        let kernel = self.kernel(&belief.span, step, &mut room);
        let weights = &mut belief.weights[belief.span.clone()];
        let mut sum = 0.0;
        for (w, k) in weights.iter_mut().zip(kernel) {
            *w *= k;
            sum += *w;
        }
        if sum.is_finite() && sum > 0.0 {
            for w in weights.iter_mut() {
                *w /= sum;
            }
            belief.narrow();
        } else {
            *belief = self.before();
        }
    }

    /// A distance beyond which no displacement of the particle has a density of `least_per_px2`, px: a bound, not
    /// the gate itself. `frames` and `noise_px2` as in [`Step`].
    pub fn reach_px(
        &self,
        belief: &Belief,
        frames: f64,
        noise_px2: f64,
        least_per_px2: f64,
    ) -> f64 {
        let n = belief.span.len() as f64;
        let mut reach2: f64 = 0.0;
        let grid = &self.grid_px2[belief.span.clone()];
        for (w, v) in belief.heard().iter().zip(grid) {
            let a = v * frames + noise_px2;
            let ratio = n * w / (std::f64::consts::TAU * a * least_per_px2);
            if ratio > 1.0 {
                reach2 = reach2.max(2.0 * a * ratio.ln());
            }
        }
        reach2.sqrt()
    }
}

/// Shares that maximise the likelihood of the rows (row-major, `n` wide), by EM from equal shares.
fn mixture(rows: &[f64], n: usize) -> Vec<f64> {
    let mut shares = vec![1.0 / n as f64; n];
    let tracks = (rows.len() / n) as f64;
    for _ in 0..EM_ROUNDS {
        let mut next = vec![0.0; n];
        for row in rows.chunks_exact(n) {
            let sum: f64 = row.iter().zip(&shares).map(|(l, s)| l * s).sum();
            if sum > 0.0 {
                for ((o, l), s) in next.iter_mut().zip(row).zip(&shares) {
                    *o += l * s / sum;
                }
            }
        }
        shares = next.iter().map(|o| o / tracks).collect();
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(r2_px2: f64, frames: f64) -> Step {
        Step {
            r2_px2,
            frames,
            noise_px2: 0.02,
        }
    }

    #[test]
    fn the_exponential_is_one() {
        for i in 0..70_000 {
            let x = -0.01 * f64::from(i);
            assert!((exp_negative(x) / x.exp() - 1.0).abs() < 1e-9, "{x}");
        }
        assert!(exp_negative(f64::NEG_INFINITY) < 1e-300);
    }

    #[test]
    fn the_density_integrates_to_one() {
        let m = Motion::flat(1e-3, 100.0);
        let (mut sum, dr) = (0.0, 0.01);
        for i in 0..20_000 {
            let r = (f64::from(i) + 0.5) * dr;
            sum += m.density(&m.before(), &step(r * r, 1.0)) * 2.0 * std::f64::consts::PI * r * dr;
        }
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    }

    #[test]
    fn nothing_beyond_the_reach_is_dense_enough() {
        let m = Motion::flat(1e-4, 100.0);
        for least in [1e-6, 1e-4, 1e-2, 1.0] {
            let r = m.reach_px(&m.before(), 2.0, 0.02, least);
            assert!(m.density(&m.before(), &step((r * 1.001).powi(2), 2.0)) < least);
        }
    }

    #[test]
    fn what_a_track_has_shown_is_remembered() {
        let m = Motion::flat(1e-4, 100.0);
        let mut w = m.before();
        for _ in 0..50 {
            m.update(&mut w, &step(2.0 * 3.0 + 2.0 * 0.02, 1.0));
        }
        let mean = m.mean_px2(&w);
        assert!((w.heard().iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((mean / 3.0 - 1.0).abs() < 0.05, "{mean}");
        m.update(&mut w, &step(f64::INFINITY, 1.0));
        assert!(m.mean_px2(&w).is_finite());
    }
}
