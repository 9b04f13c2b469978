//! Names of samples and of their folders.

use crate::fingerprint::sha256_of_bytes;
use std::collections::BTreeSet;

/// Longest name of a folder, bytes; file systems take 255, and files in it need room for theirs.
const LONGEST: usize = 120;

/// Names of what lies beside the folders of the samples.
const TABLES: [&str; 5] = [
    "batch.csv",
    "batch.json",
    "batch.html",
    "limits.csv",
    "audit.jsonl",
];

/// Names that Windows keeps for devices, whatever follows their first dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name that every file system takes, and that differs from those in `taken` also where case does not count.
pub(super) fn folder_name(id: &str, taken: &mut BTreeSet<String>) -> String {
    let safe = safe_name(id);
    let mut name = safe.clone();
    let mut n = 1;
    while !taken.insert(name.to_lowercase()) {
        n += 1;
        name = format!("{safe}~{n}");
    }
    name
}

fn safe_name(id: &str) -> String {
    let plain: String = id
        .replace('/', "__")
        .chars()
        .map(|c| {
            if c.is_control() || "\\:*?\"<>|".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    // Windows drops dots and spaces at the end; a dot at the beginning hides.
    let plain = plain
        .trim()
        .trim_end_matches(['.', ' '])
        .trim_start_matches('.');
    let stem = plain.split('.').next().unwrap_or_default().to_lowercase();
    let numbered = |word: &str| {
        let rest = stem.strip_prefix(word);
        rest.is_some_and(|r| r.len() == 1 && r.starts_with(|c: char| c.is_ascii_digit()))
    };
    let reserved = DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt");
    if plain.is_empty() || reserved || TABLES.contains(&plain.to_lowercase().as_str()) {
        return format!("sample_{plain}");
    }
    if plain.len() <= LONGEST {
        return plain.to_owned();
    }
    // Two long names may differ in their ends only; their fingerprints differ.
    let mut cut = LONGEST - 9;
    while !plain.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}~{}", &plain[..cut], &sha256_of_bytes(id.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_folder_anywhere() {
        let mut taken = BTreeSet::new();
        let mut name = |id: &str| folder_name(id, &mut taken);
        assert_eq!(name("EV prep 7"), "EV prep 7");
        assert_eq!(name("ev PREP 7"), "ev PREP 7~2");
        assert_eq!(name("day 1/EV: a?"), "day 1__EV_ a_");
        assert_eq!(name("CON.tar"), "sample_CON.tar");
        assert_eq!(name("..."), "sample_");
        assert_eq!(name("lpt1"), "sample_lpt1");
        assert_eq!(name("Batch.csv"), "sample_Batch.csv");
        assert_eq!(name("\u{e4}\u{f6}"), "\u{e4}\u{f6}");
        let long = "\u{e4}".repeat(200);
        let (a, b) = (name(&format!("{long}a")), name(&format!("{long}b")));
        assert!(a.len() <= LONGEST && b.len() <= LONGEST && a != b);
    }
}
