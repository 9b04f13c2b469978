//! The difference of two numbers from their own intervals.
//!
//! Each arm of an interval stands for a standard error on its side; the lower end of the difference takes the upper arm
//! of what is subtracted and the lower arm of what is left, root of squares (Zou & Donner 2008, doi:10.1002/sim.3095).
//! Assumes that the two are independent. In and out on the scale of the comparison.
//!
//! Several results on a side are averaged, each with its own arms: that is used only where they have no scatter.

use super::difference::{Difference, Measured};

/// Group minus reference; `None` if one of them has no interval.
pub(super) fn from_intervals(reference: &[Measured], group: &[Measured]) -> Option<Difference> {
    let (from, to) = (averaged(reference)?, averaged(group)?);
    Some(Difference {
        estimate: to.0 - from.0,
        below: to.1[0].hypot(from.1[1]),
        above: to.1[1].hypot(from.1[0]),
        freedom: f64::INFINITY,
    })
}

/// Mean, and its standard errors below and above.
fn averaged(results: &[Measured]) -> Option<(f64, [f64; 2])> {
    let n = results.len() as f64;
    let mut squares = [0.0; 2];
    for r in results {
        let arms = r.arms()?;
        squares = [0, 1].map(|i| squares[i] + arms[i].powi(2));
    }
    let mean = results.iter().map(|r| r.value).sum::<f64>() / n;
    Some((mean, squares.map(|s| s.sqrt() / n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_arms_add_up_as_errors_do() {
        let of = |value: f64, half: f64| Measured {
            value,
            ci95: Some([value - half, value + half]),
        };
        let d = from_intervals(&[of(1.0, 0.3)], &[of(2.0, 0.4)]).expect("a difference");
        let [low, high] = d.interval(0.95);
        assert!((low - 0.5).abs() < 1e-6 && (high - 1.5).abs() < 1e-6);
    }

    #[test]
    fn a_long_arm_counts_on_its_side_only() {
        let reference = Measured {
            value: 0.0,
            ci95: Some([-0.1, 3.0]),
        };
        let group = Measured {
            value: 1.0,
            ci95: Some([0.9, 1.1]),
        };
        let [low, high] = from_intervals(&[reference], &[group])
            .expect("a difference")
            .interval(0.95);
        assert!((low - (1.0 - 3.0f64.hypot(0.1))).abs() < 1e-6);
        assert!((high - (1.0 + 0.1f64.hypot(0.1))).abs() < 1e-6);
    }
}
