//! The liquid that the particles move in.

use crate::physics;
use crate::sucrose;
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
    viscosity_mpa_s: Law,
}

/// How the viscosity (mPa s) follows.
#[derive(Clone, Copy, Debug)]
enum Law {
    /// From the temperature in degrees Celsius.
    Pure(fn(f64) -> f64),
    /// From the temperature and the mass fraction of what is dissolved, which is at most `most`.
    Mixture { most: f64, of: fn(f64, f64) -> f64 },
}

impl KnownMedium {
    /// Largest mass fraction of what is dissolved; `None` for a liquid of fixed composition.
    pub fn largest_mass_fraction(&self) -> Option<f64> {
        match self.viscosity_mpa_s {
            Law::Pure(_) => None,
            Law::Mixture { most, .. } => Some(most),
        }
    }

    fn viscosity(&self, temperature_c: f64, mass_fraction: f64) -> f64 {
        match self.viscosity_mpa_s {
            Law::Pure(of) => of(temperature_c),
            Law::Mixture { of, .. } => of(temperature_c, mass_fraction),
        }
    }
}

/// All liquids that are known by name.
pub static MEDIA: &[KnownMedium] = &[
    KnownMedium {
        name: "water",
        title: "water at 0.1 MPa",
        reference: "IAPWS SR6-08(2011); doi:10.1063/1.3043575",
        temperature_c: [0.0, 100.0],
        relative_uncertainty: 0.001,
        viscosity_mpa_s: Law::Pure(physics::water_viscosity_mpa_s),
    },
    KnownMedium {
        name: "pbs",
        title: "phosphate-buffered saline, 1x",
        reference: "water x 1.018 +- 0.005 (NaCl 0.15 M by Jones-Dole 1.014, the rest phosphate)",
        temperature_c: [0.0, 60.0],
        relative_uncertainty: 0.005,
        viscosity_mpa_s: Law::Pure(|t| 1.018 * physics::water_viscosity_mpa_s(t)),
    },
    KnownMedium {
        name: "saline",
        title: "0.9 % sodium chloride",
        reference: "water x 1.014 (Jones-Dole: 1 + 0.0062 sqrt(c) + 0.0793 c at c = 0.154 mol/L)",
        temperature_c: [0.0, 60.0],
        relative_uncertainty: 0.003,
        viscosity_mpa_s: Law::Pure(|t| 1.014 * physics::water_viscosity_mpa_s(t)),
    },
    KnownMedium {
        name: "d2o",
        title: "heavy water",
        reference: "IAPWS heavy water formulation at 20, 25, 37 C, interpolated",
        temperature_c: [10.0, 45.0],
        relative_uncertainty: 0.003,
        viscosity_mpa_s: Law::Pure(physics::heavy_water_viscosity_mpa_s),
    },
    KnownMedium {
        name: "glycerol",
        title: "glycerol in water, by mass fraction",
        reference: "Cheng 2008, doi:10.1021/ie071349z, scaled to IAPWS water",
        temperature_c: [0.0, 100.0],
        relative_uncertainty: 0.02,
        viscosity_mpa_s: Law::Mixture {
            most: 1.0,
            of: physics::glycerol_viscosity_mpa_s,
        },
    },
    KnownMedium {
        name: "sucrose",
        title: "sucrose in water, by mass fraction",
        reference: "Barber 1966, Natl. Cancer Inst. Monogr. 21, 219, scaled to IAPWS water",
        temperature_c: [0.0, 60.0],
        relative_uncertainty: 0.02,
        viscosity_mpa_s: Law::Mixture {
            most: 0.6,
            of: sucrose::viscosity_mpa_s,
        },
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
    /// Mass fraction of what is dissolved, 0 to 1; `None` for a liquid of fixed composition.
    pub mass_fraction: Option<f64>,
    /// Temperature at which the viscosity that the user gave was measured, degrees Celsius, if it is another; it then follows that of
    /// water.
    pub measured_at_c: Option<f64>,
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
    #[error("the mass fraction of {medium} is {value}, but must be from 0 to {max}")]
    MassFraction {
        /// What is dissolved.
        medium: String,
        /// What was given.
        value: f64,
        /// Highest allowed.
        max: f64,
    },
    /// A mixture of unknown composition.
    #[error(
        "the viscosity of {medium} in water needs its mass fraction, from 0 to {max}; give it with --medium-mass-fraction, or with \
         medium_mass_fraction in the plan"
    )]
    NoMassFraction {
        /// What is dissolved.
        medium: String,
        /// Highest allowed.
        max: f64,
    },
    /// A composition for a liquid that has its own.
    #[error(
        "medium_mass_fraction is given, but {medium} has none; leave it out, or choose one of: {mixtures}"
    )]
    Fixed {
        /// The liquid.
        medium: String,
        /// What has one.
        mixtures: String,
    },
}

impl MediumError {
    fn unknown(given: &str) -> Self {
        Self::Unknown {
            given: given.to_owned(),
            known: MEDIA.iter().map(|m| m.name).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Temperatures allowed with a viscosity that the user gives, degrees Celsius.
const ANY_TEMPERATURE_C: [f64; 2] = [-50.0, 200.0];
/// Viscosities allowed, mPa s: thinner than any liquid used, thicker than pure glycerol in the cold.
const ANY_VISCOSITY_MPA_S: [f64; 2] = [0.05, 20_000.0];

/// Temperatures at which water is liquid, degrees Celsius.
const WATER_C: [f64; 2] = [0.0, 100.0];

fn check_fraction(known: &KnownMedium, given: Option<f64>) -> Result<(), MediumError> {
    let medium = known.name.to_owned();
    match (known.largest_mass_fraction(), given) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(MediumError::Fixed {
            medium,
            mixtures: mixtures().join(", "),
        }),
        (Some(max), None) => Err(MediumError::NoMassFraction { medium, max }),
        (Some(max), Some(value)) if (0.0..=max).contains(&value) => Ok(()),
        (Some(max), Some(value)) => Err(MediumError::MassFraction { medium, value, max }),
    }
}

/// Names of the liquids of [`MEDIA`] that need a mass fraction.
pub fn mixtures() -> Vec<&'static str> {
    let all = MEDIA.iter().filter(|m| m.largest_mass_fraction().is_some());
    all.map(|m| m.name).collect()
}

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
        Self::of(name, temperature_c, None)
    }

    /// A liquid of [`MEDIA`] at a temperature in degrees Celsius, with the mass fraction of what is dissolved where it is a mixture.
    pub fn of(
        name: &str,
        temperature_c: f64,
        mass_fraction: Option<f64>,
    ) -> Result<Self, MediumError> {
        let known = MEDIA
            .iter()
            .find(|m| m.name == name)
            .ok_or_else(|| MediumError::unknown(name))?;
        check_temperature(known.name, temperature_c, known.temperature_c)?;
        check_fraction(known, mass_fraction)?;
        Ok(Self {
            name: known.name.to_owned(),
            temperature_c,
            viscosity_mpa_s: known.viscosity(temperature_c, mass_fraction.unwrap_or(0.0)),
            relative_uncertainty: Some(known.relative_uncertainty),
            mass_fraction,
            measured_at_c: None,
        })
    }

    /// Whether a liquid of [`MEDIA`] is given with its mass fraction if it needs one, and without if it has none.
    pub fn check_mass_fraction(name: &str, mass_fraction: Option<f64>) -> Result<(), MediumError> {
        match MEDIA.iter().find(|m| m.name == name) {
            Some(known) => check_fraction(known, mass_fraction),
            None => Err(MediumError::unknown(name)),
        }
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
            mass_fraction: None,
            measured_at_c: None,
        })
    }

    /// A liquid whose viscosity (mPa s) was measured at another temperature than that of the sample (both in degrees Celsius): it is
    /// taken to change with temperature as water does, which holds for dilute buffers.
    pub fn with_viscosity_at(
        temperature_c: f64,
        viscosity_mpa_s: f64,
        measured_at_c: f64,
    ) -> Result<Self, MediumError> {
        if temperature_c == measured_at_c {
            return Self::with_viscosity(temperature_c, viscosity_mpa_s);
        }
        Self::with_viscosity(measured_at_c, viscosity_mpa_s)?;
        for value in [temperature_c, measured_at_c] {
            check_temperature("a viscosity of another temperature", value, WATER_C)?;
        }
        let scaled = viscosity_mpa_s * physics::water_viscosity_mpa_s(temperature_c)
            / physics::water_viscosity_mpa_s(measured_at_c);
        Ok(Self {
            measured_at_c: Some(measured_at_c),
            ..Self::with_viscosity(temperature_c, scaled)?
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

    /// Relative change of a diameter per kelvin of error in the temperature, 1/K: `1/T - dln(eta)/dT`, 2.6 % in water at 25 C; `1/T`
    /// where the user gave the viscosity at the temperature of the sample.
    pub fn diameter_per_kelvin(&self) -> f64 {
        1.0 / (self.temperature_c + physics::ZERO_CELSIUS_K) - self.viscosity_slope()
    }

    /// `dln(eta)/dw`, the relative change of the viscosity with the mass fraction w of what is dissolved; 0 for a liquid of fixed
    /// composition.
    pub fn viscosity_per_mass_fraction(&self) -> f64 {
        const STEP: f64 = 1e-3;
        let known = MEDIA.iter().find(|m| m.name == self.name);
        let (Some(known), Some(w)) = (known, self.mass_fraction) else {
            return 0.0;
        };
        let (low, high) = ((w - STEP).max(0.0), (w + STEP).min(1.0));
        let at = |w: f64| known.viscosity(self.temperature_c, w).ln();
        (at(high) - at(low)) / (high - low)
    }

    /// `dln(eta)/dT`, 1/K, by that of the liquid over one kelvin.
    fn viscosity_slope(&self) -> f64 {
        let own = MEDIA.iter().find(|m| m.name == self.name);
        let at = |t: f64| match (own, self.measured_at_c) {
            (Some(known), _) => known.viscosity(t, self.mass_fraction.unwrap_or(0.0)),
            (None, Some(_)) => physics::water_viscosity_mpa_s(t),
            (None, None) => 1.0,
        };
        (at(self.temperature_c + 0.5) / at(self.temperature_c - 0.5)).ln()
    }
}

#[cfg(test)]
#[path = "medium_tests.rs"]
mod tests;
