//! How the noise of a spot's pixels grows with its light, from what a fit leaves.
//!
//! Light itself is noisy, so the variance of a pixel is taken as `floor + slope m`, `m` being the counts of the spot in
//! it: the straight line through the squared residuals, neither number below zero. Both in counts; variances in counts^2.

/// Variance of a pixel as a straight line over the spot's counts in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoiseLaw {
    /// Variance without light of the spot, counts^2.
    pub(super) floor: f64,
    /// Growth with the spot's light, counts.
    pub(super) slope: f64,
}

/// Sums over pixels from which the line follows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NoiseSums {
    pixels: f64,
    m: f64,
    mm: f64,
    v: f64,
    mv: f64,
}

impl NoiseSums {
    /// Takes in a pixel: the spot's counts in it, and its squared residual.
    #[inline(always)]
    pub(super) fn add(&mut self, spot_counts: f64, variance: f64) {
        let m = spot_counts.max(0.0);
        self.pixels += 1.0;
        self.m += m;
        self.mm += m * m;
        self.v += variance;
        self.mv += m * variance;
    }

    /// The line through the pixels; at least one is needed.
    pub(super) fn law(&self) -> NoiseLaw {
        let n = self.pixels;
        let (mean_m, mean_v) = (self.m / n, self.v / n);
        let spread = self.mm / n - mean_m * mean_m;
        let slope = if spread > 0.0 {
            (self.mv / n - mean_m * mean_v) / spread
        } else {
            0.0
        };
        // Neither the growth nor the floor can be negative.
        let slope = slope.min(mean_v / mean_m.max(1e-12)).max(0.0);
        NoiseLaw {
            floor: mean_v - slope * mean_m,
            slope,
        }
    }
}

impl NoiseLaw {
    /// Variance of a pixel, counts^2.
    #[inline(always)]
    pub(super) fn variance(&self, spot_counts: f64) -> f64 {
        self.floor + self.slope * spot_counts.max(0.0)
    }
}
