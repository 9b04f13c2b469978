//! What the next blank may show: the number that 95 of 100 blanks stay below.
//!
//! The limit of blank of Armbruster & Pry 2008 (Clin Biochem Rev 29 Suppl 1, S49) is `mean + 1.645 SD`, for many blanks.
//!
//! Differs from the paper in: there are few blanks here, so that their mean and scatter are uncertain themselves. The factor is
//! that of a prediction for one more value, `t sqrt(1 + 1/n)` with the one-sided 95 % quantile of Student's t (Hahn & Meeker
//! 1991, doi:10.1002/9780470316771, ch. 4); it is 3.4 for three blanks and becomes 1.645 for many.

use crate::student::two_sided_quantile;

/// The limit; `None` with fewer than two values or where one is not a number.
pub fn limit_of_blank(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = (squares / (n - 1.0)).sqrt();
    // 5 % above are 10 % outside.
    let t = two_sided_quantile(0.1, values.len().checked_sub(1)?)?;
    Some(mean + t * sd * (1.0 + 1.0 / n).sqrt()).filter(|limit| limit.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn few_blanks_have_a_higher_limit_than_many() {
        // Mean 2, SD 1, t = 2.920.
        let got = limit_of_blank(&[1.0, 2.0, 3.0]).expect("a limit");
        assert!(
            (got - 2.0 - 2.919_99 * (4.0f64 / 3.0).sqrt()).abs() < 1e-4,
            "{got}"
        );
        let many: Vec<f64> = (0..4000).map(|i| f64::from(i % 2) * 2.0 - 1.0).collect();
        assert!((limit_of_blank(&many).expect("a limit") - 1.645).abs() < 2e-3);
        assert_eq!(limit_of_blank(&[1.0]), None);
        assert_eq!(limit_of_blank(&[]), None);
        assert_eq!(limit_of_blank(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn nineteen_of_twenty_blanks_stay_below() {
        let mut chance = Chance::new(29);
        for n in [2, 3, 6] {
            let mut below = 0;
            for _ in 0..10_000 {
                let blanks: Vec<f64> = (0..n).map(|_| 5.0 + chance.normal()).collect();
                let limit = limit_of_blank(&blanks).expect("a limit");
                below += i32::from(5.0 + chance.normal() < limit);
            }
            let share = f64::from(below) / 10_000.0;
            assert!((share - 0.95).abs() < 0.01, "{n}: {share}");
        }
    }
}
