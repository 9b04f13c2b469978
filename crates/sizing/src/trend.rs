//! Whether a number rises or falls over the captures of a sample.
//!
//! A straight line through the logarithms of the numbers, each weighted by the inverse of its variance (Draper & Smith
//! 1998, doi:10.1002/9781118625590, ch. 9). The error of its slope follows from the errors of the numbers, and is made
//! larger where they scatter more about the line than those say (Birge 1932, doi:10.1103/PhysRev.40.207). Slope over
//! error is held against Student's t with two degrees of freedom less than numbers.
//!
//! Not the test of Mann and Kendall: with four captures its smallest possible p is 0.08, so it could never speak.

use crate::log_line::{self, Line, line};
use crate::student::two_sided_p;

/// With fewer captures a trend cannot be told from chance: three leave one degree of freedom, for which the slope
/// must be 12.7 times its error.
pub const FEWEST: usize = 4;

/// A number of one capture and its relative standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The number, positive.
    pub value: f64,
    /// Its relative standard error, without what all captures share; below 0.001 it is taken as 0.001.
    pub relative_sd: f64,
}

/// A straight line through the captures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Relative change from one capture to the next (-0.05 = 5 % less).
    pub per_capture: f64,
    /// Probability of a change at least as large, up or down, if there were none.
    pub p: f64,
}

/// The trend over captures in their order; `None` stands for a capture without the number. `None` with fewer than
/// [`FEWEST`] numbers.
pub fn trend(points: &[Option<Point>]) -> Option<Trend> {
    let known: Vec<log_line::Point> = points
        .iter()
        .enumerate()
        .filter_map(|(i, p)| {
            let p = p.filter(|p| p.value > 0.0 && p.relative_sd >= 0.0)?;
            let point = log_line::Point {
                x: i as f64,
                y: p.value.ln(),
                weight: log_line::weight(p.relative_sd),
            };
            point.is_finite().then_some(point)
        })
        .collect();
    if known.len() < FEWEST {
        return None;
    }
    let Line {
        slope,
        spread,
        residual,
        ..
    } = line(&known);
    let freedom = known.len() - 2;
    let birge = (residual / freedom as f64).sqrt().max(1.0);
    let t = slope.abs() * spread.sqrt() / birge;
    t.is_finite().then(|| Trend {
        per_capture: slope.exp_m1(),
        p: two_sided_p(t, freedom),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn series(values: &[f64], relative_sd: f64) -> Vec<Option<Point>> {
        values
            .iter()
            .map(|value| {
                Some(Point {
                    value: *value,
                    relative_sd,
                })
            })
            .collect()
    }

    #[test]
    fn numbers_without_an_error_of_their_own_stay_in() {
        let values = [100.0, 91.0, 79.0, 71.0, 60.0];
        let sure = trend(&series(&values, 0.0)).expect("a line");
        // The scatter about the line is its error, as it is for errors that are too small.
        let small = trend(&series(&values, 0.002)).expect("a line");
        assert!((sure.p / small.p - 1.0).abs() < 1e-6 && sure.p < 0.01);
    }

    #[test]
    fn a_steady_fall_is_found_with_its_size() {
        let values: Vec<f64> = (0..5).map(|i| 1e9 * 0.93f64.powi(i)).collect();
        let got = trend(&series(&values, 0.02)).unwrap();
        assert!((got.per_capture + 0.07).abs() < 1e-12);
        // Slope 0.0726, error 0.02 / sqrt(10): t = 11.5 with 3 degrees of freedom.
        assert!((got.p - 0.0014).abs() < 2e-4, "{}", got.p);
        let unsure = trend(&series(&values, 0.2)).unwrap();
        assert!(unsure.p > 0.3);
    }

    #[test]
    fn scatter_beyond_the_stated_errors_counts() {
        let values = [100.0, 88.0, 99.0, 80.0, 92.0];
        let trusting = trend(&series(&values, 1e-4)).unwrap();
        // The error is that of the scatter, whatever was stated: ordinary least squares gives p = 0.445.
        assert!((trusting.p - 0.445_277).abs() < 1e-5, "{}", trusting.p);
    }

    #[test]
    fn a_missing_capture_leaves_its_place_and_three_are_too_few() {
        let mut points = series(&[100.0, 95.0, 0.0, 85.7, 81.5], 0.001);
        points[2] = None;
        let got = trend(&points).unwrap();
        assert!((got.per_capture + 0.05).abs() < 2e-3);
        assert_eq!(trend(&points[..4]), None);
        let odd = series(&[1.0, f64::NAN, 0.0, -1.0, 2.0], 0.1);
        assert_eq!(trend(&odd), None);
    }

    /// Series without a trend raise an alarm at 5 % in at most about 5 of 100 cases, also where captures differ by
    /// more than their own errors.
    #[test]
    fn false_alarms_are_as_rare_as_stated() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut normal = || {
            let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos()
        };
        for (n, excess) in [(4, 1.0), (5, 1.0), (5, 3.0), (10, 1.0), (10, 3.0)] {
            let mut alarms = 0;
            for _ in 0..4000 {
                let values: Vec<f64> = (0..n).map(|_| (0.03 * excess * normal()).exp()).collect();
                alarms += i32::from(trend(&series(&values, 0.03)).unwrap().p < 0.05);
            }
            let share = f64::from(alarms) / 4000.0;
            assert!(share < 0.06, "{n} captures, {excess}: {share}");
        }
    }
}
