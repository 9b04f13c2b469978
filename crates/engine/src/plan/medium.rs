//! The medium in force. Names and viscosities are the business of `nta-sizing`.

use super::{Medium, Plan};
use nta_sizing::{MEDIA, MediumError};

/// Media that a plan may name.
pub(super) fn names() -> Vec<&'static str> {
    MEDIA.iter().map(|m| m.name).collect()
}

impl Plan {
    /// The liquid at its temperature.
    pub fn sizing_medium(&self) -> Result<nta_sizing::Medium, MediumError> {
        let temperature_c = self.temperature_c.value;
        match &self.medium {
            Medium::Named(name) => nta_sizing::Medium::of(
                &name.value,
                temperature_c,
                self.medium_mass_fraction.as_ref().map(|f| f.value),
            ),
            Medium::ViscosityMpaS(v) => nta_sizing::Medium::with_viscosity_at(
                temperature_c,
                v.value,
                self.viscosity_at_c
                    .as_ref()
                    .map_or(temperature_c, |t| t.value),
            ),
        }
    }
}
