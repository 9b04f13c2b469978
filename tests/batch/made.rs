//! Short films, folders of them, and what is compared.

use nta_engine::{Runtime, SimulateRequest, simulate};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::AtomicBool;

/// What is said of every film here.
pub const PLAN: [&str; 8] = [
    "--pixel-size-um",
    "0.2",
    "--temperature-c",
    "25",
    "--exposure-ms",
    "15",
    "--depth-um",
    "12",
];

pub fn nta(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nta"));
    command.args(args).stdin(Stdio::null());
    command.env("NTA_INSTRUMENTS", "");
    command
}

pub fn batch(folder: &Path, out: &Path, more: &[&str]) -> Output {
    let (folder, out) = (folder.display().to_string(), out.display().to_string());
    let mut command = nta(&["batch", &folder, "--out", &out]);
    command.args(PLAN).args(more).output().expect("nta runs")
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A short film of 128x96 pixels.
pub fn film(to: &Path, particles: &str, seed: u64, frames: u32) {
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

pub const BEADS: &str = "[[populations]]\ndiameter_nm = 100.0\n";
pub const NOTHING: &str = "populations = []\n";
pub const VESICLES: &str = "[light]\nbrightness_exponent = 0.0\n[[populations]]\nkind = \"log_normal\"\ndiameter_nm = 100.0\ncv = 0.35\n";

/// Every file under a folder by its name: without what depends on the clock, and without what a batch keeps for itself.
pub fn bytes_of(out: &Path) -> BTreeMap<String, Vec<u8>> {
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

pub fn same(a: &Path, b: &Path) {
    let (a, b) = (bytes_of(a), bytes_of(b));
    let names = |m: &BTreeMap<String, Vec<u8>>| m.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// Twelve samples of five captures: beads, a blank, ten preparations; one film is empty, another is cut.
pub fn acquisition(folder: &Path) {
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

pub fn copy_of(from: &Path, to: &Path) {
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
