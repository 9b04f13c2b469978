//! `nta simulate`: films with their truth, all files or none, and one sentence for whatever is wrong.

#![allow(clippy::print_stdout)] // A skipped test says so.

use nta_core::{FrameIndex, Tally};
use nta_engine::{Progress, Runtime, SimulateError, SimulateRequest, simulate};
use nta_sim::SimulatedFilm;
use nta_sim::truth_file::{TruthFile, TruthRow};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

const SCENE: &str = "width_px = 96\nheight_px = 80\nframes = 21\n\
    [amount]\nvisible_per_frame = 5.0\n\
    [faults]\nrepeated = [7]\n";

fn nta(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .arg("simulate")
        .args(args)
        .current_dir(folder)
        .output()
        .expect("nta starts")
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// A folder with a scene in it.
fn folder(scene: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scene.toml"), scene).expect("written");
    folder
}

/// Names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into())
        .collect();
    names.sort();
    names
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    names(folder)
        .into_iter()
        .filter(|name| folder.join(name).is_file())
        .map(|name| (name.clone(), fs::read(folder.join(name)).expect("a file")))
        .collect()
}

fn done(run: &Output) {
    assert_eq!(run.status.code(), Some(0), "{}", said(run));
}

#[test]
fn a_film_and_its_truth_are_written() {
    let folder = folder(SCENE);
    let f = folder.path();
    let run = nta(f, &["scene.toml", "--out", "film.avi"]);
    done(&run);
    assert_eq!(
        names(f),
        ["film.avi", "scene.toml", "truth.csv", "truth.json"]
    );
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    for words in [
        "film: film.avi (raw)",
        "truth: truth.csv, truth.json",
        "21 frames, 0.033333 s apart",
        "visible per frame",
        "per mL, visible over",
    ] {
        assert!(told.contains(words), "'{words}' is not in: {told}");
    }
    let text = fs::read_to_string(f.join("truth.json")).expect("text");
    let truth = TruthFile::from_json(&text).expect("a truth");
    assert_eq!((truth.frames, truth.width_px), (21, 96));
    assert_eq!(truth.repeated, [[7, 6]]);
    let film = SimulatedFilm::new(&truth.scene).expect("the scene of the truth");
    assert_eq!(TruthFile::of(&film), truth);
    let rows = fs::File::open(f.join("truth.csv")).expect("a file");
    let rows = TruthRow::read_csv(rows).expect("rows");
    let spots = film.truth().frames.iter().map(|f| f.spots.len());
    assert_eq!(rows.len(), spots.sum::<usize>());
    let mut read = nta_video::open(&f.join("film.avi")).expect("a film");
    let mut frames = 0;
    while let Some(packet) = read.next_packet().expect("a film") {
        let n = packet.index.0;
        let pixels = read.decode(packet).expect("a frame");
        assert!(film.picture(FrameIndex(n)).is_some_and(|p| p == pixels));
        frames += 1;
    }
    assert_eq!(frames, 21);
}

#[test]
fn a_folder_of_pictures_holds_its_truth_and_is_read_without_a_word() {
    let folder = folder(
        "width_px = 61\nheight_px = 47\nframes = 5\n[faults]\ndropped = [2]\n[camera]\nbit_depth = 12\n",
    );
    let f = folder.path();
    let run = nta(f, &["scene.toml", "--out", "a/film", "--json"]);
    done(&run);
    let told: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(told["frames"], 4);
    assert_eq!(told["frames_missing"], 1);
    assert_eq!(told["codec"], "png");
    let film = f.join("a/film");
    assert_eq!(
        names(&film),
        [
            "frame_00000.png",
            "frame_00001.png",
            "frame_00003.png",
            "frame_00004.png",
            "timestamps.csv",
            "truth.csv",
            "truth.json"
        ]
    );
    let mut read = nta_video::open(&film).expect("a film");
    assert_eq!(read.info().frames, Some(5));
    let mut numbers = Vec::new();
    while let Some(packet) = read.next_packet().expect("a film") {
        numbers.push(packet.index.0);
    }
    assert_eq!(numbers, [0, 1, 3, 4]);
    let end = read.end();
    assert_eq!(end.frames_missing, 1);
    // The files of truth are no images of another kind, and nothing to warn of.
    assert_eq!(end.tally, Tally::default());
    assert_eq!(end.findings.len(), 1, "{:?}", end.findings);
    assert_eq!(nta_video::files_of(&film).expect("files").len(), 5);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = folder(SCENE);
    let f = folder.path();
    for (out, more) in [
        ("film.avi", &[][..]),
        ("film.avi", &["--codec", "mjpeg", "--quality", "80"]),
        ("film.tif", &[]),
        ("film", &[]),
    ] {
        let mut all = Vec::new();
        for threads in ["1", "3", "0"] {
            let made = f.join(threads);
            fs::create_dir(&made).expect("a folder");
            let out = format!("{threads}/{out}");
            let mut args = vec!["scene.toml", "--out", &out, "--threads", threads];
            args.extend(more);
            done(&nta(f, &args));
            let inside = if made.join("film").is_dir() {
                made.join("film")
            } else {
                made.clone()
            };
            all.push(contents(&inside));
            fs::remove_dir_all(made).expect("gone");
        }
        assert!(all[0].len() >= 3);
        assert!(all.iter().all(|a| *a == all[0]), "{out} {more:?}");
    }
}

#[test]
fn seed_and_frames_can_be_given() {
    let folder = folder(SCENE);
    let f = folder.path();
    let args = [
        "scene.toml",
        "--out",
        "a.avi",
        "--seed",
        "5",
        "--frames",
        "3",
    ];
    done(&nta(f, &args));
    let text = fs::read_to_string(f.join("truth.json")).expect("text");
    let truth = TruthFile::from_json(&text).expect("a truth");
    assert_eq!((truth.scene.seed, truth.scene.frames), (5, 3));
}

/// Runs and expects a failure of one sentence that leaves the folder as it was.
fn refused(folder: &Path, args: &[&str], code: i32, words: &[&str]) {
    let before = contents(folder);
    let run = nta(folder, args);
    let said = said(&run);
    assert_eq!(run.status.code(), Some(code), "{args:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    let lines = said.lines().filter(|l| !l.starts_with("hint:")).count();
    assert_eq!(lines, 1, "one sentence, not: {said}");
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
    assert!(run.stdout.is_empty());
    assert_eq!(contents(folder), before, "{args:?} left something");
}

#[test]
fn bad_scenes_end_with_2_and_say_where() {
    let cases: [(&str, &[&str]); 14] = [
        (
            "[optics]\ndefocus_depth_um = -3.0\n",
            &[
                "line 2",
                "optics.defocus_depth_um is -3",
                "from 0.05 to 10000 um",
            ],
        ),
        (
            "frame_rate_fps = 30\nexposure_ms = 40\n",
            &["line 2", "exposure_ms is 40", "shorten it"],
        ),
        (
            "[[populations]]\nkind = \"round\"\n",
            &[
                "line 2",
                "key kind",
                "`round`",
                "`monodisperse`",
                "`log_normal`",
            ],
        ),
        (
            "[[populations]]\ndiameter_nm = 80\n[[populations]]\ndiameter_nm = 0\n",
            &["line 4", "diameter_nm is 0", "from 1 to 100000 nm"],
        ),
        (
            "width_px = 0\n",
            &["line 1", "width_px is 0", "from 1 to 16384 px"],
        ),
        (
            "frame = 3\n",
            &["line 1", "unknown key `frame`", "`frames`"],
        ),
        (
            "\n[light]\npeak = 3\n",
            &["line 3", "`peak`", "`reference_peak_counts`"],
        ),
        ("this is no scene\n", &["line 1, column 6", "expected"]),
        (
            "frames = -1\n",
            &["line 1", "key frames", "-1", "whole number from 0"],
        ),
        (
            "frames = \"many\"\n",
            &["key frames", "\"many\"", "whole number"],
        ),
        ("frames = 0\n", &["no frames"]),
        (
            "[amount]\nvisible_per_frame = 1.0\nconcentration_per_ml = 1e8\n",
            &["only one of its keys"],
        ),
        (
            "[light]\nbackground_counts = nan\n",
            &["background_counts is NaN"],
        ),
        (
            "frames = 9\n[faults]\ndropped = [0, 1, 2, 3, 4, 5, 6, 7, 8]\n",
            &["no frames"],
        ),
    ];
    for (scene, words) in cases {
        let folder = folder(scene);
        refused(
            folder.path(),
            &["scene.toml", "--out", "film.avi"],
            2,
            words,
        );
        if !words.contains(&"no frames") {
            refused(
                folder.path(),
                &["scene.toml", "--out", "new/film.avi"],
                2,
                &["scene.toml"],
            );
        }
        assert!(!folder.path().join("new").exists());
    }
    let folder = folder("");
    fs::write(folder.path().join("latin.toml"), b"# \xb5m\n").expect("written");
    let f = folder.path();
    refused(
        f,
        &["latin.toml", "--out", "film.avi"],
        2,
        &["UTF-8", "byte 2"],
    );
    refused(
        f,
        &["scene.toml", "--out", "film.avi", "--frames", "2000000"],
        2,
        &["--frames", "from 0 to 1000000"],
    );
}

#[test]
fn what_does_not_go_together_ends_with_2() {
    let folder = folder(
        "width_px = 32\nheight_px = 32\nframes = 6\n[faults]\ndropped = [3]\n[camera]\nbit_depth = 12\n",
    );
    let f = folder.path();
    let cases: [(&[&str], &str); 8] = [
        (&["--out", "film.mkv"], "'.mkv'"),
        (&["--out", "film.toml"], "*.avi, *.mp4, *.tif"),
        (&["--out", "film.avi", "--codec", "h264"], "*.mp4"),
        (&["--out", "film.avi", "--codec", "mjpeg"], "12 bits"),
        (&["--out", "film.mp4"], "12 bits"),
        (&["--out", "film.tif"], "1 of the film's 6 frames"),
        (&["--out", "film.avi", "--quality", "3"], "without loss"),
        (&["--out", "film.avi", "--codec", "mpeg"], "ffv1"),
    ];
    for (args, words) in cases {
        let all = [&["scene.toml"], args].concat();
        refused(f, &all, 2, &[words]);
    }
}

#[test]
fn a_scene_that_cannot_be_read_ends_with_3() {
    let folder = folder("");
    let f = folder.path();
    refused(f, &["none.toml", "--out", "a.avi"], 3, &["none.toml"]);
    refused(f, &[".", "--out", "a.avi"], 3, &["not a file"]);
}

#[test]
fn what_is_there_already_stays_unless_it_may_go() {
    let folder = folder(SCENE);
    let f = folder.path();
    let film = ["scene.toml", "--frames", "2", "--out", "film.avi"];
    for name in ["film.avi", "truth.csv", "truth.json"] {
        fs::write(f.join(name), "old").expect("written");
        refused(f, &film, 4, &[name, "exists already", "--overwrite"]);
        fs::remove_file(f.join(name)).expect("gone");
    }
    fs::write(f.join("truth.csv"), "old").expect("written");
    let over = [&film[..], &["--overwrite"]].concat();
    refused(f, &over, 4, &["truth.csv", "not of nta"]);
    assert_eq!(fs::read(f.join("truth.csv")).expect("a file"), b"old");
    fs::remove_file(f.join("truth.csv")).expect("gone");
    done(&nta(f, &film));
    let other_seed = [&over[..], &["--seed", "4"]].concat();
    let before = fs::read(f.join("truth.csv")).expect("a file");
    done(&nta(f, &other_seed));
    assert_ne!(fs::read(f.join("truth.csv")).expect("a file"), before);
    assert_eq!(names(f).len(), 4);
    fs::create_dir(f.join("b.avi")).expect("a folder");
    let onto_folder = ["scene.toml", "--out", "b.avi", "--overwrite"];
    refused(f, &onto_folder, 4, &["b.avi is a folder"]);

    let pictures = ["scene.toml", "--frames", "2", "--out", "pictures"];
    let over = [&pictures[..], &["--overwrite"]].concat();
    fs::create_dir(f.join("pictures")).expect("a folder");
    done(&nta(f, &pictures));
    refused(f, &pictures, 4, &["pictures exists already"]);
    done(&nta(f, &over));
    fs::write(f.join("pictures/notes.txt"), "mine").expect("written");
    refused(f, &over, 4, &["notes.txt", "will not delete"]);
    refused(
        f,
        &["scene.toml", "--out", "scene.toml/film"],
        4,
        &["is a file"],
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_ends_with_4() {
    // Whoever may do everything may write into a folder without rights, but nobody into this one.
    let folder = folder(SCENE);
    let out = "/proc/nta-test/film.avi";
    if Path::new("/proc/version").exists() {
        refused(folder.path(), &["scene.toml", "--out", out], 4, &["/proc"]);
    }
    use std::os::unix::fs::PermissionsExt;
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).expect("a folder");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("rights");
    if fs::write(locked.join("probe"), "").is_err() {
        let args = ["scene.toml", "--out", "locked/film.avi"];
        refused(folder.path(), &args, 4, &["cannot write"]);
    }
}

/// A program that fails tells why, and nothing is left of what it began.
#[cfg(unix)]
#[test]
fn a_failing_ffmpeg_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(SCENE);
    let f = folder.path();
    let program = f.join("program");
    fs::write(&program, "#!/bin/sh\necho 'Unknown encoder' >&2\nexit 1\n").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("rights");
    let before = names(f);
    for (named, words) in [
        (program.as_path(), "Unknown encoder"),
        (Path::new("/nowhere/ffmpeg"), "install FFmpeg"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_nta"))
            .args(["simulate", "scene.toml", "--out", "film.mp4"])
            .env("NTA_FFMPEG", named)
            .current_dir(f)
            .output()
            .expect("nta starts");
        assert_eq!(run.status.code(), Some(4));
        assert!(said(&run).contains(words), "{}", said(&run));
        assert_eq!(names(f), before);
    }
}

/// Stops after some frames.
#[test]
fn a_stopped_run_leaves_nothing() {
    let folder = folder(SCENE);
    let f = folder.path();
    for out in ["new/film.avi", "pictures", "film.tif", "film.avi"] {
        let request = SimulateRequest {
            scene: f.join("scene.toml"),
            out: f.join(out),
            codec: None,
            quality: None,
            seed: None,
            frames: None,
            overwrite: false,
        };
        let cancel = AtomicBool::new(false);
        let runtime = Runtime {
            threads: 2,
            progress: &|p: Progress| {
                assert_eq!(p.stage, "draw");
                cancel.fetch_or(p.frames_done >= 3, Ordering::Relaxed);
            },
            cancel: &cancel,
        };
        let stopped = simulate(&request, &runtime);
        let error = stopped.expect_err("it was stopped");
        assert!(matches!(error, SimulateError::Cancelled), "{error}");
        assert_eq!(error.exit_code(), 130);
        assert_eq!(names(f), ["scene.toml"], "{out}");
    }
}

/// Ctrl-C in the middle of the work.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    use std::time::{Duration, Instant};
    // Minutes of work, of which the first moments are done.
    let folder = folder("width_px = 640\nheight_px = 480\nframes = 50000\npopulations = []\n");
    let f = folder.path();
    let with_program = nta_video::ffmpeg_pipe::program().map(|_| "film.mp4");
    for out in ["new/film.avi", "film"].into_iter().chain(with_program) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nta"))
            .args(["simulate", "scene.toml", "--quiet", "--out", out])
            .current_dir(f)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("nta starts");
        let began = Instant::now();
        while names(f).len() < 2 && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        let pid = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        if !sent.is_ok_and(|s| s.success()) {
            let _ = child.kill();
        }
        let run = child.wait_with_output().expect("nta ends");
        assert_eq!(run.status.code(), Some(130), "{out}: {}", said(&run));
        assert!(said(&run).contains("nothing was written"), "{}", said(&run));
        assert_eq!(names(f), ["scene.toml"], "{out}");
    }
}

/// FFV1 and H.264 through the whole program, where ffmpeg is there.
#[test]
fn films_by_ffmpeg_are_read_back() {
    if nta_video::ffmpeg_pipe::program().is_none() {
        println!("no program ffmpeg: not tested");
        return;
    }
    let folder = folder("width_px = 96\nheight_px = 80\nframes = 12\n");
    let f = folder.path();
    let cases: [(&str, &[&str], &str); 2] = [
        ("one/film.avi", &["--codec", "ffv1"], "ffv1"),
        ("two/film.mp4", &["--quality", "10"], "h264"),
    ];
    for (out, more, codec) in cases {
        let args = [&["scene.toml", "--overwrite", "--out", out], more].concat();
        done(&nta(f, &args));
        let path: PathBuf = f.join(out);
        let first = fs::read(&path).expect("a film");
        let read = nta_video::open(&path).expect("a film");
        assert_eq!(read.info().codec, codec);
        assert_eq!(read.info().frames, Some(12));
        drop(read);
        let args = [&args[..], &["--threads", "1"]].concat();
        done(&nta(f, &args));
        assert!(first == fs::read(&path).expect("a film"), "{out} differs");
    }
}

/// Every key that a scene can have is told in `docs/simulate.md`.
#[test]
fn the_page_about_scenes_names_every_key() {
    fn keys(value: &toml::Value, out: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, inner) in table {
                    out.push(key.clone());
                    keys(inner, out);
                }
            }
            toml::Value::Array(items) => items.iter().for_each(|item| keys(item, out)),
            _ => {}
        }
    }
    let mut scene = nta_sim::Scene::standard();
    // Keys without a default are written only where they are given.
    scene.viscosity_mpa_s = Some(1.0);
    scene.light.reference_diameter_nm = Some(100.0);
    scene.light.compression_diameter_nm = Some(200.0);
    scene.populations[0].refractive_index = Some(1.4);
    let mut all = Vec::new();
    keys(
        &toml::Value::try_from(&scene).expect("a scene can be written"),
        &mut all,
    );
    assert!(all.len() > 50, "{}", all.len());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulate.md");
    let page = fs::read_to_string(page).expect("the page");
    for key in all {
        let told = [
            format!("`{key}`"),
            format!("`[{key}]`"),
            format!(".{key}]`"),
            format!("[{key}]]`"),
            format!("{key} ="),
        ];
        assert!(
            told.iter().any(|t| page.contains(t)),
            "docs/simulate.md does not tell of {key}"
        );
    }
}

/// Every scene that comes with the program can be filmed.
#[test]
fn the_scenes_in_fixtures_are_sound() {
    let scenes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenes");
    let mut tried = 0;
    for entry in fs::read_dir(scenes).expect("fixtures/scenes") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a scene");
        let scene: nta_sim::Scene =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let scene = nta_sim::Scene { frames: 1, ..scene };
        SimulatedFilm::new(&scene).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        assert!(
            text.starts_with("# "),
            "{path:?} does not say what it shows"
        );
        tried += 1;
    }
    assert!(tried > 25, "{tried}");
}

/// Pictures that a camera has named as nta names its own are not deleted, and the truth of a film stays with it.
#[test]
fn what_nta_did_not_write_is_not_replaced() {
    let folder = folder(SCENE);
    let camera = folder.path().join("camera");
    fs::create_dir(&camera).expect("a folder");
    fs::write(camera.join("frame_00000.png"), "a picture").expect("a file");
    let run = nta(
        folder.path(),
        &["scene.toml", "--out", "camera/", "--overwrite"],
    );
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));
    assert_eq!(
        fs::read(camera.join("frame_00000.png")).expect("a file"),
        b"a picture"
    );
    done(&nta(folder.path(), &["scene.toml", "--out", "one.avi"]));
    let truth = fs::read(folder.path().join("truth.csv")).expect("the truth");
    let run = nta(
        folder.path(),
        &[
            "scene.toml",
            "--out",
            "two.avi",
            "--seed",
            "9",
            "--overwrite",
        ],
    );
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));
    assert!(said(&run).contains("a folder of its own"), "{}", said(&run));
    assert_eq!(
        fs::read(folder.path().join("truth.csv")).expect("the truth"),
        truth
    );
    done(&nta(
        folder.path(),
        &[
            "scene.toml",
            "--out",
            "one.avi",
            "--seed",
            "9",
            "--overwrite",
        ],
    ));
}
