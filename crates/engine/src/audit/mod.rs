//! The audit trail of a result folder: `audit.jsonl`, one line for each time that its files were written.
//!
//! Every line names the files that were written by their SHA-256, the films that they were made from, who wrote them,
//! when and why, and the hash of the line before. So a byte that changes later, in a file, in a film or in the trail
//! itself, does not fit any more. What the chain cannot show is that all of it was written anew; whoever keeps the hash
//! of its last line elsewhere, in a lab book, sees that too.
//!
//! The clock and the user's name stand here and nowhere else in a result, but for its timing.

mod chain;
mod clock;
mod entry;
#[cfg(test)]
mod tests;

pub use chain::{Chain, Link};
pub(crate) use entry::named_inputs;
pub use entry::{Entry, Input, InputKind, Numbers};

use crate::fingerprint::sha256_of_bytes;
use crate::report::Report;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Name of the file of the trail.
pub const AUDIT_FILE: &str = "audit.jsonl";
/// What stands for the hash of the line before the first one.
pub(crate) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the trail says where it names nobody.
const NOBODY: &str =
    "nobody is named: there was no --user, and none of USER, LOGNAME and USERNAME is set";
/// What it says of a result that had none.
const NO_TRAIL: &str =
    "the result that was replaced had no audit.jsonl: how it came about is not known";

/// Who writes a result, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The person; `None` if nobody is named.
    pub user: Option<String>,
    /// Why it is written, in the person's words.
    pub reason: Option<String>,
}

impl Attribution {
    /// The person and the reason that were given; the person who is logged in where none was.
    pub fn or_logged_in(user: Option<String>, reason: Option<String>) -> Self {
        let logged_in = || {
            ["USER", "LOGNAME", "USERNAME"]
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|user| !user.trim().is_empty())
        };
        Self {
            user: user.or_else(logged_in),
            reason,
        }
    }
}

/// What is to be said of files that are about to be written.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was done, in the past tense, such as `analyzed`. Where a result is replaced `re` is put before it.
    pub action: &'static str,
    /// Who does it, and why.
    pub who: Attribution,
    /// When, RFC 3339 in UTC.
    pub when: String,
    /// What the result was made from.
    pub inputs: Vec<Input>,
    report: Box<Said>,
}

/// What the trail takes from the result.
#[derive(Clone, Debug)]
struct Said {
    software: crate::report::Software,
    plan_sha256: String,
    numbers: Numbers,
}

impl Record {
    /// Of this result, made now by this program. `places` are those of its captures and then of its captures that were
    /// left out, in their order; where one is not given, the path in the result is taken as it stands.
    pub fn of<'a>(
        action: &'static str,
        report: &Report,
        places: impl IntoIterator<Item = &'a Path>,
        who: Attribution,
    ) -> Self {
        Self {
            action,
            who,
            when: clock::now(),
            inputs: entry::inputs_of(report, places),
            report: Box::new(Said {
                software: report.software.clone(),
                plan_sha256: report.plan_sha256.clone(),
                numbers: Numbers::of(report),
            }),
        }
    }
}

impl Record {
    /// Of tables that were made from the results of samples.
    pub(crate) fn of_tables(
        action: &'static str,
        software: crate::report::Software,
        verdict: crate::report::Verdict,
        inputs: Vec<Input>,
        who: Attribution,
    ) -> Self {
        Self {
            action,
            who,
            when: clock::now(),
            inputs,
            report: Box::new(Said {
                software,
                plan_sha256: String::new(),
                numbers: Numbers::of_verdict(verdict),
            }),
        }
    }
}

/// As [`extended`], for tables; `None` if the last line says the same of the same files already.
pub(crate) fn extended_if_changed(
    out: &Path,
    record: &Record,
    files: BTreeMap<String, String>,
) -> io::Result<Option<Vec<u8>>> {
    let text = fs::read(out.join(AUDIT_FILE)).unwrap_or_default();
    let chain = Chain::read(&text);
    let same = |last: &Entry| last.files == files && last.inputs == record.inputs;
    if chain.fault().is_none() && chain.last().is_some_and(same) {
        return Ok(None);
    }
    extended(out, record, files).map(Some)
}

/// The text of the trail once `record` and the SHA-256 of the files are added to what the folder `out` holds; a trail
/// that is there is carried on byte for byte, even if it is broken.
pub(crate) fn extended(
    out: &Path,
    record: &Record,
    files: BTreeMap<String, String>,
) -> io::Result<Vec<u8>> {
    let mut text = match fs::read(out.join(AUDIT_FILE)) {
        Ok(text) => text,
        Err(e) if absent(&e) => Vec::new(),
        Err(e) => return Err(e),
    };
    let result = match fs::read(out.join("result.json")) {
        Ok(result) => Some(result),
        Err(e) if absent(&e) => None,
        Err(e) => return Err(e),
    };
    let mut notes = Vec::new();
    if record.who.user.is_none() {
        notes.push(NOBODY.to_owned());
    }
    if !text.is_empty() && !text.ends_with(b"\n") {
        // The new line must begin on its own.
        text.push(b'\n');
        notes.push("the last line of the trail before did not end; its end was added".to_owned());
    }
    let before = Before::of(&text, result.is_some(), &mut notes);
    let again = if result.is_some() { "re" } else { "" };
    let entry = Entry {
        entry: before.entries,
        when: record.when.clone(),
        user: record.who.user.clone(),
        action: format!("{again}{}", record.action),
        reason: record.who.reason.clone(),
        software: record.report.software.clone(),
        plan_sha256: record.report.plan_sha256.clone(),
        inputs: record.inputs.clone(),
        files,
        numbers: record.report.numbers.clone(),
        numbers_before: result.as_deref().map(Numbers::of_text),
        notes,
        previous: before.hash,
    };
    text.extend_from_slice(chain::sealed(&entry).as_bytes());
    Ok(text)
}

fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Where the new line goes.
struct Before {
    entries: u64,
    hash: String,
}

impl Before {
    fn of(text: &[u8], replaces: bool, notes: &mut Vec<String>) -> Self {
        if text.is_empty() {
            if replaces {
                notes.push(NO_TRAIL.to_owned());
            }
            return Self {
                entries: 0,
                hash: NO_HASH.into(),
            };
        }
        let chain = Chain::read(text);
        let hash = match chain.fault() {
            None => chain.head().unwrap_or(NO_HASH).to_owned(),
            Some(fault) => {
                notes.push(format!(
                    "the trail before this line was broken when this line was written ({fault}); its bytes were kept, and \
                     their SHA-256 stands for the hash of the line before"
                ));
                sha256_of_bytes(text)
            }
        };
        Self {
            entries: chain.links.len() as u64,
            hash,
        }
    }
}
