//! Standard uncertainties in force: as stated, as the instrument profile says, or a default that says why.

use super::{Medium, Plan};
use nta_core::Acquisition;
use nta_core::model::Stated;
use nta_sizing::{InputUncertainties, Uncertain};

/// Standard uncertainties as they were stated; `None` where nobody did. All but those of temperature and mass fraction are
/// relative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UncertaintyOptions {
    /// Of the temperature, degrees Celsius.
    pub temperature_c: Option<Stated<f64>>,
    /// Of the viscosity at its temperature.
    pub viscosity: Option<Stated<f64>>,
    /// Of the side of a pixel.
    pub pixel_size: Option<Stated<f64>>,
    /// Of the frame rate.
    pub frame_rate: Option<Stated<f64>>,
    /// Of the depth in which particles are seen.
    pub depth: Option<Stated<f64>>,
    /// Of the dilution.
    pub dilution: Option<Stated<f64>>,
    /// Of the mass fraction of what is dissolved in the liquid.
    pub mass_fraction: Option<Stated<f64>>,
}

impl UncertaintyOptions {
    /// The place of a key of the plan; `None` if it is no key of an uncertainty.
    pub(super) fn stated(&self, key: &str) -> Option<&Option<Stated<f64>>> {
        Some(match key {
            "temperature_uncertainty_c" => &self.temperature_c,
            "viscosity_relative_uncertainty" => &self.viscosity,
            "pixel_size_relative_uncertainty" => &self.pixel_size,
            "frame_rate_relative_uncertainty" => &self.frame_rate,
            "depth_relative_uncertainty" => &self.depth,
            "dilution_relative_uncertainty" => &self.dilution,
            "medium_mass_fraction_uncertainty" => &self.mass_fraction,
            _ => return None,
        })
    }
}

/// A thermometer near the cell, and the warmth of the laser, K.
const TEMPERATURE_STATED_K: f64 = 0.5;
/// Anywhere from 20 to 30 degrees Celsius: 10 K over the root of 12 (GUM 4.3.7), rounded up, K.
const TEMPERATURE_ASSUMED_K: f64 = 3.0;
/// What ordinary viscometers keep.
const VISCOSITY_STATED: f64 = 0.01;
/// A magnification as it is labelled.
const PIXEL_SIZE: f64 = 0.01;
/// Rates are rounded in files: 25 for 24.98.
const FRAME_RATE: f64 = 0.001;
/// Probed volumes from 1.1 to 1.9 of the same unit, evenly: 0.8 / 1.5 over the root of 12.
const DEPTH: f64 = 0.15;
/// One or two steps with good pipettes (ISO 8655-2 allows 1 % of systematic error each).
const DILUTION: f64 = 0.02;

/// A mixture weighed in small amounts.
const MASS_FRACTION: f64 = 0.005;

fn default(value: f64, why: &str) -> Uncertain {
    Uncertain {
        value,
        from: format!("default{why}"),
    }
}

/// What was stated, else what the profile says, else the default.
fn in_force(stated: &Option<Stated<f64>>, profile: Option<f64>, default: Uncertain) -> Uncertain {
    let profile = profile.map(|value| Uncertain {
        value,
        from: "instrument profile".into(),
    });
    stated
        .as_ref()
        .map(|s| Uncertain {
            value: s.value,
            from: s.from.clone(),
        })
        .or(profile)
        .unwrap_or(default)
}

impl Plan {
    /// Standard uncertainties of what all films of the sample share. What a profile says of a value holds only where
    /// that value is in force.
    pub fn input_uncertainties(&self, acquisition: &Acquisition) -> InputUncertainties {
        let stated = &self.uncertainties;
        let profile = self.instrument.as_ref();
        let of_pixel = profile
            .filter(|p| p.pixel_size_um == Some(acquisition.pixel_size_um.value))
            .and_then(|p| p.pixel_size_relative_uncertainty);
        let rate_fps = self.frame_rate_fps.as_ref().map(|r| r.value);
        let of_rate = profile
            .filter(|p| rate_fps.is_some() && p.frame_rate_fps == rate_fps)
            .and_then(|p| p.frame_rate_relative_uncertainty);
        let of_depth = self
            .profile_of_depth()
            .and_then(|p| p.depth_relative_uncertainty);
        let diluted = self.dilution.value != 1.0 || stated.dilution.is_some();
        let dilution = diluted.then(|| in_force(&stated.dilution, None, default(DILUTION, "")));
        InputUncertainties {
            temperature_k: in_force(&stated.temperature_c, None, self.default_of_temperature()),
            viscosity: in_force(&stated.viscosity, None, self.default_of_viscosity()),
            pixel_size: in_force(&stated.pixel_size, of_pixel, default(PIXEL_SIZE, "")),
            frame_rate: in_force(&stated.frame_rate, of_rate, default(FRAME_RATE, "")),
            depth: in_force(&stated.depth, of_depth, default(DEPTH, "")),
            dilution,
            mass_fraction: self
                .medium_mass_fraction
                .is_some()
                .then(|| in_force(&stated.mass_fraction, None, default(MASS_FRACTION, ""))),
        }
    }

    fn default_of_temperature(&self) -> Uncertain {
        match self.temperature_c.from.as_str() {
            super::in_force::DEFAULT => default(
                TEMPERATURE_ASSUMED_K,
                ", as the temperature itself is assumed",
            ),
            _ => default(TEMPERATURE_STATED_K, ""),
        }
    }

    fn default_of_viscosity(&self) -> Uncertain {
        // Names were checked when the plan was made, and a medium that cannot be stops the analysis.
        let of_medium = self
            .sizing_medium()
            .ok()
            .and_then(|m| m.relative_uncertainty);
        match (&self.medium, of_medium) {
            (Medium::Named(name), Some(value)) => Uncertain {
                value,
                from: format!("formula for {}", name.value),
            },
            _ => default(VISCOSITY_STATED, ""),
        }
    }
}
