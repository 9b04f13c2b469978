//! How the captures of one sample agree.

use crate::report::{Capture, Replicates, Spread};
use std::collections::BTreeMap;

/// A headline number of a capture.
type Number = fn(&Capture) -> Option<f64>;

/// Spread of the headline numbers between captures; empty with fewer than two.
pub(crate) fn replicates(captures: &[Capture]) -> Replicates {
    let mut between_capture = BTreeMap::new();
    if captures.len() > 1 {
        let numbers: [(&str, Number); 8] = [
            ("mean_nm", |c| c.diameter_nm.mean.value),
            ("d10_nm", |c| c.diameter_nm.d10.value),
            ("d50_nm", |c| c.diameter_nm.d50.value),
            ("d90_nm", |c| c.diameter_nm.d90.value),
            ("mode_nm", |c| c.diameter_nm.mode.value),
            ("sd_nm", |c| c.diameter_nm.sd.value),
            ("concentration_per_ml", |c| {
                c.concentration.as_ref().map(|c| c.per_ml)
            }),
            ("particles_per_frame", |c| Some(c.particles_per_frame)),
        ];
        for (name, number) in numbers {
            between_capture.insert(
                name.to_owned(),
                spread(captures.iter().map(number).collect()),
            );
        }
    }
    Replicates {
        n: captures.len() as u64,
        between_capture,
    }
}

fn spread(values: Vec<Option<f64>>) -> Spread {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let n = known.len() as f64;
    let mean = (n > 0.0).then(|| known.iter().sum::<f64>() / n);
    let sd = mean
        .filter(|_| n > 1.0)
        .map(|mean| (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
    let cv = sd
        .zip(mean)
        .filter(|(_, mean)| *mean > 0.0)
        .map(|(sd, mean)| sd / mean);
    Spread {
        trend: mean
            .filter(|mean| *mean > 0.0)
            .and_then(|mean| Some(rise(&values)? / mean)),
        values,
        mean,
        sd,
        se: sd.map(|sd| sd / n.sqrt()),
        cv,
        trend_p: None,
    }
}

/// Change from the first value to the last along the straight line of least squares. Values that are not known leave a gap.
fn rise(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(i, v)| Some((i as f64, (*v)?)))
        .collect();
    let n = known.len() as f64;
    let middle = known.iter().map(|k| k.0).sum::<f64>() / n;
    let mean = known.iter().map(|k| k.1).sum::<f64>() / n;
    let spread: f64 = known.iter().map(|k| (k.0 - middle).powi(2)).sum();
    let together: f64 = known.iter().map(|k| (k.0 - middle) * (k.1 - mean)).sum();
    (spread > 0.0).then(|| together / spread * (values.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_steady_fall_is_the_trend() {
        let falling = spread(vec![Some(110.0), Some(100.0), Some(90.0)]);
        assert!((falling.trend.expect("a trend") + 0.2).abs() < 1e-12);
        assert_eq!(spread(vec![Some(3.0), None]).trend, None);
    }

    #[test]
    fn spread_of_three_known_values() {
        let s = spread(vec![Some(1.0), Some(2.0), None, Some(3.0)]);
        assert_eq!(s.mean, Some(2.0));
        assert_eq!(s.sd, Some(1.0));
        assert_eq!(s.cv, Some(0.5));
        assert!((s.se.expect("a standard error") - 1.0 / 3f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_value_has_no_spread_and_none_has_no_mean() {
        assert_eq!(spread(vec![Some(1.0)]).sd, None);
        assert_eq!(spread(vec![None]).mean, None);
    }
}
