//! Constants, Stokes-Einstein and viscosities: the only module that speaks SI.
//!
//! Everything outside works in um, s, nm, mPa s and degrees Celsius; the conversions live in the functions here.

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

/// Viscosity of heavy water, mPa s, from the temperature in degrees Celsius (10 to 45).
///
/// Ratio to light water, a parabola through the values of the IAPWS heavy-water formulation at 20, 25 and 37 C
/// (1.2430, 1.0928, 0.8329 mPa s); older tables differ by 0.3 %.
pub fn heavy_water_viscosity_mpa_s(temperature_c: f64) -> f64 {
    const KNOWN: [(f64, f64); 3] = [(20.0, 1.2430), (25.0, 1.0928), (37.0, 0.8329)];
    let ratio: f64 = KNOWN
        .iter()
        .map(|&(t_i, eta_i)| {
            let lagrange: f64 = KNOWN
                .iter()
                .filter(|(t_j, _)| *t_j != t_i)
                .map(|(t_j, _)| (temperature_c - t_j) / (t_i - t_j))
                .product();
            lagrange * eta_i / water_viscosity_mpa_s(t_i)
        })
        .sum();
    ratio * water_viscosity_mpa_s(temperature_c)
}

/// Viscosity of glycerol in water, mPa s, from the temperature in degrees Celsius (0 to 100) and the mass fraction
/// of glycerol (0 to 1).
///
/// Cheng 2008, doi:10.1021/ie071349z, eqs. 6, 9, 21, 22.
/// Differs from the paper in: scaled so that pure water is exactly [`water_viscosity_mpa_s`].
pub fn glycerol_viscosity_mpa_s(temperature_c: f64, mass_fraction: f64) -> f64 {
    let (t, c) = (temperature_c, mass_fraction);
    let a = 0.705 - 0.0017 * t;
    let b = (4.9 + 0.036 * t) * a.powf(2.5);
    let mixing = a * c + b * (1.0 - c);
    let alpha = 1.0 - c + a * b * c * (1.0 - c) / mixing;
    let water = 1.790 * ((-1230.0 - t) * t / (36_100.0 + 360.0 * t)).exp();
    let glycerol = 12_100.0 * ((-1233.0 + t) * t / (9900.0 + 70.0 * t)).exp();
    let cheng = water.powf(alpha) * glycerol.powf(1.0 - alpha);
    // The correction belongs to the water in it, so it fades with the water's exponent.
    cheng * (water_viscosity_mpa_s(t) / water).powf(alpha)
}

/// Product of diffusion coefficient (um^2/s) and hydrodynamic diameter (nm): `kT / (3 pi eta)`, Stokes-Einstein
/// (Einstein 1905, doi:10.1002/andp.19053220806).
pub fn diffusion_times_diameter(temperature_c: f64, viscosity_mpa_s: f64) -> f64 {
    let kt = BOLTZMANN_J_PER_K * (temperature_c + ZERO_CELSIUS_K);
    let eta = viscosity_mpa_s * 1e-3;
    // m^3/s to um^2/s * nm: 1e12 * 1e9.
    kt / (3.0 * std::f64::consts::PI * eta) * 1e21
}

/// Volume in mL of an area in um^2 times a depth in um.
pub fn volume_ml(area_um2: f64, depth_um: f64) -> f64 {
    // 1 um^3 = 1e-18 m^3 and 1 mL = 1e-6 m^3.
    area_um2 * depth_um * 1e-12
}
