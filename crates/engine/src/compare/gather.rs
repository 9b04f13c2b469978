//! From folders to results: what is found in them, what of it can be read, and what belongs together.

use super::CompareError;
use super::model::LeftOut;
use crate::fingerprint::sha256_of;
use crate::report::Report;
use crate::report::html::sections::as_text;
use nta_sizing::compare::tracks::TrackSize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Largest file of a result that is read, bytes: a result has a few MB, a million tracks a few hundred.
const LARGEST_FILE: u64 = 2 << 30;

/// A result that could be read.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its folder, as given.
    pub path: String,
    /// The last part of it where that is enough to tell results apart, for people.
    pub name: String,
    /// Its `result.json`.
    pub report: Report,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Its tracks that were used for sizes, each by itself.
    pub tracks: Vec<TrackSize>,
}

impl Item {
    /// A free field of the sample as text; `None` if it is not there or empty.
    pub fn field(&self, name: &str) -> Option<String> {
        let value = match name {
            "id" => Some(self.report.sample.id.clone()),
            _ => self.report.sample.fields.get(name).map(as_text),
        };
        value.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }
}

/// Results under one name.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    /// The name.
    pub name: String,
    /// The results.
    pub items: Vec<Item>,
}

/// What was found in the folders that were given.
pub(crate) struct Gathered {
    /// Each folder that was given, with the results in it.
    pub groups: Vec<Items>,
    /// What could not be read.
    pub left_out: Vec<LeftOut>,
}

impl Gathered {
    /// Number of results.
    pub fn results(&self) -> usize {
        self.groups.iter().map(|g| g.items.len()).sum()
    }
}

/// Inputs that could not be used, with their reasons, in one line.
pub(crate) fn reasons(left_out: &[LeftOut]) -> String {
    let said = left_out.iter().map(|l| format!("{}: {}", l.path, l.reason));
    said.collect::<Vec<_>>().join("; ")
}

/// Reads all results in the folders. One folder that is not a result itself stands for the folders in it.
pub(crate) fn gather(given: &[PathBuf]) -> Result<Gathered, CompareError> {
    let given: Vec<PathBuf> = given.iter().map(|p| folder_of(p)).collect();
    let dirs = match &given[..] {
        [one] if is_result(one) => {
            return Err(CompareError::OnlyOne {
                path: one.display().to_string(),
            });
        }
        [one] => {
            let inside: Vec<PathBuf> = folders_in(one)
                .into_iter()
                .filter(|f| is_result(f) || folders_in(f).iter().any(|g| is_result(g)))
                .collect();
            if inside.is_empty() { given } else { inside }
        }
        _ => given,
    };
    let mut seen = BTreeSet::new();
    let mut out = Gathered {
        groups: Vec::new(),
        left_out: Vec::new(),
    };
    for (dir, name) in dirs.iter().zip(names(&dirs)) {
        let mut items = Vec::new();
        for folder in results_in(dir) {
            let path = folder.display().to_string();
            if fs::canonicalize(&folder).is_ok_and(|real| !seen.insert(real)) {
                return Err(CompareError::Twice { path });
            }
            match read(&folder) {
                Ok(item) => items.push(item),
                Err(reason) => out.left_out.push(LeftOut { path, reason }),
            }
        }
        out.groups.push(Items { name, items });
    }
    let read = out.groups.iter().flat_map(|g| &g.items);
    let paths: Vec<PathBuf> = read.map(|i| PathBuf::from(&i.path)).collect();
    let items = out.groups.iter_mut().flat_map(|g| &mut g.items);
    for (item, name) in items.zip(names(&paths)) {
        item.name = name;
    }
    Ok(out)
}

/// Whoever names the `result.json` means its folder.
fn folder_of(path: &Path) -> PathBuf {
    match path.file_name().is_some_and(|n| n == "result.json") && !path.is_dir() {
        true => match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p.to_path_buf(),
            _ => PathBuf::from("."),
        },
        false => path.to_path_buf(),
    }
}

fn is_result(folder: &Path) -> bool {
    folder.join("result.json").exists()
}

/// Folders in a folder, by name; hidden ones are what is being written.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut out: Vec<PathBuf> = entries
        .filter(|e| !e.file_name().to_string_lossy().starts_with('.'))
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    out.sort();
    out
}

/// The folder itself, or the results in it; a folder without any is kept, so that it is told.
fn results_in(dir: &Path) -> Vec<PathBuf> {
    if is_result(dir) {
        return vec![dir.to_path_buf()];
    }
    let inside: Vec<PathBuf> = folders_in(dir)
        .into_iter()
        .filter(|f| is_result(f))
        .collect();
    match inside.is_empty() {
        true => vec![dir.to_path_buf()],
        false => inside,
    }
}

/// The last parts of paths where those differ, else the whole paths.
fn names(dirs: &[PathBuf]) -> Vec<String> {
    let short: Vec<String> = dirs
        .iter()
        .map(|d| {
            let real = fs::canonicalize(d).unwrap_or_else(|_| d.clone());
            let last = d
                .file_name()
                .or(real.file_name())
                .map(|n| n.to_string_lossy().into_owned());
            last.unwrap_or_else(|| d.display().to_string())
        })
        .collect();
    let distinct: BTreeSet<&String> = short.iter().collect();
    match distinct.len() == dirs.len() {
        true => short,
        false => dirs.iter().map(|d| d.display().to_string()).collect(),
    }
}

/// Reads one result, or says in words why not.
fn read(folder: &Path) -> Result<Item, String> {
    if !folder.exists() {
        return Err("there is no such folder".into());
    }
    if !folder.is_dir() {
        return Err("it is not a folder; give the folder that `nta analyze` wrote".into());
    }
    if !is_result(folder) {
        return Err(
            "it holds no result.json, nor does a folder in it; give folders that `nta analyze` wrote"
                .into(),
        );
    }
    let path = folder.join("result.json");
    let text = bytes_of(&path).map_err(|e| format!("its result.json cannot be read: {e}"))?;
    let report = Report::from_json(&text).map_err(|e| format!("result.json: {e}"))?;
    let sha256 = sha256_of(std::slice::from_ref(&path), false, &AtomicBool::new(false))
        .ok()
        .flatten()
        .unwrap_or_default();
    let particles = bytes_of(&folder.join("particles.csv"))
        .map_err(|e| format!("its particles.csv cannot be read: {e}; analyse the film again"))?;
    let tracks = tracks_of(&particles)
        .map_err(|e| format!("its particles.csv is damaged: {e}; analyse the film again"))?;
    Ok(Item {
        path: folder.display().to_string(),
        name: String::new(),
        report,
        sha256,
        tracks,
    })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let about = fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "it is missing".to_owned(),
        _ => e.to_string(),
    })?;
    if !about.is_file() {
        return Err("it is not a file".into());
    }
    if about.len() > LARGEST_FILE {
        return Err(format!(
            "it has {} bytes, and at most {LARGEST_FILE} are read",
            about.len()
        ));
    }
    fs::read(path).map_err(|e| e.to_string())
}

/// The tracks that were used for sizes.
fn tracks_of(csv: &[u8]) -> Result<Vec<TrackSize>, String> {
    let mut reader = csv::Reader::from_reader(csv);
    let headers = reader.headers().map_err(|e| e.to_string())?.clone();
    let place = |name: &str| {
        headers
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| format!("it has no column {name}"))
    };
    let (frames, diameter, used) = (place("frames")?, place("diameter_nm")?, place("used")?);
    let mut out = Vec::new();
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(|e| e.to_string())?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let bad = |what: &str, cell: &str| format!("row {}: {what} is '{cell}'", i + 2);
        if cell(used) != "true" {
            continue;
        }
        let frames = cell(frames)
            .parse()
            .map_err(|_| bad("frames", cell(frames)))?;
        let diameter_nm = match cell(diameter) {
            "" => None,
            text => Some(text.parse().map_err(|_| bad("diameter_nm", text))?),
        };
        out.push(TrackSize {
            frames,
            diameter_nm,
        });
    }
    Ok(out)
}

/// Groups by a field of the sample, in the order in which its values come; results without it are left out.
pub(crate) fn by_field(gathered: Gathered, field: &str) -> Result<Gathered, CompareError> {
    let mut out = Gathered {
        groups: Vec::new(),
        left_out: gathered.left_out,
    };
    let items: Vec<Item> = gathered.groups.into_iter().flat_map(|g| g.items).collect();
    if !items.is_empty() && items.iter().all(|i| i.field(field).is_none()) {
        return Err(no_field(&items, field));
    }
    for item in items {
        let Some(name) = item.field(field) else {
            out.left_out.push(LeftOut {
                path: item.path,
                reason: format!(
                    "its sample has no field '{field}', so that its group is not known"
                ),
            });
            continue;
        };
        match out.groups.iter_mut().find(|g| g.name == name) {
            Some(group) => group.items.push(item),
            None => out.groups.push(Items {
                name,
                items: vec![item],
            }),
        }
    }
    Ok(out)
}

/// What to say where no result has a field.
pub(crate) fn no_field(items: &[Item], field: &str) -> CompareError {
    let keys = items.iter().flat_map(|i| i.report.sample.fields.keys());
    let mut known: BTreeSet<&str> = keys.map(String::as_str).collect();
    known.insert("id");
    CompareError::NoField {
        field: field.into(),
        known: known.into_iter().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_read_by_their_columns() {
        let text = "frames,extra,used,diameter_nm\n12,x,true,101.5\n9,x,false,80\n7,y,true,\n";
        let got = tracks_of(text.as_bytes()).expect("tracks");
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].diameter_nm, Some(101.5));
        assert_eq!(got[1].diameter_nm, None);
        let error = |text: &str| tracks_of(text.as_bytes()).expect_err("damaged");
        assert_eq!(error("frames,used\n"), "it has no column diameter_nm");
        assert!(error("frames,used,diameter_nm\nx,true,1\n").contains("row 2: frames is 'x'"));
        assert!(error("frames,used,diameter_nm\n8,true,1nm\n").contains("'1nm'"));
        assert!(error("frames,used,diameter_nm\n8,true\n").contains("2 fields"));
    }

    #[test]
    fn names_are_short_where_they_can_be() {
        let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(
            names(&paths(&["x/one", "x/Probe \u{e4}"])),
            ["one", "Probe \u{e4}"]
        );
        assert_eq!(names(&paths(&["x/one", "y/one"])), ["x/one", "y/one"]);
    }
}
