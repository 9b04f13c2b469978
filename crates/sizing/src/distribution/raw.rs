//! Histogram of the tracks' own diameters: what most programs show.
//!
//! Not a population: it is the population blurred by the error of a single track, and skewed by the inversion from D
//! to diameter. Kept to compare with. Tracks whose estimate of D is not positive are missing.

use super::{DistributionMethod, Fit, MakeDistribution, PopulationData};
use crate::matrix::normalised;
use nta_core::method::{Entry, ParamSpec};

pub(super) const ENTRY: Entry<MakeDistribution> = Entry {
    key: "raw",
    title: "histogram of the diameters of single tracks",
    references: &["ASTM E2834-12"],
    params: &[ParamSpec {
        key: "cells_per_bin",
        default: 5.0,
        min: 1.0,
        max: 50.0,
        unit: "cells of 2 %",
        meaning: "width of a bar, in rungs of the ladder of diameters",
    }],
    make: |params| {
        Box::new(Raw {
            cells_per_bin: params.get("cells_per_bin").round() as usize,
        })
    },
};

struct Raw {
    cells_per_bin: usize,
}

impl Raw {
    fn histogram(
        &self,
        data: &PopulationData<'_>,
        weight: impl Fn(usize) -> f64,
    ) -> Option<Vec<f64>> {
        let rungs = data.lattice.len();
        let mut cells = vec![0.0; rungs];
        for (i, diameter) in data.diameter_nm.iter().enumerate() {
            if let Some(g) = diameter.and_then(|d| data.lattice.cell_of(d)) {
                cells[g] += weight(i);
            }
        }
        for bar in cells.chunks_mut(self.cells_per_bin.max(1)) {
            let mean = bar.iter().sum::<f64>() / bar.len() as f64;
            bar.fill(mean);
        }
        normalised(cells)
    }
}

impl DistributionMethod for Raw {
    fn fit(&self, data: &PopulationData<'_>, counts: &[f64]) -> Option<Fit> {
        Some(Fit {
            per_track: self.histogram(data, |i| counts[i])?,
            number: self.histogram(data, |i| counts[i] * data.presence_frames[i])?,
            smoothing: None,
            state: Vec::new(),
        })
    }

    fn refit(&self, data: &PopulationData<'_>, counts: &[f64], _near: &Fit) -> Option<Fit> {
        self.fit(data, counts)
    }

    fn peaks_count(&self) -> bool {
        false
    }
}
