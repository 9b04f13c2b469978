//! What exports say of temperature and dilution, which all tracks of an import share.
//!
//! As for sidecars of films: a dilution that differs between films of one sample, or that some lack, is not used. Temperatures are
//! measured and never quite alike; up to [`ALIKE_K`] apart their mean counts, and beyond it none does.

use super::inputs::{Content, Input};
use super::recording::conditions_of;
use crate::plan::{Medium, Plan};
use crate::vendor::{ALIKE_K, ALIKE_SHARE, Conditions, ends, mean_of_alike};
use nta_core::{Finding, Severity};

/// The plan with what the exports say, where nobody stated it, and what is to be told of what they say differently.
pub(super) fn plan_with_conditions(plan: &Plan, inputs: &[Input]) -> (Plan, Vec<Finding>) {
    let mut plan = plan.clone();
    let mut findings = Vec::new();
    let tracks = inputs.iter();
    let tracks = tracks.filter(|i| matches!(i.content, Content::Tracks(_)));
    let told: Vec<Option<Conditions>> = tracks.map(|i| conditions_of(i, inputs)).collect();
    let from = names(&told);
    let is_named = matches!(plan.medium, Medium::Named(_));
    if is_named && plan.is_default("temperature_c") {
        let all = told.iter().filter_map(|c| c.as_ref()?.temperature_c);
        let believable: Vec<f64> = all.filter(|t| (0.0..=60.0).contains(t)).collect();
        match alike(&believable) {
            Some(Ok(t)) => plan.take_from_export("temperature_c", t, &from),
            Some(Err(ends)) => findings.push(differs(TEMPERATURE, ends, &from)),
            None => {}
        }
    }
    if plan.is_default("dilution") {
        let all: Vec<Option<f64>> = told.iter().map(|c| c.as_ref()?.dilution).collect();
        match shared(&all) {
            Some(Ok(dilution)) => plan.take_from_export("dilution", dilution, &from),
            Some(Err(Some(ends))) => findings.push(differs(DILUTION, ends, &from)),
            Some(Err(None)) => findings.push(not_of_all(&all, &from)),
            None => {}
        }
    }
    (plan, findings)
}

/// Where it is from: each export once.
fn names(told: &[Option<Conditions>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for conditions in told.iter().flatten() {
        if !names.contains(&conditions.from.as_str()) {
            names.push(&conditions.from);
        }
    }
    names.join(", ")
}

/// The mean of what is alike, else smallest and largest; `None` of nothing.
fn alike(values: &[f64]) -> Option<Result<f64, [f64; 2]>> {
    let [low, high] = ends(values)?;
    match high - low <= ALIKE_K {
        true => mean_of_alike(values).map(Ok),
        false => Some(Err([low, high])),
    }
}

/// The value that all share to one part in a thousand; else smallest and largest, or nothing where only some have it.
fn shared(values: &[Option<f64>]) -> Option<Result<f64, Option<[f64; 2]>>> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let [low, high] = ends(&known)?;
    Some(if high - low > ALIKE_SHARE * low {
        Err(Some([low, high]))
    } else if known.len() < values.len() {
        Err(None)
    } else {
        Ok(known[0])
    })
}

/// What is stated, its unit, and what to do where nobody agrees.
type What = [&'static str; 3];
const TEMPERATURE: What = ["temperature", " \u{b0}C", "give it with --temperature-c"];
const DILUTION: What = ["dilution", "", "give it with --dilution"];

fn differs([what, unit, advice]: What, [low, high]: [f64; 2], from: &str) -> Finding {
    unused(format!(
        "The exports state different values of the {what} for films of one sample, from {low}{unit} to {high}{unit} ({from}). None was \
         used; {advice}."
    ))
}

fn not_of_all(values: &[Option<f64>], from: &str) -> Finding {
    let known = values.iter().flatten().count();
    let all = values.len();
    let [.., advice] = DILUTION;
    unused(format!(
        "The exports state a dilution for {known} of {all} files of tracks only ({from}). It was not used; {advice}."
    ))
}

fn unused(message: String) -> Finding {
    Finding::new("V22", Severity::Warning, "open", message)
}
