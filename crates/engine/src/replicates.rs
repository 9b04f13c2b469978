//! How the captures of one sample agree, and whether they change from one to the next.

use crate::analyze::sampling;
use crate::assemble::{Counts, not_searched};
use crate::capture::Followed;
use crate::report::{Capture, Estimate, Replicates, Spread};
use nta_core::{Finding, Severity};
use nta_sizing::trend::{FEWEST, Point, trend};
use nta_sizing::uncertainty::relative_sd;
use std::collections::BTreeMap;

/// A trend that chance makes more rarely than this is told.
const SIGNIFICANT: f64 = 0.05;
/// A capture's own error is at least this share of its whole error: the whole one is known to some 10 % only, so that what is left
/// after the shared part may come out as nothing. Should the floor be too low, the scatter about the line widens the error again.
const LEAST_OWN_SHARE: f64 = 0.1;

/// Errors of a capture that its numbers do not tell by themselves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CaptureErrors {
    /// Standard deviation of the logarithm of its diameters that it shares with the other captures, from the exposure.
    pub(crate) shared_ln_diameter_sd: f64,
    /// Relative standard error of its particles per frame; `None` without a particle.
    pub(crate) counting_relative_sd: Option<f64>,
    /// Its particles were not looked for, so that none in view says nothing.
    pub(crate) not_searched: bool,
}

impl CaptureErrors {
    /// By now every exposure is settled.
    pub(crate) fn of(capture: &Followed) -> Self {
        let present = Counts::of(std::slice::from_ref(capture)).present;
        Self {
            shared_ln_diameter_sd: sampling(capture).ln_diameter_sd(capture.exposure_se_s),
            counting_relative_sd: nta_sizing::concentration::counting_relative_sd(&present),
            not_searched: not_searched(capture),
        }
    }
}

/// A headline number of a capture, and its relative standard error without what captures share.
type Number = fn(&Capture, &CaptureErrors) -> (Option<f64>, Option<f64>);

/// Names and places of the numbers whose spread is told.
const NUMBERS: [(&str, Number); 8] = [
    ("mean_nm", |c, e| diameter(&c.diameter_nm.mean, e)),
    ("d10_nm", |c, e| diameter(&c.diameter_nm.d10, e)),
    ("d50_nm", |c, e| diameter(&c.diameter_nm.d50, e)),
    ("d90_nm", |c, e| diameter(&c.diameter_nm.d90, e)),
    ("mode_nm", |c, e| diameter(&c.diameter_nm.mode, e)),
    ("sd_nm", |c, e| diameter(&c.diameter_nm.sd, e)),
    ("concentration_per_ml", |c, e| {
        let Some(found) = &c.concentration else {
            return (None, None);
        };
        // The error of a blank is shared by all captures; what is their own is the counting, relative to what is left.
        let counted = found.before_blank_per_ml.unwrap_or(found.per_ml);
        let own = e.counting_relative_sd.map(|sd| sd * counted / found.per_ml);
        (Some(found.per_ml), own)
    }),
    ("particles_per_frame", |c, e| {
        let known = Some(c.particles_per_frame).filter(|_| !e.not_searched);
        (known, e.counting_relative_sd)
    }),
];

fn diameter(e: &Estimate, errors: &CaptureErrors) -> (Option<f64>, Option<f64>) {
    let own = e.ci95.and_then(relative_sd).map(|all| {
        let square = all.powi(2) - errors.shared_ln_diameter_sd.powi(2);
        square.max(0.0).sqrt().max(LEAST_OWN_SHARE * all)
    });
    (e.value, own)
}

/// Spread of the headline numbers between captures, in their order; empty with fewer than two.
pub(crate) fn replicates(captures: &[Capture], errors: &[CaptureErrors]) -> Replicates {
    let mut between_capture = BTreeMap::new();
    if captures.len() > 1 {
        for (name, number) in NUMBERS {
            let found: Vec<_> = captures
                .iter()
                .zip(errors)
                .map(|(c, e)| number(c, e))
                .collect();
            let mut of_number = spread(found.iter().map(|f| f.0).collect());
            let points: Vec<Option<Point>> = found
                .iter()
                .map(|f| {
                    Some(Point {
                        value: f.0?,
                        relative_sd: f.1?,
                    })
                })
                .collect();
            if let Some(line) = trend(&points) {
                of_number.trend_per_capture = Some(line.per_capture);
                of_number.trend_p = Some(line.p);
            }
            between_capture.insert(name.to_owned(), of_number);
        }
    }
    Replicates {
        n: captures.len() as u64,
        between_capture,
    }
}

/// What a person should know about changes from capture to capture.
pub(crate) fn trends(replicates: &Replicates) -> Vec<Finding> {
    if (2..FEWEST as u64).contains(&replicates.n) {
        return vec![too_few(replicates.n)];
    }
    let untested = untested(replicates);
    if !untested.is_empty() {
        return [no_line(replicates.n, &untested)]
            .into_iter()
            .chain(tested(replicates))
            .collect();
    }
    tested(replicates)
}

/// What no line could be fitted to although there are captures enough, in words. A number that no capture has, as in blanks, is not
/// missed.
fn untested(replicates: &Replicates) -> Vec<&'static str> {
    let groups = [
        ("sizes", ["mean_nm", "d50_nm"]),
        ("numbers", ["concentration_per_ml", "particles_per_frame"]),
    ];
    let missed = |names: &[&str; 2]| {
        let spreads = || {
            names
                .iter()
                .filter_map(|n| replicates.between_capture.get(*n))
        };
        let there = spreads().any(|s| s.values.iter().flatten().any(|v| *v > 0.0));
        there && spreads().all(|s| s.trend_p.is_none())
    };
    groups
        .iter()
        .filter(|(_, names)| missed(names))
        .map(|(words, _)| *words)
        .collect()
}

/// The trends that chance hardly makes.
fn tested(replicates: &Replicates) -> Vec<Finding> {
    let line = |name: &str| {
        let spread = replicates.between_capture.get(name)?;
        Some((spread.trend_per_capture?, spread.trend_p?))
    };
    let mut out = Vec::new();
    // Two numbers of one curve are tested, so each must be twice as unlikely by chance (Bonferroni; Dunn 1961,
    // doi:10.1080/01621459.1961.10482090).
    let sizes = [("mean_nm", "mean diameter"), ("d50_nm", "median diameter")];
    let likeliest = sizes
        .into_iter()
        .filter_map(|(name, words)| Some((line(name)?, words)))
        .min_by(|a, b| a.0.1.total_cmp(&b.0.1));
    if let Some(((change, p), words)) = likeliest
        && 2.0 * p < SIGNIFICANT
    {
        out.push(size_trend(words, change, 2.0 * p));
    }
    let number = [
        ("concentration_per_ml", "concentration"),
        ("particles_per_frame", "number of particles in view"),
    ]
    .into_iter()
    .find_map(|(name, words)| Some((line(name)?, words)));
    if let Some(((change, p), words)) = number
        && p < SIGNIFICANT
    {
        out.push(number_trend(words, change, p));
    }
    out
}

fn direction(change: f64) -> &'static str {
    if change < 0.0 { "falls" } else { "rises" }
}

fn size_trend(words: &str, change: f64, p: f64) -> Finding {
    let cause = if change < 0.0 {
        "the sample may be warming up (one kelvin makes 2 to 3 %), or large particles settle"
    } else {
        "particles may be aggregating, the sample cooling, or small particles be lost"
    };
    Finding::new(
        "P02",
        Severity::Warning,
        "replicates",
        format!(
            "The {words} {} over the captures: {:.1} % per capture, p = {p:.3}. In the order in which they were given they \
             are no mere repeats: {cause}. Let the sample settle to its temperature and film fresh sample each time.",
            direction(change),
            100.0 * change.abs()
        ),
    )
    .with(100.0 * change, None, "% per capture")
}

fn number_trend(words: &str, change: f64, p: f64) -> Finding {
    let cause = if change < 0.0 {
        "particles may settle, stick to the walls, aggregate or bleach, or the focus drift"
    } else {
        "the sample may not have been mixed, the focus may drift, or the flow bring in more"
    };
    Finding::new(
        "P03",
        Severity::Warning,
        "replicates",
        format!(
            "The {words} {} over the captures: {:.1} % per capture, p = {p:.3}. In the order in which they were given they \
             are no mere repeats: {cause}. Mix, and film fresh sample each time.",
            direction(change),
            100.0 * change.abs()
        ),
    )
    .with(100.0 * change, None, "% per capture")
}

fn too_few(n: u64) -> Finding {
    Finding::new(
        "P04",
        Severity::Info,
        "replicates",
        format!(
            "Whether sizes or numbers rise or fall from capture to capture cannot be tested with {n} captures. That takes at \
             least {FEWEST}; real series change by 10 to 40 % from the first to the last, so look at the order yourself."
        ),
    )
    .with(n as f64, Some(FEWEST as f64), "captures")
}

fn no_line(n: u64, what: &[&str]) -> Finding {
    Finding::new(
        "P04",
        Severity::Info,
        "replicates",
        format!(
            "Whether {} rise or fall from capture to capture could not be tested, although there are {n} captures: fewer than \
             {FEWEST} of them have such a number with an error.",
            what.join(" and ")
        ),
    )
    .with(n as f64, Some(FEWEST as f64), "captures")
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
        trend_per_capture: None,
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
    use super::*;
    use crate::report::{Concentration, DiameterSummary};
    use nta_sizing::Z95;

    /// Captures of these means (2 % of error each) with so many particles in view (3 % of error each).
    fn series(means: &[f64], in_view: &[f64]) -> Replicates {
        let capture = |(mean, n): (&f64, &f64)| {
            let e = Estimate::new(*mean, Some([mean / 1.04, mean * 1.04]));
            Capture {
                particles_per_frame: *n,
                diameter_nm: DiameterSummary {
                    mean: e,
                    d50: e,
                    ..DiameterSummary::default()
                },
                ..Capture::default()
            }
        };
        let captures: Vec<Capture> = means.iter().zip(in_view).map(capture).collect();
        let errors = CaptureErrors {
            counting_relative_sd: Some(0.03),
            ..CaptureErrors::default()
        };
        replicates(&captures, &vec![errors; captures.len()])
    }

    fn codes(r: &Replicates) -> Vec<String> {
        trends(r).into_iter().map(|f| f.code).collect()
    }

    #[test]
    fn what_changes_is_told_and_what_does_not_is_not() {
        let flat = [100.0, 101.0, 99.0, 100.0, 100.5];
        let falling = [40.0, 36.4, 33.1, 30.1, 27.4];
        let growing = [100.0, 108.0, 117.0, 126.0, 136.0];
        assert!(codes(&series(&flat, &[40.0, 41.0, 39.0, 40.0, 40.0])).is_empty());
        assert_eq!(codes(&series(&flat, &falling)), ["P03"]);
        assert_eq!(codes(&series(&growing, &falling)), ["P02", "P03"]);
        let told = trends(&series(&growing, &falling));
        let starts = [
            "The mean diameter rises over the captures: 8.0 % per capture",
            "The number of particles in view falls over the captures: 9.0 % per capture",
        ];
        for (finding, start) in told.iter().zip(starts) {
            assert!(finding.message.starts_with(start), "{}", finding.message);
        }
    }

    #[test]
    fn three_captures_are_said_to_be_too_few() {
        let three = series(&[100.0, 90.0, 80.0], &[40.0, 30.0, 20.0]);
        assert_eq!(codes(&three), ["P04"]);
        assert_eq!(three.between_capture["mean_nm"].trend_p, None);
        assert!(codes(&series(&[100.0], &[40.0])).is_empty());
        // Four blanks: nothing to test, and nothing too few.
        let blanks = series(&[f64::NAN; 4], &[0.0; 4]);
        assert!(codes(&blanks).is_empty());
    }

    #[test]
    fn what_could_not_be_tested_is_told() {
        let flat = [100.0, 101.0, 99.0, 100.0];
        // In two captures nothing is in view, so that only two have a number with an error.
        let found = trends(&series(&flat, &[40.0, 0.0, 0.0, 39.0]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, "P04");
        assert!(found[0].message.starts_with("Whether numbers rise"));
    }

    #[test]
    fn a_blank_does_not_hide_a_fall_of_the_concentration() {
        let capture = |per_ml: f64| Capture {
            concentration: Some(Concentration {
                per_ml,
                // Mostly the error of the blank.
                ci95: Some([0.1 * per_ml, 2.5 * per_ml]),
                before_blank_per_ml: Some(per_ml + 1e8),
                ..Concentration::default()
            }),
            ..Capture::default()
        };
        let captures = [4e8, 3.4e8, 2.9e8, 2.4e8, 2.05e8].map(capture);
        let errors = [CaptureErrors {
            counting_relative_sd: Some(0.03),
            ..CaptureErrors::default()
        }; 5];
        let found = replicates(&captures, &errors);
        assert_eq!(codes(&found), ["P03"]);
        let own = NUMBERS[6].1(&captures[0], &errors[0]).1.expect("an error");
        assert!((own - 0.03 * 5.0 / 4.0).abs() < 1e-12);
    }

    #[test]
    fn an_error_that_captures_share_does_not_hide_a_trend() {
        let shared = CaptureErrors {
            shared_ln_diameter_sd: 0.1,
            ..CaptureErrors::default()
        };
        let e = |mean: f64| {
            let factor = (Z95 * 0.02f64.hypot(0.1)).exp();
            Estimate::new(mean, Some([mean / factor, mean * factor]))
        };
        let (_, own) = diameter(&e(100.0), &shared);
        assert!((own.expect("an error") - 0.02).abs() < 1e-9);
        let (_, all) = diameter(&e(100.0), &CaptureErrors::default());
        assert!(all.expect("an error") > 0.1);
        // All of it is shared, and the capture stays in the test nevertheless.
        let whole = CaptureErrors {
            shared_ln_diameter_sd: 0.2,
            ..shared
        };
        let (_, own) = diameter(&e(100.0), &whole);
        assert!((own.expect("an error") / 0.02f64.hypot(0.1) - LEAST_OWN_SHARE).abs() < 1e-9);
    }

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
