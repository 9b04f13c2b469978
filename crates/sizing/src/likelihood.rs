//! Exact likelihood of a Brownian trajectory with blur, gaps and a precision of its own for every position.
//!
//! Displacements are jointly normal with a tridiagonal covariance C(D), linear in D:
//! `C_kk = 2 D (span_k - exposure/3) + s_k^2 + s_{k+1}^2`, `C_k,k+1 = D exposure/3 - s_{k+1}^2`; the two axes are
//! independent. Its LDL' factors come in one pass, so that the likelihood costs O(n). Bridged displacements (see `Steps`)
//! are integrated out: the chain ends before one and begins anew after it.
//! Berglund 2010, doi:10.1103/PhysRevE.82.011917, eqs. 8-10 (constant precision); Relich et al. 2016,
//! doi:10.1103/PhysRevE.93.042401 (one precision per position).
//! Differs from the papers in: gaps enter through the real times; two axes share one D; the Fisher information is
//! exact and also O(n), because C is linear in D: `I = -(ln det C)''` for two axes.

use crate::steps::Steps;

/// Axes of the picture.
pub const AXES: f64 = 2.0;

/// The log-likelihood at one D and how it changes there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Natural logarithm of the likelihood without the constant `n ln(2 pi)`.
    pub ln_likelihood: f64,
    /// First derivative with respect to D, s/um^2.
    pub score: f64,
    /// Expected information on D, (s/um^2)^2.
    pub information: f64,
}

/// The log-likelihood at D (um^2/s) with its score and the Fisher information; `None` if the covariance is not
/// positive definite there.
pub fn at(steps: &Steps, diffusion_um2_per_s: f64) -> Option<Point> {
    let diffusion = diffusion_um2_per_s;
    let (mut ln_det, mut ln_det_1, mut ln_det_2) = (0.0, 0.0, 0.0);
    let (mut quad, mut quad_1) = (0.0, 0.0);
    // Pivot d and innovations y with their derivatives: one dash is d/dD.
    let (mut d, mut d1, mut d2) = (1.0, 0.0, 0.0);
    let (mut yx, mut yx1, mut yy, mut yy1) = (0.0, 0.0, 0.0, 0.0);
    for k in steps.used() {
        let (a0, a1) = steps.variance_line(k);
        let mut pivot = (a0 + a1 * diffusion, a1, 0.0);
        let (mut x, mut x1) = (steps.dx_um[k], 0.0);
        let (mut y, mut y1) = (steps.dy_um[k], 0.0);
        if steps.follows_used(k) {
            let (b0, b1) = steps.covariance_line(k - 1);
            let b = b0 + b1 * diffusion;
            let l = b / d;
            let l1 = (b1 - l * d1) / d;
            let l2 = (-2.0 * l1 * d1 - l * d2) / d;
            pivot.0 -= l * b;
            pivot.1 -= l1 * b + l * b1;
            pivot.2 -= l2 * b + 2.0 * l1 * b1;
            x -= l * yx;
            x1 -= l1 * yx + l * yx1;
            y -= l * yy;
            y1 -= l1 * yy + l * yy1;
        }
        (d, d1, d2) = pivot;
        (yx, yx1, yy, yy1) = (x, x1, y, y1);
        if !(d > 0.0 && d.is_finite()) {
            return None;
        }
        ln_det += d.ln();
        let r = d1 / d;
        ln_det_1 += r;
        ln_det_2 += d2 / d - r * r;
        let square = (yx * yx + yy * yy) / d;
        quad += square;
        quad_1 += 2.0 * (yx * yx1 + yy * yy1) / d - square * r;
    }
    let point = Point {
        ln_likelihood: -0.5 * (AXES * ln_det + quad),
        score: -0.5 * (AXES * ln_det_1 + quad_1),
        information: -0.5 * AXES * ln_det_2,
    };
    (point.ln_likelihood.is_finite() && point.score.is_finite() && point.information.is_finite())
        .then_some(point)
}

/// Values of D worked on at once, so that the compiler can use vector registers.
const LANES: usize = 8;
/// Pivots multiplied before a logarithm is taken; 16 of 1e-8 or 1e6 um^2 stay well inside the range of a double.
const PIVOTS_PER_LOG: usize = 16;

/// Log-likelihoods (without the constant `n ln(2 pi)`) at many D (um^2/s, positive), written to `out`. Minus
/// infinity where the covariance is not positive definite.
pub fn over_grid(steps: &Steps, diffusion_um2_per_s: &[f64], out: &mut Vec<f64>) {
    out.clear();
    for chunk in diffusion_um2_per_s.chunks(LANES) {
        let mut lanes = [1.0; LANES];
        lanes[..chunk.len()].copy_from_slice(chunk);
        let values = lanes_at(steps, &lanes);
        out.extend(
            values[..chunk.len()]
                .iter()
                .map(|v| if v.is_nan() { f64::NEG_INFINITY } else { *v }),
        );
    }
}

fn lanes_at(steps: &Steps, diffusion: &[f64; LANES]) -> [f64; LANES] {
    let mut d = [1.0; LANES];
    let (mut yx, mut yy) = ([0.0; LANES], [0.0; LANES]);
    let (mut product, mut ln_det, mut quad) = ([1.0; LANES], [0.0; LANES], [0.0; LANES]);
    let mut waiting = 0;
    for k in steps.used() {
        let (a0, a1) = steps.variance_line(k);
        let b_line = if steps.follows_used(k) {
            steps.covariance_line(k - 1)
        } else {
            (0.0, 0.0)
        };
        let (dx, dy) = (steps.dx_um[k], steps.dy_um[k]);
        for i in 0..LANES {
            let b = b_line.0 + b_line.1 * diffusion[i];
            let l = b / d[i];
            d[i] = a0 + a1 * diffusion[i] - l * b;
            yx[i] = dx - l * yx[i];
            yy[i] = dy - l * yy[i];
            quad[i] += (yx[i] * yx[i] + yy[i] * yy[i]) / d[i];
            product[i] *= d[i];
        }
        waiting += 1;
        if waiting == PIVOTS_PER_LOG {
            waiting = 0;
            for i in 0..LANES {
                ln_det[i] += product[i].ln();
                product[i] = 1.0;
            }
        }
    }
    // The logarithm of a negative product is NaN and is turned to minus infinity by the caller.
    for i in 0..LANES {
        ln_det[i] += product[i].ln();
    }
    std::array::from_fn(|i| -0.5 * (AXES * ln_det[i] + quad[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Sampling;
    use nta_core::TrackId;

    fn steps() -> Steps {
        Steps {
            track: TrackId(0),
            span_s: vec![0.033, 0.066, 0.033, 0.035, 0.033],
            span_frames: vec![1, 2, 1, 1, 1],
            bridged: vec![false; 5],
            dx_um: vec![0.3, -0.5, 0.2, 0.1, -0.4],
            dy_um: vec![-0.1, 0.6, 0.25, -0.3, 0.05],
            variance_um2: vec![0.001, 0.002, 0.01, 0.001, 0.004, 0.001],
            sampling: Sampling {
                frame_interval_s: 0.033,
                exposure_s: 0.015,
            },
        }
    }

    /// The same by dense algebra.
    fn dense(steps: &Steps, d: f64) -> f64 {
        let n = steps.len();
        let c = nalgebra::DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
            0 => {
                let (c, s) = steps.variance_line(i);
                c + s * d
            }
            1 => {
                let (c, s) = steps.covariance_line(i.min(j));
                c + s * d
            }
            _ => 0.0,
        });
        let inverse = c.clone().try_inverse().unwrap();
        let x = nalgebra::DVector::from_vec(steps.dx_um.clone());
        let y = nalgebra::DVector::from_vec(steps.dy_um.clone());
        let quad = (x.transpose() * &inverse * &x)[0] + (y.transpose() * &inverse * &y)[0];
        -0.5 * (2.0 * c.determinant().ln() + quad)
    }

    #[test]
    fn one_pass_equals_dense_algebra() {
        let s = steps();
        for d in [0.01, 0.5, 3.0, 40.0] {
            let fast = at(&s, d).unwrap();
            let slow = dense(&s, d);
            assert!((fast.ln_likelihood - slow).abs() < 1e-9 * slow.abs().max(1.0));
            let h = 1e-5 * d;
            let slope = (dense(&s, d + h) - dense(&s, d - h)) / (2.0 * h);
            assert!(
                (fast.score - slope).abs() < 1e-4 * slope.abs().max(1.0),
                "{d}"
            );
        }
    }

    #[test]
    fn a_bridged_displacement_is_integrated_out() {
        // That is what a displacement of unlimited variance is, up to a constant.
        let mut cut = steps();
        cut.bridged[1] = true;
        let free = |d: f64| {
            let n = cut.len();
            let keep = [0_usize, 2, 3, 4];
            let c = nalgebra::DMatrix::from_fn(n - 1, n - 1, |i, j| {
                let (i, j) = (keep[i], keep[j]);
                match i.abs_diff(j) {
                    0 => cut.variance_line(i).0 + cut.variance_line(i).1 * d,
                    1 => {
                        let (c, s) = cut.covariance_line(i.min(j));
                        c + s * d
                    }
                    _ => 0.0,
                }
            });
            let v = |all: &[f64]| nalgebra::DVector::from_iterator(4, keep.iter().map(|k| all[*k]));
            let inverse = c.clone().try_inverse().unwrap();
            let quad = |v: nalgebra::DVector<f64>| (v.transpose() * &inverse * &v)[0];
            -0.5 * (2.0 * c.determinant().ln() + quad(v(&cut.dx_um)) + quad(v(&cut.dy_um)))
        };
        let mut grid = Vec::new();
        let ds = [0.01, 0.5, 3.0, 40.0];
        over_grid(&cut, &ds, &mut grid);
        for (d, g) in ds.iter().zip(&grid) {
            let fast = at(&cut, *d).unwrap().ln_likelihood;
            assert!((fast - free(*d)).abs() < 1e-9 * fast.abs().max(1.0));
            assert!((fast - g).abs() < 1e-9 * fast.abs().max(1.0));
        }
    }

    #[test]
    fn information_is_the_trace_formula() {
        let s = steps();
        let n = s.len();
        let d = 2.0;
        let build = |f: &dyn Fn((f64, f64)) -> f64| {
            nalgebra::DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
                0 => f(s.variance_line(i)),
                1 => f(s.covariance_line(i.min(j))),
                _ => 0.0,
            })
        };
        let c = build(&|(a, b)| a + b * d);
        let c1 = build(&|(_, b)| b);
        let m = c.try_inverse().unwrap() * c1;
        let expected = (&m * &m).trace();
        let got = at(&s, d).unwrap().information;
        assert!((got / expected - 1.0).abs() < 1e-9, "{got} {expected}");
    }

    #[test]
    fn grid_equals_single_values_for_any_number_of_values() {
        let s = steps();
        let mut out = Vec::new();
        for n in [0, 1, 7, 8, 9, 20] {
            let grid: Vec<f64> = (0..n).map(|i| 0.1 * 1.3f64.powi(i)).collect();
            over_grid(&s, &grid, &mut out);
            assert_eq!(out.len(), grid.len());
            for (d, v) in grid.iter().zip(&out) {
                assert!((at(&s, *d).unwrap().ln_likelihood - v).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn impossible_diffusion_has_no_likelihood() {
        assert_eq!(at(&steps(), -5.0), None);
        assert_eq!(at(&steps(), f64::NAN), None);
    }
}
