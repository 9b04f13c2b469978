//! The qualification script: a sound program passes, and one that is not does not.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn qualified(nta: &Path, out: &Path, more: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/qualification/run.sh");
    Command::new("sh")
        .arg(script)
        .arg("--nta")
        .arg(nta)
        .arg("--out")
        .arg(out)
        .arg("--short")
        .args(more)
        .output()
        .expect("sh runs")
}

/// The verdict of each check in a protocol.
fn verdicts(out: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(out.join("protocol.md")).expect("a protocol");
    let rows = text.lines().filter(|l| l.ends_with("** |"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let verdict = cells.last().copied().unwrap_or_default();
        let verdict = verdict.trim_matches(|c: char| !c.is_ascii_alphabetic());
        (cells[0].replace("| ", ""), verdict.to_owned())
    })
    .collect()
}

#[test]
fn this_program_passes_every_check() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("protocol of a day");
    let nta = Path::new(env!("CARGO_BIN_EXE_nta"));
    let version = ["--expect-version", env!("CARGO_PKG_VERSION")];
    let run = qualified(nta, &out, &version);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "{said}");
    let verdicts = verdicts(&out);
    assert_eq!(verdicts.len(), 28, "{verdicts:?}");
    let noted: Vec<&str> = verdicts
        .iter()
        .filter(|(_, v)| v != "PASS")
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(noted, ["IQ-2", "IQ-3", "IQ-5"]);
    assert!(!out.join("films").exists(), "films are large");
    let twice = qualified(nta, &out, &[]);
    assert_eq!(twice.status.code(), Some(2), "never over an older one");
}

#[test]
fn a_program_that_verifies_nothing_and_another_version_fail() {
    let place = tempfile::tempdir().expect("a folder");
    let fake = place.path().join("nta");
    let real = env!("CARGO_BIN_EXE_nta");
    let text = format!("#!/bin/sh\n[ \"$1\" = verify ] && exit 0\nexec '{real}' \"$@\"\n");
    fs::write(&fake, text).expect("a file");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).expect("a program");
    let out = place.path().join("out");
    let run = qualified(&fake, &out, &["--expect-version", "9.9.9"]);
    assert_eq!(run.status.code(), Some(1));
    let failed: Vec<String> = verdicts(&out)
        .into_iter()
        .filter(|(_, v)| v == "FAIL")
        .map(|(id, _)| id)
        .collect();
    let expected = ["IQ-1", "OQ-16", "OQ-17", "OQ-18", "OQ-19", "OQ-20"];
    assert_eq!(failed, expected);
    let text = fs::read_to_string(out.join("protocol.md")).expect("a protocol");
    assert!(text.contains("FAIL: 6 of"), "{text}");
    assert!(text.contains("| OQ-16 | | | | |"), "{text}");
}
