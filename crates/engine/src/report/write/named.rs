//! A few files by their names, in a folder that may hold other things: each whole or not at all.

use super::replace::PARTIAL;
use super::{MadeFolders, OutputError, OutputFile, failed, sync_folder};
use std::fs;
use std::path::Path;

/// Says before any work is done whether [`write_named_files`] would refuse; leaves nothing behind.
pub fn check_named_files(out: &Path, names: &[&str], overwrite: bool) -> Result<(), OutputError> {
    prepared(out, names, overwrite).map(drop)
}

/// The folder with its place free for files of these names. What was made of it goes away again unless it is kept.
fn prepared(out: &Path, names: &[&str], overwrite: bool) -> Result<MadeFolders, OutputError> {
    let made = MadeFolders::above(&out.join("file"))?;
    for name in names {
        let path = out.join(name);
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {
                return Err(OutputError::NotWritable {
                    path: path.display().to_string(),
                    reason: "there is a folder of that name".into(),
                });
            }
            Ok(_) if !overwrite => {
                return Err(OutputError::Exists {
                    path: path.display().to_string(),
                });
            }
            _ => {}
        }
    }
    // Whether files can be made is tried now, not after the work.
    tempfile::tempfile_in(out).map_err(|e| failed(out, &e))?;
    Ok(made)
}

/// Writes files into a folder: each under another name first, then all renamed.
pub fn write_named_files(
    out: &Path,
    files: &[OutputFile<'_>],
    overwrite: bool,
) -> Result<(), OutputError> {
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    let made = prepared(out, &names, overwrite)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
    // A result is for everyone whom the user's umask lets in, not for the owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut written = Vec::new();
    for file in files {
        let shown = out.join(&file.name);
        let mut partial = builder.tempfile_in(out).map_err(|e| failed(&shown, &e))?;
        (file.content)(&mut partial)
            .and_then(|()| partial.as_file().sync_all())
            .map_err(|e| failed(&shown, &e))?;
        written.push((partial, shown));
    }
    for (partial, shown) in written {
        partial
            .persist(&shown)
            .map_err(|e| failed(&shown, &e.error))?;
    }
    made.keep();
    sync_folder(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_beside_others_and_are_not_replaced_unasked() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("new/place");
        let files = [
            OutputFile::new("a.md", "one"),
            OutputFile::new("b.md", "two"),
        ];
        check_named_files(&out, &["a.md"], false).expect("nothing is there");
        assert!(
            !folder.path().join("new").exists(),
            "a check leaves nothing"
        );
        fs::create_dir_all(&out).expect("a folder");
        fs::write(out.join("other.txt"), "mine").expect("a file");
        write_named_files(&out, &files, false).expect("written");
        assert!(matches!(
            write_named_files(&out, &files, false),
            Err(OutputError::Exists { .. })
        ));
        let newer = [OutputFile::new("a.md", "three")];
        write_named_files(&out, &newer, true).expect("replaced");
        assert_eq!(fs::read(out.join("a.md")).expect("a file"), b"three");
        assert_eq!(fs::read(out.join("b.md")).expect("a file"), b"two");
        assert_eq!(fs::read_dir(&out).expect("a folder").count(), 3);
        fs::create_dir(out.join("c.md")).expect("a folder");
        assert!(check_named_files(&out, &["c.md"], true).is_err());
        assert!(check_named_files(&out.join("a.md"), &["d.md"], true).is_err());
    }
}
