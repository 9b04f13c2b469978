//! Quality control as a section of `batch.html`, in the style of the page of a result (its style sheet is needed too).

use super::html_charts::{control_chart, dilutions};
use super::{BeadCheck, CaptureSpread, Quality, html_limits};
use crate::batch::limits::LimitOutcome;
use crate::batch::{Channel, limits::IntervalKind};
use crate::report::html::{
    esc, number, per_frame, percent, section as a_section, shown_per_ml, table, user, with_interval,
};
use crate::report::{Concentration, Estimate, Verdict};
use std::fmt::Write;

pub(super) const NOTHING: &str = "–";

/// The section.
pub fn section(quality: &Quality) -> String {
    let parts = [
        heading(quality),
        html_limits::findings(quality),
        html_limits::limits(quality),
        beads(quality),
        blanks(quality),
        series(quality),
        markers(quality),
        captures(quality),
    ];
    a_section("quality", "Quality control", &parts.concat())
}

fn heading(quality: &Quality) -> String {
    let word = match quality.verdict {
        Verdict::Pass => "nothing to object to",
        Verdict::Warning => "a person has to look",
        Verdict::Fail => "the batch fails",
    };
    let file = match &quality.limits {
        Some(file) => format!(
            "Limits: {} <code>{}</code>, held against the {}.",
            user(&file.name),
            esc(file.sha256.get(..12).unwrap_or(&file.sha256)),
            match file.interval {
                IntervalKind::Expanded => "expanded uncertainty (k = 2)",
                IntervalKind::Ci95 => "95 % interval of chance",
            }
        ),
        None => "No limits were given; beads, blanks, dilutions and captures are held against the usual ones.".to_owned(),
    };
    let class = match quality.verdict {
        Verdict::Pass => "pass",
        Verdict::Warning => "review",
        Verdict::Fail => "fail",
    };
    format!(
        "<p><span class=\"said {class}\">{}: {word}.</span> {file}</p>",
        capital(quality.verdict.word())
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub(super) fn titled(title: &str, body: String, below: &str) -> String {
    match body.is_empty() {
        true => body,
        false => format!("<h3>{title}</h3>{body}<p class=\"below\">{below}</p>"),
    }
}

pub(super) fn said(outcome: LimitOutcome) -> String {
    let word = outcome.word();
    format!("<span class=\"said {word}\">{word}</span>")
}

pub(super) fn per_volume(value: f64, ends: Option<[f64; 2]>) -> String {
    let shown = shown_per_ml(&Concentration {
        per_ml: value,
        ci95: ends,
        ..Concentration::default()
    });
    let interval = shown
        .interval
        .map(|i| format!(" <span class=\"ci\">{i}</span>"));
    shown.value + &interval.unwrap_or_default()
}

pub(super) fn name(sample: &str, channel: Channel) -> String {
    match channel {
        Channel::Scatter => user(sample),
        Channel::Fluorescence => format!("{} (fluorescence)", user(sample)),
    }
}

fn bias(e: &Estimate) -> String {
    let hundredfold = Estimate {
        value: e.value.map(|v| 100.0 * v),
        ci95: e.ci95.map(|c| c.map(|v| 100.0 * v)),
    };
    match hundredfold.value {
        Some(_) => with_interval(&hundredfold, "%"),
        None => NOTHING.to_owned(),
    }
}

fn beads(quality: &Quality) -> String {
    let row = |b: &BeadCheck| {
        vec![
            name(&b.sample, b.channel),
            b.date.as_deref().map_or(NOTHING.to_owned(), user),
            b.nominal_nm.map_or(NOTHING.to_owned(), number),
            with_interval(&b.d50_nm, "nm"),
            bias(&b.d50_bias),
            bias(&b.mode_bias),
            bias(&b.cv),
            bias(&b.recovery),
            said(b.verdict),
        ]
    };
    let rows: Vec<Vec<String>> = quality.beads.iter().map(row).collect();
    let head = [
        "Beads",
        "Day",
        "#Nominal (nm)",
        "D50",
        "Bias of D50",
        "Bias of the mode",
        "CV",
        "Recovery",
        "Verdict",
    ];
    let c = &quality.criteria.suitability;
    let below = format!(
        "Allowed: {} up or down, CV {}, recovery {} up or down from 100 %. Intervals are those of chance.",
        percent(c.max_bias),
        percent(c.max_cv),
        percent(c.max_recovery_error)
    );
    let charts: String = quality.charts.iter().filter_map(control_chart).collect();
    let charts = match charts.is_empty() {
        true => charts,
        false => format!("<div class=\"grid2\">{charts}</div>"),
    };
    titled("Beads", table(&head, &rows), &below) + &charts
}

fn blanks(quality: &Quality) -> String {
    let held = quality.blanks.iter().filter(|b| !b.blanks.is_empty());
    let rows: Vec<Vec<String>> = held
        .map(|b| {
            let per_ml = b.basis == "concentration";
            let one = |v: Option<f64>| match v {
                Some(v) if per_ml => per_volume(v, None),
                Some(v) => per_frame(v),
                None => NOTHING.to_owned(),
            };
            vec![
                name(&b.sample, b.channel),
                user(&b.blanks.join(", ")),
                if per_ml {
                    "per mL as filmed"
                } else {
                    "in view"
                }
                .to_owned(),
                one(b.of_sample),
                one(b.of_blank),
                bias(&b.share),
                one(b.limit_of_blank),
            ]
        })
        .collect();
    let head = [
        "Sample",
        "Blank",
        "Particles",
        "#Sample",
        "#Blank",
        "Share",
        "#Limit of blank",
    ];
    let c = &quality.criteria.blank;
    let below = format!(
        "Warned of above {}, fails above {}. The limit of blank is what the next blank stays below in 95 of 100 \
         cases, by its scatter or by counting alone, whichever is higher.",
        percent(c.warning_share),
        percent(c.failure_share)
    );
    titled("Blanks", table(&head, &rows), &below)
}

fn series(quality: &Quality) -> String {
    let allowed = quality.criteria.dilution.max_deviation;
    let mut out = String::new();
    let mut figures = String::new();
    for s in &quality.dilution_series {
        let rows: Vec<Vec<String>> = s
            .members
            .iter()
            .map(|m| {
                vec![
                    name(&m.sample, s.channel),
                    number(m.dilution),
                    per_frame(m.particles_per_frame),
                    per_volume(m.per_ml, None),
                    bias(&m.recovery),
                    if m.agrees { "yes" } else { "no" }.to_owned(),
                ]
            })
            .collect();
        let head = [
            "Sample",
            "#Diluted",
            "#In view",
            "#Of the stock, per mL",
            "Recovery",
            "Agrees",
        ];
        let holds = s
            .holds_particles_per_frame
            .map_or(String::new(), |[from, to]| {
                format!(
                    " They agree from {} to {} particles in view.",
                    per_frame(from),
                    per_frame(to)
                )
            });
        let slope = match s.slope.value {
            Some(_) => format!(
                "Slope over 1 / dilution: {} over all, {} over those that agree.",
                with_interval(&s.slope, ""),
                with_interval(&s.slope_of_agreeing, "")
            ),
            None => "No slope.".to_owned(),
        };
        let _ = write!(
            out,
            "{}",
            titled(
                &format!("Dilutions of {}", user(&s.series)),
                table(&head, &rows),
                &(slope + &holds)
            )
        );
        figures += &dilutions(s, allowed).unwrap_or_default();
    }
    match figures.is_empty() {
        true => out,
        false => out + &format!("<div class=\"grid2\">{figures}</div>"),
    }
}

fn markers(quality: &Quality) -> String {
    let rows: Vec<Vec<String>> = quality
        .markers
        .iter()
        .map(|m| {
            let fraction = match &m.reason {
                Some(reason) => format!(
                    "<span class=\"absent\">not available: {}</span>",
                    esc(reason)
                ),
                None => bias(&m.fraction),
            };
            vec![user(&m.sample), fraction]
        })
        .collect();
    titled(
        "Marker-positive fraction",
        table(
            &[
                "Sample",
                "Particles in fluorescence over particles in scatter",
            ],
            &rows,
        ),
        "Both of the original sample; the interval is that of chance.",
    )
}

fn captures(quality: &Quality) -> String {
    let cv = |s: &Option<CaptureSpread>| {
        let cv = s.as_ref().and_then(|s| s.cv);
        cv.map_or(NOTHING.to_owned(), percent)
    };
    let apart = |s: &Option<CaptureSpread>| {
        let far = s.as_ref().and_then(|s| s.farthest.as_ref());
        match far.filter(|f| f.stands_apart) {
            Some(f) => format!("capture {}", f.capture + 1),
            None => NOTHING.to_owned(),
        }
    };
    let rows: Vec<Vec<String>> = quality
        .captures
        .iter()
        .filter(|c| c.n > 1)
        .map(|c| {
            vec![
                name(&c.sample, c.channel),
                c.n.to_string(),
                cv(&c.d50_nm),
                cv(&c.number),
                apart(&c.d50_nm),
                apart(&c.number),
            ]
        })
        .collect();
    let head = [
        "Sample",
        "#Captures",
        "#CV of D50",
        "#CV of the number",
        "Apart in D50",
        "Apart in number",
    ];
    let c = &quality.criteria.replicates;
    let below = format!(
        "Allowed: {} for D50, {} for the number. A capture stands apart by the test of Grubbs at {}; it stays in the result.",
        percent(c.max_cv_d50),
        percent(c.max_cv_concentration),
        percent(c.outlier_alpha)
    );
    titled("Captures of a sample", table(&head, &rows), &below)
}
