//! A picture whose rows are padded to whole blocks.

use super::LANES;
use ndarray::Array2;

/// A picture of `f32` whose rows are padded to whole blocks. The padding is never part of a result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(super) stride: usize,
    pub(super) data: Vec<f32>,
}

impl Plane {
    /// A picture of zeros.
    pub(crate) fn new(height: usize, width: usize) -> Self {
        let mut plane = Self::default();
        plane.resize(height, width);
        plane
    }

    /// Takes another size; what is in it afterwards is unspecified.
    pub(crate) fn resize(&mut self, height: usize, width: usize) {
        self.width = width;
        self.height = height;
        self.stride = width.div_ceil(LANES) * LANES;
        self.data.resize(height * self.stride, 0.0);
    }

    /// A copy of an array.
    pub(crate) fn of(image: &Array2<f32>) -> Self {
        let mut plane = Self::default();
        plane.bin(image, 1);
        plane
    }

    /// Row `y` without its padding.
    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.stride..][..self.width]
    }

    /// Row `y` without its padding.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.data[y * self.stride..][..self.width]
    }

    /// The value at row `y`, column `x`.
    pub(crate) fn at(&self, y: usize, x: usize) -> f32 {
        self.data[y * self.stride + x]
    }

    /// Between pixels, bilinear; outside the picture the nearest edge counts.
    pub(crate) fn between(&self, y: f64, x: f64) -> f32 {
        if self.width == 0 || self.height == 0 {
            return 0.0;
        }
        let (y0, y1, v) = bracket(y, self.height);
        let (x0, x1, u) = bracket(x, self.width);
        let top = self.at(y0, x0) * (1.0 - u) + self.at(y0, x1) * u;
        let bottom = self.at(y1, x0) * (1.0 - u) + self.at(y1, x1) * u;
        top * (1.0 - v) + bottom * v
    }

    /// Means of squares of `step` x `step` pixels; at the right and bottom edges of what is there.
    pub(crate) fn bin(&mut self, image: &Array2<f32>, step: usize) {
        let (height, width) = image.dim();
        self.resize(height.div_ceil(step), width.div_ceil(step));
        let image = image.as_standard_layout();
        let Some(source) = image.as_slice() else {
            return;
        };
        if width == 0 {
            return;
        }
        for y in 0..self.height {
            let rows = &source[y * step * width..(height.min((y + 1) * step)) * width];
            let n_rows = rows.len() / width;
            let out = self.row_mut(y);
            if step == 1 {
                out.copy_from_slice(rows);
                continue;
            }
            out.fill(0.0);
            for row in rows.chunks_exact(width) {
                for (o, block) in out.iter_mut().zip(row.chunks(step)) {
                    *o += block.iter().sum::<f32>() / (block.len() * n_rows) as f32;
                }
            }
        }
    }

    /// Back to an array.
    pub(crate) fn to_array(&self) -> Array2<f32> {
        Array2::from_shape_fn((self.height, self.width), |(y, x)| self.at(y, x))
    }
}

/// The two pixels around `t` on an axis of `n > 0` pixels and the share of the second.
fn bracket(t: f64, n: usize) -> (usize, usize, f32) {
    let last = n - 1;
    let t = if t.is_finite() {
        t.clamp(0.0, last as f64)
    } else {
        0.0
    };
    let low = t.floor() as usize;
    (low, (low + 1).min(last), (t - low as f64) as f32)
}
