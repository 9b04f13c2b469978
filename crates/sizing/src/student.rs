//! Student's t: how often chance leads so far from nothing, and how far it leads so often.
//!
//! Abramowitz & Stegun 1964, eqs. 26.7.3 and 26.7.4: finite sums for whole degrees of freedom. The quantile is that sum
//! turned round by halving an interval, so that both always agree.

use std::f64::consts::FRAC_2_PI;

/// Beyond this the quantile is taken as infinite.
const LARGEST: f64 = 1e15;
/// What lies outside is taken as 1 less what lies within, of which rounding leaves three digits here and none at 1e-16.
const SMALLEST_P: f64 = 1e-13;

/// Probability that Student's t with so many degrees of freedom is at least `t` away from 0.
pub fn two_sided_p(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // Terms cos^k with k = 1, 3, ... for odd and 0, 2, ... for even numbers of degrees.
    let mut k = if odd { 1 } else { 0 };
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = 0.0;
    while k + 2 <= freedom {
        sum += term;
        term *= cos * cos * (k + 1) as f64 / (k + 2) as f64;
        k += 2;
    }
    let within = if odd {
        FRAC_2_PI * (angle + sin * sum)
    } else {
        sin * sum
    };
    (1.0 - within).clamp(0.0, 1.0)
}

/// The `t` beyond which, on both sides together, the share `p` lies: 2.776 for `p` = 0.05 and 4 degrees of freedom.
/// `None` without a degree of freedom, for a `p` outside 1e-13 to 1, and where it would be beyond all bounds.
pub fn two_sided_quantile(p: f64, freedom: usize) -> Option<f64> {
    if freedom == 0 || !(SMALLEST_P..1.0).contains(&p) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided_p(high, freedom) > p {
        low = high;
        high *= 2.0;
        if high > LARGEST {
            return None;
        }
    }
    // As often as a number has bits, so that nothing is left to halve.
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        match two_sided_p(middle, freedom) > p {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table of the 97.5 % quantiles, so that 5 % lie outside.
    const TABLE: [(usize, f64); 7] = [
        (1, 12.706_2),
        (2, 4.302_65),
        (3, 3.182_45),
        (4, 2.776_45),
        (5, 2.570_58),
        (10, 2.228_14),
        (15, 2.131_45),
    ];

    #[test]
    fn students_t_has_its_tabled_quantiles() {
        for (freedom, t) in TABLE {
            let p = two_sided_p(t, freedom);
            assert!((p - 0.05).abs() < 1e-5, "{freedom}: {p}");
            let back = two_sided_quantile(0.05, freedom).expect("a quantile");
            assert!((back - t).abs() < 1e-4, "{freedom}: {back}");
        }
        assert_eq!(two_sided_p(0.0, 3), 1.0);
        assert!(two_sided_p(1e9, 4) < 1e-9);
        // 99.5 % quantile of 7 degrees, and nearly the normal one of many.
        assert!((two_sided_quantile(0.01, 7).expect("a quantile") - 3.499_48).abs() < 1e-4);
        assert!((two_sided_quantile(0.05, 100_000).expect("a quantile") - 1.96).abs() < 1e-3);
        // One degree is Cauchy's: 1 / tan(pi p / 2).
        let far = two_sided_quantile(1e-12, 1).expect("a quantile");
        assert!((far * 1e-12 / FRAC_2_PI - 1.0).abs() < 1e-3, "{far}");
    }

    #[test]
    fn what_has_no_quantile_gives_none() {
        for (p, freedom) in [
            (0.05, 0),
            (0.0, 3),
            (1.0, 3),
            (-1.0, 3),
            (f64::NAN, 3),
            (1e-300, 1),
            // Of 4 degrees 24,000 and more; rounding would give about 10,000.
            (1e-17, 4),
            (9e-14, 4),
        ] {
            assert_eq!(two_sided_quantile(p, freedom), None, "{p} {freedom}");
        }
    }
}
