//! How spots look and how bright particles and background are.

use nta_core::film::Polarity;
use serde::{Deserialize, Serialize};

/// Spots and their blur with depth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Optics {
    /// Standard deviation of a spot in focus, px.
    pub psf_sigma_px: f64,
    /// Distance from focus at which a spot is wider by the root of two, um: width = psf_sigma_px sqrt(1 + (z/depth)^2),
    /// and the height falls so that the light stays the same.
    pub defocus_depth_um: f64,
    /// Where the light comes from.
    pub illumination: Illumination,
    /// Half thickness of the light sheet where the light is down to 1/e^2, um: light = exp(-2 z^2 / half^2).
    /// Does not count for uniform illumination.
    pub sheet_half_thickness_um: f64,
    /// Share of the light of a far defocused spot that lies in a ring around it, 0 to 0.9; it grows with the defocus.
    pub ring_fraction: f64,
}

/// Where the light comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Illumination {
    /// A light sheet about the plane of focus.
    #[default]
    Sheet,
    /// The same light at every depth. Particles far from focus then add a haze; they are drawn as long as their peak is
    /// at least a tenth of the noise and out to 100 um.
    Uniform,
}

impl Optics {
    /// Standard deviation of a still spot at a distance from focus, px.
    pub fn width_px(&self, z_um: f64) -> f64 {
        let u = z_um / self.defocus_depth_um;
        self.psf_sigma_px * (1.0 + u * u).sqrt()
    }
}

impl Default for Optics {
    fn default() -> Self {
        Self {
            psf_sigma_px: 1.3,
            defocus_depth_um: 3.0,
            illumination: Illumination::Sheet,
            sheet_half_thickness_um: 5.0,
            ring_fraction: 0.0,
        }
    }
}

/// How bright particles and background are, in counts of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Light {
    /// Bright particles on dark, or dark ones on bright.
    pub polarity: ScenePolarity,
    /// Height of a still particle of the reference diameter, in focus and in the middle of the sheet, counts.
    pub reference_peak_counts: f64,
    /// Diameter that `reference_peak_counts` belongs to, nm; the geometric mean of all particles if absent, aggregates
    /// counted by the diameter of their monomers.
    pub reference_diameter_nm: Option<f64>,
    /// Height grows with the diameter to this power: 6 for Rayleigh scatter, 2 to 4 as met in practice.
    pub brightness_exponent: f64,
    /// Diameter around which the height begins to grow more slowly, nm; none if absent. The height then goes as
    /// d^p / (1 + (d/dc)^(p - q)) with p = `brightness_exponent` and q = `compressed_exponent`: d^p well below dc, d^q
    /// well above, and the reference diameter keeps its height. An approximation of the envelope of Mie scattering
    /// beyond the Rayleigh range; its resonances are left out.
    pub compression_diameter_nm: Option<f64>,
    /// Exponent well above `compression_diameter_nm`, 0 to `brightness_exponent`.
    pub compressed_exponent: f64,
    /// Refractive index that `reference_peak_counts` belongs to; polystyrene by default. A population of another index
    /// is brighter by the ratio of ((m^2 - 1) / (m^2 + 2))^2, with m the index over that of the medium: Rayleigh
    /// scattering (Bohren and Huffman 1983, doi:10.1002/9783527618156, chapter 5).
    pub reference_refractive_index: f64,
    /// Refractive index of the medium; water by default.
    pub medium_refractive_index: f64,
    /// Background light in the middle of the picture, counts.
    pub background_counts: f64,
    /// Rise of the background from the left to the right edge, counts.
    pub gradient_x_counts: f64,
    /// Rise of the background from the top to the bottom edge, counts.
    pub gradient_y_counts: f64,
    /// Amplitude of a flicker of all light, as a share of it.
    pub flicker_fraction: f64,
    /// Frequency of the flicker, Hz.
    pub flicker_hz: f64,
}

impl Default for Light {
    fn default() -> Self {
        Self {
            polarity: ScenePolarity::Bright,
            reference_peak_counts: 60.0,
            reference_diameter_nm: None,
            brightness_exponent: 3.0,
            compression_diameter_nm: None,
            compressed_exponent: 2.0,
            reference_refractive_index: 1.59,
            medium_refractive_index: 1.33,
            background_counts: 16.0,
            gradient_x_counts: 4.0,
            gradient_y_counts: -3.0,
            flicker_fraction: 0.0,
            flicker_hz: 0.0,
        }
    }
}

/// [`Polarity`] as it is written in a scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScenePolarity {
    /// Bright on dark.
    #[default]
    Bright,
    /// Dark on bright.
    Dark,
}

impl From<ScenePolarity> for Polarity {
    fn from(p: ScenePolarity) -> Self {
        match p {
            ScenePolarity::Bright => Polarity::Bright,
            ScenePolarity::Dark => Polarity::Dark,
        }
    }
}
