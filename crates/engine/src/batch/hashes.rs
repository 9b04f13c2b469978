//! Fingerprints of captures that were taken before, so that ten thousand unchanged films are not read again to see that they
//! are unchanged.
//!
//! A line of the journal holds for a capture as long as its size and its time of change are the same. One that was changed
//! within the last seconds before it was read may have been changed once more in the same tick of the clock, and is not
//! remembered. A line that was cut by a kill is not read.

use super::find::FoundCapture;
use crate::fingerprint::{sha256_of, sha256_of_bytes};
use nta_core::SourceError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that was changed less than this before it was read is read again the next time.
const SETTLED: Duration = Duration::from_secs(3);

/// How a capture lies on the disk: what changes when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Files that make it up.
    pub(super) files: u64,
    /// Bytes in all of them.
    pub(super) bytes: u64,
    /// Latest time of change, ns since 1970.
    pub(super) modified_ns: u64,
    /// Fingerprint of the names, sizes and times of all files, in their order.
    pub(super) listing: String,
}

impl State {
    /// Asks the system.
    pub(super) fn of(files: &[PathBuf]) -> std::io::Result<Self> {
        let (mut bytes, mut modified_ns, mut listing) = (0, 0, String::new());
        for file in files {
            let about = std::fs::metadata(file)?;
            if !about.is_file() {
                // A pipe or a device may never end.
                return Err(std::io::Error::other("it is neither a file nor a folder"));
            }
            let modified = nanoseconds(about.modified()?);
            bytes += about.len();
            modified_ns = modified_ns.max(modified);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            listing += &format!("{name}\n{}\n{modified}\n", about.len());
        }
        Ok(Self {
            files: files.len() as u64,
            bytes,
            modified_ns,
            listing: sha256_of_bytes(listing.as_bytes()),
        })
    }

    /// Whether it was changed within the last seconds. A time far in the future is that of a camera whose clock is ahead.
    pub(super) fn is_recent(&self) -> bool {
        let age = nanoseconds(SystemTime::now()).abs_diff(self.modified_ns);
        u128::from(age) < SETTLED.as_nanos()
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Serialize, Deserialize)]
struct Line {
    capture: String,
    #[serde(flatten)]
    state: State,
    sha256: String,
}

/// The journal of fingerprints.
pub(super) struct Hashes {
    known: Mutex<BTreeMap<String, (State, String)>>,
    journal: Option<Mutex<File>>,
}

impl Hashes {
    /// Reads the journal in `own`, the folder that a batch keeps for itself. One that cannot be read or written costs time,
    /// nothing else.
    pub(super) fn open(own: &Path) -> Self {
        let path = own.join("captures.jsonl");
        let text = std::fs::read(&path).unwrap_or_default();
        let lines = text.split(|b| *b == b'\n');
        let known = lines
            .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
            .map(|line| (line.capture, (line.state, line.sha256)))
            .collect();
        let torn = !text.is_empty() && !text.ends_with(b"\n");
        let journal = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut f| {
                if torn {
                    f.write_all(b"\n").map(|()| f)
                } else {
                    Ok(f)
                }
            })
            .ok();
        Self {
            known: Mutex::new(known),
            journal: journal.map(Mutex::new),
        }
    }

    /// The fingerprint of a capture, from the journal where that holds, else from its bytes; `None` if `cancel` is set.
    pub(super) fn of(
        &self,
        capture: &FoundCapture,
        files: &[PathBuf],
        cancel: &AtomicBool,
    ) -> Result<Option<String>, SourceError> {
        let before = State::of(files).ok();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((state, sum)) = known.get(&capture.name)
            && before.as_ref() == Some(state)
        {
            return Ok(Some(sum.clone()));
        }
        drop(known);
        let sum = sha256_of(files, capture.path.is_dir(), cancel)?;
        if let (Some(state), Some(sum)) = (before, &sum) {
            self.remember(&capture.name, files, state, sum);
        }
        Ok(sum)
    }

    /// Keeps a fingerprint that was taken of files in the given state.
    pub(super) fn remember(&self, capture: &str, files: &[PathBuf], state: State, sha256: &str) {
        let unchanged = State::of(files).is_ok_and(|now| now == state);
        if sha256.is_empty() || !unchanged || state.is_recent() {
            return;
        }
        let line = Line {
            capture: capture.to_owned(),
            state: state.clone(),
            sha256: sha256.to_owned(),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(capture.to_owned(), (state, sha256.to_owned()));
        if let (Some(journal), Ok(mut text)) = (&self.journal, serde_json::to_vec(&line)) {
            text.push(b'\n');
            let mut file = journal.lock().unwrap_or_else(PoisonError::into_inner);
            // What is not remembered is read again.
            let _ = file.write_all(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(path: &Path) -> FoundCapture {
        FoundCapture {
            name: "film".into(),
            path: path.to_owned(),
        }
    }

    fn aged(path: &Path, bytes: &[u8], seconds: u64) {
        let file = File::create(path).expect("a file");
        (&file).write_all(bytes).expect("bytes");
        let then = SystemTime::now() - Duration::from_secs(seconds);
        file.set_modified(then).expect("a time");
    }

    #[test]
    fn an_unchanged_film_is_not_read_again_and_a_changed_one_is() {
        let place = tempfile::tempdir().expect("a folder");
        let film = place.path().join("film.avi");
        let go = AtomicBool::new(false);
        aged(&film, b"one", 100);
        let files = [film.clone()];
        let sum = |hashes: &Hashes| {
            let sum = hashes.of(&capture(&film), &files, &go);
            sum.expect("readable").expect("not cancelled")
        };
        let first = sum(&Hashes::open(place.path()));
        // Other bytes with the same size and time would be taken for the same: that is how it is known that nothing was read.
        let time = std::fs::metadata(&film)
            .and_then(|m| m.modified())
            .expect("a time");
        std::fs::write(&film, b"two").expect("a file");
        File::options()
            .write(true)
            .open(&film)
            .and_then(|f| f.set_modified(time))
            .expect("a time");
        assert_eq!(sum(&Hashes::open(place.path())), first);
        aged(&film, b"two", 50);
        assert_ne!(sum(&Hashes::open(place.path())), first);
    }

    #[test]
    fn a_film_that_was_changed_just_now_is_not_remembered_and_a_cut_line_not_read() {
        let place = tempfile::tempdir().expect("a folder");
        let film = place.path().join("film.avi");
        aged(&film, b"one", 0);
        let go = AtomicBool::new(false);
        let files = [film.clone()];
        let hashes = Hashes::open(place.path());
        let _ = hashes.of(&capture(&film), &files, &go);
        let journal = place.path().join("captures.jsonl");
        assert_eq!(std::fs::read(&journal).expect("a journal"), b"");
        aged(&film, b"one", 100);
        let _ = hashes.of(&capture(&film), &files, &go);
        let whole = std::fs::read(&journal).expect("a journal");
        std::fs::write(&journal, &whole[..whole.len() - 9]).expect("a cut journal");
        let again = Hashes::open(place.path());
        assert!(again.known.lock().expect("a lock").is_empty());
        let _ = again.of(&capture(&film), &files, &go);
        assert_eq!(
            Hashes::open(place.path())
                .known
                .lock()
                .expect("a lock")
                .len(),
            1
        );
    }
}
