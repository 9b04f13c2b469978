//! What is said of results that differ in known ways.

use super::gather::{Item, Items};
use super::model::{Answer, Comparison};
use super::{CompareError, CompareRequest, of_groups, page, text};
use crate::report::{Concentration, Estimate, Report, Verdict, sample};
use nta_core::Severity;
use nta_sizing::compare::tracks::TrackSize;
use serde_json::json;

/// A request with nothing asked for.
pub(super) fn request() -> CompareRequest {
    CompareRequest {
        dirs: Vec::new(),
        by: None,
        reference: None,
        margin_percent: None,
        concentration_margin_percent: None,
        judged: Vec::new(),
        time_field: None,
        seed: 1,
        out: "out".into(),
        overwrite: false,
    }
}

/// A result with this median and concentration, each known to 2 %.
fn item(name: &str, d50: f64, per_ml: f64) -> Item {
    let (mut report, _) = sample::pass();
    let known = |v: f64| Some([v / 1.04, v * 1.04]);
    report.diameter_nm.d50 = Estimate::new(d50, known(d50));
    report.concentration = Some(Concentration {
        per_ml,
        ci95: known(per_ml),
        ..Concentration::default()
    });
    let grid = &mut report.distribution.diameter_nm;
    grid.iter_mut().for_each(|nm| *nm *= d50 / 100.0);
    for c in &mut report.captures {
        c.sha256 = format!("{name}-{}", c.path);
    }
    Item {
        path: format!("somewhere/{name}"),
        name: name.into(),
        report,
        sha256: name.into(),
        tracks: (0..30)
            .map(|i| TrackSize {
                frames: 10,
                diameter_nm: Some(d50 * (0.6 + 0.03 * f64::from(i))),
            })
            .collect(),
    }
}

fn groups(of: &[(&str, &[f64])]) -> Vec<Items> {
    of.iter()
        .map(|(name, medians)| Items {
            name: (*name).into(),
            items: medians
                .iter()
                .enumerate()
                .map(|(i, m)| item(&format!("{name}{i}"), *m, 1e9 * (1.0 + 0.01 * i as f64)))
                .collect(),
        })
        .collect()
}

fn codes(c: &Comparison) -> Vec<&str> {
    c.findings.iter().map(|f| f.code.as_str()).collect()
}

const A: [f64; 5] = [100.0, 101.0, 99.0, 100.5, 99.5];

fn moved(by: f64) -> Vec<f64> {
    A.iter().map(|v| v * by).collect()
}

#[test]
fn the_answer_of_batches_is_in_words() {
    let asked = CompareRequest {
        margin_percent: Some(10.0),
        ..request()
    };
    let of = |by: f64| {
        of_groups(&groups(&[("A", &A), ("B", &moved(by))]), Vec::new(), &asked)
            .expect("a comparison")
    };
    let equal = of(1.0);
    let pair = &equal.pairs[0];
    assert_eq!(
        pair.answer,
        "B is equivalent to A within 10 % in median diameter (D50), concentration. No difference beyond chance was found."
    );
    assert_eq!(equal.verdict, Verdict::Pass, "{:?}", equal.findings);
    let d50 = &pair.numbers[3];
    assert!(d50.sentence.starts_with("median diameter (D50): equivalent within 10 %: yes; the difference is 0.0 % (90 % interval -"));
    assert_eq!(d50.error_from.as_deref(), Some("scatter of results"));

    let small = of(1.03);
    assert_eq!(small.verdict, Verdict::Warning);
    assert_eq!(codes(&small), ["K02"]);
    assert!(
        small.pairs[0].answer.ends_with(
            "More than chance: the difference in median diameter (D50), the size distribution."
        ),
        "{}",
        small.pairs[0].answer
    );

    let large = of(1.2);
    assert_eq!(large.verdict, Verdict::Fail);
    assert!(
        large.pairs[0].answer.starts_with(
            "B is not equivalent to A within 10 %: it differs in median diameter (D50)."
        )
    );
    assert_eq!(
        large.pairs[0].numbers[3].equivalence.outcome,
        Answer::Different
    );
}

#[test]
fn without_a_margin_equivalence_does_not_decide() {
    let c = of_groups(
        &groups(&[("A", &A), ("B", &moved(1.2))]),
        Vec::new(),
        &request(),
    )
    .expect("a comparison");
    assert_eq!(c.verdict, Verdict::Warning);
    assert!(!c.asked.equivalence_decides);
}

#[test]
fn single_results_are_said_to_miss_what_lies_between_preparations() {
    let c = of_groups(
        &groups(&[("A", &[100.0]), ("B", &[101.0])]),
        Vec::new(),
        &request(),
    )
    .expect("a comparison");
    let d50 = &c.pairs[0].numbers[3];
    assert_eq!(d50.error_from.as_deref(), Some("intervals of results"));
    // Each is known to 2 %: 1.96 times sqrt(2) times 0.02.
    let [low, high] = d50.percent.ci95.expect("an interval");
    assert!((low - 100.0 * (1.01 * (-(2.0f64.sqrt()) * 1.04f64.ln()).exp() - 1.0)).abs() < 1e-6);
    assert!(high > 6.0 && high < 7.0);
    assert_eq!(codes(&c), ["K14"]);
    let d = c.pairs[0].distribution.as_ref().expect("distributions");
    assert_eq!(d.permuted, "tracks");
}

#[test]
fn what_differs_besides_the_samples_is_told() {
    let mut two = groups(&[("A", &A), ("B", &A)]);
    let b = &mut two[1].items;
    b[0].report.acquisition.pixel_size_um.value = 0.21;
    b[1].report.verdict = Verdict::Fail;
    b[2].report.software.version = "0.0.9".into();
    b[3].report.medium.temperature_c += 2.0;
    b[4].report.diameter_nm.d50 = Estimate::default();
    b[4].report.plan = json!({"link": {"max_gap_frames": 7}});
    two[0].items[0].report.distribution.smallest_detectable_nm = Some(30.0);
    two[0].items[1].report.distribution.smallest_detectable_nm = Some(50.0);
    let film = two[0].items[0].report.captures[0].sha256.clone();
    two[1].items[0].report.captures[0].sha256 = film;
    let c = of_groups(&two, Vec::new(), &request()).expect("a comparison");
    let mut got = codes(&c);
    got.sort_unstable();
    assert_eq!(got, ["K05", "K06", "K08", "K10", "K11", "K12", "K13"]);
    assert_eq!(c.verdict, Verdict::Fail);
    let of = |code: &str| {
        &c.findings
            .iter()
            .find(|f| f.code == code)
            .expect(code)
            .message
    };
    assert!(of("K06").starts_with("The same film is in A0 and B0."));
    assert!(of("K08").contains("median diameter (D50) in B4"));
    assert!(of("K10").contains("pixel_size_um is"), "{}", of("K10"));
    assert!(of("K10").contains("link.max_gap_frames"), "{}", of("K10"));
    two[1].items[0].report.distribution.weighting = "volume".into();
    let c = of_groups(&two, Vec::new(), &request()).expect("a comparison");
    assert!(codes(&c).contains(&"K09"));
}

#[test]
fn a_falling_number_is_followed_over_time() {
    let wiggle = [0.3, -0.2, 0.1, -0.3, 0.2, -0.1];
    let medians: Vec<f64> = wiggle
        .iter()
        .enumerate()
        .map(|(i, w)| 100.0 - 0.8 * i as f64 + w)
        .collect();
    let mut one = groups(&[("lot", &medians)]);
    for (i, item) in one[0].items.iter_mut().enumerate() {
        let time = if i == 0 { json!("0") } else { json!(30 * i) };
        item.report.sample.fields.insert("time_days".into(), time);
    }
    let asked = CompareRequest {
        margin_percent: Some(5.0),
        judged: vec!["d50".into()],
        ..request()
    };
    let c = of_groups(&one, Vec::new(), &asked).expect("a line");
    let t = &c.trends[0];
    assert_eq!(
        (t.number.as_str(), t.group.as_deref()),
        ("d50", Some("lot"))
    );
    let slope = t.percent_per_day.value.expect("a slope");
    assert!((slope + 0.027).abs() < 0.004, "{slope}");
    assert_eq!(t.within_margin, "until");
    let until = t.within_margin_until_days.expect("a time");
    assert!((120.0..190.0).contains(&until), "{until}");
    assert!(codes(&c).contains(&"K04"));
    assert_eq!(t.equivalence.outcome, Answer::Equivalent);
    let stable = CompareRequest {
        margin_percent: Some(3.0),
        ..asked
    };
    let c = of_groups(&one, Vec::new(), &stable).expect("a line");
    assert!(codes(&c).contains(&"K03"));
    assert_eq!(c.verdict, Verdict::Fail);
}

#[test]
fn one_group_without_times_is_nothing_to_compare() {
    let error =
        |r: &CompareRequest| of_groups(&groups(&[("A", &A)]), Vec::new(), r).expect_err("nothing");
    assert!(matches!(error(&request()), CompareError::OneGroup { .. }));
    let named = CompareRequest {
        time_field: Some("age".into()),
        ..request()
    };
    assert!(matches!(error(&named), CompareError::NoField { .. }));
    let odd = CompareRequest {
        judged: vec!["d42".into()],
        ..request()
    };
    assert!(matches!(error(&odd), CompareError::NoNumber { .. }));
}

#[test]
fn blanks_are_compared_as_far_as_they_can_be() {
    let (nothing, _) = sample::nothing_found();
    let (bare, _) = sample::bare();
    let of = |name: &str, report: &Report| Items {
        name: name.into(),
        items: vec![Item {
            path: name.into(),
            name: name.into(),
            report: report.clone(),
            sha256: String::new(),
            tracks: Vec::new(),
        }],
    };
    let some = groups(&[("A", &[100.0])]).remove(0);
    for two in [
        vec![some.clone(), of("blank", &nothing)],
        vec![of("blank", &nothing), of("bare", &bare)],
        vec![of("bare", &bare), some],
    ] {
        let c = of_groups(&two, Vec::new(), &request()).expect("a comparison");
        check(&c);
        let json = String::from_utf8(crate::report::json_text(&c)).expect("text");
        assert!(!json.contains("NaN"));
    }
}

/// The page is whole and holds no number gone wrong.
fn check(c: &Comparison) {
    let html = page::page(c);
    for word in ["http:", "https:", "NaN", "inf ", "None", "src=\""] {
        assert!(!html.contains(word), "{word} in the page");
    }
    assert!(html.ends_with("</html>\n"));
    assert!(
        !text(c).contains("NaN") && !text(c).contains("inf "),
        "{}",
        text(c)
    );
    let table = String::from_utf8(super::csv::table(c)).expect("text");
    assert!(!table.contains("NaN"), "{table}");
}

#[test]
fn hostile_names_stay_text_and_many_groups_make_a_page() {
    let evil = "</script><script>alert(1)</script>\" \u{202e}\u{0}";
    let mut two = groups(&[("A", &A), (evil, &moved(1.03))]);
    two[0].items[0].path = evil.into();
    two[0].items[0].report.sample.id = evil.into();
    two[0].items[0].report.medium.name = Some(evil.into());
    let c = of_groups(&two, Vec::new(), &request()).expect("a comparison");
    check(&c);
    let html = page::page(&c);
    assert!(!html.contains("<script>alert") && !html.contains('\u{0}'));
    let names: Vec<String> = (0..12).map(|i| format!("lot {i}")).collect();
    let many: Vec<(&str, &[f64])> = names.iter().map(|n| (n.as_str(), &A[..])).collect();
    let c = of_groups(&groups(&many), Vec::new(), &request()).expect("a comparison");
    check(&c);
    assert!(page::page(&c).contains("11 other groups"));
}

#[test]
fn the_same_results_give_the_same_bytes_and_read_back() {
    let of = || {
        let c = of_groups(
            &groups(&[("A", &A), ("B", &moved(1.02))]),
            Vec::new(),
            &request(),
        );
        crate::report::json_text(&c.expect("a comparison"))
    };
    let text = of();
    assert_eq!(text, of());
    let back: Comparison = serde_json::from_slice(&text).expect("a comparison");
    assert_eq!(back.schema, super::SCHEMA);
    assert!(
        back.findings
            .iter()
            .all(|f| f.severity != Severity::Failure)
    );
}
