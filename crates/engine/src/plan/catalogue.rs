//! What can be chosen, as text and as JSON: `nta methods`.

use super::instrument::{Instrument, instrument_folders, profiles_in, shipped_instruments};
use super::stages::{MethodInfo, STAGES, Stage};
use serde_json::{Value, json};
use std::fmt::Write;

/// All stages with their methods, numbers, defaults, ranges and references, for people.
pub fn methods_text() -> String {
    let mut out = String::new();
    for stage in STAGES {
        let _ = writeln!(out, "{}: {}", stage.name, stage.meaning);
        let methods = (stage.methods)();
        if methods.is_empty() {
            out.push_str("  (no methods in this build)\n");
        }
        for (i, method) in methods.iter().enumerate() {
            write_method(&mut out, method, i == 0);
        }
        out.push('\n');
    }
    out.push_str("Choose with --set STAGE.method=KEY, or in the plan's table of the stage.\n");
    out
}

fn write_method(out: &mut String, method: &MethodInfo, default: bool) {
    // Writing to a String cannot fail.
    let mark = if default { " (default)" } else { "" };
    let _ = writeln!(out, "  {}{mark}: {}", method.key, method.title);
    for p in method.params {
        let _ = writeln!(
            out,
            "    {} = {}  ({} to {} {}) {}",
            p.key, p.default, p.min, p.max, p.unit, p.meaning
        );
    }
    for reference in method.references {
        let _ = writeln!(out, "    see {reference}");
    }
}

/// The same for programs: `{"stages": [{"stage", "meaning", "methods": [...]}]}`.
pub fn methods_json() -> Value {
    let stages: Vec<Value> = STAGES.iter().map(stage_json).collect();
    json!({ "stages": stages })
}

fn stage_json(stage: &Stage) -> Value {
    let methods: Vec<Value> = (stage.methods)()
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let params: Vec<Value> = m
                .params
                .iter()
                .map(|p| {
                    json!({
                        "key": p.key, "default": p.default, "min": p.min, "max": p.max,
                        "unit": p.unit, "meaning": p.meaning,
                    })
                })
                .collect();
            json!({
                "key": m.key, "default": i == 0, "title": m.title,
                "references": m.references, "params": params,
            })
        })
        .collect();
    json!({ "stage": stage.name, "meaning": stage.meaning, "methods": methods })
}

/// The instrument profiles that `--instrument NAME` finds on this machine, for people.
pub fn instruments_text() -> String {
    let mut out = String::from("instruments: profiles for --instrument NAME\n");
    for profile in shipped_instruments() {
        let notes = profile.notes.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} (check: usual values, not measured): {notes}",
            profile.name
        );
        for (key, value) in profile.values() {
            if !["name", "typical", "notes"].contains(&key) {
                let _ = writeln!(out, "    {key} = {}", value.to_toml());
            }
        }
    }
    for (folder, name) in own_instruments() {
        let _ = writeln!(out, "  {name}: your own, in {folder}");
    }
    out.push_str("  `nta calibrate` makes one of your own from films of beads; put it into a folder of NTA_INSTRUMENTS.\n");
    out
}

/// The same for programs: `{"shipped": [...], "own": [{"name", "folder"}]}`.
pub fn instruments_json() -> Value {
    let values = |profile: &Instrument| {
        let fields = profile.values().into_iter();
        Value::Object(fields.map(|(k, v)| (k.to_owned(), v.to_json())).collect())
    };
    let shipped: Vec<Value> = shipped_instruments().iter().map(values).collect();
    let own: Vec<Value> = own_instruments()
        .into_iter()
        .map(|(folder, name)| json!({"name": name, "folder": folder}))
        .collect();
    json!({ "shipped": shipped, "own": own })
}

/// Folder and name of each profile of the user.
fn own_instruments() -> Vec<(String, String)> {
    let folders = instrument_folders();
    let in_each = folders.iter().flat_map(|folder| {
        let names = profiles_in(std::slice::from_ref(folder));
        names
            .into_iter()
            .map(|name| (folder.display().to_string(), name))
    });
    in_each.collect()
}
