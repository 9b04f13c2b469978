//! The first screen: whose sample, whether the numbers may be used, the numbers, and the distribution.

use super::charts;
use super::counted::{by, counted};
use super::uncertainty::all_known;
use super::words::{
    ABSENT, capital, count, ends, ends_per_ml, message, number, per_frame, percent, range, shown,
    shown_per_ml, things, user,
};
use crate::assemble::NOT_SEARCHED;
use crate::report::model::{Capture, Estimate, Report, ReportFinding, Verdict};
use nta_core::Severity;
use nta_sizing::Budget;

/// Name of the sample and one line about it.
pub fn title(report: &Report) -> String {
    let id = match report.sample.id.trim() {
        "" => "Sample without a name".to_owned(),
        id => user(id),
    };
    let field = |key: &str| report.sample.fields.get(key).map(super::sections::as_text);
    let mut facts: Vec<String> = ["description", "date", "operator", "instrument"]
        .into_iter()
        .filter_map(field)
        .filter(|text| !text.trim().is_empty())
        .map(|text| user(&text))
        .collect();
    let frames: u64 = report.captures.iter().map(|c| c.frames).sum();
    facts.push(format!(
        "{}, {} frames",
        things(report.captures.len(), "capture", "captures"),
        count(frames)
    ));
    facts.push(circumstances(report));
    format!(
        "<header><p class=\"kind\">Nanoparticle tracking analysis</p><h1>{id}</h1><p class=\"facts\">{}</p></header>",
        facts.join("<span class=\"dot\"> · </span>")
    )
}

/// What the sizes depend on, at a glance.
fn circumstances(report: &Report) -> String {
    let a = &report.acquisition;
    let mut parts = vec![
        format!("{} µm/px", number(a.pixel_size_um.value)),
        format!("{} frames/s", number(1.0 / a.frame_interval_s.value)),
    ];
    if let Some(e) = &a.exposure_s {
        let doubt = match e.from.as_str() {
            from if from.starts_with("estimated") => " (from the film)",
            from if from.starts_with("assumed") => " (assumed)",
            _ => "",
        };
        parts.push(format!("{} ms exposure{doubt}", number(1e3 * e.value)));
    }
    let m = &report.medium;
    let liquid = m
        .name
        .as_deref()
        .map_or_else(|| format!("{} mPa s", number(m.viscosity_mpa_s)), user);
    let part = m
        .mass_fraction
        .map_or_else(String::new, |f| format!(" {} %", number(100.0 * f)));
    parts.push(format!("{liquid}{part} at {} °C", number(m.temperature_c)));
    parts.join(", ")
}

/// Place of a finding among those of its severity: what touches the sizes comes first.
pub(crate) fn rank(code: &str) -> usize {
    const ORDER: &str = "SLAVMDPCB";
    let letter = code.chars().next();
    letter.and_then(|l| ORDER.find(l)).unwrap_or(ORDER.len())
}

/// Findings of one severity, each code once, the weightiest first.
pub(crate) fn distinct(report: &Report, severity: Severity) -> Vec<&ReportFinding> {
    let mut out: Vec<&ReportFinding> = Vec::new();
    for f in report
        .findings
        .iter()
        .filter(|f| f.finding.severity == severity)
    {
        if !out.iter().any(|o| o.finding.code == f.finding.code) {
            out.push(f);
        }
    }
    out.sort_by_key(|f| rank(&f.finding.code));
    out
}

/// Whether nothing was followed long enough to be a particle, in films that are long enough for it.
pub(crate) fn found_nothing(report: &Report) -> bool {
    let nothing = |c: &Capture| c.particles_per_frame == 0.0 && c.tally.tracks_used == 0;
    let all = !report.captures.is_empty() && report.captures.iter().all(nothing);
    all && !too_short_to_count(report) && !not_searched(report)
}

/// Whether a film was not searched, because it shows more spots than particles can make.
pub(crate) fn not_searched(report: &Report) -> bool {
    unsearched(report).next().is_some()
}

/// Whether that is so of every film.
pub(crate) fn none_searched(report: &Report) -> bool {
    not_searched(report) && unsearched(report).count() == report.captures.len()
}

fn unsearched(report: &Report) -> impl Iterator<Item = &ReportFinding> {
    let findings = report.findings.iter();
    findings.filter(|f| f.finding.code == NOT_SEARCHED)
}

/// Whether particles were not counted because a film has too few frames.
pub(crate) fn too_short_to_count(report: &Report) -> bool {
    report.findings.iter().any(|f| f.finding.code == "C06")
}

/// Up to the end of the first sentence, without its full stop.
pub(crate) fn first_sentence(text: &str) -> &str {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
}

/// Whether no size came out.
pub fn no_size(report: &Report) -> bool {
    report.diameter_nm.median.value.is_none()
}

/// The verdict in words, with the first things to look at.
pub fn verdict(report: &Report) -> String {
    let problems = distinct(report, Severity::Failure);
    let warnings = distinct(report, Severity::Warning);
    let notes = distinct(report, Severity::Info);
    let look = |n: usize| things(n, "thing to look at", "things to look at");
    let (class, icon, head) = match report.verdict {
        Verdict::Fail => (
            "fail",
            "<path d=\"M13 13 27 27M27 13 13 27\"/>",
            format!(
                "Do not use these numbers: {}",
                things(problems.len(), "problem", "problems")
            ),
        ),
        Verdict::Warning if found_nothing(report) => (
            "warning",
            WARNING,
            format!("No particles found: {}", look(warnings.len())),
        ),
        Verdict::Warning if no_size(report) => (
            "warning",
            WARNING,
            format!("No size could be measured: {}", look(warnings.len())),
        ),
        Verdict::Warning => (
            "warning",
            WARNING,
            format!("Use with care: {}", look(warnings.len())),
        ),
        Verdict::Pass if found_nothing(report) => ("plain", NOTE, "No particles found".to_owned()),
        Verdict::Pass if no_size(report) => ("plain", NOTE, "No size could be measured".to_owned()),
        Verdict::Pass => ("pass", CHECK, "Usable: no problems found".to_owned()),
    };
    let mut lines: Vec<&str> = problems
        .iter()
        .chain(&warnings)
        .map(|f| first_sentence(&f.finding.message))
        .collect();
    // "and 1 more" would take the room of the one.
    let rest = match lines.len() {
        0..=4 => 0,
        n => n - 3,
    };
    lines.truncate(if rest > 0 { 3 } else { 4 });
    let mut list: String = lines
        .iter()
        .map(|l| format!("<li>{}</li>", user(l)))
        .collect();
    if rest > 0 {
        list.push_str(&format!("<li>and {rest} more</li>"));
    }
    let blank = match found_nothing(report) && report.verdict != Verdict::Fail {
        true => "<p>Right for a blank; otherwise check laser, focus and camera level.</p>",
        false => "",
    };
    let list = match (list.is_empty(), notes.len()) {
        (true, 0) => format!("{blank}<p>All checks were passed.</p>"),
        (true, n) => format!(
            "{blank}<p>All checks were passed; <a href=\"#findings\">{}</a>.</p>",
            things(n, "note", "notes")
        ),
        (false, _) => format!("{blank}<ul>{list}</ul>"),
    };
    let more = match report.verdict {
        Verdict::Pass => "",
        _ => "<a class=\"more\" href=\"#findings\">What to do</a>",
    };
    format!(
        "<div class=\"verdict {class}\"><svg viewBox=\"0 0 40 40\" aria-hidden=\"true\"><circle cx=\"20\" cy=\"20\" r=\"19\"/>{icon}</svg>\
         <div><h2>{head}</h2>{list}</div>{more}</div>"
    )
}

const CHECK: &str = "<path d=\"M11 21 17.500 27.500 29 14\"/>";
const NOTE: &str = "<path d=\"M20 11V12M20 18V29.500\"/>";
const WARNING: &str = "<path d=\"M20 10V22.500M20 28.500V29.500\"/>";

/// Why something is missing: the message of the first finding whose code begins with one of the letters, the
/// letters in their order.
fn reason(report: &Report, letters: &str) -> Option<String> {
    letters.chars().find_map(|letter| {
        report
            .findings
            .iter()
            .find(|f| f.finding.code.starts_with(letter))
            .map(|f| message(&two_sentences(&f.finding.message)))
    })
}

/// As much as fits into a card: what, and what to do.
fn two_sentences(text: &str) -> String {
    let parts: Vec<&str> = text.splitn(3, ". ").take(2).collect();
    let text = parts.join(". ");
    match text.ends_with('.') {
        true => text,
        false => text + ".",
    }
}

fn card(label: &str, value: &str, below: &str, class: &str) -> String {
    format!(
        "<div class=\"card {class}\"><p class=\"label\">{label}</p><p class=\"value\">{value}</p><p class=\"below\">{below}</p></div>"
    )
}

/// What stands below a number: its interval by chance, and the one with all known errors.
fn intervals(by_chance: &str, in_all: Option<String>, what: &str) -> String {
    match in_all {
        Some(in_all) => format!(
            "By chance alone (95 %): {by_chance}<br><a href=\"#uncertainty\">With {what}</a>: {in_all}"
        ),
        None => format!("95 % interval: {by_chance}"),
    }
}

fn diameter_card(
    report: &Report,
    label: &str,
    e: &Estimate,
    budget: Option<&Budget>,
    class: &str,
) -> String {
    match shown(e) {
        Some(s) => {
            let in_all = budget
                .zip(e.ci95)
                .map(|(b, ci95)| format!("{} nm", ends(e, all_known(b, ci95))));
            let what = match class {
                "half" => "all that is known",
                _ => "temperature, pixel size and all else that is known",
            };
            let below = match s.interval {
                Some(i) => intervals(&format!("{i} nm"), in_all, what),
                None => "no interval".to_owned(),
            };
            let value = format!("{} <span class=\"unit\">nm</span>", s.value);
            card(label, &value, &below, class)
        }
        None => card(
            label,
            ABSENT,
            &why_no_size(report),
            &format!("{class} absent"),
        ),
    }
}

fn why_no_size(report: &Report) -> String {
    reason(report, "SLDV").unwrap_or_else(|| match found_nothing(report) {
        true => "No particle was followed.".to_owned(),
        false => "The result gives no reason.".to_owned(),
    })
}

/// The numbers that everyone asks for.
pub fn headline(report: &Report) -> String {
    let d = &report.diameter_nm;
    let weighting = by(&report.distribution.weighting);
    let median = format!("Median diameter{weighting}");
    let budgets = report.uncertainty.as_ref();
    let mut cards = diameter_card(
        report,
        &median,
        &d.median,
        budgets.and_then(|u| u.d50_nm.as_ref()),
        "lead",
    );
    if d.median.value.is_some() || d.mean.value.is_some() {
        cards.push_str(&diameter_card(
            report,
            &format!("Mean diameter{weighting}"),
            &d.mean,
            budgets.and_then(|u| u.mean_nm.as_ref()),
            "half",
        ));
        cards.push_str(&range_card(report));
    }
    cards.push_str(&concentration_card(report));
    cards.push_str(&tracked_card(report));
    format!("<div class=\"cards\">{cards}</div>")
}

fn range_card(report: &Report) -> String {
    let d = &report.diameter_nm;
    match (d.d10.value, d.d90.value) {
        (Some(low), Some(high)) => {
            let (low, high) = range(low, high, d.d10.ci95, d.d90.ci95);
            card(
                "D10 to D90",
                &format!("{} to {} <span class=\"unit\">nm</span>", low, high),
                &counted(&report.distribution.weighting).middle("80 %"),
                "half",
            )
        }
        _ => card("D10 to D90", ABSENT, "", "half absent"),
    }
}

fn concentration_card(report: &Report) -> String {
    let label = "Concentration of the original sample";
    let Some(c) = &report.concentration else {
        let why = reason(report, "C").unwrap_or_else(|| {
            message("The probed depth is not known; give --depth-um or an instrument profile.")
        });
        return card(label, ABSENT, &why, "absent");
    };
    let s = shown_per_ml(c);
    let budget = report
        .uncertainty
        .as_ref()
        .and_then(|u| u.concentration_per_ml.as_ref());
    let in_all = budget
        .zip(c.ci95)
        .map(|(b, ci95)| ends_per_ml(c, all_known(b, ci95)));
    let sure = s.interval.map(|i| {
        let what = "depth, pixel size and all else that is known";
        intervals(&i, in_all, what) + "<br>"
    });
    let mut below = Vec::new();
    let undiluted = c.dilution_applied == 1.0;
    below.push(match undiluted {
        true => "Undiluted".to_owned(),
        false => format!("Dilution × {} included", number(c.dilution_applied)),
    });
    if c.before_blank_per_ml.is_some() {
        below.push("blank subtracted".to_owned());
    }
    let below = sure.unwrap_or_default() + &below.join("; ");
    let value = format!("{} <span class=\"unit\">per mL</span>", s.value);
    card(label, &value, &below, "")
}

fn tracked_card(report: &Report) -> String {
    let sum = |f: fn(&Capture) -> u64| report.captures.iter().map(f).sum::<u64>();
    let (used, tracks) = (sum(|c| c.tally.tracks_used), sum(|c| c.tally.tracks));
    let share = match (used, tracks) {
        (_, 0) => String::new(),
        (0, _) => format!(
            "None of {} tracks was long and clear enough; ",
            count(tracks)
        ),
        _ => format!(
            "{} of {} tracks were long and clear enough (one particle may give several); ",
            percent(used as f64 / tracks as f64),
            count(tracks)
        ),
    };
    let below = format!(
        "{share}{} particles in a frame",
        per_frame(report.particles_per_frame)
    );
    card("Tracks used for sizes", &count(used), &below, "")
}

/// The distribution, or why there is none.
pub fn distribution(report: &Report) -> String {
    let weighting = by(&report.distribution.weighting);
    let words = counted(&report.distribution.weighting);
    let line = format!("Line: {} at each diameter.", words.share());
    let triangles = format!("Triangles: {}.", words.below("10, 50 and 90 %"));
    match charts::distribution(report) {
        Some(chart) => {
            let mut parts = vec![&line[..]];
            if !report.distribution.ci95_high_per_nm.is_empty() {
                parts.push("Shaded: 95 % band.");
            }
            if charts::band_leaves_the_picture(&report.distribution) {
                parts.push("The band is higher than the picture: the shape is hardly known.");
            }
            match report.populations.len() {
                0 => {}
                1 => parts.push("Dashed: the median."),
                _ => parts.push("Dashed: populations and their shares."),
            }
            parts.push(&triangles);
            format!(
                "<figure class=\"main\"><h3>Size distribution{weighting}</h3>{chart}<figcaption>{}</figcaption></figure>",
                parts.join(" ")
            )
        }
        None => format!(
            "<figure class=\"main none\"><h3>Size distribution{weighting}</h3><div><p>{}</p><p class=\"below\">{}</p></div></figure>",
            capital(ABSENT),
            why_no_size(report)
        ),
    }
}
