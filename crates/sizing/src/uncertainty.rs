//! What the errors of the inputs make of a result: the budget of uncertainty.
//!
//! JCGM 100:2008 (GUM), doi:10.59161/JCGM100-2008E, eqs. 10 and 12: inputs that err independently add as squares, each
//! with its sensitivity; here all relative to the result. Expanded with k = 2 (6.2.1), which is about 95 %.
//!
//! A diameter is `kT / (3 pi eta D)` with `D` in proportion to the square of the pixel size and to the frame rate; a
//! concentration is a count over area and depth, times the dilution. So the pixel size enters both as its square.
//!
//! The statistical part is taken from the 95 % interval that the result has anyway. It holds what differs from film to
//! film: tracks, captures, and an exposure that was found from the film or assumed.

use crate::diffusion::Z95;
use crate::medium::Medium;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Factor from a combined standard uncertainty to the expanded one.
pub const COVERAGE_FACTOR: f64 = 2.0;

/// A standard uncertainty and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// Standard uncertainty, in the unit of its place.
    pub value: f64,
    /// Where it came from, in words.
    pub from: String,
}

/// Standard uncertainties of what all films of a sample share.
#[derive(Clone, Debug, PartialEq)]
pub struct InputUncertainties {
    /// Of the temperature, K.
    pub temperature_k: Uncertain,
    /// Of the viscosity at its temperature, relative.
    pub viscosity: Uncertain,
    /// Of the side of a pixel, relative.
    pub pixel_size: Uncertain,
    /// Of the frame rate, relative.
    pub frame_rate: Uncertain,
    /// Of the depth in which particles are seen, relative.
    pub depth: Uncertain,
    /// Of the dilution, relative; `None` where nothing was diluted.
    pub dilution: Option<Uncertain>,
    /// Of the mass fraction of what is dissolved; `None` for a liquid of fixed composition.
    pub mass_fraction: Option<Uncertain>,
}

/// What one input adds to the uncertainty of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// The input: `temperature`, `viscosity`, `pixel size`, `frame rate`, `mass fraction`, `depth`, `dilution`,
    /// `hidden particles`.
    pub source: String,
    /// Standard uncertainty of the input, in `unit`.
    pub standard_uncertainty: f64,
    /// Unit of the input's standard uncertainty: `K`, or `1` where it is relative.
    pub unit: String,
    /// Relative standard uncertainty of the result that follows from it (0.01 = 1 %).
    pub relative: f64,
    /// Where the input's uncertainty came from.
    pub from: String,
}

/// The uncertainty of one result, and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// The result, in the unit of its key.
    pub value: f64,
    /// What each input adds.
    pub components: Vec<Component>,
    /// Relative standard uncertainty by chance, from the 95 % interval of the result: tracks, frames and captures, and an
    /// exposure that was found from the film or assumed; for a concentration also the counts of the blank.
    pub statistical_relative: f64,
    /// Combined standard uncertainty, relative.
    pub combined_relative: f64,
    /// Combined standard uncertainty, in the unit of the result.
    pub combined: f64,
    /// Expanded uncertainty (k = 2), relative.
    pub expanded_relative: f64,
    /// Expanded uncertainty (k = 2), in the unit of the result.
    pub expanded: f64,
}

/// `sensitivity` is the relative change of the result per unit of the input.
fn component(source: &str, unit: &str, input: &Uncertain, sensitivity: f64) -> Component {
    Component {
        source: source.to_owned(),
        standard_uncertainty: input.value,
        unit: unit.to_owned(),
        relative: (sensitivity * input.value).abs(),
        from: input.from.clone(),
    }
}

impl InputUncertainties {
    /// What the inputs add to any diameter of a sample in this liquid.
    pub fn of_diameter(&self, medium: &Medium) -> Vec<Component> {
        let per_kelvin = medium.diameter_per_kelvin();
        let of_mixture = self.mass_fraction.as_ref().map(|w| {
            component(
                "mass fraction",
                "1",
                w,
                medium.viscosity_per_mass_fraction(),
            )
        });
        let mut out = vec![
            component("temperature", "K", &self.temperature_k, per_kelvin),
            component("viscosity", "1", &self.viscosity, 1.0),
            component("pixel size", "1", &self.pixel_size, 2.0),
            component("frame rate", "1", &self.frame_rate, 1.0),
        ];
        out.extend(of_mixture);
        out
    }

    /// What the inputs add to a concentration.
    pub fn of_concentration(&self, coincidence_factor: f64) -> Vec<Component> {
        let dilution = self.dilution.as_ref();
        [
            Some(component("depth", "1", &self.depth, 1.0)),
            Some(component("pixel size", "1", &self.pixel_size, 2.0)),
            dilution.map(|d| component("dilution", "1", d, 1.0)),
            (coincidence_factor > 1.0).then(|| coincidence(coincidence_factor)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Of the correction for particles that hide others, this share of it is uncertain: it was 0.7 to 1.3 times what films of 150 and 300
/// particles per frame lacked.
const COINCIDENCE_UNCERTAINTY: f64 = 0.3;

fn coincidence(factor: f64) -> Component {
    let uncertain = Uncertain {
        value: COINCIDENCE_UNCERTAINTY * (factor - 1.0),
        from: "30 % of the correction".into(),
    };
    component("hidden particles", "1", &uncertain, 1.0)
}

/// The budget of a result with its 95 % interval; `None` for a result that is not positive or whose interval says
/// nothing, because a relative uncertainty of it does not exist.
pub fn budget(value: f64, ci95: [f64; 2], components: Vec<Component>) -> Option<Budget> {
    let statistical = statistical_relative(value, ci95)?;
    let squares: f64 = components.iter().map(|c| c.relative.powi(2)).sum();
    let combined = statistical.hypot(squares.sqrt());
    combined.is_finite().then_some(Budget {
        value,
        components,
        statistical_relative: statistical,
        combined_relative: combined,
        combined: combined * value,
        expanded_relative: COVERAGE_FACTOR * combined,
        expanded: COVERAGE_FACTOR * combined * value,
    })
}

/// Relative standard uncertainty behind a 95 % interval: half its width in the logarithm over 1.96; `None` where it reaches down to
/// nothing.
pub fn relative_sd([low, high]: [f64; 2]) -> Option<f64> {
    (low > 0.0).then(|| 0.5 * (high / low).ln() / Z95)
}

/// The same; where the interval reaches down to nothing, its upper half stands for both.
fn statistical_relative(value: f64, ci95: [f64; 2]) -> Option<f64> {
    let [low, high] = ci95;
    let relative = relative_sd(ci95).unwrap_or((high - value) / value / Z95);
    (!low.is_nan() && value > 0.0 && value.is_finite() && relative > 0.0 && relative.is_finite())
        .then_some(relative)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uncertain(value: f64) -> Uncertain {
        Uncertain {
            value,
            from: "a test".into(),
        }
    }

    fn inputs() -> InputUncertainties {
        InputUncertainties {
            temperature_k: uncertain(0.5),
            viscosity: uncertain(0.004),
            pixel_size: uncertain(0.01),
            frame_rate: uncertain(0.001),
            depth: uncertain(0.1),
            dilution: Some(uncertain(0.02)),
            mass_fraction: None,
        }
    }

    #[test]
    fn a_mixture_has_the_error_of_its_fraction() {
        let glycerol = Medium::of("glycerol", 20.0, Some(0.5)).unwrap();
        let mixed = InputUncertainties {
            mass_fraction: Some(uncertain(0.01)),
            ..inputs()
        };
        let parts = mixed.of_diameter(&glycerol);
        let fraction = parts.iter().find(|c| c.source == "mass fraction").unwrap();
        // 5.3 % of viscosity, and so of diameter, for one per cent of glycerol.
        assert!((fraction.relative - 0.053).abs() < 0.003, "{fraction:?}");
        assert!(
            inputs()
                .of_diameter(&glycerol)
                .iter()
                .all(|c| c.source != "mass fraction")
        );
    }

    #[test]
    fn a_diameter_in_water_at_25_c_has_the_budget_done_by_hand() {
        let water = Medium::named("water", 25.0).unwrap();
        let parts = inputs().of_diameter(&water);
        let relative: Vec<f64> = parts.iter().map(|c| c.relative).collect();
        // Half a kelvin at 2.61 %/K; the pixel size enters as its square.
        for (got, want) in relative.iter().zip([0.01307, 0.004, 0.02, 0.001]) {
            assert!((got - want).abs() < 1e-4, "{relative:?}");
        }
        // An interval of one per cent standard error.
        let ci95 = [100.0 * (-0.0196f64).exp(), 100.0 * 0.0196f64.exp()];
        let got = budget(100.0, ci95, parts).unwrap();
        assert!((got.statistical_relative - 0.01).abs() < 1e-5);
        let want = (0.01307f64.powi(2)
            + 0.004f64.powi(2)
            + 0.02f64.powi(2)
            + 0.001f64.powi(2)
            + 0.01f64.powi(2))
        .sqrt();
        assert!((got.combined_relative - want).abs() < 1e-4);
        assert!((got.expanded - 200.0 * want).abs() < 1e-2);
        assert!((got.expanded_relative - 2.0 * got.combined_relative).abs() < 1e-15);
    }

    /// The stated sensitivities are those of the formulas: each input is moved by a little and the diameter made anew.
    #[test]
    fn sensitivities_are_those_of_stokes_and_einstein() {
        for name in ["water", "pbs", "d2o"] {
            let diameter = |kelvin: f64, eta: f64, pixel: f64, rate: f64| {
                let medium = Medium::named(name, 22.0 + kelvin).unwrap();
                let thicker = Medium::with_viscosity(
                    medium.temperature_c,
                    medium.viscosity_mpa_s * (1.0 + eta),
                )
                .unwrap();
                // MSD per frame of 0.5 um^2 at 30 frames/s.
                let d = 0.25 * 0.5 * (1.0 + pixel).powi(2) * 30.0 * (1.0 + rate);
                thicker.diameter_nm(d).unwrap()
            };
            let at = diameter(0.0, 0.0, 0.0, 0.0);
            let h = 1e-4;
            let slopes = [
                diameter(h, 0.0, 0.0, 0.0),
                diameter(0.0, h, 0.0, 0.0),
                diameter(0.0, 0.0, h, 0.0),
                diameter(0.0, 0.0, 0.0, h),
            ]
            .map(|d| ((d / at).ln() / h).abs());
            let one = InputUncertainties {
                temperature_k: uncertain(1.0),
                viscosity: uncertain(1.0),
                pixel_size: uncertain(1.0),
                frame_rate: uncertain(1.0),
                ..inputs()
            };
            let medium = Medium::named(name, 22.0).unwrap();
            for (part, slope) in one.of_diameter(&medium).iter().zip(slopes) {
                assert!(
                    (part.relative / slope - 1.0).abs() < 1e-3,
                    "{name} {}: {} {slope}",
                    part.source,
                    part.relative
                );
            }
        }
    }

    #[test]
    fn a_concentration_goes_with_area_depth_and_dilution() {
        let parts = inputs().of_concentration(1.0);
        let relative: Vec<f64> = parts.iter().map(|c| c.relative).collect();
        assert_eq!(relative, [0.1, 0.02, 0.02]);
        let undiluted = InputUncertainties {
            dilution: None,
            ..inputs()
        };
        assert_eq!(undiluted.of_concentration(1.0).len(), 2);
    }

    #[test]
    fn what_is_not_known_has_no_budget() {
        for (value, ci95) in [
            (0.0, [0.0, 5.0]),
            (-1.0, [-2.0, 0.5]),
            (3.0, [3.0, 3.0]),
            (3.0, [f64::NAN, 4.0]),
            (f64::NAN, [1.0, 2.0]),
            (f64::INFINITY, [1.0, f64::INFINITY]),
        ] {
            assert_eq!(budget(value, ci95, Vec::new()), None, "{value} {ci95:?}");
        }
        // A lower end of nothing leaves the upper half.
        let got = budget(2.0, [0.0, 4.0], Vec::new()).unwrap();
        assert!((got.statistical_relative - 1.0 / Z95).abs() < 1e-12);
    }
}
