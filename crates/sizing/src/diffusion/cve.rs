//! Covariance-based estimator: no search, no start value.
//!
//! Vestergaard, Blainey, Flyvbjerg 2014, doi:10.1103/PhysRevE.89.022726, eqs. 14-17. With unknown precision
//! `D = <dx^2>/(2 dt) + <dx_k dx_{k+1}>/dt`; with known precision `D = (<dx^2> - 2 s^2) / (2 (1 - 2R) dt)`.
//! Signed: short or noisy trajectories may give a negative value.
//!
//! Differs from the paper in: two axes are averaged; bridged displacements are left out (see `Steps`); uneven times enter
//! through the mean time span: `<dx^2>` is divided by the mean of `span`, and the covariance, which they leave as it is,
//! is added with its own weight; the variance with known precision is exact for them and for a precision of each position.

use super::{DiffusionEstimate, DiffusionEstimator, MakeEstimator, with_normal_interval};
use crate::likelihood::AXES;
use crate::steps::Steps;
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeEstimator> = Entry {
    key: "cve",
    title: "covariance of neighbouring displacements",
    references: &["doi:10.1103/PhysRevE.89.022726"],
    params: &[ParamSpec {
        key: "precision_known",
        default: 1.0,
        min: 0.0,
        max: 1.0,
        unit: "1",
        meaning: "1: use the precision of each position; 0: find the localisation error of each trajectory from \
                  the covariance of its displacements",
    }],
    make: |params| {
        Box::new(Cve {
            precision_known: params.get("precision_known") >= 0.5,
        })
    },
};

struct Cve {
    precision_known: bool,
}

impl DiffusionEstimator for Cve {
    fn estimate(&self, steps: &Steps) -> Option<DiffusionEstimate> {
        let n = steps.used().count() as f64;
        let span = steps.used().map(|k| steps.span_s[k]).sum::<f64>() / n;
        let square = |k: usize| steps.dx_um[k].powi(2) + steps.dy_um[k].powi(2);
        let squares = steps.used().map(square).sum::<f64>() / (AXES * n);
        if self.precision_known {
            known(steps, n, span, squares)
        } else {
            unknown(steps, n, span, squares)
        }
    }
}

/// Displacements that share a position with the one before.
fn joined(steps: &Steps) -> impl Iterator<Item = usize> {
    steps.used().filter(|k| steps.follows_used(*k))
}

/// The variance is that of a sum of squares of correlated displacements, `2 sum C_kk^2 + 4 sum C_k,k+1^2` per axis;
/// for a regular trajectory that is the paper's `D^2 (2 + 4e + 3e^2) / (N (1-2R)^2)`, `e = s^2/(D dt) - 2R`.
fn known(steps: &Steps, n: f64, span: f64, squares: f64) -> Option<DiffusionEstimate> {
    let noise = steps.used().map(|k| steps.variance_line(k).0).sum::<f64>() / n;
    let free = 2.0 * (span - steps.sampling.exposure_s / 3.0);
    let d = (squares - noise) / free;
    let at = d.max(0.0);
    let square = |(constant, slope): (f64, f64)| (constant + slope * at).powi(2);
    let own: f64 = steps.used().map(|k| square(steps.variance_line(k))).sum();
    let shared: f64 = joined(steps)
        .map(|k| square(steps.covariance_line(k - 1)))
        .sum();
    let variance = (2.0 * own + 4.0 * shared) / (AXES * n * n * free * free);
    with_normal_interval(steps, n as usize, d, variance, 0.5 * noise)
}

/// `Var D = D^2 [(6 + 4e + 2e^2)/N + 4 (1+e)^2/N^2]` per axis; the localisation variance follows as `D dt e`.
fn unknown(steps: &Steps, n: f64, span: f64, squares: f64) -> Option<DiffusionEstimate> {
    let pairs = joined(steps).count() as f64;
    if pairs == 0.0 {
        return None;
    }
    let product =
        |k: usize| steps.dx_um[k - 1] * steps.dx_um[k] + steps.dy_um[k - 1] * steps.dy_um[k];
    let products = joined(steps).map(product).sum::<f64>() / (AXES * pairs);
    let d = squares / (2.0 * span) + products / span;
    let noise = d * steps.sampling.exposure_s / 3.0 - products;
    let dd = d.max(0.0);
    let de = -products / span;
    let variance = ((6.0 * dd * dd + 4.0 * dd * de + 2.0 * de * de) / n
        + 4.0 * (dd + de).powi(2) / (n * n))
        / AXES;
    with_normal_interval(steps, n as usize, d, variance, noise)
}
