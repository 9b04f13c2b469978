//! The whole size distributions of two groups: their distance, whether chance explains it, and their mean curves.

use super::gather::Item;
use super::model::{DistributionTest, MeanDistribution};
use crate::report::Distribution;
use nta_sizing::compare::curves::{Cumulative, Curves};
use nta_sizing::compare::tracks::TrackSize;
use nta_sizing::compare::{permutation, student, tracks};

/// Results are dealt out at random where that can give a p of 0.05 at all.
const ENOUGH: f64 = 0.05;

/// The distributions of two groups held against each other; `None` if one side has none.
pub(crate) fn test(reference: &[Item], group: &[Item], seed: u64) -> Option<DistributionTest> {
    let (from, to) = (curves_of(reference), curves_of(group));
    if from.is_empty() || to.is_empty() {
        return None;
    }
    let n = from.len();
    let all: Vec<Cumulative> = from.iter().chain(&to).cloned().collect();
    let curves = Curves::of(&all)?;
    let apart = curves.distance(|i| i < n);
    let mut out = DistributionTest {
        wasserstein_nm: apart.wasserstein_nm,
        largest_share_percent: 100.0 * apart.largest_share,
        permuted: String::new(),
        by_chance_95: None,
        tested_distance: None,
        tracks_compared: None,
        counts: true,
        p: None,
        p_adjusted: None,
        sentence: String::new(),
    };
    if permutation::smallest_p(n, to.len()) <= ENOUGH {
        let got = permutation::results(n, to.len(), seed, |is_first| {
            curves.distance(|i| is_first[i]).wasserstein_nm
        });
        out.permuted = "results".into();
        out.tested_distance = Some(apart.wasserstein_nm);
        out.by_chance_95 = Some(got.by_chance_95);
        out.p = Some(got.p);
    } else {
        out.permuted = "tracks".into();
        out.counts = reference.len() == 1 && group.len() == 1;
        if let Some(got) = tracks::test(&tracks_of(reference), &tracks_of(group), seed) {
            let in_percent = |ln: f64| 100.0 * ln.exp_m1();
            out.tested_distance = Some(in_percent(got.distance));
            out.by_chance_95 = Some(in_percent(got.permuted.by_chance_95));
            out.tracks_compared = Some(got.compared as u64);
            out.p = Some(got.permuted.p);
        }
    }
    Some(out)
}

fn curves_of(items: &[Item]) -> Vec<Cumulative> {
    let of = |d: &Distribution| Cumulative::of_density(&d.diameter_nm, &d.density_per_nm);
    items
        .iter()
        .filter_map(|i| of(&i.report.distribution))
        .collect()
}

fn tracks_of(items: &[Item]) -> Vec<TrackSize> {
    items
        .iter()
        .flat_map(|i| i.tracks.iter().copied())
        .collect()
}

/// The mean curve of a group with its band.
pub(crate) fn mean(items: &[Item]) -> Option<MeanDistribution> {
    let sound =
        |d: &&Distribution| Cumulative::of_density(&d.diameter_nm, &d.density_per_nm).is_some();
    let all: Vec<&Distribution> = items
        .iter()
        .map(|i| &i.report.distribution)
        .filter(sound)
        .collect();
    if let [one] = all[..] {
        return Some(MeanDistribution {
            results: 1,
            diameter_nm: one.diameter_nm.clone(),
            density_per_nm: one.density_per_nm.clone(),
            ci95_low_per_nm: one.ci95_low_per_nm.clone(),
            ci95_high_per_nm: one.ci95_high_per_nm.clone(),
        });
    }
    // The grid that reaches farthest; the others are read off between their points.
    let grid = all
        .iter()
        .map(|d| &d.diameter_nm)
        .max_by(|a, b| a.len().cmp(&b.len()))?;
    let n = all.len() as f64;
    let t = student::exceeded_with(0.025, n - 1.0);
    let mut out = MeanDistribution {
        results: all.len() as u64,
        diameter_nm: grid.clone(),
        ..MeanDistribution::default()
    };
    for nm in grid {
        let values: Vec<f64> = all.iter().map(|d| read_off(d, *nm)).collect();
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let half = t * (squares / (n - 1.0) / n).sqrt();
        out.density_per_nm.push(mean);
        out.ci95_low_per_nm.push((mean - half).max(0.0));
        out.ci95_high_per_nm.push(mean + half);
    }
    Some(out)
}

/// The density at a diameter, on the straight line between two points; 0 outside.
fn read_off(d: &Distribution, nm: f64) -> f64 {
    let after = d.diameter_nm.partition_point(|x| *x < nm);
    let at = |i: usize| Some((*d.diameter_nm.get(i)?, *d.density_per_nm.get(i)?));
    match (after.checked_sub(1).and_then(at), at(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (nm - x0) / (x1 - x0),
        (None, Some((x, y))) if x == nm => y,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_is_read_off_between_its_points() {
        let d = Distribution {
            diameter_nm: vec![10.0, 20.0, 40.0],
            density_per_nm: vec![0.0, 0.04, 0.0],
            ..Distribution::default()
        };
        let got: Vec<f64> = [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0]
            .iter()
            .map(|nm| read_off(&d, *nm))
            .collect();
        let want = [0.0, 0.0, 0.02, 0.04, 0.02, 0.0, 0.0];
        assert!(
            got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12),
            "{got:?}"
        );
    }
}
