//! Whether a difference is small enough: two one-sided tests, Schuirmann 1987, doi:10.1007/BF01068419.
//!
//! Equivalent at 5 % if the difference is shown to be above the lower limit and below the upper one, each at 5 %; that
//! is so exactly if the 90 % interval lies between the limits. That no difference was found does not show equivalence.

use super::difference::Difference;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The difference is shown to be smaller than the margin.
    Equivalent,
    /// Neither is shown: more or better results are needed.
    NotShown,
    /// The difference is shown to be larger than the margin: the 90 % interval lies beyond a limit.
    Different,
}

/// The test and the numbers that it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// What it says.
    pub outcome: Outcome,
    /// Probability of so high a difference if the true one were at the lower limit.
    pub p_lower: f64,
    /// Probability of so low a difference if the true one were at the upper limit.
    pub p_upper: f64,
}

impl Equivalence {
    /// Probability of such a difference if the groups were not equivalent: the larger of the two.
    pub fn p(&self) -> f64 {
        self.p_lower.max(self.p_upper)
    }
}

/// Holds a difference against two limits, on the scale of the comparison.
pub fn equivalence(difference: &Difference, [lower, upper]: [f64; 2]) -> Equivalence {
    let p_lower = difference.p_not_above(lower);
    let p_upper = difference.p_not_below(upper);
    let [low, high] = difference.interval(0.9);
    let outcome = if p_lower < 0.05 && p_upper < 0.05 {
        Outcome::Equivalent
    } else if low > upper || high < lower {
        Outcome::Different
    } else {
        Outcome::NotShown
    };
    Equivalence {
        outcome,
        p_lower,
        p_upper,
    }
}

/// The limits of "within a share `margin`" (0.1 is 10 %) on the scale of logarithms: 0.9 to 1.1 times.
pub fn limits_of_ratio(margin: f64) -> [f64; 2] {
    [(-margin).ln_1p(), margin.ln_1p()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(estimate: f64, error: f64) -> Outcome {
        let difference = Difference {
            estimate,
            below: error,
            above: error,
            freedom: 8.0,
        };
        equivalence(&difference, limits_of_ratio(0.1)).outcome
    }

    #[test]
    fn the_three_answers() {
        assert_eq!(outcome(0.01, 0.01), Outcome::Equivalent);
        // Surely different from nothing, and small enough all the same.
        assert_eq!(outcome(0.04, 0.005), Outcome::Equivalent);
        assert_eq!(outcome(0.01, 0.08), Outcome::NotShown);
        assert_eq!(outcome(0.08, 0.01), Outcome::NotShown);
        assert_eq!(outcome(0.2, 0.02), Outcome::Different);
        assert_eq!(outcome(-0.2, 0.02), Outcome::Different);
    }

    #[test]
    fn it_is_the_ninety_per_cent_interval() {
        let limits = limits_of_ratio(0.1);
        let t90 = super::super::student::exceeded_with(0.05, 8.0);
        let edge = limits[1] / t90;
        assert_eq!(outcome(0.0, 0.999 * edge), Outcome::Equivalent);
        assert_eq!(outcome(0.0, 1.001 * edge), Outcome::NotShown);
    }
}
