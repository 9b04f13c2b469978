//! How far two size distributions are apart.
//!
//! First Wasserstein distance, the area between the cumulative curves, nm: how far particles of one distribution would
//! have to move, on average, to make the other (Vallender 1974, doi:10.1137/1118101). And the largest difference of the
//! shares of smaller particles (the statistic of Kolmogorov and Smirnov). In: densities per nm on a grid of each result
//! of its own; out: both distances on one grid that holds all of them. A curve between two grid points is a straight line
//! in the logarithm of the diameter.
//!
//! The mean curve of a group gives each result the same weight, whatever the number of its tracks, because results are
//! the units that are repeated.

/// Steps of the common grid: half those of a result's own ladder.
const STEP: f64 = 1.01;
/// A grid from 1 to 100,000 nm has fewer points; beyond that a grid is not one of diameters.
const MOST_POINTS: usize = 2000;

/// The shares of smaller particles of one result at the edges between its grid points.
#[derive(Clone, Debug, PartialEq)]
pub struct Cumulative {
    edges_nm: Vec<f64>,
    below: Vec<f64>,
}

impl Cumulative {
    /// From a density per nm at ascending diameters; `None` if it is no distribution.
    pub fn of_density(diameter_nm: &[f64], density_per_nm: &[f64]) -> Option<Self> {
        let n = diameter_nm.len();
        let ascending = diameter_nm.windows(2).all(|w| w[0] < w[1]);
        let positive = diameter_nm.iter().all(|d| d.is_finite() && *d > 0.0);
        let sound = density_per_nm.iter().all(|v| v.is_finite() && *v >= 0.0);
        if n < 2 || density_per_nm.len() != n || !ascending || !positive || !sound {
            return None;
        }
        let half = |a: f64, b: f64| (a / b).sqrt();
        let mut edges_nm = vec![diameter_nm[0] * half(diameter_nm[0], diameter_nm[1])];
        edges_nm.extend(diameter_nm.windows(2).map(|w| (w[0] * w[1]).sqrt()));
        edges_nm.push(diameter_nm[n - 1] * half(diameter_nm[n - 1], diameter_nm[n - 2]));
        let mut below = vec![0.0];
        let mut sum = 0.0;
        for (edge, density) in edges_nm.windows(2).zip(density_per_nm) {
            sum += density * (edge[1] - edge[0]);
            below.push(sum);
        }
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        below.iter_mut().for_each(|b| *b /= sum);
        Some(Self { edges_nm, below })
    }

    /// Share of particles smaller than `nm`.
    fn at(&self, nm: f64) -> f64 {
        let after = self.edges_nm.partition_point(|e| *e < nm);
        match (after.checked_sub(1), self.edges_nm.get(after)) {
            (None, _) => 0.0,
            (_, None) => 1.0,
            (Some(i), Some(next)) => {
                let part = (nm / self.edges_nm[i]).ln() / (next / self.edges_nm[i]).ln();
                self.below[i] + part * (self.below[after] - self.below[i])
            }
        }
    }
}

/// Results on one grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    grid_nm: Vec<f64>,
    /// One row per result.
    below: Vec<Vec<f64>>,
}

/// How far two mean curves are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// First Wasserstein distance, nm.
    pub wasserstein_nm: f64,
    /// Largest difference of the shares of smaller particles, 0 to 1.
    pub largest_share: f64,
}

impl Curves {
    /// Lays results on one grid; `None` if they span more than a grid of diameters can.
    pub fn of(results: &[Cumulative]) -> Option<Self> {
        let lowest = results
            .iter()
            .map(|r| r.edges_nm[0])
            .min_by(f64::total_cmp)?;
        let highest = results
            .iter()
            .filter_map(|r| r.edges_nm.last().copied())
            .max_by(f64::total_cmp)?;
        let steps = ((highest / lowest).ln() / STEP.ln()).ceil() as usize;
        if steps > MOST_POINTS {
            return None;
        }
        let grid_nm: Vec<f64> = (0..=steps).map(|i| lowest * STEP.powi(i as i32)).collect();
        let row = |r: &Cumulative| grid_nm.iter().map(|nm| r.at(*nm)).collect();
        Some(Self {
            below: results.iter().map(row).collect(),
            grid_nm,
        })
    }

    /// Number of results.
    pub fn len(&self) -> usize {
        self.below.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.below.is_empty()
    }

    /// Distance between the mean curve of the results that `first` names and that of all others. Both must have some.
    pub fn distance(&self, first: impl Fn(usize) -> bool) -> Distance {
        let weights = self.weights(first);
        let mut out = Distance {
            wasserstein_nm: 0.0,
            largest_share: 0.0,
        };
        let mut before: Option<(f64, f64)> = None;
        for (i, nm) in self.grid_nm.iter().enumerate() {
            let rows = self.below.iter().zip(&weights);
            let gap: f64 = rows.map(|(row, w)| w * row[i]).sum();
            if let Some((last_nm, last_gap)) = before {
                out.wasserstein_nm += 0.5 * (last_gap + gap.abs()) * (nm - last_nm);
            }
            out.largest_share = out.largest_share.max(gap.abs());
            before = Some((*nm, gap.abs()));
        }
        out
    }

    fn weights(&self, first: impl Fn(usize) -> bool) -> Vec<f64> {
        let is_first: Vec<bool> = (0..self.below.len()).map(first).collect();
        let n = is_first.iter().filter(|f| **f).count() as f64;
        let others = is_first.len() as f64 - n;
        is_first
            .iter()
            .map(|f| if *f { 1.0 / n } else { -1.0 / others })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_normal(median: f64, ln_sd: f64, ratio: f64) -> Cumulative {
        let d: Vec<f64> = (0..300).map(|i| 20.0 * ratio.powi(i)).collect();
        let density = |d: &f64| {
            let z = (d / median).ln() / ln_sd;
            (-0.5 * z * z).exp() / d
        };
        let values: Vec<f64> = d.iter().map(density).collect();
        Cumulative::of_density(&d, &values).expect("a distribution")
    }

    #[test]
    fn a_shift_is_its_own_distance_whatever_the_grids() {
        let curves = Curves::of(&[log_normal(100.0, 0.1, 1.02), log_normal(110.0, 0.1, 1.023)])
            .expect("curves");
        let d = curves.distance(|i| i == 0);
        // Means are median * exp(sd^2 / 2).
        assert!(
            (d.wasserstein_nm - 10.0 * 0.005f64.exp()).abs() < 0.05,
            "{d:?}"
        );
        // Largest gap in the middle: 2 Phi(ln(1.1) / 2 / 0.1) - 1.
        assert!((d.largest_share - 0.3663).abs() < 3e-3, "{d:?}");
        assert!(curves.distance(|i| i == 1) == d);
    }

    #[test]
    fn the_same_curve_is_nowhere() {
        let same = log_normal(100.0, 0.2, 1.02);
        let d = Curves::of(&[same.clone(), same.clone(), same])
            .expect("curves")
            .distance(|i| i == 2);
        assert!(d.wasserstein_nm < 1e-9 && d.largest_share < 1e-12);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let of = Cumulative::of_density;
        assert_eq!(of(&[], &[]), None);
        assert_eq!(of(&[1.0, 2.0], &[0.0, 0.0]), None);
        assert_eq!(of(&[2.0, 1.0], &[1.0, 1.0]), None);
        assert_eq!(of(&[1.0, 2.0], &[1.0, f64::NAN]), None);
        assert_eq!(of(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(of(&[-1.0, 2.0], &[1.0, 1.0]), None);
        assert_eq!(Curves::of(&[]), None);
        let wide = of(&[1e-9, 1e9], &[1.0, 1.0]).expect("a distribution");
        assert_eq!(Curves::of(&[wide]), None);
    }
}
