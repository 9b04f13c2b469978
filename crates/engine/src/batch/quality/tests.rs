//! Beads, dilutions and captures that are right, and that are not.

use super::*;
use crate::batch::limits::LimitOutcome;
use crate::batch::made::{failed, record};
use crate::batch::{Role, SampleRecord};

fn codes(q: &Quality) -> Vec<&str> {
    q.findings.iter().map(|f| f.finding.code.as_str()).collect()
}

pub(super) fn find<'a>(q: &'a Quality, code: &str) -> &'a QualityFinding {
    let found = q.findings.iter().find(|f| f.finding.code == code);
    found.unwrap_or_else(|| panic!("no {code} among {:?}", codes(q)))
}

pub(super) fn has(q: &Quality, code: &str) -> bool {
    codes(q).contains(&code)
}

fn beads(id: &str, found_nm: f64) -> SampleRecord {
    record(id, Role::Beads)
        .median(found_nm)
        .listed(|e| e.nominal_nm = Some(100.0))
}

pub(super) fn sample(id: &str) -> SampleRecord {
    record(id, Role::Sample)
}

#[test]
fn beads_that_are_off_take_the_samples_of_their_day_with_them() {
    let records = [
        beads("B1", 100.5).on("2026-03-05"),
        beads("B2", 112.0).on("2026-03-06"),
        sample("S1").on("2026-03-05"),
        sample("S2").on("2026-03-06"),
        sample("S3"),
    ];
    let q = quality(&records, None);
    assert_eq!(q.verdict(), Verdict::Fail);
    let outcomes: Vec<LimitOutcome> = q.beads.iter().map(|b| b.verdict).collect();
    assert_eq!(outcomes, [LimitOutcome::Pass, LimitOutcome::Fail]);
    assert!((q.beads[1].d50_bias.value.expect("a bias") - 0.12).abs() < 1e-12);
    let told = find(&q, "Q10");
    let parts = [
        "B2",
        "112.0 nm",
        "+12.0 % (95 %: +10.3 to +13.7)",
        "nominal 100 nm",
        "allowed 5.0 %",
    ];
    for part in parts {
        assert!(
            told.finding.message.contains(part),
            "{part}: {}",
            told.finding.message
        );
    }
    // S3 has no day, so that no bead run is its own.
    assert_eq!(find(&q, "Q12").samples, ["S2", "S3"]);
    let undated = quality(&[beads("B", 112.0), sample("S1").on("2026-03-05")], None);
    assert_eq!(find(&undated, "Q12").samples, ["S1"]);
}

#[test]
fn beads_across_the_limit_are_for_a_person() {
    let q = quality(&[beads("B", 104.5), sample("S")], None);
    assert_eq!(q.beads[0].verdict, LimitOutcome::Review);
    assert!(has(&q, "Q11") && !has(&q, "Q12") && q.verdict() == Verdict::Warning);
    let unnamed = quality(&[record("B", Role::Beads).median(100.0)], None);
    assert!(
        find(&unnamed, "Q11")
            .finding
            .message
            .contains("nominal_nm is not given")
    );
    let lost = quality(&[failed("B", Role::Beads), sample("S")], None);
    assert!(has(&lost, "Q10") && has(&lost, "Q12"));
    assert!(has(&quality(&[sample("S")], None), "Q13"));
    assert!(quality(&[], None).findings.is_empty());
}

#[test]
fn beads_are_also_counted_and_must_be_alike() {
    let counted = |per_ml: f64| {
        beads("B", 100.0)
            .filmed(per_ml, 100.0, 0.03)
            .median(100.0)
            .listed(|e| e.nominal_per_ml = Some(1e10))
    };
    let right = quality(&[counted(1.05e8)], None);
    assert!((right.beads[0].recovery.value.expect("a recovery") - 1.05).abs() < 1e-9);
    assert_eq!(right.beads[0].verdict, LimitOutcome::Pass);
    let few = quality(&[counted(0.5e8)], None);
    assert!(
        few.beads[0].reasons[0].starts_with("50 % of its nominal number"),
        "{:?}",
        few.beads[0].reasons
    );
    let wide = beads("B", 100.0).with(|r| {
        r.diameter_nm.coefficient_of_variation =
            crate::report::Estimate::new(0.3, Some([0.25, 0.35]));
    });
    assert!(quality(&[wide], None).beads[0].reasons[0].contains("CV of its diameters is 30.0 %"));
    let unknown = beads("B", 100.0).with(|r| {
        r.diameter_nm.coefficient_of_variation = crate::report::Estimate::default();
    });
    let q = quality(&[unknown], None);
    assert_eq!(q.beads[0].verdict, LimitOutcome::Review);
    assert_eq!(q.beads[0].reasons, ["the CV of its diameters is not known"]);
}

#[test]
fn drift_of_beads_shows_in_their_chart() {
    let run =
        |(i, nm): (usize, &f64)| beads(&format!("B{i}"), *nm).on(&format!("2026-03-{:02}", i + 1));
    let noise = [0.1, -0.2, 0.15, 0.0, -0.1, 0.2, -0.05, 0.1, -0.15, 0.05];
    let steady: Vec<f64> = noise.iter().map(|n| 100.0 + n).collect();
    let mut records: Vec<SampleRecord> = steady.iter().enumerate().map(run).collect();
    // The order is that of the days, not that of the list.
    records.reverse();
    let q = quality(&records, None);
    let chart = &q.charts[0];
    assert_eq!(
        (
            q.charts.len(),
            chart.points.len(),
            chart.points[0].sample.as_str()
        ),
        (1, 10, "B0")
    );
    assert!(
        chart.signals.is_empty() && !has(&q, "Q14") && !has(&q, "Q15"),
        "{:?}",
        codes(&q)
    );
    assert_eq!(chart.fixed, [95.0, 105.0]);
    let mut jumped = steady.clone();
    jumped[9] = 103.0;
    let records: Vec<SampleRecord> = jumped.iter().enumerate().map(run).collect();
    let q = quality(&records, None);
    // The nine before lie on one side of a mean that the last has lifted.
    let told: Vec<(u64, &str)> = q.charts[0]
        .signals
        .iter()
        .map(|s| (s.rule, s.sample.as_str()))
        .collect();
    assert_eq!(told, [(4, "B7"), (1, "B9")]);
    assert_eq!((has(&q, "Q14"), q.verdict()), (true, Verdict::Warning));
    let drifting: Vec<f64> = noise
        .iter()
        .enumerate()
        .map(|(i, n)| 97.5 + 0.5 * i as f64 + n)
        .collect();
    let records: Vec<SampleRecord> = drifting.iter().enumerate().map(run).collect();
    assert!(
        find(&quality(&records, None), "Q15")
            .finding
            .message
            .contains("rises over the 10 bead runs: 0.5")
    );
    let few: Vec<SampleRecord> = steady[..7].iter().enumerate().map(run).collect();
    let q = quality(&few, None);
    assert_eq!((q.charts[0].mean, q.charts[0].action), (None, None));
    let mut undated: Vec<SampleRecord> = few;
    undated.push(beads("lost", 100.0));
    let chart = &quality(&undated, None).charts[0];
    assert_eq!(
        (chart.points.len(), chart.left_out[0].sample.as_str()),
        (7, "lost")
    );
}

/// Dilutions of a stock of 3e10 per mL, of which `seen` are found at so many times.
fn diluted(times: f64, seen: f64) -> SampleRecord {
    sample(&format!("x{times}"))
        .filmed(seen * 3e10 / times, times, 0.03)
        .listed(|e| e.dilution_series = Some("stock".into()))
}

#[test]
fn dilutions_that_agree_have_slope_one() {
    let records = [
        diluted(50.0, 1.02),
        diluted(100.0, 0.98),
        diluted(200.0, 1.03),
        diluted(400.0, 0.99),
    ];
    let q = quality(&records, None);
    let s = &q.dilution_series[0];
    let [low, high] = s.slope.ci95.expect("an interval");
    assert!(
        low < 1.0 && 1.0 < high && s.slope_holds_one == Some(true),
        "{:?}",
        s.slope
    );
    // The error of the slope is that of the stated 3 % over the spread of the logarithms.
    let half = nta_sizing::Z95 * 0.03 / (5.0f64.sqrt() * 2f64.ln());
    assert!(
        ((high - low) / 2.0 / half - 1.0).abs() < 0.02,
        "{low} {high} {half}"
    );
    assert_eq!(s.verdict, Some(LimitOutcome::Pass));
    assert!(!has(&q, "Q30") && s.members.iter().all(|m| m.agrees));
    let [from, to] = s.holds_particles_per_frame.expect("a range");
    assert!(
        (from - 7.4).abs() < 0.1 && (to - 61.2).abs() < 0.1,
        "{from} {to}"
    );
}

#[test]
fn dilutions_beyond_the_range_are_named() {
    let records = [
        diluted(10.0, 0.4),
        diluted(50.0, 1.0),
        diluted(100.0, 1.0),
        diluted(200.0, 1.01),
        diluted(4000.0, 2.5),
        diluted(500.0, 1.0).failing(),
    ];
    let q = quality(&records, None);
    let s = &q.dilution_series[0];
    let agree: Vec<(&str, bool)> = s
        .members
        .iter()
        .map(|m| (m.sample.as_str(), m.agrees))
        .collect();
    let want = [
        ("x4000", false),
        ("x200", true),
        ("x100", true),
        ("x50", true),
        ("x10", false),
    ];
    assert_eq!(agree, want);
    assert!((s.mean_per_ml.expect("a mean") / 3e10 - 1.0).abs() < 0.01);
    assert_eq!(s.left_out[0].sample, "x500");
    let [low, high] = s.slope_of_agreeing.ci95.expect("an interval");
    assert!(low < 1.0 && 1.0 < high && s.slope.value.is_some_and(|v| v < 0.9));
    let told = find(&q, "Q30");
    assert_eq!(
        (told.samples.clone(), told.finding.severity),
        (vec!["x4000".into(), "x10".into()], Severity::Warning)
    );
    assert!(
        told.finding
            .message
            .contains("from 15.1 to 60.0 particles in view"),
        "{}",
        told.finding.message
    );
    let none = quality(
        &[
            diluted(10.0, 0.2),
            diluted(100.0, 1.0),
            diluted(1000.0, 4.0),
        ],
        None,
    );
    assert_eq!((none.verdict(), has(&none, "Q30")), (Verdict::Fail, true));
    // Two vials of one dilution show nothing.
    let vials = [
        diluted(100.0, 1.0),
        diluted(100.0, 1.0),
        diluted(1000.0, 4.0),
    ];
    let q = quality(&vials, None);
    let s = &q.dilution_series[0];
    assert_eq!(
        (s.verdict, s.holds_particles_per_frame),
        (Some(LimitOutcome::Fail), None)
    );
    assert!(s.members.iter().all(|m| !m.agrees) && q.verdict() == Verdict::Fail);
    let same = quality(&[diluted(100.0, 1.0), diluted(100.0, 1.0)], None);
    assert!(has(&same, "Q31") && same.dilution_series[0].verdict.is_none());
    // Errors of a thousandth tell 0.97 from 1, and it does not matter.
    let close = |times: f64| {
        let sure = diluted(times, 1.0).filmed(3e10 * times.powf(-0.97), times, 0.002);
        sure.listed(|e| e.dilution_series = Some("stock".into()))
    };
    let q = quality(&[close(50.0), close(100.0), close(200.0)], None);
    assert!((q.dilution_series[0].slope.value.expect("a slope") - 0.97).abs() < 1e-9);
    assert!(has(&q, "Q32") && !has(&q, "Q30"));
}

#[test]
fn captures_that_scatter_or_stand_apart_are_told() {
    let steady = sample("S").spread("d50_nm", &[100.0, 101.0, 99.5, 100.4, 100.1]);
    let q = quality(&[steady], None);
    assert!(!has(&q, "Q40") && !has(&q, "Q41"));
    let far = q.captures[0]
        .d50_nm
        .as_ref()
        .and_then(|s| s.farthest.as_ref())
        .expect("a farthest");
    assert!((far.critical - 1.764).abs() < 1e-3 && !far.stands_apart);
    let apart = sample("S").spread("d50_nm", &[100.0, 101.0, 99.5, 100.4, 125.0]);
    let q = quality(&[apart], None);
    let told = &find(&q, "Q41").finding.message;
    assert!(
        told.contains("Capture 5 of S") && told.contains("still in the result"),
        "{told}"
    );
    assert!(has(&q, "Q40") && q.verdict() == Verdict::Warning);
    let number = sample("S").spread("concentration_per_ml", &[1e9, 2e9, 1.6e9]);
    let q = quality(&[number], None);
    assert!(
        find(&q, "Q40")
            .finding
            .message
            .contains("The concentration of S differs by 32.8 % (CV)")
    );
    assert_eq!(
        q.captures[0]
            .number
            .as_ref()
            .and_then(|s| s.farthest.clone()),
        None
    );
    assert!(
        quality(&[record("P", Role::Blank)], None)
            .captures
            .is_empty()
    );
}

/// Everything at once, written into the folder `NTA_SHOW` to look at, and held against its own form.
#[test]
fn the_section_of_the_page_is_whole() {
    let mut records: Vec<SampleRecord> = (0..12)
        .map(|i| {
            let nm = 100.0
                + [
                    0.4, -0.9, 0.8, 0.1, -0.5, 1.0, -0.3, 0.6, -0.8, 0.2, 0.9, 4.2,
                ][i];
            beads(&format!("beads {}", i + 1), nm).on(&format!("2026-03-{:02}", i + 1))
        })
        .collect();
    records.extend([
        beads("beads <13>", 112.0).on("2026-03-13"),
        record("PBS & co", Role::Blank).filmed(3e7, 1.0, 0.1),
        sample("EV-7")
            .on("2026-03-12")
            .listed(|e| e.protein_ug_per_ml = Some(12.0)),
        sample("EV-7").fluorescent().filmed(2e6, 500.0, 0.1),
        sample("EV-8")
            .on("2026-03-13")
            .spread("d50_nm", &[100.0, 101.0, 99.5, 100.4, 125.0]),
        failed("EV-9", Role::Sample),
        diluted(10.0, 0.4),
        diluted(50.0, 1.0),
        diluted(100.0, 1.04),
        diluted(200.0, 0.97),
    ]);
    let file = include_str!("../../../../../fixtures/limits.toml");
    let limits = Limits::from_text(file, "limits.toml").expect("the example");
    let q = quality(&records, Some(&limits));
    let body = html::section(&q);
    for part in [
        "Quality control",
        "beads &lt;13&gt;",
        "PBS &amp; co",
        "<svg",
        "Dilutions of",
        "said fail",
    ] {
        assert!(body.contains(part), "{part}");
    }
    for odd in ["NaN", "inf ", "None", "<13>"] {
        assert!(!body.contains(odd), "{odd}");
    }
    assert_eq!(body, html::section(&quality(&records, Some(&limits))));
    if let Some(folder) = std::env::var_os("NTA_SHOW") {
        let style = include_str!("../../report/html/style.css");
        let page = format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>{style}</style></head><body><main>{body}</main></body></html>"
        );
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join("quality.html"), page).expect("written");
        let json = serde_json::to_string_pretty(&q).expect("JSON");
        std::fs::write(folder.join("quality.json"), json).expect("written");
        let csv = crate::batch::limits::limits_csv(&q.limit_verdicts);
        std::fs::write(folder.join("limits.csv"), csv).expect("written");
    }
    let back: Quality =
        serde_json::from_str(&serde_json::to_string(&q).expect("JSON")).expect("read back");
    assert_eq!(back, q);
}
