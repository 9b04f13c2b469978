//! The difference of two groups from the scatter of their results.
//!
//! Two means with unequal variances: Welch 1947, doi:10.1093/biomet/34.1-2.28, with the degrees of freedom of
//! Satterthwaite 1946, doi:10.2307/3002019. In and out on the scale of the comparison; results of a group are taken as
//! independent and normal there. The scatter holds both what differs between preparations and the chance of each film.
//!
//! Differs from the papers in: a group of one result borrows the variance of the other group, enlarged by what its own
//! interval is wider than theirs; the borrowed part keeps the other group's degrees of freedom.

use super::difference::{Difference, Measured};

/// Group minus reference, each with at least two results.
pub(super) fn welch(reference: &[Measured], group: &[Measured]) -> Option<Difference> {
    let (from, to) = (moments(reference)?, moments(group)?);
    let parts = [from, to].map(|m| (m.variance / m.n, m.n - 1.0));
    with_parts(to.mean - from.mean, &parts)
}

/// One result minus the mean of several.
pub(super) fn one_against_several(one: Measured, several: &[Measured]) -> Option<Difference> {
    let m = moments(several)?;
    let own: Vec<f64> = several.iter().filter_map(Measured::sd).collect();
    let theirs = match own.len() == several.len() {
        true => own.iter().map(|sd| sd.powi(2)).sum::<f64>() / own.len() as f64,
        false => 0.0,
    };
    let wider = one.sd().map_or(0.0, |sd| (sd.powi(2) - theirs).max(0.0));
    let parts = [
        (m.variance * (1.0 + 1.0 / m.n), m.n - 1.0),
        (wider, f64::INFINITY),
    ];
    with_parts(one.value - m.mean, &parts)
}

/// A difference whose variance is the sum of parts, each with its degrees of freedom.
fn with_parts(estimate: f64, parts: &[(f64, f64)]) -> Option<Difference> {
    let variance: f64 = parts.iter().map(|p| p.0).sum();
    let spent: f64 = parts.iter().map(|p| p.0.powi(2) / p.1).sum();
    let error = variance.sqrt();
    (variance > 0.0 && spent > 0.0).then_some(Difference {
        estimate,
        below: error,
        above: error,
        freedom: variance.powi(2) / spent,
    })
}

#[derive(Clone, Copy)]
struct Moments {
    n: f64,
    mean: f64,
    variance: f64,
}

fn moments(results: &[Measured]) -> Option<Moments> {
    let n = results.len() as f64;
    let mean = results.iter().map(|r| r.value).sum::<f64>() / n;
    let squares: f64 = results.iter().map(|r| (r.value - mean).powi(2)).sum();
    // What is left of rounding is no scatter.
    let least = 1e-24 * mean.powi(2) * n;
    (results.len() > 1 && squares > least).then_some(Moments {
        n,
        mean,
        variance: squares / (n - 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(values: &[f64]) -> Vec<Measured> {
        values
            .iter()
            .map(|value| Measured {
                value: *value,
                ci95: None,
            })
            .collect()
    }

    #[test]
    fn it_is_welchs_test() {
        // Two samples worked out by hand: means 3 and 6, variances 2.5 and 10.
        let a = bare(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let b = bare(&[2.0, 4.0, 6.0, 8.0, 10.0]);
        let d = welch(&a, &b).expect("a difference");
        assert!((d.estimate - 3.0).abs() < 1e-12);
        assert!((d.below - 2.5f64.sqrt()).abs() < 1e-12);
        // (0.5 + 2)^2 / (0.5^2/4 + 2^2/4)
        assert!((d.freedom - 6.25 / 1.0625).abs() < 1e-12);
        assert!((d.p() - 0.107_531).abs() < 1e-5, "{}", d.p());
    }

    #[test]
    fn one_result_is_as_uncertain_as_the_others_are_scattered() {
        let several = bare(&[1.0, 2.0, 3.0]);
        let one = bare(&[5.0])[0];
        let d = one_against_several(one, &several).expect("a difference");
        assert!((d.estimate - 3.0).abs() < 1e-12);
        assert!((d.below - (4.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(d.freedom, 2.0);
        let wide = Measured {
            value: 5.0,
            ci95: Some([5.0 - 2.0 * crate::Z95, 5.0 + 2.0 * crate::Z95]),
        };
        let d = one_against_several(wide, &several).expect("a difference");
        assert!((d.below - (4.0f64 / 3.0 + 4.0).sqrt()).abs() < 1e-12);
        assert!(d.freedom > 2.0);
    }

    #[test]
    fn results_without_scatter_give_nothing() {
        assert_eq!(welch(&bare(&[0.0, 0.0]), &bare(&[1.0, 2.0])), None);
        assert_eq!(welch(&bare(&[0.1, 0.1, 0.1]), &bare(&[1.0, 2.0])), None);
    }
}
