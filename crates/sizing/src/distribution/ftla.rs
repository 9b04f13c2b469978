//! Finite track length adjustment: the histogram of single tracks, deconvolved by how far single tracks scatter.
//!
//! Saveyn et al. 2010, J. Colloid Interface Sci. 352, 593-600; described as maximum likelihood in Kim et al. 2019,
//! doi:10.1038/s41598-019-38915-x. Every track gives one D from its mean squared displacement. How such values scatter
//! about the truth follows from the number of displacements, pooled over the lengths of all tracks; the population is
//! the one from which that scatter makes the histogram that was seen. Found by the iteration of Richardson and
//! Lucy, which climbs to the maximum likelihood of a histogram, and stopped when the chi-square levels out: that is the
//! only smoothing. Which track was long is lost by design.
//!
//! Assumes lengths that do not depend on size, independent displacements, and one localisation error for all tracks;
//! with `corrected` = 0 no error and no blur either, so that sizes are too large by blur and too small by errors.
//!
//! Differs from the paper in: written after descriptions of the method, not after the paper; its way to the maximum and
//! its rule for stopping may be others. That a step changes the chi-square by less than 5 % is a rule of this program;
//! `docs/methods/ftla.md` shows what other numbers give.

use super::histogram::{Histogram, climb, climb_again};
use super::{DistributionMethod, Fit, MakeDistribution, PopulationData};
use crate::lattice::RATIO;
use crate::matrix::LikelihoodMatrix;
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "ftla",
    title: "histogram of single tracks, deconvolved by the scatter of tracks of all lengths",
    references: &[
        "Saveyn et al. 2010, J. Colloid Interface Sci. 352, 593-600",
        "doi:10.1038/s41598-019-38915-x",
    ],
    params: &[
        ParamSpec {
            key: "corrected",
            default: 1.0,
            min: 0.0,
            max: 1.0,
            unit: "1",
            meaning: "1: blur and localisation errors are expected in displacements; 0: neither is",
        },
        ParamSpec {
            key: "stop_percent",
            default: 5.0,
            min: 0.001,
            max: 50.0,
            unit: "%",
            meaning: "stop when the chi-square changes by less in one step; less gives narrower results",
        },
    ],
    make: |params| {
        Box::new(Ftla {
            corrected: params.get("corrected") >= 0.5,
            stop: 0.01 * params.get("stop_percent"),
        })
    },
};

struct Ftla {
    corrected: bool,
    stop: f64,
}

/// Rungs of the ladder to a bar: 10 %, less than half of how far a track of 25 frames scatters.
const RUNGS_PER_BAR: usize = 5;
/// Bars beyond either end of the ladder, for tracks that scatter out of it; the outermost are open.
const BARS_BEYOND: usize = 5;

/// A histogram in the place of the tracks: every bar is what a track is to other methods.
struct Bars {
    histogram: Histogram,
    matrix: LikelihoodMatrix,
}

impl Bars {
    fn of(data: &PopulationData<'_>, counts: &[f64], corrected: bool) -> Option<Self> {
        let histogram = Histogram::of(data, counts, corrected, &edges(data.diffusion_um2_per_s)?)?;
        let mut matrix = LikelihoodMatrix::empty(data.diffusion_um2_per_s.len());
        for chance in &histogram.chance {
            let ln_row: Vec<f64> = chance.iter().map(|c| c.ln()).collect();
            matrix.push(&ln_row);
        }
        Some(Self { histogram, matrix })
    }

    fn data<'b>(&'b self, data: &PopulationData<'b>) -> PopulationData<'b> {
        PopulationData {
            matrix: &self.matrix,
            presence_frames: &[],
            diameter_nm: &[],
            lag_one: &[],
            ..*data
        }
    }
}

/// Even steps in the logarithm of D, ascending.
fn edges(diffusion_um2_per_s: &[f64]) -> Option<Vec<f64>> {
    let step = RUNGS_PER_BAR as f64 * RATIO.ln();
    let slowest = diffusion_um2_per_s.last()?.ln() - BARS_BEYOND as f64 * step;
    let bars = diffusion_um2_per_s.len().div_ceil(RUNGS_PER_BAR) + 2 * BARS_BEYOND;
    Some(
        (0..=bars)
            .map(|b| (slowest + b as f64 * step).exp())
            .collect(),
    )
}

impl Ftla {
    /// The fit after some steps, of tracks counted alike and counted by the frames in which they were present. The
    /// scatter is pooled with the same counts as the histogram: long tracks scatter less, and one that is there more
    /// often must not be taken for a narrower population.
    fn after(&self, steps: usize, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let fractions = |counts: &[f64]| {
            let bars = Bars::of(data, counts, self.corrected)?;
            climb_again(&bars.data(data), &bars.histogram.counts, steps)
        };
        let by_presence: Vec<f64> = counts
            .iter()
            .zip(data.presence_frames)
            .map(|(c, n)| c * n)
            .collect();
        Some(Fit {
            per_track: fractions(counts)?,
            number: fractions(&by_presence)?,
            smoothing: None,
            state: vec![steps as f64],
        })
    }
}

impl DistributionMethod for Ftla {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        let bars = Bars::of(data, counts, self.corrected)?;
        let seen = &bars.histogram.counts;
        let (_, steps) = climb(&bars.data(data), seen, &bars.histogram, self.stop)?;
        self.after(steps, data, counts)
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], near: &Fit) -> Option<Fit> {
        match near.state.first() {
            Some(steps) => self.after(*steps as usize, data, counts),
            None => self.fit(data, counts),
        }
    }

    fn peaks_count(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{DISTRIBUTIONS, LagOne};
    use crate::lattice::Lattice;
    use nta_core::Choice;
    use nta_core::method::resolve;

    fn tracks(steps: impl Fn(usize) -> f64) -> Vec<LagOne> {
        (0..200)
            .map(|i| LagOne {
                steps: steps(i),
                msd_um2: 0.5 * (0.01 * (i as f64 - 100.0)).exp(),
                noise_um2: 0.01,
                span_s: 1.0 / 30.0,
                unblurred: 0.85,
            })
            .collect()
    }

    fn fitted(key: &str, lag_one: &[LagOne]) -> Vec<f64> {
        let lattice = Lattice::covering(15.0, 1000.0);
        let data = PopulationData {
            lattice: &lattice,
            diffusion_um2_per_s: &lattice.diffusion_um2_per_s(490.0),
            matrix: &LikelihoodMatrix::empty(lattice.len()),
            presence_frames: &vec![10.0; lag_one.len()],
            visits: None,
            diameter_nm: &vec![None; lag_one.len()],
            lag_one,
        };
        let (entry, params) = resolve(DISTRIBUTIONS, "distribution", &Choice::of(key)).unwrap();
        let fit = (entry.make)(&params).fit(&data, &vec![1.0; lag_one.len()]);
        fit.unwrap().per_track
    }

    fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn which_track_was_long_is_lost_but_not_to_walker() {
        // Long tracks in the middle, or long tracks at both ends: the same lengths, dealt out otherwise.
        let middle = tracks(|i| if (50..150).contains(&i) { 100.0 } else { 5.0 });
        let ends = tracks(|i| if (50..150).contains(&i) { 5.0 } else { 100.0 });
        let lost = largest_difference(&fitted("ftla", &middle), &fitted("ftla", &ends));
        let kept = largest_difference(&fitted("walker", &middle), &fitted("walker", &ends));
        assert!(lost < 1e-9 && kept > 0.01, "{lost} {kept}");
    }

    #[test]
    fn nothing_to_go_by_is_no_fit() {
        let lattice = Lattice::covering(15.0, 1000.0);
        let broken = LagOne {
            steps: 0.0,
            msd_um2: f64::NAN,
            noise_um2: 0.0,
            span_s: 0.0,
            unblurred: f64::NAN,
        };
        let data = PopulationData {
            lattice: &lattice,
            diffusion_um2_per_s: &lattice.diffusion_um2_per_s(490.0),
            matrix: &LikelihoodMatrix::empty(lattice.len()),
            presence_frames: &[5.0; 4],
            diameter_nm: &[None; 4],
            lag_one: &[broken; 4],
            visits: None,
        };
        for key in ["ftla", "walker"] {
            let (entry, params) = resolve(DISTRIBUTIONS, "distribution", &Choice::of(key)).unwrap();
            assert!((entry.make)(&params).fit(&data, &[1.0; 4]).is_none());
        }
    }
}
