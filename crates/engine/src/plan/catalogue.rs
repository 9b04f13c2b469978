//! What can be chosen, as text and as JSON: `nta methods`.

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
