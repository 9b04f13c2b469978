//! The mean of the penalised fit and of the mixture of log-normals.
//!
//! The two err in different ways: a penalised density comes out somewhat too smooth for uniform populations, a mixture
//! too symmetric for skewed ones, and it flips between numbers of components at the limit of what can be told apart.
//! Their mean is nearer to the truth than either on the whole; combining densities by fixed weights goes back to
//! Stone 1961, doi:10.1214/aoms/1177704873.
//!
//! Assumes what its two parts assume.
//!
//! Differs from the paper in: the weights are given, not an opinion pooled from experts.

use super::mixture::Mixture;
use super::penalised::Penalised;
use super::{DistributionMethod, Fit, MakeDistribution, PopulationData};
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "average",
    title: "mean of the penalised fit and the mixture of log-normals",
    references: &[
        "doi:10.1214/aoms/1177704873",
        "doi:10.1214/aos/1176345872",
        "doi:10.1214/ss/1009212519",
    ],
    params: &[ParamSpec {
        key: "mixture_share",
        default: 0.5,
        min: 0.0,
        max: 1.0,
        unit: "1",
        meaning: "weight of the mixture; the rest is that of the penalised fit",
    }],
    make: |params| {
        Box::new(Average {
            penalised: Penalised::default(),
            mixture: Mixture::default(),
            mixture_share: params.get("mixture_share"),
        })
    },
};

struct Average {
    penalised: Penalised,
    mixture: Mixture,
    mixture_share: f64,
}

impl DistributionMethod for Average {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        self.mean(
            self.penalised.fit(data, counts)?,
            self.mixture.fit(data, counts)?,
        )
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        let (penalised, mixture) = parts(near)?;
        self.mean(
            self.penalised.refit(data, counts, &penalised)?,
            self.mixture.refit(data, counts, &mixture)?,
        )
    }

    fn peaks_count(&self) -> bool {
        true
    }
}

impl Average {
    /// The state is the length of the first part's, then that, then the second part's.
    fn mean(&self, penalised: Fit, mixture: Fit) -> Option<Fit> {
        let mean = |a: &[f64], b: &[f64]| -> Option<Vec<f64>> {
            let values = a.iter().zip(b);
            let share = self.mixture_share;
            crate::matrix::normalised(values.map(|(a, b)| (1.0 - share) * a + share * b).collect())
        };
        let mut state = vec![penalised.state.len() as f64];
        state.extend(&penalised.state);
        state.extend(&mixture.state);
        Some(Fit {
            per_track: mean(&penalised.per_track, &mixture.per_track)?,
            number: mean(&penalised.number, &mixture.number)?,
            smoothing: penalised.smoothing,
            state,
        })
    }
}

/// The two fits behind a mean, as far as a refit needs them; `None` if the fit is no mean.
fn parts(near: &Fit) -> Option<(Fit, Fit)> {
    let (length, states) = near.state.split_first()?;
    let (first, second) = states.split_at_checked(*length as usize)?;
    let part = |state: &[f64]| Fit {
        per_track: near.per_track.clone(),
        number: near.number.clone(),
        smoothing: near.smoothing,
        state: state.to_vec(),
    };
    Some((part(first), part(second)))
}
