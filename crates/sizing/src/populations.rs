//! Peaks of a distribution, and what could be told apart at all.

use crate::diffusion::Z95;
use crate::lattice::{Lattice, RATIO};
use crate::summary::{Interval, vertex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One peak of the distribution, from valley to valley.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Population {
    /// Top of the peak of the density over ln d, nm.
    pub diameter_nm: Interval,
    /// Standard deviation of the diameters in it, nm.
    pub sd_nm: Interval,
    /// Share of the particles.
    pub fraction: Interval,
    /// Share of the tracks.
    pub share_of_tracks: f64,
    /// Share of the resamples that have a peak of their own there.
    pub recurrence: f64,
}

/// What these tracks could tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// A coefficient of variation below this cannot be told from zero (upper 95 % limit for uniform particles).
    pub narrowest_cv: f64,
    /// Two equally frequent sizes closer than this ratio cannot be told from one (80 % power).
    pub smallest_ratio: f64,
}

impl Limits {
    /// Smallest coefficient of variation that these tracks allow (95 %) for a population that came out with `cv` and
    /// holds a share of the tracks. A fit smooth enough to be believed never comes out as narrow as a population may
    /// be, and resamples all share that, so their spread says nothing of it.
    pub fn least_cv(&self, cv: f64, share: f64) -> f64 {
        const Z_ONE_SIDED: f64 = 1.645;
        let variance_std_err = self.narrowest_cv.powi(2) / Z_ONE_SIDED;
        (cv * cv - Z95 * variance_std_err / share.max(1e-6).sqrt())
            .max(0.0)
            .sqrt()
    }
}

/// Rungs that belong to one peak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeakRange {
    /// First rung.
    pub start: usize,
    /// One past the last rung.
    pub end: usize,
    /// Highest rung.
    pub top: usize,
}

/// A valley must be lower than this share of the smaller peak beside it.
const VALLEY: f64 = 0.8;
/// A peak must hold this share of the particles.
const SMALLEST_SHARE: f64 = 0.01;

/// Peaks of the shares per rung (density over ln d), in ascending order. Peaks without a valley deep enough between
/// them are one, and one that holds too little joins its neighbour across the higher valley.
pub fn peaks(share: &[f64]) -> Vec<PeakRange> {
    let mut ranges = all_peaks(share);
    while ranges.len() > 1 {
        let weakest = (0..ranges.len() - 1)
            .map(|i| (i, depth(share, ranges[i], ranges[i + 1])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match weakest {
            Some((i, depth)) if depth > VALLEY => merge(share, &mut ranges, i),
            _ => break,
        }
    }
    while ranges.len() > 1 {
        let held = |r: &PeakRange| share[r.start..r.end].iter().sum::<f64>();
        let Some((i, _)) = ranges
            .iter()
            .map(held)
            .enumerate()
            .filter(|(_, h)| *h < SMALLEST_SHARE)
            .min_by(|a, b| a.1.total_cmp(&b.1))
        else {
            break;
        };
        let to_left =
            i + 1 == ranges.len() || (i > 0 && share[ranges[i].start] > share[ranges[i + 1].start]);
        merge(share, &mut ranges, if to_left { i - 1 } else { i });
    }
    ranges
}

fn all_peaks(share: &[f64]) -> Vec<PeakRange> {
    let n = share.len();
    let mut ranges: Vec<PeakRange> = Vec::new();
    let (mut start, mut top, mut falling) = (0, 0, false);
    for g in 1..n {
        if share[g] > share[g - 1] && falling {
            // The lowest rung between two peaks begins the second one.
            ranges.push(PeakRange {
                start,
                end: g - 1,
                top,
            });
            (start, top, falling) = (g - 1, g, false);
        } else if share[g] < share[g - 1] {
            falling = true;
        }
        if share[g] > share[top] {
            top = g;
        }
    }
    if n > 0 {
        ranges.push(PeakRange { start, end: n, top });
    }
    ranges
}

fn depth(share: &[f64], a: PeakRange, b: PeakRange) -> f64 {
    share[b.start] / share[a.top].min(share[b.top]).max(f64::MIN_POSITIVE)
}

fn merge(share: &[f64], ranges: &mut Vec<PeakRange>, i: usize) {
    let right = ranges.remove(i + 1);
    let left = &mut ranges[i];
    left.end = right.end;
    if share[right.top] > share[left.top] {
        left.top = right.top;
    }
}

/// Position (nm), standard deviation (nm) and share of what lies between two rungs; `None` if nothing does.
pub fn measure(lattice: &Lattice, share: &[f64], start: usize, end: usize) -> Option<[f64; 3]> {
    let d = &lattice.diameters_nm()[start..end];
    let s = &share[start..end];
    let fraction: f64 = s.iter().sum();
    if fraction <= 0.0 || !fraction.is_finite() {
        return None;
    }
    let mean = d.iter().zip(s).map(|(d, s)| d * s).sum::<f64>() / fraction;
    let variance = d
        .iter()
        .zip(s)
        .map(|(d, s)| s * (d - mean).powi(2))
        .sum::<f64>()
        / fraction;
    let top = (start..end).max_by(|a, b| share[*a].total_cmp(&share[*b]).then(b.cmp(a)))?;
    let position = lattice.diameters_nm()[top] * RATIO.powf(vertex(share, top));
    Some([position, variance.sqrt(), fraction])
}

/// Limits from the relative variances of D of the single tracks (`1/(D^2 I)`).
///
/// The population variance of ln d has standard error `1/sqrt(sum 1/(k4 + 2 v^2))` for uniform particles, with v the
/// variance of ln D of one track (trigamma) and k4 its fourth cumulant. The ratio follows `ln(ratio) = 1.8 SD
/// (N/1000)^-0.17`, a fit to the Kullback-Leibler bound for two populations of 3 % against one log-normal.
pub fn limits(relative_variances: &[f64]) -> Option<Limits> {
    let precise: f64 = relative_variances
        .iter()
        .filter(|v| v.is_finite() && **v > 0.0)
        .map(|v| {
            // v ~ 1/n for n displacements: trigamma(n) and the third derivative of digamma.
            let ln_variance = v + 0.5 * v * v;
            let k4 = 2.0 * v.powi(3) + 3.0 * v.powi(4);
            1.0 / (k4 + 2.0 * ln_variance * ln_variance)
        })
        .sum();
    let n = relative_variances.len() as f64;
    if !(precise > 0.0 && precise.is_finite()) {
        return None;
    }
    let typical_sd = (n / (2.0 * precise)).powf(0.25);
    Some(Limits {
        narrowest_cv: (1.645 / precise.sqrt()).sqrt(),
        smallest_ratio: (1.8 * typical_sd * (n / 1000.0).powf(-0.17)).exp(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_table() {
        for (frames, n, cv, ratio) in [
            (20, 1000, 0.064, 1.51),
            (30, 1000, 0.051, 1.40),
            (60, 1000, 0.036, 1.27),
            (100, 1000, 0.027, 1.21),
            (30, 3000, 0.039, 1.32),
            (30, 10_000, 0.0285, 1.25),
        ] {
            let got = limits(&vec![1.0 / f64::from(frames - 1); n]).unwrap();
            assert!(
                (got.narrowest_cv / cv - 1.0).abs() < 0.04,
                "{frames} {got:?}"
            );
            assert!(
                (got.smallest_ratio - ratio).abs() < 0.03,
                "{frames} {n} {got:?}"
            );
        }
        assert_eq!(limits(&[]), None);
        assert_eq!(limits(&[f64::NAN]), None);
    }

    #[test]
    fn shallow_valleys_and_crumbs_are_no_peaks() {
        let two = [0.1, 0.3, 0.1, 0.05, 0.1, 0.3, 0.05];
        let found = peaks(&two);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].top, found[1].top), (1, 5));
        assert_eq!(found[0].end, found[1].start);
        assert_eq!(peaks(&[0.1, 0.3, 0.28, 0.29, 0.03]).len(), 1);
        let crumb = [0.0, 0.5, 0.495, 0.0, 0.0, 0.005, 0.0];
        let found = peaks(&crumb);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].start, found[0].end), (0, 7));
    }

    #[test]
    fn plateaus_and_empty_shares_do_no_harm() {
        assert!(peaks(&[]).is_empty());
        assert_eq!(peaks(&[1.0]).len(), 1);
        assert_eq!(peaks(&[0.0; 5]).len(), 1);
        assert_eq!(peaks(&[0.2, 0.2, 0.0, 0.0, 0.3, 0.3]).len(), 2);
        let lattice = Lattice::covering(15.0, 1000.0);
        assert_eq!(measure(&lattice, &vec![0.0; lattice.len()], 0, 5), None);
    }
}
