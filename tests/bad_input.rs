//! Whatever is wrong with an input: one sentence, the exit code of the contract, no partial result.

use nta_sim::{Population, Scene, SimulatedFilm, avi};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn nta(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .output()
        .expect("nta starts")
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// Runs `analyze` with enough options and expects a failure that leaves nothing behind.
fn refused(input: &Path, options: &[&str], code: i32, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let input = input.to_string_lossy().into_owned();
    let out_text = out.to_string_lossy().into_owned();
    let mut args = vec!["analyze", &input, "--out", &out_text];
    args.extend(options);
    let run = nta(&args);
    let said = said(&run);
    assert_eq!(run.status.code(), Some(code), "{input}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    let lines = said.lines().filter(|l| !l.starts_with("hint:")).count();
    assert_eq!(lines, 1, "one sentence, not: {said}");
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
    assert!(!out.exists(), "{input} left a result");
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        0,
        "{input} left something"
    );
}

/// The result in a folder.
fn result(out: &Path) -> serde_json::Value {
    let text = fs::read(out.join("result.json")).expect("a result");
    serde_json::from_slice(&text).expect("JSON")
}

const KNOWN: [&str; 4] = ["--pixel-size-um", "0.2", "--frame-rate-fps", "30"];

/// A short film of beads as MJPEG AVI.
fn film(frames: u32) -> Vec<u8> {
    let scene = Scene {
        width_px: 160,
        height_px: 120,
        frames,
        ..Scene::with_populations(vec![Population::monodisperse(100.0, 1.0)])
    };
    let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
    avi::encode_mjpeg(&mut film, 90).expect("an AVI")
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn inputs_that_are_no_films() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = folder.path();
    refused(&f.join("missing.avi"), &KNOWN, 3, &["missing.avi"]);
    refused(&file(f, "empty.avi", b""), &KNOWN, 3, &["empty"]);
    refused(
        &file(f, "text.avi", b"this is no film at all\n"),
        &KNOWN,
        3,
        &["text.avi", "text"],
    );
    refused(
        &file(f, "noise.tif", &[0xA7; 3000]),
        &KNOWN,
        3,
        &["noise.tif"],
    );
    let good = film(3);
    refused(&file(f, "head.avi", &good[..40]), &KNOWN, 3, &["head.avi"]);
    let nothing = f.join("folder");
    fs::create_dir(&nothing).expect("a folder");
    refused(&nothing, &KNOWN, 3, &["folder"]);
}

#[test]
fn values_that_cannot_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), "good.avi", &film(3));
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--pixel-size-um", "-1"], &["pixel_size_um", "um"]),
        (&["--pixel-size-um", "0"], &["pixel_size_um", "0.01"]),
        (&["--pixel-size-um", "nan"], &["pixel"]),
        (
            &["--pixel-size-um", "0.2", "--temperature-c", "400"],
            &["temperature_c", "100"],
        ),
        (
            &["--pixel-size-um", "0.2", "--dilution", "0.5"],
            &["dilution"],
        ),
        (
            &["--pixel-size-um", "0.2", "--exposure-ms", "5000"],
            &["exposure"],
        ),
        (
            &["--pixel-size-um", "0.2", "--set", "detekt.method=dog"],
            &["detect"],
        ),
        (
            &["--pixel-size-um", "0.2", "--set", "link.method=nearst"],
            &["nearest"],
        ),
        (&[], &["--pixel-size-um"]),
    ];
    for (options, words) in cases {
        refused(&good, options, 2, words);
    }
}

#[test]
fn outputs_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), "good.avi", &film(3))
        .to_string_lossy()
        .into_owned();
    let under_a_file = folder
        .path()
        .join("good.avi")
        .join("out")
        .to_string_lossy()
        .into_owned();
    let mut args = vec!["analyze", &good, "--out", &under_a_file];
    args.extend(KNOWN);
    let run = nta(&args);
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));

    let out = folder.path().join("out").to_string_lossy().into_owned();
    let mut args = vec!["analyze", &good, "--out", &out];
    args.extend(KNOWN);
    assert_eq!(nta(&args).status.code(), Some(0));
    let again = nta(&args);
    assert_eq!(again.status.code(), Some(4), "{}", said(&again));
    assert!(said(&again).contains("--overwrite"), "{}", said(&again));
    args.push("--overwrite");
    assert_eq!(nta(&args).status.code(), Some(0));
}

#[test]
fn a_film_that_is_cut_off_is_analysed_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = film(40);
    let cut = file(folder.path(), "cut.avi", &whole[..whole.len() / 2])
        .to_string_lossy()
        .into_owned();
    let out = folder.path().join("out");
    let mut args = vec!["analyze", &cut, "--out"];
    let out_text = out.to_string_lossy().into_owned();
    args.push(&out_text);
    args.extend(KNOWN);
    let run = nta(&args);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let text = fs::read(out.join("result.json")).expect("a result");
    let result: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(result["captures"][0]["complete"], false);
    let frames = result["captures"][0]["frames"].as_u64().expect("a number");
    assert!((10..40).contains(&frames), "{frames} frames");
    assert!(
        result["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .any(|f| f["code"] == "V01")
    );
}

#[test]
fn tiny_and_strange_films_are_films() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = folder.path();
    let one = file(f, "one.avi", &film(1));
    let dot = f.join("dot.png");
    image::GrayImage::from_pixel(1, 1, image::Luma([7]))
        .save(&dot)
        .expect("a picture");
    let grey = f.join("grey");
    fs::create_dir(&grey).expect("a folder");
    for n in 0..5 {
        let picture = image::GrayImage::from_pixel(64, 48, image::Luma([40]));
        picture
            .save(grey.join(format!("{n}.png")))
            .expect("a picture");
    }
    let colour = f.join("colour");
    fs::create_dir(&colour).expect("a folder");
    for n in 0..5u8 {
        let picture =
            image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, n * 40]));
        picture
            .save(colour.join(format!("{n}.png")))
            .expect("a picture");
    }
    for (i, input) in [one, dot, grey, colour].iter().enumerate() {
        let out = f.join(format!("out{i}")).to_string_lossy().into_owned();
        let text = input.to_string_lossy().into_owned();
        let mut args = vec!["analyze", &text, "--out", &out];
        args.extend(KNOWN);
        let run = nta(&args);
        assert_eq!(run.status.code(), Some(0), "{text}: {}", said(&run));
        let result: serde_json::Value = serde_json::from_slice(
            &fs::read(Path::new(&out).join("result.json")).expect("a result"),
        )
        .expect("JSON");
        assert!(result["diameter_nm"]["d50"]["value"].is_null(), "{text}");
        assert!(!result["findings"].as_array().expect("findings").is_empty());
        assert_eq!(nta(&["inspect", &text]).status.code(), Some(0), "{text}");
    }
}

#[test]
fn pure_noise_at_a_low_threshold_ends_in_good_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = folder.path().join("noise");
    fs::create_dir(&f).expect("a folder");
    let mut state = 1u32;
    for n in 0..12 {
        let picture = image::GrayImage::from_fn(640, 480, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Luma([(state >> 24) as u8])
        });
        picture.save(f.join(format!("{n}.png"))).expect("a picture");
    }
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let text = f.to_string_lossy().into_owned();
    let mut args = vec![
        "analyze",
        &text,
        "--out",
        &out,
        "--set",
        "detect.false_spots_per_frame=1000",
    ];
    args.extend(KNOWN);
    let run = nta(&args);
    let code = run.status.code();
    assert!(code == Some(0) || code == Some(1), "{}", said(&run));
}

#[test]
fn plans_that_do_not_fit_the_film_are_plan_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), "good.avi", &film(3));
    let with = |setting| [&KNOWN[..], &["--set", setting]].concat();
    refused(
        &good,
        &with("first_frame=7"),
        2,
        &["first_frame = 7", "it has 3"],
    );
    refused(
        &good,
        &with("film.exclude=[[0,0,160,120]]"),
        2,
        &["film.exclude", "160 x 120 px"],
    );
    let folder_text = folder.path().to_string_lossy().into_owned();
    for plan in [folder_text.as_str(), "/dev/zero"] {
        let options = [&KNOWN[..], &["--plan", plan]].concat();
        refused(&good, &options, 2, &[plan, "it is not a file"]);
    }
    let long = file(folder.path(), "long.toml", &vec![b'\n'; (16 << 20) + 1]);
    let long = long.to_string_lossy().into_owned();
    let options = [&KNOWN[..], &["--plan", &long]].concat();
    refused(&good, &options, 2, &["long.toml", "16777216"]);
}

#[test]
fn a_picture_that_no_memory_holds_is_refused_before_it_is_decoded() {
    let folder = tempfile::tempdir().expect("a folder");
    // The head of a PNG of 30000 x 15000 px, with nothing in it: the size is all that is looked at.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(30_000u32.to_be_bytes());
    png.extend(15_000u32.to_be_bytes());
    png.extend([8, 0, 0, 0, 0, 0xF1, 0x64, 0x7C, 0xCA]);
    png.extend(b"\0\0\0\0IDAT");
    let path = file(folder.path(), "bomb.png", &png);
    refused(&path, &KNOWN, 3, &["bomb.png"]);
}

#[test]
fn an_empty_result_says_zero_and_a_film_given_twice_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let grey = folder.path().join("grey.png");
    image::GrayImage::from_pixel(40, 30, image::Luma([9]))
        .save(&grey)
        .expect("a picture");
    let out = folder.path().join("out");
    let (input, out_text) = (grey.to_string_lossy(), out.to_string_lossy());
    let mut args = vec!["analyze", &input, &input, "--out", &out_text];
    args.extend(KNOWN);
    let run = nta(&args);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let headline = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        headline.contains(" 0 per frame") && !headline.contains("-0"),
        "{headline}"
    );
    let written = fs::read_to_string(out.join("result.json")).expect("a result");
    assert!(!written.contains("-0.0"));
    let codes: Vec<String> = result(&out)["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|f| f["code"].as_str().map(str::to_owned))
        .collect();
    assert!(codes.contains(&"P01".to_owned()), "{codes:?}");
}

#[test]
fn a_refused_run_leaves_no_folders_above_its_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("new/deep/out");
    let out = out.to_string_lossy();
    let mut args = vec!["analyze", "no-such-film.avi", "--out", &out];
    args.extend(KNOWN);
    assert_eq!(nta(&args).status.code(), Some(3));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn the_current_folder_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), "good.avi", &film(3));
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .current_dir(place.path())
        .args(["analyze", &good.to_string_lossy(), "--out", "."])
        .args(KNOWN)
        .output()
        .expect("nta starts");
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));
    assert!(said(&run).contains("current folder"), "{}", said(&run));
    assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), "good.avi", &film(8));
    let good = good.to_string_lossy().into_owned();
    let code = |name: &str, listen: bool| {
        let out = folder.path().join(name);
        let mut child = Command::new(env!("CARGO_BIN_EXE_nta"))
            .args(["analyze", &good, "--out", &out.to_string_lossy()])
            // Crowded enough that identities are ambiguous, which fails.
            .args(["--set", "detect.false_spots_per_frame=1000"])
            .args(KNOWN)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("nta starts");
        if !listen {
            drop(child.stdout.take());
        }
        let run = child.wait_with_output().expect("nta ends");
        let verdict = result(&out)["verdict"].as_str().map(str::to_owned);
        (run.status.code(), verdict)
    };
    let heard = code("heard", true);
    assert_eq!(heard, code("unheard", false));
    assert_eq!(heard.0 == Some(1), heard.1.as_deref() == Some("fail"));
}

/// Such a film took minutes, and had a median diameter.
#[test]
fn noise_at_the_lowest_threshold_fails_without_a_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = b"frames = 30\namount = { visible_per_frame = 0.0 }\npopulations = []\n";
    let scene = file(folder.path(), "noise.toml", scene);
    let noise = folder.path().join("noise.avi");
    let [scene, noise] = [scene, noise].map(|p| p.to_string_lossy().into_owned());
    let made = nta(&["simulate", &scene, "--out", &noise]);
    assert!(made.status.success(), "{}", said(&made));
    let out = folder.path().join("out");
    let lowest = [
        "--set",
        "detect.threshold_factor=0.3",
        "--set",
        "detect.lowest_snr=2",
    ];
    let mut args = vec!["analyze", &noise, "--depth-um", "10", "--out"];
    let out_text = out.to_string_lossy();
    args.push(&out_text);
    args.extend(KNOWN);
    args.extend(lowest);
    let run = nta(&args);
    assert_eq!(run.status.code(), Some(1), "{}", said(&run));
    let lines = String::from_utf8_lossy(&run.stdout);
    assert!(lines.contains("not available: too many spots"), "{lines}");
    let result = result(&out);
    let codes: Vec<&str> = result["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|f| f["code"].as_str())
        .collect();
    // Why there is no size and no concentration; and not that it is right for a blank.
    assert!(
        codes.contains(&"D03") && codes.contains(&"C07"),
        "{codes:?}"
    );
    assert!(
        !codes.contains(&"D01") && !codes.contains(&"S01"),
        "{codes:?}"
    );
    assert_eq!(result["verdict"], "fail");
    assert!(result["concentration"].is_null());
    assert!(result["diameter_nm"]["median"]["value"].is_null());
    let tally = &result["captures"][0]["tally"];
    assert_eq!(tally["spots"], 0);
    assert_eq!(tally["dropped"]["frame_not_searched"], 30);
    let run = nta(&[&["inspect", &noise][..], &lowest].concat());
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let lines = String::from_utf8_lossy(&run.stdout);
    assert!(
        lines.contains("too many to tell") && lines.contains("[D03]"),
        "{lines}"
    );
}
