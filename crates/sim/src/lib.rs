//! nta-sim: the physics run backwards. A [`Scene`] describes a sample, a microscope and a camera;
//! [`SimulatedFilm`] turns it into a [`nta_core::FrameSource`] whose [`Truth`] is known.
//!
//! The way through: [`Scene`] (what is to be filmed) -> `world` (where each particle is, several times within each
//! exposure) -> `render` (light on the sensor) -> `camera` (electrons, noise, counts) -> [`SimulatedFilm`].
//!
//! ```
//! use nta_core::FrameSource;
//! use nta_sim::{Scene, SimulatedFilm};
//!
//! let scene = Scene { frames: 2, ..Scene::standard() };
//! let mut film = SimulatedFilm::new(&scene).expect("the standard scene is sound");
//! let packet = film.next_packet().expect("no file, no failure").expect("two frames");
//! let pixels = film.decode(packet).expect("a frame of this film");
//! assert_eq!(pixels.dim(), (480, 640));
//! assert!(film.truth().frames[0].visible().count() > 10);
//! ```

pub mod avi;
pub mod demo;
pub mod record;
pub mod truth_file;

mod camera;
mod dust;
mod film;
mod lighting;
mod motion;
mod optics;
mod random;
mod render;
mod sample;
mod sample_check;
mod scene;
mod scene_check;
mod scene_error;
mod settling;
mod sizes;
mod special;
mod streak;
mod truth;
mod world;

pub use film::SimulatedFilm;
pub use lighting::{Illumination, Light, Optics, ScenePolarity};
pub use motion::{Motion, Vibration};
pub use sample::{Amount, Dust, Filling, Population, SizeShape, Stuck};
pub use scene::{Camera, Faults, Scene};
pub use scene_error::SceneError;
pub use truth::{
    DustTruth, FrameTruth, ParticleTruth, SpotTruth, StuckTruth, Truth, VISIBLE_PEAK_SNR,
};
