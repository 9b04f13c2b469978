//! `nta compare`: whether finished results agree, batch against batch or over time.
//!
//! Results are read as they stand in their folders; no film is analysed again. Numbers are held against each other by
//! [`nta_sizing::compare`]; what is said about them is written as JSON, a table and a page.

mod charts;
mod csv;
mod distribution;
mod error;
mod findings;
mod gather;
mod model;
mod numbers;
mod page;
mod pairs;
mod settings;
#[cfg(test)]
mod simulated;
mod tables;
#[cfg(test)]
mod tests;
mod trend;
mod words;

pub use error::CompareError;
pub use model::*;

use crate::report::{COMPARISON, OutputFile, Verdict, check_folder_of, json_text, write_folder_of};
use gather::{Gathered, Item, Items, by_field, gather, no_field};
use nta_core::Severity;
use numbers::{COMMON, Number, USUALLY_JUDGED, all_of};
use std::path::PathBuf;

/// The margin where none is given, %.
pub const USUAL_MARGIN_PERCENT: f64 = 10.0;
/// The field of the sample that is looked for times where none is named.
pub const USUAL_TIME_FIELD: &str = "time_days";

/// What to compare, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRequest {
    /// Folders of results, or of folders of results.
    pub dirs: Vec<PathBuf>,
    /// Field of the sample that results of one group share; `None`: each folder is a group.
    pub by: Option<String>,
    /// The group that the others are held against; `None`: the first.
    pub reference: Option<String>,
    /// The margin, %; with one given, equivalence decides about the verdict. `None`: [`USUAL_MARGIN_PERCENT`].
    pub margin_percent: Option<f64>,
    /// The margin of concentrations, %; `None`: that of the others.
    pub concentration_margin_percent: Option<f64>,
    /// The numbers that the answer rests on; empty: D50 and concentration, what there is of them.
    pub judged: Vec<String>,
    /// Field of the sample that holds its time, days; `None`: [`USUAL_TIME_FIELD`], where there is one.
    pub time_field: Option<String>,
    /// Seed of random permutations.
    pub seed: u64,
    /// Folder of the comparison.
    pub out: PathBuf,
    /// Replace a comparison that is there already.
    pub overwrite: bool,
}

/// What came of a comparison.
#[derive(Clone, Debug)]
pub struct CompareOutcome {
    /// The comparison.
    pub comparison: Comparison,
    /// A few lines for people.
    pub text: String,
    /// The page.
    pub page_path: PathBuf,
}

impl CompareOutcome {
    /// 3 if an input could not be used, else 1 if the verdict is `fail`, else 0.
    pub fn exit_code(&self) -> u8 {
        match (self.comparison.left_out.is_empty(), self.comparison.verdict) {
            (false, _) => 3,
            (true, Verdict::Fail) => 1,
            (true, _) => 0,
        }
    }
}

/// Compares finished results and writes what comes of it: all files or none.
pub fn compare(request: &CompareRequest) -> Result<CompareOutcome, CompareError> {
    request.check()?;
    check_folder_of(&COMPARISON, &request.out, request.overwrite)?;
    let gathered = gather(&request.dirs)?;
    enough(&gathered, request)?;
    let gathered = match &request.by {
        Some(field) => by_field(gathered, field)?,
        None => gathered,
    };
    let Gathered { groups, left_out } = with_reference_first(gathered, request)?;
    let reasons = gather::reasons(&left_out);
    let comparison = of_groups(&groups, left_out, request).map_err(|e| match e {
        // The other group is there, but cannot be read.
        CompareError::OneGroup { .. } if !reasons.is_empty() => {
            CompareError::TooFewReadable { reasons }
        }
        other => other,
    })?;
    let files = [
        OutputFile::new("compare.json", json_text(&comparison)),
        OutputFile::new("compare.csv", csv::table(&comparison)),
        OutputFile::new("compare.html", page::page(&comparison)),
    ];
    write_folder_of(&COMPARISON, &request.out, request.overwrite, &files)?;
    Ok(CompareOutcome {
        text: text(&comparison),
        comparison,
        page_path: request.out.join("compare.html"),
    })
}

impl CompareRequest {
    fn check(&self) -> Result<(), CompareError> {
        let margins = [self.margin_percent, self.concentration_margin_percent];
        for value in margins.into_iter().flatten() {
            if !(value > 0.0 && value < 100.0) {
                return Err(CompareError::Margin { value });
            }
        }
        Ok(())
    }

    /// What is in force.
    fn asked(&self, groups: &[Items]) -> Result<Asked, CompareError> {
        let reports = || groups.iter().flat_map(|g| &g.items).map(|i| &i.report);
        let known: Vec<String> = all_of(reports()).into_iter().map(Number::key).collect();
        if let Some(name) = self.judged.iter().find(|j| !known.contains(j)) {
            return Err(CompareError::NoNumber {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        // What no result has is not missed, unless it was asked for by name.
        let there = |key: &&str| {
            let number = COMMON.iter().find(|n| n.key() == **key);
            number.is_some_and(|n| reports().any(|r| n.plain(r).is_some()))
        };
        let usual = || {
            USUALLY_JUDGED
                .iter()
                .filter(|k| there(k))
                .map(|k| (*k).to_owned())
        };
        let margin_percent = self.margin_percent.unwrap_or(USUAL_MARGIN_PERCENT);
        Ok(Asked {
            margin_percent,
            concentration_margin_percent: self
                .concentration_margin_percent
                .unwrap_or(margin_percent),
            equivalence_decides: self.margin_percent.is_some()
                || self.concentration_margin_percent.is_some(),
            judged: match self.judged.is_empty() {
                true => usual().collect(),
                false => self.judged.clone(),
            },
            by: self.by.clone(),
            time_field: self
                .time_field
                .clone()
                .unwrap_or_else(|| USUAL_TIME_FIELD.into()),
            seed: self.seed,
        })
    }
}

/// Whether there is anything to compare.
fn enough(gathered: &Gathered, request: &CompareRequest) -> Result<(), CompareError> {
    match (gathered.results(), gathered.left_out.is_empty()) {
        (0 | 1, false) => Err(CompareError::TooFewReadable {
            reasons: gather::reasons(&gathered.left_out),
        }),
        (0 | 1, true) => Err(CompareError::OnlyOne {
            path: request
                .dirs
                .first()
                .map(|d| d.display().to_string())
                .unwrap_or_default(),
        }),
        _ => Ok(()),
    }
}

/// Puts the reference first and takes groups without a readable result away.
fn with_reference_first(
    gathered: Gathered,
    request: &CompareRequest,
) -> Result<Gathered, CompareError> {
    let reasons = gather::reasons(&gathered.left_out);
    let Gathered {
        mut groups,
        left_out,
    } = gathered;
    if let Some(name) = &request.reference {
        let Some(place) = groups.iter().position(|g| g.name == *name) else {
            let known: Vec<&str> = groups.iter().map(|g| g.name.as_str()).collect();
            return Err(CompareError::NoReference {
                name: name.clone(),
                known: known.join(", "),
            });
        };
        groups[..=place].rotate_right(1);
    }
    if let Some(first) = groups.first().filter(|g| g.items.is_empty()) {
        return Err(CompareError::ReferenceLost {
            name: first.name.clone(),
            reasons,
        });
    }
    groups.retain(|g| !g.items.is_empty());
    Ok(Gathered { groups, left_out })
}

/// The comparison of groups of results, the reference first.
pub(crate) fn of_groups(
    groups: &[Items],
    left_out: Vec<LeftOut>,
    request: &CompareRequest,
) -> Result<Comparison, CompareError> {
    let asked = request.asked(groups)?;
    if let Some(field) = &request.time_field {
        let items: Vec<Item> = groups.iter().flat_map(|g| g.items.clone()).collect();
        if items.iter().all(|i| i.field(field).is_none()) {
            return Err(no_field(&items, field));
        }
    }
    let mut out = Comparison {
        schema: SCHEMA.into(),
        software: crate::assemble::software(),
        groups: groups.iter().map(|g| group(g, &asked)).collect(),
        left_out,
        pairs: pairs::pairs(groups, &asked),
        trends: trend::trends(groups, &asked),
        asked,
        findings: Vec::new(),
        verdict: Verdict::Pass,
    };
    if out.pairs.is_empty() && out.trends.is_empty() {
        return Err(CompareError::OneGroup {
            name: groups.first().map(|g| g.name.clone()).unwrap_or_default(),
            time_field: out.asked.time_field,
        });
    }
    out.findings = findings::findings(&out, groups);
    out.verdict = match out.findings.iter().map(|f| f.severity).max() {
        Some(Severity::Failure) => Verdict::Fail,
        Some(Severity::Warning) => Verdict::Warning,
        Some(Severity::Info) | None => Verdict::Pass,
    };
    Ok(out)
}

fn group(group: &Items, asked: &Asked) -> Group {
    let member = |item: &Item| Member {
        path: item.path.clone(),
        result_sha256: item.sha256.clone(),
        films_sha256: item
            .report
            .captures
            .iter()
            .map(|c| c.sha256.clone())
            .collect(),
        sample_id: item.report.sample.id.clone(),
        verdict: item.report.verdict,
        tracks: item.report.distribution.tracks,
        time_days: trend::time_of(item, &asked.time_field),
        d50_nm: item.report.diameter_nm.d50,
        per_ml: Number::Concentration
            .plain(&item.report)
            .unwrap_or_default(),
    };
    Group {
        name: group.name.clone(),
        results: group.items.iter().map(member).collect(),
        distribution: distribution::mean(&group.items),
    }
}

/// What the command prints.
fn text(c: &Comparison) -> String {
    let mut lines = Vec::new();
    for pair in &c.pairs {
        lines.push(format!(
            "{} against {}: {}",
            pair.group, pair.reference, pair.answer
        ));
        lines.extend(
            pair.numbers
                .iter()
                .filter(|n| n.judged)
                .map(|n| format!("  {}", n.sentence)),
        );
        lines.extend(
            pair.distribution
                .iter()
                .map(|d| format!("  {}", d.sentence)),
        );
    }
    lines.extend(c.trends.iter().map(|t| t.sentence.clone()));
    lines.push(format!("verdict: {}", c.verdict.word()));
    lines.extend(
        c.findings
            .iter()
            .filter(|f| f.severity > Severity::Info)
            .map(|f| format!("  - {}", f.message)),
    );
    lines.join("\n") + "\n"
}
