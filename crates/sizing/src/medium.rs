//! The liquid that the particles move in.

use crate::physics;
use serde::{Deserialize, Serialize};

/// A liquid that is known by name.
#[derive(Clone, Copy, Debug)]
pub struct KnownMedium {
    /// Name in the plan, lower case.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// Where its viscosity comes from.
    pub reference: &'static str,
    /// Range of the temperature, degrees Celsius.
    pub temperature_c: [f64; 2],
    /// Relative standard uncertainty of the viscosity at a known temperature.
    pub relative_uncertainty: f64,
    viscosity_mpa_s: fn(f64) -> f64,
}

/// All liquids that are known by name.
pub static MEDIA: &[KnownMedium] = &[
    KnownMedium {
        name: "water",
        title: "water at 0.1 MPa",
        reference: "IAPWS SR6-08(2011); doi:10.1063/1.3043575",
        temperature_c: [0.0, 100.0],
        relative_uncertainty: 0.001,
        viscosity_mpa_s: physics::water_viscosity_mpa_s,
    },
    KnownMedium {
        name: "pbs",
        title: "phosphate-buffered saline, 1x",
        reference: "water x 1.018 +- 0.005 (NaCl 0.15 M by Jones-Dole 1.014, the rest phosphate)",
        temperature_c: [0.0, 60.0],
        relative_uncertainty: 0.005,
        viscosity_mpa_s: |t| 1.018 * physics::water_viscosity_mpa_s(t),
    },
    KnownMedium {
        name: "saline",
        title: "0.9 % sodium chloride",
        reference: "water x 1.014 (Jones-Dole: 1 + 0.0062 sqrt(c) + 0.0793 c at c = 0.154 mol/L)",
        temperature_c: [0.0, 60.0],
        relative_uncertainty: 0.003,
        viscosity_mpa_s: |t| 1.014 * physics::water_viscosity_mpa_s(t),
    },
    KnownMedium {
        name: "d2o",
        title: "heavy water",
        reference: "IAPWS heavy water formulation at 20, 25, 37 C, interpolated",
        temperature_c: [10.0, 45.0],
        relative_uncertainty: 0.003,
        viscosity_mpa_s: physics::heavy_water_viscosity_mpa_s,
    },
];

/// A liquid at its temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Medium {
    /// `water`, `pbs`, ..., `glycerol`, or `given` for a viscosity that the user states.
    pub name: String,
    /// Temperature, degrees Celsius.
    pub temperature_c: f64,
    /// Dynamic viscosity, mPa s.
    pub viscosity_mpa_s: f64,
    /// Relative standard uncertainty of the viscosity at this temperature; `None` if the user gave the viscosity.
    pub relative_uncertainty: Option<f64>,
    /// Relative change of the viscosity per kelvin, `d ln(eta) / dT`, 1/K; 0 if the user gave the viscosity, which then
    /// belongs to whatever the temperature was.
    pub ln_viscosity_per_kelvin: f64,
}

/// Relative change of a viscosity per kelvin, 1/K, over one kelvin about the temperature.
fn ln_slope(viscosity_mpa_s: impl Fn(f64) -> f64, temperature_c: f64) -> f64 {
    (viscosity_mpa_s(temperature_c + 0.5) / viscosity_mpa_s(temperature_c - 0.5)).ln()
}

/// A liquid that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MediumError {
    /// No such name.
    #[error("there is no medium '{given}'; choose one of: {known}, or give the viscosity")]
    Unknown {
        /// What was asked for.
        given: String,
        /// What there is.
        known: String,
    },
    /// Outside the range of the formula.
    #[error("the temperature is {value} C, but for {medium} it must be from {min} to {max} C")]
    Temperature {
        /// The liquid.
        medium: String,
        /// What was given, degrees Celsius.
        value: f64,
        /// Lowest allowed, degrees Celsius.
        min: f64,
        /// Highest allowed, degrees Celsius.
        max: f64,
    },
    /// Not a viscosity of a liquid that particles diffuse in.
    #[error("the viscosity is {value} mPa s, but must be from {min} to {max} mPa s")]
    Viscosity {
        /// What was given, mPa s.
        value: f64,
        /// Lowest allowed, mPa s.
        min: f64,
        /// Highest allowed, mPa s.
        max: f64,
    },
    /// Not a mass fraction.
    #[error("the mass fraction of glycerol is {value}, but must be from 0 to 1")]
    MassFraction {
        /// What was given.
        value: f64,
    },
}

/// Temperatures allowed with a viscosity that the user gives, degrees Celsius.
const ANY_TEMPERATURE_C: [f64; 2] = [-50.0, 200.0];
/// Viscosities allowed, mPa s: thinner than any liquid used, thicker than pure glycerol in the cold.
const ANY_VISCOSITY_MPA_S: [f64; 2] = [0.05, 20_000.0];

fn check_temperature(medium: &str, value: f64, [min, max]: [f64; 2]) -> Result<(), MediumError> {
    // Written so that NaN is refused.
    if min <= value && value <= max {
        return Ok(());
    }
    Err(MediumError::Temperature {
        medium: medium.to_owned(),
        value,
        min,
        max,
    })
}

impl Medium {
    /// A liquid of [`MEDIA`] at a temperature in degrees Celsius.
    pub fn named(name: &str, temperature_c: f64) -> Result<Self, MediumError> {
        let known = MEDIA
            .iter()
            .find(|m| m.name == name)
            .ok_or_else(|| MediumError::Unknown {
                given: name.to_owned(),
                known: MEDIA.iter().map(|m| m.name).collect::<Vec<_>>().join(", "),
            })?;
        check_temperature(known.name, temperature_c, known.temperature_c)?;
        Ok(Self {
            name: known.name.to_owned(),
            temperature_c,
            viscosity_mpa_s: (known.viscosity_mpa_s)(temperature_c),
            relative_uncertainty: Some(known.relative_uncertainty),
            ln_viscosity_per_kelvin: ln_slope(known.viscosity_mpa_s, temperature_c),
        })
    }

    /// A liquid whose viscosity (mPa s) at this temperature (degrees Celsius) was measured.
    pub fn with_viscosity(temperature_c: f64, viscosity_mpa_s: f64) -> Result<Self, MediumError> {
        check_temperature("a given viscosity", temperature_c, ANY_TEMPERATURE_C)?;
        let [min, max] = ANY_VISCOSITY_MPA_S;
        if !(min <= viscosity_mpa_s && viscosity_mpa_s <= max) {
            return Err(MediumError::Viscosity {
                value: viscosity_mpa_s,
                min,
                max,
            });
        }
        Ok(Self {
            name: "given".into(),
            temperature_c,
            viscosity_mpa_s,
            relative_uncertainty: None,
            ln_viscosity_per_kelvin: 0.0,
        })
    }

    /// Glycerol in water: temperature in degrees Celsius (0 to 100), mass fraction of glycerol (0 to 1).
    pub fn glycerol(temperature_c: f64, mass_fraction: f64) -> Result<Self, MediumError> {
        check_temperature("glycerol", temperature_c, [0.0, 100.0])?;
        if !(0.0..=1.0).contains(&mass_fraction) {
            return Err(MediumError::MassFraction {
                value: mass_fraction,
            });
        }
        Ok(Self {
            name: "glycerol".into(),
            temperature_c,
            viscosity_mpa_s: physics::glycerol_viscosity_mpa_s(temperature_c, mass_fraction),
            relative_uncertainty: Some(0.02),
            ln_viscosity_per_kelvin: ln_slope(
                |t| physics::glycerol_viscosity_mpa_s(t, mass_fraction),
                temperature_c,
            ),
        })
    }

    /// Hydrodynamic diameter, nm, of a particle with this diffusion coefficient, um^2/s; `None` unless it is
    /// positive and finite.
    pub fn diameter_nm(&self, diffusion_um2_per_s: f64) -> Option<f64> {
        let diameter = self.diffusion_times_diameter() / diffusion_um2_per_s;
        (diffusion_um2_per_s > 0.0 && diameter.is_finite()).then_some(diameter)
    }

    /// Diffusion coefficient, um^2/s, of a particle of this hydrodynamic diameter, nm.
    pub fn diffusion_um2_per_s(&self, diameter_nm: f64) -> f64 {
        self.diffusion_times_diameter() / diameter_nm
    }

    /// Product of diffusion coefficient and diameter, um^2/s nm.
    pub fn diffusion_times_diameter(&self) -> f64 {
        physics::diffusion_times_diameter(self.temperature_c, self.viscosity_mpa_s)
    }

    /// Relative change of a diameter per kelvin of error in the temperature, 1/K: `1/T - dln(eta)/dT`, 2.6 % in water
    /// at 25 C; `1/T` where the user gave the viscosity.
    pub fn diameter_per_kelvin(&self) -> f64 {
        1.0 / (self.temperature_c + physics::ZERO_CELSIUS_K) - self.ln_viscosity_per_kelvin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn water_has_the_viscosity_of_the_iapws_formula() {
        for (t, eta) in [
            (20.0, 1.001567),
            (23.0, 0.932098),
            (25.0, 0.889997),
            (37.0, 0.691303),
        ] {
            let got = Medium::named("water", t).unwrap().viscosity_mpa_s;
            assert!((got - eta).abs() < 1e-6, "{t} C: {got}");
        }
    }

    #[test]
    fn other_media_match_their_tables() {
        let pbs = Medium::named("pbs", 25.0).unwrap().viscosity_mpa_s;
        assert!((pbs - 0.889997 * 1.018).abs() < 2e-6);
        for (t, eta) in [(20.0, 1.2430), (25.0, 1.0928), (37.0, 0.8329)] {
            let got = Medium::named("d2o", t).unwrap().viscosity_mpa_s;
            assert!((got - eta).abs() < 1e-9, "{t}: {got}");
        }
        let half = Medium::glycerol(20.0, 0.5).unwrap().viscosity_mpa_s;
        assert!((half / 6.0 - 1.0).abs() < 0.01, "{half}");
        let fifth = Medium::glycerol(20.0, 0.2).unwrap().viscosity_mpa_s;
        assert!((fifth / 1.76 - 1.0).abs() < 0.015, "{fifth}");
        let none = Medium::glycerol(20.0, 0.0).unwrap().viscosity_mpa_s;
        assert!((none - 1.001567).abs() < 1e-6);
    }

    #[test]
    fn stokes_einstein_of_100_nm_in_water_at_25_c() {
        let water = Medium::named("water", 25.0).unwrap();
        // 1.380649e-23 * 298.15 / (3 pi * 0.889997e-3 * 1e-7) m^2/s.
        let d = water.diffusion_um2_per_s(100.0);
        assert!((d - 4.907_48).abs() < 1e-4, "{d}");
        assert!((water.diameter_nm(d).unwrap() - 100.0).abs() < 1e-9);
        assert!((water.diameter_per_kelvin() - 0.0261).abs() < 2e-4);
        assert_eq!(water.diameter_nm(0.0), None);
        assert_eq!(water.diameter_nm(-1.0), None);
        assert_eq!(water.diameter_nm(f64::NAN), None);
    }

    #[test]
    fn one_kelvin_changes_a_diameter_as_published() {
        let per_kelvin = |m: Medium| 100.0 * m.diameter_per_kelvin();
        // The IAPWS formula gives 2.79 %/K at 20 C, 2.61 at 25 C and 2.27 at 37 C.
        for (t, want) in [(20.0, 2.79), (25.0, 2.61), (37.0, 2.27)] {
            let got = per_kelvin(Medium::named("water", t).unwrap());
            assert!((got - want).abs() < 0.006, "{t} C: {got}");
        }
        // Each liquid has its own slope: glycerol thins faster with warmth than water.
        let water = per_kelvin(Medium::named("water", 20.0).unwrap());
        let pbs = per_kelvin(Medium::named("pbs", 20.0).unwrap());
        let glycerol = per_kelvin(Medium::glycerol(20.0, 0.5).unwrap());
        assert!((pbs - water).abs() < 1e-9);
        assert!(glycerol > water + 0.5, "{glycerol}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_range() {
        for bad in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            let e = Medium::named("water", bad).unwrap_err().to_string();
            assert!(e.contains("from 0 to 100 C"), "{e}");
        }
        let e = Medium::named("beer", 20.0).unwrap_err().to_string();
        assert!(e.contains("'beer'") && e.contains("water, pbs"), "{e}");
        for bad in [0.0, -1.0, f64::NAN, 1e9] {
            assert!(Medium::with_viscosity(25.0, bad).is_err());
        }
        assert!(Medium::glycerol(25.0, 1.01).is_err());
        let given = Medium::with_viscosity(25.0, 0.95).unwrap();
        assert!((given.diameter_per_kelvin() - 1.0 / 298.15).abs() < 1e-12);
    }

    #[test]
    fn every_medium_of_the_table_works_over_its_range() {
        for m in MEDIA {
            let [lo, hi] = m.temperature_c;
            let cold = Medium::named(m.name, lo).unwrap().viscosity_mpa_s;
            let hot = Medium::named(m.name, hi).unwrap().viscosity_mpa_s;
            assert!(cold > hot && hot > 0.2, "{}", m.name);
        }
    }
}
