//! A few numbers that stand for a distribution.

use crate::lattice::{Lattice, RATIO};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The number.
    pub value: f64,
    /// Its 95 % interval, low and high.
    pub ci95: [f64; 2],
}

impl Interval {
    /// Widens the interval so that it holds a value; one that is not finite is ignored.
    pub(crate) fn include(&mut self, value: f64) {
        if value.is_finite() {
            self.ci95 = [self.ci95[0].min(value), self.ci95[1].max(value)];
        }
    }
}

/// What is usually asked of a size distribution. Number-weighted unless the distribution says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeSummary {
    /// Mean diameter, nm.
    pub mean: Interval,
    /// Half of the particles are smaller, nm.
    pub median: Interval,
    /// Highest place of the density per nm, nm.
    pub mode: Interval,
    /// A tenth of the particles is smaller, nm.
    pub d10: Interval,
    /// The same as the median, nm.
    pub d50: Interval,
    /// A tenth of the particles is larger, nm.
    pub d90: Interval,
    /// Standard deviation, nm.
    pub sd: Interval,
    /// (D90 - D10) / D50.
    pub span: Interval,
    /// Standard deviation over mean.
    pub cv: Interval,
}

impl SizeSummary {
    /// Makes room for widths from `least` to `most` times the fitted one. Where particles may be uniform, all quantiles may be where
    /// the median may be.
    pub(crate) fn allow_widths(mut self, least: f64, most: f64) -> Self {
        let d50 = self.d50.value;
        let moved = |d: f64, factor: f64| d50 + factor * (d - d50);
        for width in [&mut self.sd, &mut self.cv, &mut self.span] {
            width.include(least * width.value);
            width.include(most * width.value);
        }
        for quantile in [&mut self.d10, &mut self.d90] {
            quantile.include(moved(quantile.value, least));
            quantile.include(moved(quantile.value, most).max(0.0));
            if least == 0.0 {
                quantile.include(self.d50.ci95[0]);
                quantile.include(self.d50.ci95[1]);
            }
        }
        self
    }
}

/// The plain numbers of one distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Mean, nm.
    pub mean: f64,
    /// Highest place of the density per nm, nm.
    pub mode: f64,
    /// 10, 50 and 90 % quantiles, nm.
    pub d10: f64,
    /// Median, nm.
    pub d50: f64,
    /// 90 % quantile, nm.
    pub d90: f64,
    /// Standard deviation, nm.
    pub sd: f64,
}

impl Statistics {
    /// Of shares per rung (sum 1). The share of a rung is spread evenly, in the logarithm, over its cell.
    pub fn of(lattice: &Lattice, share: &[f64]) -> Self {
        let d = lattice.diameters_nm();
        let mean: f64 = d.iter().zip(share).map(|(d, s)| d * s).sum();
        let variance: f64 = d
            .iter()
            .zip(share)
            .map(|(d, s)| s * (d - mean).powi(2))
            .sum();
        Self {
            mean,
            mode: mode(lattice, share),
            d10: quantile(lattice, share, 0.1),
            d50: quantile(lattice, share, 0.5),
            d90: quantile(lattice, share, 0.9),
            sd: variance.max(0.0).sqrt(),
        }
    }

    /// (D90 - D10) / D50.
    pub fn span(&self) -> f64 {
        (self.d90 - self.d10) / self.d50
    }

    /// Standard deviation over mean.
    pub fn cv(&self) -> f64 {
        self.sd / self.mean
    }

    /// All lengths multiplied.
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            mean: self.mean * factor,
            mode: self.mode * factor,
            d10: self.d10 * factor,
            d50: self.d50 * factor,
            d90: self.d90 * factor,
            sd: self.sd * factor,
        }
    }
}

/// Diameter (nm) below which a share `q` of the particles lies.
pub fn quantile(lattice: &Lattice, share: &[f64], q: f64) -> f64 {
    let d = lattice.diameters_nm();
    let mut below = 0.0;
    for (g, s) in share.iter().enumerate() {
        if below + s >= q && *s > 0.0 {
            let inside = (q - below) / s - 0.5;
            return d[g] * RATIO.powf(inside.clamp(-0.5, 0.5));
        }
        below += s;
    }
    d.last().copied().unwrap_or(0.0)
}

/// Highest place of the density per nm, refined by a parabola in the logarithm.
fn mode(lattice: &Lattice, share: &[f64]) -> f64 {
    let d = lattice.diameters_nm();
    let density: Vec<f64> = share.iter().zip(d).map(|(s, d)| s / d).collect();
    let top = (0..density.len())
        .max_by(|a, b| density[*a].total_cmp(&density[*b]).then(b.cmp(a)))
        .unwrap_or(0);
    d[top] * RATIO.powf(vertex(&density, top))
}

/// Where the top of a parabola through the logarithms of three neighbours lies, in rungs from `top`.
pub(crate) fn vertex(values: &[f64], top: usize) -> f64 {
    if top == 0 || top + 1 >= values.len() {
        return 0.0;
    }
    let [l, m, r] = [values[top - 1], values[top], values[top + 1]].map(f64::ln);
    let bend = l - 2.0 * m + r;
    let shift = 0.5 * (l - r) / bend;
    if bend < 0.0 && shift.is_finite() {
        shift.clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_normal(lattice: &Lattice, median: f64, s: f64) -> Vec<f64> {
        let raw: Vec<f64> = lattice
            .diameters_nm()
            .iter()
            .map(|d| (-0.5 * ((d / median).ln() / s).powi(2)).exp())
            .collect();
        let sum: f64 = raw.iter().sum();
        raw.iter().map(|r| r / sum).collect()
    }

    #[test]
    fn log_normal_has_its_textbook_numbers() {
        let lattice = Lattice::covering(10.0, 2000.0);
        let s = 0.33;
        let got = Statistics::of(&lattice, &log_normal(&lattice, 100.0, s));
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 2e-3, "{a} {b}");
        close(got.mean, 100.0 * (s * s / 2.0).exp());
        close(got.d50, 100.0);
        close(got.d10, 100.0 * (-1.281_552 * s).exp());
        close(got.d90, 100.0 * (1.281_552 * s).exp());
        close(got.cv(), ((s * s).exp() - 1.0).sqrt());
        close(got.mode, 100.0 * (-s * s).exp());
    }

    #[test]
    fn where_particles_may_be_uniform_quantiles_may_be_where_the_median_is() {
        let of = |value: f64| Interval {
            value,
            ci95: [0.98 * value, 1.02 * value],
        };
        let fitted = SizeSummary {
            mean: of(100.0),
            median: of(100.0),
            mode: of(100.0),
            d10: of(96.0),
            d50: of(100.0),
            d90: of(104.0),
            sd: of(3.0),
            span: of(0.08),
            cv: of(0.03),
        };
        let uniform = fitted.allow_widths(0.0, 2.0);
        assert_eq!(uniform.d10.ci95, [92.0, 102.0]);
        assert_eq!(uniform.d90.ci95, [98.0, 108.0]);
        assert_eq!(uniform.sd.ci95, [0.0, 6.0]);
        let narrow = fitted.allow_widths(0.5, 1.0);
        assert_eq!(narrow.d10.ci95, [0.98 * 96.0, 98.0]);
    }

    #[test]
    fn all_in_one_rung_or_nothing_at_all() {
        let lattice = Lattice::covering(15.0, 1000.0);
        let mut share = vec![0.0; lattice.len()];
        share[40] = 1.0;
        let got = Statistics::of(&lattice, &share);
        assert!((got.d50 / lattice.diameters_nm()[40] - 1.0).abs() < 1e-9);
        assert!(got.sd < 1e-9 && got.mode.is_finite());
        let none = Statistics::of(&lattice, &vec![0.0; lattice.len()]);
        assert!(none.mean == 0.0 && none.d50.is_finite());
    }
}
