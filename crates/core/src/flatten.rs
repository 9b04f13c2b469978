//! A frame made flat with what was learned of the film.

use crate::film::{Film, Polarity};
use crate::model::{Flat, Frame, FrameIndex, Pixels};
use crate::{background, instructions};
use ndarray::Array2;

/// Below this the light of a frame is too weak to compare, counts.
pub(crate) const DARKEST_LEVEL: f64 = 4.0;

impl Film {
    /// Evens out flicker, takes the background away, turns the sign so that particles are bright, and sets masked
    /// pixels to zero. A frame of another shape than the film becomes an empty picture of the film's shape.
    pub fn flatten(&self, frame: &Frame) -> Flat {
        self.flat(frame.index, frame.time_s, &frame.pixels)
    }

    pub(crate) fn flat(&self, index: FrameIndex, time_s: f64, pixels: &Pixels) -> Flat {
        let mut flat = Flat::empty(index, time_s);
        self.flat_into(pixels, &mut flat);
        flat
    }

    /// As [`Self::flatten`], in memory that is there.
    pub(crate) fn flat_into(&self, pixels: &Pixels, flat: &mut Flat) {
        let dim = self.background.dim();
        if flat.image.dim() != dim {
            flat.image = Array2::zeros(dim);
        }
        flat.saturated.clear();
        if pixels.dim() != dim {
            flat.image.fill(0.0);
            return;
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
        match pixels {
            Pixels::U8(counts) => self.rows(counts, factor, sign, flat),
            Pixels::U16(counts) => self.rows(counts, factor, sign, flat),
        }
    }

    fn rows<T: Copy + Into<f32> + Into<u16> + PartialOrd>(
        &self,
        counts: &Array2<T>,
        factor: f32,
        sign: f32,
        flat: &mut Flat,
    ) {
        let counts = counts.as_standard_layout();
        let background = self.background.as_standard_layout();
        let usable = self.usable.as_standard_layout();
        let rows = counts.rows().into_iter().zip(background.rows());
        let rows = rows.zip(usable.rows()).zip(flat.image.rows_mut());
        for (y, (((counts, background), usable), mut out)) in rows.enumerate() {
            let (Some(counts), Some(background), Some(usable), Some(out)) = (
                counts.as_slice(),
                background.as_slice(),
                usable.as_slice(),
                out.as_slice_mut(),
            ) else {
                continue;
            };
            let ceiling = self.ceiling_counts;
            let any_full = instructions::run(FlatRow {
                counts,
                background,
                usable,
                factor,
                sign,
                ceiling,
                out,
            });
            // A whole row is looked at before its pixels are: hardly any row has one.
            if any_full && ceiling > 0 {
                let full = |x: &usize| Into::<u16>::into(counts[*x]) >= ceiling && usable[*x];
                let columns = (0..counts.len()).filter(full);
                flat.saturated.extend(columns.map(|x| (y as u32, x as u32)));
            }
        }
    }
}

/// Counts times `factor` less the background times `sign`, zero where nothing is looked for. Tells whether any count is
/// at the ceiling.
struct FlatRow<'a, T> {
    counts: &'a [T],
    background: &'a [f32],
    usable: &'a [bool],
    factor: f32,
    sign: f32,
    ceiling: u16,
    out: &'a mut [f32],
}

impl<T: Copy + Into<f32> + Into<u16> + PartialOrd> instructions::Kernel for FlatRow<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let inputs = self.counts.iter().zip(self.background).zip(self.usable);
        for (o, ((c, b), open)) in self.out.iter_mut().zip(inputs) {
            let left = Into::<f32>::into(*c) * self.factor - b * self.sign;
            *o = if *open { left } else { 0.0 };
        }
        let Some(first) = self.counts.first() else {
            return false;
        };
        // A fold becomes vector code, `max` does not.
        let highest = self
            .counts
            .iter()
            .fold(*first, |m, v| if *v > m { *v } else { m });
        Into::<u16>::into(highest) >= self.ceiling
    }
}

/// What a frame of light `level` is multiplied with to have that of the film.
pub(crate) fn flicker_factor(film_level: f64, level: f64) -> f64 {
    if level < 0.5 * DARKEST_LEVEL {
        return 1.0;
    }
    (film_level / level).clamp(0.5, 2.0)
}
