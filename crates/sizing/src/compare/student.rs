//! Student's t with any number of degrees of freedom, whole or not, as Welch's test gives them.
//!
//! `P(T > t) = I_x(v/2, 1/2) / 2` with `x = v / (v + t^2)`; the regularised incomplete beta function by its continued
//! fraction (DLMF 8.17.22, <https://dlmf.nist.gov/8.17>), evaluated as in Lentz 1976, doi:10.1364/AO.15.000668.
//! Infinitely many degrees are the normal distribution.

/// From here on Student's t is the normal distribution to ten digits of what is shown.
const AS_NORMAL: f64 = 1e7;
/// Steps of the continued fraction; fewer than fifty are used in practice.
const MOST_STEPS: usize = 10_000;

/// Probability that Student's t with `freedom` degrees is above `t`.
pub fn above(t: f64, freedom: f64) -> f64 {
    if t.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    if freedom > AS_NORMAL {
        return 0.5 * libm::erfc(t * std::f64::consts::FRAC_1_SQRT_2);
    }
    let tail = 0.5 * incomplete_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5);
    if t < 0.0 { 1.0 - tail } else { tail }
}

/// Probability that it is at least `t` away from 0.
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    (2.0 * above(t.abs(), freedom)).min(1.0)
}

/// The value that it exceeds with probability `tail`, of which at most one half is meant: 0.025 gives the ends of 95 %.
pub fn exceeded_with(tail: f64, freedom: f64) -> f64 {
    let mut high = 1.0;
    while above(high, freedom) > tail && high < 1e12 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if above(middle, freedom) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// `I_x(a, b)`.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front =
        a * x.ln() + b * (-x).ln_1p() + libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    // The fraction converges fast on one side of the mean only; the other side follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        ln_front.exp() * fraction(x, a, b) / a
    } else {
        1.0 - ln_front.exp() * fraction(1.0 - x, b, a) / b
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let not_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..MOST_STEPS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_its_tabled_quantiles() {
        for (freedom, t) in [
            (1.0, 12.706_205),
            (2.0, 4.302_653),
            (4.0, 2.776_445),
            (8.0, 2.306_004),
            (30.0, 2.042_272),
            (1000.0, 1.962_339),
            (f64::INFINITY, 1.959_964),
        ] {
            assert!(
                (exceeded_with(0.025, freedom) - t).abs() < 2e-6,
                "{freedom}"
            );
            assert!((two_sided(-t, freedom) - 0.05).abs() < 1e-7, "{freedom}");
        }
    }

    #[test]
    fn between_whole_degrees_it_lies_between() {
        // Two degrees have a closed form: P(|T| > t) = 1 - t / sqrt(2 + t^2).
        for t in [0.0f64, 0.3, 2.0, 50.0] {
            let exact = 1.0 - t / (2.0 + t * t).sqrt();
            assert!((two_sided(t, 2.0) - exact).abs() < 1e-12);
            assert!(two_sided(t, 2.5) <= two_sided(t, 2.0) + 1e-12);
            assert!(two_sided(t, 2.5) + 1e-12 >= two_sided(t, 3.0));
        }
        assert!((above(1.0, 1e6) - above(1.0, 1e8)).abs() < 1e-6);
        assert_eq!(above(0.0, 3.7), 0.5);
        assert!(above(1.0, 0.0).is_nan());
    }
}
