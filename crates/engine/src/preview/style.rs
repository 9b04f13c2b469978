//! Colours and measures of the picture, and the one contrast of all its frames.

use super::canvas::Colour;
use nta_core::Pixels;
use nta_core::film::{Film, Polarity};

/// Width of the picture unless a frame needs more, px of the canvas.
pub(super) const PAGE: usize = 1664;
/// Free room at the edges and between parts, px of the canvas.
pub(super) const MARGIN: usize = 16;
/// From one line of words to the next, px of the canvas.
pub(super) const LINE: usize = 20;

pub(super) const PAPER: Colour = [250, 250, 247];
pub(super) const INK: Colour = [28, 30, 34];
pub(super) const PALE_INK: Colour = [92, 96, 104];
/// Where a cut-out reaches beyond the frame.
pub(super) const BEYOND: Colour = [214, 214, 208];

/// Rings of spots by what became of them.
pub(super) const TRACKED: Colour = [70, 225, 120];
pub(super) const CONTINUED: Colour = [86, 190, 255];
pub(super) const LOOSE: Colour = [255, 150, 30];
pub(super) const FAINT: Colour = [168, 168, 168];
/// Regions that are left out.
pub(super) const LEFT_OUT: Colour = [235, 70, 70];
/// Where a particle was before a step, and after it.
pub(super) const BEFORE: Colour = [86, 190, 255];
pub(super) const AFTER: Colour = [255, 90, 70];
/// Paths, told apart from their neighbours.
pub(super) const PATHS: [Colour; 6] = [
    [255, 225, 90],
    [255, 120, 215],
    [130, 165, 255],
    [255, 120, 100],
    [150, 240, 230],
    [205, 150, 255],
];

/// Share of the pixels that may be black at the dark end, and white at the bright end: particles are at one end only.
const CLIPPED: (f64, f64) = (0.01, 0.001);
/// The contrast is never so strong that a pixel's noise is more than one part in so many of the range.
const NOISE_STEPS: f64 = 12.0;

/// From counts to grey, the same for all frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    black_counts: f64,
    white_counts: f64,
    /// The ground is so bright that what is drawn on it must be dark.
    pub bright_ground: bool,
}

impl Contrast {
    /// The contrast at which the particles of these frames can be seen.
    pub fn of<'a>(frames: impl Iterator<Item = &'a Pixels>, film: &Film) -> Self {
        let mut histogram = vec![0u64; 1 << 16];
        for pixels in frames {
            for ((y, x), usable) in film.usable.indexed_iter() {
                if *usable {
                    histogram[usize::from(pixels.at(y, x))] += 1;
                }
            }
        }
        let (dark, bright) = match film.polarity {
            Polarity::Bright => CLIPPED,
            Polarity::Dark => (CLIPPED.1, CLIPPED.0),
        };
        let low = quantile(&histogram, dark);
        let high = quantile(&histogram, 1.0 - bright);
        let middle = quantile(&histogram, 0.5);
        let range = (NOISE_STEPS * f64::from(film.noise_counts)).max(8.0);
        let (black_counts, white_counts) = match film.polarity {
            Polarity::Bright => (low, high.max(low + range)),
            Polarity::Dark => (low.min(high - range), high),
        };
        let grey = (middle - black_counts) / (white_counts - black_counts);
        Self {
            black_counts,
            white_counts,
            bright_ground: grey > 0.55,
        }
    }

    /// The contrast at which a spot so high above what is behind it can be seen best; all in counts.
    pub fn for_spot(&self, polarity: Polarity, behind: f64, peak: f64, noise: f64) -> Self {
        let sane = |v: f64| if v.is_finite() { v } else { 0.0 };
        let above = (1.2 * sane(peak)).max(5.0 * noise).max(1.0);
        let (behind, below) = (sane(behind), 2.5 * noise);
        let (black_counts, white_counts) = match polarity {
            Polarity::Bright => (behind - below, behind + above),
            Polarity::Dark => (behind - above, behind + below),
        };
        Self {
            black_counts,
            white_counts,
            ..*self
        }
    }

    /// The grey of a count. On a dark ground the square root is taken, so that faint light is seen beside bright.
    pub fn grey(&self, counts: f64) -> u8 {
        let share = (counts - self.black_counts) / (self.white_counts - self.black_counts);
        let share = share.clamp(0.0, 1.0);
        let shown = if self.bright_ground {
            share
        } else {
            share.sqrt()
        };
        (255.0 * shown).round() as u8
    }

    /// A colour that can be seen on the ground of these frames.
    pub fn on_ground(&self, colour: Colour) -> Colour {
        if self.bright_ground {
            colour.map(|v| (0.6 * f64::from(v)) as u8)
        } else {
            colour
        }
    }
}

/// The count below which a share of the pixels lies.
fn quantile(histogram: &[u64], share: f64) -> f64 {
    let total: u64 = histogram.iter().sum();
    let mut below = 0;
    let at = histogram.iter().position(|n| {
        below += n;
        below as f64 >= share * total as f64 && below > 0
    });
    at.unwrap_or(0) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_histogram() {
        let mut histogram = vec![0; 300];
        (histogram[10], histogram[20], histogram[200]) = (50, 49, 1);
        assert!((quantile(&histogram, 0.01) - 10.0).abs() < 1e-12);
        assert!((quantile(&histogram, 0.99) - 20.0).abs() < 1e-12);
        assert!((quantile(&histogram, 0.999) - 200.0).abs() < 1e-12);
        assert!(quantile(&[0; 9], 0.5).abs() < 1e-12);
    }
}
