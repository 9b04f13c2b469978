//! One line of the trail as a type.

use crate::report::{Report, Software};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What one line says, without its own hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the trail, from 0.
    pub entry: u64,
    /// When the files were written, RFC 3339 in UTC.
    pub when: String,
    /// Who wrote them; null if nobody was named.
    pub user: Option<String>,
    /// What was done: `analyzed`, or `reanalyzed` where a result was replaced.
    pub action: String,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// The program that wrote them.
    pub software: Software,
    /// SHA-256 of `plan.toml`.
    pub plan_sha256: String,
    /// What the result was made from.
    pub inputs: Vec<Input>,
    /// SHA-256 of every file of the folder but the trail, by name.
    pub files: BTreeMap<String, String>,
    /// The headline of this result.
    pub numbers: Numbers,
    /// The headline of the result that was replaced; null if there was none.
    pub numbers_before: Option<Numbers>,
    /// What else is to be known: nobody was named, or the trail before was missing or broken.
    pub notes: Vec<String>,
    /// Hash of the line before; 64 zeros in the first one. SHA-256 of all bytes before if these are no sound trail.
    pub previous: String,
}

/// What a result was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What it is to the result.
    pub kind: InputKind,
    /// Its path as `result.json` has it.
    pub path: String,
    /// Its place on the machine that read it, from the root; null if that is not known.
    pub at: Option<String>,
    /// SHA-256 as in `result.json`; null if it could not be read.
    pub sha256: Option<String>,
}

/// What an input is to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A film that was analysed.
    Capture,
    /// A film that was left out.
    Excluded,
    /// The result of the diluent that was taken off.
    Blank,
    /// The result of one sample, which tables of a batch were made from; its path starts at the folder of the batch.
    Result,
    /// A file that is neither film nor result: samples and limits of a batch, exports of an import.
    Table,
}

/// The headline of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Median diameter, nm.
    pub d50_nm: Option<f64>,
    /// Mean diameter, nm.
    pub mean_nm: Option<f64>,
    /// Particles per mL of the original sample.
    pub per_ml: Option<f64>,
    /// `pass`, `warning` or `fail`; null if the result does not say.
    pub verdict: Option<String>,
}

impl Numbers {
    /// Of tables, which have no headline of their own.
    pub(super) fn of_verdict(verdict: crate::report::Verdict) -> Self {
        Self {
            d50_nm: None,
            mean_nm: None,
            per_ml: None,
            verdict: Some(verdict.word().to_owned()),
        }
    }

    pub(crate) fn of(report: &Report) -> Self {
        Self {
            d50_nm: report.diameter_nm.d50.value,
            mean_nm: report.diameter_nm.mean.value,
            per_ml: report.concentration.as_ref().map(|c| c.per_ml),
            verdict: Some(report.verdict.word().to_owned()),
        }
    }

    /// Of a `result.json`, which may be of another version or damaged; what it does not say is null.
    pub(crate) fn of_text(result: &[u8]) -> Self {
        let value: serde_json::Value = serde_json::from_slice(result).unwrap_or_default();
        let number = |at: &str| value.pointer(at).and_then(serde_json::Value::as_f64);
        let verdict = value.get("verdict").and_then(serde_json::Value::as_str);
        Self {
            d50_nm: number("/diameter_nm/d50/value"),
            mean_nm: number("/diameter_nm/mean/value"),
            per_ml: number("/concentration/per_ml"),
            verdict: verdict.map(str::to_owned),
        }
    }
}

/// Everything that the result says it was made from, without places.
pub(crate) fn named_inputs(report: &Report) -> Vec<Input> {
    let input = |kind, path: &str, sha256: Option<&str>| Input {
        kind,
        path: path.to_owned(),
        at: None,
        // A film that is no file has no sum.
        sha256: sha256.filter(|s| !s.is_empty()).map(str::to_owned),
    };
    let captures = report.captures.iter();
    let captures = captures.map(|c| input(InputKind::Capture, &c.path, Some(&c.sha256)));
    let excluded = report.captures_excluded.iter();
    let excluded = excluded.map(|c| input(InputKind::Excluded, &c.path, c.sha256.as_deref()));
    let blank = report.blank.iter();
    let blank = blank.map(|b| input(InputKind::Blank, &b.path, Some(&b.sha256)));
    captures.chain(excluded).chain(blank).collect()
}

/// The same with places: those given for the captures and then for those left out; where none is given, what the path
/// says from here.
pub(super) fn inputs_of<'a>(
    report: &Report,
    places: impl IntoIterator<Item = &'a Path>,
) -> Vec<Input> {
    let mut inputs = named_inputs(report);
    let mut places = places.into_iter();
    for input in &mut inputs {
        let given = match input.kind {
            InputKind::Capture | InputKind::Excluded => places.next(),
            InputKind::Blank | InputKind::Result | InputKind::Table => None,
        };
        let place = given.unwrap_or(Path::new(&input.path));
        input.at = std::path::absolute(place)
            .ok()
            .map(|place| place.display().to_string());
    }
    inputs
}
