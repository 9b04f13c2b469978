//! Maximum likelihood from the mean squared displacement of each track, stopped early.
//!
//! Walker 2012, doi:10.1088/0957-0233/23/6/065605. The mean of k squared displacements in two dimensions is taken as a
//! Gamma variate of shape k about `4 D dt`; expectation-maximisation over the ladder of diameters climbs from an
//! even start and stops when the chi-square of the histogram of mean squared displacements changes by less than
//! 1 % in a step, as the program NanoTrackJ does. Stopping is the only smoothing: results come out wider than the
//! population.
//!
//! Assumes independent displacements, no blur and exact positions, so that sizes are too large by blur and too
//! small by localisation errors; `corrected` puts both into the expected mean squared displacement.
//!
//! Differs from the paper in: the ladder is even in the logarithm of the diameter, not in the radius; displacements over
//! gaps are left out; the last bar of the histogram has no upper end; resamples take as many steps as the sample did.

use super::histogram::{Histogram, apparent_um2_per_s, climb, climb_again};
use super::{DistributionMethod, Fit, MakeDistribution, PopulationData, weighted};
use crate::matrix::LikelihoodMatrix;
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "walker",
    title: "maximum likelihood of mean squared displacements, stopped early",
    references: &["doi:10.1088/0957-0233/23/6/065605"],
    params: &[
        ParamSpec {
            key: "corrected",
            default: 1.0,
            min: 0.0,
            max: 1.0,
            unit: "1",
            meaning: "1: blur and localisation errors are expected in displacements; 0: as published, without",
        },
        ParamSpec {
            key: "stop_percent",
            default: 1.0,
            min: 0.001,
            max: 50.0,
            unit: "%",
            meaning: "stop when the chi-square changes by less in one step; less gives narrower results",
        },
    ],
    make: |params| {
        Box::new(Walker {
            corrected: params.get("corrected") >= 0.5,
            stop: 0.01 * params.get("stop_percent"),
        })
    },
};

struct Walker {
    corrected: bool,
    stop: f64,
}

impl Walker {
    /// The Gamma likelihood of every track, flat for a track without a displacement that can be used.
    fn matrix(&self, data: &PopulationData<'_>) -> LikelihoodMatrix {
        let rungs = data.diffusion_um2_per_s.len();
        let mut out = LikelihoodMatrix::empty(rungs);
        let mut ln_row = vec![0.0; rungs];
        for track in data.lag_one {
            let (noise, slope) = track.line(self.corrected);
            let usable = track.is_usable();
            for (ln, diffusion) in ln_row.iter_mut().zip(data.diffusion_um2_per_s) {
                let expected = noise + slope * diffusion;
                // What does not depend on D is left out, so that a track that never moved has a likelihood too.
                *ln = if usable {
                    -track.steps * (expected.ln() + track.msd_um2 / expected)
                } else {
                    0.0
                };
            }
            out.push(&ln_row);
        }
        out
    }

    /// As many equal bars, from zero to the largest value, as the root of the number of tracks.
    fn histogram(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Histogram> {
        let largest = data
            .lag_one
            .iter()
            .filter(|t| t.is_usable())
            .map(|t| apparent_um2_per_s(t, self.corrected))
            .fold(0.0, f64::max);
        let bars = (data.lag_one.len() as f64).sqrt().ceil() as usize;
        let edges: Vec<f64> = (1..bars)
            .map(|b| largest * b as f64 / bars as f64)
            .collect();
        Histogram::of(data, counts, self.corrected, &edges)
    }
}

impl DistributionMethod for Walker {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let matrix = self.matrix(data);
        let own = PopulationData {
            matrix: &matrix,
            // Its numbers are those of its own, rougher likelihood.
            visits: None,
            ..*data
        };
        let histogram = self.histogram(data, counts)?;
        let (f, steps) = climb(&own, counts, &histogram, self.stop)?;
        weighted(&own, counts, f, None, vec![steps as f64])
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        let Some(steps) = near.state.first() else {
            return self.fit(data, counts);
        };
        let matrix = self.matrix(data);
        let own = PopulationData {
            matrix: &matrix,
            // Its numbers are those of its own, rougher likelihood.
            visits: None,
            ..*data
        };
        let f = climb_again(&own, counts, *steps as usize)?;
        weighted(&own, counts, f, None, near.state.clone())
    }

    fn peaks_count(&self) -> bool {
        false
    }
}
