//! One scale of the matched filter: its kernels, and its picture in units of the noise there (`scale_noise.rs`).

use crate::filter::{Difference, Heights, Kernel, LANES, Plane, Surround};

/// The surround is this much wider than the centre.
const SURROUND: f64 = 3.0;

/// A difference of Gaussians of one width with what was learned of its noise.
#[derive(Debug)]
pub(super) struct Scale {
    /// Standard deviation of the centre, px of the film.
    pub(super) width_px: f64,
    /// Side of the squares of film pixels that make one pixel of this scale.
    pub(super) step: usize,
    pub(super) centre: Kernel,
    pub(super) surround: Surround,
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

#[cfg(test)]
impl Response<'_> {
    pub(super) fn to_array(self) -> ndarray::Array2<f32> {
        ndarray::Array2::from_shape_fn(self.dim(), |(y, x)| self.height(y, x))
    }
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
    /// A scale of `width_px` that knows nothing of its noise.
    pub(super) fn new(width_px: f64) -> Self {
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
        Self {
            width_px,
            step,
            waviness: 2.0 * (1.0 - power(1) / norm2),
            skewness: 0.0,
            per_noise: Plane::default(),
            highest: Vec::new(),
            centre,
            surround,
        }
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

    /// Takes what was learned of the noise: one over it at each pixel, and its skewness.
    pub(super) fn take_noise(&mut self, (per_noise, skewness): (Plane, f64)) {
        let rows = (0..per_noise.height).flat_map(|y| per_noise.row(y).chunks(LANES));
        self.highest = rows.map(|b| b.iter().fold(0.0, |m, v| v.max(m))).collect();
        (self.per_noise, self.skewness) = (per_noise, skewness);
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
}
