//! Folders of captures, as a lab has them: samples, beads and a blank, films that cannot be read, kills at any moment.

use nta_engine::{Runtime, SimulateRequest, simulate};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What is said of every film here.
const PLAN: [&str; 8] = [
    "--pixel-size-um",
    "0.2",
    "--temperature-c",
    "25",
    "--exposure-ms",
    "15",
    "--depth-um",
    "12",
];

fn nta(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nta"));
    command.args(args).stdin(Stdio::null());
    command.env("NTA_INSTRUMENTS", "");
    command
}

fn batch(folder: &Path, out: &Path, more: &[&str]) -> Output {
    let (folder, out) = (folder.display().to_string(), out.display().to_string());
    let mut command = nta(&["batch", &folder, "--out", &out]);
    command.args(PLAN).args(more).output().expect("nta runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A short film of 128x96 pixels.
fn film(to: &Path, particles: &str, seed: u64, frames: u32) {
    let place = tempfile::tempdir().expect("a folder");
    let scene = place.path().join("scene.toml");
    let text = format!("width_px = 128\nheight_px = 96\n{particles}");
    fs::write(&scene, text).expect("a scene");
    let request = SimulateRequest {
        scene,
        out: place.path().join("film.avi"),
        codec: None,
        quality: None,
        seed: Some(seed),
        frames: Some(frames),
        overwrite: false,
    };
    let runtime = Runtime {
        threads: 1,
        progress: &|_| {},
        cancel: &AtomicBool::new(false),
    };
    simulate(&request, &runtime).expect("a film");
    fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
    fs::rename(place.path().join("film.avi"), to)
        .or_else(|_| fs::copy(place.path().join("film.avi"), to).map(drop))
        .expect("the film in its place");
}

const BEADS: &str = "[[populations]]\ndiameter_nm = 100.0\n";
const NOTHING: &str = "populations = []\n";
const VESICLES: &str = "[light]\nbrightness_exponent = 0.0\n[[populations]]\nkind = \"log_normal\"\ndiameter_nm = 100.0\ncv = 0.35\n";

/// Every file under a folder by its name: without what depends on the clock, and without what a batch keeps for itself.
fn bytes_of(out: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let full = format!("{prefix}{name}");
            if path.is_dir() {
                if name != ".nta-batch" {
                    walk(&path, &format!("{full}/"), all);
                }
                continue;
            }
            let bytes = fs::read(&path).expect("a file");
            match name.as_str() {
                // Who, when and why; not part of the numbers.
                "audit.jsonl" => {}
                "result.json" => {
                    let mut value: serde_json::Value =
                        serde_json::from_slice(&bytes).expect("JSON");
                    assert!(value["timing"].take().is_object());
                    all.insert(full, value.to_string().into_bytes());
                }
                "report.html" => {
                    let text = String::from_utf8(bytes).expect("text");
                    let (before, after) = text.split_once(" \u{b7} took ").expect("a time");
                    let rest = after.split_once(" frames/s)").expect("an end").1;
                    all.insert(full, format!("{before}{rest}").into_bytes());
                }
                _ => {
                    all.insert(full, bytes);
                }
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(out, "", &mut all);
    all
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (bytes_of(a), bytes_of(b));
    let names = |m: &BTreeMap<String, Vec<u8>>| m.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// Twelve samples of five captures: beads, a blank, ten preparations; one film is empty, another is cut.
fn acquisition(folder: &Path) {
    for sample in 0..12u64 {
        let (name, scene) = match sample {
            0 => ("beads 100 nm".to_owned(), BEADS),
            1 => ("diluent".to_owned(), NOTHING),
            n => (format!("EV pr\u{e4}p {n}"), VESICLES),
        };
        for capture in 0..5 {
            let path = folder.join(format!("{name}_0{capture}.avi"));
            film(&path, scene, 1 + 10 * sample + capture, 30);
        }
    }
    fs::write(folder.join("EV pr\u{e4}p 3_01.avi"), b"").expect("an empty film");
    let cut = folder.join("EV pr\u{e4}p 7_04.avi");
    let bytes = fs::read(&cut).expect("a film");
    fs::write(&cut, &bytes[..3000]).expect("a cut film");
}

#[test]
fn sixty_captures_are_twelve_samples_and_two_bad_films_stop_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films of the day");
    acquisition(&folder);
    let out = place.path().join("out");
    let first = batch(&folder, &out, &["--quiet"]);
    let text = said(&first);
    assert_eq!(first.status.code(), Some(3), "{text}");
    assert!(text.contains("left out: EV pr\u{e4}p 3_01.avi: "), "{text}");
    assert!(text.contains("the file is empty (0 bytes)"), "{text}");
    assert!(text.contains("left out: EV pr\u{e4}p 7_04.avi: "), "{text}");
    let report = json(&out.join("batch.json"));
    let samples = report["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 12);
    for s in samples {
        assert_eq!(s["captures"].as_array().expect("captures").len(), 5, "{s}");
        assert!(s["failed"].is_null(), "{s}");
        let own = out.join(s["folder"].as_str().expect("a folder"));
        let result = json(&own.join("result.json"));
        assert_eq!(result["sample"]["id"], s["id"]);
        let lost = s["captures_excluded"].as_array().expect("a list").len();
        assert_eq!(
            result["captures"].as_array().expect("captures").len(),
            5 - lost
        );
    }
    let table = fs::read_to_string(out.join("batch.csv")).expect("a table");
    assert_eq!(table.lines().count(), 13);

    // Once more: nothing is analysed, and the same bytes stand there.
    let stamp = |name: &str| {
        fs::metadata(out.join(name))
            .and_then(|m| m.modified())
            .expect("a time")
    };
    let before = stamp("diluent/result.json");
    let copy = place.path().join("copy");
    copy_of(&out, &copy);
    let again = batch(&folder, &out, &["--quiet"]);
    assert!(said(&again).contains("12 unchanged"), "{}", said(&again));
    assert_eq!(again.status.code(), Some(3));
    assert_eq!(stamp("diluent/result.json"), before);
    same(&out, &copy);

    // A changed film and a changed plan are taken up, and nothing else.
    film(&folder.join("diluent_02.avi"), NOTHING, 999, 30);
    let changed = batch(&folder, &out, &["--quiet"]);
    assert!(
        said(&changed).contains("11 unchanged"),
        "{}",
        said(&changed)
    );
    let planned = batch(&folder, &out, &["--quiet", "--seed", "7"]);
    assert!(said(&planned).contains("0 unchanged"), "{}", said(&planned));

    // Watching the same folder ends with the same results, and so does one thread.
    let watched = place.path().join("watched");
    let (from, to) = (folder.display().to_string(), watched.display().to_string());
    let watch = nta(&["watch", &from, "--out", &to])
        .args(PLAN)
        .args([
            "--seed",
            "7",
            "--quiet",
            "--settle-s",
            "0.3",
            "--every-s",
            "0.2",
            "--until-idle-s",
            "1",
            "--threads",
            "1",
        ])
        .output()
        .expect("nta runs");
    assert_eq!(watch.status.code(), Some(3), "{}", said(&watch));
    same(&out, &watched);

    // One sample at a time, as a workflow does it, and the tables at the end.
    let pieces = place.path().join("pieces");
    let listed = batch(&folder, &pieces, &["--list"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert!(!pieces.exists(), "a list leaves nothing behind");
    for s in listed["samples"].as_array().expect("samples") {
        let one = s["folder"].as_str().expect("a folder");
        let code = batch(&folder, &pieces, &["--quiet", "--seed", "7", "--only", one])
            .status
            .code();
        assert!(matches!(code, Some(0 | 3)), "{one}: {code:?}");
    }
    let last = batch(&folder, &pieces, &["--quiet", "--seed", "7"]);
    assert!(said(&last).contains("12 unchanged"), "{}", said(&last));
    same(&out, &pieces);
}

fn copy_of(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_of(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn a_batch_that_is_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    for sample in 0..4 {
        film(&folder.join(format!("s{sample}.avi")), BEADS, sample, 16);
    }
    let undisturbed = place.path().join("undisturbed");
    let began = Instant::now();
    assert_eq!(
        batch(&folder, &undisturbed, &["--quiet"]).status.code(),
        Some(0)
    );
    let whole = began.elapsed().as_millis() as u64;
    let (from, out) = (folder.display().to_string(), place.path().join("out"));
    let mut random = Random(5);
    let mut kills = 0;
    let mut finished = false;
    while kills < 50 {
        // Now and then from nothing, else from what the kill before left; later kills replace results that are there.
        if kills % 5 == 0 {
            let _ = fs::remove_dir_all(&out);
        }
        let mut command = nta(&[
            "batch",
            &from,
            "--out",
            &out.display().to_string(),
            "--quiet",
        ]);
        command
            .args(PLAN)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if finished || kills % 3 == 0 {
            command.arg("--overwrite");
        }
        let mut child = command.spawn().expect("nta starts");
        let until = Instant::now() + Duration::from_millis(random.below(whole + 2));
        let ended = |child: &mut std::process::Child| child.try_wait().expect("a child").is_some();
        finished = ended(&mut child);
        while !finished && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
            finished = ended(&mut child);
        }
        if !finished {
            child.kill().expect("killed");
            kills += 1;
        }
        child.wait().expect("it ends");
        for sample in whole_samples(&out) {
            for name in [
                "result.json",
                "report.html",
                "particles.csv",
                "tracks.csv",
                "plan.toml",
            ] {
                assert!(
                    sample.join(name).is_file(),
                    "{} lacks {name}",
                    sample.display()
                );
            }
            json(&sample.join("result.json"));
        }
    }
    assert_eq!(batch(&folder, &out, &["--quiet"]).status.code(), Some(0));
    same(&undisturbed, &out);
    let hidden = fs::read_dir(&out)
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name());
    let hidden: Vec<_> = hidden
        .filter(|n| n.to_string_lossy().starts_with(".nta-"))
        .collect();
    assert_eq!(
        hidden,
        [".nta-batch"],
        "what killed runs left is cleared away"
    );
}

fn whole_samples(out: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(out).into_iter().flatten();
    let folders = entries.filter_map(|e| Some(e.ok()?.path()));
    let own = |p: &PathBuf| {
        p.is_dir()
            && !p
                .file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with('.'))
    };
    folders.filter(own).collect()
}

#[test]
fn a_table_says_what_belongs_together_and_its_mistakes_have_a_place() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    for n in 0..4 {
        film(&folder.join(format!("day 1/{n}.avi")), BEADS, n, 16);
    }
    let table = folder.join("samples.csv");
    fs::write(
        &table,
        "\u{feff}sample,capture,dilution,donor\r\na/b,day 1/0.avi,10,x\r\na/b,1,10,x\r\nc,2,,\r\n",
    )
    .expect("a table");
    let out = place.path().join("out");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert!(
        said(&run).contains("not in the table of samples: day 1/3.avi"),
        "{}",
        said(&run)
    );
    let result = json(&out.join("a__b/result.json"));
    assert_eq!(result["sample"]["id"], "a/b");
    assert_eq!(result["sample"]["donor"], "x");
    assert_eq!(result["medium"]["dilution"], 10.0);
    assert_eq!(result["plan"]["from"]["dilution"], "samples.csv");

    fs::write(&table, "sample,capture,dilution\nx,0,\"1,5\"\n").expect("a table");
    let wrong = batch(&folder, &out, &["--quiet"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("row 2, column dilution: '1,5' has a comma"),
        "{}",
        said(&wrong)
    );
    assert!(
        out.join("a__b/result.json").is_file(),
        "nothing that was computed is lost"
    );
}

#[test]
fn two_batches_in_one_folder_are_one_too_many() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a.avi"), BEADS, 1, 16);
    let out = place.path().join("out");
    let (from, to) = (folder.display().to_string(), out.display().to_string());
    let mut first = nta(&["watch", &from, "--out", &to, "--quiet", "--settle-s", "0"])
        .args(PLAN)
        .stdout(Stdio::null())
        .spawn()
        .expect("nta starts");
    let until = Instant::now() + Duration::from_secs(60);
    while !out.join("batch.json").is_file() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = batch(&folder, &out, &["--quiet"]);
    let only = batch(&folder, &out, &["--quiet", "--only", "a"]);
    first.kill().expect("killed");
    first.wait().expect("it ends");
    for refused in [second, only] {
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("another nta"), "{}", said(&refused));
    }
    // A killed one holds nothing.
    assert_eq!(batch(&folder, &out, &["--quiet"]).status.code(), Some(0));
}

#[test]
fn folders_that_give_nothing_are_told_in_one_sentence() {
    let place = tempfile::tempdir().expect("a folder");
    let (folder, out) = (place.path().join("in"), place.path().join("out"));
    let refused = |code: i32, words: &str, more: &[&str]| {
        let run = batch(&folder, &out, more);
        assert_eq!(run.status.code(), Some(code), "{}", said(&run));
        assert!(said(&run).contains(words), "{}", said(&run));
        assert_eq!(
            said(&run)
                .lines()
                .filter(|l| l.starts_with("nta: "))
                .count(),
            1
        );
        assert!(!out.exists(), "nothing is left behind");
    };
    refused(3, "cannot search", &[]);
    fs::create_dir(&folder).expect("a folder");
    refused(3, "it is empty", &[]);
    fs::write(folder.join("notes.txt"), "x").expect("a file");
    refused(3, "it holds only: 1 txt", &[]);
    film(&folder.join("a.avi"), BEADS, 1, 16);
    refused(2, "did you mean 'a'?", &["--only", "b"]);
    refused(2, "pixel_size_um", &["--set", "pixel_size_um=0"]);
    let into = batch(&folder, &folder, &[]);
    assert_eq!(into.status.code(), Some(2), "{}", said(&into));
    // Without a pixel size each sample says so.
    let (from, to) = (folder.display().to_string(), out.display().to_string());
    let none = nta(&["batch", &from, "--out", &to])
        .output()
        .expect("nta runs");
    assert_eq!(none.status.code(), Some(2), "{}", said(&none));
    assert!(said(&none).contains("pixel size"), "{}", said(&none));
}

#[test]
fn what_is_not_ours_stays_and_the_others_go_on() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a.avi"), BEADS, 1, 16);
    film(&folder.join("b.avi"), BEADS, 2, 16);
    let long = format!("{}.avi", "n".repeat(240));
    film(&folder.join(&long), BEADS, 3, 16);
    let out = place.path().join("out");
    fs::create_dir_all(out.join("a")).expect("a folder");
    fs::write(out.join("a/mine.txt"), "mine").expect("a file");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(4), "{}", said(&run));
    assert!(said(&run).contains("mine.txt"), "{}", said(&run));
    assert!(out.join("b/result.json").is_file());
    assert_eq!(fs::read(out.join("a/mine.txt")).expect("a file"), b"mine");
    assert_eq!(
        json(&out.join("batch.json"))["samples"]
            .as_array()
            .expect("samples")
            .len(),
        3
    );
}

#[cfg(unix)]
#[test]
fn a_film_that_is_still_growing_is_left_out_and_taken_up_later() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("films");
    film(&folder.join("a_0.avi"), BEADS, 1, 16);
    film(&folder.join("a_1.avi"), BEADS, 2, 16);
    let whole = fs::read(folder.join("a_1.avi")).expect("a film");
    fs::write(folder.join("a_1.avi"), &whole[..whole.len() / 2]).expect("half a film");
    let out = place.path().join("out");
    let growing = folder.join("a_1.avi");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::Write;
            let mut file = fs::OpenOptions::new()
                .append(true)
                .open(&growing)
                .expect("a film");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                file.write_all(&[0]).expect("a byte");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let run = batch(&folder, &out, &["--quiet"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(run.status.code(), Some(3), "{}", said(&run));
        assert!(
            said(&run).contains("left out: a_1.avi: it is still being written"),
            "{}",
            said(&run)
        );
    });
    fs::write(&growing, &whole).expect("the film");
    let run = batch(&folder, &out, &["--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert_eq!(
        json(&out.join("a/result.json"))["captures"]
            .as_array()
            .expect("captures")
            .len(),
        2
    );
}
