//! Where the film and its truth go: under temporary names first, and into their places all together.

use super::{SimulateError, TRUTH_CSV, TRUTH_JSON};
use crate::report::OutputError;
use crate::report::write::{
    MadeFolders, failed, is_in_use, parent, partial_folder, put_in_place, resolved, sync_folder,
};
use nta_sim::truth_file::TruthFile;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The places that were asked for.
#[derive(Debug)]
pub(super) struct Place {
    /// As it was typed, for messages.
    asked: PathBuf,
    /// The film itself, or the folder of pictures.
    out: PathBuf,
    is_folder: bool,
    overwrite: bool,
}

impl Place {
    /// Refuses what may not be replaced, before any work is done.
    pub(super) fn new(out: &Path, is_folder: bool, overwrite: bool) -> Result<Self, SimulateError> {
        let place = Self {
            asked: out.to_owned(),
            // A link to a folder stays; a link to a film is itself what is replaced.
            out: if is_folder {
                resolved(out)
            } else {
                out.to_owned()
            },
            is_folder,
            overwrite,
        };
        place.check()?;
        Ok(place)
    }

    /// Whether what stands in the places may be replaced.
    fn check(&self) -> Result<(), SimulateError> {
        if self.is_folder {
            return self.check_folder(self.overwrite);
        }
        let [film, truth @ ..] = self.files();
        check_file(&film, self.overwrite)?;
        let film_is_there = fs::symlink_metadata(&film).is_ok();
        for file in &truth {
            check_file(file, self.overwrite)?;
            // With --overwrite, truth without its film here is that of another film.
            if fs::symlink_metadata(file).is_ok() && !(film_is_there && is_truth(&truth[1])) {
                return Err(SimulateError::OthersTruth {
                    path: file.display().to_string(),
                });
            }
        }
        Ok(())
    }

    /// The film as it was asked for.
    pub(super) fn film(&self) -> &Path {
        &self.asked
    }

    /// A file of truth as it was asked for.
    pub(super) fn truth(&self, name: &str) -> PathBuf {
        if self.is_folder {
            self.asked.join(name)
        } else {
            self.asked.with_file_name(name)
        }
    }

    /// All files, if the film is one.
    fn files(&self) -> [PathBuf; 3] {
        let beside = |name| self.out.with_file_name(name);
        [self.out.clone(), beside(TRUTH_CSV), beside(TRUTH_JSON)]
    }

    /// A folder may be filled if it is empty, and replaced if it holds nothing but a film of ours.
    fn check_folder(&self, overwrite: bool) -> Result<(), SimulateError> {
        let path = || self.asked.display().to_string();
        match fs::symlink_metadata(&self.out) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(&self.asked, &e).into()),
            Ok(about) if !about.is_dir() => {
                return Err(OutputError::NotAFolder { path: path() }.into());
            }
            Ok(_) => {}
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.out).map_err(|e| failed(&self.asked, &e))? {
            let entry = entry.map_err(|e| failed(&self.asked, &e))?;
            let is_file = entry.file_type().is_ok_and(|t| t.is_file());
            entries.push((entry.file_name().to_string_lossy().into_owned(), is_file));
        }
        entries.sort();
        let foreign = entries
            .iter()
            .find(|(name, file)| !(*file && is_ours(name)));
        if let Some((entry, _)) = foreign {
            let entry = entry.clone();
            return Err(OutputError::Foreign {
                path: path(),
                entry,
            }
            .into());
        }
        if is_in_use(&self.out) {
            return Err(OutputError::InUse { path: path() }.into());
        }
        match entries.first() {
            None => Ok(()),
            // Cameras name their pictures so too: only the truth beside them says that they are ours.
            Some((entry, _)) if !is_truth(&self.out.join(TRUTH_JSON)) => {
                let entry = entry.clone();
                Err(OutputError::Foreign {
                    path: path(),
                    entry,
                }
                .into())
            }
            Some(_) if overwrite => Ok(()),
            Some(_) => Err(SimulateError::Exists { path: path() }),
        }
    }

    /// A hidden folder beside the film, in which everything is written.
    pub(super) fn partial(&self) -> Result<Partial<'_>, SimulateError> {
        let made = MadeFolders::above(&self.out)?;
        let folder = partial_folder(&self.out)?;
        let name = self.out.file_name().unwrap_or_default();
        let film = if self.is_folder {
            folder.path().to_owned()
        } else {
            folder.path().join(name)
        };
        Ok(Partial {
            place: self,
            film,
            folder,
            made,
        })
    }
}

/// Whether a file is a `truth.json` of ours.
fn is_truth(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| TruthFile::from_json(&text).is_ok())
}

/// Whether a folder of pictures of ours may hold a file of this name.
fn is_ours(name: &str) -> bool {
    let number = name
        .strip_prefix("frame_")
        .and_then(|n| n.strip_suffix(".png"));
    let is_picture = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    is_picture || [TRUTH_CSV, TRUTH_JSON, "timestamps.csv"].contains(&name)
}

fn check_file(path: &Path, overwrite: bool) -> Result<(), SimulateError> {
    let shown = path.display().to_string();
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed(path, &e).into()),
        Ok(about) if about.is_dir() => Err(SimulateError::IsAFolder { path: shown }),
        Ok(_) if overwrite => Ok(()),
        Ok(_) => Err(SimulateError::Exists { path: shown }),
    }
}

/// A film under its temporary name; it goes away unless it is put in its place.
pub(super) struct Partial<'a> {
    place: &'a Place,
    film: PathBuf,
    // Before `made`: the hidden folder goes before the folders that were made to hold it.
    folder: TempDir,
    made: MadeFolders,
}

impl Partial<'_> {
    /// The film, or the folder of its pictures.
    pub(super) fn film(&self) -> &Path {
        &self.film
    }

    /// The folder of the files of truth.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Puts all files in their places: all of them, or none.
    pub(super) fn put_in_place(self) -> Result<(), SimulateError> {
        let place = self.place;
        // Something may have come there meanwhile.
        place.check()?;
        sync_folder(self.folder.path());
        if place.is_folder {
            put_in_place(self.folder, &place.out).map_err(|e| failed(&place.asked, &e))?;
        } else {
            exchange(self.folder, &place.files()).map_err(|e| failed(&place.asked, &e))?;
        }
        self.made.keep();
        sync_folder(parent(&place.out));
        Ok(())
    }
}

/// Renames each file of the hidden folder to its place. Older ones go aside first, and all comes back if one fails.
fn exchange(folder: TempDir, files: &[PathBuf]) -> io::Result<()> {
    let aside = folder.path().join("replaced");
    fs::create_dir(&aside)?;
    let moves = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        (folder.path().join(name), aside.join(name))
    };
    let mut result = Ok(());
    let mut done = 0;
    for path in files {
        let (new, old) = moves(path);
        let set_aside = match fs::rename(path, &old) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        result = set_aside.and_then(|()| fs::rename(&new, path));
        done += 1;
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        return Ok(());
    }
    for path in files[..done].iter().rev() {
        let (new, old) = moves(path);
        if !new.exists() {
            let _ = fs::rename(path, &new);
        }
        if old.exists() {
            let _ = fs::rename(&old, path);
        }
    }
    if fs::read_dir(&aside).is_ok_and(|mut left| left.next().is_some()) {
        // Better a stray folder than a lost film.
        let _ = folder.keep();
    }
    result
}
