//! What nta writes into a folder of its own, and how such a folder is told.

use super::super::model::SCHEMA;
use crate::audit::{AUDIT_FILE, Chain, Link};
use crate::import::IMPORT_SCHEMA;
use std::fs;
use std::path::Path;

/// Files that desktops put into every folder that is looked at.
pub(crate) const OF_THE_DESKTOP: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// What may stand in a folder of ours, and so be replaced; each kind of folder replaces only its own kind.
#[derive(Debug)]
pub struct FolderKind {
    /// Every file that nta writes into such a folder.
    pub(super) names: &'static [&'static str],
    /// The files of which one says what the folder is, each with what it says under `schema`.
    markers: &'static [(&'static str, &'static str)],
}

/// The result of a sample, from films or from others' tracks.
pub const RESULT: FolderKind = FolderKind {
    names: &[
        "result.json",
        "report.html",
        "summary.csv",
        "particles.csv",
        "tracks.csv",
        "spots.csv",
        "distribution.csv",
        "plan.toml",
        "particles.parquet",
        "tracks.parquet",
        AUDIT_FILE,
        "tracks.xml",
        "nanosight_summary.csv",
        "import.json",
        "import.csv",
        "import.html",
    ],
    markers: &[("result.json", SCHEMA), ("import.json", IMPORT_SCHEMA)],
};

/// A comparison of results.
pub const COMPARISON: FolderKind = FolderKind {
    names: &["compare.json", "compare.csv", "compare.html", AUDIT_FILE],
    markers: &[("compare.json", crate::compare::SCHEMA)],
};

/// All kinds.
const KINDS: [&FolderKind; 2] = [&RESULT, &COMPARISON];

/// Whether the folder holds a file that says that it is of this kind.
pub(super) fn is_of_kind(kind: &FolderKind, out: &Path) -> bool {
    kind.markers.iter().any(|(name, schema)| {
        fs::read(out.join(name))
            .ok()
            .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok())
            .is_some_and(|v| v.get("schema").is_some_and(|s| s == schema))
    })
}

/// Whether a folder without a sound result was one once: its audit trail says which files it held.
pub(super) fn was_result(out: &Path) -> bool {
    let text = fs::read(out.join(AUDIT_FILE)).unwrap_or_default();
    let of_result = |link: &Link| {
        let entry = link.entry.as_ref();
        entry.is_some_and(|e| e.files.contains_key("result.json"))
    };
    Chain::read(&text).links.iter().any(of_result)
}

/// Whether the folder is one of ours, of any kind.
pub(super) fn is_ours(out: &Path) -> bool {
    KINDS.iter().any(|kind| is_of_kind(kind, out))
}

/// Whether the folder has a file by which one of ours is told, sound or not.
pub(crate) fn has_marker(out: &Path) -> bool {
    let markers = KINDS.iter().flat_map(|kind| kind.markers);
    markers
        .into_iter()
        .any(|(name, _)| out.join(name).is_file())
}
