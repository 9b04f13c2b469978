//! Whether two groups of results are further apart than results that are dealt out at random.
//!
//! Permutation test (Pitman 1937, doi:10.2307/2984124): if the groups do not differ, every way of dealing the results
//! out is as likely as the one that was found. The units are whole results, so that what differs between preparations and
//! what the tracks of one film share is in the answer. All ways are gone through where they are few, else many are drawn,
//! and the one that was found counts as one of them (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
//!
//! Assumes that results of both groups scatter alike. With few results the smallest p that can come out is large:
//! [`smallest_p`].

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Up to this number all ways are gone through.
const MOST_WAYS: f64 = 10_000.0;
/// Else this number is drawn.
const DRAWN: usize = 4999;
/// Sums in another order differ in the last digits, also where the distance is nought: distances this close, relative and
/// in their own unit (nm, or the logarithm of a diameter), are equal.
const EQUAL: f64 = 1e-9;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permuted {
    /// Probability of a distance at least as large if the groups did not differ.
    pub p: f64,
    /// Distance that is exceeded by chance in 5 of 100 cases.
    pub by_chance_95: f64,
}

/// The smallest p that groups of these sizes can give with a distance that does not know which group is which.
pub fn smallest_p(first: usize, others: usize) -> f64 {
    let twice = if first == others { 2.0 } else { 1.0 };
    twice / ways(first, others)
}

/// `distance(is_first)` is asked for every way of dealing out; results `0..first` are the first group.
pub fn results(
    first: usize,
    others: usize,
    seed: u64,
    distance: impl Fn(&[bool]) -> f64,
) -> Permuted {
    let n = first + others;
    let mut is_first: Vec<bool> = (0..n).map(|i| i < first).collect();
    let found = distance(&is_first);
    let mut all = vec![found];
    if ways(first, others) <= MOST_WAYS {
        while next(&mut is_first) {
            all.push(distance(&is_first));
        }
    } else {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        for _ in 0..DRAWN {
            shuffle(&mut is_first, &mut rng);
            all.push(distance(&is_first));
        }
    }
    told(found, all)
}

/// What distances by chance, the one found among them, say of it.
pub(super) fn told(found: f64, mut all: Vec<f64>) -> Permuted {
    let least = found - EQUAL * (1.0 + found.abs());
    let as_large = all.iter().filter(|d| **d >= least).count();
    let p = as_large as f64 / all.len() as f64;
    all.sort_by(f64::total_cmp);
    let place = (0.95 * all.len() as f64).ceil() as usize;
    Permuted {
        p,
        by_chance_95: all[place.clamp(1, all.len()) - 1],
    }
}

/// Puts values in a random order (Fisher & Yates).
pub(super) fn shuffle(values: &mut [bool], rng: &mut Xoshiro256PlusPlus) {
    for i in (1..values.len()).rev() {
        let pick = (u128::from(rng.next_u64()) * (i as u128 + 1)) >> 64;
        values.swap(i, pick as usize);
    }
}

fn ways(first: usize, others: usize) -> f64 {
    let k = first.min(others);
    (1..=k)
        .map(|i| (first + others - k + i) as f64 / i as f64)
        .product()
}

/// The next way in the order of the dictionary, with `true` before `false`; false after the last one.
fn next(values: &mut [bool]) -> bool {
    let Some(i) = (0..values.len().saturating_sub(1))
        .rev()
        .find(|i| values[*i] && !values[*i + 1])
    else {
        return false;
    };
    let Some(j) = (i + 1..values.len()).rev().find(|j| !values[*j]) else {
        return false;
    };
    values.swap(i, j);
    values[i + 1..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_comes_once() {
        let mut way = vec![true, true, false, false, false];
        let mut seen = vec![way.clone()];
        while next(&mut way) {
            seen.push(way.clone());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 10);
        assert_eq!(ways(2, 3).round(), 10.0);
        assert_eq!(ways(5, 5).round(), 252.0);
        assert!((smallest_p(5, 5) - 2.0 / 252.0).abs() < 1e-12);
        assert!((smallest_p(3, 4) - 1.0 / 35.0).abs() < 1e-12);
        assert_eq!(smallest_p(1, 1), 1.0);
    }

    #[test]
    fn groups_that_are_apart_have_the_smallest_p() {
        let values = [1.0, 1.2, 0.9, 1.1, 1.05, 2.0, 2.2, 1.9, 2.1, 2.05];
        let distance = |is_first: &[bool]| {
            let sum: f64 = values
                .iter()
                .zip(is_first)
                .map(|(v, f)| if *f { *v } else { -v })
                .sum();
            sum.abs()
        };
        let got = results(5, 5, 1, distance);
        assert!((got.p - smallest_p(5, 5)).abs() < 1e-12, "{got:?}");
        assert!(got.by_chance_95 < 5.0);
    }

    #[test]
    fn rounding_is_no_distance() {
        let count = std::cell::Cell::new(0.0);
        let noise = |_: &[bool]| {
            count.set(count.get() + 1.0);
            1e-15 / count.get()
        };
        assert_eq!(results(5, 5, 1, noise).p, 1.0);
    }

    #[test]
    fn many_ways_are_drawn_and_the_same_ones_again() {
        let distance = |is_first: &[bool]| {
            let place = is_first.iter().enumerate();
            place
                .map(|(i, f)| if *f { i as f64 } else { 0.0 })
                .sum::<f64>()
        };
        let got = results(12, 12, 3, distance);
        // The first twelve have the smallest sum of places.
        assert_eq!(got.p, 1.0);
        assert_eq!(got, results(12, 12, 3, distance));
    }
}
