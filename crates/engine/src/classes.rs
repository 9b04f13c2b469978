//! Classes of size in the form of `result.json`: their shares, and with a concentration their numbers per mL.

use crate::report::{Concentration, Estimate, SizeClass};
use nta_sizing::{Interval, SizeResult};

/// The classes of one result.
pub(crate) fn size_classes(
    sizes: &SizeResult,
    concentration: Option<&Concentration>,
) -> Vec<SizeClass> {
    sizes
        .classes
        .iter()
        .map(|c| {
            let per_ml = concentration.map(|k| per_ml(&c.number, k));
            SizeClass {
                from_nm: c.from_nm,
                to_nm: c.to_nm,
                fraction: Estimate::new(c.share.value, Some(c.share.ci95)),
                per_ml: per_ml.as_ref().and_then(|p| p.value),
                per_ml_ci95: per_ml.and_then(|p| p.ci95),
            }
        })
        .collect()
}

/// Share times concentration. The share is a matter of which particles were seen, the concentration of how many and of the depth, so
/// that their errors are taken as independent: each side of the interval is the root of the sum of squares of that side, the product of
/// both errors among them, which is all there is where nothing was seen (Goodman 1960, doi:10.1080/01621459.1960.10483369).
fn per_ml(share: &Interval, concentration: &Concentration) -> Estimate {
    let (s, c) = (share.value, concentration.per_ml);
    let interval = concentration.ci95.map(|[c_low, c_high]| {
        let side = |share_end: f64, c_end: f64| {
            let (of_share, of_c) = (share_end - s, c_end - c);
            (c * of_share).hypot(s * of_c).hypot(of_share * of_c)
        };
        let low = s * c - side(share.ci95[0], c_low);
        let high = s * c + side(share.ci95[1], c_high);
        [low.max(0.0), high]
    });
    Estimate::new(s * c, interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(value: f64, ci95: [f64; 2]) -> Interval {
        Interval { value, ci95 }
    }

    fn concentration(per_ml: f64, ci95: Option<[f64; 2]>) -> Concentration {
        Concentration {
            per_ml,
            ci95,
            ..Concentration::default()
        }
    }

    #[test]
    fn both_errors_are_in_the_interval() {
        let c = concentration(1e9, Some([0.9e9, 1.2e9]));
        let got = per_ml(&share(0.5, [0.4, 0.6]), &c);
        let [low, high] = got.ci95.unwrap();
        assert!((got.value.unwrap() - 0.5e9).abs() < 1.0);
        // 0.1 of the share is 1e8, 0.1e9 and 0.2e9 of the concentration are 0.5e8 and 1e8.
        let below = 1e8f64.hypot(0.5e8).hypot(1e7);
        let above = 1e8f64.hypot(1e8).hypot(2e7);
        assert!((0.5e9 - low - below).abs() < 1.0, "{low}");
        assert!((high - 0.5e9 - above).abs() < 1.0, "{high}");
    }

    #[test]
    fn a_class_without_particles_has_an_upper_limit() {
        let c = concentration(1e9, Some([0.9e9, 1.2e9]));
        let got = per_ml(&share(0.0, [0.0, 0.03]), &c);
        assert_eq!(got.value, Some(0.0));
        let [low, high] = got.ci95.unwrap();
        assert!(low == 0.0 && (high - 3e7f64.hypot(6e6)).abs() < 1.0);
        let empty = concentration(0.0, Some([0.0, 1e9]));
        let got = per_ml(&share(0.0, [0.0, 0.03]), &empty).ci95.unwrap();
        assert!(got[0] == 0.0 && (got[1] - 3e7).abs() < 1.0);
        let got = per_ml(&share(0.5, [0.4, 0.6]), &empty).ci95.unwrap();
        assert!(got[0] == 0.0 && (got[1] - 5e8f64.hypot(1e8)).abs() < 1.0);
        assert_eq!(
            per_ml(&share(0.5, [0.4, 0.6]), &concentration(1.0, None)).ci95,
            None
        );
    }

    #[test]
    fn numbers_per_ml_are_by_number_whatever_the_weighting() {
        let sizes = SizeResult {
            classes: vec![nta_sizing::ClassShare {
                from_nm: 100.0,
                to_nm: None,
                share: share(0.9, [0.8, 0.95]),
                number: share(0.5, [0.4, 0.6]),
            }],
            ..SizeResult::default()
        };
        let c = concentration(1e9, Some([0.9e9, 1.1e9]));
        let got = size_classes(&sizes, Some(&c));
        assert_eq!(
            (got[0].fraction.value, got[0].per_ml),
            (Some(0.9), Some(0.5e9))
        );
        let got = size_classes(&sizes, None);
        assert_eq!((got[0].per_ml, got[0].per_ml_ci95), (None, None));
    }
}
