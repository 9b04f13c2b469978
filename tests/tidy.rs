//! Holds the house rules that the compiler cannot: arrows between crates, who may be parallel, file lengths, finding
//! codes, and that no file speaks of a machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace root")
}

fn files_under(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if name.starts_with(".git") || ["target", "out", "node_modules"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            files_under(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// All text files of the project with their path from the root.
fn texts() -> Vec<(String, String)> {
    let root = root();
    let mut files = Vec::new();
    files_under(&root, &mut files);
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let name = path
                .strip_prefix(&root)
                .ok()?
                .to_string_lossy()
                .replace('\\', "/");
            Some((name, fs::read_to_string(&path).ok()?))
        })
        .collect()
}

fn sources() -> Vec<(String, String)> {
    texts()
        .into_iter()
        .filter(|(name, _)| name.starts_with("crates/") && name.ends_with(".rs"))
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let allowed: [(&str, &[&str]); 6] = [
        ("core", &[]),
        ("video", &["core"]),
        ("sizing", &["core"]),
        ("sim", &["core", "sizing"]),
        ("engine", &["video", "core", "sizing", "sim"]),
        ("cli", &["engine"]),
    ];
    for (name, allowed) in allowed {
        let manifest = fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml")))
            .expect("a manifest");
        let dependencies = manifest
            .split("[dependencies]")
            .nth(1)
            .expect("a [dependencies] table");
        let dependencies = dependencies.split("\n[").next().unwrap_or("");
        for line in dependencies.lines().filter_map(|l| l.strip_prefix("nta-")) {
            let other = line.split(['.', ' ', '=']).next().unwrap_or("");
            assert!(
                allowed.contains(&other),
                "nta-{name} must not depend on nta-{other} (docs/architecture.md)"
            );
        }
    }
}

#[test]
fn only_three_files_are_parallel() {
    let parallel = [
        "crates/core/src/side_by_side.rs",
        "crates/core/src/track_video/watch.rs",
        "crates/sizing/src/bootstrap.rs",
    ];
    // The engine builds the pool in which all of them run.
    let pool = "crates/engine/src/runtime.rs";
    for (name, text) in sources() {
        let uses = text
            .lines()
            .any(|l| !l.trim_start().starts_with("//") && l.contains("rayon::"));
        if uses && !name.contains("/tests/") && !name.ends_with("tests.rs") {
            assert!(
                parallel.contains(&name.as_str()) || name == pool,
                "{name} uses rayon; see docs/decisions/0003"
            );
        }
    }
}

#[test]
fn files_are_short_enough_to_find_ones_place() {
    // Longer files with their reason.
    let known: [(&str, &str); 0] = [];
    for (name, text) in sources() {
        let lines = text.lines().count();
        let excused = known.iter().any(|(n, _)| *n == name);
        assert!(
            lines <= 450 || excused,
            "{name} has {lines} lines; split it"
        );
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let words = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["un", "implemented!"].concat(),
    ];
    for (name, text) in sources() {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{name} says {word}");
        }
    }
}

#[test]
fn no_file_speaks_of_a_machine() {
    let here = root();
    let here = here.to_string_lossy();
    let paths = [
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["C:\\", "Users"].concat(),
    ];
    for (name, text) in texts() {
        if name == "Cargo.lock" {
            continue;
        }
        assert!(
            here.len() < 5 || !text.contains(here.as_ref()),
            "{name} carries a path of this machine"
        );
        for path in &paths {
            assert!(
                !text.contains(path.as_str()),
                "{name} carries a machine's path: {path}"
            );
        }
    }
}

/// Codes such as "V01" in quotes in the sources.
fn codes_in(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(4))
        .filter(|&i| bytes[i] == b'"' && bytes[i + 4] == b'"')
        .filter(|&i| {
            b"VBDRLMSCAPQK".contains(&bytes[i + 1])
                && bytes[i + 2].is_ascii_digit()
                && bytes[i + 3].is_ascii_digit()
        })
        .filter_map(|i| text.get(i + 1..i + 4).map(str::to_owned))
        // Percentiles of a distribution are called so too.
        .filter(|code| !["D10", "D50", "D90"].contains(&code.as_str()))
        .collect()
}

#[test]
fn every_finding_is_documented_and_every_documented_finding_exists() {
    let used: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(_, text)| codes_in(text))
        .collect();
    let page = fs::read_to_string(root().join("docs/findings.md")).expect("docs/findings.md");
    let told: BTreeSet<String> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| "))
        .map(|l| l.chars().take(3).collect::<String>())
        .filter(|c| !codes_in(&format!("\"{c}\" ")).is_empty())
        .collect();
    assert_eq!(
        used, told,
        "findings in the code (left) and in docs/findings.md (right)"
    );
}
