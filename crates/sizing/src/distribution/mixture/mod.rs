//! A few log-normal populations by maximum likelihood, their number weighed by the data.
//!
//! Finite mixtures: McLachlan & Peel 2000, doi:10.1002/0471721182. For each number K of components the weights,
//! medians and widths maximise `sum_i c_i ln sum_g f_g L_ig`; each K then counts as much as its `exp(-BIC/2)` with
//! `3K - 1` free numbers (Schwarz 1978, doi:10.1214/aos/1176344136; averaging: Hoeting et al. 1999,
//! doi:10.1214/ss/1009212519). Sharpest for a few uniform populations and right for a log-normal one; a skewed one
//! comes out as two overlapping components, or as one too symmetric.
//!
//! Assumes: every population is near to log-normal, none narrower than 2 %, and tracks are independent.
//!
//! Differs from the papers in: scoring steps with damping (`climb.rs`) in place of expectation-maximisation, which
//! moves a population of width w by only `w^2/(w^2 + v)` of the way to its place at each step, v being the variance
//! of a single track: 1 in 50 for a uniform one. Starts are fixed rules (`starts.rs`), without chance.

mod climb;
mod model;
mod starts;

use super::{DistributionMethod, Fit, MakeDistribution, PopulationData, weighted};
use climb::{Climber, Haste};
use model::{Model, NUMBERS};
use nta_core::method::{Entry, ParamSpec, Params};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "mixture",
    title: "mixture of log-normal populations, their number weighed by BIC",
    references: &[
        "doi:10.1002/0471721182",
        "doi:10.1214/aos/1176344136",
        "doi:10.1214/ss/1009212519",
    ],
    params: &[
        ParamSpec {
            key: "most_components",
            default: 4.0,
            min: 1.0,
            max: 6.0,
            unit: "components",
            meaning: "the largest number of log-normal components tried",
        },
        ParamSpec {
            key: "averaged",
            default: 1.0,
            min: 0.0,
            max: 1.0,
            unit: "1",
            meaning: "1: average over the numbers of components by their evidence; 0: only the best number",
        },
    ],
    make: |params| Box::new(Mixture::of(params)),
};

/// The method with its numbers.
pub(super) struct Mixture {
    most: usize,
    averaged: bool,
}

impl Default for Mixture {
    fn default() -> Self {
        Self::of(&ENTRY.defaults())
    }
}

/// A warm start gives every component at least this weight, because one that has died has no slope to return by.
const REVIVE: f64 = 2e-3;
/// A number of components behind the best by this much in the logarithm of the evidence has a weight of 1 in 400.
const IRRELEVANT: f64 = 6.0;

impl DistributionMethod for Mixture {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let climber = Climber::new(data.matrix, counts)?;
        let sketch = starts::sketch(data, counts)?;
        let mut found: Vec<(f64, Model)> = Vec::with_capacity(self.most);
        for components in 1..=self.most {
            let fewer = found.last().map(|(_, model)| model);
            let best = starts::all(&climber, &sketch, fewer, components)
                .into_iter()
                .filter_map(|start| climber.climb(start, Haste::Fit))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            found.extend(best);
        }
        self.finish(data, counts, &found)
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        let climber = Climber::new(data.matrix, counts)?;
        let mut found: Vec<(f64, Model)> = Vec::with_capacity(self.most);
        let mut best = f64::NEG_INFINITY;
        for start in candidates(&near.state) {
            let penalty = penalty(&start, counts);
            let haste = Haste::Refit {
                worth: best - IRRELEVANT + penalty,
            };
            if let Some(top) = climber.climb(start.revived(REVIVE), haste) {
                best = best.max(top.0 - penalty);
                found.push(top);
            }
        }
        self.finish(data, counts, &found)
    }

    fn peaks_count(&self) -> bool {
        true
    }
}

impl Mixture {
    fn of(params: &Params) -> Self {
        Self {
            most: params.get("most_components").round() as usize,
            averaged: params.get("averaged") >= 0.5,
        }
    }

    /// One population out of the candidates, which stand in the order of their number of components.
    fn finish(
        &self,
        data: &PopulationData<'_>,
        counts: &[f64],
        found: &[(f64, Model)],
    ) -> Option<Fit> {
        let evidence: Vec<f64> = found
            .iter()
            .map(|(ln_likelihood, model)| ln_likelihood - penalty(model, counts))
            .collect();
        let top = evidence.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut per_track = vec![0.0; data.matrix.rungs()];
        for (evidence, (_, model)) in evidence.iter().zip(found) {
            let weight = if self.averaged {
                (evidence - top).exp()
            } else {
                f64::from(u8::from(*evidence == top))
            };
            model.add_shares(weight, &mut per_track);
        }
        let state = found.iter().flat_map(|(_, m)| m.numbers()).collect();
        weighted(data, counts, per_track, None, state)
    }
}

/// What the free numbers of a model cost: half of their part in the BIC.
fn penalty(model: &Model, counts: &[f64]) -> f64 {
    let tracks: f64 = counts.iter().sum();
    0.5 * model.free_numbers() as f64 * tracks.ln()
}

/// The models of a state: the one of one component, then that of two, and so on.
fn candidates(state: &[f64]) -> Vec<Model> {
    let mut out = Vec::new();
    let mut rest = state;
    while let Some((own, others)) = rest.split_at_checked(NUMBERS * (out.len() + 1)) {
        if own.is_empty() {
            break;
        }
        out.push(Model::of_numbers(own));
        rest = others;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_comes_back_as_it_was() {
        let state: Vec<f64> = (0..NUMBERS * 6).map(|i| 0.1 + i as f64).collect();
        let models = candidates(&state);
        assert_eq!(models.len(), 3);
        let again: Vec<f64> = models.iter().flat_map(Model::numbers).collect();
        assert_eq!(again, state);
        assert!(candidates(&[]).is_empty());
        assert_eq!(candidates(&state[..5]).len(), 1);
    }
}
