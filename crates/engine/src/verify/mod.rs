//! Whether results are what was written, and belong to the films that they name: what `nta verify` does.
//!
//! Everything is held against the audit trail ([`crate::audit`]): the trail against itself, the files of the folder
//! against its last line, the result against its plan, and the films on disk against the sums that the result states.

mod check;
mod films;
mod folder;
mod tell;
#[cfg(test)]
mod tests;

pub use check::{Check, State};

use crate::audit::AUDIT_FILE;
use crate::runtime::Runtime;
use check::plain;
use std::fs;
use std::path::{Path, PathBuf};

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// A folder with a result, or one whose sub-folders hold results.
    pub folder: PathBuf,
    /// Where films are looked for that are not in the place where they were read.
    pub inputs: Vec<PathBuf>,
    /// Leave the films alone.
    pub results_only: bool,
    /// Hashes that were kept elsewhere, or how they begin: each must be that of a line of a trail.
    pub heads: Vec<String>,
}

/// Fewest digits of a hash that tell it from others.
const FEWEST_DIGITS: usize = 8;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No trail.
    #[error(
        "{path} has no {AUDIT_FILE}, nor has a folder in it; give a folder that nta wrote, or analyse again with a version \
         of nta that keeps a trail"
    )]
    NoTrail {
        /// The folder.
        path: String,
    },
    /// No folder.
    #[error("cannot read the folder {path}: {reason}; give a folder that nta wrote")]
    Unreadable {
        /// The folder.
        path: String,
        /// Why.
        reason: String,
    },
    /// No hash.
    #[error(
        "'{given}' is no hash of a trail; --head takes {FEWEST_DIGITS} to 64 digits of one, 0 to 9 and a to f"
    )]
    NotAHash {
        /// What was given.
        given: String,
    },
    /// Asked to stop.
    #[error("stopped on request; not everything was checked")]
    Cancelled,
}

impl VerifyError {
    /// The exit code that the contract gives to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotAHash { .. } => 2,
            Self::NoTrail { .. } | Self::Unreadable { .. } => 3,
            Self::Cancelled => 130,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The results, in the order of their folders.
    pub results: Vec<ResultChecks>,
    /// What lies beside them.
    pub beside: Vec<Check>,
    /// The hashes that were given.
    pub heads: Vec<Check>,
}

/// One folder with a result.
#[derive(Clone, Debug)]
pub struct ResultChecks {
    /// The folder.
    pub folder: String,
    /// What was checked.
    pub checks: Vec<Check>,
    /// The hash of every line of its trail, as stated.
    pub hashes: Vec<Option<String>>,
    /// When its last line was written, and by whom.
    pub last: Option<(String, Option<String>)>,
}

impl Verification {
    /// Everything that was checked.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        let results = self.results.iter().flat_map(|r| &r.checks);
        results.chain(&self.beside).chain(&self.heads)
    }

    /// Whether nothing is altered and nothing is missing.
    pub fn is_sound(&self) -> bool {
        !self.checks().any(|c| c.state.is_bad())
    }

    /// 0, or 1 if anything is altered or missing.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.is_sound())
    }
}

/// Holds the results of a folder against their trails, their plans and their films.
pub fn verify(request: &VerifyRequest, runtime: &Runtime<'_>) -> Result<Verification, VerifyError> {
    let heads = request
        .heads
        .iter()
        .map(|h| head(h))
        .collect::<Result<Vec<_>, _>>()?;
    let (folders, beside) = folders(&request.folder)?;
    let results = folders
        .iter()
        .map(|folder| folder::verify_folder(folder, request, runtime))
        .collect::<Result<Vec<_>, _>>()?;
    let heads = heads.iter().map(|h| find_head(h, &results)).collect();
    Ok(Verification {
        results,
        beside,
        heads,
    })
}

fn head(given: &str) -> Result<String, VerifyError> {
    let head = given.trim().to_ascii_lowercase();
    let is_hash =
        (FEWEST_DIGITS..=64).contains(&head.len()) && head.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash {
        Ok(head)
    } else {
        Err(VerifyError::NotAHash {
            given: plain(given),
        })
    }
}

fn find_head(head: &str, results: &[ResultChecks]) -> Check {
    let has = |r: &&ResultChecks| r.hashes.iter().flatten().any(|h| h.starts_with(head));
    match results.iter().find(has) {
        Some(result) => Check::new(
            State::Sound,
            format!("hash {head}"),
            format!("is that of a line of the trail of {}", result.folder),
        ),
        None => Check::new(
            State::Altered,
            format!("hash {head}"),
            "is that of no line of a trail here: the trail that it was taken from was written anew",
        ),
    }
}

/// The folders with a trail, and what lies beside them.
fn folders(folder: &Path) -> Result<(Vec<PathBuf>, Vec<Check>), VerifyError> {
    let path = || folder.display().to_string();
    let unreadable = |e: std::io::Error| VerifyError::Unreadable {
        path: path(),
        reason: e.to_string(),
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    let has = |folder: &Path, name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    let own = has(folder, AUDIT_FILE);
    if own && !has(folder, "batch.json") {
        return Ok((vec![folder.to_path_buf()], Vec::new()));
    }
    let (mut with, mut other): (Vec<PathBuf>, Vec<PathBuf>) = entries
        .into_iter()
        .partition(|e| e.is_dir() && has(e, AUDIT_FILE));
    if own {
        // The trail of the tables speaks of all files beside it.
        other.retain(|e| e.is_dir());
        with.insert(0, folder.to_path_buf());
    }
    // What a batch keeps for itself is no result.
    other.retain(|e| check::name_of(e) != ".nta-batch");
    if with.is_empty() {
        return Err(VerifyError::NoTrail { path: path() });
    }
    let beside = |entry: &PathBuf| {
        let name = check::name_of(entry);
        if has(entry, "result.json") {
            let message = format!("holds a result and no {AUDIT_FILE}");
            Check::new(State::Missing, name, message)
        } else {
            Check::new(State::NotChecked, name, "no trail speaks of it")
        }
    };
    let beside = other.iter().map(beside).collect();
    Ok((with, beside))
}
