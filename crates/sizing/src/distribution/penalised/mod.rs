//! Penalised maximum likelihood in the logarithm of the density.
//!
//! With `f = exp(theta)` over ln d it maximises `sum_i ln sum_g f_g L_ig - N sum_g f_g - lambda/2 int (theta'')^2`.
//! Silverman 1982, doi:10.1214/aos/1176345872 (the term with N makes f sum to one); the strength lambda is the one
//! with the largest Laplace evidence `l_pen + 1/2 ln|lambda S|_+ - 1/2 ln|H + lambda S|`, Wood 2011,
//! doi:10.1111/j.1467-9868.2010.00749.x, eq. 2. Log-density keeps f positive and lets a narrow peak be a parabola;
//! the second derivative leaves exponential tails free, so nothing is pulled towards a bell shape.
//!
//! Differs from the papers in: cubic B-splines with a difference penalty carry theta; Newton's method is used with
//! the exact second derivative, and the curvature of complete data is added where that is not positive definite;
//! the determinant in the evidence is that of the scores of the tracks (outer products), which stays
//! away from singular; a resample keeps the lambda of the whole sample.

mod newton;

use super::basis::{Basis, RUNGS_PER_KNOT};
use super::{DistributionMethod, Fit, MakeDistribution, PopulationData, weighted};
use crate::matrix::LikelihoodMatrix;
use nalgebra::DVector;
use nta_core::method::{Entry, ParamSpec};
use std::f64::consts::LN_10;

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "penalised",
    title: "penalised maximum likelihood, smoothing chosen by evidence",
    references: &[
        "doi:10.1214/aos/1176345872",
        "doi:10.1111/j.1467-9868.2010.00749.x",
        "doi:10.1214/ss/1038425655",
    ],
    params: &[ParamSpec {
        key: "ln_smoothing",
        default: 0.0,
        min: -20.0,
        max: 10.0,
        unit: "1",
        meaning: "natural logarithm of the smoothing strength lambda; 0 lets the data choose",
    }],
    make: |params| {
        let given = params.get("ln_smoothing");
        Box::new(Penalised {
            lambda: (given != 0.0).then(|| given.exp()),
        })
    },
};

/// The method with its strength of smoothing, if that is given.
#[derive(Default)]
pub(super) struct Penalised {
    lambda: Option<f64>,
}

/// Natural logarithms of the strengths tried: from one that allows a single exponential to one that follows a
/// population of 1 %, in steps of a factor of ten, and then between.
const LN_LAMBDA_MAX: f64 = 3.0 * LN_10;
const LN_LAMBDA_MIN: f64 = -8.0 * LN_10;
const LN_LAMBDA_STEP: f64 = LN_10;
/// The search ends when the evidence has fallen by this much below the best.
const EVIDENCE_LOST: f64 = 20.0;
/// Newton steps end when the expected gain in log-likelihood is smaller.
const GAIN_FIT: f64 = 1e-4;
const GAIN_REFIT: f64 = 0.02;
const NEWTON_STEPS: usize = 100;
const REFIT_STEPS: usize = 12;
/// A resample's diameters are at most this many rungs from those of the sample: a factor of 2.7.
const FURTHEST_SHIFT: f64 = 50.0;

impl DistributionMethod for Penalised {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let problem = Problem::new(data.matrix, counts)?;
        let best = match self.lambda {
            Some(lambda) => problem.solve_from_above(lambda)?,
            None => problem.best_by_evidence()?,
        };
        problem.finish(data, best)
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        let problem = Problem::new(data.matrix, counts)?;
        let lambda = near.smoothing?;
        let start = problem.shifted_to_fit(&near.state);
        let solved = problem.newton(lambda, start, GAIN_REFIT, REFIT_STEPS)?;
        problem.finish(data, solved)
    }

    fn peaks_count(&self) -> bool {
        true
    }
}

struct Problem<'a> {
    matrix: &'a LikelihoodMatrix,
    counts: &'a [f64],
    total: f64,
    basis: Basis,
}

/// A solution at one lambda.
struct Solved {
    coefficients: DVector<f64>,
    lambda: f64,
    evidence: f64,
}

impl<'a> Problem<'a> {
    fn new(matrix: &'a LikelihoodMatrix, counts: &'a [f64]) -> Option<Self> {
        let total: f64 = counts.iter().sum();
        (total > 0.0 && matrix.rungs() > 0).then(|| Self {
            matrix,
            counts,
            total,
            basis: Basis::new(matrix.rungs()),
        })
    }

    fn finish(&self, data: &PopulationData<'_>, solved: Solved) -> Option<Fit> {
        let per_track = self.fraction(solved.coefficients.as_slice());
        weighted(
            data,
            self.counts,
            per_track,
            Some(solved.lambda),
            solved.coefficients.as_slice().to_vec(),
        )
    }

    /// One smoothing step from an even population: broad, but in the right place.
    fn start(&self) -> DVector<f64> {
        let rungs = self.matrix.rungs();
        let even = vec![1.0 / rungs as f64; rungs];
        let first = self.matrix.posterior_sum(self.counts, &even);
        let theta: Vec<f64> = first
            .iter()
            .map(|f| (f / self.total).max(1e-9).ln())
            .collect();
        DVector::from_vec(self.basis.sketch(&theta))
    }

    /// Coefficients moved along ln d, a rung at a time, to where they fit best. Newton's method changes the height of
    /// a logarithm; it would take many steps to move a narrow peak sideways.
    fn shifted_to_fit(&self, coefficients: &[f64]) -> DVector<f64> {
        let likelihood = |rungs: f64| {
            let fraction = self.fraction(&shifted(coefficients, rungs));
            let sum: f64 = fraction.iter().sum();
            (0..self.matrix.tracks())
                .filter(|i| self.counts[*i] > 0.0)
                .map(|i| self.counts[i] * self.matrix.marginal(i, &fraction).ln())
                .sum::<f64>()
                - self.total * sum.ln()
        };
        let (mut at, mut best) = (0.0, likelihood(0.0));
        for direction in [1.0, -1.0] {
            while f64::abs(at) < FURTHEST_SHIFT {
                let there = likelihood(at + direction);
                if there <= best || there.is_nan() {
                    break;
                }
                (at, best) = (at + direction, there);
            }
            if at != 0.0 {
                break;
            }
        }
        DVector::from_vec(shifted(coefficients, at))
    }

    /// Shares at the rungs, not normalised.
    fn fraction(&self, coefficients: &[f64]) -> Vec<f64> {
        self.basis
            .expand(coefficients)
            .iter()
            .map(|t| t.min(50.0).exp())
            .collect()
    }

    fn best_by_evidence(&self) -> Option<Solved> {
        let mut path: Vec<Solved> = Vec::new();
        let mut coefficients = self.start();
        let mut ln_lambda = LN_LAMBDA_MAX;
        let mut top = f64::NEG_INFINITY;
        while ln_lambda >= LN_LAMBDA_MIN {
            let Some(solved) = self.newton(
                ln_lambda.exp(),
                coefficients.clone(),
                GAIN_FIT,
                NEWTON_STEPS,
            ) else {
                break;
            };
            coefficients.copy_from(&solved.coefficients);
            let evidence = solved.evidence;
            path.push(solved);
            top = top.max(evidence);
            if evidence < top - EVIDENCE_LOST {
                break;
            }
            ln_lambda -= LN_LAMBDA_STEP;
        }
        self.refine(path)
    }

    /// Tries strengths between the decades around the best.
    fn refine(&self, mut path: Vec<Solved>) -> Option<Solved> {
        for fraction in [0.5, 0.25] {
            let best = best_of(&path)?;
            for side in [1.0, -1.0] {
                let lambda = (path[best].lambda.ln() + side * fraction * LN_LAMBDA_STEP).exp();
                let start = path[best].coefficients.clone();
                path.extend(self.newton(lambda, start, GAIN_FIT, NEWTON_STEPS));
            }
        }
        let best = best_of(&path)?;
        Some(path.swap_remove(best))
    }

    /// A given strength, reached from a strong one by decades.
    fn solve_from_above(&self, lambda: f64) -> Option<Solved> {
        let mut ln_lambda = LN_LAMBDA_MAX.max(lambda.ln());
        let mut solved = self.newton(ln_lambda.exp(), self.start(), GAIN_FIT, NEWTON_STEPS)?;
        while ln_lambda > lambda.ln() {
            ln_lambda = (ln_lambda - LN_LAMBDA_STEP).max(lambda.ln());
            solved = self.newton(ln_lambda.exp(), solved.coefficients, GAIN_FIT, NEWTON_STEPS)?;
        }
        Some(solved)
    }
}

/// Coefficients of the same function moved up by some rungs: linear between knots and beyond the ends.
fn shifted(coefficients: &[f64], rungs: f64) -> Vec<f64> {
    let last = coefficients.len() - 2;
    let knots = rungs / RUNGS_PER_KNOT as f64;
    (0..coefficients.len())
        .map(|j| {
            let place = j as f64 - knots;
            let below = (place.floor().max(0.0) as usize).min(last);
            let slope = coefficients[below + 1] - coefficients[below];
            coefficients[below] + (place - below as f64) * slope
        })
        .collect()
}

fn best_of(path: &[Solved]) -> Option<usize> {
    (0..path.len()).max_by(|a, b| path[*a].evidence.total_cmp(&path[*b].evidence))
}
