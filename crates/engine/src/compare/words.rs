//! The sentences of a comparison, for the terminal, the page and the tables alike.

use super::model::{Answer, Compared, DistributionTest, Pair, Trend};
use nta_sizing::compare::line::Until;

/// `+1.2` and `-0.8`; large ones without a decimal.
pub(crate) fn signed(value: f64) -> String {
    let text = match value.abs() >= 99.95 {
        true => format!("{value:+.0}"),
        false => format!("{value:+.1}"),
    };
    // Nothing has no sign.
    match text.as_str() {
        "+0.0" | "-0.0" => "0.0".into(),
        _ => text,
    }
}

/// A margin as it was typed.
pub(crate) fn plain(value: f64) -> String {
    value.to_string()
}

/// `D50: equivalent within 10 %: yes; the difference is +1.2 % (90 % interval -0.8 to +3.1)`.
pub(crate) fn of_number(c: &Compared) -> String {
    let unit = match c.unit.as_str() {
        "%" => "percentage points",
        _ => "%",
    };
    let missing = |v: Option<f64>| v.is_none();
    let Some(found) = c.percent.value else {
        let side = match (missing(c.reference.value), missing(c.group.value)) {
            (true, true) => "neither side has it",
            (true, false) => "the reference does not have it",
            _ => "the group does not have it",
        };
        return format!("{}: cannot be compared, because {side}", c.title);
    };
    let margin = plain(c.equivalence.margin_percent);
    let within = format!("{}: equivalent within {margin} {unit}", c.title);
    let difference = format!("the difference is {} {unit}", signed(found));
    let interval = c
        .percent_ci90
        .map(|[low, high]| format!(" (90 % interval {} to {})", signed(low), signed(high)))
        .unwrap_or_default();
    match c.equivalence.outcome {
        Answer::Equivalent => format!("{within}: yes; {difference}{interval}"),
        Answer::Different => format!("{within}: no; {difference}{interval}"),
        Answer::NotShown => format!("{within}: not shown; {difference}{interval}"),
        Answer::NotKnown => format!("{within}: not known, because there is no error; {difference}"),
    }
}

/// Probabilities: `p = 0.42`, and `p < 0.001` for what would round to nothing.
pub(crate) fn probability(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".into(),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// How far the distributions are apart, and what chance makes of it.
pub(crate) fn of_distribution(d: &DistributionTest) -> String {
    let apart = format!(
        "distribution: {:.1} nm apart on average (Wasserstein), at most {:.1} percentage points in the share of smaller \
         particles",
        d.wasserstein_nm, d.largest_share_percent
    );
    let (Some(p), Some(chance), Some(tested)) = (d.p, d.by_chance_95, d.tested_distance) else {
        return format!(
            "{apart}; no test, because no tracks of the same length are there on both sides"
        );
    };
    // The same limit as that of the answer, so that the two never disagree.
    let verdict = match d.p_adjusted.unwrap_or(p) < 0.05 {
        true => "more than chance explains",
        false => "no more than chance explains",
    };
    match d.permuted.as_str() {
        "results" => format!(
            "{apart}; {verdict} ({}; results dealt out at random are {chance:.1} nm apart or more in 5 of 100 cases)",
            probability(p)
        ),
        _ => format!(
            "{apart}; tracks of one length differ by {tested:.1} %, {verdict} ({}; tracks dealt out at random \
             differ by {chance:.1} % or more in 5 of 100 cases)",
            probability(p)
        ),
    }
}

/// The answer for a pair: what the judged numbers say together.
pub(crate) fn answer(pair: &Pair) -> String {
    let judged = || pair.numbers.iter().filter(|n| n.judged);
    let titles = |outcome: Answer| {
        let all: Vec<&str> = judged()
            .filter(|n| n.equivalence.outcome == outcome)
            .map(|n| n.title.as_str())
            .collect();
        all.join(", ")
    };
    let (group, reference) = (&pair.group, &pair.reference);
    let margins: Vec<String> = {
        let mut all: Vec<f64> = judged()
            .filter(|n| n.equivalence.outcome != Answer::NotKnown)
            .map(|n| n.equivalence.margin_percent)
            .collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all.into_iter().map(plain).collect()
    };
    let margin = format!("{} %", margins.join(" and "));
    let [yes, no, open, absent] = [
        Answer::Equivalent,
        Answer::Different,
        Answer::NotShown,
        Answer::NotKnown,
    ]
    .map(titles);
    let both = format!("{group} with {reference} within {margin}");
    let mut out = match (yes.is_empty(), no.is_empty(), open.is_empty()) {
        (_, false, true) => {
            format!("{group} is not equivalent to {reference} within {margin}: it differs in {no}.")
        }
        (_, false, false) => format!(
            "{group} is not equivalent to {reference} within {margin}: it differs in {no}; not shown for {open}."
        ),
        (false, true, true) => {
            format!("{group} is equivalent to {reference} within {margin} in {yes}.")
        }
        (false, true, false) => {
            format!("Equivalence of {both} is shown for {yes}, but not for {open}.")
        }
        (true, true, false) => format!("Equivalence of {both} is not shown for {open}."),
        (true, true, true) => format!("{group} and {reference} could not be compared."),
    };
    if !absent.is_empty() {
        out.push_str(&format!(" Not compared: {absent}."));
    }
    let real = detected(pair);
    if !real.is_empty() {
        out.push_str(&format!(
            " More than chance: the difference in {}.",
            real.join(", ")
        ));
    } else if judged().any(|n| n.p.is_some()) {
        out.push_str(" No difference beyond chance was found.");
    }
    out
}

/// What differs by more than chance with all tests allowed for.
pub(crate) fn detected(pair: &Pair) -> Vec<&str> {
    let real = |p: Option<f64>| p.is_some_and(|p| p < 0.05);
    let mut out: Vec<&str> = pair
        .numbers
        .iter()
        .filter(|n| real(n.p_adjusted))
        .map(|n| n.title.as_str())
        .collect();
    if pair
        .distribution
        .as_ref()
        .is_some_and(|d| real(d.p_adjusted))
    {
        out.push("the size distribution");
    }
    out
}

/// The words of `within_margin`, and the time that goes with them.
pub(crate) fn until(until: Until) -> (&'static str, Option<f64>) {
    match until {
        Until::NotSaid => ("not_said", None),
        Until::Time(t) => ("until", Some(t)),
        Until::Beyond(t) => ("at_least", Some(t)),
    }
}

/// A trend in one sentence.
pub(crate) fn of_trend(t: &Trend) -> String {
    let of = t
        .group
        .as_ref()
        .map(|g| format!(" of {g}"))
        .unwrap_or_default();
    let per_day = t.percent_per_day;
    let slope = match (per_day.value, per_day.ci95) {
        (Some(v), Some([low, high])) => {
            format!("{v:+.3} % per day (95 % interval {low:+.3} to {high:+.3})")
        }
        _ => "not known".into(),
    };
    let margin = plain(t.equivalence.margin_percent);
    let span = |i: usize| t.line.time_days.get(i).copied().unwrap_or(f64::NAN);
    let days = span(t.line.time_days.len().saturating_sub(1)) - span(0);
    let shown = match t.equivalence.outcome {
        Answer::Equivalent => "yes",
        Answer::Different => "no",
        Answer::NotShown | Answer::NotKnown => "not shown",
    };
    let [low, high] = t.change_percent_ci90;
    let stays = match (t.within_margin.as_str(), t.within_margin_until_days) {
        ("until", Some(day)) => format!("the 95 % band of the line stays within the margin until day {day:.1}"),
        ("at_least", Some(day)) => format!(
            "the 95 % band of the line stays within the margin at least until day {day:.1}, beyond which nothing is said"
        ),
        _ => "the 95 % band of the line is wider than the margin from the start, so that no time can be said".into(),
    };
    format!(
        "{}{of} over time: {slope}, {}; stable within {margin} % over {} days: {shown}, the change is {} % (90 % interval {} to \
         {}); {stays}",
        t.title,
        probability(t.p),
        plain(days),
        signed(t.change_percent.value.unwrap_or(f64::NAN)),
        signed(low),
        signed(high),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_probabilities() {
        assert_eq!(signed(1.24), "+1.2");
        assert_eq!(signed(-0.76), "-0.8");
        assert_eq!(signed(-0.01), "0.0");
        assert_eq!(signed(-123.4), "-123");
        assert_eq!(probability(0.0002), "p < 0.001");
        assert_eq!(probability(0.0312), "p = 0.031");
        assert_eq!(probability(0.517), "p = 0.52");
    }
}
