//! From a start to the nearest top of the likelihood.
//!
//! Scoring steps with the sum of outer products of the tracks' scores as curvature (Berndt, Hall, Hall & Hausman 1974,
//! Annals of Economic and Social Measurement 3, 653), damped after Marquardt 1963, doi:10.1137/0111030. The outer
//! products are never negative, also where two components lie on each other and the likelihood has a ridge.

use super::model::{Component, Model, NUMBERS, Shape, ln_width_range};
use crate::matrix::{LikelihoodMatrix, dot};
use nalgebra::{Cholesky, DMatrix, DVector};

/// How well the top must be met.
#[derive(Clone, Copy, Debug)]
pub(super) enum Haste {
    /// The sample itself.
    Fit,
    /// A resample of it, begun near its top, of interest only where the log-likelihood comes up to a value.
    Refit {
        /// That value.
        worth: f64,
    },
}

impl Haste {
    /// The climb ends when the log-likelihood expected from one more step is smaller.
    fn gain(self) -> f64 {
        match self {
            Self::Fit => 1e-4,
            Self::Refit { .. } => 0.02,
        }
    }

    fn steps(self) -> usize {
        match self {
            Self::Fit => 60,
            Self::Refit { .. } => 12,
        }
    }

    /// Even twice the gain that the parabola promises, and a little, would not be enough.
    fn is_hopeless(self, ln_likelihood: f64, promised: f64) -> bool {
        match self {
            Self::Fit => false,
            Self::Refit { worth } => ln_likelihood + 2.0 * promised + 2.0 < worth,
        }
    }
}

const DAMPING_FIRST: f64 = 1e-2;
const DAMPING_LEAST: f64 = 1e-6;
const DAMPING_MOST: f64 = 1e6;
/// Longest step of the logarithm of a weight, the centre (rungs) and the logarithm of the width: further away the
/// slope here says nothing.
const LONGEST: [f64; NUMBERS] = [2.0, 12.0, 1.0];
/// Weights stay above this, so that their logarithms stay finite.
const LEAST_WEIGHT: f64 = 1e-9;

/// The tracks whose likelihood is to be climbed.
pub(super) struct Climber<'a> {
    matrix: &'a LikelihoodMatrix,
    counts: &'a [f64],
}

/// The log-likelihood at one model, its gradient and its curvature, in the order of the model's numbers with the
/// logarithm of the weight in place of the weight.
struct Local {
    ln_likelihood: f64,
    gradient: DVector<f64>,
    curvature: DMatrix<f64>,
}

impl<'a> Climber<'a> {
    /// `None` if there is nothing to fit.
    pub fn new(matrix: &'a LikelihoodMatrix, counts: &'a [f64]) -> Option<Self> {
        let total: f64 = counts.iter().sum();
        (total > 0.0 && total.is_finite() && matrix.rungs() > 0).then_some(Self { matrix, counts })
    }

    /// How steeply the log-likelihood rises when weight is moved to one rung, for all rungs.
    pub fn pull(&self, model: &Model) -> Vec<f64> {
        let mut share = vec![0.0; self.matrix.rungs()];
        model.add_shares(1.0, &mut share);
        let mut pull = vec![0.0; share.len()];
        for (i, count) in self.counts.iter().enumerate() {
            let (start, values) = self.matrix.row(i);
            let factor = count / self.matrix.marginal(i, &share);
            for (p, v) in pull[start..].iter_mut().zip(values) {
                *p += factor * v;
            }
        }
        pull
    }

    /// The log-likelihood and the model at the top; `None` if the start has no finite likelihood.
    pub fn climb(&self, start: Model, haste: Haste) -> Option<(f64, Model)> {
        let mut at = start;
        let mut here = self.local(&at)?;
        let mut damping = DAMPING_FIRST;
        for _ in 0..haste.steps() {
            self.hold_at_bounds(&at, &mut here);
            let mut moved = None;
            while damping < DAMPING_MOST {
                let step = damped_step(&here, damping)?;
                let promised = 0.5 * here.gradient.dot(&step);
                if promised < haste.gain() || haste.is_hopeless(here.ln_likelihood, promised) {
                    break;
                }
                let trial = self.stepped(&at, &step);
                if let Some(there) = self.local(&trial)
                    && there.ln_likelihood > here.ln_likelihood
                {
                    moved = Some((trial, there));
                    damping = (damping / 8.0).max(DAMPING_LEAST);
                    break;
                }
                damping *= 8.0;
            }
            let Some((next, there)) = moved else { break };
            (at, here) = (next, there);
        }
        Some((here.ln_likelihood, at))
    }

    fn local(&self, model: &Model) -> Option<Local> {
        let rungs = self.matrix.rungs();
        let size = NUMBERS * model.0.len();
        let shapes: Vec<Shape> = model.0.iter().map(|c| Shape::of(c, rungs)).collect();
        let mut score = vec![0.0; size];
        let mut gradient = DVector::zeros(size);
        let mut curvature = DMatrix::zeros(size, size);
        let mut ln_likelihood = 0.0;
        for (i, count) in self.counts.iter().enumerate().take(self.matrix.tracks()) {
            if *count <= 0.0 {
                continue;
            }
            let marginal = self.score(i, model, &shapes, &mut score);
            ln_likelihood += count * marginal.ln();
            for j in 0..size {
                let weighted = count * score[j];
                gradient[j] += weighted;
                for k in j..size {
                    curvature[(k, j)] += weighted * score[k];
                }
            }
        }
        let finite = ln_likelihood.is_finite() && gradient.iter().all(|g: &f64| g.is_finite());
        finite.then_some(Local {
            ln_likelihood,
            gradient,
            curvature,
        })
    }

    /// The marginal likelihood of one track; its derivatives of the logarithm are written to `score`.
    fn score(&self, track: usize, model: &Model, shapes: &[Shape], score: &mut [f64]) -> f64 {
        let (row_start, row) = self.matrix.row(track);
        let row_end = row_start + row.len();
        let mut marginal = 0.0;
        for ((c, shape), score) in model
            .0
            .iter()
            .zip(shapes)
            .zip(score.chunks_exact_mut(NUMBERS))
        {
            let start = shape.start.max(row_start);
            let end = (shape.start + shape.density.len()).min(row_end);
            if start >= end {
                score.fill(0.0);
                continue;
            }
            let seen = &row[start - row_start..end - row_start];
            let own = start - shape.start..end - shape.start;
            score[0] = c.weight * dot(seen, &shape.density[own.clone()]);
            score[1] = c.weight * dot(seen, &shape.by_centre[own.clone()]);
            score[2] = c.weight * dot(seen, &shape.by_ln_width[own]);
            marginal += score[0];
        }
        let marginal = marginal.max(f64::MIN_POSITIVE);
        for (c, score) in model.0.iter().zip(score.chunks_exact_mut(NUMBERS)) {
            for s in score.iter_mut() {
                *s /= marginal;
            }
            // The weights keep their sum of 1.
            score[0] -= c.weight;
        }
        marginal
    }

    /// Takes numbers that stand on a bound and would leave it out of the step.
    fn hold_at_bounds(&self, model: &Model, local: &mut Local) {
        let [narrow, wide] = ln_width_range();
        let last = self.matrix.rungs() as f64 - 1.0;
        for (k, c) in model.0.iter().enumerate() {
            for (j, value, low, high) in [(1, c.centre, 0.0, last), (2, c.ln_width, narrow, wide)] {
                let j = NUMBERS * k + j;
                let slope = local.gradient[j];
                if (value <= low && slope < 0.0) || (value >= high && slope > 0.0) {
                    local.gradient[j] = 0.0;
                    local.curvature.row_mut(j).fill(0.0);
                    local.curvature.column_mut(j).fill(0.0);
                }
            }
        }
    }

    /// The model a step further, inside the bounds.
    fn stepped(&self, model: &Model, step: &DVector<f64>) -> Model {
        let [narrow, wide] = ln_width_range();
        let last = self.matrix.rungs() as f64 - 1.0;
        let too_long = step
            .iter()
            .enumerate()
            .map(|(j, s)| s.abs() / LONGEST[j % NUMBERS])
            .fold(1.0, f64::max);
        let components = model.0.iter().enumerate().map(|(k, c)| {
            let by = |j: usize| step[NUMBERS * k + j] / too_long;
            Component {
                weight: (c.weight * by(0).exp()).max(LEAST_WEIGHT),
                centre: (c.centre + by(1)).clamp(0.0, last),
                ln_width: (c.ln_width + by(2)).clamp(narrow, wide),
            }
        });
        Model(components.collect()).normalised()
    }
}

/// The step that a damped curvature asks for.
fn damped_step(local: &Local, damping: f64) -> Option<DVector<f64>> {
    let mut curvature = local.curvature.clone();
    for j in 0..curvature.nrows() {
        let own = curvature[(j, j)];
        // What no track says anything about stays where it is.
        curvature[(j, j)] = own * (1.0 + damping) + 1e-9;
    }
    Some(Cholesky::new(curvature)?.solve(&local.gradient))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_is_the_slope_of_the_likelihood() {
        let matrix = LikelihoodMatrix::bells(&[30.0, 40.0, 44.0, 61.0], 9.0, 90);
        let counts = [1.0, 2.0, 0.0, 1.0];
        let climber = Climber::new(&matrix, &counts).unwrap();
        let model = Model(vec![
            Component::new(0.3, 35.0, 2.0),
            Component::new(0.7, 55.0, 6.0),
        ]);
        let here = climber.local(&model).unwrap();
        for j in 0..2 * NUMBERS {
            let h = 1e-5;
            let value = |h: f64| {
                let mut step = DVector::zeros(2 * NUMBERS);
                step[j] = h;
                climber
                    .local(&climber.stepped(&model, &step))
                    .unwrap()
                    .ln_likelihood
            };
            let slope = (value(h) - value(-h)) / (2.0 * h);
            assert!((slope - here.gradient[j]).abs() < 1e-5, "{j}: {slope}");
        }
    }

    #[test]
    fn top_is_met_from_afar() {
        // Bells of 8 rungs about normal places of variance 25: what is left over is the population's own.
        let places: Vec<f64> = (0..200)
            .map(|i| {
                let p = (f64::from(i) + 0.5) / 200.0;
                // A logistic quantile, near enough to normal.
                60.0 + 10.0 * (p / (1.0 - p)).ln() / 1.8138
            })
            .collect();
        let matrix = LikelihoodMatrix::bells(&places, 8.0, 120);
        let counts = vec![1.0; places.len()];
        let climber = Climber::new(&matrix, &counts).unwrap();
        let mut tops = Vec::new();
        for (centre, width) in [(20.0, 30.0), (60.0, 1.0), (100.0, 10.0)] {
            let start = Model(vec![Component::new(1.0, centre, width)]);
            let (_, model) = climber.climb(start, Haste::Fit).unwrap();
            assert!((model.0[0].centre - 60.0).abs() < 0.1, "{model:?}");
            tops.push(model.0[0].width());
        }
        assert!(
            tops.iter().all(|w| (w / tops[0] - 1.0).abs() < 0.02),
            "{tops:?}"
        );
        assert!((tops[0] - 6.0).abs() < 0.6, "{tops:?}");
    }

    #[test]
    fn nothing_to_fit_is_refused() {
        let matrix = LikelihoodMatrix::bells(&[30.0], 9.0, 90);
        assert!(Climber::new(&matrix, &[0.0]).is_none());
        assert!(Climber::new(&LikelihoodMatrix::default(), &[]).is_none());
    }
}
