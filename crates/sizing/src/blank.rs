//! A blank is taken away: the particles that the diluent brings itself.
//!
//! Difference of two counts with intervals of their own by MOVER, Zou & Donner 2008, doi:10.1002/sim.3095, eq. 7: it
//! takes lopsided intervals, and a blank in which nothing was counted at all.
//!
//! Differs from the paper in: what lies below nothing is cut off, because there are no negative concentrations.

use crate::summary::Interval;

/// Sample less blank, both per mL as filmed, that is before any dilution is taken into account. Neither the number nor its
/// interval goes below 0, nor is there more after than before; where the blank holds more than the sample, the interval is that of a
/// difference of 0.
pub fn subtract(sample: &Interval, blank: &Interval) -> Interval {
    let net = sample.value - blank.value;
    let below = (sample.value - sample.ci95[0]).hypot(blank.ci95[1] - blank.value);
    let above = (sample.ci95[1] - sample.value).hypot(blank.value - blank.ci95[0]);
    let value = net.max(0.0);
    Interval {
        value,
        ci95: [(net - below).max(0.0), (value + above).min(sample.ci95[1])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn about(value: f64, low: f64, high: f64) -> Interval {
        Interval {
            value,
            ci95: [low, high],
        }
    }

    #[test]
    fn both_errors_are_in_the_interval() {
        let got = subtract(&about(100.0, 97.0, 103.0), &about(20.0, 16.0, 24.0));
        assert_eq!(got, about(80.0, 75.0, 85.0));
    }

    #[test]
    fn a_blank_without_particles_takes_nothing_but_may_hold_some() {
        let got = subtract(&about(100.0, 97.0, 103.0), &about(0.0, 0.0, 4.0));
        assert_eq!(got, about(100.0, 95.0, 103.0));
    }

    #[test]
    fn nothing_goes_below_nothing() {
        let got = subtract(&about(10.0, 7.0, 13.0), &about(30.0, 26.0, 34.0));
        assert_eq!(got, about(0.0, 0.0, 5.0));
        let near = subtract(&about(10.0, 7.0, 13.0), &about(9.0, 5.0, 13.0));
        assert_eq!((near.value, near.ci95[0]), (1.0, 0.0));
        let none = subtract(&about(0.0, 0.0, 3.0), &about(30.0, 20.0, 40.0));
        assert_eq!(none, about(0.0, 0.0, 3.0));
    }

    /// Counts of Poisson with their usual intervals: the true difference lies within in 95 of 100 cases.
    #[test]
    fn the_interval_holds_the_true_difference() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut poisson = |mean: f64| {
            let (mut t, mut n) = (0.0, 0.0);
            loop {
                let u = ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
                t -= u.ln();
                if t > mean {
                    return n;
                }
                n += 1.0;
            }
        };
        let counted = |n: f64| {
            let factor = (crate::diffusion::Z95 / n.sqrt()).exp();
            about(n, n / factor, n * factor)
        };
        let (trials, mut held) = (2000, 0);
        for _ in 0..trials {
            let (sample, blank) = (poisson(200.0), poisson(60.0));
            let [low, high] = subtract(&counted(sample), &counted(blank)).ci95;
            held += i32::from(low <= 140.0 && 140.0 <= high);
        }
        let share = f64::from(held) / f64::from(trials);
        assert!((share - 0.95).abs() < 0.02, "{share}");
    }
}
