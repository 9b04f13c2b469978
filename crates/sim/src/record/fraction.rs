//! A number as a fraction of two whole numbers, as file headers want it.

/// Largest numerator and denominator: some readers take them as signed.
const LARGEST: f64 = 2_147_483_647.0;

/// The fraction of smallest terms that is `value` to one part in 1e12, or else the closest that fits. By the continued
/// fraction, whose convergents are the best approximations of their size. `value` must be above zero.
pub(super) fn fraction(value: f64) -> (u32, u32) {
    let (mut before, mut now) = ((0.0, 1.0), (1.0, 0.0));
    let mut rest = value;
    for _ in 0..64 {
        let whole = rest.floor();
        let next = (whole * now.0 + before.0, whole * now.1 + before.1);
        if !(next.0 <= LARGEST && next.1 <= LARGEST) {
            break;
        }
        (before, now) = (now, next);
        let close = (now.0 / now.1 - value).abs() <= 1e-12 * value;
        rest = 1.0 / (rest - whole);
        if close || !rest.is_finite() {
            break;
        }
    }
    if now.0 < 1.0 || now.1 < 1.0 {
        // Smaller than one part in two thousand million, or larger than that.
        return if value < 1.0 {
            (1, LARGEST as u32)
        } else {
            (LARGEST as u32, 1)
        };
    }
    (now.0 as u32, now.1 as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_are_fractions() {
        assert_eq!(fraction(30.0), (30, 1));
        assert_eq!(fraction(24.98), (1249, 50));
        assert_eq!(fraction(30_000.0 / 1001.0), (30_000, 1001));
        assert_eq!(fraction(0.01), (1, 100));
        assert_eq!(fraction(1e12), (2_147_483_647, 1));
        assert_eq!(fraction(1e-12), (1, 2_147_483_647));
        for value in [std::f64::consts::PI, 33.333, 1e5 + 1.0 / 7.0, 1.0 / 0.166] {
            let (a, b) = fraction(value);
            assert!((f64::from(a) / f64::from(b) / value - 1.0).abs() < 1e-9);
        }
    }
}
