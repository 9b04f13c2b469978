//! An interval against limits.
//!
//! JCGM 106:2012, doi:10.59161/JCGM106-2012, 8.3: a number is accepted where its whole interval lies within the limits, that is
//! where the number lies within limits that were drawn in by its expanded uncertainty (guarded acceptance, 8.3.2), and
//! rejected where the whole interval lies outside (guarded rejection, 8.3.3). Between the two nobody can say, and a
//! person has to.

use super::LimitOutcome;

/// Limits on one side or on both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Range {
    /// Smallest value that is accepted.
    pub min: Option<f64>,
    /// Largest value that is accepted.
    pub max: Option<f64>,
}

impl Range {
    /// So far from `middle` to either side, relative to it.
    pub(crate) fn around(middle: f64, share: f64) -> Self {
        Self {
            min: Some(middle * (1.0 - share)),
            max: Some(middle * (1.0 + share)),
        }
    }
}

/// The verdict on an interval; a number without one is an interval of no width. What cannot be compared is for a person to look at.
pub(crate) fn judged([low, high]: [f64; 2], range: Range) -> LimitOutcome {
    let min = range.min.unwrap_or(f64::NEG_INFINITY);
    let max = range.max.unwrap_or(f64::INFINITY);
    if low >= min && high <= max {
        LimitOutcome::Pass
    } else if high < min || low > max {
        LimitOutcome::Fail
    } else {
        LimitOutcome::Review
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_passes_outside_fails_and_across_is_for_a_person() {
        let both = Range::around(100.0, 0.2);
        let above = Range {
            min: Some(80.0),
            max: None,
        };
        for (interval, range, want) in [
            ([90.0, 110.0], both, LimitOutcome::Pass),
            ([80.0, 120.0], both, LimitOutcome::Pass),
            ([110.0, 130.0], both, LimitOutcome::Review),
            ([70.0, 130.0], both, LimitOutcome::Review),
            ([121.0, 130.0], both, LimitOutcome::Fail),
            ([60.0, 79.0], both, LimitOutcome::Fail),
            ([200.0, 300.0], above, LimitOutcome::Pass),
            ([60.0, 79.9], above, LimitOutcome::Fail),
            ([79.0, 81.0], above, LimitOutcome::Review),
            ([f64::NAN, 100.0], both, LimitOutcome::Review),
            ([5.0, 5.0], Range::default(), LimitOutcome::Pass),
        ] {
            assert_eq!(judged(interval, range), want, "{interval:?} {range:?}");
        }
    }
}
