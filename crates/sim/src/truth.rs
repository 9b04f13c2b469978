//! What really was there.

use nta_core::FrameIndex;

/// A particle is called visible if its peak is at least this many times the noise of a pixel beside it.
pub const VISIBLE_PEAK_SNR: f64 = 5.0;

/// The truth of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// One entry per place in time, in order; dropped frames are present and say so.
    pub frames: Vec<FrameTruth>,
    /// All particles of the box, the unseen ones too; `SpotTruth::particle` counts along this list.
    pub particles: Vec<ParticleTruth>,
    /// Particles that stick to the window; they are in no frame's list.
    pub stuck: Vec<StuckTruth>,
    /// Particles per mL, all populations: those of the box over its volume, exactly. In barometric filling those per mL
    /// in the plane of focus.
    pub concentration_per_ml: f64,
    /// Depth over which a particle is visible ([`VISIBLE_PEAK_SNR`]), um: mean over the sample by number.
    pub visible_depth_um: f64,
    /// Half of the depth of the box that the particles move in, um.
    pub box_half_depth_um: f64,
}

/// What one picture shows.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameTruth {
    /// Place in time.
    pub frame: FrameIndex,
    /// Start of the exposure since the first frame, s.
    pub time_s: f64,
    /// False for a dropped frame; it has no spots.
    pub delivered: bool,
    /// The frame whose picture this one shows once more; all else here is then what that picture shows.
    pub copy_of: Option<FrameIndex>,
    /// Shared motion (flow and vibration) since the first frame's start, mean over the exposure, px: (right, down).
    pub shift_px: [f64; 2],
    /// Every particle whose light falls on the picture, by the number of the particle.
    pub spots: Vec<SpotTruth>,
    /// Every piece of dust whose light falls on the picture, by its number.
    pub dust: Vec<DustTruth>,
}

impl FrameTruth {
    /// The spots that a good detector should find: centre in the picture, peak at least [`VISIBLE_PEAK_SNR`].
    pub fn visible(&self) -> impl Iterator<Item = &SpotTruth> {
        self.spots.iter().filter(|s| s.visible())
    }
}

/// One particle in one picture. Positions are means over the time of the exposure, not over the light: where the light
/// changes with depth on the way, the centre of gravity of the spot lies a little beside them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotTruth {
    /// Place in [`Truth::particles`].
    pub particle: u32,
    /// Mean position over the exposure, across, px. Pixel (0, 0) has its centre at (0.0, 0.0).
    pub x_px: f64,
    /// Mean position over the exposure, down, px.
    pub y_px: f64,
    /// Mean distance from focus over the exposure, um.
    pub z_um: f64,
    /// Hydrodynamic diameter, nm.
    pub diameter_nm: f64,
    /// Height of the blurred spot at its mean position above the background, counts (positive for dark ones too).
    pub peak_counts: f64,
    /// Standard deviation of the blurred spot per axis (mean of both), px.
    pub width_px: f64,
    /// `peak_counts` over the noise of a pixel of the background at this place (light, reading, rounding).
    pub peak_snr: f64,
    /// Within the defocus depth: the still spot is at most 1.41 times as wide as in focus.
    pub in_focus: bool,
    /// The centre lies on the picture.
    pub in_view: bool,
}

impl SpotTruth {
    /// Centre in the picture and peak at least [`VISIBLE_PEAK_SNR`].
    pub fn visible(&self) -> bool {
        self.in_view && self.peak_snr >= VISIBLE_PEAK_SNR
    }
}

/// One particle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParticleTruth {
    /// Hydrodynamic diameter, nm.
    pub diameter_nm: f64,
    /// Diffusion coefficient, um^2/s.
    pub diffusion_um2_per_s: f64,
    /// Place of its population in the scene.
    pub population: u32,
    /// Particles that it consists of: 1, or more for an aggregate.
    pub monomers: u32,
}

/// A particle that sticks to the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StuckTruth {
    /// Position across without vibration, px.
    pub x_px: f64,
    /// Position down without vibration, px.
    pub y_px: f64,
}

/// A piece of dust in one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DustTruth {
    /// Number of the piece.
    pub dust: u32,
    /// Mean position over the exposure, across, px.
    pub x_px: f64,
    /// Mean position over the exposure, down, px.
    pub y_px: f64,
    /// Height of the blurred spot at its mean position above the background, counts (positive for dark ones too).
    pub peak_counts: f64,
    /// Standard deviation of the blurred spot per axis (mean of both), px.
    pub width_px: f64,
}
