//! Whether one value stands too far from the others to be one of them.
//!
//! Grubbs 1969, doi:10.1080/00401706.1969.10490657: the largest distance from the mean over the standard deviation,
//! `G = max |x - mean| / s`. Its critical value for a normal sample is
//! `(n - 1) / sqrt(n) * sqrt(t^2 / (n - 2 + t^2))`, with `t` that of Student with `n - 2` degrees of freedom beyond which the
//! share `alpha / (2n)` lies on one side.
//!
//! One value at most is named: two strange values hide each other, and a second round would not keep its level.

use crate::student::two_sided_quantile;

/// With three values the test calls out whichever does not happen to lie near another; it speaks from four on.
pub const FEWEST: usize = 4;

/// The value farthest from the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Farthest {
    /// Its place, from 0; the first of equals.
    pub place: usize,
    /// Its distance from the mean, in standard deviations.
    pub statistic: f64,
    /// What a distance must exceed to be told from chance.
    pub critical: f64,
}

impl Farthest {
    /// Whether chance hardly explains its distance.
    pub fn is_outlier(&self) -> bool {
        self.statistic > self.critical
    }
}

/// What the statistic of so many values exceeds by chance in the share `alpha` of all samples; `None` for fewer than three.
pub fn critical(n: usize, alpha: f64) -> Option<f64> {
    let freedom = n.checked_sub(2)?;
    let of_all = n as f64;
    // A share of alpha / (2n) on one side is one of alpha / n on both.
    let t = two_sided_quantile(alpha / of_all, freedom)?;
    Some((of_all - 1.0) / of_all.sqrt() * (t * t / (freedom as f64 + t * t)).sqrt())
}

/// The value farthest from the others; `None` with fewer than [`FEWEST`] values, or where all are alike.
pub fn farthest(values: &[f64], alpha: f64) -> Option<Farthest> {
    if values.len() < FEWEST || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = (squares / (n - 1.0)).sqrt();
    let (place, distance) =
        values
            .iter()
            .map(|v| (v - mean).abs())
            .enumerate()
            .fold(
                (0, 0.0),
                |best, next| if next.1 > best.1 { next } else { best },
            );
    let statistic = distance / sd;
    // Values that differ by rounding alone have no farthest.
    let alike = sd <= 1e-12 * mean.abs();
    (statistic.is_finite() && !alike).then_some(Farthest {
        place,
        statistic,
        critical: critical(values.len(), alpha)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    /// Grubbs & Beck 1972, doi:10.1080/00401706.1972.10488981, table 1: one-sided 2.5 % and 0.5 %, which are two-sided 5 % and 1 %.
    #[test]
    fn critical_values_are_the_published_ones() {
        let table = [
            (3, 1.155, 1.155),
            (4, 1.481, 1.496),
            (5, 1.715, 1.764),
            (6, 1.887, 1.973),
            (7, 2.020, 2.139),
            (8, 2.126, 2.274),
            (9, 2.215, 2.387),
            (10, 2.290, 2.482),
            (15, 2.549, 2.806),
            (20, 2.709, 3.001),
        ];
        for (n, five, one) in table {
            let of = |alpha| critical(n, alpha).expect("a critical value");
            // The last place of the table was rounded by hand.
            assert!((of(0.05) - five).abs() < 1.1e-3, "{n}: {}", of(0.05));
            assert!((of(0.01) - one).abs() < 1.1e-3, "{n}: {}", of(0.01));
        }
        assert_eq!(critical(2, 0.05), None);
        assert_eq!(critical(0, 0.05), None);
    }

    #[test]
    fn a_value_apart_is_named_and_a_plain_series_is_not() {
        let got = farthest(&[100.0, 101.0, 99.0, 100.5, 130.0], 0.05).expect("a farthest");
        assert_eq!((got.place, got.is_outlier()), (4, true));
        let got = farthest(&[100.0, 101.0, 99.0, 100.5, 102.0], 0.05).expect("a farthest");
        assert!(!got.is_outlier(), "{got:?}");
        for none in [&[1.0, 2.0, 9.0][..], &[3.0; 5], &[1.0, f64::NAN, 2.0, 3.0]] {
            assert_eq!(farthest(none, 0.05), None);
        }
    }

    #[test]
    fn false_alarms_are_as_rare_as_stated() {
        let mut chance = Chance::new(3);
        for n in [4, 5, 10] {
            let mut alarms = 0;
            for _ in 0..10_000 {
                let values: Vec<f64> = (0..n).map(|_| 100.0 + chance.normal()).collect();
                alarms += u32::from(farthest(&values, 0.05).is_some_and(|f| f.is_outlier()));
            }
            let share = f64::from(alarms) / 10_000.0;
            assert!((share - 0.05).abs() < 0.008, "{n}: {share}");
        }
    }
}
