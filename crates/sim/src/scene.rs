//! What is to be filmed: sample, microscope, camera, and what goes wrong. Every default is written in one place.

use crate::{Amount, Dust, Filling, Light, Motion, Optics, Population, Stuck, render};
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
    /// How the particles are spread over the depth.
    pub filling: Filling,
    /// Density of the medium, g/mL; water at 25 C by default. Counts for barometric filling only.
    pub medium_density_g_per_ml: f64,
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
    /// Large pieces that cross the view.
    pub dust: Dust,
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
            filling: Filling::default(),
            medium_density_g_per_ml: 0.997,
            populations: vec![Population::default()],
            optics: Optics::default(),
            light: Light::default(),
            motion: Motion::default(),
            stuck: Stuck::default(),
            dust: Dust::default(),
            camera: Camera::default(),
            faults: Faults::default(),
            sub_steps: 8,
            seed: 1,
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
    ///
    /// That of water is rounded to 1e-12 mPa s: the powers in its formula come from the machine's own library and differ
    /// in the last bit from machine to machine, and the film must not.
    pub fn viscosity_in_force_mpa_s(&self) -> f64 {
        self.viscosity_mpa_s.unwrap_or_else(|| {
            (physics::water_viscosity_mpa_s(self.temperature_c) * 1e12).round() * 1e-12
        })
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

    /// Light of the background at a place in the picture, counts.
    pub fn background_light_counts(&self, x_px: f64, y_px: f64) -> f64 {
        render::background_counts(self, x_px, y_px)
    }

    /// Standard deviation of a pixel in the middle of the picture without a particle, counts: light, reading, rounding.
    pub fn background_noise_counts(&self) -> f64 {
        self.camera.noise_counts(self.light.background_counts)
    }
}
