//! One batch at a time works in a folder. The system takes the lock back when a process ends, however it ends.

use super::BatchError;
use crate::report::OutputError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Folder of what a batch keeps for itself within its folder of results.
pub(super) const OWN: &str = ".nta-batch";

/// The right to write into a folder of results; it ends with this value.
pub(super) struct Hold {
    _files: Vec<File>,
}

impl Hold {
    /// Takes the whole folder.
    pub(super) fn whole(out: &Path) -> Result<Self, BatchError> {
        let file = open(out, "lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _files: vec![file] }),
            Err(error) => Err(refused(out, error)),
        }
    }

    /// Takes the folder of one sample; others may work on other samples meanwhile.
    pub(super) fn of_sample(out: &Path, folder: &str) -> Result<Self, BatchError> {
        let shared = open(out, "lock")?;
        if let Err(error) = shared.try_lock_shared() {
            return Err(refused(out, error));
        }
        let own = open(out, &format!("lock-{folder}"))?;
        match own.try_lock() {
            Ok(()) => Ok(Self {
                _files: vec![shared, own],
            }),
            Err(error) => Err(refused(&out.join(folder), error)),
        }
    }
}

/// The folder that a batch keeps for itself; made if it is not there.
pub(super) fn own_folder(out: &Path) -> Result<PathBuf, BatchError> {
    let own = out.join(OWN);
    std::fs::create_dir_all(&own).map_err(|e| not_writable(&own, &e))?;
    Ok(own)
}

fn open(out: &Path, name: &str) -> Result<File, BatchError> {
    let path = own_folder(out)?.join(name);
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| not_writable(&path, &e))
}

fn not_writable(path: &Path, error: &std::io::Error) -> BatchError {
    BatchError::Output(crate::report::write::failed(path, error))
}

fn refused(out: &Path, error: TryLockError) -> BatchError {
    match error {
        TryLockError::WouldBlock => BatchError::Held {
            path: out.display().to_string(),
        },
        TryLockError::Error(e) => BatchError::Output(OutputError::NotWritable {
            path: out.display().to_string(),
            reason: format!("it cannot be locked: {e}"),
        }),
    }
}
