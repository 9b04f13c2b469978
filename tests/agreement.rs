//! Real films, recorded by others, with known answers, through the command as a user types it.
//!
//! The films are not part of the project. The folder that holds them is named by `NTA_REFERENCE_DATA`; without it each
//! test prints a line and ends.

#![allow(clippy::print_stdout)] // A skipped test says so.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
        println!("skipped: NTA_REFERENCE_DATA is not set");
        return None;
    };
    let path = Path::new(&folder).join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn nta(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .output()
        .expect("nta starts")
}

/// Analyses and reads `result.json`.
fn analyze(inputs: &[PathBuf], options: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let out_text = out.to_string_lossy().into_owned();
    let inputs: Vec<String> = inputs
        .iter()
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    let mut args = vec!["analyze"];
    args.extend(inputs.iter().map(String::as_str));
    args.extend(["--out", &out_text]);
    args.extend(options);
    let run = nta(&args);
    let code = run.status.code();
    assert!(
        code == Some(0) || code == Some(1),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let text = std::fs::read(out.join("result.json")).expect("a result");
    serde_json::from_slice(&text).expect("JSON")
}

fn d50(result: &Value) -> f64 {
    result["diameter_nm"]["d50"]["value"]
        .as_f64()
        .expect("a median")
}

fn has(result: &Value, code: &str) -> bool {
    result["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .any(|f| f["code"] == code)
}

const PRINCETON: [&str; 8] = [
    "--pixel-size-um",
    "0.175",
    "--frame-rate-fps",
    "2",
    "--temperature-c",
    "23.85",
    "--viscosity-mpa-s",
    "0.9135",
];

#[test]
fn one_micrometre_beads_in_three_runs_and_as_replicates() {
    let runs: Option<Vec<PathBuf>> = (1..=3)
        .map(|n| data(&format!("princeton_beads_1um/run_0{n}")))
        .collect();
    let Some(runs) = runs else { return };
    for run in &runs {
        let result = analyze(std::slice::from_ref(run), &PRINCETON);
        let median = d50(&result);
        assert!(
            (1000.0..=1150.0).contains(&median),
            "{}: {median} nm",
            run.display()
        );
        // A ring tracked as a row of particles would give a hundred spots and more in each frame.
        let per_frame = result["particles_per_frame"].as_f64().expect("a number");
        assert!((10.0..=70.0).contains(&per_frame), "{per_frame} per frame");
    }
    let pooled = analyze(&runs, &PRINCETON);
    assert_eq!(pooled["captures"].as_array().expect("captures").len(), 3);
    assert!(
        (1000.0..=1150.0).contains(&d50(&pooled)),
        "pooled {} nm",
        d50(&pooled)
    );
    assert_eq!(pooled["replicates"]["n"], 3);
}

#[test]
fn the_same_beads_as_mp4_whose_rate_is_that_of_playback() {
    let Some(film) = data("princeton_beads_1um/run_01.mp4") else {
        return;
    };
    if !cfg!(feature = "ffmpeg") {
        println!("skipped: this build has no FFmpeg");
        return;
    }
    let result = analyze(&[film], &PRINCETON);
    assert!(
        (1000.0..=1150.0).contains(&d50(&result)),
        "{} nm",
        d50(&result)
    );
    assert!(
        has(&result, "V05"),
        "H.264 is lossy, and the result should say so"
    );
}

#[test]
fn beads_of_1900_nm_beside_a_running_clock() {
    for name in ["data3", "data4"] {
        let Some(film) = data(&format!("toronto_beads_1p9um/{name}")) else {
            return;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out").to_string_lossy().into_owned();
        let film = film.to_string_lossy().into_owned();
        let run = nta(&[
            "analyze",
            &film,
            "--out",
            &out,
            "--pixel-size-um",
            "0.1204",
            "--frame-rate-fps",
            "2",
            "--temperature-c",
            "23.35",
            "--viscosity-mpa-s",
            "0.933",
            "--spots",
        ]);
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        let text = std::fs::read(Path::new(&out).join("result.json")).expect("a result");
        let result: Value = serde_json::from_slice(&text).expect("JSON");
        // Three and seventeen tracks, and an exposure that nobody knows: the interval is wide, and holds the beads.
        assert!(
            (1750.0..2350.0).contains(&d50(&result)),
            "{name}: {} nm",
            d50(&result)
        );
        let ci95 = &result["diameter_nm"]["median"]["ci95"];
        let [low, high] = [0, 1].map(|k| ci95[k].as_f64().expect("a number"));
        assert!(low < 1900.0 && 1900.0 < high, "{name}: {low} to {high} nm");
        assert!(has(&result, "B02"), "the clock is named");
        let spots = std::fs::read_to_string(Path::new(&out).join("spots.csv")).expect("spots");
        for line in spots.lines().skip(1) {
            let columns: Vec<f64> = line
                .split(',')
                .take(3)
                .filter_map(|c| c.parse().ok())
                .collect();
            assert!(
                columns[1] > 160.0 || columns[2] > 30.0,
                "a spot in the clock: {line}"
            );
        }
    }
}

#[test]
fn dark_beads_in_a_compressed_film() {
    let Some(film) = data("trackpy_bulk_water/bulk_water_green_u8_300.tif") else {
        return;
    };
    let film = [film];
    let options = [
        "--pixel-size-um",
        "0.350877",
        "--frame-rate-fps",
        "24",
        "--set",
        "film.polarity=dark",
        "--set",
        "last_frame=60",
        "--set",
        "size.resamples=20",
    ];
    let result = analyze(&film, &options);
    assert!(
        has(&result, "V08"),
        "frames correlated by compression are named"
    );
    assert!(has(&result, "S03"), "and what that does to the sizes");
    assert_eq!(result["verdict"], "fail");
}

#[test]
fn clips_without_calibration_give_no_size_but_a_look() {
    let clips = [
        "deeptrack1_videos/Example_3_-_Brownian_Particles.mp4",
        "deeptrack1_videos/Example_6_-_Vesicles_SNR4_mid.mp4",
        "zaman13_fluo_trap/test1.avi",
    ];
    for name in clips {
        let Some(film) = data(name) else { return };
        if name.ends_with("mp4") && !cfg!(feature = "ffmpeg") {
            println!("skipped: this build has no FFmpeg");
            continue;
        }
        let film = film.to_string_lossy().into_owned();
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        let run = nta(&["analyze", &film, "--out", &out.to_string_lossy()]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(said.contains("--pixel-size-um"), "{said}");
        assert!(!out.exists(), "nothing is written");
        let look = nta(&["inspect", &film]);
        let told = String::from_utf8_lossy(&look.stdout).into_owned();
        assert_eq!(
            look.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&look.stderr)
        );
        assert!(
            told.contains("per frame") && told.contains("pixel size: give"),
            "{told}"
        );
    }
}

/// trackpy finds 535 spots in the first frame with diameter 11, mass 20 and its threshold of 1 count. Its box filter
/// rounds 8-bit pictures down twice, half a count each on average, which lowers that threshold; with exact arithmetic
/// the comparable one is half a count.
#[test]
fn a_crocker_grier_band_pass_finds_what_trackpy_finds() {
    let Some(picture) = data("trackpy_bulk_water/original_png/bulk_water_000.png") else {
        return;
    };
    let picture = picture.to_string_lossy().into_owned();
    let mut args = vec!["inspect", &picture, "--json", "--quiet"];
    let settings = [
        "film.polarity=dark",
        "detect.method=bandpass",
        "detect.diameter_px=11",
        "detect.lowest_mass_counts=20",
        "detect.lowest_counts=0.5",
        "detect.lowest_snr=0",
    ];
    args.extend(settings.iter().flat_map(|s| ["--set", s]));
    let run = nta(&args);
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let look: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let spots = look["spots_per_frame"]["mean"].as_f64().expect("a number");
    assert!((spots / 535.0 - 1.0).abs() < 0.1, "{spots} spots");
}
