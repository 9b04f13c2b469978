//! The ratio of two numbers that err independently, with its interval.
//!
//! On the logarithms the ratio is a difference, whose interval follows from those of its parts by MOVER, Zou & Donner
//! 2008, doi:10.1002/sim.3095, eq. 7: lopsided intervals stay lopsided, and nothing goes below 0.
//!
//! Differs from the paper in: a numerator of 0 has no logarithm; its ratio reaches up to its own upper end over the lower
//! end of the denominator, which is more than enough.

use crate::summary::Interval;

/// A ratio and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Its 95 % interval; `None` where the denominator may be nothing, so that the ratio has no upper end.
    pub ci95: Option<[f64; 2]>,
}

/// `above` over `below`; `None` if the denominator is not positive or anything is not a number.
pub fn ratio(above: &Interval, below: &Interval) -> Option<Ratio> {
    let value = above.value / below.value;
    let all = [
        value,
        above.ci95[0],
        above.ci95[1],
        below.ci95[0],
        below.ci95[1],
    ];
    if below.value <= 0.0 || above.value < 0.0 || all.iter().any(|v| !v.is_finite()) {
        return None;
    }
    Some(Ratio {
        value,
        ci95: ends(above, below, value),
    })
}

fn ends(above: &Interval, below: &Interval, value: f64) -> Option<[f64; 2]> {
    if below.ci95[0] <= 0.0 {
        return None;
    }
    if above.value == 0.0 {
        return Some([0.0, above.ci95[1] / below.ci95[0]]);
    }
    // An interval that does not hold its own number has no width on that side.
    let apart = |from: f64, to: f64| (to / from).ln().max(0.0);
    let low = match above.ci95[0] > 0.0 {
        true => apart(above.ci95[0], above.value).hypot(apart(below.value, below.ci95[1])),
        false => f64::INFINITY,
    };
    let high = apart(above.value, above.ci95[1]).hypot(apart(below.ci95[0], below.value));
    Some([value * (-low).exp(), value * high.exp()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::diffusion::Z95;

    fn about(value: f64, low: f64, high: f64) -> Interval {
        Interval {
            value,
            ci95: [low, high],
        }
    }

    #[test]
    fn errors_of_both_add_as_squares_of_their_logarithms() {
        let e = |x: f64| x.exp();
        let a = about(30.0, 30.0 / e(0.3), 30.0 * e(0.3));
        let b = about(60.0, 60.0 / e(0.4), 60.0 * e(0.4));
        let got = ratio(&a, &b).expect("a ratio");
        let [low, high] = got.ci95.expect("an interval");
        assert!((got.value - 0.5).abs() < 1e-12);
        assert!((low - 0.5 / e(0.5)).abs() < 1e-9 && (high - 0.5 * e(0.5)).abs() < 1e-9);
    }

    #[test]
    fn what_may_be_nothing_has_an_open_end() {
        let b = about(100.0, 80.0, 125.0);
        let none = ratio(&about(0.0, 0.0, 4.0), &b).expect("a ratio");
        assert_eq!(none.ci95, Some([0.0, 0.05]));
        let few = ratio(&about(2.0, 0.0, 6.0), &b).expect("a ratio");
        assert_eq!(few.ci95.expect("an interval")[0], 0.0);
        let open = ratio(&b, &about(2.0, 0.0, 6.0)).expect("a ratio");
        assert_eq!((open.value, open.ci95), (50.0, None));
        assert_eq!(ratio(&b, &about(0.0, 0.0, 6.0)), None);
        assert_eq!(ratio(&b, &about(f64::NAN, 0.0, 6.0)), None);
    }

    /// Counts of Poisson with their usual intervals: the true ratio lies within in 95 of 100 cases.
    #[test]
    fn the_interval_holds_the_true_ratio() {
        let mut chance = Chance::new(17);
        let counted = |n: f64| {
            let factor = (Z95 / n.max(1.0).sqrt()).exp();
            about(n, n / factor, n * factor)
        };
        for (above, below) in [(120.0, 400.0), (40.0, 60.0), (300.0, 50.0)] {
            let (trials, mut held) = (4000, 0);
            for _ in 0..trials {
                let (a, b) = (chance.poisson(above), chance.poisson(below));
                let got = ratio(&counted(a), &counted(b)).and_then(|r| r.ci95);
                let truth = above / below;
                held += i32::from(got.is_some_and(|[l, h]| l <= truth && truth <= h));
            }
            let share = f64::from(held) / f64::from(trials);
            assert!((share - 0.95).abs() < 0.015, "{above}/{below}: {share}");
        }
    }
}
