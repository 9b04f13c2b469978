//! A frame made flat with what was learned of the film.

use crate::background;
use crate::film::{Film, Polarity};
use crate::model::{Flat, Frame, FrameIndex, Pixels};
use ndarray::{Array2, Zip};

/// Below this the light of a frame is too weak to compare, counts.
pub(crate) const DARKEST_LEVEL: f64 = 4.0;

impl Film {
    /// Evens out flicker, takes the background away, turns the sign so that particles are bright, and sets masked
    /// pixels to zero. A frame of another shape than the film becomes an empty picture of the film's shape.
    pub fn flatten(&self, frame: &Frame) -> Flat {
        self.flat(frame.index, frame.time_s, &frame.pixels)
    }

    pub(crate) fn flat(&self, index: FrameIndex, time_s: f64, pixels: &Pixels) -> Flat {
        if pixels.dim() != self.background.dim() {
            return Flat {
                index,
                time_s,
                image: Array2::zeros(self.background.dim()),
                saturated: Vec::new(),
            };
        }
        let factor = if self.even_flicker {
            flicker_factor(
                f64::from(self.level_counts),
                background::level_counts(pixels),
            )
        } else {
            1.0
        };
        let sign = match self.polarity {
            Polarity::Bright => 1.0,
            Polarity::Dark => -1.0,
        };
        let factor = factor as f32 * sign;
        Flat {
            index,
            time_s,
            image: match pixels {
                Pixels::U8(counts) => self.without_background(counts, factor, sign),
                Pixels::U16(counts) => self.without_background(counts, factor, sign),
            },
            saturated: self.saturated(pixels),
        }
    }

    /// Counts times `factor` less the background times `sign`, zero where nothing is looked for.
    fn without_background<T: Copy + Into<f32>>(
        &self,
        counts: &Array2<T>,
        factor: f32,
        sign: f32,
    ) -> Array2<f32> {
        Zip::from(counts)
            .and(&self.background)
            .and(&self.usable)
            .map_collect(|c, b, open| {
                let left = (*c).into() * factor - b * sign;
                if *open { left } else { 0.0 }
            })
    }

    fn saturated(&self, pixels: &Pixels) -> Vec<(u32, u32)> {
        let ceiling = self.ceiling_counts;
        // A whole row is looked at before its pixels are: hardly any row has one.
        let mut out = Vec::new();
        for y in 0..pixels.height_px() {
            let any = ceiling > 0
                && match pixels {
                    Pixels::U8(a) => a.row(y).iter().any(|v| u16::from(*v) >= ceiling),
                    Pixels::U16(a) => a.row(y).iter().any(|v| *v >= ceiling),
                };
            if any {
                out.extend(
                    (0..pixels.width_px())
                        .filter(|x| pixels.at(y, *x) >= ceiling && self.usable[[y, *x]])
                        .map(|x| (y as u32, x as u32)),
                );
            }
        }
        out
    }
}

/// What a frame of light `level` is multiplied with to have that of the film.
pub(crate) fn flicker_factor(film_level: f64, level: f64) -> f64 {
    if level < 0.5 * DARKEST_LEVEL {
        return 1.0;
    }
    (film_level / level).clamp(0.5, 2.0)
}
