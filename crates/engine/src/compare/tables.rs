//! What stands below the first screen of the page: findings, all numbers, distributions, lines over time, results.

use super::charts;
use super::model::{Compared, Comparison, GroupValue};
use super::page::{first_capital, key, outcome};
use super::words::{plain, probability, signed};
use crate::report::html::sections::{section, table};
use crate::report::html::words::{
    ABSENT, capital, esc, mean_of, message, share_in_per_cent, shown_per_ml, user, with_interval,
};
use crate::report::{Concentration, Estimate};
use nta_core::Severity;
use std::fmt::Write;

/// What a person should know, the weightiest first.
pub(super) fn findings(c: &Comparison) -> String {
    let item = |f: &nta_core::Finding| {
        let (class, word) = match f.severity {
            Severity::Failure => ("fail", "Problem"),
            Severity::Warning => ("warning", "Look at this"),
            Severity::Info => ("info", "Note"),
        };
        format!(
            "<li class=\"{class}\"><span class=\"tag\">{word}</span><div><p>{}</p><p class=\"below\">{}</p></div></li>",
            message(&f.message),
            user(&f.code)
        )
    };
    let items: String = c.findings.iter().map(item).collect();
    let body = match items.is_empty() {
        true => "<p>Nothing was found that a person should look at.</p>".to_owned(),
        false => format!("<ul class=\"findings\">{items}</ul>"),
    };
    section("findings", "What to look at", &body)
}

/// All numbers of all pairs, as a chart and as tables.
pub(super) fn differences(c: &Comparison) -> String {
    let mut body = String::new();
    if let Some(chart) = charts::differences(c) {
        let _ = write!(
            body,
            "<figure class=\"main\">{chart}<figcaption>{} What reaches beyond the edge is cut there.</figcaption></figure>",
            key(c)
        );
    }
    for pair in &c.pairs {
        let head = [
            "Number",
            "#Reference",
            "#Group",
            "#Difference (95 %)",
            "#In % (90 %)",
            "#p",
            "#Within",
            "Answer",
        ];
        let rows: Vec<Vec<String>> = pair.numbers.iter().map(row).collect();
        let _ = write!(
            body,
            "<h3>{} against {}</h3>{}",
            user(&pair.group),
            user(&pair.reference),
            table(&head, &rows)
        );
    }
    if !c.pairs.is_empty() {
        body.push_str(
            "<p class=\"below\">The answer rests on the numbers in bold. p is the probability of so large a difference by chance; in \
             brackets with all tests of the answer allowed for. The mean of several results is the geometric one, with the 95 % interval \
             of their scatter.</p>",
        );
    }
    section("differences", "Differences", &body)
}

fn value_of(v: &GroupValue, unit: &str) -> String {
    if let (true, Some(value)) = (unit == "%" && v.results > 1, v.value) {
        // Scatter knows no limits, shares do; and what is far below a tenth of a per cent is not known from such films.
        let interval = v.ci95.map(|c| c.map(|end| end.clamp(0.0, 100.0)));
        let ends = interval
            .map(|[low, high]| format!(" <span class=\"ci\">({low:.1} to {high:.1})</span>"));
        return format!("{value:.1}\u{a0}%{}", ends.unwrap_or_default());
    }
    let e = Estimate {
        value: v.value,
        ci95: v.ci95,
    };
    shown_with(&e, unit)
}

/// A number with its interval, in the digits that the interval supports.
fn shown_with(e: &Estimate, unit: &str) -> String {
    let Some(value) = e.value else {
        return format!("<span class=\"absent\">{ABSENT}</span>");
    };
    match unit {
        "%" => share_in_per_cent(e),
        "per mL" if value > 0.0 => {
            let shown = shown_per_ml(&Concentration {
                per_ml: value,
                ci95: e.ci95,
                ..Concentration::default()
            });
            let interval = shown
                .interval
                .map(|i| format!(" <span class=\"ci\">{i}</span>"));
            format!("{}{}", shown.value, interval.unwrap_or_default())
        }
        "per mL" => mean_of(value, e.ci95.map(|c| 0.5 * (c[1] - c[0]))),
        _ => with_interval(e, ""),
    }
}

/// The difference; of concentrations without its interval, which stands beside it in per cent.
fn difference_of(n: &Compared) -> String {
    let half = n.difference.ci95.map(|c| 0.5 * (c[1] - c[0]));
    match (n.unit.as_str(), n.difference.value) {
        ("per mL", Some(value)) => mean_of(value, half),
        _ => with_interval(&n.difference, ""),
    }
}

fn row(n: &Compared) -> Vec<String> {
    let points = if n.unit == "%" { " points" } else { " %" };
    let name = match n.unit.as_str() {
        "1" => capital(&esc(&n.title)),
        unit => format!("{} ({unit})", capital(&esc(&n.title))),
    };
    let dash = || "–".to_owned();
    let percent = n.percent.value.map_or_else(dash, |v| {
        let interval = n
            .percent_ci90
            .map(|[l, h]| format!(" ({} to {})", signed(l), signed(h)));
        message(&format!("{}{}", signed(v), interval.unwrap_or_default()))
    });
    let adjusted = n.p_adjusted.map(|p| {
        format!(
            " ({})",
            probability(p)
                .trim_start_matches("p = ")
                .trim_start_matches("p ")
        )
    });
    vec![
        if n.judged {
            format!("<b>{name}</b>")
        } else {
            name
        },
        value_of(&n.reference, &n.unit),
        value_of(&n.group, &n.unit),
        match n.difference.value.filter(|_| n.unit != "%") {
            Some(_) => difference_of(n),
            None => dash(),
        },
        percent,
        n.p.map_or_else(dash, |p| {
            let own = probability(p);
            esc(&format!(
                "{}{}",
                own.trim_start_matches("p = ").trim_start_matches("p "),
                adjusted.unwrap_or_default()
            ))
        }),
        format!("{}{points}", plain(n.equivalence.margin_percent)),
        outcome(n.equivalence.outcome).to_owned(),
    ]
}

/// The whole distributions of all pairs.
pub(super) fn distributions(c: &Comparison) -> String {
    let tests = c
        .pairs
        .iter()
        .filter_map(|p| Some((p, p.distribution.as_ref()?)));
    let body: String = tests
        .map(|(p, d)| {
            format!(
                "<p><b>{} against {}</b>: {}.</p>",
                user(&p.group),
                user(&p.reference),
                message(&d.sentence)
            )
        })
        .collect();
    section("distributions", "Whole distributions", &body)
}

/// All lines over time.
pub(super) fn over_time(c: &Comparison) -> String {
    let mut body = String::new();
    for t in &c.trends {
        let chart = charts::over_time(t).unwrap_or_default();
        let _ = write!(
            body,
            "<figure>{chart}<figcaption>{}. Dashed: the margin about the start of the line.</figcaption></figure>",
            message(&first_capital(&t.sentence))
        );
    }
    let body = match body.is_empty() {
        true => body,
        false => format!("<div class=\"grid2\">{body}</div>"),
    };
    section("over-time", "Over time", &body)
}

/// The results that were compared.
pub(super) fn results(c: &Comparison) -> String {
    let rows: Vec<Vec<String>> = c
        .groups
        .iter()
        .flat_map(|g| g.results.iter().map(move |r| (g, r)))
        .map(|(g, r)| {
            vec![
                user(&g.name),
                user(&r.path),
                user(&r.sample_id),
                r.verdict.word().to_owned(),
                r.tracks.to_string(),
                r.time_days.map_or("–".into(), plain),
                shown_with(&r.d50_nm, "nm"),
                shown_with(&r.per_ml, "per mL"),
                format!(
                    "<code>{}</code>",
                    esc(r.result_sha256.get(..12).unwrap_or_default())
                ),
            ]
        })
        .collect();
    let head = [
        "Group",
        "Folder",
        "Sample",
        "Verdict",
        "#Tracks",
        "#Day",
        "#D50 (nm)",
        "#Per mL",
        "SHA-256",
    ];
    section("results", "Results", &table(&head, &rows))
}

/// How it was compared, in a few sentences.
pub(super) fn how(c: &Comparison) -> String {
    let deciding = match c.asked.equivalence_decides {
        true => "A margin was given, so that the verdict is fail where equivalence is not shown.",
        false => {
            "No margin was given, so that equivalence does not decide about the verdict; --margin-percent makes it do so."
        }
    };
    let by = match &c.asked.by {
        Some(field) => format!(
            "Results whose sample has the same {} are a group.",
            user(field)
        ),
        None => "Each folder that was given is a group.".into(),
    };
    let body = format!(
        "<p>{by} {deciding} Several results of a group are held against each other by their scatter (Welch's t, on logarithms), so that what \
         differs between preparations counts; single results by their own intervals. Equivalent means that the 90 % interval of the \
         difference lies within the margin (two one-sided tests at 5 %). Tests of the answer are allowed for each other (Holm). \
         Distributions are compared by dealing out results at random, or tracks of the same length where there are too few results. A line \
         over time stays within the margin as long as its 95 % confidence band does (after ICH Q1E).</p>"
    );
    section("how", "How it was compared", &body)
}
