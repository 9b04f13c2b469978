//! How the captures of a sample agree: their distributions over each other, and the spread of each number.

use super::charts::{self, TOLD_APART, capture_class};
use super::sections::{file_name, section, table};
use super::words::{capital, mean_of, number, percent, plain, two_digits, user};
use crate::report::model::{Report, Spread};
use std::fmt::Write;

/// How the captures agree.
pub fn replicates(report: &Report) -> String {
    let mut body = String::new();
    if let Some(chart) = charts::replicates(report) {
        let _ = write!(
            body,
            "<div class=\"pair\"><figure>{chart}<figcaption>{}</figcaption></figure>{}</div>",
            key(report, true),
            between(report)
        );
    } else {
        body.push_str(&between(report));
    }
    section("replicates", "Replicates", &body)
}

/// Which line is which capture.
pub fn key(report: &Report, with_pooled: bool) -> String {
    let sample = |class: &str, word: &str| {
        format!(
            "<span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"{class}\" d=\"M1 4H33\"/></svg>{word}</span> "
        )
    };
    let n = report.captures.len();
    let mut out = String::new();
    if n > TOLD_APART {
        out.push_str(&sample("cap many", &format!("{n} captures")));
    } else {
        for (i, c) in report.captures.iter().enumerate() {
            let word = format!("{} {}", i + 1, user(file_name(&c.path)));
            out.push_str(&sample(&capture_class(i, n), &word));
        }
    }
    if with_pooled {
        out.push_str(&sample("all", "all together"));
    }
    out
}

/// A number's key in words.
fn name(key: &str) -> String {
    match key {
        "mean_nm" => "Mean (nm)".to_owned(),
        "mode_nm" => "Mode (nm)".to_owned(),
        "d10_nm" => "D10 (nm)".to_owned(),
        "d50_nm" => "Median, D50 (nm)".to_owned(),
        "d90_nm" => "D90 (nm)".to_owned(),
        "sd_nm" => "SD of the sizes (nm)".to_owned(),
        "concentration_per_ml" => "Concentration (per mL)".to_owned(),
        "particles_per_frame" => "Particles in a frame".to_owned(),
        other => capital(&plain(other)),
    }
}

/// `p = 0.42`, and `p < 0.01` for what would round to nothing.
fn probability(p: f64) -> String {
    match p < 0.005 {
        true => "p\u{a0}&lt;\u{a0}0.01".to_owned(),
        false => format!("p\u{a0}=\u{a0}{}", number((p * 100.0).round() / 100.0)),
    }
}

/// What the captures change by. A p belongs to the weighted line, so that the change beside it is that of the same line; with too
/// few captures for a test there is only the plain line from the first to the last.
fn change(s: &Spread, tested: bool) -> String {
    let told = match tested {
        true => s
            .trend_per_capture
            .zip(s.trend_p)
            .map(|(change, p)| format!("{} ({})", percent(change), probability(p))),
        false => s.trend.map(percent),
    };
    told.unwrap_or_else(|| "–".into())
}

fn between(report: &Report) -> String {
    // Sizes first, in the order of the size table; what is not known here comes last, by its name.
    let order = [
        "mean_nm",
        "mode_nm",
        "d10_nm",
        "d50_nm",
        "d90_nm",
        "sd_nm",
        "concentration_per_ml",
        "particles_per_frame",
    ];
    let mut spreads: Vec<_> = report.replicates.between_capture.iter().collect();
    spreads.sort_by_key(|(key, _)| order.iter().position(|o| o == key).unwrap_or(order.len()));
    let maybe = |v: Option<f64>| v.map_or("–".into(), two_digits);
    let tested = spreads.iter().any(|(_, s)| s.trend_p.is_some());
    let rows: Vec<_> = spreads
        .into_iter()
        .filter(|(_, s)| s.mean.is_some())
        .map(|(key, s)| {
            vec![
                name(key),
                s.mean.map_or("–".into(), |m| mean_of(m, s.sd)),
                maybe(s.sd),
                maybe(s.se),
                s.cv.map_or("–".into(), percent),
                change(s, tested),
            ]
        })
        .collect();
    let head = [
        "Between captures",
        "#Mean",
        "#SD",
        "#SE",
        "#CV",
        match tested {
            true => "#Change per capture",
            false => "#First to last",
        },
    ];
    let table = table(&head, &rows);
    match table.is_empty() {
        true => table,
        false => format!(
            "<div>{table}<p class=\"below\">SD, SE and CV are those between captures. {}</p></div>",
            match tested {
                true =>
                    "\"Change per capture\" is that along a straight line through the captures, each weighted by its error; a \
                     small p speaks for a real change.",
                false =>
                    "\"First to last\" is the change along a straight line through the captures.",
            }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_stands_beside_the_change_of_its_own_line() {
        let s = Spread {
            trend: Some(-0.3),
            trend_per_capture: Some(-0.08),
            trend_p: Some(0.03),
            ..Spread::default()
        };
        assert_eq!(
            change(&s, true),
            format!("{} (p\u{a0}=\u{a0}0.03)", percent(-0.08))
        );
        assert_eq!(change(&s, false), percent(-0.3));
        assert_eq!(change(&Spread::default(), true), "–");
    }
}
