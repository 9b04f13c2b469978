//! What is wrong with the motion in a film is named in its result, and nothing is where nothing is.

#![allow(clippy::print_stdout)] // A skipped test says so.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Findings that say that something is wrong with the motion.
const OF_MOTION: [&str; 8] = ["A06", "L06", "M06", "S03", "S05", "S07", "V08", "V10"];
const FRAMES: &str = "240";

fn nta(args: &[&str]) {
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .output()
        .expect("nta starts");
    let code = run.status.code();
    assert!(
        code == Some(0) || code == Some(1),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

fn scene(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("fixtures/scenes").join(name);
    path.to_string_lossy().into_owned()
}

/// A film of a scene; its name says the format.
fn film(folder: &Path, scene_name: &str, name: &str, options: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let text = path.to_string_lossy().into_owned();
    let scene = scene(scene_name);
    let mut args = vec!["simulate", &scene, "--out", &text, "--frames", FRAMES];
    args.extend(options);
    nta(&args);
    path
}

/// The result with an exposure, and its findings of motion in order.
fn found(film: &Path, exposure_ms: &str, options: &[&str]) -> (Value, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let (film, out_text) = (film.to_string_lossy(), out.to_string_lossy());
    let mut args = vec!["analyze", &film, "--out", &out_text];
    args.extend(["--exposure-ms", exposure_ms, "--pixel-size-um", "0.2"]);
    args.extend(["--frame-rate-fps", "30", "--temperature-c", "25"]);
    args.extend(["--set", "size.resamples=20"]);
    args.extend(options);
    nta(&args);
    let text = std::fs::read(out.join("result.json")).expect("a result");
    let result: Value = serde_json::from_slice(&text).expect("JSON");
    let findings = result["findings"].as_array().expect("findings");
    let mut codes: Vec<String> = findings
        .iter()
        .filter_map(|f| f["code"].as_str())
        .filter(|c| OF_MOTION.contains(c))
        .map(str::to_owned)
        .collect();
    codes.sort();
    codes.dedup();
    (result, codes)
}

fn observed(result: &Value, code: &str) -> f64 {
    let findings = result["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|f| f["code"] == code);
    finding.expect("the finding")["observed"]
        .as_f64()
        .expect("a number")
}

#[test]
fn right_exposure_raises_nothing_and_wrong_ones_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let film = film(folder.path(), "standard.toml", "film.avi", &[]);
    let none: [&str; 0] = [];
    assert_eq!(found(&film, "15", &[]).1, none);
    for wrong in ["25", "5"] {
        let (result, codes) = found(&film, wrong, &[]);
        assert_eq!(codes, ["A06"], "{wrong} ms");
        // What was stated is seen, and the limit is what the motion looks like.
        assert_eq!(observed(&result, "A06").to_string(), wrong);
    }
}

#[test]
fn drift_that_is_left_in_is_named_with_its_speed() {
    let folder = tempfile::tempdir().expect("a folder");
    let film = film(folder.path(), "drift-5.toml", "film.avi", &[]);
    let (result, codes) = found(&film, "15", &["--set", "drift.method=none"]);
    assert_eq!(codes, ["M06"]);
    let speed = observed(&result, "M06");
    assert!((speed - 5.0).abs() < 0.7, "{speed} um/s");
    let none: [&str; 0] = [];
    assert_eq!(found(&film, "15", &[]).1, none);
}

#[test]
fn hard_compression_is_named_and_fails() {
    if nta_video::ffmpeg_pipe::program().is_none() {
        println!("no program ffmpeg: not tested");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--codec", "h264", "--quality", "30"];
    let film = film(folder.path(), "standard.toml", "film.mp4", &options);
    let (result, codes) = found(&film, "15", &[]);
    assert!(
        codes.iter().any(|c| c == "V08") && codes.iter().any(|c| c == "S03"),
        "{codes:?}"
    );
    assert!(codes.iter().all(|c| c != "L06"), "{codes:?}");
    assert_eq!(result["verdict"], "fail");
}
