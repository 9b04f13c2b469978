//! The solution at one strength of smoothing: the objective, its derivatives, and the steps to its top.

use super::{Problem, Solved};
use crate::distribution::basis::SUPPORT;
use crate::matrix::dot;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// The objective at one set of coefficients, its gradient and minus its second derivative (lower triangle).
struct Local {
    objective: f64,
    gradient: DVector<f64>,
    curvature: DMatrix<f64>,
    /// The curvature less its terms with the residual `sum pi - N f`, which can make it nearly singular where one
    /// peak turns into two; for the evidence, which would have a spike there.
    scores: DMatrix<f64>,
    /// Shares at the rungs, not normalised.
    fraction: Vec<f64>,
}

impl Problem<'_> {
    /// Newton steps from a start until the gain expected of the next is small.
    pub(super) fn newton(
        &self,
        lambda: f64,
        start: DVector<f64>,
        gain: f64,
        steps: usize,
    ) -> Option<Solved> {
        let mut at = start;
        let mut here = self.local(&at, lambda)?;
        let mut factor = self.factor(&mut here, 0.0)?;
        for _ in 0..steps {
            let step = factor.solve(&here.gradient);
            let expected = 0.5 * here.gradient.dot(&step);
            if expected < gain {
                break;
            }
            let mut length = longest(&step);
            let mut moved = None;
            for _ in 0..20 {
                let trial = &at + &step * length;
                if let Some(there) = self.local(&trial, lambda)
                    && there.objective > here.objective
                {
                    moved = Some((trial, there));
                    break;
                }
                length *= 0.4;
            }
            let Some((next, there)) = moved else { break };
            (at, here) = (next, there);
            factor = self.factor(&mut here, 0.0)?;
        }
        Some(Solved {
            evidence: self.evidence(here, lambda),
            coefficients: at,
            lambda,
        })
    }

    /// Laplace evidence; minus infinity where the tracks do not pin the solution down.
    fn evidence(&self, local: Local, lambda: f64) -> f64 {
        let Some(factor) = Cholesky::new(local.scores) else {
            return f64::NEG_INFINITY;
        };
        let ln_det = 2.0
            * factor
                .l_dirty()
                .diagonal()
                .iter()
                .map(|d| d.ln())
                .sum::<f64>();
        let rank = self.basis.size() as f64 - 2.0;
        local.objective + 0.5 * rank * lambda.ln() - 0.5 * ln_det
    }

    /// Cholesky factor of the curvature, with as much complete-data curvature added as it takes.
    fn factor(&self, local: &mut Local, mut damping: f64) -> Option<Cholesky<f64, Dyn>> {
        for _ in 0..12 {
            if let Some(factor) = Cholesky::new(local.curvature.clone()) {
                return Some(factor);
            }
            let more = if damping == 0.0 { 0.1 } else { 3.0 * damping };
            damping += more;
            let complete: Vec<f64> = local
                .fraction
                .iter()
                .map(|f| more * self.total * f + 1e-10)
                .collect();
            self.add_diagonal(&mut local.curvature, &complete);
        }
        None
    }

    /// Adds `B' diag(values) B` to a lower triangle.
    fn add_diagonal(&self, matrix: &mut DMatrix<f64>, values: &[f64]) {
        for (g, v) in values.iter().enumerate() {
            let (first, b) = self.basis.at(g);
            for q in 0..SUPPORT {
                for r in q..SUPPORT {
                    matrix[(first + r, first + q)] += v * b[q] * b[r];
                }
            }
        }
    }

    fn local(&self, at: &DVector<f64>, lambda: f64) -> Option<Local> {
        let size = self.basis.size();
        let fraction = self.fraction(at.as_slice());
        let mut curvature = DMatrix::zeros(size, size);
        let mut posterior = vec![0.0; fraction.len()];
        let mut objective = -self.total * fraction.iter().sum::<f64>();
        let mut scratch = Scratch::new(size);
        for i in 0..self.matrix.tracks() {
            let count = self.counts[i];
            if count > 0.0 {
                let marginal =
                    self.add_track(i, &fraction, &mut posterior, &mut scratch, &mut curvature);
                objective += count * marginal.ln();
            }
        }
        let rest: Vec<f64> = posterior
            .iter()
            .zip(&fraction)
            .map(|(p, f)| p - self.total * f)
            .collect();
        let mut gradient = DVector::from_vec(self.basis.project(&rest));
        objective -= self.add_penalty(at, lambda, &mut gradient, &mut curvature);
        let scores = curvature.clone();
        let minus: Vec<f64> = rest.iter().map(|r| -r).collect();
        self.add_diagonal(&mut curvature, &minus);
        objective.is_finite().then_some(Local {
            objective,
            gradient,
            curvature,
            scores,
            fraction,
        })
    }

    /// Adds one track's posterior to the sum over rungs and the outer product of its projection to the curvature.
    /// Returns its marginal likelihood.
    fn add_track(
        &self,
        track: usize,
        fraction: &[f64],
        posterior: &mut [f64],
        scratch: &mut Scratch,
        curvature: &mut DMatrix<f64>,
    ) -> f64 {
        let count = self.counts[track];
        let (start, values) = self.matrix.row(track);
        let window = &fraction[start..start + values.len()];
        let marginal = dot(values, window).max(f64::MIN_POSITIVE);
        let share = 1.0 / marginal;
        // Posteriors below this cannot be seen in any sum.
        let negligible = 1e-7 * marginal;
        let (mut low, mut high) = (usize::MAX, 0);
        for (k, (v, f)) in values.iter().zip(window).enumerate() {
            let joint = v * f;
            if joint > negligible {
                let p = joint * share;
                let (first, b) = self.basis.at(start + k);
                posterior[start + k] += count * p;
                for (q, b) in b.iter().enumerate() {
                    scratch.projection[first + q] += b * p;
                }
                low = low.min(first);
                high = high.max(first + SUPPORT);
            }
        }
        let size = self.basis.size();
        let all = curvature.as_mut_slice();
        for j in low..high {
            let v = count * scratch.projection[j];
            let column = &mut all[j * size + j..j * size + high];
            for (c, p) in column.iter_mut().zip(&scratch.projection[j..high]) {
                *c += v * p;
            }
        }
        if low < high {
            scratch.projection[low..high].fill(0.0);
        }
        marginal
    }

    /// `lambda/2 int (theta'')^2`, with its derivatives taken from the gradient and added to the curvature.
    fn add_penalty(
        &self,
        at: &DVector<f64>,
        lambda: f64,
        gradient: &mut DVector<f64>,
        curvature: &mut DMatrix<f64>,
    ) -> f64 {
        const SECOND: [f64; 3] = [1.0, -2.0, 1.0];
        let weight = lambda * self.basis.roughness_weight();
        let mut sum = 0.0;
        for j in 0..self.basis.size() - 2 {
            let bend: f64 = (0..3).map(|q| SECOND[q] * at[j + q]).sum();
            sum += bend * bend;
            for q in 0..3 {
                gradient[j + q] -= weight * bend * SECOND[q];
                for r in q..3 {
                    curvature[(j + r, j + q)] += weight * SECOND[q] * SECOND[r];
                }
            }
        }
        0.5 * weight * sum
    }
}

struct Scratch {
    projection: Vec<f64>,
}

impl Scratch {
    fn new(size: usize) -> Self {
        Self {
            projection: vec![0.0; size],
        }
    }
}

/// The full step, unless it would change the log-density by more than 5 anywhere: that is beyond the reach of a
/// parabola.
fn longest(step: &DVector<f64>) -> f64 {
    let largest = step.amax();
    if largest > 5.0 { 5.0 / largest } else { 1.0 }
}
