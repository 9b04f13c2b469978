//! Writes a result folder whole or not at all.
//!
//! Everything is written into a hidden folder beside the target, forced to disk, and renamed. An older result is
//! moved aside first and deleted only when the new one is in its place.

mod kind;
mod named;
mod replace;
#[cfg(test)]
mod tests;

pub use kind::{COMPARISON, FolderKind, RESULT};
pub(crate) use kind::{OF_THE_DESKTOP, has_marker};
pub use named::{check_named_files, write_named_files};
pub(crate) use replace::put_in_place;
pub use replace::recover;

use crate::audit::{self, AUDIT_FILE, Record};
use crate::export::is_of_one_capture;
use crate::fingerprint::Summed;
use kind::{is_of_kind, was_result};
use replace::PARTIAL;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Writes the content of a file.
type Content<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'a>;

/// A file of a result folder.
pub struct OutputFile<'a> {
    /// Its name, without a folder.
    pub name: String,
    content: Content<'a>,
}

impl<'a> OutputFile<'a> {
    /// A file.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::written(name, move |to| to.write_all(&bytes))
    }

    /// A file that is too large to be held in memory as a whole; it is written piece by piece.
    pub fn written(
        name: impl Into<String>,
        content: impl Fn(&mut dyn Write) -> io::Result<()> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            content: Box::new(content),
        }
    }
}

/// Why a result folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// There is a result already.
    #[error("{path} holds a result already; give another folder, or --overwrite to replace it")]
    Exists {
        /// The folder.
        path: String,
    },
    /// There is something that is not ours to delete.
    #[error(
        "{path} holds '{entry}', which nta did not write and will not delete, not even with --overwrite; give another folder"
    )]
    Foreign {
        /// The folder.
        path: String,
        /// What lies in it.
        entry: String,
    },
    /// The target, or a part of the path to it, is a file.
    #[error(
        "{path} cannot be a folder, because it or a part of its path is a file; give another name"
    )]
    NotAFolder {
        /// The target.
        path: String,
    },
    /// The target cannot be exchanged for the finished folder.
    #[error(
        "{path} is the current folder or the top of a mounted disk, which cannot be replaced by a result; give a folder inside it"
    )]
    InUse {
        /// The folder.
        path: String,
    },
    /// The system refuses.
    #[error(
        "cannot write {path}: {reason}; give another folder or ask for the right to write there"
    )]
    NotWritable {
        /// The file or folder.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// No room.
    #[error(
        "cannot write {path}: the disk is full or its quota is used up; free some space and try again"
    )]
    DiskFull {
        /// The file or folder.
        path: String,
    },
}

/// Says before any work is done whether [`write_folder`] would refuse, and tries whether the place can be written.
pub fn check_folder(out: &Path, overwrite: bool) -> Result<(), OutputError> {
    check_folder_of(&RESULT, out, overwrite)
}

/// The same for a folder of another kind.
pub fn check_folder_of(kind: &FolderKind, out: &Path, overwrite: bool) -> Result<(), OutputError> {
    let out = recovered(out)?;
    may_replace(kind, &out, overwrite, &[])?;
    let _made = MadeFolders::above(&out)?;
    partial_folder(&out).map(drop)
}

/// Writes `files` as the whole content of the folder `out`: all of them or none.
///
/// A folder that is not there is made, an empty one is filled. One with an earlier result is replaced with
/// `overwrite`, if there is nothing in it but what nta writes; anything else is refused.
pub fn write_folder(
    out: &Path,
    overwrite: bool,
    files: &[OutputFile<'_>],
) -> Result<(), OutputError> {
    write_folder_of(&RESULT, out, overwrite, files)
}

/// The same for a folder of another kind.
pub fn write_folder_of(
    kind: &FolderKind,
    out: &Path,
    overwrite: bool,
    files: &[OutputFile<'_>],
) -> Result<(), OutputError> {
    write_with_trail(kind, (out, overwrite), files, None)
}

/// The same with an audit trail: what `record` says of the files is added to the trail of the result that they replace.
pub fn write_audited_folder(
    out: &Path,
    overwrite: bool,
    files: &[OutputFile<'_>],
    record: &Record,
) -> Result<(), OutputError> {
    write_with_trail(&RESULT, (out, overwrite), files, Some(record))
}

fn write_with_trail(
    kind: &FolderKind,
    (out, overwrite): (&Path, bool),
    files: &[OutputFile<'_>],
    record: Option<&Record>,
) -> Result<(), OutputError> {
    let out = recovered(out)?;
    may_replace(kind, &out, overwrite, files)?;
    let made = MadeFolders::above(&out)?;
    let partial = partial_folder(&out)?;
    let write = |file: &OutputFile<'_>| {
        write_file(&partial.path().join(&file.name), file)
            .map_err(|e| failed(&out.join(&file.name), &e))
    };
    let mut sums = BTreeMap::new();
    for file in files {
        sums.insert(file.name.clone(), write(file)?);
    }
    if let Some(record) = record {
        let trail = audit::extended(&out, record, sums).map_err(|e| failed(&out, &e))?;
        write(&OutputFile::new(AUDIT_FILE, trail))?;
    }
    sync_folder(partial.path());
    put_in_place(partial, &out).map_err(|e| failed(&out, &e))?;
    made.keep();
    sync_folder(parent(&out));
    Ok(())
}

/// The folder that `out` names; a result that a run which was killed has left aside is in its place again.
pub(crate) fn recovered(out: &Path) -> Result<PathBuf, OutputError> {
    // The folder that a link points to may be the one that is missing.
    let named = match fs::read_link(out) {
        Ok(target) => parent(out).join(target),
        Err(_) => out.to_path_buf(),
    };
    replace::put_back(&named).map_err(|e| failed(&named, &e))?;
    Ok(resolved(out))
}

/// The folder itself where `out` is there already: a link to it stays, and `.` and `..` are never renamed by these
/// names.
pub(crate) fn resolved(out: &Path) -> PathBuf {
    fs::canonicalize(out).unwrap_or_else(|_| out.to_path_buf())
}

/// Whether the folder must stay the one that it is: whoever works in it would be left in a deleted one, and the top of
/// a mounted disk cannot be renamed.
pub(crate) fn is_in_use(out: &Path) -> bool {
    let is_current = std::env::current_dir()
        .and_then(fs::canonicalize)
        .is_ok_and(|current| current.starts_with(out));
    is_current || is_mounted(out)
}

#[cfg(unix)]
fn is_mounted(out: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(out), fs::metadata(parent(out))) {
        (Ok(own), Ok(above)) => own.dev() != above.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_mounted(_: &Path) -> bool {
    false
}

/// Folders that were made to hold the result. They go away again unless they are kept; a failed run leaves nothing.
pub(crate) struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes what is missing above `out`.
    pub(crate) fn above(out: &Path) -> Result<Self, OutputError> {
        let missing = |folder: &&Path| {
            !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err()
        };
        let new = parent(out).ancestors().take_while(missing);
        // The innermost comes first, and is the first to go.
        let made = Self(new.map(Path::to_path_buf).collect());
        fs::create_dir_all(parent(out)).map_err(|e| failed(parent(out), &e))?;
        Ok(made)
    }

    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Only an empty one goes: what others put in meanwhile stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

pub(crate) fn parent(out: &Path) -> &Path {
    match out.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Refuses to replace what is not a result of ours.
fn may_replace(
    kind: &FolderKind,
    out: &Path,
    overwrite: bool,
    files: &[OutputFile<'_>],
) -> Result<(), OutputError> {
    let path = || out.display().to_string();
    match fs::symlink_metadata(out) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(out, &e)),
        Ok(meta) if !meta.is_dir() => return Err(OutputError::NotAFolder { path: path() }),
        Ok(_) => {}
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(out).map_err(|e| failed(out, &e))? {
        let entry = entry.map_err(|e| failed(out, &e))?;
        let is_file = entry.file_type().is_ok_and(|t| t.is_file());
        entries.push((entry.file_name().to_string_lossy().into_owned(), is_file));
    }
    // What desktops leave in every folder that is looked at belongs to nobody.
    entries.retain(|(name, file)| !(*file && OF_THE_DESKTOP.contains(&name.as_str())));
    entries.sort();
    if is_in_use(out)
        && entries
            .iter()
            .all(|(name, _)| kind.names.contains(&name.as_str()))
    {
        return Err(OutputError::InUse { path: path() });
    }
    let Some(first) = entries.first() else {
        return Ok(());
    };
    let ours = |name: &str| {
        kind.names.contains(&name)
            || is_of_one_capture(name)
            || files.iter().any(|f| f.name == name)
    };
    if let Some((entry, _)) = entries.iter().find(|(n, file)| !(*file && ours(n))) {
        let entry = entry.clone();
        return Err(OutputError::Foreign {
            path: path(),
            entry,
        });
    }
    let damaged = kind.names.contains(&"result.json") && was_result(out);
    if !is_of_kind(kind, out) && !damaged {
        let entry = first.0.clone();
        return Err(OutputError::Foreign {
            path: path(),
            entry,
        });
    }
    if overwrite {
        Ok(())
    } else {
        Err(OutputError::Exists { path: path() })
    }
}

/// A hidden folder beside `out`, on the same file system, that goes away unless it is kept.
pub(crate) fn partial_folder(out: &Path) -> Result<TempDir, OutputError> {
    let beside = parent(out);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
    // A result is for everyone whom the user's umask lets in, not for the owner alone.
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(beside).map_err(|e| failed(beside, &e))
}

/// Writes a file and gives the SHA-256 of what was written.
fn write_file(path: &Path, content: &OutputFile<'_>) -> io::Result<String> {
    let mut file = Summed::new(File::create(path)?);
    (content.content)(&mut file)?;
    let (file, sha256) = file.finish();
    file.sync_all()?;
    Ok(sha256)
}

/// Forces the names in a folder to disk, where the system can; where it cannot, nothing is lost but a guarantee.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> OutputError {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OutputError::DiskFull { path },
        io::ErrorKind::ResourceBusy => OutputError::InUse { path },
        io::ErrorKind::NotADirectory => OutputError::NotAFolder { path },
        _ => OutputError::NotWritable {
            path,
            reason: error.to_string(),
        },
    }
}
