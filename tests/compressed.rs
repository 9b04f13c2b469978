//! What compression leaves of the noise is not taken for spots.

#![allow(clippy::print_stdout)] // A skipped test says so.

use serde_json::Value;
use std::process::Command;

/// Spots far between, where the noise has most to say.
const SPARSE: &str = "width_px = 480\nheight_px = 400\nframes = 60\n\
    [amount]\nvisible_per_frame = 10.0\n[[populations]]\ndiameter_nm = 100.0\n";
const EMPTY: &str = "width_px = 480\nheight_px = 400\nframes = 60\npopulations = []\n";

fn nta(args: &[&str]) -> Vec<u8> {
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .output()
        .expect("nta starts");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "{said}");
    run.stdout
}

/// Width of a spot in the film of a scene, px; `None` if it could not be measured. The name of the film says its format.
fn width(scene: &str, name: &str, options: &[&str]) -> Option<f64> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| -> String { folder.path().join(name).to_string_lossy().into() };
    let (from, film) = (path("scene.toml"), path(name));
    std::fs::write(&from, scene).expect("written");
    nta(&[&["simulate", &from, "--out", &film], options].concat());
    let seen: Value = serde_json::from_slice(&nta(&["inspect", &film, "--json"])).expect("JSON");
    let findings = seen["findings"].as_array().expect("findings");
    let measured = findings.iter().all(|f| f["code"] != "B08");
    let width = seen["spot_width_px"].as_f64().expect("a width");
    measured.then_some(width)
}

fn formats() -> Vec<(&'static str, [&'static str; 4])> {
    let mut out = vec![
        ("film.avi", ["--codec", "mjpeg", "--quality", "90"]),
        ("film.avi", ["--codec", "mjpeg", "--quality", "75"]),
    ];
    match nta_video::ffmpeg_pipe::program().is_some() {
        true => out.push(("film.mp4", ["--codec", "h264", "--quality", "18"])),
        false => println!("no program ffmpeg: H.264 is not tested"),
    }
    out
}

#[test]
fn spots_are_as_wide_as_without_compression() {
    let raw = width(SPARSE, "film.avi", &[]).expect("a width");
    for (name, options) in formats() {
        let found = width(SPARSE, name, &options).expect("a width");
        assert!(
            (found / raw - 1.0).abs() < 0.05,
            "{options:?}: {found} px, without compression {raw} px"
        );
    }
}

#[test]
fn noise_alone_has_no_width() {
    assert_eq!(width(EMPTY, "film.avi", &[]), None);
    for (name, options) in formats() {
        assert_eq!(width(EMPTY, name, &options), None, "{options:?}");
    }
}
