//! Viscosity of sucrose in water.
//!
//! Barber 1966, Natl. Cancer Inst. Monogr. 21, 219-239: polynomials in the mole fraction, fitted to the measurements of Swindells,
//! Snyder, Hardy & Golden 1958 (supplement to NBS Circular 440). Within 1.1 % of the handbook's values from 0 to 60 C at 20 and 40 %,
//! within 3 % at 60 % from 25 C on; below that handbooks differ among themselves by more.
//! Differs from the paper in: scaled so that pure water is exactly that of IAPWS; this is at most 0.4 %, and fades with the water.

use crate::physics::water_viscosity_mpa_s;

/// Molar masses, g/mol.
const SUCROSE_G_PER_MOL: f64 = 342.296;
const WATER_G_PER_MOL: f64 = 18.015;
/// From here on the second pair of polynomials holds.
const DENSE: f64 = 0.48;

const A_THIN: [f64; 8] = [
    -1.501_832_7,
    9.411_215_3,
    -1.143_574_1e3,
    1.050_413_7e5,
    -4.692_710_2e6,
    1.032_334_9e8,
    -1.102_898_1e9,
    4.592_191_1e9,
];
const B_THIN: [f64; 8] = [
    2.116_990_7e2,
    1.607_707_3e3,
    1.691_161_1e5,
    -1.418_437_1e7,
    6.065_477_5e8,
    -1.298_583_4e10,
    1.353_290_7e11,
    -5.497_041_6e11,
];
const A_DENSE: [f64; 6] = [
    -1.080_331_4,
    -2.000_348_4e1,
    4.606_689_8e2,
    -5.951_702_3e3,
    3.562_721_6e4,
    -7.854_214_5e4,
];
const B_DENSE: [f64; 6] = [
    1.397_556_8e2,
    6.674_732_9e3,
    -7.871_610_5e4,
    9.096_757_8e5,
    -5.538_083_0e6,
    1.245_121_9e7,
];

/// Viscosity, mPa s, from the temperature in degrees Celsius (0 to 60) and the mass fraction of sucrose (0 to 0.6).
pub(crate) fn viscosity_mpa_s(temperature_c: f64, mass_fraction: f64) -> f64 {
    let of_water = water_viscosity_mpa_s(temperature_c) / barber(temperature_c, 0.0);
    barber(temperature_c, mass_fraction) * of_water.powf(1.0 - mass_fraction)
}

fn barber(temperature_c: f64, mass_fraction: f64) -> f64 {
    let sucrose = mass_fraction / SUCROSE_G_PER_MOL;
    let y = sucrose / (sucrose + (1.0 - mass_fraction) / WATER_G_PER_MOL);
    let polynomial = |c: &[f64]| c.iter().rev().fold(0.0, |sum, c| sum * y + c);
    let (a, b) = match mass_fraction < DENSE {
        true => (polynomial(&A_THIN), polynomial(&B_THIN)),
        false => (polynomial(&A_DENSE), polynomial(&B_DENSE)),
    };
    let c = 146.066_35 - 25.251_728 * (1.0 + (y / 0.070_674_842).powi(2)).sqrt();
    10f64.powf(a + b / (temperature_c + c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_viscosities_at_20_c_are_those_of_the_handbook() {
        // Over that of water, by mass fraction (CRC Handbook, aqueous solutions).
        for (fraction, relative, within) in [
            (0.05, 1.144, 0.005),
            (0.1, 1.334, 0.005),
            (0.2, 1.942, 0.005),
            (0.3, 3.181, 0.005),
            (0.4, 6.16, 0.006),
            (0.5, 15.40, 0.01),
            (0.6, 58.37, 0.01),
        ] {
            let got = viscosity_mpa_s(20.0, fraction) / water_viscosity_mpa_s(20.0);
            assert!(
                (got / relative - 1.0).abs() < within,
                "{fraction}: {got} for {relative}"
            );
        }
    }

    #[test]
    fn other_temperatures_are_those_of_the_handbook() {
        // mPa s at 20 and 40 % (Bingham & Jackson 1918, Bull. Bur. Stand. 14, 59, on water of 1.002 mPa s at 20 C, as handbooks list
        // it; the 9.794 that they list at 10 C and 40 % lies off the curve of its neighbours and is left out).
        for (t, twenty, forty) in [
            (0.0, 3.782, 14.58),
            (15.0, 2.254, 7.468),
            (25.0, 1.695, 5.187),
            (30.0, 1.493, 4.382),
            (40.0, 1.184, 3.249),
            (50.0, 0.970, 2.497),
            (60.0, 0.808, 1.982),
        ] {
            for (fraction, want) in [(0.2, twenty), (0.4, forty)] {
                let got = viscosity_mpa_s(t, fraction);
                assert!(
                    (got / want - 1.0).abs() < 0.011,
                    "{t} C, {fraction}: {got} for {want}"
                );
            }
        }
        for (t, sixty) in [(25.0, 43.86), (30.0, 33.78), (40.0, 21.28), (60.0, 9.83)] {
            let got = viscosity_mpa_s(t, 0.6);
            assert!((got / sixty - 1.0).abs() < 0.03, "{t} C: {got} for {sixty}");
        }
    }

    #[test]
    fn water_is_water_and_the_two_pieces_meet() {
        for t in [0.0, 20.0, 37.0, 60.0] {
            assert!((viscosity_mpa_s(t, 0.0) / water_viscosity_mpa_s(t) - 1.0).abs() < 1e-12);
            let jump = viscosity_mpa_s(t, DENSE) / viscosity_mpa_s(t, DENSE - 1e-9);
            assert!((jump - 1.0).abs() < 0.01, "{t} C: {jump}");
        }
    }
}
