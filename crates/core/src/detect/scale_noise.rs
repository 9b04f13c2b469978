//! The noise of each scale of the matched filter, learned from the flat sample: its spread in tiles, and its skewness.

use super::scale::Scale;
use super::sorting::Sorter;
use super::sweep::{Workspace, sweep};
use crate::film::Film;
use crate::filter::{Kernel, Plane, power_along};
use crate::model::Flat;
use crate::side_by_side::{each, each_with_room};
use crate::tiles::{TileMap, median};
use ndarray::Array2;
use std::ops::Range;

/// Side of the noise tiles in pixels of the scale's own picture.
const NOISE_TILE_PX: usize = 32;

/// Learns the noise of all scales.
pub(super) fn learn_noise(scales: &mut [Scale], film: &Film, flats: &[Flat]) {
    let usable = &film.usable;
    let same_size = flats.iter().filter(|f| f.image.dim() == usable.dim());
    // With a few frames only, a tile must be larger to tell its noise.
    let tile = if flats.len() < 8 {
        2 * NOISE_TILE_PX
    } else {
        NOISE_TILE_PX
    };
    let pairs = each(scales.iter().collect(), |scale: &Scale| {
        (scale, Grid::new(scale, usable, tile))
    });
    let all = &*scales;
    let bags = each_with_room(same_size.collect(), |flat, room: &mut Workspace| {
        // The noise is not known yet, so that nothing is looked for.
        sweep(all, flat, f32::INFINITY, room);
        let filtered = pairs.iter().zip(&room.scales);
        filtered
            .map(|((_, grid), filtered)| grid.sample(&filtered.counts, usable))
            .collect::<Vec<Vec<f32>>>()
    });
    let learned = each(
        pairs.into_iter().enumerate().collect(),
        |(i, (scale, grid))| {
            let bags: Vec<&[f32]> = bags.iter().map(|b| &b[i][..]).collect();
            grid.learn(&bags, least_noise(scale, film), film.is_cut_at_black())
        },
    );
    for (scale, noise) in scales.iter_mut().zip(learned) {
        scale.take_noise(noise);
    }
}

/// Noise that a scale has at least.
fn least_noise(scale: &Scale, film: &Film) -> f64 {
    // Rounding to whole counts makes this much noise if the camera's own noise spreads it over the pixels. If there
    // is hardly any, whole areas are rounded the same way, and the filter does not average it.
    let spread = (f64::from(film.noise_counts) / 0.5).clamp(0.0, 1.0);
    let averaged = (norm2(scale) / 12.0).sqrt() / scale.step as f64;
    spread * averaged + (1.0 - spread) / 12f64.sqrt()
}

/// What the kernel leaves of the power of white noise.
fn norm2(scale: &Scale) -> f64 {
    let inner = |a: &Kernel, b: &Kernel| a.overlap(b, 0).powi(2);
    let (c, s) = (&scale.centre, &scale.surround.kernel);
    (inner(c, c) - 2.0 * inner(c, s) + inner(s, s)).max(1e-12)
}

/// The tiles of one scale, and which pixels of its picture are looked at: every second one of every second row, where
/// the film is usable.
struct Grid {
    step: usize,
    map: TileMap,
    /// Columns of the picture that belong to each column of tiles.
    columns: Vec<Range<usize>>,
    /// Where the values of each tile begin among those of a frame; at the end how many there are.
    starts: Vec<usize>,
    edge: Plane,
    all_usable: bool,
}

impl Grid {
    fn new(scale: &Scale, usable: &Array2<bool>, tile: usize) -> Self {
        let (height, width) = usable.dim();
        let step = scale.step;
        let (height, width) = (height.div_ceil(step), width.div_ceil(step));
        let map = TileMap::new(height, width, tile);
        let mut columns = vec![0..0; map.values.ncols()];
        for x in 0..width {
            let range: &mut Range<usize> = &mut columns[map.tile_of(0, x).1];
            *range = if range.end == 0 { x } else { range.start }..x + 1;
        }
        let mut grid = Self {
            step,
            starts: vec![0; map.values.len() + 1],
            map,
            columns,
            edge: edge_noise(scale, height, width),
            all_usable: usable.iter().all(|u| *u),
        };
        let mut counts = vec![0; grid.starts.len()];
        for y in (0..height).step_by(2) {
            let open = usable.row(y * step);
            grid.each_tile(y, |tile, range| {
                counts[tile + 1] += range.step_by(2).filter(|x| open[x * step]).count();
            });
        }
        for (i, count) in counts.iter().enumerate().skip(1) {
            grid.starts[i] = grid.starts[i - 1] + count;
        }
        grid
    }

    /// Gives each tile of a row with the columns in which every second pixel, from the first on, is looked at if the film
    /// is usable there.
    fn each_tile(&self, y: usize, mut give: impl FnMut(usize, Range<usize>)) {
        let first_tile = self.map.tile_of(y, 0).0 * self.columns.len();
        let first = y / 2 % 2;
        for (tile, range) in (first_tile..).zip(&self.columns) {
            let start = range.start + (range.start + first) % 2;
            give(tile, start.min(range.end)..range.end);
        }
    }

    /// The values of a filtered frame, tile by tile.
    fn sample(&self, filtered: &Plane, usable: &Array2<bool>) -> Vec<f32> {
        let mut next = self.starts.clone();
        let mut values = vec![0.0; next.last().copied().unwrap_or(0)];
        for y in (0..filtered.height).step_by(2) {
            let row = filtered.row(y);
            let edge = self.edge.row(y);
            self.each_tile(y, |tile, range| {
                let pixels = row[range.clone()].iter().zip(&edge[range.clone()]);
                let room = values[next[tile]..].iter_mut();
                if self.all_usable {
                    next[tile] += range.len().div_ceil(2);
                    let pixels = pixels.step_by(2);
                    room.zip(pixels).for_each(|(o, (v, e))| *o = v / e);
                    return;
                }
                let open = usable.row(y * self.step);
                let pixels = range.zip(pixels).step_by(2);
                let pixels = pixels.filter(|(x, _)| open[x * self.step]);
                for (o, (_, (v, e))) in room.zip(pixels) {
                    *o = v / e;
                    next[tile] += 1;
                }
            });
        }
        values
    }

    /// One over the noise at each pixel, and its skewness, from the values of all frames: spread and skewness in tiles, in
    /// ways that hardly see the pixels that particles cover.
    fn learn(mut self, frames: &[&[f32]], least: f64, cut_at_black: bool) -> (Plane, f64) {
        let tiles: Vec<&[usize]> = self.starts.windows(2).collect();
        let learned = each_with_room(tiles, |tile, room: &mut (Vec<f32>, Sorter)| {
            let (bag, sorter) = room;
            bag.clear();
            for frame in frames {
                bag.extend_from_slice(&frame[tile[0]..tile[1]]);
            }
            if bag.len() < 16 {
                return None;
            }
            sorter.sort(bag);
            let spread = narrow_spread(bag).max(least);
            Some((spread, skewness(bag, spread)))
        });
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for (value, tile) in self.map.values.iter_mut().zip(learned) {
            let Some((spread, (by_both, by_lower))) = tile else {
                continue;
            };
            *value = spread;
            upper.push(by_both);
            lower.push(by_lower);
        }
        // Particles lift the upper half, which looks like skewness, and so does a shortened lower half; noise that is
        // skewed shows both, and the lesser of the two is believed.
        let typical = |values: &mut Vec<f64>| median(values).unwrap_or(0.0);
        let by_both = typical(&mut upper);
        let skewness = if cut_at_black {
            // Noise cut off at black has hardly a lower half to ask.
            CUT_OFF_SHARE * by_both
        } else {
            by_both.min(typical(&mut lower))
        };
        self.map.settle(least);
        let mut per_noise = self.map.spread();
        for y in 0..per_noise.height {
            for (v, e) in per_noise.row_mut(y).iter_mut().zip(self.edge.row(y)) {
                *v = 1.0 / (v.max(least as f32) * e);
            }
        }
        (per_noise, skewness.clamp(0.0, 1.5))
    }
}

/// Noise of filtered white noise over that far from the edges: mirrored pixels count twice.
fn edge_noise(scale: &Scale, height: usize, width: usize) -> Plane {
    let (c, s) = (&scale.centre, &scale.surround.kernel);
    let along = |n: usize| [(c, c), (c, s), (s, s)].map(|(a, b)| power_along(a, b, n));
    let (down, across) = (along(height), along(width));
    let norm2 = norm2(scale);
    let mut out = Plane::new(height, width);
    let mut line: Vec<f32> = Vec::new();
    let mut known = None;
    let [a, b, c] = &down;
    let rows = a.iter().zip(b).zip(c).map(|((a, b), c)| [*a, *b, *c]);
    for (y, here) in rows.enumerate() {
        // Far from the edges all rows are the same.
        if known != Some(here) {
            line.clear();
            line.extend((0..width).map(|x| {
                let part = |k: usize| here[k] * across[k][x];
                let power = part(0) - 2.0 * part(1) + part(2);
                // In a picture smaller than the filter hardly anything is left; it must not become infinitely loud.
                (power / norm2).sqrt().max(0.5) as f32
            }));
            known = Some(here);
        }
        out.row_mut(y).copy_from_slice(&line);
    }
    out
}

/// Of the skewness of noise that is cut off at black, the quantiles show the part within one and a half standard
/// deviations; in the tail, where the threshold lies, this share of it is left (simulated films, docs/validation.md).
const CUT_OFF_SHARE: f64 = 0.7;

/// Standard deviation from the shortest interval that holds two fifths of the sorted values: of a Gaussian it is
/// 1.0488 standard deviations long. Values that particles lift, and the trough around them, lie outside.
fn narrow_spread(sorted: &[f32]) -> f64 {
    let inside = sorted.len() * 2 / 5;
    // Several at once, which become vector code.
    let mut shortest = [f64::INFINITY; 8];
    let (starts, ends) = (sorted.chunks(8), sorted[inside..].chunks(8));
    for (start, end) in starts.zip(ends) {
        for ((least, a), b) in shortest.iter_mut().zip(start).zip(end) {
            let length = f64::from(*b) - f64::from(*a);
            if length < *least {
                *least = length;
            }
        }
    }
    shortest.into_iter().fold(f64::INFINITY, f64::min) / 1.0488
}

/// Skewness of a background from quantiles of its sorted values, of spread `sd`: from both halves, and from the lower
/// half alone. Expanded after Cornish and Fisher, the quantile at z lies at z + skewness (z^2 - 1) / 6.
fn skewness(sorted: &[f32], sd: f64) -> (f64, f64) {
    let last = sorted.len() - 1;
    let at = |p: f64| f64::from(sorted[((p * last as f64).round() as usize).min(last)]);
    let (q2, q16, q50, q84) = (at(0.022_75), at(0.158_66), at(0.5), at(0.841_34));
    let both = 6.0 * (0.5 * (q16 + q84) - q50) / sd;
    let ratio = (q16 - q2) / (q50 - q16).max(1e-9 * sd);
    // From ratio = (1 - g / 2) / (1 - g / 6).
    let lower = (1.0 - ratio) / (0.5 - ratio / 6.0).max(0.1);
    (both, lower)
}
