//! One picture of the film.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Number of the frame's place in time, from 0. A frame that the camera dropped leaves a hole in the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FrameIndex(pub u32);

/// Raw counts, row-major: `pixels[[y, x]]`. Never rescaled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// Up to 8 bits.
    U8(Array2<u8>),
    /// 9 to 16 bits.
    U16(Array2<u16>),
}

impl Pixels {
    /// Width in pixels.
    pub fn width_px(&self) -> usize {
        self.dim().1
    }

    /// Height in pixels.
    pub fn height_px(&self) -> usize {
        self.dim().0
    }

    /// (rows, columns).
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Pixels::U8(a) => a.dim(),
            Pixels::U16(a) => a.dim(),
        }
    }

    /// The counts as `f32`, row-major.
    pub fn to_f32(&self) -> Array2<f32> {
        match self {
            Pixels::U8(a) => a.mapv(f32::from),
            Pixels::U16(a) => a.mapv(f32::from),
        }
    }

    /// The count at row `y`, column `x`.
    pub fn at(&self, y: usize, x: usize) -> u16 {
        match self {
            Pixels::U8(a) => u16::from(a[[y, x]]),
            Pixels::U16(a) => a[[y, x]],
        }
    }
}

/// A decoded frame with its place in time.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Place in time.
    pub index: FrameIndex,
    /// Start of the exposure since the first frame, in seconds.
    pub time_s: f64,
    /// The picture, raw counts.
    pub pixels: Pixels,
}

/// A frame made flat: flicker evened out, background taken away, sign turned so that particles are bright, masked
/// pixels set to zero. Counts.
#[derive(Clone, Debug)]
pub struct Flat {
    /// Place in time.
    pub index: FrameIndex,
    /// Start of the exposure since the first frame, in seconds.
    pub time_s: f64,
    /// What is left, `image[[y, x]]`, in counts of the raw film.
    pub image: Array2<f32>,
    /// Pixels at the ceiling of the camera, as (y, x), row-major order. Usually empty.
    pub saturated: Vec<(u32, u32)>,
}

impl Flat {
    /// One without a picture, which is to be given one.
    pub(crate) fn empty(index: FrameIndex, time_s: f64) -> Self {
        Self {
            index,
            time_s,
            image: Array2::default((0, 0)),
            saturated: Vec::new(),
        }
    }
}
