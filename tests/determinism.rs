//! The same input gives the same bytes, whatever the number of threads.

use std::path::{Path, PathBuf};
use std::process::Command;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// Analyses the demo film and gives all files but the page, `result.json` without its timing.
fn files(threads: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .arg("analyze")
        .arg(fixture("demo.avi"))
        .arg("--plan")
        .arg(fixture("demo.toml"))
        .arg("--out")
        .arg(&out)
        .args(["--threads", threads, "--spots", "--quiet"])
        .output()
        .expect("nta starts");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let mut names: Vec<PathBuf> = std::fs::read_dir(&out)
        .expect("a result")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    let mut all = Vec::new();
    for path in names {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name == "audit.jsonl" {
            // Who wrote the files and when is no part of the result.
            continue;
        }
        let mut text = std::fs::read_to_string(&path).expect("text");
        if name == "report.html" {
            // The page tells how long it took.
            continue;
        }
        if name == "result.json" {
            let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert!(value["timing"].take()["seconds"].as_f64().expect("a time") > 0.0);
            text = value.to_string();
        }
        all.push((name, text));
    }
    all
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let one = files("1");
    let two = files("2");
    assert_eq!(one.len(), 7, "result, plan, four tables and all spots");
    for (a, b) in one.iter().zip(&two) {
        assert_eq!(a.0, b.0);
        assert!(a.1 == b.1, "{} differs between one thread and two", a.0);
    }
}

#[test]
fn the_demo_film_gives_its_known_answer() {
    let all = files("2");
    let result = &all
        .iter()
        .find(|f| f.0 == "result.json")
        .expect("a result")
        .1;
    let result: serde_json::Value = serde_json::from_str(result).expect("JSON");
    let median = &result["diameter_nm"]["d50"];
    let value = median["value"].as_f64().expect("a median");
    assert!((value - 100.0).abs() < 4.0, "{value} nm");
    let [low, high] = [0, 1].map(|i| median["ci95"][i].as_f64().expect("an interval"));
    assert!(low < 101.0 && high > 99.0, "{low} to {high} nm");
    assert_eq!(result["verdict"], "pass");
}
