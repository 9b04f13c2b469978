//! Cubic B-splines on the lattice: a log-density with few numbers.
//!
//! Eilers & Marx 1996, doi:10.1214/ss/1038425655 (equal knots, penalty on differences of the coefficients).

use crate::lattice::RATIO;

/// Rungs between knots. With 4 % between knots a single population as narrow as 3 % is still a parabola over several
/// knots; every rung a knot gives the same density at four times the cost.
pub const RUNGS_PER_KNOT: usize = 2;
/// Splines that are not zero at a rung.
pub const SUPPORT: usize = 4;

/// Spline values at the rungs. Rung g has splines `first(g) .. first(g) + 4`.
#[derive(Clone, Debug)]
pub struct Basis {
    rungs: usize,
    size: usize,
    values: [[f64; SUPPORT]; RUNGS_PER_KNOT],
}

impl Basis {
    /// Splines for so many rungs.
    pub fn new(rungs: usize) -> Self {
        let values = std::array::from_fn(|phase| {
            let t = phase as f64 / RUNGS_PER_KNOT as f64;
            let u = 1.0 - t;
            [
                u * u * u / 6.0,
                (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
                t * t * t / 6.0,
            ]
        });
        Self {
            rungs,
            size: rungs.saturating_sub(1) / RUNGS_PER_KNOT + SUPPORT,
            values,
        }
    }

    /// Number of splines.
    pub fn size(&self) -> usize {
        self.size
    }

    /// First spline that is not zero at a rung, and the four values.
    #[inline]
    pub fn at(&self, rung: usize) -> (usize, &[f64; SUPPORT]) {
        (rung / RUNGS_PER_KNOT, &self.values[rung % RUNGS_PER_KNOT])
    }

    /// The function with these coefficients at all rungs.
    pub fn expand(&self, coefficients: &[f64]) -> Vec<f64> {
        (0..self.rungs)
            .map(|g| {
                let (first, b) = self.at(g);
                (0..SUPPORT).map(|q| b[q] * coefficients[first + q]).sum()
            })
            .collect()
    }

    /// Coefficients of a function close to given values at the rungs: the value at each spline's centre.
    pub fn sketch(&self, values: &[f64]) -> Vec<f64> {
        (0..self.size)
            .map(|j| {
                let centre = (j * RUNGS_PER_KNOT).saturating_sub(RUNGS_PER_KNOT);
                values[centre.min(values.len() - 1)]
            })
            .collect()
    }

    /// Sums over rungs: `out_j = sum_g B_gj values_g`.
    pub fn project(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.size];
        for (g, v) in values.iter().enumerate() {
            let (first, b) = self.at(g);
            for q in 0..SUPPORT {
                out[first + q] += b[q] * v;
            }
        }
        out
    }

    /// Rows of the penalty `int (theta'')^2 d ln d = sum_j (row_j . c)^2`: second differences, scaled by the knots.
    pub fn roughness_weight(&self) -> f64 {
        let knot = RUNGS_PER_KNOT as f64 * RATIO.ln();
        knot.powi(-3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splines_sum_to_one_and_reproduce_lines() {
        let basis = Basis::new(41);
        let line: Vec<f64> = (0..basis.size()).map(|j| 3.0 + 0.5 * j as f64).collect();
        let values = basis.expand(&line);
        for w in values.windows(2) {
            assert!((w[1] - w[0] - 0.25).abs() < 1e-12);
        }
        let ones = basis.expand(&vec![1.0; basis.size()]);
        assert!(ones.iter().all(|v| (v - 1.0).abs() < 1e-12));
    }

    #[test]
    fn projection_is_the_transpose() {
        let basis = Basis::new(30);
        let c: Vec<f64> = (0..basis.size()).map(|j| (j as f64).sin()).collect();
        let v: Vec<f64> = (0..30).map(|g| (g as f64).cos()).collect();
        let a: f64 = basis.expand(&c).iter().zip(&v).map(|(x, y)| x * y).sum();
        let b: f64 = basis.project(&v).iter().zip(&c).map(|(x, y)| x * y).sum();
        assert!((a - b).abs() < 1e-12);
    }
}
