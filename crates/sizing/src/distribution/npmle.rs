//! Nonparametric maximum likelihood by expectation-maximisation.
//!
//! Kiefer & Wolfowitz 1956, doi:10.1214/aoms/1177728066; the iteration is that of Walker 2012,
//! doi:10.1088/0957-0233/23/6/065605, here with the exact likelihood in place of the mean squared step. Sharpest for
//! a few uniform populations; breaks a broad one up into about five spikes, so the number of its peaks means nothing.
//!
//! Differs from the papers in: a fixed number of steps, with no stopping rule that depends on the data.

use super::{DistributionMethod, Fit, MakeDistribution, PopulationData, weighted};
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "npmle",
    title: "nonparametric maximum likelihood",
    references: &[
        "doi:10.1214/aoms/1177728066",
        "doi:10.1088/0957-0233/23/6/065605",
    ],
    params: &[ParamSpec {
        key: "steps",
        default: 500.0,
        min: 10.0,
        max: 10_000.0,
        unit: "steps",
        meaning: "steps of expectation-maximisation; fewer leave the result smoother and wider",
    }],
    make: |params| {
        Box::new(Npmle {
            steps: params.get("steps").round() as usize,
        })
    },
};

struct Npmle {
    steps: usize,
}

/// A fifth of the steps is enough to go from one resample to the next.
const REFIT_SHARE: usize = 5;
/// Share spread evenly before a refit, because expectation-maximisation never revives a rung that died.
const REVIVE: f64 = 1e-3;

impl DistributionMethod for Npmle {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let rungs = data.matrix.rungs();
        let start = vec![1.0 / rungs as f64; rungs];
        let f = expectation_maximisation(data, counts, start, self.steps)?;
        weighted(data, counts, f, None, Vec::new())
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        let even = REVIVE / near.per_track.len() as f64;
        let start = near
            .per_track
            .iter()
            .map(|f| (1.0 - REVIVE) * f + even)
            .collect();
        let f = expectation_maximisation(data, counts, start, self.steps.div_ceil(REFIT_SHARE))?;
        weighted(data, counts, f, None, Vec::new())
    }

    fn peaks_count(&self) -> bool {
        false
    }
}

/// The population of all tracks, each counted once, some steps away from an even one; `None` without tracks.
pub(crate) fn rough_population(data: &PopulationData<'_>, steps: usize) -> Option<Vec<f64>> {
    let rungs = data.matrix.rungs();
    let even = vec![1.0 / rungs as f64; rungs];
    let counts = vec![1.0; data.matrix.tracks()];
    expectation_maximisation(data, &counts, even, steps)
}

/// Fractions per rung after some steps; `None` if all counts are zero.
pub(crate) fn expectation_maximisation(
    data: &PopulationData<'_>,
    counts: &[f64],
    start: Vec<f64>,
    steps: usize,
) -> Option<Vec<f64>> {
    let mut f = start;
    for _ in 0..steps {
        f = crate::matrix::normalised(data.matrix.posterior_sum(counts, &f))?;
    }
    Some(f)
}
