//! Where the climbs begin. A likelihood of mixtures has several tops, and which one a climb ends on is decided here.
//!
//! From a sketch of the population (nonparametric, so that it has no opinion on the number of components) and from
//! the best model with one component fewer: equal parts of the sketch; parts that lie closest together; one component
//! put where the fewer leave most unexplained (Verbeek, Vlassis & Krose 2003, Neural Computation 15, 469); the
//! broadest of the fewer cut in two.

use super::climb::Climber;
use super::model::{Component, Model};
use crate::distribution::{PopulationData, expectation_maximisation};

/// Steps that make the sketch: enough to part what can be told apart, too few for spikes.
const SKETCH_STEPS: usize = 150;
/// Width of a component put in, rungs: about 6 %.
const NEW_WIDTH: f64 = 3.0;
/// Its weight.
const NEW_WEIGHT: f64 = 0.1;

/// Shares at the rungs of a population without a model.
pub(super) fn sketch(data: &PopulationData<'_>, counts: &[f64]) -> Option<Vec<f64>> {
    let rungs = data.matrix.rungs();
    expectation_maximisation(data, counts, vec![1.0 / rungs as f64; rungs], SKETCH_STEPS)
}

/// All starts with so many components.
pub(super) fn all(
    climber: &Climber<'_>,
    sketch: &[f64],
    fewer: Option<&Model>,
    components: usize,
) -> Vec<Model> {
    let mut out = vec![of_parts(sketch, &equal_parts(sketch, components))];
    if let Some(fewer) = fewer {
        out.push(of_parts(sketch, &tight_parts(sketch, components)));
        out.push(with_new(climber, fewer));
        out.push(with_cut(fewer));
    }
    out
}

/// A component for every part, with its share, mean and standard deviation. Parts end before their bound.
fn of_parts(sketch: &[f64], bounds: &[usize]) -> Model {
    let mut start = 0;
    let mut components = Vec::with_capacity(bounds.len());
    for end in bounds {
        let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
            let part = sketch[start..*end].iter().zip(start..);
            part.map(|(s, g)| s * of(g as f64)).sum()
        };
        let weight = sum(&|_| 1.0).max(1e-6);
        let mean = sum(&|g| g) / weight;
        let variance = sum(&|g| (g - mean).powi(2)) / weight;
        components.push(Component::new(weight, mean, variance.sqrt()));
        start = *end;
    }
    Model(components).normalised()
}

/// Bounds of parts that hold about the same share.
fn equal_parts(sketch: &[f64], parts: usize) -> Vec<usize> {
    let mut bounds = Vec::with_capacity(parts);
    let mut below = 0.0;
    for (g, share) in sketch.iter().enumerate() {
        below += share;
        while bounds.len() + 1 < parts && below * parts as f64 >= (bounds.len() + 1) as f64 {
            bounds.push(g + 1);
        }
    }
    bounds.resize(parts, sketch.len());
    bounds
}

/// Bounds of the parts with the least variance within them, found exactly (Fisher 1958,
/// doi:10.1080/01621459.1958.10501479).
fn tight_parts(sketch: &[f64], parts: usize) -> Vec<usize> {
    let n = sketch.len();
    let mut sums = vec![[0.0; 3]];
    for (g, s) in sketch.iter().enumerate() {
        let [a, b, c] = sums[g];
        let g = g as f64;
        sums.push([a + s, b + s * g, c + s * g * g]);
    }
    let scatter = |from: usize, to: usize| {
        let [a, b, c] = [0, 1, 2].map(|k| sums[to][k] - sums[from][k]);
        if a > 0.0 {
            (c - b * b / a).max(0.0)
        } else {
            0.0
        }
    };
    let mut cost: Vec<f64> = (0..=n).map(|end| scatter(0, end)).collect();
    let mut cuts: Vec<Vec<usize>> = Vec::new();
    for _ in 1..parts {
        let best: Vec<(f64, usize)> = (0..=n)
            .map(|end| {
                (0..=end)
                    .map(|cut| (cost[cut] + scatter(cut, end), cut))
                    .min_by(|a, b| a.0.total_cmp(&b.0))
                    .unwrap_or((0.0, 0))
            })
            .collect();
        cost = best.iter().map(|b| b.0).collect();
        cuts.push(best.iter().map(|b| b.1).collect());
    }
    let mut bounds = vec![n];
    for cut in cuts.iter().rev() {
        bounds.push(cut[bounds[bounds.len() - 1]]);
    }
    bounds.reverse();
    bounds
}

/// One component more, where moving weight helps most.
fn with_new(climber: &Climber<'_>, fewer: &Model) -> Model {
    let pull = climber.pull(fewer);
    let rung = (0..pull.len())
        .max_by(|a, b| pull[*a].total_cmp(&pull[*b]))
        .unwrap_or(0);
    let mut model = fewer.clone();
    model.0.push(Component::new(
        NEW_WEIGHT / (1.0 - NEW_WEIGHT),
        rung as f64,
        NEW_WIDTH,
    ));
    model.normalised()
}

/// The component with the largest share of the variance as two halves beside each other.
fn with_cut(fewer: &Model) -> Model {
    let spread = |c: &Component| c.weight * c.width() * c.width();
    let mut model = fewer.clone();
    let Some(k) =
        (0..model.0.len()).max_by(|a, b| spread(&model.0[*a]).total_cmp(&spread(&model.0[*b])))
    else {
        return model;
    };
    let whole = model.0.swap_remove(k);
    for side in [-1.0, 1.0] {
        model.0.push(Component::new(
            0.5 * whole.weight,
            whole.centre + 0.7 * side * whole.width(),
            0.7 * whole.width(),
        ));
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_what_their_names_say() {
        let mut sketch = vec![0.0; 30];
        sketch[3] = 0.6;
        sketch[4] = 0.2;
        sketch[12] = 0.15;
        sketch[25] = 0.05;
        assert_eq!(equal_parts(&sketch, 2), [4, 30]);
        let bounds = tight_parts(&sketch, 3);
        assert!((5..=12).contains(&bounds[0]) && (13..=25).contains(&bounds[1]));
        let model = of_parts(&sketch, &bounds);
        assert!((model.0[0].weight - 0.8).abs() < 1e-12);
        assert!((model.0[0].centre - 3.25).abs() < 1e-12);
        assert_eq!(tight_parts(&sketch, 1), [30]);
        assert_eq!(equal_parts(&[], 3), [0, 0, 0]);
    }

    #[test]
    fn empty_parts_still_make_a_model() {
        let mut sketch = vec![0.0; 10];
        sketch[5] = 1.0;
        for parts in 1..=4 {
            for bounds in [equal_parts(&sketch, parts), tight_parts(&sketch, parts)] {
                let model = of_parts(&sketch, &bounds);
                assert_eq!(model.0.len(), parts);
                let sum: f64 = model.0.iter().map(|c| c.weight).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{model:?}");
            }
        }
    }
}
