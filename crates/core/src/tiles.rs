//! Slowly varying maps: one number per tile of the picture, joined smoothly.

use crate::filter::Plane;
use crate::side_by_side::each_with_room;
use ndarray::Array2;

/// Numbers on a coarse grid of tiles that together cover a picture of `height` x `width` pixels.
#[derive(Clone, Debug)]
pub(crate) struct TileMap {
    height: usize,
    width: usize,
    pub(crate) values: Array2<f64>,
}

impl TileMap {
    /// Tiles of about `tile` pixels; every value is `NaN`, which stands for "not known".
    pub(crate) fn new(height: usize, width: usize, tile: usize) -> Self {
        let count = |n: usize| ((n + tile / 2) / tile.max(1)).max(1);
        Self {
            height,
            width,
            values: Array2::from_elem((count(height), count(width)), f64::NAN),
        }
    }

    /// The tile of a pixel.
    pub(crate) fn tile_of(&self, y: usize, x: usize) -> (usize, usize) {
        let (rows, cols) = self.values.dim();
        (
            (y * rows / self.height.max(1)).min(rows - 1),
            (x * cols / self.width.max(1)).min(cols - 1),
        )
    }

    /// Each tile becomes the median of the known ones among itself and its eight neighbours; what is unknown then
    /// becomes the median of all, and `otherwise` where nothing is known.
    pub(crate) fn settle(&mut self, otherwise: f64) {
        let (rows, cols) = self.values.dim();
        let mut all: Vec<f64> = self
            .values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .collect();
        let typical = median(&mut all).unwrap_or(otherwise);
        let before = self.values.clone();
        for ((r, c), value) in self.values.indexed_iter_mut() {
            let mut near = Vec::with_capacity(9);
            for i in r.saturating_sub(1)..(r + 2).min(rows) {
                for j in c.saturating_sub(1)..(c + 2).min(cols) {
                    near.extend(Some(before[[i, j]]).filter(|v| v.is_finite()));
                }
            }
            *value = median(&mut near).unwrap_or(typical);
        }
    }

    /// The map at every pixel, bilinear between the centres of the tiles.
    pub(crate) fn spread(&self) -> Plane {
        let (rows, cols) = self.values.dim();
        let (across, down) = (axis(self.width, cols), axis(self.height, rows));
        // Rows of tiles drawn out across the picture.
        let lines: Vec<Vec<f32>> = self
            .values
            .rows()
            .into_iter()
            .map(|row| {
                let at = |c: usize| row[c] as f32;
                let point = |&(a, b, u): &(usize, usize, f32)| at(a) * (1.0 - u) + at(b) * u;
                across.iter().map(point).collect()
            })
            .collect();
        let mut out = Plane::new(self.height, self.width);
        for (y, &(above, below, v)) in down.iter().enumerate() {
            let rows = lines[above].iter().zip(&lines[below]);
            for (o, (top, bottom)) in out.row_mut(y).iter_mut().zip(rows) {
                *o = top * (1.0 - v) + bottom * v;
            }
        }
        out
    }
}

/// For each pixel of an axis the two tiles around it and the share of the second.
fn axis(pixels: usize, tiles: usize) -> Vec<(usize, usize, f32)> {
    let last = tiles - 1;
    (0..pixels)
        .map(|i| {
            let t = (i as f64 + 0.5) * tiles as f64 / pixels as f64 - 0.5;
            let t = t.clamp(0.0, last as f64);
            let low = t.floor() as usize;
            (low, (low + 1).min(last), (t - low as f64) as f32)
        })
        .collect()
}

/// Medians of tiles of about `tile` pixels, settled: what is left of a picture without anything small.
pub(crate) fn smooth_median(image: &Array2<f32>, usable: &Array2<bool>, tile: usize) -> Plane {
    let (height, width) = image.dim();
    let mut map = TileMap::new(height, width, tile);
    let (rows, cols) = map.values.dim();
    let columns: Vec<usize> = (0..width).map(|x| map.tile_of(0, x).1).collect();
    let mut tiles_of: Vec<Vec<usize>> = vec![Vec::new(); rows];
    (0..height).for_each(|y| tiles_of[map.tile_of(y, 0).0].push(y));
    let medians = each_with_room(tiles_of, |ys, bags: &mut Vec<Vec<f32>>| {
        bags.resize(cols, Vec::new());
        bags.iter_mut().for_each(Vec::clear);
        for y in ys {
            let (values, open) = (image.row(y), usable.row(y));
            for x in (y % 2..width).step_by(2) {
                if open[x] {
                    bags[columns[x]].push(values[x]);
                }
            }
        }
        let median = |bag: &mut Vec<f32>| median_of_f32(bag).map_or(f64::NAN, f64::from);
        bags.iter_mut().map(median).collect::<Vec<f64>>()
    });
    for (value, median) in map.values.iter_mut().zip(medians.iter().flatten()) {
        *value = *median;
    }
    map.settle(0.0);
    map.spread()
}

/// The value below which a share `p` of `values` lies; their order is lost. `None` if there are none.
pub(crate) fn quantile(values: &mut [f64], p: f64) -> Option<f64> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let k = ((p * (n - 1) as f64).round() as usize).min(n - 1);
    Some(*values.select_nth_unstable_by(k, f64::total_cmp).1)
}

/// The middle value; of an even number the upper of the two. The order is lost.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// As [`median`].
pub(crate) fn median_of_f32(values: &mut [f32]) -> Option<f32> {
    let k = (0.5 * values.len().checked_sub(1)? as f64).round() as usize;
    Some(*values.select_nth_unstable_by(k, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_survives_and_a_bright_disc_does_not() {
        let usable = Array2::from_elem((160, 200), true);
        let image = Array2::from_shape_fn((160, 200), |(y, x)| {
            let disc = (y as f32 - 80.0).hypot(x as f32 - 90.0) < 12.0;
            10.0 + 0.05 * x as f32 + if disc { 100.0 } else { 0.0 }
        });
        let smooth = smooth_median(&image, &usable, 32);
        assert!(
            (smooth.at(80, 90) - 14.5).abs() < 0.5,
            "{}",
            smooth.at(80, 90)
        );
        assert!((smooth.at(20, 150) - 17.5).abs() < 0.5);
    }
}
