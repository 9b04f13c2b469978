//! `compare.html`: the answer in words first, the curves beside it; what stands below is in `tables`.

use super::charts::{self, TOLD_APART, line_class};
use super::model::{Answer, Compared, Comparison, Pair};
use super::tables;
use super::words::{plain, signed};
use crate::report::Verdict;
use crate::report::html::document;
use crate::report::html::words::{ABSENT, capital, esc, message, things, user};
use nta_core::Severity;
use std::fmt::Write;

/// Answers on the first screen; more stand below.
const MOST_ANSWERS: usize = 4;
/// Cards on the first screen.
const MOST_CARDS: usize = 4;

/// The whole page.
pub(crate) fn page(c: &Comparison) -> String {
    let parts = [
        title(c),
        verdict(c),
        first_screen(c),
        tables::findings(c),
        tables::differences(c),
        tables::distributions(c),
        tables::over_time(c),
        tables::results(c),
        tables::how(c),
    ];
    let title = format!("{} - comparison of results", esc(&heading(c)));
    document(&title, include_str!("compare.css"), &parts.join("\n"))
}

/// `B, C against A`.
fn heading(c: &Comparison) -> String {
    let names: Vec<&str> = c.groups.iter().map(|g| g.name.as_str()).collect();
    match &names[..] {
        [] => "Nothing".into(),
        [one] => format!("{one} over time"),
        [reference, others @ ..] if others.len() <= 4 => {
            format!("{} against {reference}", others.join(", "))
        }
        [reference, others @ ..] => format!("{} groups against {reference}", others.len()),
    }
}

fn title(c: &Comparison) -> String {
    let n: usize = c.groups.iter().map(|g| g.results.len()).sum();
    let facts = [
        things(n, "result", "results"),
        things(c.groups.len(), "group", "groups"),
        format!("margin {} %", plain(c.asked.margin_percent)),
        format!(
            "concentrations {} %",
            plain(c.asked.concentration_margin_percent)
        ),
        format!("nta {}", esc(&c.software.version)),
    ];
    format!(
        "<header><p class=\"kind\">Comparison of results</p><h1>{}</h1><p class=\"facts\">{}</p></header>",
        user(&heading(c)),
        facts.join("<span class=\"dot\"> · </span>")
    )
}

/// The answer in a few words, by what was found.
fn in_short(c: &Comparison) -> String {
    let has = |code: &str| c.findings.iter().any(|f| f.code == code);
    let judged = || c.pairs.iter().flat_map(|p| &p.numbers).filter(|n| n.judged);
    let all_equivalent =
        judged().next().is_some() && judged().all(|n| n.equivalence.outcome == Answer::Equivalent);
    let margin = plain(c.asked.margin_percent);
    match c.verdict {
        Verdict::Fail if has("K05") || has("K09") => "Do not use this comparison".into(),
        Verdict::Fail if has("K01") => format!("Not shown to be equivalent within {margin} %"),
        Verdict::Fail => format!("Not shown to be stable within {margin} %"),
        _ if all_equivalent && has("K02") => {
            format!("Equivalent within {margin} %, with a small difference beyond chance")
        }
        _ if all_equivalent => format!("Equivalent within {margin} %"),
        _ if has("K02") => "They differ by more than chance".into(),
        _ if has("K04") => "It changes with time".into(),
        _ => "No difference beyond chance was found".into(),
    }
}

fn verdict(c: &Comparison) -> String {
    let (class, icon) = match c.verdict {
        Verdict::Fail => ("fail", "<path d=\"M13 13 27 27M27 13 13 27\"/>"),
        Verdict::Warning => ("warning", "<path d=\"M20 9V23M20 29V30\"/>"),
        Verdict::Pass => ("pass", "<path d=\"M11 21 18 28 30 13\"/>"),
    };
    let said: Vec<&str> = match c.pairs.is_empty() {
        true => c.trends.iter().map(|t| t.sentence.as_str()).collect(),
        false => c.pairs.iter().map(|p| p.answer.as_str()).collect(),
    };
    let mut list: String = said
        .iter()
        .take(MOST_ANSWERS)
        .map(|s| format!("<li>{}</li>", message(&first_capital(s))))
        .collect();
    if said.len() > MOST_ANSWERS {
        let _ = write!(
            list,
            "<li>and {} more below</li>",
            said.len() - MOST_ANSWERS
        );
    }
    let look = c
        .findings
        .iter()
        .filter(|f| f.severity > Severity::Info)
        .count();
    let more = match look {
        0 => String::new(),
        n => format!(
            "<a class=\"more\" href=\"#findings\">{}</a>",
            things(n, "thing to look at", "things to look at")
        ),
    };
    format!(
        "<div class=\"verdict {class}\"><svg viewBox=\"0 0 40 40\" aria-hidden=\"true\"><circle cx=\"20\" cy=\"20\" r=\"19\"/>{icon}</svg>\
         <div><h2>{}</h2><ul>{list}</ul></div>{more}</div>",
        in_short(c)
    )
}

/// Only the first letter; the name of a group keeps its own.
pub(super) fn first_capital(text: &str) -> String {
    let is_word =
        text.starts_with("median") || text.starts_with("mean") || text.starts_with("conc");
    if is_word {
        capital(text)
    } else {
        text.to_owned()
    }
}

fn first_screen(c: &Comparison) -> String {
    let mut cards: Vec<String> = c
        .pairs
        .iter()
        .flat_map(|p| {
            p.numbers
                .iter()
                .filter(|n| n.judged)
                .map(move |n| card(p, n))
        })
        .take(MOST_CARDS)
        .collect();
    cards.extend(
        c.trends
            .iter()
            .take(MOST_CARDS - cards.len().min(MOST_CARDS))
            .map(|t| {
                let until = match (t.within_margin.as_str(), t.within_margin_until_days) {
                    ("until", Some(day)) => format!("within the margin until day {day:.0}"),
                    ("at_least", Some(day)) => {
                        format!("within the margin at least until day {day:.0}")
                    }
                    _ => "no time can be said".into(),
                };
                let slope = t
                    .percent_per_day
                    .value
                    .map_or(ABSENT.into(), |v| format!("{v:+.2} % per day"));
                one_card(
                    &format!("{} over time", capital(&esc(&t.title))),
                    &slope,
                    &until,
                )
            }),
    );
    let figure = match charts::overlay(c) {
        Some(chart) => format!(
            "<figure class=\"main\"><h3>Size distributions</h3>{chart}<figcaption>{} Bands: 95 %, of the mean where a group has several \
             results.</figcaption></figure>",
            key(c)
        ),
        None => {
            "<figure class=\"main none\"><div><p>No size distribution</p></div></figure>".into()
        }
    };
    format!(
        "<div class=\"first\"><div class=\"cards\">{}</div>{figure}</div>",
        cards.join("")
    )
}

fn one_card(label: &str, value: &str, below: &str) -> String {
    format!(
        "<div class=\"card\"><span class=\"label\">{label}</span><span class=\"value\">{}</span><span class=\"ci\">{}</span></div>",
        message(value),
        message(below)
    )
}

fn card(pair: &Pair, n: &Compared) -> String {
    let unit = if n.unit == "%" { "points" } else { "%" };
    let value = n
        .percent
        .value
        .map_or(ABSENT.into(), |v| format!("{} {unit}", signed(v)));
    let margin = plain(n.equivalence.margin_percent);
    let outcome = outcome(n.equivalence.outcome);
    let below = match n.percent_ci90 {
        Some([low, high]) => format!(
            "90 % interval {} to {}; margin {margin} {unit}: {outcome}",
            signed(low),
            signed(high)
        ),
        None => outcome.into(),
    };
    let label = format!(
        "{}, {} against {}",
        capital(&esc(&n.title)),
        user(&pair.group),
        user(&pair.reference)
    );
    one_card(&label, &value, &below)
}

pub(super) fn outcome(answer: Answer) -> &'static str {
    match answer {
        Answer::Equivalent => "equivalent",
        Answer::NotShown => "not shown",
        Answer::Different => "different",
        Answer::NotKnown => "not known",
    }
}

/// Which line is which group.
pub(super) fn key(c: &Comparison) -> String {
    let n = c.groups.len();
    let sample = |class: &str, words: &str| {
        format!(
            "<span class=\"key\"><svg viewBox=\"0 0 34 8\"><path class=\"{class}\" d=\"M1 4H33\"/></svg>{words}</span> "
        )
    };
    let name = |i: usize| {
        let g = &c.groups[i];
        let role = if i == 0 && n > 1 { ", reference" } else { "" };
        format!(
            "{} ({}{role})",
            user(&g.name),
            things(g.results.len(), "result", "results")
        )
    };
    if n <= TOLD_APART {
        return (0..n)
            .map(|i| sample(&line_class(i, n), &name(i)))
            .collect();
    }
    sample(&line_class(0, n), &name(0))
        + &sample(&line_class(1, n), &format!("{} other groups", n - 1))
}
