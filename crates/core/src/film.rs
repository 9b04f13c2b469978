//! What is learned of a film before anything is detected in it: background, noise, spot width, mask.

use crate::Finding;
use crate::model::{Flat, Frame, FrameIndex, Pixels};
use ndarray::Array2;

/// Whether particles are brighter or darker than what is behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polarity {
    /// Bright on dark: scatter and fluorescence.
    #[default]
    Bright,
    /// Dark on bright: bright-field.
    Dark,
}

/// A rectangle of pixels; the right and bottom edges are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// Left edge, px.
    pub x_px: u32,
    /// Top edge, px.
    pub y_px: u32,
    /// Width, px.
    pub width_px: u32,
    /// Height, px.
    pub height_px: u32,
}

/// What the plan says about the film as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct FilmOptions {
    /// Bright or dark particles.
    pub polarity: Polarity,
    /// Regions to leave out.
    pub exclude: Vec<Rect>,
    /// Look for clocks and logos burnt into the picture and leave them out.
    pub find_burnt_in: bool,
    /// Frames used to learn the background and the noise.
    pub background_frames: usize,
    /// Width of a spot (standard deviation), px; `None` to measure it.
    pub spot_width_px: Option<f64>,
}

impl Default for FilmOptions {
    fn default() -> Self {
        Self {
            polarity: Polarity::Bright,
            exclude: Vec::new(),
            find_burnt_in: true,
            background_frames: 101,
            spot_width_px: None,
        }
    }
}

/// What was learned of the film. Counts are those of the raw film.
#[derive(Clone, Debug)]
pub struct Film {
    /// Light behind the particles, `background[[y, x]]`, counts.
    pub background: Array2<f32>,
    /// Spatial median of the background, counts: what each frame's light is compared with.
    pub level_counts: f32,
    /// Typical noise of one pixel, counts.
    pub noise_counts: f32,
    /// Standard deviation of an ordinary spot, px.
    pub spot_width_px: f64,
    /// True where particles may be looked for.
    pub usable: Array2<bool>,
    /// Highest count that a pixel can have.
    pub ceiling_counts: u16,
    /// Bright or dark particles.
    pub polarity: Polarity,
}

impl Film {
    /// Learns from a sample of frames spread over the film. Returns the film, the sample made flat (at most about
    /// twenty frames, for detectors to learn their noise on), and what a person should know.
    pub fn learn(
        _sample: &[(FrameIndex, Pixels)],
        _neighbours: &[(FrameIndex, Pixels)],
        _ceiling_counts: u16,
        _options: &FilmOptions,
    ) -> (Film, Vec<Flat>, Vec<Finding>) {
        unimplemented_in_skeleton()
    }

    /// Evens out flicker, takes the background away, turns the sign so that particles are bright, and sets masked
    /// pixels to zero.
    pub fn flatten(&self, _frame: &Frame) -> Flat {
        unimplemented_in_skeleton()
    }

    /// Width and height, px.
    pub fn size_px(&self) -> (usize, usize) {
        let (height, width) = self.background.dim();
        (width, height)
    }

    /// Number of pixels where particles may be looked for.
    pub fn usable_px(&self) -> usize {
        self.usable.iter().filter(|u| **u).count()
    }
}
fn unimplemented_in_skeleton() -> ! {
    std::process::abort()
}
