//! What is to be filmed: sample, microscope, camera, and what goes wrong. Every default is written in one place.

use nta_core::film::Polarity;
use nta_sizing::physics;
use serde::{Deserialize, Serialize};

/// A film to be simulated. Each field has a default, so a scene file names only what differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scene {
    /// Width of the picture, px.
    pub width_px: u32,
    /// Height of the picture, px.
    pub height_px: u32,
    /// Side of a pixel in the sample, um.
    pub pixel_size_um: f64,
    /// Places in time per second.
    pub frame_rate_fps: f64,
    /// Time during which the shutter is open, ms; at most the time between frames.
    pub exposure_ms: f64,
    /// Places in time, dropped ones included.
    pub frames: u32,
    /// Temperature of the sample, degrees Celsius.
    pub temperature_c: f64,
    /// Viscosity of the medium, mPa s; water at `temperature_c` if absent.
    pub viscosity_mpa_s: Option<f64>,
    /// How many particles.
    pub amount: Amount,
    /// Which particles; empty for a film of pure medium.
    pub populations: Vec<Population>,
    /// Spots and their blur with depth.
    pub optics: Optics,
    /// How bright particles and background are.
    pub light: Light,
    /// What all particles share.
    pub motion: Motion,
    /// Particles that stick to the window.
    pub stuck: Stuck,
    /// Electrons to counts.
    pub camera: Camera,
    /// Dropped and repeated frames.
    pub faults: Faults,
    /// Parts into which each exposure is divided; the picture is the sum of their spots. At least 1; the position of
    /// the blurred spot is exact for any number, its shape needs 8.
    pub sub_steps: u32,
    /// Everything random follows from this number.
    pub seed: u64,
}

/// How many particles there are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Amount {
    /// Mean number per frame of particles whose peak is at least [`crate::VISIBLE_PEAK_SNR`] times the noise of a
    /// pixel; the concentration follows from the depth over which that is so.
    VisiblePerFrame(f64),
    /// Particles per mL in front of the camera (that is, after dilution).
    ConcentrationPerMl(f64),
}

/// Shape of a population's sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeShape {
    /// All alike; `cv` does not count.
    #[default]
    Monodisperse,
    /// Normal, `diameter_nm` is the mean; cut off below a tenth of it.
    Normal,
    /// Log-normal, `diameter_nm` is the median.
    LogNormal,
}

/// Particles of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Shape of the distribution of diameters.
    pub kind: SizeShape,
    /// Hydrodynamic diameter, nm: mean or median, see [`SizeShape`].
    pub diameter_nm: f64,
    /// Standard deviation over mean of the diameters.
    pub cv: f64,
    /// Share of the particles in the sample, by number; the shares need not add up to one.
    pub weight: f64,
}

/// Spots and their blur with depth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Optics {
    /// Standard deviation of a spot in focus, px.
    pub psf_sigma_px: f64,
    /// Distance from focus at which a spot is wider by the root of two, um: width = psf_sigma_px sqrt(1 + (z/depth)^2),
    /// and the height falls so that the light stays the same.
    pub defocus_depth_um: f64,
    /// Half thickness of the light sheet where the light is down to 1/e^2, um: light = exp(-2 z^2 / half^2).
    pub sheet_half_thickness_um: f64,
    /// Share of the light of a far defocused spot that lies in a ring around it, 0 to 0.9; it grows with the defocus.
    pub ring_fraction: f64,
}

/// How bright particles and background are, in counts of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Light {
    /// Bright particles on dark, or dark ones on bright.
    pub polarity: ScenePolarity,
    /// Height of a still particle of the reference diameter, in focus and in the middle of the sheet, counts.
    pub reference_peak_counts: f64,
    /// Diameter that `reference_peak_counts` belongs to, nm; the geometric mean of all particles if absent.
    pub reference_diameter_nm: Option<f64>,
    /// Height grows with the diameter to this power: 6 for Rayleigh scatter, 2 to 4 as met in practice.
    pub brightness_exponent: f64,
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

/// What all particles share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Motion {
    /// Steady flow to the right and down, um/s.
    pub flow_um_per_s: [f64; 2],
    /// Shaking of the stage against the camera.
    pub vibration: Vibration,
}

/// Shaking of the stage: offset = amplitude sin(2 pi frequency t) along one direction. Stuck particles take part, the
/// background light and the pattern of the sensor do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vibration {
    /// Amplitude (half of peak to peak), um.
    pub amplitude_um: f64,
    /// Frequency, Hz.
    pub frequency_hz: f64,
    /// Direction, degrees from the x axis towards y.
    pub angle_deg: f64,
}

/// Particles that stick to the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stuck {
    /// How many in the picture.
    pub count: u32,
    /// Height of each, counts.
    pub peak_counts: f64,
    /// Standard deviation of each, px.
    pub width_px: f64,
}

/// Electrons to counts: `count = offset + electrons / gain`, rounded and clipped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Camera {
    /// Electrons per count.
    pub gain_e_per_count: f64,
    /// Standard deviation of the noise of reading, electrons.
    pub read_noise_e: f64,
    /// Count of a dark pixel.
    pub offset_counts: f64,
    /// Bits per pixel, 8 to 16; above 8 the pixels are 16-bit numbers.
    pub bit_depth: u8,
    /// Light comes in quanta; off for a camera without shot noise.
    pub shot_noise: bool,
    /// Standard deviation between pixels of the dark count, counts.
    pub fixed_offset_counts: f64,
    /// Standard deviation between pixels of the sensitivity, as a share of it.
    pub fixed_gain_fraction: f64,
}

/// Dropped and repeated frames. Frame numbers are places in time from 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Frames that never arrive and leave a hole in the numbers.
    pub dropped: Vec<u32>,
    /// Share of the frames that is dropped at random, 0 to 0.9.
    pub dropped_fraction: f64,
    /// Frames that show the picture of the frame before once more. The first frame cannot.
    pub repeated: Vec<u32>,
    /// Share of the frames that is repeated at random, 0 to 0.9.
    pub repeated_fraction: f64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            width_px: 640,
            height_px: 480,
            pixel_size_um: 0.2,
            frame_rate_fps: 30.0,
            exposure_ms: 15.0,
            frames: 900,
            temperature_c: 25.0,
            viscosity_mpa_s: None,
            amount: Amount::VisiblePerFrame(35.0),
            populations: vec![Population::default()],
            optics: Optics::default(),
            light: Light::default(),
            motion: Motion::default(),
            stuck: Stuck::default(),
            camera: Camera::default(),
            faults: Faults::default(),
            sub_steps: 8,
            seed: 1,
        }
    }
}

impl Default for Population {
    fn default() -> Self {
        Self {
            kind: SizeShape::Monodisperse,
            diameter_nm: 100.0,
            cv: 0.0,
            weight: 1.0,
        }
    }
}

impl Population {
    /// Particles that are all alike.
    pub fn monodisperse(diameter_nm: f64, weight: f64) -> Self {
        Self {
            diameter_nm,
            weight,
            ..Self::default()
        }
    }

    /// Log-normal particles with a median diameter and a relative width.
    pub fn log_normal(diameter_nm: f64, cv: f64, weight: f64) -> Self {
        Self {
            kind: SizeShape::LogNormal,
            diameter_nm,
            cv,
            weight,
        }
    }
}

impl Default for Optics {
    fn default() -> Self {
        Self {
            psf_sigma_px: 1.3,
            defocus_depth_um: 3.0,
            sheet_half_thickness_um: 5.0,
            ring_fraction: 0.0,
        }
    }
}

impl Default for Light {
    fn default() -> Self {
        Self {
            polarity: ScenePolarity::Bright,
            reference_peak_counts: 60.0,
            reference_diameter_nm: None,
            brightness_exponent: 3.0,
            background_counts: 16.0,
            gradient_x_counts: 4.0,
            gradient_y_counts: -3.0,
            flicker_fraction: 0.0,
            flicker_hz: 0.0,
        }
    }
}

impl Default for Stuck {
    fn default() -> Self {
        Self {
            count: 0,
            peak_counts: 40.0,
            width_px: 1.5,
        }
    }
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            gain_e_per_count: 8.0,
            read_noise_e: 4.0,
            offset_counts: 4.0,
            bit_depth: 8,
            shot_noise: true,
            fixed_offset_counts: 0.3,
            fixed_gain_fraction: 0.01,
        }
    }
}

impl Camera {
    /// Standard deviation of a pixel that sees this much light, counts: light, reading, rounding.
    pub fn noise_counts(&self, light_counts: f64) -> f64 {
        let light_e = light_counts * self.gain_e_per_count;
        let shot = if self.shot_noise { light_e } else { 0.0 };
        let electronic_e2 = shot + self.read_noise_e * self.read_noise_e;
        (electronic_e2 / (self.gain_e_per_count * self.gain_e_per_count) + 1.0 / 12.0).sqrt()
    }
}

impl Scene {
    /// The scene on which programs are compared: 640x480, 0.2 um/px, 30 fps, 30 s, 15 ms, water at 25 C, 100 nm beads,
    /// about 35 visible per frame. The same as the default.
    pub fn standard() -> Self {
        Self::default()
    }

    /// The standard scene with other particles.
    pub fn with_populations(populations: Vec<Population>) -> Self {
        Self {
            populations,
            ..Self::default()
        }
    }

    /// Time between frames, s.
    pub fn frame_interval_s(&self) -> f64 {
        1.0 / self.frame_rate_fps
    }

    /// Time during which the shutter is open, s.
    pub fn exposure_s(&self) -> f64 {
        // At 30 fps the full interval reads 33.333 ms, which may exceed 1/30 s in the last digits.
        (self.exposure_ms * 1e-3).min(self.frame_interval_s())
    }

    /// Viscosity in force, mPa s.
    pub fn viscosity_in_force_mpa_s(&self) -> f64 {
        self.viscosity_mpa_s
            .unwrap_or_else(|| physics::water_viscosity_mpa_s(self.temperature_c))
    }

    /// Diffusion coefficient of a particle, um^2/s.
    pub fn diffusion_um2_per_s(&self, diameter_nm: f64) -> f64 {
        physics::diffusion_times_diameter(self.temperature_c, self.viscosity_in_force_mpa_s())
            / diameter_nm
    }

    /// Largest count that a pixel can have.
    pub fn ceiling_counts(&self) -> u16 {
        ((1_u32 << self.camera.bit_depth.min(16)) - 1) as u16
    }

    /// Standard deviation of a pixel in the middle of the picture without a particle, counts: light, reading, rounding.
    pub fn background_noise_counts(&self) -> f64 {
        self.camera.noise_counts(self.light.background_counts)
    }
}
