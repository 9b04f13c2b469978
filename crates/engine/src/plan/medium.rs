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
            Medium::Named(name) => nta_sizing::Medium::named(&name.value, temperature_c),
            Medium::ViscosityMpaS(v) => nta_sizing::Medium::with_viscosity(temperature_c, v.value),
        }
    }
}
