//! Tests of numbers and words.

use super::*;

fn text(value: f64, low: f64, high: f64) -> String {
    let s = shown(&Estimate::new(value, Some([low, high]))).unwrap();
    format!("{} ({})", s.value, s.interval.unwrap())
}

#[test]
fn digits_are_those_that_the_interval_supports() {
    assert_eq!(text(101.234_567, 98.9, 103.2), "101 (99 to 103)");
    assert_eq!(text(100.234_567, 99.9, 100.5), "100.2 (99.9 to 100.5)");
    assert_eq!(text(104.9, 61.0, 158.0), "100 (60 to 160)");
    assert_eq!(text(0.6321, 0.58, 0.69), "0.63 (0.58 to 0.69)");
    assert_eq!(text(1041.4, 1023.2, 1060.1), "1041 (1023 to 1060)");
    let flat = shown(&Estimate::new(100.0, Some([100.0 - 1e-13, 100.0]))).unwrap();
    assert_eq!((flat.value.as_str(), flat.interval), ("100", None));
    let nearly = shown(&Estimate::new(99.999_999_9, None)).unwrap();
    assert_eq!(nearly.value, "100");
    let alone = shown(&Estimate::new(123.456, None)).unwrap();
    assert_eq!(alone.value, "123");
    assert_eq!(shown(&Estimate::new(f64::NAN, None)), None);
}

#[test]
fn concentrations_share_one_power_of_ten() {
    let mut c = Concentration {
        per_ml: 3.412e8,
        ci95: Some([3.07e8, 3.79e8]),
        ..Concentration::default()
    };
    let s = shown_per_ml(&c);
    assert_eq!(s.value, "3.4 × 10<sup>8</sup>");
    assert_eq!(s.interval.unwrap(), "(3.1 to 3.8) × 10<sup>8</sup>");
    c.per_ml = 9.97e8;
    c.ci95 = Some([8.0e8, 1.2e9]);
    assert_eq!(shown_per_ml(&c).value, "1.0 × 10<sup>9</sup>");
    c.per_ml = 3.0e1;
    c.ci95 = Some([0.0, 3.3194612e8]);
    let s = shown_per_ml(&c);
    assert_eq!(
        (s.value.as_str(), s.interval),
        ("fewer than 3.3 × 10<sup>8</sup>", None)
    );
    c.per_ml = 7e-10;
    assert_eq!(shown_per_ml(&c).value, "fewer than 3.3 × 10<sup>8</sup>");
    c.per_ml = 8.0e7;
    c.ci95 = Some([1.0e7, 1.3e9]);
    let s = shown_per_ml(&c);
    assert_eq!(s.value, "fewer than 1.3 × 10<sup>9</sup>");
    c.per_ml = 4.0e8;
    let s = shown_per_ml(&c);
    assert_eq!(s.value, "0.4 × 10<sup>9</sup>");
    assert_eq!(s.interval.unwrap(), "(0.0 to 1.3) × 10<sup>9</sup>");
    c.per_ml = 0.0;
    c.ci95 = Some([0.0, 1.56e7]);
    assert_eq!(shown_per_ml(&c).value, "fewer than 1.6 × 10<sup>7</sup>");
    c.ci95 = None;
    assert_eq!(shown_per_ml(&c).value, "0");
}

#[test]
fn a_share_of_which_only_the_upper_end_is_known_says_so() {
    let share = |v, low, high| share_in_per_cent(&Estimate::new(v, Some([low, high])));
    assert_eq!(share(0.01, 0.0, 0.4), "less than 0.4\u{a0}%");
    assert!(share(26.0, 21.0, 31.0).starts_with("26\u{a0}% "));
    assert!(share(0.3, 0.0, 0.8).starts_with("0.3\u{a0}% "));
    assert_eq!(with_error(0.9, 0.0094), "0.9000 ± 0.0094");
    assert_eq!(with_error(3.0, 12.0), "3 ± 12");
    let whole = Estimate::new(0.0, None);
    assert_eq!(share_in_per_cent(&whole), "0.00\u{a0}%");
}

#[test]
fn odd_numbers_do_no_harm() {
    for v in [
        f64::NAN,
        f64::INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        -0.0,
        5e-324,
    ] {
        for e in [[v, v], [0.0, v], [-v, v], [v, 0.0]] {
            let c = Concentration {
                per_ml: v,
                ci95: Some(e),
                ..Concentration::default()
            };
            assert!(shown_per_ml(&c).value.len() < 400);
            let raw = Estimate {
                value: Some(v),
                ci95: Some(e),
            };
            assert!(with_interval(&raw, "nm").len() < 3000);
        }
        assert!(number(v).len() < 60);
    }
    assert_eq!(number(-0.0), "0");
    assert_eq!(number(-12.5), "\u{2212}12.5");
    assert_eq!(number(33.333_333), "33.33");
    assert_eq!(number(200.0), "200");
    assert_eq!(number(1500.0), "1500");
    assert_eq!(number(20_000.0), "20\u{202f}000");
    assert_eq!(number(1.064e-7), "1.06 × 10<sup>\u{2212}7</sup>");
    assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    assert_eq!(percent(0.021), "2.1\u{a0}%");
    assert_eq!(percent(0.0), "0\u{a0}%");
    assert_eq!(three_digits(0.383_84), "0.384");
    assert_eq!(three_digits(1235.4), "1235");
    assert_eq!(per_frame(32.84), "32.8");
    assert_eq!(per_frame(-0.0), "0");
    assert_eq!(unit("um^2/s"), "µm²/s");
}

#[test]
fn nothing_from_outside_is_markup() {
    assert_eq!(
        esc("<a href=\"x\" b='y'>&\u{0}\n"),
        "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd} "
    );
    assert_eq!(unit("<b>"), "&lt;b&gt;");
    assert_eq!(
        message("Give --a<b."),
        "<bdi>Give <span class=\"option\">--a&lt;b.</span></bdi>"
    );
    assert_eq!(
        message("power -1.0 (-2) a-b -x"),
        "<bdi>power \u{2212}1.0 (\u{2212}2) a-b -x</bdi>"
    );
    assert_eq!(plain("too_<b>"), "too &lt;b&gt;");
}
