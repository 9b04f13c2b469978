//! `nta verify` as a laboratory meets it: a result of the demo film, moved, replaced, tampered with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// Runs nta in `folder`, logged in as `user`.
fn nta(folder: &Path, user: Option<&str>, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nta"));
    command
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("NTA_INSTRUMENTS", "");
    for name in ["USER", "LOGNAME", "USERNAME"] {
        command.env_remove(name);
    }
    if let Some(user) = user {
        command.env("LOGNAME", user);
    }
    command.output().expect("nta runs")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A folder with the demo film in `raw` and its result in `results`.
fn analysed() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a folder");
    fs::create_dir(place.path().join("raw")).expect("a folder");
    fs::copy(fixture("demo.avi"), place.path().join("raw/demo.avi")).expect("a film");
    fs::copy(fixture("demo.toml"), place.path().join("demo.toml")).expect("a plan");
    let run = again(place.path(), Some("ada"), &[]);
    assert!(run.status.success(), "{}", said(&run));
    place
}

fn again(place: &Path, user: Option<&str>, more: &[&str]) -> Output {
    let usual = "analyze raw/demo.avi --plan demo.toml --out results --quiet";
    let args: Vec<&str> = usual.split(' ').chain(more.iter().copied()).collect();
    nta(place, user, &args)
}

fn entries(place: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(place.join("results/audit.jsonl")).expect("a trail");
    let entry = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(entry).collect()
}

#[test]
fn a_result_is_sound_until_a_byte_of_it_changes() {
    let place = analysed();
    let sound = nta(place.path(), None, &["verify", "results"]);
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
    assert!(said(&sound).contains("sound: film raw/demo.avi"));
    assert!(sound.stderr.is_empty());
    let mut files: Vec<PathBuf> = fs::read_dir(place.path().join("results"))
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    assert_eq!(files.len(), 8);
    files.push(place.path().join("raw/demo.avi"));
    for (i, file) in files.iter().enumerate() {
        let mut bytes = fs::read(file).expect("a file");
        // A place that differs from file to file, but is always the same.
        let at = bytes.len() * (i + 1) / (files.len() + 1);
        bytes[at] ^= 1;
        fs::write(file, &bytes).expect("a file");
        let found = nta(place.path(), None, &["verify", "results", "--json"]);
        assert_eq!(found.status.code(), Some(1), "{}", file.display());
        let json: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
        assert_eq!(json["sound"], false, "{}", file.display());
        bytes[at] ^= 1;
        fs::write(file, &bytes).expect("a file");
    }
    let sound = nta(place.path(), None, &["verify", "results"]);
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
}

#[test]
fn the_trail_names_the_person_the_reason_and_both_results() {
    let place = analysed();
    let refused = again(place.path(), Some("eve"), &["--reason", "better"]);
    assert_eq!(refused.status.code(), Some(4));
    let reason = "temperature corrected";
    let more = ["--overwrite", "--reason", reason, "--temperature-c", "30"];
    let run = again(place.path(), None, &more);
    assert!(run.status.success(), "{}", said(&run));
    let run = again(
        place.path(),
        Some("eve"),
        &["--overwrite", "--user", "Ada L."],
    );
    assert!(run.status.success(), "{}", said(&run));
    let entries = entries(place.path());
    let users: Vec<_> = entries.iter().map(|e| e["user"].as_str()).collect();
    assert_eq!(users, [Some("ada"), None, Some("Ada L.")]);
    assert!(
        entries[1]["notes"][0]
            .as_str()
            .is_some_and(|n| n.contains("nobody"))
    );
    assert_eq!(entries[1]["reason"], reason);
    assert_eq!(entries[1]["action"], "reanalyzed");
    assert_eq!(entries[1]["numbers_before"], entries[0]["numbers"]);
    assert_ne!(entries[1]["numbers"], entries[0]["numbers"]);
    assert_eq!(entries[2]["numbers"], entries[0]["numbers"]);
    let kept = entries[0]["hash"].as_str().expect("a hash");
    let verified = nta(
        place.path(),
        None,
        &["verify", "results", "--head", &kept[..16]],
    );
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    for wrong in [["--user", ""], ["--reason", ""]] {
        assert_eq!(again(place.path(), None, &wrong).status.code(), Some(2));
    }
}

#[test]
fn a_film_that_was_moved_is_found_where_it_is_kept() {
    let place = analysed();
    fs::create_dir(place.path().join("archive")).expect("a folder");
    fs::rename(place.path().join("raw"), place.path().join("archive/raw")).expect("moved");
    let lost = nta(place.path(), None, &["verify", "results"]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(
        said(&lost).contains("not there: film raw/demo.avi (not at /"),
        "{}",
        said(&lost)
    );
    let found = nta(
        place.path(),
        None,
        &["verify", "results", "--inputs", "archive"],
    );
    assert_eq!(found.status.code(), Some(0), "{}", said(&found));
    let without = nta(place.path(), None, &["verify", "results", "--results-only"]);
    assert_eq!(without.status.code(), Some(0), "{}", said(&without));
    assert!(
        said(&without).contains("nothing altered or missing: 9 sound, 1 not checked"),
        "{}",
        said(&without)
    );
}

#[test]
fn what_cannot_be_verified_ends_with_its_code() {
    let place = analysed();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["verify"], 2, "<DIR>"),
        (&["verify", "raw"], 3, "has no audit.jsonl"),
        (&["verify", "none"], 3, "cannot read the folder none"),
        (&["verify", "demo.toml"], 3, "cannot read the folder"),
        (&["verify", "results", "--head", "12"], 2, "8 to 64 digits"),
    ];
    for (args, code, words) in cases {
        let output = nta(place.path(), None, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}
