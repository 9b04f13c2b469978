//! The captures under a folder: video files, stacks, and folders of images.
//!
//! Folders are walked in the order of their names. Hidden names and folders with results of nta are left out. A link to a
//! folder is followed once; one that leads back to a folder that was walked before is counted and not followed.

use crate::report::ExcludedCapture;
use nta_core::Tally;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Captures, in the order of their names.
    pub captures: Vec<FoundCapture>,
    /// Folders that cannot be listed, each with its reason.
    pub unreadable: Vec<ExcludedCapture>,
    /// What was seen and is no capture, by kind: `csv`, `no_suffix`, `images_beside_films`, `link_walked_before`, `results_of_nta`.
    pub others: Tally,
}

/// A capture that was found; nothing of it has been read but its first bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundCapture {
    /// Relative to the folder that was searched, with `/` between folders.
    pub name: String,
    /// The file or folder.
    pub path: PathBuf,
}

/// Endings of files that are films by their name; whether they can be read is another question.
const FILMS: [&str; 16] = [
    "avi", "mp4", "m4v", "mov", "mkv", "webm", "wmv", "mpg", "mpeg", "mj2", "ogv", "flv", "tif",
    "tiff", "btf", "tf8",
];
/// Endings of pictures that make up a film only together.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "bmp"];
/// Endings of files that are no films; they are not opened.
const OTHERS: [&str; 22] = [
    "csv", "txt", "tsv", "toml", "json", "jsonl", "xml", "html", "htm", "pdf", "md", "log", "nano",
    "xls", "xlsx", "doc", "docx", "parquet", "ini", "yaml", "yml", "zip",
];

/// Finds the captures under `folder`; what lies in `out` is left out.
pub fn find(folder: &Path, out: &Path) -> Found {
    let mut walk = Walk {
        found: Found::default(),
        walked: BTreeSet::new(),
        out: fs::canonicalize(out).ok(),
    };
    walk.folder(folder, "");
    let mut found = walk.found;
    found
        .captures
        .sort_by(|a, b| nta_video::by_number(&a.name, &b.name));
    found
}

struct Walk {
    found: Found,
    walked: BTreeSet<PathBuf>,
    out: Option<PathBuf>,
}

/// One folder, sorted by kind.
#[derive(Default)]
struct Listed {
    folders: Vec<(String, PathBuf)>,
    films: Vec<(String, PathBuf)>,
    stacks: Vec<(String, PathBuf)>,
    pictures: usize,
}

impl Walk {
    fn folder(&mut self, path: &Path, name: &str) {
        let own = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if self.out.as_ref() == Some(&own) {
            return;
        }
        if !self.walked.insert(own) {
            self.found.others.add("link_walked_before", 1);
            return;
        }
        let listed = match self.listed(path, name) {
            Ok(Some(listed)) => listed,
            Ok(None) => return,
            Err(error) => {
                self.found.unreadable.push(ExcludedCapture {
                    path: if name.is_empty() { "." } else { name }.to_owned(),
                    sha256: None,
                    reason: format!("the folder cannot be listed: {error}"),
                });
                return;
            }
        };
        self.take(path, name, &listed);
        for (name, path) in &listed.folders {
            self.folder(path, name);
        }
    }

    /// What a folder holds; `None` for a result of nta.
    fn listed(&mut self, path: &Path, name: &str) -> std::io::Result<Option<Listed>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let link = entry.file_type().is_ok_and(|t| t.is_symlink());
            entries.push((
                link,
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ));
        }
        // What is really here comes before what is linked here.
        entries.sort();
        if entries.iter().any(|(_, n, p)| is_of_nta(n, p)) {
            self.found.others.add("results_of_nta", 1);
            return Ok(None);
        }
        let mut listed = Listed::default();
        for (_, own, entry) in entries {
            if own.starts_with('.') {
                continue;
            }
            let full = if name.is_empty() {
                own.clone()
            } else {
                format!("{name}/{own}")
            };
            self.sort_in(&mut listed, &own, full, entry);
        }
        Ok(Some(listed))
    }

    fn sort_in(&mut self, listed: &mut Listed, own: &str, full: String, entry: PathBuf) {
        if entry.is_dir() {
            listed.folders.push((full, entry));
            return;
        }
        let suffix = suffix_of(own);
        match suffix.as_str() {
            "tif" | "tiff" | "btf" | "tf8" => listed.stacks.push((full, entry)),
            s if FILMS.contains(&s) => listed.films.push((full, entry)),
            s if PICTURES.contains(&s) => listed.pictures += 1,
            s if OTHERS.contains(&s) || !looks_like_film(&entry) => {
                let kind = if suffix.is_empty() { "no_suffix" } else { s };
                self.found.others.add(kind, 1);
            }
            _ => listed.films.push((full, entry)),
        }
    }

    /// Takes the captures of one folder. Pictures beside films are screenshots; several single pictures are one film.
    fn take(&mut self, path: &Path, name: &str, listed: &Listed) {
        let single = listed.films.is_empty() && listed.stacks.len() > 1 && {
            let first = listed.stacks.iter().take(3);
            let pages = first.filter_map(|(_, p)| nta_video::open(p).ok()?.info().frames);
            pages.max() == Some(1)
        };
        if single && name.is_empty() {
            // The folder itself is no sample among others; `nta analyze` takes it as one film.
            let images = (listed.pictures + listed.stacks.len()) as u64;
            self.found.others.add("single_image", images);
            return;
        }
        let alone = listed.films.is_empty() && (listed.stacks.is_empty() || single);
        let pictures = listed.pictures + if single { listed.stacks.len() } else { 0 };
        if alone && pictures > 1 && !name.is_empty() {
            self.found.captures.push(FoundCapture {
                name: name.to_owned(),
                path: path.to_path_buf(),
            });
            return;
        }
        let kind = if alone {
            "single_image"
        } else {
            "images_beside_films"
        };
        self.found.others.add(kind, listed.pictures as u64);
        for (name, path) in listed.films.iter().chain(&listed.stacks) {
            self.found.captures.push(FoundCapture {
                name: name.clone(),
                path: path.clone(),
            });
        }
    }
}

/// Whether a file says that its folder was written by nta.
fn is_of_nta(name: &str, path: &Path) -> bool {
    if !["result.json", "batch.json"].contains(&name) {
        return false;
    }
    let mut head = Vec::new();
    let schema = b"\"schema\": \"nta-";
    fs::File::open(path)
        .and_then(|f| f.take(256).read_to_end(&mut head))
        .is_ok()
        && head.windows(schema.len()).any(|w| w == schema)
}

fn suffix_of(name: &str) -> String {
    Path::new(name)
        .extension()
        .map(|s| s.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

/// Whether a file of an unknown ending begins like a film.
fn looks_like_film(path: &Path) -> bool {
    let mut head = [0u8; 12];
    let read = fs::metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .and_then(|_| fs::File::open(path).ok())
        .and_then(|mut f| f.read(&mut head).ok());
    if read != Some(head.len()) {
        return false;
    }
    let begins = |magic: &[u8]| head.starts_with(magic);
    (begins(b"RIFF") && &head[8..] == b"AVI ")
        || begins(b"II*\0")
        || begins(b"MM\0*")
        || begins(b"II+\0")
        || begins(b"MM\0+")
        || begins(&[0x1a, 0x45, 0xdf, 0xa3])
        || &head[4..8] == b"ftyp"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, out: &str) -> (Vec<String>, Found) {
        let found = find(folder, &folder.join(out));
        (
            found.captures.iter().map(|c| c.name.clone()).collect(),
            found,
        )
    }

    #[test]
    fn films_stacks_and_folders_of_images_are_found_and_the_rest_is_counted() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str, bytes: &[u8]| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        };
        at("b_10.avi", b"");
        at("b_2.avi", b"");
        at("day 1/\u{e4}.MP4", b"x");
        at("day 1/plot.png", b"x");
        at("pictures/1.png", b"x");
        at("pictures/2.png", b"x");
        at("strange.bin", b"RIFF....AVI LIST");
        at("other.bin", b"nothing of the kind");
        at("notes.csv", b"x");
        at(".hidden.avi", b"x");
        at("done/result.json", b"{\n  \"schema\": \"nta-result/1\"");
        at("done/film.avi", b"x");
        at("out/left.avi", b"x");
        let (found, all) = names(place.path(), "out");
        assert_eq!(
            found,
            [
                "b_2.avi",
                "b_10.avi",
                "day 1/\u{e4}.MP4",
                "pictures",
                "strange.bin"
            ]
        );
        for kind in ["csv", "bin", "images_beside_films", "results_of_nta"] {
            assert_eq!(all.others.get(kind), 1, "{kind}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_are_walked_once() {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("a")).expect("a folder");
        fs::write(place.path().join("a/1.avi"), b"").expect("a file");
        std::os::unix::fs::symlink(place.path(), place.path().join("a/up")).expect("a link");
        std::os::unix::fs::symlink("a", place.path().join("Z")).expect("a link");
        std::os::unix::fs::symlink("nowhere", place.path().join("lost.avi")).expect("a link");
        let (found, all) = names(place.path(), "out");
        assert_eq!(found, ["a/1.avi", "lost.avi"]);
        assert_eq!(all.others.get("link_walked_before"), 2);
    }
}
