//! What the next blank may show: the number that 95 of 100 blanks stay below.
//!
//! The limit of blank of Armbruster & Pry 2008 (Clin Biochem Rev 29 Suppl 1, S49) is `mean + 1.645 SD`, for many blanks.
//!
//! Differs from the paper in: there are few blanks here, so that their mean and scatter are uncertain themselves. The factor is
//! that of a prediction for one more value, `t sqrt(1 + 1/n)` with the one-sided 95 % quantile of Student's t (Hahn & Meeker
//! 1991, doi:10.1002/9780470316771, ch. 4); it is 3.4 for three blanks and becomes 1.645 for many.
//!
//! Blanks hold few particles, and three that show none scatter by nothing. So the limit is never below that of counting: after
//! `m` counts in `n` captures the next count is at most the 95 % quantile of the negative binomial with `m + 1` and `n / (n + 1)`,
//! which is the exact conditional bound (given the sum, the next count is binomial; Krishnamoorthy & Peng 2011,
//! J Stat Plan Inference 141, 1709). Assumed: captures are as long as each other, and particles come into view by chance alone.
//! Of many counts it is their closed form.

use crate::student::two_sided_quantile;

/// One-sided 95 % quantile of the normal distribution.
const Z_ONE_SIDED_95: f64 = 1.644_853_6;
/// Below this logarithm the first term of the sum is taken as too small to begin with.
const SMALLEST_LN: f64 = -600.0;

/// The limit; `per_count` is what one particle that comes into view adds to a value. `None` with fewer than two values, where one is
/// not a number, and where neither scatter nor counting says how far the next may lie.
pub fn limit_of_blank(values: &[f64], per_count: Option<f64>) -> Option<f64> {
    let n = values.len() as f64;
    let sum = values.iter().sum::<f64>();
    let mean = sum / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = (squares / (n - 1.0)).sqrt();
    // 5 % above are 10 % outside.
    let t = two_sided_quantile(0.1, values.len().checked_sub(1)?)?;
    let by_scatter = mean + t * sd * (1.0 + 1.0 / n).sqrt();
    let by_counting = per_count
        .filter(|one| *one > 0.0 && one.is_finite() && sum >= 0.0)
        .map(|one| one * next_count(sum / one, n));
    let limit = match by_counting {
        Some(floor) if by_scatter.is_finite() => by_scatter.max(floor),
        None if sd > 0.0 => by_scatter,
        _ => return None,
    };
    limit.is_finite().then_some(limit)
}

/// The count that the next capture does not exceed in 95 of 100 cases, after `total` counts in `n` captures.
fn next_count(total: f64, n: f64) -> f64 {
    let (shape, share) = (total + 1.0, n / (n + 1.0));
    let ln_first = shape * share.ln();
    if ln_first.is_nan() || ln_first <= SMALLEST_LN {
        let z2 = Z_ONE_SIDED_95 * Z_ONE_SIDED_95;
        let mean = total / n;
        let half = (mean * (1.0 + 1.0 / n) + z2 / (4.0 * n * n)).sqrt();
        return mean + z2 / (2.0 * n) + Z_ONE_SIDED_95 * half;
    }
    let mut term = ln_first.exp();
    let (mut below, mut k) = (term, 0.0);
    while below < 0.95 {
        term *= (k + shape) / (k + 1.0) * (1.0 - share);
        below += term;
        k += 1.0;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn few_blanks_have_a_higher_limit_than_many() {
        // Mean 2, SD 1, t = 2.920.
        let got = limit_of_blank(&[1.0, 2.0, 3.0], None).expect("a limit");
        assert!(
            (got - 2.0 - 2.919_99 * (4.0f64 / 3.0).sqrt()).abs() < 1e-4,
            "{got}"
        );
        let many: Vec<f64> = (0..4000).map(|i| f64::from(i % 2) * 2.0 - 1.0).collect();
        assert!((limit_of_blank(&many, None).expect("a limit") - 1.645).abs() < 2e-3);
        assert_eq!(limit_of_blank(&[1.0], Some(1.0)), None);
        assert_eq!(limit_of_blank(&[], Some(1.0)), None);
        assert_eq!(limit_of_blank(&[1.0, f64::NAN], Some(1.0)), None);
    }

    #[test]
    fn blanks_that_show_nothing_have_the_limit_of_counting() {
        // Negative binomial with 1 and 3/4: 0.75, 0.9375, 0.984 up to 0, 1 and 2.
        assert_eq!(limit_of_blank(&[0.0; 3], Some(1.0)), Some(2.0));
        assert_eq!(limit_of_blank(&[0.0; 3], Some(5e5)), Some(1e6));
        assert_eq!(limit_of_blank(&[0.0; 3], None), None);
        assert_eq!(limit_of_blank(&[7.0; 3], Some(0.0)), None);
        // Many counts: the closed form goes on where the sum ends.
        let (sum, closed) = (next_count(2080.0, 3.0), next_count(2090.0, 3.0));
        assert!((closed - sum - 10.0 / 3.0).abs() < 1.5, "{sum} {closed}");
        let far = limit_of_blank(&[1e12; 3], Some(1.0)).expect("a limit");
        assert!(
            (far - 1e12 - 1.645 * (4e12f64 / 3.0).sqrt()).abs() < 1e3,
            "{far}"
        );
    }

    #[test]
    fn nineteen_of_twenty_blanks_stay_below() {
        let mut chance = Chance::new(29);
        for n in [2, 3, 6] {
            let mut below = 0;
            for _ in 0..10_000 {
                let blanks: Vec<f64> = (0..n).map(|_| 5.0 + chance.normal()).collect();
                let limit = limit_of_blank(&blanks, None).expect("a limit");
                below += i32::from(5.0 + chance.normal() < limit);
            }
            let share = f64::from(below) / 10_000.0;
            assert!((share - 0.95).abs() < 0.01, "{n}: {share}");
        }
    }

    /// Counts of blanks are few; those of the next capture are not above the limit in at least 95 of 100 cases.
    #[test]
    fn nineteen_of_twenty_counts_stay_below() {
        let mut chance = Chance::new(41);
        for mean in [0.1, 0.3, 0.5, 1.0, 3.0, 20.0] {
            for n in [2, 3, 6] {
                let mut below = 0;
                for _ in 0..10_000 {
                    let blanks: Vec<f64> = (0..n).map(|_| chance.poisson(mean)).collect();
                    let limit = limit_of_blank(&blanks, Some(1.0)).expect("a limit");
                    below += i32::from(chance.poisson(mean) <= limit);
                }
                let share = f64::from(below) / 10_000.0;
                assert!(share > 0.944, "{n} captures of {mean}: {share}");
            }
        }
    }
}
