//! One scale of the matched filter: its kernels, the noise of its output, its picture in units of that noise.

use super::sweep::{Workspace, sweep};
use crate::film::Film;
use crate::filter::{Difference, Heights, Kernel, LANES, Plane, Surround, power_along};
use crate::model::Flat;
use crate::tiles::{TileMap, median};

/// Side of the noise tiles in pixels of the scale's own picture.
const NOISE_TILE_PX: usize = 32;
/// The surround is this much wider than the centre.
const SURROUND: f64 = 3.0;

/// A difference of Gaussians of one width with what was learned of its noise.
#[derive(Debug)]
pub(super) struct Scale {
    /// Standard deviation of the centre, px of the film.
    pub(super) width_px: f64,
    /// Side of the squares of film pixels that make one pixel of this scale.
    pub(super) step: usize,
    centre: Kernel,
    surround: Surround,
    /// 2 (1 - rho_1) of the kernel: how wavy filtered white noise is, per pixel of this scale.
    pub(super) waviness: f64,
    /// Skewness of the filtered background.
    pub(super) skewness: f64,
    per_noise: Plane,
    /// The largest of each block of [`LANES`] columns of `per_noise`, row by row.
    highest: Vec<f32>,
}

/// A frame filtered by one scale, over the noise there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response<'a> {
    counts: &'a Plane,
    per_noise: &'a Plane,
}

impl Heights for Response<'_> {
    fn dim(&self) -> (usize, usize) {
        (self.counts.height, self.counts.width)
    }

    fn height(&self, y: usize, x: usize) -> f32 {
        self.counts.product_at(self.per_noise, y, x)
    }
}

impl Scale {
    /// A scale of `width_px`, its noise learned from the flat sample.
    pub(super) fn learn(width_px: f64, film: &Film, flats: &[Flat]) -> Self {
        // The centre must stay at least 1.15 px wide, so that peaks are not missed between pixels.
        let mut step = 1;
        while width_px / (2.0 * step as f64) >= 1.15 && step < 8 {
            step *= 2;
        }
        let sigma = width_px / step as f64;
        let (centre, surround) = (Kernel::gauss(sigma), Surround::gauss(SURROUND * sigma));
        let power = |lag: isize| {
            let part = |a: &Kernel, b: &Kernel| a.overlap(b, lag) * a.overlap(b, 0);
            part(&centre, &centre) - 2.0 * part(&centre, &surround.kernel)
                + part(&surround.kernel, &surround.kernel)
        };
        let norm2 = power(0).max(1e-12);
        let mut scale = Self {
            width_px,
            step,
            waviness: 2.0 * (1.0 - power(1) / norm2),
            skewness: 0.0,
            per_noise: Plane::default(),
            highest: Vec::new(),
            centre,
            surround,
        };
        // Rounding to whole counts makes this much noise if the camera's own noise spreads it over the pixels. If there
        // is hardly any, whole areas are rounded the same way, and the filter does not average it.
        let spread = (f64::from(film.noise_counts) / 0.5).clamp(0.0, 1.0);
        let averaged = (norm2 / 12.0).sqrt() / step as f64;
        let least = spread * averaged + (1.0 - spread) / 12f64.sqrt();
        scale.learn_noise(film, flats, least);
        scale
    }

    /// Position in the film of a position in this scale's picture, along either axis.
    pub(super) fn film_px(&self, position: f64) -> f64 {
        (position + 0.5) * self.step as f64 - 0.5
    }

    /// Position in this scale's picture of a position in the film, along either axis.
    pub(super) fn own_px(&self, position: f64) -> f64 {
        (position + 0.5) / self.step as f64 - 0.5
    }

    /// Standard deviation of the centre in pixels of this scale's own picture.
    pub(super) fn sigma_px(&self) -> f64 {
        self.width_px / self.step as f64
    }

    /// The filter of this scale.
    pub(super) fn filter(&self) -> Difference<'_> {
        Difference {
            centre: &self.centre,
            surround: &self.surround,
        }
    }

    /// What one count is over the noise at most, in each block of columns of row `y`; `None` while the noise is not known.
    pub(super) fn highest_over_noise(&self, y: usize) -> Option<&[f32]> {
        let blocks = self.per_noise.width.div_ceil(LANES);
        self.highest.get(y * blocks..(y + 1) * blocks)
    }

    /// A frame that this scale has filtered, over the noise there.
    pub(super) fn response<'a>(&'a self, counts: &'a Plane) -> Response<'a> {
        Response {
            counts,
            per_noise: &self.per_noise,
        }
    }

    /// Noise of filtered white noise over that far from the edges: mirrored pixels count twice.
    fn edge_noise(&self, height: usize, width: usize) -> Plane {
        let along = |n: usize| {
            [
                power_along(&self.centre, &self.centre, n),
                power_along(&self.centre, &self.surround.kernel, n),
                power_along(&self.surround.kernel, &self.surround.kernel, n),
            ]
        };
        let (down, across) = (along(height), along(width));
        let inner = |a: &Kernel, b: &Kernel| a.overlap(b, 0).powi(2);
        let (c, s) = (&self.centre, &self.surround.kernel);
        let norm2 = (inner(c, c) - 2.0 * inner(c, s) + inner(s, s)).max(1e-12);
        let mut out = Plane::new(height, width);
        let part = |k: usize, y: usize, x: usize| down[k][y] * across[k][x];
        for y in 0..height {
            for (x, o) in out.row_mut(y).iter_mut().enumerate() {
                let power = part(0, y, x) - 2.0 * part(1, y, x) + part(2, y, x);
                // In a picture smaller than the filter hardly anything is left; it must not become infinitely loud.
                *o = (power / norm2).sqrt().max(0.5) as f32;
            }
        }
        out
    }

    /// Spread and skewness of the filtered sample in tiles, in ways that hardly see the pixels that particles cover.
    fn learn_noise(&mut self, film: &Film, flats: &[Flat], least: f64) {
        let (height, width) = film.usable.dim();
        let (height, width) = (height.div_ceil(self.step), width.div_ceil(self.step));
        // With a few frames only, a tile must be larger to tell its noise.
        let tile = if flats.len() < 8 {
            2 * NOISE_TILE_PX
        } else {
            NOISE_TILE_PX
        };
        let mut map = TileMap::new(height, width, tile);
        let (_, cols) = map.values.dim();
        let edge = self.edge_noise(height, width);
        let mut bags: Vec<Vec<f32>> = vec![Vec::new(); map.values.len()];
        let columns: Vec<usize> = (0..width).map(|x| map.tile_of(0, x).1).collect();
        let mut room = Workspace::default();
        for flat in flats.iter().filter(|f| f.image.dim() == film.usable.dim()) {
            sweep(std::slice::from_ref(self), flat, f32::INFINITY, &mut room);
            let out = &room.scales[0].counts;
            for y in (0..height).step_by(2) {
                let bags = &mut bags[map.tile_of(y, 0).0 * cols..][..cols];
                for x in (y / 2 % 2..width).step_by(2) {
                    if film.usable[[y * self.step, x * self.step]] {
                        bags[columns[x]].push(out.at(y, x) / edge.at(y, x));
                    }
                }
            }
        }
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for (value, bag) in map.values.iter_mut().zip(&mut bags) {
            if bag.len() < 16 {
                continue;
            }
            bag.sort_unstable_by(f32::total_cmp);
            let bag: Vec<f64> = bag.iter().map(|v| f64::from(*v)).collect();
            *value = narrow_spread(&bag).max(least);
            let (by_both, by_lower) = skewness(&bag, *value);
            upper.push(by_both);
            lower.push(by_lower);
        }
        // Particles lift the upper half, which looks like skewness, and so does a shortened lower half; noise that is
        // skewed shows both, and the lesser of the two is believed.
        let typical = |values: &mut Vec<f64>| median(values).unwrap_or(0.0);
        let by_both = typical(&mut upper);
        let skewness = if film.is_cut_at_black() {
            // Noise cut off at black has hardly a lower half to ask.
            CUT_OFF_SHARE * by_both
        } else {
            by_both.min(typical(&mut lower))
        };
        self.skewness = skewness.clamp(0.0, 1.5);
        map.settle(least);
        let mut per_noise = map.spread();
        for y in 0..height {
            for (v, e) in per_noise.row_mut(y).iter_mut().zip(edge.row(y)) {
                *v = 1.0 / (v.max(least as f32) * e);
            }
        }
        for y in 0..height {
            let blocks = per_noise.row(y).chunks(LANES);
            self.highest
                .extend(blocks.map(|b| b.iter().fold(0.0f32, |m, v| m.max(*v))));
        }
        self.per_noise = per_noise;
    }
}

/// Of the skewness of noise that is cut off at black, the quantiles show the part within one and a half standard
/// deviations; in the tail, where the threshold lies, this share of it is left (simulated films, docs/validation.md).
const CUT_OFF_SHARE: f64 = 0.7;

/// Standard deviation from the shortest interval that holds two fifths of the sorted values: of a Gaussian it is
/// 1.0488 standard deviations long. Values that particles lift, and the trough around them, lie outside.
fn narrow_spread(sorted: &[f64]) -> f64 {
    let inside = sorted.len() * 2 / 5;
    sorted
        .windows(inside + 1)
        .map(|w| w[inside] - w[0])
        .fold(f64::INFINITY, f64::min)
        / 1.0488
}

/// Skewness of a background from quantiles of its sorted values, of spread `sd`: from both halves, and from the lower
/// half alone. Expanded after Cornish and Fisher, the quantile at z lies at z + skewness (z^2 - 1) / 6.
fn skewness(sorted: &[f64], sd: f64) -> (f64, f64) {
    let last = sorted.len() - 1;
    let at = |p: f64| sorted[((p * last as f64).round() as usize).min(last)];
    let (q2, q16, q50, q84) = (at(0.022_75), at(0.158_66), at(0.5), at(0.841_34));
    let both = 6.0 * (0.5 * (q16 + q84) - q50) / sd;
    let ratio = (q16 - q2) / (q50 - q16).max(1e-9 * sd);
    // From ratio = (1 - g / 2) / (1 - g / 6).
    let lower = (1.0 - ratio) / (0.5 - ratio / 6.0).max(0.1);
    (both, lower)
}
