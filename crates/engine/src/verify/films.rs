//! The films of a result, where they were read or where they are kept now.

use super::VerifyError;
use super::check::{Check, State};
use crate::audit::{Input, InputKind};
use crate::fingerprint::sha256_watched;
use crate::runtime::{Progress, Runtime};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a megabyte, in which progress is counted.
const MB: u64 = 1_000_000;

pub(super) struct Films<'a> {
    /// Folders to look into for films that have been moved.
    pub(super) inputs: &'a [PathBuf],
    pub(super) runtime: &'a Runtime<'a>,
}

impl Films<'_> {
    /// Holds every input against its sum.
    pub(super) fn checked(&self, inputs: &[Input]) -> Result<Vec<Check>, VerifyError> {
        let each = inputs.iter().enumerate();
        each.map(|(i, input)| self.check(input, (i, inputs.len())))
            .collect()
    }

    fn check(&self, input: &Input, number: (usize, usize)) -> Result<Check, VerifyError> {
        let subject = match input.kind {
            InputKind::Capture => format!("film {}", input.path),
            InputKind::Excluded => format!("film {}, which was left out", input.path),
            InputKind::Blank => format!("blank {}", input.path),
            InputKind::Result => format!("result {}", input.path),
            InputKind::Table => format!("table {}", input.path),
        };
        let Some(sum) = &input.sha256 else {
            let message = "could not be read when the result was made";
            return Ok(Check::new(State::NotChecked, subject, message));
        };
        let places = self.places(input);
        let mut differs = None;
        for place in &places {
            let message = match self.sum_of(place, number)? {
                Ok(found) if found == *sum => {
                    let message = format!("as {}", place.display());
                    return Ok(Check::new(State::Sound, subject, message));
                }
                Ok(_) => format!("{} is not what the result was made from", place.display()),
                Err(reason) => format!("{} cannot be read: {reason}", place.display()),
            };
            differs.get_or_insert(message);
        }
        Ok(match differs {
            Some(message) => Check::new(State::Altered, subject, message),
            None => Check::new(State::Missing, subject, self.nowhere(input)),
        })
    }

    fn nowhere(&self, input: &Input) -> String {
        let at = input.at.as_deref().unwrap_or("a place that is not known");
        if self.inputs.is_empty() {
            return format!(
                "not at {at}; where it has been moved, --inputs FOLDER says where to look"
            );
        }
        let folders: Vec<String> = self
            .inputs
            .iter()
            .map(|f| f.display().to_string())
            .collect();
        format!("neither at {at} nor in {}", folders.join(" or "))
    }

    /// Where the input may be: its old place, if anything is there; else what the folders have under as much of its path
    /// as possible, and then under less and less of it.
    fn places(&self, input: &Input) -> Vec<PathBuf> {
        if let Some(at) = input.at.as_deref().map(PathBuf::from)
            && fs::metadata(&at).is_ok()
        {
            return vec![at];
        }
        // A path may come from another system.
        let parts: Vec<&str> = input
            .path
            .split(['/', '\\'])
            .filter(|part| !matches!(*part, "" | "." | "..") && !part.ends_with(':'))
            .collect();
        let mut places = Vec::new();
        for folder in self.inputs {
            for first in 0..parts.len() {
                let place = parts[first..]
                    .iter()
                    .fold(folder.clone(), |path, part| path.join(part));
                if fs::metadata(&place).is_ok() {
                    places.push(place);
                }
            }
        }
        places
    }

    /// The sum of a film, or why there is none.
    fn sum_of(
        &self,
        place: &Path,
        (film, films): (usize, usize),
    ) -> Result<Result<String, String>, VerifyError> {
        let about = match fs::metadata(place) {
            Ok(about) => about,
            Err(e) => return Ok(Err(e.to_string())),
        };
        if !about.is_dir() && !about.is_file() {
            // A pipe may never end.
            return Ok(Err("it is neither a file nor a folder".to_owned()));
        }
        let files = match nta_video::files_of(place) {
            Ok(files) => files,
            Err(e) => return Ok(Err(e.to_string())),
        };
        let length = |f: &PathBuf| fs::metadata(f).map_or(0, |a| a.len());
        let total: u64 = files.iter().map(length).sum();
        let done = AtomicU64::new(0);
        let on_bytes = |more: u64| {
            let bytes = done.fetch_add(more, Ordering::Relaxed) + more;
            (self.runtime.progress)(Progress {
                capture: film,
                captures: films,
                stage: Progress::HASH,
                frames_done: bytes / MB,
                frames_total: Some(total / MB),
            });
        };
        match sha256_watched(&files, about.is_dir(), self.runtime.cancel, &on_bytes) {
            Ok(Some(sum)) => Ok(Ok(sum)),
            Ok(None) => Err(VerifyError::Cancelled),
            Err(e) => Ok(Err(e.to_string())),
        }
    }
}
