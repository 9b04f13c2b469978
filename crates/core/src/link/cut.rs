//! Cuts tracks where one step does not fit the others.
//!
//! Of `n` steps, each brought to unit variance, one squared length over the mean of the others is distributed as
//! `F(2, 2 (n - 1))` if all belong to one particle, whose upper tail is closed: `P(F > x) = (1 + x / (n - 1))^-(n - 1)`
//! (Abramowitz & Stegun 1964, 26.6.4). A step with `P` below 1e-4 is taken as a change of particle. A looser line (1e-3)
//! would shave honest steps and bias the step variance by -1.5 %.

use super::motion::{Motion, steps};
use super::points::{Place, Points};

/// The line, as a probability.
const TAIL: f64 = 1e-4;

/// `P(F > x)` for `F(2, 2 others)`.
fn tail(x: f64, others: f64) -> f64 {
    (1.0 + x / others).powf(-others)
}

/// Cuts the chains and says how many cuts were made.
pub(crate) fn cut(
    film: &[Points],
    chains: Vec<Vec<Place>>,
    motion: &Motion,
) -> (Vec<Vec<Place>>, u64) {
    let mut out = Vec::with_capacity(chains.len());
    let mut cuts = 0;
    let mut waiting = chains;
    while let Some(mut chain) = waiting.pop() {
        match worst_step(film, &chain, motion) {
            Some(at) => {
                cuts += 1;
                let tail = chain.split_off(at + 1);
                waiting.push(tail);
                waiting.push(chain);
            }
            None => out.push(chain),
        }
    }
    (out, cuts)
}

/// The step that fits least, if it lies beyond the line.
fn worst_step(film: &[Points], chain: &[Place], motion: &Motion) -> Option<usize> {
    let steps = steps(film, chain);
    if steps.len() < 2 {
        return None;
    }
    let mut belief = motion.before();
    for step in &steps {
        motion.update(&mut belief, step);
    }
    let v = motion.mean_px2(&belief);
    let unit: Vec<f64> = steps
        .iter()
        .map(|s| s.r2_px2 / (v * s.frames + s.noise_px2))
        .collect();
    let sum: f64 = unit.iter().sum();
    let others = (steps.len() - 1) as f64;
    let (at, most) = unit
        .iter()
        .copied()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let rest = (sum - most) / others;
    (rest > 0.0 && tail(most / rest, others) < TAIL).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_f() {
        // F(2, 10): the upper 5 % and 1 % points are 4.102821 and 7.559432; F(2, 60): 3.150411 at 5 %.
        assert!((tail(4.102_821, 5.0) - 0.05).abs() < 1e-6);
        assert!((tail(7.559_432, 5.0) - 0.01).abs() < 1e-6);
        assert!((tail(3.150_411, 30.0) - 0.05).abs() < 1e-6);
    }
}
