//! `nta benchmark`: the page is reproduced, accuracy is held, other engines are scored in the same table, bad input is told.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn nta(words: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("nta starts")
}

fn stderr(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

fn rows(page: &str) -> Vec<&str> {
    page.lines()
        .skip_while(|l| !l.starts_with("| film |"))
        .skip(2)
        .take_while(|l| l.starts_with('|'))
        .collect()
}

/// The small films of the manifest: each row must stand in `docs/validation.md` to the digit, and the limits that the
/// manifest sets must hold. When accuracy moves on purpose, `nta benchmark fixtures/validation/manifest.toml` makes the page
/// again and the change log says why.
#[test]
fn small_films_keep_their_accuracy_and_reproduce_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = root().join("fixtures/validation/manifest.toml");
    let manifest = manifest.to_str().expect("a plain path");
    let only = ["short", "empty", "dense-300", "mono-500"];
    let mut words = vec!["benchmark", manifest, "--out", "out", "--quiet"];
    words.extend(only.iter().flat_map(|film| ["--only", film]));
    let run = nta(&words, folder.path());
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(0), "{text}{}", stderr(&run));
    let page = fs::read_to_string(folder.path().join("out/validation.md")).expect("the page");
    let whole = fs::read_to_string(root().join("docs/validation.md")).expect("docs/validation.md");
    let heads = |page: &str| {
        page.lines()
            .find(|l| l.starts_with("| film |"))
            .map(str::to_owned)
            .expect("a table")
    };
    assert_eq!(heads(&page), heads(&whole));
    let whole = rows(&whole);
    let found = rows(&page);
    assert!(found.len() >= only.len(), "{page}");
    for row in found {
        assert!(
            whole.contains(&row),
            "docs/validation.md does not say\n{row}"
        );
    }
    // The table on the terminal has speed and memory too.
    assert!(text.contains("frames/s") && text.contains("MB"), "{text}");
}

/// A small scene, filmed into `folder/film`; its truth as (frame, particle, x, y).
fn filmed(folder: &Path) -> Vec<(u32, u32, f64, f64)> {
    let scene = "width_px = 200\nheight_px = 160\nframes = 60\namount = { visible_per_frame = 8.0 }\n\
                 [[populations]]\ndiameter_nm = 100.0\n";
    fs::write(folder.join("scene.toml"), scene).expect("a scene");
    let words = [
        "simulate",
        "scene.toml",
        "--out",
        "film/film.avi",
        "--seed",
        "3",
        "--quiet",
    ];
    let run = nta(&words, folder);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let truth = fs::read_to_string(folder.join("film/truth.csv")).expect("the truth");
    truth
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect::<Vec<_>>())
        .filter(|f| f[7].parse::<f64>().expect("a ratio") >= 2.0)
        .map(|f| {
            let number = |i: usize| f[i].parse::<f64>().expect("a number");
            (number(0) as u32, number(1) as u32, number(2), number(3))
        })
        .collect()
}

fn scores(json: &Value, engine: &str) -> Value {
    let rows = json["rows"].as_array().expect("rows");
    let row = rows.iter().find(|r| r["engine"] == engine);
    let row = row.unwrap_or_else(|| panic!("no row of {engine} in {json}"));
    assert_eq!(row["failures"], serde_json::json!([]), "{row}");
    row["scores"].clone()
}

fn run_benchmark(folder: &Path, manifest: &str, more: &[&str]) -> (Output, Value) {
    fs::write(folder.join("m.toml"), manifest).expect("a manifest");
    let mut words = vec![
        "benchmark",
        "m.toml",
        "--out",
        "out",
        "--quiet",
        "--overwrite",
    ];
    words.extend(more);
    let run = nta(&words, folder);
    let json = fs::read(folder.join("out/benchmark.json")).unwrap_or_default();
    (run, serde_json::from_slice(&json).unwrap_or(Value::Null))
}

/// The same tracks, exactly the true ones shifted by 0.3 px, in the formats of four programs get the same scores.
#[test]
fn files_of_other_engines_are_scored_in_the_same_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let truth = filmed(folder.path());
    let shift = 0.3;
    let mut trackpy = String::from("frame,x,y,particle\n");
    let mut mosaic = String::from(",Trajectory,Frame,x,y,z\n");
    let mut trackmate = String::from(
        "LABEL,TRACK_ID,FRAME,POSITION_X,POSITION_Y,POSITION_Z\nLabel,Track ID,Frame,X,Y,Z\n\
         Label,Track ID,Frame,X,Y,Z\n,,,(micron),(micron),(micron)\n",
    );
    let mut nanosight = String::from(
        "Particle ID,Size/nm,Diffusion coefficient/nm^2 s^-1,Frame,X/pixels,Y/pixels,Ln(Adjusted intensity)/AU,\
         Included in distribution?\n",
    );
    for (frame, particle, x, y) in &truth {
        let x = x + shift;
        trackpy.push_str(&format!("{frame},{x},{y},{particle}\n"));
        mosaic.push_str(&format!("1,{particle},{frame},{},{},0\n", x + 0.5, y + 0.5));
        trackmate.push_str(&format!("s,{particle},{frame},{},{},0\n", x * 0.2, y * 0.2));
        nanosight.push_str(&format!("{particle},100,4.9e6,{frame},{x},{y},5,True\n"));
    }
    for (name, text) in [
        ("trackpy.csv", &trackpy),
        ("mosaic.csv", &mosaic),
        ("trackmate.csv", &trackmate),
        ("nanosight.csv", &nanosight),
    ] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut manifest = String::from(
        "title = \"t\"\n[[film]]\nname = \"a\"\nscene = \"scene.toml\"\nseeds = [3]\n",
    );
    for engine in ["trackpy", "mosaic", "trackmate", "nanosight"] {
        manifest.push_str(&format!(
            "[[peer]]\nengine = \"{engine}\"\ntracks = \"{engine}.csv\"\nfilms = [\"a\"]\n"
        ));
    }
    let (run, json) = run_benchmark(folder.path(), &manifest, &[]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let ours = scores(&json, "nta");
    assert!(
        ours["recall_percent"].as_f64().expect("a recall") > 90.0,
        "{ours}"
    );
    for engine in ["trackpy", "mosaic", "trackmate", "nanosight"] {
        let s = scores(&json, engine);
        let number = |key: &str| {
            s[key]
                .as_f64()
                .unwrap_or_else(|| panic!("{engine}: no {key}"))
        };
        assert_eq!(number("recall_percent"), 100.0, "{engine}");
        assert_eq!(number("precision_percent"), 100.0, "{engine}");
        assert_eq!(number("wrong_links_percent"), 0.0, "{engine}");
        assert_eq!(number("links_recalled_percent"), 100.0, "{engine}");
        assert!(
            (number("position_error_px") - shift).abs() < 1e-6,
            "{engine}: {s}"
        );
        assert!(
            s["intervals_stated"].is_null(),
            "{engine} states no interval"
        );
    }
    // NanoSight states sizes; the tracks of the others are sized by the line through their mean squared displacement.
    assert_eq!(scores(&json, "nanosight")["d50_error_percent"], 0.0);
    // A raw histogram of 23 tracks scatters widely, but two files of the same tracks scatter alike.
    assert!(scores(&json, "trackpy")["d50_error_percent"].is_number());
    assert_eq!(
        scores(&json, "trackpy")["d50_error_percent"],
        scores(&json, "mosaic")["d50_error_percent"]
    );
}

/// Films that were recorded earlier: with a truth file, with tracks that count as the truth, with a stated size.
#[test]
fn recorded_films_are_held_against_what_is_known_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let truth = filmed(folder.path());
    let mut tracks = String::from("frame,x,y,particle\n");
    for (frame, particle, x, y) in &truth {
        tracks.push_str(&format!("{frame},{x},{y},{particle}\n"));
    }
    fs::write(folder.path().join("tracks.csv"), tracks).expect("a file");
    let film = |name: &str, body: &str| {
        format!("[[film]]\nname = \"{name}\"\nvideo = \"film/film.avi\"\n{body}\n")
    };
    let plan = "[film.plan]\npixel_size_um = 0.2\nexposure_ms = 15.0\n";
    let manifest = format!(
        "title = \"t\"\n{}{}{}",
        film("truth", "truth = \"film/truth.json\""),
        film("tracks", &format!("tracks = \"tracks.csv\"\n{plan}")),
        film(
            "stated",
            &format!("nominal_nm = 100.0\ntolerance_percent = 25.0\n{plan}")
        ),
    );
    let (run, json) = run_benchmark(folder.path(), &manifest, &["--threads", "1"]);
    assert_eq!(
        run.status.code(),
        Some(0),
        "{}{}",
        stderr(&run),
        String::from_utf8_lossy(&run.stdout)
    );
    let row = |i: usize| json["rows"][i]["scores"].clone();
    let near = |v: &Value, want: f64, by: f64| (v.as_f64().expect("a number") - want).abs() <= by;
    assert!(near(&row(0)["precision_percent"], 97.0, 3.0), "{}", row(0));
    assert!(row(0)["w1_nm"].is_number() && row(1)["w1_nm"].is_null() && row(2)["w1_nm"].is_null());
    // All of the spots down to twice the noise are asked for here, in focus or not.
    assert!(near(&row(1)["recall_percent"], 90.0, 10.0), "{}", row(1));
    assert!(row(2)["recall_percent"].is_null() && row(2)["d50_error_percent"].is_number());
    // The truth file gives what the manifest gives: all three are the same analysis.
    assert_eq!(row(1)["tracks_used"], row(2)["tracks_used"]);
    let first = fs::read(folder.path().join("out/validation.md")).expect("the page");
    let (run, _) = run_benchmark(folder.path(), &manifest, &["--threads", "3"]);
    assert_eq!(run.status.code(), Some(0));
    let again = fs::read(folder.path().join("out/validation.md")).expect("the page");
    assert!(first == again, "one thread and three differ");
    // A size that is not what is stated makes the run fail, with its row in place.
    let wrong = manifest.replace("nominal_nm = 100.0", "nominal_nm = 200.0");
    let (run, json) = run_benchmark(folder.path(), &wrong, &[]);
    assert_eq!(run.status.code(), Some(1));
    let said = json["rows"][2]["outside_limits"][0]
        .as_str()
        .expect("a limit");
    assert!(said.starts_with("d50_error_percent is -"), "{said}");
    assert!(String::from_utf8_lossy(&run.stdout).contains("Outside their limits"));
}

/// A film that cannot be analysed costs its own row only.
#[test]
fn a_bad_film_does_not_take_the_others_along() {
    let folder = tempfile::tempdir().expect("a folder");
    filmed(folder.path());
    fs::write(folder.path().join("broken.avi"), b"RIFF, but no more").expect("a file");
    fs::write(folder.path().join("bad.toml"), "width_px = 0\n").expect("a file");
    let manifest = "title = \"t\"\n\
        [[film]]\nname = \"broken\"\nvideo = \"broken.avi\"\nnominal_nm = 100.0\n\
        [[film]]\nname = \"bad-scene\"\nscene = \"bad.toml\"\n\
        [[film]]\nname = \"good\"\nvideo = \"film/film.avi\"\ntruth = \"film/truth.json\"\n\
        [[peer]]\nengine = \"lost\"\ntracks = \"no-{film}.csv\"\nfilms = [\"good\"]\n";
    let (run, json) = run_benchmark(folder.path(), manifest, &[]);
    assert_eq!(run.status.code(), Some(3), "{}", stderr(&run));
    let failure = |i: usize| {
        json["rows"][i]["failures"][0]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(failure(0).contains("broken.avi"), "{}", failure(0));
    assert!(failure(1).contains("width_px is 0"), "{}", failure(1));
    assert!(json["rows"][2]["scores"]["recall_percent"].is_number());
    assert!(failure(3).contains("no-good.csv"), "{}", failure(3));
    assert!(String::from_utf8_lossy(&run.stdout).contains("Not scored"));
}

#[test]
fn a_sweep_tells_how_far_each_setting_moves_the_result() {
    let folder = tempfile::tempdir().expect("a folder");
    filmed(folder.path());
    let manifest = "title = \"t\"\n[[film]]\nname = \"a\"\nscene = \"scene.toml\"\nseeds = [3]\nsweep = true\n\
        [[film]]\nname = \"b\"\nscene = \"scene.toml\"\n";
    fs::write(folder.path().join("m.toml"), manifest).expect("a manifest");
    let words = ["benchmark", "m.toml", "--sweep", "--out", "out", "--quiet"];
    let run = nta(&words, folder.path());
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let json = fs::read(folder.path().join("out/sweep.json")).expect("the sweep");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    let of = |setting: &str| {
        let all: Vec<&Value> = rows.iter().filter(|r| r["setting"] == setting).collect();
        assert!(
            all.iter()
                .all(|r| r["film"] == "a" && r["failure"].is_null()),
            "{all:?}"
        );
        all
    };
    assert_eq!(rows.len(), 16);
    assert_eq!(of("detection threshold").len(), 4);
    assert_eq!(of("shortest track").len(), 4);
    assert_eq!(of("longest gap").len(), 3);
    // Stokes-Einstein: 0.5 C is 1.3 % of the diameter in water at 25 C (algorithms of the medium, not of the film).
    for r in of("temperature") {
        let change = r["d50_change_percent"].as_f64().expect("a change");
        assert!((change.abs() - 1.3).abs() < 0.15, "{r}");
        assert_eq!(r["concentration_change_percent"], 0.0);
    }
    // A longer exposure means a larger step is hidden: the diffusion found is larger, the diameter smaller.
    let exposure: Vec<f64> = of("exposure")
        .iter()
        .map(|r| r["d50_change_percent"].as_f64().expect("a change"))
        .collect();
    assert!(exposure[0] > 0.0 && exposure[1] < 0.0, "{exposure:?}");
    let fewer = of("detection threshold")[3]["concentration_change_percent"].as_f64();
    assert!(fewer.expect("a change") < 0.0);
    let page = fs::read_to_string(folder.path().join("out/sweep.md")).expect("the page");
    assert!(
        page.contains("| a | detection threshold | x 0.7 |"),
        "{page}"
    );
}

#[test]
fn bad_requests_end_with_the_right_code_and_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    fs::write(
        here.join("m.toml"),
        "title = \"t\"\n[[film]]\nname = \"a\"\nscene = \"s.toml\"\n",
    )
    .expect("a file");
    fs::write(here.join("bad.toml"), "title = \"t\"\nfilms = 3\n").expect("a file");
    fs::create_dir(here.join("full")).expect("a folder");
    fs::write(here.join("full/benchmark.md"), "mine").expect("a file");
    for (words, code, said) in [
        (&["benchmark", "none.toml"][..], 3, "cannot read none.toml"),
        (&["benchmark", "bad.toml"], 2, "unknown field `films`"),
        (
            &["benchmark", "m.toml", "--only", "z"],
            2,
            "it has no film 'z'; its films are a",
        ),
        (
            &["benchmark", "m.toml", "--sweep"],
            2,
            "no film has sweep = true",
        ),
        (
            &["benchmark", "m.toml", "--out", "full"],
            4,
            "benchmark.md holds a result already",
        ),
        (&["benchmark", "m.toml", "--out", "m.toml"], 4, "m.toml"),
        (&["benchmark"], 2, "MANIFEST"),
    ] {
        let run = nta(words, here);
        assert_eq!(run.status.code(), Some(code), "{words:?}: {}", stderr(&run));
        let text = stderr(&run);
        assert!(text.contains(said), "{words:?}: {text}");
        assert!(run.stdout.is_empty(), "{words:?}");
    }
    assert_eq!(
        fs::read(here.join("full/benchmark.md")).expect("a file"),
        b"mine"
    );
    // Nothing is left behind by requests that were refused.
    let hidden = fs::read_dir(here).expect("a folder").filter(|e| {
        e.as_ref()
            .is_ok_and(|e| e.file_name().to_string_lossy().starts_with('.'))
    });
    assert_eq!(hidden.count(), 0);
}

/// A plan may write its numbers without a point, and what is swept starts at them.
#[test]
fn whole_numbers_in_a_plan_count() {
    let folder = tempfile::tempdir().expect("a folder");
    filmed(folder.path());
    let manifest = "title = \"t\"\n[[film]]\nname = \"a\"\nvideo = \"film/film.avi\"\nnominal_nm = 100\nsweep = true\n\
        [film.plan]\npixel_size_um = 0.2\nexposure_ms = 15\ntemperature_c = 40\n";
    fs::write(folder.path().join("m.toml"), manifest).expect("a manifest");
    let words = ["benchmark", "m.toml", "--sweep", "--out", "out", "--quiet"];
    let run = nta(&words, folder.path());
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let json = fs::read(folder.path().join("out/sweep.json")).expect("the sweep");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    let of = |setting: &str| rows.iter().filter(|r| r["setting"] == setting).count();
    assert_eq!((of("temperature"), of("exposure")), (2, 2));
    for r in rows.iter().filter(|r| r["setting"] == "temperature") {
        let change = r["d50_change_percent"].as_f64().expect("a change");
        assert!(change.abs() < 2.0, "{r}");
    }
}

/// A truth file of another film is not scored against this one.
#[test]
fn the_truth_of_another_film_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    filmed(folder.path());
    let words = [
        "simulate",
        "scene.toml",
        "--out",
        "other/film.avi",
        "--frames",
        "50",
        "--quiet",
    ];
    assert_eq!(nta(&words, folder.path()).status.code(), Some(0));
    let manifest = "title = \"t\"\n[[film]]\nname = \"a\"\nvideo = \"film/film.avi\"\ntruth = \"other/truth.json\"\n";
    let (run, json) = run_benchmark(folder.path(), manifest, &[]);
    assert_eq!(run.status.code(), Some(3));
    let said = json["rows"][0]["failures"][0].as_str().unwrap_or_default();
    assert!(
        said.contains("the truth is of another film") && said.contains("50 frames"),
        "{said}"
    );
}
