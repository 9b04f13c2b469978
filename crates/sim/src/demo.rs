//! The film in `fixtures/demo.avi`: small enough to be kept beside the code, good enough to show what comes out.

use crate::avi;
use crate::record::RecordError;
use crate::{Amount, Light, Motion, Optics, Population, Scene, SimulatedFilm, Stuck};

/// JPEG quality of the demo film.
pub const QUALITY: u8 = 88;

/// Beads of 100 nm in water at 25 C in a slow flow, as a microscope with a light sheet sees them.
pub fn scene() -> Scene {
    Scene {
        width_px: 400,
        height_px: 300,
        pixel_size_um: 0.2,
        frame_rate_fps: 25.0,
        exposure_ms: 15.0,
        frames: 300,
        amount: Amount::VisiblePerFrame(25.0),
        populations: vec![Population::monodisperse(100.0, 1.0)],
        optics: Optics {
            psf_sigma_px: 1.3,
            defocus_depth_um: 3.5,
            sheet_half_thickness_um: 6.0,
            ring_fraction: 0.15,
            ..Optics::default()
        },
        light: Light {
            reference_peak_counts: 110.0,
            background_counts: 10.0,
            gradient_x_counts: 3.0,
            gradient_y_counts: -2.0,
            ..Light::default()
        },
        motion: Motion {
            flow_um_per_s: [2.0, 0.5],
            ..Motion::default()
        },
        stuck: Stuck {
            count: 2,
            ..Stuck::default()
        },
        seed: 2024,
        ..Scene::standard()
    }
}

/// The bytes of `fixtures/demo.avi`.
pub fn record() -> Result<Vec<u8>, DemoError> {
    let mut film = SimulatedFilm::new(&scene())?;
    Ok(avi::encode_mjpeg(&mut film, QUALITY)?)
}

/// Why the demo film could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The scene is wrong.
    #[error(transparent)]
    Scene(#[from] crate::SceneError),
    /// The film could not be written.
    #[error(transparent)]
    Avi(#[from] RecordError),
}
