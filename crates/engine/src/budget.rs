//! The uncertainty of each headline number, from its interval and from what is uncertain about the inputs.

use crate::report::{Concentration, DiameterSummary, Estimate, Uncertainty};
use nta_sizing::uncertainty::{COVERAGE_FACTOR, budget};
use nta_sizing::{Budget, InputUncertainties, Medium};

/// The budgets of a sample.
pub(crate) fn uncertainty(
    diameters: &DiameterSummary,
    concentration: Option<&Concentration>,
    inputs: &InputUncertainties,
    medium: &Medium,
) -> Uncertainty {
    let diameter =
        |e: &Estimate| -> Option<Budget> { budget(e.value?, e.ci95?, inputs.of_diameter(medium)) };
    Uncertainty {
        coverage_factor: COVERAGE_FACTOR,
        mean_nm: diameter(&diameters.mean),
        d10_nm: diameter(&diameters.d10),
        d50_nm: diameter(&diameters.d50),
        d90_nm: diameter(&diameters.d90),
        mode_nm: diameter(&diameters.mode),
        concentration_per_ml: concentration.and_then(|c| {
            budget(
                c.per_ml,
                c.ci95?,
                inputs.of_concentration(c.coincidence_factor),
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nta_sizing::Uncertain;

    #[test]
    fn numbers_that_are_not_there_have_no_budget() {
        let uncertain = |value| Uncertain {
            value,
            from: String::new(),
        };
        let inputs = InputUncertainties {
            temperature_k: uncertain(0.5),
            viscosity: uncertain(0.001),
            pixel_size: uncertain(0.01),
            frame_rate: uncertain(0.001),
            depth: uncertain(0.1),
            dilution: None,
            mass_fraction: None,
        };
        let water = Medium::named("water", 25.0).expect("water");
        let diameters = DiameterSummary {
            mean: Estimate::new(100.0, Some([98.0, 102.0])),
            d50: Estimate::new(95.0, None),
            ..DiameterSummary::default()
        };
        let nothing = Concentration {
            ci95: Some([0.0, 1e6]),
            ..Concentration::default()
        };
        let got = uncertainty(&diameters, Some(&nothing), &inputs, &water);
        let mean = got.mean_nm.expect("a budget of the mean");
        // 1.02 % by chance, 1.31 % from half a kelvin, 0.1 % twice, 2 % from the pixel.
        assert!((mean.combined_relative - 0.0260).abs() < 1e-4);
        assert!((mean.expanded - 5.20).abs() < 0.02, "{}", mean.expanded);
        let absent = [got.d10_nm, got.d50_nm, got.d90_nm, got.mode_nm];
        assert_eq!(absent, [None, None, None, None]);
        assert_eq!(got.concentration_per_ml, None);
    }
}
