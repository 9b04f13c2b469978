//! What was checked, in words and as JSON.

use super::{Check, ResultChecks, State, Verification};
use serde_json::{Value, json};
use std::fmt::Write;

/// What only people can do. A trail that is not sound deserves no place in a lab book.
const ADVICE: &str = "Write these hashes into your lab book: whoever rewrites a whole trail cannot keep its last hash; `--head \
                      HASH` compares them later.\n";

impl Verification {
    /// A line for each check, a summary, and the hash of each trail.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let several = self.results.len() > 1;
        for result in &self.results {
            if several {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{}", result.folder);
            }
            lines(&mut out, &result.checks, several);
        }
        lines(&mut out, &self.beside, false);
        lines(&mut out, &self.heads, false);
        let _ = writeln!(out, "{}", self.summary());
        for result in &self.results {
            let _ = writeln!(out, "{}", head_line(result));
        }
        if self.is_sound() {
            out.push_str(ADVICE);
        }
        out
    }

    fn summary(&self) -> String {
        let count = |state| self.checks().filter(|c| c.state == state).count();
        let mut parts = vec![format!("{} sound", count(State::Sound))];
        for state in [State::Altered, State::Missing, State::NotChecked] {
            let n = count(state);
            if n > 0 {
                parts.push(format!("{n} {}", state.word()));
            }
        }
        let verdict = match (self.is_sound(), count(State::NotChecked)) {
            (true, 0) => "all sound",
            // What was not looked at is not called sound.
            (true, _) => "nothing altered or missing",
            (false, _) => "NOT SOUND",
        };
        format!("{verdict}: {}", parts.join(", "))
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let results: Vec<Value> = self.results.iter().map(result_json).collect();
        json!({
            "sound": self.is_sound(),
            "results": results,
            "beside": self.beside,
            "heads": self.heads,
        })
    }
}

fn result_json(result: &ResultChecks) -> Value {
    json!({
        "folder": result.folder,
        "entries": result.hashes.len(),
        "head": result.hashes.last(),
        "written": result.last.as_ref().map(|(when, _)| when),
        "user": result.last.as_ref().map(|(_, user)| user),
        "checks": result.checks,
    })
}

fn lines(out: &mut String, checks: &[Check], indented: bool) {
    let indent = if indented { "  " } else { "" };
    for check in checks {
        let Check {
            state,
            subject,
            message,
        } = check;
        let word = state.word();
        let end = if message.is_empty() {
            subject.clone()
        } else {
            format!("{subject} ({message})")
        };
        let _ = writeln!(out, "{indent}{word}: {end}");
    }
}

fn head_line(result: &ResultChecks) -> String {
    let Some(Some(head)) = result.hashes.last() else {
        return format!("last hash of {}: none", result.folder);
    };
    let lines = result.hashes.len();
    let s = if lines == 1 { "" } else { "s" };
    format!("last hash of {} ({lines} line{s}): {head}", result.folder)
}
