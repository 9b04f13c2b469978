//! Maximum likelihood with known precision: the default.
//!
//! Maximises the exact likelihood of [`crate::likelihood`] by Fisher scoring. At the Cramer-Rao bound from about ten
//! frames on; Michalet & Berglund 2012, doi:10.1103/PhysRevE.85.061916. The standard error is the inverse root of
//! the exact Fisher information at the estimate; the interval is the profile-likelihood one (where twice the
//! log-likelihood falls by 3.84), which keeps its coverage for short trajectories, where D is far from normal.
//!
//! Differs from the papers in: the precision is not fitted per trajectory (one trajectory cannot tell it from
//! motion; the variance would grow 2.7-fold); D is bounded below by zero, where the likelihood ends in all but name
//! (the covariance stops being positive definite at about `-s^2 / (n^2 span)`).

use super::{DiffusionEstimate, DiffusionEstimator, MakeEstimator};
use crate::likelihood;
use crate::steps::Steps;
use nta_core::method::Entry;

pub(super) const ENTRY: Entry<MakeEstimator> = Entry {
    key: "mle",
    title: "maximum likelihood with known precision, blur and gaps",
    references: &[
        "doi:10.1103/PhysRevE.82.011917",
        "doi:10.1103/PhysRevE.85.061916",
        "doi:10.1103/PhysRevE.93.042401",
    ],
    params: &[],
    make: |_| Box::new(Mle),
};

struct Mle;

const SCORING_STEPS: usize = 60;
/// Half of the 95 % quantile of chi squared with one degree of freedom.
const HALF_CHI2_95: f64 = 1.920_729;
const BISECTIONS: usize = 40;

impl DiffusionEstimator for Mle {
    fn estimate(&self, steps: &Steps) -> Option<DiffusionEstimate> {
        let start = steps.rough_diffusion_um2_per_s();
        // Below this D moves a particle by far less than anything that could be seen.
        let floor = start * 1e-6;
        let best = climb(steps, start, floor)?;
        let at_best = likelihood::at(steps, best)?;
        let at_floor = best <= floor;
        let target = at_best.ln_likelihood - HALF_CHI2_95;
        Some(DiffusionEstimate {
            track: steps.track,
            diffusion_um2_per_s: if at_floor { 0.0 } else { best },
            std_err_um2_per_s: at_best.information.max(f64::MIN_POSITIVE).sqrt().recip(),
            ci95_um2_per_s: [
                lower_end(steps, best, floor, target),
                upper_end(steps, best, target),
            ],
            localization_variance_um2: steps.mean_variance_um2(),
            n_displacements: steps.used().count(),
        })
    }
}

/// Fisher scoring with halved steps, between `floor` and infinity.
fn climb(steps: &Steps, start: f64, floor: f64) -> Option<f64> {
    let mut d = start;
    let mut here = likelihood::at(steps, d)?;
    for _ in 0..SCORING_STEPS {
        let wanted = here.score / here.information.max(f64::MIN_POSITIVE);
        // A step of more than a factor of ten leaves the region where the information was true.
        let mut next = (d + wanted).clamp(0.1 * d, 10.0 * d).max(floor);
        let mut moved = None;
        for _ in 0..30 {
            if let Some(there) = likelihood::at(steps, next)
                && there.ln_likelihood >= here.ln_likelihood
            {
                moved = Some(there);
                break;
            }
            next = 0.5 * (next + d);
        }
        let Some(there) = moved else { break };
        let change = (next - d).abs();
        (d, here) = (next, there);
        if change <= 1e-9 * d {
            break;
        }
    }
    Some(d)
}

fn above(steps: &Steps, d: f64, target: f64) -> bool {
    likelihood::at(steps, d).is_some_and(|p| p.ln_likelihood >= target)
}

fn lower_end(steps: &Steps, best: f64, floor: f64, target: f64) -> f64 {
    let floor = floor.min(best);
    if above(steps, floor, target) {
        return 0.0;
    }
    bisect(steps, best, floor, target)
}

fn upper_end(steps: &Steps, best: f64, target: f64) -> f64 {
    let mut outside = best * 1.5;
    for _ in 0..100 {
        if !above(steps, outside, target) {
            return bisect(steps, best, outside, target);
        }
        outside *= 1.5;
    }
    outside
}

/// The place between `inside` (likely enough) and `outside` where the likelihood crosses the target.
fn bisect(steps: &Steps, mut inside: f64, mut outside: f64, target: f64) -> f64 {
    for _ in 0..BISECTIONS {
        let middle = (inside * outside).sqrt();
        if above(steps, middle, target) {
            inside = middle;
        } else {
            outside = middle;
        }
        if (inside / outside).ln().abs() < 1e-4 {
            break;
        }
    }
    inside
}
