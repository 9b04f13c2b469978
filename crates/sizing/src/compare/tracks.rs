//! Whether the tracks of two films look like tracks of one population.
//!
//! The diameter from a single track has an error that depends on its length, so that equal samples with other lengths of
//! tracks have other distributions of such diameters. Tracks are therefore compared only with tracks of the same length:
//! in each class of lengths the two cumulative curves are subtracted, and the differences are added up with the weights
//! `n m / (n + m)` of van Elteren (1960, Bulletin de l'Institut International de Statistique 37, 351-361). The distance
//! is the area under that sum, in the logarithm of the diameter. Labels are permuted within the classes of length
//! (Pitman 1937, doi:10.2307/2984124), so that the test holds its rate whatever the lengths are.
//!
//! The units are tracks. What differs between two films of one sample (temperature, focus, preparation) is found as a
//! difference like any other; only several films tell the two apart. Assumes that positions are about equally precise in
//! both films; tracks that are parts of the path of one particle make the test alarm somewhat too often.

use super::permutation::{Permuted, shuffle, told};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;

/// Lengths within this ratio are one class: their errors differ by 7 % at most.
const CLASS_RATIO: f64 = 1.15;
/// Permutations.
const DRAWN: usize = 999;

/// A track by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSize {
    /// Number of its positions.
    pub frames: u32,
    /// Diameter from this track alone, nm; `None` where it gives none, which counts as larger than all others.
    pub diameter_nm: Option<f64>,
}

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackTest {
    /// Distance: by how much diameters of tracks of one length differ, on average, in the logarithm.
    pub distance: f64,
    /// What chance makes of it.
    pub permuted: Permuted,
    /// Tracks of both films in classes of length that both have; the others cannot be compared.
    pub compared: usize,
}

struct Place {
    class: usize,
    ln_nm: Option<f64>,
}

/// Holds the tracks of two groups against each other; `None` if they share no class of length.
pub fn test(reference: &[TrackSize], group: &[TrackSize], seed: u64) -> Option<TrackTest> {
    let labelled = reference
        .iter()
        .map(|t| (t, true))
        .chain(group.iter().map(|t| (t, false)));
    let mut classes: BTreeMap<i64, Vec<(Option<f64>, bool)>> = BTreeMap::new();
    for (track, is_first) in labelled {
        let class = (f64::from(track.frames.max(1)).ln() / CLASS_RATIO.ln()).floor() as i64;
        let nm = track.diameter_nm.filter(|d| d.is_finite() && *d > 0.0);
        classes
            .entry(class)
            .or_default()
            .push((nm.map(f64::ln), is_first));
    }
    let shared: Vec<Vec<(Option<f64>, bool)>> = classes
        .into_values()
        .filter(|c| c.iter().any(|t| t.1) && c.iter().any(|t| !t.1))
        .collect();
    if shared.is_empty() {
        return None;
    }
    let mut labels: Vec<Vec<bool>> = shared
        .iter()
        .map(|c| c.iter().map(|t| t.1).collect())
        .collect();
    let jumps = jumps(&labels);
    let order = order(&shared);
    let found = area(&order, &labels, &jumps);
    let mut all = vec![found];
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..DRAWN {
        labels.iter_mut().for_each(|l| shuffle(l, &mut rng));
        all.push(area(&order, &labels, &jumps));
    }
    Some(TrackTest {
        distance: found,
        permuted: told(found, all),
        compared: order.len(),
    })
}

/// What a track of the first and of the second group adds to the difference of the curves, for each class.
fn jumps(labels: &[Vec<bool>]) -> Vec<[f64; 2]> {
    let counts: Vec<[f64; 2]> = labels
        .iter()
        .map(|l| {
            let first = l.iter().filter(|f| **f).count() as f64;
            [first, l.len() as f64 - first]
        })
        .collect();
    let weight = |[n, m]: [f64; 2]| n * m / (n + m);
    let all: f64 = counts.iter().map(|c| weight(*c)).sum();
    counts
        .iter()
        .map(|c| [weight(*c) / all / c[0], -weight(*c) / all / c[1]])
        .collect()
}

/// All tracks by their diameters, those without one last; each with its place in its class.
fn order(classes: &[Vec<(Option<f64>, bool)>]) -> Vec<(Place, usize)> {
    let mut out: Vec<(Place, usize)> = classes
        .iter()
        .enumerate()
        .flat_map(|(class, tracks)| {
            tracks
                .iter()
                .enumerate()
                .map(move |(i, t)| (Place { class, ln_nm: t.0 }, i))
        })
        .collect();
    let key = |p: &Place| p.ln_nm.unwrap_or(f64::INFINITY);
    out.sort_by(|a, b| {
        key(&a.0)
            .total_cmp(&key(&b.0))
            .then(a.0.class.cmp(&b.0.class))
            .then(a.1.cmp(&b.1))
    });
    out
}

/// Area between the curves, over the logarithm of the diameter.
fn area(order: &[(Place, usize)], labels: &[Vec<bool>], jumps: &[[f64; 2]]) -> f64 {
    let (mut gap, mut sum) = (0.0f64, 0.0);
    for pair in order.windows(2) {
        let (place, i) = &pair[0];
        let which = usize::from(!labels[place.class][*i]);
        gap += jumps[place.class][which];
        if let (Some(here), Some(next)) = (place.ln_nm, pair[1].0.ln_nm) {
            sum += gap.abs() * (next - here);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// Tracks of particles of `nm` with lengths 6 and more, `mean_length` on average: D of n steps in two dimensions is
    /// a Gamma number of shape n.
    fn tracks(rng: &mut Xoshiro256PlusPlus, n: usize, nm: f64, mean_length: f64) -> Vec<TrackSize> {
        let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (0..n)
            .map(|_| {
                let p = 1.0 / (mean_length - 5.0);
                let frames = 6 + (unit().ln() / (1.0 - p).ln()).floor().min(500.0) as u32;
                let size = nm * (1.0 + 0.3 * (unit() - 0.5));
                let steps = frames - 1;
                let squares: f64 = (0..steps).map(|_| -unit().ln()).sum();
                TrackSize {
                    frames,
                    diameter_nm: Some(size * f64::from(steps) / squares),
                }
            })
            .collect()
    }

    #[test]
    fn other_lengths_of_tracks_are_no_alarm_and_other_sizes_are() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        let trials = 400;
        let (mut alarms, mut found) = (0, 0);
        for seed in 0..trials {
            let a = tracks(&mut rng, 250, 100.0, 12.0);
            let b = tracks(&mut rng, 250, 100.0, 30.0);
            let p = test(&a, &b, seed).expect("a test").permuted.p;
            alarms += u32::from(p <= 0.05);
            if seed < 40 {
                let c = tracks(&mut rng, 1000, 105.0, 30.0);
                let d = tracks(&mut rng, 1000, 100.0, 12.0);
                found += u32::from(test(&c, &d, seed).expect("a test").permuted.p <= 0.05);
            }
        }
        // 20 are expected; 34 or more come by chance once in 400 times.
        assert!((8..34).contains(&alarms), "{alarms} of {trials}");
        assert!(found >= 32, "{found} of 40");
    }

    #[test]
    fn lengths_that_are_not_shared_are_not_compared() {
        let at = |frames, nm| TrackSize {
            frames,
            diameter_nm: Some(nm),
        };
        assert_eq!(test(&[at(6, 100.0)], &[at(50, 100.0)], 1), None);
        assert_eq!(test(&[], &[at(50, 100.0)], 1), None);
        let got = test(&[at(6, 100.0), at(20, 90.0)], &[at(6, 110.0)], 1).expect("a test");
        assert_eq!(got.compared, 2);
        assert!((got.distance - 1.1f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn tracks_without_a_diameter_count_as_larger() {
        let some = |d: Option<f64>| TrackSize {
            frames: 10,
            diameter_nm: d,
        };
        let a = [Some(100.0), Some(110.0)].map(some);
        let b = [Some(100.0), None].map(some);
        let got = test(&a, &b, 1).expect("a test");
        assert!(got.distance < 1e-12 && got.compared == 4, "{got:?}");
        assert!(test(&[some(None)], &[some(None)], 1).is_some_and(|t| t.permuted.p == 1.0));
    }
}
