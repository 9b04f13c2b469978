//! A difference between two groups with its error, in the one form that all tests read.

use super::student;
use super::{mover, welch};

/// A number of one result on the scale of the comparison (the logarithm, or as it is).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its own 95 % interval, from the tracks of that result alone; `None` where the result has none.
    pub ci95: Option<[f64; 2]>,
}

impl Measured {
    /// Standard errors below and above, from the two arms of the interval.
    pub(super) fn arms(&self) -> Option<[f64; 2]> {
        let [low, high] = self.ci95?;
        let arms = [self.value - low, high - self.value].map(|a| a / crate::Z95);
        (arms.iter().all(|a| a.is_finite() && *a >= 0.0) && arms[0] + arms[1] > 0.0).then_some(arms)
    }

    /// One standard error for both sides.
    pub(super) fn sd(&self) -> Option<f64> {
        self.arms().map(|[low, high]| 0.5 * (low + high))
    }
}

/// Where the error of a difference comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// From the scatter of several results in each group.
    Welch,
    /// From the scatter of several results in one group; the other has one result.
    OneAgainstSeveral,
    /// From the results' own intervals: what lies between preparations is not in it.
    Intervals,
}

/// Group minus reference with its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The difference.
    pub estimate: f64,
    /// Standard error that its lower ends are reckoned with.
    pub below: f64,
    /// Standard error that its upper ends are reckoned with.
    pub above: f64,
    /// Degrees of freedom of Student's t; infinite for the normal distribution.
    pub freedom: f64,
}

impl Difference {
    /// The interval that holds the truth in a share `level` of all cases.
    pub fn interval(&self, level: f64) -> [f64; 2] {
        let t = student::exceeded_with(0.5 * (1.0 - level), self.freedom);
        [
            self.estimate - t * self.below,
            self.estimate + t * self.above,
        ]
    }

    /// Probability of a difference at least as large, up or down, if there were none.
    pub fn p(&self) -> f64 {
        let error = if self.estimate > 0.0 {
            self.below
        } else {
            self.above
        };
        student::two_sided(self.estimate / error, self.freedom)
    }

    /// Probability of a difference at least as high if the true one were at `limit`.
    pub fn p_not_above(&self, limit: f64) -> f64 {
        student::above((self.estimate - limit) / self.below, self.freedom)
    }

    /// Probability of a difference at least as low if the true one were at `limit`.
    pub fn p_not_below(&self, limit: f64) -> f64 {
        student::above((limit - self.estimate) / self.above, self.freedom)
    }

    fn is_sound(&self) -> bool {
        let errors = [self.below, self.above];
        self.estimate.is_finite() && errors.iter().all(|e| e.is_finite() && *e > 0.0)
    }
}

/// Group minus reference, from the scatter between results where a group has several, else from their own intervals.
/// `None` if nothing says how large the error is.
pub fn difference(reference: &[Measured], group: &[Measured]) -> Option<(Difference, Basis)> {
    let found = match (reference.len(), group.len()) {
        (0, _) | (_, 0) => return None,
        (1, 1) => None,
        (1, _) => welch::one_against_several(reference[0], group).map(|d| Difference {
            estimate: -d.estimate,
            ..d
        }),
        (_, 1) => welch::one_against_several(group[0], reference),
        _ => welch::welch(reference, group),
    };
    let basis = match reference.len().min(group.len()) {
        1 => Basis::OneAgainstSeveral,
        _ => Basis::Welch,
    };
    // Results that agree to the last digit (shares that are all 0) have no scatter, but intervals of their own.
    match found.filter(Difference::is_sound) {
        Some(sound) => Some((sound, basis)),
        None => mover::from_intervals(reference, group)
            .filter(Difference::is_sound)
            .map(|d| (d, Basis::Intervals)),
    }
}

/// The same for shares. Where hardly a particle lies in a class, or hardly one outside, shares of several results scatter
/// far less than films of so many tracks can exclude, so that the larger of the two errors counts.
pub fn difference_of_shares(
    reference: &[Measured],
    group: &[Measured],
) -> Option<(Difference, Basis)> {
    let scatter = difference(reference, group);
    let own = mover::from_intervals(reference, group).filter(Difference::is_sound);
    match (scatter, own) {
        (Some((s, _)), Some(own)) if own.below.max(own.above) > s.below.max(s.above) => {
            Some((own, Basis::Intervals))
        }
        (scatter, _) => scatter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64, half: f64) -> Measured {
        Measured {
            value,
            ci95: Some([value - half, value + half]),
        }
    }

    #[test]
    fn the_basis_follows_what_is_there() {
        let several = [1.0, 1.1, 1.3].map(|v| measured(v, 0.1));
        let one = [measured(1.0, 0.1)];
        let of = |a: &[Measured], b: &[Measured]| difference(a, b).map(|d| d.1);
        assert_eq!(of(&several, &several), Some(Basis::Welch));
        assert_eq!(of(&several, &one), Some(Basis::OneAgainstSeveral));
        assert_eq!(of(&one, &several), Some(Basis::OneAgainstSeveral));
        assert_eq!(of(&one, &one), Some(Basis::Intervals));
        assert_eq!(of(&one, &[]), None);
        let alike = [measured(1.0, 0.1); 3];
        assert_eq!(of(&alike, &alike), Some(Basis::Intervals));
        let bare = [Measured {
            value: 1.0,
            ci95: None,
        }];
        assert_eq!(of(&bare, &one), None);
    }

    #[test]
    fn turning_the_groups_round_turns_the_sign() {
        let a = [1.0, 1.1, 1.3].map(|v| measured(v, 0.1));
        let b = [Measured {
            value: 1.6,
            ci95: Some([1.5, 1.9]),
        }];
        for (x, y) in [(&a[..], &b[..]), (&a[..1], &b[..]), (&a[..], &a[1..])] {
            let there = difference(x, y).expect("a difference").0;
            let back = difference(y, x).expect("a difference").0;
            let [low, high] = there.interval(0.9);
            let [low_back, high_back] = back.interval(0.9);
            assert!((low + high_back).abs() < 1e-12 && (high + low_back).abs() < 1e-12);
            assert!((there.p() - back.p()).abs() < 1e-12);
        }
    }

    #[test]
    fn shares_of_nearly_nothing_are_not_known_better_than_their_films() {
        let share = |v: f64| Measured {
            value: v,
            ci95: Some([0.0, v + 0.7]),
        };
        let a = [1e-9, 2e-9, 1e-9].map(share);
        let b = [5e-8, 6e-8, 5e-8].map(share);
        assert!(difference(&a, &b).expect("a difference").0.p() < 0.01);
        let (own, basis) = difference_of_shares(&a, &b).expect("a difference");
        assert_eq!(basis, Basis::Intervals);
        assert!(own.p() > 0.9);
        let c = [20.0, 30.0, 25.0].map(|v| measured(v, 0.7));
        assert_eq!(
            difference_of_shares(&a, &c).expect("a difference").1,
            Basis::Welch
        );
    }

    #[test]
    fn interval_and_p_agree() {
        let d = Difference {
            estimate: 0.3,
            below: 0.1,
            above: 0.2,
            freedom: 5.0,
        };
        let p = d.p();
        assert!((d.interval(1.0 - p)[0]).abs() < 1e-9);
        let [low, high] = d.interval(0.9);
        assert!((d.p_not_above(low) - 0.05).abs() < 1e-9);
        assert!((d.p_not_below(high) - 0.05).abs() < 1e-9);
    }
}
