//! Constants, Stokes-Einstein and the viscosity of water: the only module that speaks SI.

/// Boltzmann constant, J/K, exact (SI 2019).
pub const BOLTZMANN_J_PER_K: f64 = 1.380_649e-23;

/// 0 degrees Celsius in kelvin.
pub const ZERO_CELSIUS_K: f64 = 273.15;

/// Viscosity of liquid water at 0.1 MPa, mPa s, from the temperature in degrees Celsius (-20 to 110).
///
/// IAPWS SR6-08(2011), eq. 7; Patek et al. 2009, doi:10.1063/1.3043575.
pub fn water_viscosity_mpa_s(temperature_c: f64) -> f64 {
    let t = (temperature_c + ZERO_CELSIUS_K) / 300.0;
    let upa_s = 280.68 * t.powf(-1.9)
        + 511.45 * t.powf(-7.7)
        + 61.131 * t.powf(-19.6)
        + 0.45903 * t.powf(-40.0);
    upa_s * 1e-3
}

/// Product of diffusion coefficient (um^2/s) and hydrodynamic diameter (nm): `kT / (3 pi eta)`, Stokes-Einstein.
pub fn diffusion_times_diameter(temperature_c: f64, viscosity_mpa_s: f64) -> f64 {
    let kt = BOLTZMANN_J_PER_K * (temperature_c + ZERO_CELSIUS_K);
    let eta = viscosity_mpa_s * 1e-3;
    // m^3/s to um^2/s * nm: 1e12 * 1e9.
    kt / (3.0 * std::f64::consts::PI * eta) * 1e21
}
