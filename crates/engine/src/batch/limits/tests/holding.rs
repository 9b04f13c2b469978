//! Samples held against limits.

use super::limits;
use crate::batch::limits::*;
use crate::batch::made::{failed, record};
use crate::batch::quality::quality;
use crate::batch::{Role, SampleRecord};
use crate::report::{Distribution, Estimate};

/// A limit on one quantity, the rest as given.
fn limit(quantity: &str, rest: &str) -> Limits {
    limits(&format!("[[limit]]\nquantity = \"{quantity}\"\n{rest}\n"))
}

fn verdict_of(limits: &Limits, records: &[SampleRecord]) -> LimitVerdict {
    let found = quality(records, Some(limits)).limit_verdicts;
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().expect("a verdict")
}

fn sample() -> SampleRecord {
    record("EV-7", Role::Sample)
}

#[test]
fn a_median_passes_fails_or_is_for_a_person() {
    // 103.28 nm, by chance 101.6 to 105.2 nm, with temperature and pixel size about 99 to 108 nm.
    let of = |rest: &str, interval: &str| {
        let all = limits(&format!(
            "interval = \"{interval}\"\n[[limit]]\nname = \"median\"\nquantity = \"d50_nm\"\n{rest}\n"
        ));
        verdict_of(&all, &[sample()])
    };
    for (rest, expanded, chance) in [
        (
            "min = 80\nmax = 120",
            LimitOutcome::Pass,
            LimitOutcome::Pass,
        ),
        (
            "min = 100\nmax = 107",
            LimitOutcome::Review,
            LimitOutcome::Pass,
        ),
        ("max = 100", LimitOutcome::Review, LimitOutcome::Fail),
        ("max = 95", LimitOutcome::Fail, LimitOutcome::Fail),
        ("min = 110", LimitOutcome::Fail, LimitOutcome::Fail),
        ("min = 104", LimitOutcome::Review, LimitOutcome::Review),
    ] {
        assert_eq!(of(rest, "expanded").verdict, expanded, "{rest}");
        assert_eq!(of(rest, "ci95").verdict, chance, "{rest}");
    }
    let fails = of("max = 95", "ci95");
    assert_eq!(fails.interval, fails.ci95);
    assert_eq!(
        fails.message,
        "D50 of EV-7 is 103.3 nm (95 % by chance: 101.6 to 105.2), outside at most 95 nm (limit 'median')."
    );
    let review = of("min = 104", "expanded");
    assert_eq!(review.interval_is, Some(IntervalKind::Expanded));
    let [low, high] = review.interval.expect("an interval");
    assert!(
        (low - 99.0).abs() < 1.0 && (high - 107.6).abs() < 1.0,
        "{low} {high}"
    );
    assert!(
        review
            .message
            .contains("a limit lies in the interval: at least 104 nm"),
        "{}",
        review.message
    );
}

#[test]
fn an_out_of_limit_batch_fails_with_the_limit_the_value_and_its_interval_named() {
    let all = limits(
        "interval = \"ci95\"\n[[limit]]\nname = \"median\"\nquantity = \"d50_nm\"\nmin = 60\nmax = 95\n",
    );
    let got = quality(
        &[sample(), record("EV-8", Role::Sample).median(80.0)],
        Some(&all),
    );
    assert_eq!(got.verdict(), crate::report::Verdict::Fail);
    let text = got.texts().first().expect("a text").clone();
    for part in [
        "[Q01]",
        "'median'",
        "EV-7",
        "103.3 nm",
        "101.6 to 105.2",
        "60 to 95 nm",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let finding = &got
        .of_sample("EV-7")
        .find(|f| f.finding.code == "Q01")
        .expect("a finding")
        .finding;
    assert_eq!(
        (finding.limit, finding.unit.as_deref()),
        (Some(95.0), Some("nm"))
    );
    assert!(got.of_sample("EV-8").all(|f| f.finding.code != "Q01"));
    let csv = String::from_utf8(limits_csv(&got.limit_verdicts)).expect("text");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], LIMITS_COLUMNS.join(","));
    assert!(
        rows[1].starts_with("median,EV-7,scatter,d50_nm,103.28271,101.5827"),
        "{}",
        rows[1]
    );
    assert!(rows[1].contains(",ci95,60,95,nm,fail,") && rows[2].contains(",pass,"));
}

#[test]
fn missing_numbers_are_for_a_person_and_failing_results_fail() {
    let all = limit("concentration_per_ml", "min = 1e8");
    let none = sample().with(|r| r.concentration = None);
    let got = verdict_of(&all, &[none]);
    assert_eq!(
        (got.verdict, got.value, got.interval),
        (LimitOutcome::Review, None, None)
    );
    assert!(
        got.message
            .contains("is not known: there is no concentration"),
        "{}",
        got.message
    );
    let no_interval = sample().with(|r| {
        r.uncertainty = None;
        if let Some(c) = &mut r.concentration {
            c.ci95 = None;
        }
    });
    assert_eq!(
        verdict_of(&all, &[no_interval]).verdict,
        LimitOutcome::Review
    );
    let failing = verdict_of(&all, &[sample().failing()]);
    assert_eq!(failing.verdict, LimitOutcome::Fail);
    assert!(failing.value.is_some() && failing.message.contains("must not be used"));
    let both = limits(
        "[[limit]]\nquantity = \"d50_nm\"\nmin = 1\n[[limit]]\nquantity = \"d90_nm\"\nmin = 1\n",
    );
    let lost = quality(&[failed("EV-9", Role::Sample)], Some(&both));
    let told: Vec<&str> = lost
        .findings
        .iter()
        .map(|f| f.finding.message.as_str())
        .collect();
    assert_eq!(
        told[0],
        "EV-9 fails its limits (d50_nm, d90_nm): there is no result: cannot read a.avi: it is empty."
    );
    assert_eq!(lost.limit_verdicts.len(), 2);
    let without = verdict_of(&all, &[failed("EV-9", Role::Sample)]);
    assert_eq!((without.verdict, without.value), (LimitOutcome::Fail, None));
    assert!(
        without.message.contains("cannot read a.avi"),
        "{}",
        without.message
    );
}

#[test]
fn limits_are_for_the_samples_that_they_name() {
    let all = limit(
        "tracks_used",
        "min = 1\nconditions = [\"treated\"]\nbatches = [\"B1\", \"B2\"]",
    );
    let treated = |id: &str, batch: &str| {
        record(id, Role::Sample).listed(|e| {
            e.condition = Some("treated".into());
            e.batch = Some(batch.into());
        })
    };
    let records = [
        treated("A", "B1"),
        treated("B", "B3"),
        sample(),
        treated("C", "B2").fluorescent(),
        treated("D", "B2").listed(|e| e.role = Role::Blank),
    ];
    let got = verdict_of(&all, &records);
    assert_eq!(
        (got.sample.as_str(), got.verdict),
        ("A", LimitOutcome::Pass)
    );
    assert_eq!((got.value, got.interval), (Some(2229.0), None));
    let none = quality(&[sample()], Some(&all));
    assert!(none.limit_verdicts.is_empty());
    assert!(
        none.findings
            .iter()
            .any(|f| f.finding.code == "Q03" && f.finding.message.contains("'tracks_used'"))
    );
}

#[test]
fn shares_come_from_the_classes_or_from_the_curve() {
    // The classes of the result: up to 100 nm, up to 200 nm, above.
    let class = verdict_of(
        &limit("fraction", "from_nm = 100\nto_nm = 200\nmin = 0.3"),
        &[sample()],
    );
    assert_eq!(
        (class.value, class.ci95),
        (Some(0.56), Some([0.9 * 0.56, 1.1 * 0.56]))
    );
    let [low, high] = class.interval.expect("an interval");
    assert!(
        low < 0.9 * 0.56 && high > 1.1 * 0.56,
        "what moves diameters moves particles over edges: {low} {high}"
    );
    // 74 % of 98 +- 9 nm lie below 125 nm, and next to none of 152 +- 16 nm (4.6 %).
    let curve = verdict_of(&limit("fraction", "to_nm = 125\nmin = 0.5"), &[sample()]);
    let value = curve.value.expect("a share");
    assert!(
        (value - (0.74 * 0.99865 + 0.26 * 0.0457)).abs() < 2e-3,
        "{value}"
    );
    let above = verdict_of(
        &limit("aggregate_share", "above_nm = 125\nmax = 0.5"),
        &[sample()],
    );
    assert!((above.value.expect("a share") + value - 1.0).abs() < 1e-9);
    assert_eq!(above.verdict, LimitOutcome::Pass);
    let none = sample().with(|r| {
        r.distribution = Distribution::default();
        r.size_classes.clear();
    });
    assert_eq!(
        verdict_of(&limit("fraction", "to_nm = 125\nmin = 0.5"), &[none]).verdict,
        LimitOutcome::Review
    );
    // By volume the classes are not those by number.
    let volume = sample().with(|r| {
        r.distribution.weighting = "volume".into();
        for (density, d) in r
            .distribution
            .density_per_nm
            .iter_mut()
            .zip(&r.distribution.diameter_nm)
        {
            *density *= (d / 112.0).powi(3);
        }
    });
    let by_number = verdict_of(&limit("fraction", "to_nm = 125\nmin = 0.5"), &[volume]);
    assert!((by_number.value.expect("a share") - value).abs() < 1e-9);
}

#[test]
fn protein_divides_the_number_and_adds_its_error() {
    let all = limit(
        "particles_per_ug_protein",
        "min = 1e6\nprotein_relative_uncertainty = 0.1",
    );
    assert!(
        verdict_of(&all, &[sample()])
            .message
            .contains("protein_ug_per_ml")
    );
    let known = sample()
        .filmed(1e8, 10.0, 0.05)
        .listed(|e| e.protein_ug_per_ml = Some(200.0));
    let got = verdict_of(&all, &[known]);
    assert_eq!(got.value, Some(5e6));
    // 1.96 times 5 %, and twice 10 %.
    let [low, high] = got.interval.expect("an interval");
    let below = (1.0 - (-0.098f64).exp()).hypot(0.2);
    let above = (0.098f64.exp() - 1.0).hypot(0.2);
    assert!((low / 5e6 - (1.0 - below)).abs() < 1e-4 && (high / 5e6 - (1.0 + above)).abs() < 1e-4);
}

#[test]
fn marked_particles_are_a_ratio_of_two_films() {
    let all = limit("marker_positive_fraction", "min = 0.3");
    let alone = verdict_of(&all, &[sample()]);
    assert!(
        alone.message.contains("it was not filmed in fluorescence"),
        "{}",
        alone.message
    );
    let scatter = || sample().filmed(4e8, 10.0, 0.05);
    let marked = |per_ml: f64| sample().filmed(per_ml, 10.0, 0.1).fluorescent();
    let got = verdict_of(&all, &[scatter(), marked(2e8)]);
    assert_eq!((got.value, got.verdict), (Some(0.5), LimitOutcome::Pass));
    let [low, high] = got.ci95.expect("an interval");
    let half = nta_sizing::Z95 * 0.05f64.hypot(0.1);
    assert!((high / 0.5 - half.exp()).abs() < 1e-9 && (low / 0.5 - (-half).exp()).abs() < 1e-9);
    let more = quality(&[scatter(), marked(6e8)], Some(&all));
    assert!(
        more.limit_verdicts[0]
            .message
            .contains("more particles carry the marker")
    );
    assert!(more.findings.iter().any(|f| f.finding.code == "Q04"));
    let failing = verdict_of(&all, &[scatter(), marked(2e8).failing()]);
    assert_eq!(failing.verdict, LimitOutcome::Fail);
}

#[test]
fn captures_and_blanks_have_limits_too() {
    let spread = sample().spread("d50_nm", &[100.0, 110.0, 120.0]);
    let cv = verdict_of(&limit("replicate_cv", "max = 0.05"), &[spread]);
    assert_eq!((cv.verdict, cv.interval), (LimitOutcome::Fail, None));
    assert!((cv.value.expect("a CV") - 10.0 / 110.0).abs() < 1e-12);
    let lone = record("EV-7", Role::Sample).with(|r| {
        r.replicates = crate::report::Replicates {
            n: 1,
            ..Default::default()
        }
    });
    assert!(
        verdict_of(&limit("replicate_cv", "max = 0.05"), &[lone])
            .message
            .contains("one capture only")
    );
    let all = limit("blank_share", "max = 0.1");
    assert_eq!(verdict_of(&all, &[sample()]).verdict, LimitOutcome::Review);
    let blank = record("PBS", Role::Blank).filmed(4e6, 1.0, 0.1);
    let got = verdict_of(&all, &[sample().filmed(4e8, 500.0, 0.03), blank]);
    assert_eq!((got.verdict, got.unit.as_str()), (LimitOutcome::Pass, "1"));
    assert!((got.value.expect("a share") - 0.01).abs() < 1e-12);
}

#[test]
fn odd_numbers_never_panic() {
    let every: String = quantity::WORDS
        .iter()
        .map(|word| {
            let more = match *word {
                "fraction" => "from_nm = 50\n",
                "aggregate_share" => "above_nm = 300\n",
                _ => "",
            };
            format!("[[limit]]\nquantity = \"{word}\"\nmin = 0.5\n{more}")
        })
        .collect();
    let all = limits(&every);
    for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::MAX] {
        let broken = sample().with(|r| {
            let e = Estimate {
                value: Some(odd),
                ci95: Some([odd, odd]),
            };
            r.diameter_nm.d50 = e;
            r.diameter_nm.sd = e;
            r.distribution.density_per_nm = vec![odd; 7];
            r.distribution.number_per_nm = vec![odd; 3];
            r.distribution.ci95_low_per_nm.clear();
            if let Some(c) = &mut r.concentration {
                (c.per_ml, c.ci95, c.dilution_applied) = (odd, Some([odd, odd]), odd);
            }
        });
        let records = [
            broken.clone().listed(|e| e.protein_ug_per_ml = Some(odd)),
            broken.clone().fluorescent(),
            broken
                .clone()
                .listed(|e| (e.role, e.nominal_nm) = (Role::Beads, Some(odd))),
            broken
                .clone()
                .listed(|e| e.dilution_series = Some("s".into())),
            broken.listed(|e| e.role = Role::Blank),
        ];
        let got = quality(&records, Some(&all));
        let text = serde_json::to_string(&got).expect("JSON");
        assert!(
            !text.contains("NaN") && !text.contains(" inf"),
            "{odd}: {}",
            &text[text.find("NaN").unwrap_or(0).saturating_sub(300)..]
        );
        let page = crate::batch::quality::html::section(&got);
        assert!(page.ends_with("</section>"));
        limits_csv(&got.limit_verdicts);
    }
}
