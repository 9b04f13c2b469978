//! Ranges of the numbers of a sample, each population's by its place in the list.

use crate::scene_check::{Number, number};
use crate::world::RESERVOIR_UM;
use crate::{Amount, Population, Scene, SceneError, SizeShape};

impl Scene {
    pub(crate) fn sample_numbers(&self) -> Vec<Number> {
        let d = &self.dust;
        let mut all = vec![
            match self.amount {
                Amount::VisiblePerFrame(n) => {
                    number(("amount.visible_per_frame", "particles"), n, 0.0, 1e5)
                }
                Amount::ConcentrationPerMl(n) => {
                    number(("amount.concentration_per_ml", "per mL"), n, 0.0, 1e13)
                }
            },
            number(
                ("stuck.count", "particles"),
                f64::from(self.stuck.count),
                0.0,
                1e5,
            ),
            number(
                ("stuck.peak_counts", "counts"),
                self.stuck.peak_counts,
                0.0,
                1e6,
            ),
            number(("stuck.width_px", "px"), self.stuck.width_px, 0.3, 20.0),
            number(("dust.count", "pieces"), f64::from(d.count), 0.0, 1e4),
            number(("dust.peak_counts", "counts"), d.peak_counts, 0.0, 1e6),
            number(("dust.width_px", "px"), d.width_px, 0.3, 100.0),
            number(("dust.speed_um_per_s", "um/s"), d.speed_um_per_s, 1e-3, 1e5),
            number(
                ("medium_density_g_per_ml", "g/mL"),
                self.medium_density_g_per_ml,
                0.1,
                20.0,
            ),
        ];
        for (i, p) in self.populations.iter().enumerate() {
            all.extend(population_numbers(i, p));
            if let Some(distance) = p.partner_px {
                // Farther away a partner would begin to be missing at the edge of the view.
                let farthest = RESERVOIR_UM / self.pixel_size_um;
                let key = format!("populations[{i}].partner_px");
                all.push(number((&key, "px"), distance, 0.0, farthest));
            }
        }
        all
    }

    /// Somebody must be there to be drawn, if populations are given.
    pub(crate) fn check_shares(&self) -> Result<(), SceneError> {
        for (i, p) in self.populations.iter().enumerate() {
            if p.kind == SizeShape::Table && !p.table.iter().any(|row| row[1] > 0.0) {
                return Err(SceneError::EmptyTable {
                    key: format!("populations[{i}].table"),
                });
            }
        }
        let total: f64 = self.populations.iter().map(|p| p.weight).sum();
        if !self.populations.is_empty() && total <= 0.0 {
            return Err(SceneError::NoShares);
        }
        Ok(())
    }
}

fn population_numbers(i: usize, p: &Population) -> Vec<Number> {
    let one = |name: &str, unit, value, min, max| {
        number((&format!("populations[{i}].{name}"), unit), value, min, max)
    };
    let monomers = f64::from(p.aggregate_monomers);
    let mut all = vec![
        one("diameter_nm", "nm", p.diameter_nm, 1.0, 1e5),
        one("cv", "(a ratio)", p.cv, 0.0, 2.0),
        one("weight", "(a share)", p.weight, 0.0, 1e9),
        one("density_g_per_ml", "g/mL", p.density_g_per_ml, 0.01, 25.0),
        one(
            "aggregated_fraction",
            "of the particles",
            p.aggregated_fraction,
            0.0,
            1.0,
        ),
        one("aggregate_monomers", "particles", monomers, 2.0, 100.0),
    ];
    if let Some(index) = p.refractive_index {
        all.push(one("refractive_index", "(an index)", index, 1.0, 5.0));
    }
    for (k, [diameter_nm, share]) in p.table.iter().enumerate() {
        let row = |column: u8| format!("table[{k}][{column}]");
        all.push(one(&row(0), "nm", *diameter_nm, 1.0, 1e5));
        all.push(one(&row(1), "(a share)", *share, 0.0, 1e9));
    }
    all
}
