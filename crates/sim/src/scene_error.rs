//! What can be wrong with a scene.

/// A scene that cannot be filmed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SceneError {
    /// A number is outside its range.
    #[error("{key} is {value}, but must be from {min} to {max} {unit}")]
    OutOfRange {
        /// Key in the scene file.
        key: String,
        /// What was given.
        value: f64,
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
        /// Unit in words.
        unit: &'static str,
    },
    /// Populations are given, but none has a share.
    #[error(
        "populations are given, but each has the weight 0, so no particle belongs to any; raise populations[0].weight, \
         or leave populations empty for pure medium"
    )]
    NoShares,
    /// A table of sizes is needed but has no share above 0.
    #[error("{key} holds no diameter with a share above 0; give it as [[diameter_nm, share], ...]")]
    EmptyTable {
        /// Key in the scene file.
        key: String,
    },
    /// The flow compresses or dilutes the medium.
    #[error(
        "motion.shear_per_s has the diagonal {dvx_dx} and {dvy_dy} per s, but a liquid cannot be compressed: the two must \
         add up to 0"
    )]
    Compression {
        /// Change of the velocity across along x, 1/s.
        dvx_dx: f64,
        /// Change of the velocity down along y, 1/s.
        dvy_dy: f64,
    },
    /// The shutter is open for longer than a frame takes.
    #[error(
        "exposure_ms is {exposure_ms}, but must be at most the {interval_ms} ms between frames; shorten it or lower \
         frame_rate_fps"
    )]
    ExposureTooLong {
        /// What was given, ms.
        exposure_ms: f64,
        /// Time between frames, ms.
        interval_ms: f64,
    },
    /// A number of visible particles was asked for, but none would be bright enough to be called visible.
    #[error(
        "amount.visible_per_frame cannot be reached: even in focus no particle of the scene rises {needed} times above \
         the noise of a pixel; raise light.reference_peak_counts or give amount.concentration_per_ml"
    )]
    NothingVisible {
        /// Peak over noise that is called visible.
        needed: f64,
    },
    /// The film would not fit into memory.
    #[error(
        "the scene needs {particles} particles over {frames} frames, more than {limit} places to keep; lower amount, \
         frames or the frame size"
    )]
    TooLarge {
        /// Particles in the box.
        particles: f64,
        /// Frames.
        frames: u32,
        /// Largest allowed product.
        limit: f64,
    },
}
