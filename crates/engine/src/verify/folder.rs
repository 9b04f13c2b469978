//! One folder with a result: its trail, its files, its plan.

use super::check::{Check, State, name_of};
use super::films::Films;
use super::{ResultChecks, VerifyError, VerifyRequest};
use crate::audit::{AUDIT_FILE, Chain, Entry, Input, InputKind, Numbers, named_inputs};
use crate::fingerprint::{sha256_of, sha256_of_bytes};
use crate::report::Report;
use crate::report::write::OF_THE_DESKTOP;
use crate::runtime::Runtime;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn verify_folder(
    folder: &Path,
    request: &VerifyRequest,
    runtime: &Runtime<'_>,
) -> Result<ResultChecks, VerifyError> {
    let mut result = ResultChecks {
        folder: super::check::plain(&folder.display().to_string()),
        checks: Vec::new(),
        hashes: Vec::new(),
        last: None,
    };
    let path = folder.join(AUDIT_FILE);
    let text = if path.is_file() {
        fs::read(&path).map_err(|e| e.to_string())
    } else {
        Err("it is no file".to_owned())
    };
    let text = match text {
        Ok(text) => text,
        Err(reason) => {
            let message = format!("cannot be read: {reason}");
            let check = Check::new(State::Missing, AUDIT_FILE, message);
            result.checks.push(check);
            return Ok(result);
        }
    };
    let chain = Chain::read(&text);
    result.checks = of_chain(&chain);
    result.hashes = chain.links.iter().map(|l| l.hash.clone()).collect();
    let Some(entry) = chain.last() else {
        let message = "the last line of the trail cannot be read, so that nothing is known of them";
        let check = Check::new(State::NotChecked, "files and films", message);
        result.checks.push(check);
        return Ok(result);
    };
    result.last = Some((entry.when.clone(), entry.user.clone()));
    result.checks.extend(of_files(folder, entry, runtime)?);
    let (results, films_named): (Vec<Input>, Vec<Input>) = entry
        .inputs
        .iter()
        .cloned()
        .partition(|i| i.kind == InputKind::Result);
    if is_batch(entry) {
        result.checks.extend(of_samples(folder, &results, runtime)?);
    } else if entry.files.contains_key("result.json") {
        result.checks.push(of_result(folder, entry));
    }
    let films = Films {
        inputs: &request.inputs,
        runtime,
    };
    if request.results_only {
        let count = films_named.len();
        let message = format!("{count} left alone, as asked");
        result
            .checks
            .push(Check::new(State::NotChecked, "films", message));
    } else {
        result.checks.extend(films.checked(&films_named)?);
    }
    Ok(result)
}

/// Whether the line is of tables that were made from the results of samples.
fn is_batch(entry: &Entry) -> bool {
    entry.files.contains_key("batch.json")
}

/// The results that tables were made from. They lie in the folder of the tables, wherever that is now.
fn of_samples(
    folder: &Path,
    results: &[Input],
    runtime: &Runtime<'_>,
) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for input in results {
        let subject = format!("result {}", input.path);
        let place = folder.join(&input.path);
        let found = if place.is_file() {
            sha256_of(&[place], false, runtime.cancel).map_err(|e| e.to_string())
        } else {
            Err("it is no file".to_owned())
        };
        checks.push(match found {
            Ok(None) => return Err(VerifyError::Cancelled),
            Ok(found) if found == input.sha256 => {
                Check::new(State::Sound, subject, "as the tables were made from it")
            }
            Ok(_) => {
                let message = "is not what the tables were made from; run the batch again";
                Check::new(State::Altered, subject, message)
            }
            Err(reason) => Check::new(State::Missing, subject, format!("cannot be read: {reason}")),
        });
    }
    Ok(checks)
}

/// Every line that does not hold; one word for all if all do.
fn of_chain(chain: &Chain) -> Vec<Check> {
    let faults = chain.links.iter().enumerate().filter_map(|(i, link)| {
        let fault = link.fault.as_deref()?;
        let subject = format!("{AUDIT_FILE}, line {}", i + 1);
        Some(Check::new(State::Altered, subject, fault))
    });
    let mut checks: Vec<Check> = faults.collect();
    if chain.links.is_empty() {
        checks.push(Check::new(State::Altered, AUDIT_FILE, "is empty"));
    }
    if checks.is_empty() {
        let lines = chain.links.len();
        let message = if lines == 1 {
            "its line has the hash that it states".to_owned()
        } else {
            format!(
                "its {lines} lines have the hashes that they state, each with that of the line before"
            )
        };
        checks.push(Check::new(State::Sound, AUDIT_FILE, message));
    }
    checks
}

/// `on 2026-11-28T08:40:00Z by ada`.
fn written(entry: &Entry) -> String {
    let by = entry.user.as_deref().unwrap_or("somebody unnamed");
    format!("on {} by {by}", entry.when)
}

/// The files of the folder against those that the last line names.
fn of_files(
    folder: &Path,
    entry: &Entry,
    runtime: &Runtime<'_>,
) -> Result<Vec<Check>, VerifyError> {
    let mut there: BTreeMap<String, PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|e| Some(e.ok()?.path()))
            // The folders beside the tables of a batch are results of their own.
            .filter(|path| !(is_batch(entry) && path.is_dir()))
            .map(|path| (name_of(&path), path))
            .collect(),
        Err(_) => BTreeMap::new(),
    };
    there.remove(AUDIT_FILE);
    let mut checks = Vec::new();
    for (name, sum) in &entry.files {
        let Some(path) = there.remove(name) else {
            let message = format!("was written {}", written(entry));
            checks.push(Check::new(State::Missing, name, message));
            continue;
        };
        let found = if path.is_file() {
            sha256_of(&[path], false, runtime.cancel).map_err(|e| e.to_string())
        } else {
            Err("it is no file".to_owned())
        };
        checks.push(match found {
            Ok(None) => return Err(VerifyError::Cancelled),
            Ok(Some(found)) if found == *sum => Check::new(State::Sound, name, ""),
            Ok(Some(_)) => Check::new(
                State::Altered,
                name,
                format!("differs from what was written {}", written(entry)),
            ),
            Err(reason) => Check::new(State::Missing, name, format!("cannot be read: {reason}")),
        });
    }
    checks.extend(there.keys().map(|name| {
        if OF_THE_DESKTOP.contains(&name.as_str()) {
            Check::new(State::NotChecked, name, "was put there by the desktop")
        } else {
            let message = format!("is not among what was written {}", written(entry));
            Check::new(State::Altered, name, message)
        }
    }));
    Ok(checks)
}

/// The result against its plan and against the last line.
fn of_result(folder: &Path, entry: &Entry) -> Check {
    const SUBJECT: &str = "result.json and plan.toml";
    let read = |name: &str| {
        let path = folder.join(name);
        path.is_file().then(|| fs::read(path).ok()).flatten()
    };
    let (Some(result), Some(plan)) = (read("result.json"), read("plan.toml")) else {
        let message = "one of them cannot be read, so that they cannot be compared";
        return Check::new(State::NotChecked, SUBJECT, message);
    };
    let report = match Report::from_json(&result) {
        Ok(report) => report,
        Err(e) => return Check::new(State::Altered, SUBJECT, e.to_string()),
    };
    let without_place = |i: &Input| Input {
        at: None,
        ..i.clone()
    };
    // A result names its films and its blank, not the tables that values were taken from.
    let of_report = |i: &&Input| {
        matches!(
            i.kind,
            InputKind::Capture | InputKind::Excluded | InputKind::Blank
        )
    };
    let inputs = entry.inputs.iter().filter(of_report);
    let inputs: Vec<Input> = inputs.map(without_place).collect();
    let plan = sha256_of_bytes(&plan);
    let fault = if report.plan_sha256 != plan {
        "plan.toml is not the plan that result.json names"
    } else if entry.plan_sha256 != plan {
        "plan.toml is not the plan that the trail names"
    } else if inputs != named_inputs(&report) {
        "result.json names other films than the trail"
    } else if entry.numbers != Numbers::of(&report) {
        "result.json states other numbers than the trail"
    } else {
        let message = "the result names this plan, and the trail the same films and numbers";
        return Check::new(State::Sound, SUBJECT, message);
    };
    Check::new(State::Altered, SUBJECT, fault)
}
