//! Blanks that are clean, that hold too much, and that cannot be told from samples.

use super::tests::{find, has, sample};
use super::*;
use crate::batch::made::record;
use crate::batch::{Role, SampleRecord};

#[test]
fn a_blank_is_held_against_each_sample_of_its_day() {
    let blank = |id: &str, per_ml: f64| record(id, Role::Blank).filmed(per_ml, 1.0, 0.1);
    let records = [
        blank("P1", 4e6).on("2026-03-05"),
        blank("P2", 8e7).on("2026-03-06"),
        sample("clean").filmed(4e8, 500.0, 0.03).on("2026-03-05"),
        sample("so-so").filmed(4e7, 500.0, 0.03).on("2026-03-05"),
        sample("dirty").filmed(2e8, 500.0, 0.03).on("2026-03-06"),
        sample("undated").filmed(4.2e8, 500.0, 0.03),
    ];
    let q = quality(&records, None);
    let shares: Vec<f64> = q
        .blanks
        .iter()
        .map(|b| b.share.value.expect("a share"))
        .collect();
    for (got, want) in shares.iter().zip([0.01, 0.1, 0.4, 0.1]) {
        assert!((got - want).abs() < 1e-9, "{shares:?}");
    }
    assert_eq!(q.blanks[3].blanks, ["P1", "P2"]);
    let severities: Vec<(&str, Severity)> = q
        .findings
        .iter()
        .filter(|f| f.finding.code == "Q20")
        .map(|f| (f.samples[0].as_str(), f.finding.severity))
        .collect();
    let want = [
        ("so-so", Severity::Warning),
        ("dirty", Severity::Failure),
        ("undated", Severity::Warning),
    ];
    assert_eq!(severities, want);
    // Three captures alike, each known as well as 100 counts: 300 counts foretell 119 or less for the next.
    let limit = q.blanks[0].limit_of_blank.expect("a limit");
    assert!((limit / 4e4 - 120.0).abs() < 2.5, "{limit}");
    assert_eq!(q.blanks[0].below_limit_of_blank, Some(false));
    let lost = sample("lost").filmed(4e6, 1.0, 0.1).on("2026-03-06");
    let q = quality(&[blank("P2", 8e7).on("2026-03-06"), lost], None);
    assert!(
        find(&q, "Q20")
            .finding
            .message
            .contains("cannot be told from diluent")
    );
}

#[test]
fn a_sample_below_the_limit_of_blank_is_told_in_words_of_its_own() {
    // Captures of the blank scatter so much that the limit is far above the share that is warned of.
    let scattered = |captures: &[f64]| {
        let values = captures.to_vec();
        let many = record("P", Role::Blank).filmed(1e7, 1.0, 0.1);
        many.with(move |r| {
            let one = r.captures[0].clone();
            r.captures = vec![one; values.len()];
            for (capture, value) in r.captures.iter_mut().zip(values) {
                if let Some(c) = &mut capture.concentration {
                    c.per_ml = value;
                    c.ci95 = Some([value * 0.9, value / 0.9]);
                }
            }
        })
    };
    let lost = || sample("S").filmed(5e8, 1.0, 0.03);
    let q = quality(&[scattered(&[1e5, 1e5, 6e8]), lost()], None);
    let told = find(&q, "Q20");
    let text = &told.finding.message;
    assert_eq!(told.finding.severity, Severity::Failure);
    assert!(
        text.starts_with("S cannot be told from diluent: with 5.00e8 per mL as filmed"),
        "{text}"
    );
    assert!(
        text.contains("hold 2.0 %") && !text.contains("more than"),
        "{text}"
    );
    assert_eq!(told.finding.observed, Some(5e8));
    // Two captures warn only.
    let q = quality(&[scattered(&[1e5, 6e8]), lost()], None);
    assert_eq!(
        (q.blanks[0].blank_captures, find(&q, "Q20").finding.severity),
        (2, Severity::Warning)
    );
}

#[test]
fn blanks_that_show_nothing_have_a_limit_by_counting() {
    let empty = record("P", Role::Blank).filmed(0.0, 1.0, 0.0).with(|r| {
        let all = r
            .captures
            .iter_mut()
            .filter_map(|c| c.concentration.as_mut());
        for c in all.chain(&mut r.concentration) {
            c.ci95 = Some([0.0, 1e6 * nta_sizing::concentration::NONE_SEEN_95]);
        }
    });
    let q = quality(&[empty, sample("S").filmed(1.5e6, 1.0, 0.5)], None);
    // None in three captures foretell at most two, and one is 1e6 per mL.
    assert!((q.blanks[0].limit_of_blank.expect("a limit") / 2e6 - 1.0).abs() < 1e-9);
    assert_eq!(q.blanks[0].below_limit_of_blank, Some(true));
    // Without a depth the lengths of the tracks say what one particle adds.
    let seen = record("P", Role::Blank).filmed(1e7, 1.0, 0.1).with(|r| {
        r.concentration = None;
        for c in &mut r.captures {
            c.track_lengths.from_frames = vec![10];
            c.track_lengths.tracks = vec![4];
        }
    });
    let q = quality(&[seen, sample("S").filmed(1e8, 1.0, 0.1)], None);
    // Three times four counts in view of 1.0 per frame: the next has at most eight.
    assert_eq!(q.blanks[0].basis, "particles per frame");
    let limit = q.blanks[0].limit_of_blank.expect("a limit");
    assert!((1.5..2.6).contains(&limit), "{limit}");
}

#[test]
fn blanks_without_a_depth_or_a_result_are_told() {
    let no_depth = |r: SampleRecord| r.with(|r| r.concentration = None);
    let records = [
        no_depth(record("P", Role::Blank).filmed(1e7, 1.0, 0.1)),
        no_depth(sample("S").filmed(1e8, 500.0, 0.1)),
    ];
    let q = quality(&records, None);
    assert_eq!(q.blanks[0].basis, "particles per frame");
    assert_eq!(
        (q.blanks[0].share.value, q.blanks[0].share.ci95),
        (Some(0.1), None)
    );
    let q = quality(&[record("P", Role::Blank).failing(), sample("S")], None);
    assert!(has(&q, "Q21") && has(&q, "Q22") && q.blanks[0].reason.is_some());
    let empty = record("P", Role::Blank).filmed(0.0, 1.0, 0.0).with(|r| {
        if let Some(c) = &mut r.concentration {
            c.ci95 = Some([0.0, 4e6]);
        }
    });
    let q = quality(&[empty, sample("S").filmed(4e8, 10.0, 0.1)], None);
    assert_eq!(q.blanks[0].share.value, Some(0.0));
    assert!(q.blanks[0].share.ci95.expect("an interval")[1] > 0.01);
}
