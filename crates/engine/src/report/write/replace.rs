//! Exchanges an older folder for a newer one, and mends what a run that was killed meanwhile has left behind.
//!
//! The older folder waits under its own name in a hidden folder beside its place. So whoever comes after a kill between
//! the two renames knows where it belongs.

use super::kind::is_ours;
use super::{OutputError, failed, parent, sync_folder};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How the names of half-written folders and files begin.
pub(super) const PARTIAL: &str = ".nta-partial-";
/// How the names of hidden folders begin in which an older folder waits.
const REPLACED: &str = ".nta-replaced-";

/// Renames the finished folder to `out`; an older result goes aside first and comes back if that fails.
pub(crate) fn put_in_place(partial: TempDir, out: &Path) -> io::Result<()> {
    let aside = if fs::symlink_metadata(out).is_ok() {
        let aside = tempfile::Builder::new()
            .prefix(REPLACED)
            .tempdir_in(parent(out))?;
        let old = aside.path().join(out.file_name().unwrap_or_default());
        fs::rename(out, &old)?;
        Some((aside, old))
    } else {
        None
    };
    match fs::rename(partial.path(), out) {
        Ok(()) => {
            // It is not there any more under its old name, so there is nothing to clean up.
            let _ = partial.keep();
            // The older folder goes only when the newer one is sure to stay.
            sync_folder(parent(out));
            Ok(())
        }
        Err(e) => {
            if let Some((aside, old)) = aside
                && fs::rename(&old, out).is_err()
            {
                // Better a stray folder than a lost result.
                let _ = aside.keep();
            }
            Err(e)
        }
    }
}

/// Puts the folder `out` back where a run that was killed has left it aside, and clears away what is older than the
/// folder that is there. Other names are left alone: another run may be at work on them.
pub(super) fn put_back(out: &Path) -> io::Result<()> {
    let Some(name) = out.file_name() else {
        return Ok(());
    };
    for shell in hidden(parent(out), REPLACED) {
        // An empty one is another run's, which is about to move something into it.
        if settle(&shell.join(name), out)? {
            let _ = fs::remove_dir(&shell);
        }
    }
    Ok(())
}

/// Mends a folder of results after runs that were killed: an older result that was being replaced goes back where
/// nothing took its place, and what was only half written goes away. No other run may be at work in `folder` meanwhile.
pub fn recover(folder: &Path) -> Result<(), OutputError> {
    for shell in hidden(folder, REPLACED) {
        for waiting in entries(&shell) {
            let place = folder.join(waiting.file_name().unwrap_or_default());
            settle(&waiting, &place).map_err(|e| failed(&place, &e))?;
        }
        let _ = fs::remove_dir(&shell);
    }
    for partial in hidden(folder, PARTIAL) {
        let gone = if partial.is_dir() {
            fs::remove_dir_all(&partial)
        } else {
            fs::remove_file(&partial)
        };
        gone.map_err(|e| failed(&partial, &e))?;
    }
    Ok(())
}

/// A folder that waits aside goes back to its place; where a newer result has taken the place, it goes away. Says whether there
/// was one. What somebody else has put there meanwhile stays, and so does what waits.
fn settle(waiting: &Path, place: &Path) -> io::Result<bool> {
    if fs::symlink_metadata(waiting).is_err() {
        return Ok(false);
    }
    match fs::symlink_metadata(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => fs::rename(waiting, place)?,
        Err(e) => return Err(e),
        Ok(_) if is_ours(place) => {
            // Rubbish that cannot be deleted does no harm.
            let _ = fs::remove_dir_all(waiting);
        }
        // Only an empty folder lets itself be removed so.
        Ok(_) => {
            if fs::remove_dir(place).is_ok() {
                fs::rename(waiting, place)?;
            }
        }
    }
    Ok(true)
}

/// What in `folder` has a name that begins so, in the order of the names.
fn hidden(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let begins = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(prefix))
    };
    entries(folder).into_iter().filter(begins).collect()
}

/// Everything in a folder; nothing if it cannot be read, as then nothing of ours can be in it.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::report::SCHEMA;

    fn result(note: &str) -> Vec<OutputFile<'static>> {
        let json = format!("{{\"schema\": \"{SCHEMA}\", \"n\": \"{note}\"}}");
        vec![OutputFile::new("result.json", json)]
    }

    fn note(out: &Path) -> String {
        let text = fs::read(out.join("result.json")).expect("a result");
        let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        value["n"].as_str().expect("a note").to_owned()
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |p: &PathBuf| p.file_name().map(|n| n.to_string_lossy().into_owned());
        entries(folder).iter().filter_map(name).collect()
    }

    /// The steps of an exchange after which a run may be killed.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kill {
        HalfWritten,
        ShellMade,
        OldAside,
        NewInPlace,
    }

    const KILLS: [Kill; 4] = [
        Kill::HalfWritten,
        Kill::ShellMade,
        Kill::OldAside,
        Kill::NewInPlace,
    ];

    /// The folder `out` with result "old" as a run leaves it that is killed while it replaces it by "new".
    fn killed(place: &Path, after: Kill) -> PathBuf {
        let out = place.join("out");
        write_folder(&out, false, &result("old")).expect("written");
        let partial = place.join(format!("{PARTIAL}abc"));
        fs::create_dir(&partial).expect("a folder");
        for file in result("new") {
            write_file(&partial.join(&file.name), &file).expect("written");
        }
        let shell = place.join(format!("{REPLACED}abc"));
        if after != Kill::HalfWritten {
            fs::create_dir(&shell).expect("a folder");
        }
        if matches!(after, Kill::OldAside | Kill::NewInPlace) {
            fs::rename(&out, shell.join("out")).expect("moved");
        }
        if after == Kill::NewInPlace {
            fs::rename(&partial, &out).expect("moved");
        }
        out
    }

    fn expected(after: Kill) -> &'static str {
        if after == Kill::NewInPlace {
            "new"
        } else {
            "old"
        }
    }

    #[test]
    fn after_a_kill_at_any_point_the_whole_folder_is_mended() {
        for after in KILLS {
            let place = tempfile::tempdir().expect("a folder");
            let out = killed(place.path(), after);
            fs::write(place.path().join(format!("{PARTIAL}file")), "x").expect("a file");
            fs::write(place.path().join("notes.txt"), "mine").expect("a file");
            recover(place.path()).expect("mended");
            assert_eq!(note(&out), expected(after), "{after:?}");
            assert_eq!(names(place.path()), ["notes.txt", "out"], "{after:?}");
        }
    }

    #[test]
    fn after_a_kill_at_any_point_the_next_run_finds_the_result() {
        for after in KILLS {
            let place = tempfile::tempdir().expect("a folder");
            let out = killed(place.path(), after);
            let refused = check_folder(&out, false);
            assert!(
                matches!(refused, Err(OutputError::Exists { .. })),
                "{after:?}"
            );
            assert_eq!(note(&out), expected(after), "{after:?}");
            write_folder(&out, true, &result("newer")).expect("written");
            assert_eq!(note(&out), "newer", "{after:?}");
        }
    }

    #[test]
    fn one_run_leaves_alone_what_another_is_at() {
        let place = tempfile::tempdir().expect("a folder");
        let other = killed(place.path(), Kill::OldAside);
        let own = place.path().join("own");
        write_folder(&own, false, &result("own")).expect("written");
        assert!(!other.exists());
        assert_eq!(names(place.path()).len(), 3, "{:?}", names(place.path()));
        check_folder(&other, true).expect("free");
        assert_eq!(note(&other), "old");
        recover(place.path()).expect("mended");
        assert_eq!(names(place.path()), ["out", "own"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_result_behind_a_link_comes_back_too() {
        let place = tempfile::tempdir().expect("a folder");
        let out = killed(place.path(), Kill::OldAside);
        let link = place.path().join("link");
        std::os::unix::fs::symlink("out", &link).expect("a link");
        assert!(matches!(
            check_folder(&link, false),
            Err(OutputError::Exists { .. })
        ));
        assert_eq!(note(&out), "old");
    }

    #[test]
    fn nothing_to_mend_is_no_error() {
        let place = tempfile::tempdir().expect("a folder");
        recover(place.path()).expect("nothing to do");
        recover(&place.path().join("none")).expect("nothing to do");
        put_back(Path::new("..")).expect("nothing to do");
    }
}
