//! What nta writes for other programs comes back through `nta import` with the same sizes.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn nta(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nta"));
    command.args(args).env("NTA_INSTRUMENTS", "");
    command.output().expect("nta runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).expect("a file");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_film_and_its_exports_have_the_same_sizes() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let path = |name: &str| fixtures.join(name).display().to_string();
    let (film, plan) = (path("demo.avi"), path("demo.toml"));
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let analyzed = nta(&[
        "analyze",
        &film,
        "--plan",
        &plan,
        "--out",
        &at("film"),
        "--quiet",
        "--export",
        "trackmate-xml",
        "--export",
        "nanosight-summary",
        "--export",
        "trackpy",
    ]);
    assert_eq!(analyzed.status.code(), Some(0), "{}", said(&analyzed));
    let of_film = json(Path::new(&at("film/result.json")));
    let d50 = |v: &Value| v["diameter_nm"]["d50"]["value"].as_f64().expect("a median");
    // The table has the errors of its positions, the XML has not.
    for (file, within_nm) in [("film/tracks.csv", 0.1), ("film/tracks.xml", 6.0)] {
        let imported = nta(&[
            "import",
            &at(file),
            &at("film/nanosight_summary.csv"),
            "--plan",
            &plan,
            "--set",
            "frame_rate_fps=25",
            "--beside",
            &at("film"),
            "--out",
            &at("again"),
            "--overwrite",
            "--quiet",
        ]);
        assert_eq!(imported.status.code(), Some(0), "{}", said(&imported));
        let again = json(Path::new(&at("again/result.json")));
        let off = (d50(&again) - d50(&of_film)).abs();
        assert!(off < within_nm, "{file}: {off}");
        let tracks = |v: &Value| v["captures"][0]["tally"]["tracks"].as_u64();
        assert_eq!(tracks(&again), tracks(&of_film));
        let told = json(Path::new(&at("again/import.json")));
        let summary = &told["files"][1];
        let printed = summary["measurements"][0]["printed"]["d50_nm"]
            .as_f64()
            .expect("a median");
        assert!((printed - d50(&of_film)).abs() < 0.5, "{printed}");
        let per_ml = summary["measurements"][0]["concentration_from_bins_per_ml"]
            .as_f64()
            .expect("a number");
        let of_result = of_film["concentration"]["per_ml"]
            .as_f64()
            .expect("a number");
        assert!(
            (per_ml / of_result - 1.0).abs() < 1e-3,
            "{per_ml} {of_result}"
        );
        assert_eq!(told["beside"]["sample"], "demo");
    }
    // The same input gives the same bytes.
    for (name, exports) in [("film", true), ("twice", false)] {
        let out = at(name);
        let mut args = vec![
            "analyze",
            &film,
            "--plan",
            &plan,
            "--out",
            &out,
            "--quiet",
            "--overwrite",
            "--threads",
            "1",
        ];
        args.extend(["--export", "trackmate-xml"]);
        if exports {
            let before = fs::read(at("film/tracks.xml")).expect("a file");
            assert_eq!(nta(&args).status.code(), Some(0));
            assert!(before == fs::read(at("film/tracks.xml")).expect("a file"));
        } else {
            let refused = nta(&[
                &args[..],
                &["--export", "nanosight-summary", "--export", "excel"],
            ]
            .concat());
            assert_eq!(refused.status.code(), Some(2));
        }
    }
}

#[test]
fn files_that_cannot_be_read_end_with_3_and_are_told_on_stderr() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let good = "Particle ID,Size/nm,Diffusion coefficient/nm^2 s^-1,Ln(Adjusted intensity)/AU,Start frame,Tracklength,Included in distribution?\n\
                1,100,4000000,8.1,0,9,True\n";
    fs::write(at("good.csv"), good).expect("a file");
    fs::write(at("bad.csv"), "nothing of the kind\n").expect("a file");
    let run = nta(&[
        "import",
        &at("bad.csv"),
        &at("good.csv"),
        "--out",
        &at("out"),
        "--json",
    ]);
    assert_eq!(run.status.code(), Some(3), "{}", said(&run));
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        stderr
            .lines()
            .any(|l| l.starts_with("{\"note\":\"skipped: ") && l.contains("bad.csv")),
        "{stderr}"
    );
    assert_eq!(json(Path::new(&at("out/import.json")))["files_not_read"], 1);
    let nothing = nta(&["import", &at("bad.csv"), "--out", &at("none")]);
    assert_eq!(nothing.status.code(), Some(3));
    assert!(!Path::new(&at("none")).exists());
    let depth = nta(&[
        "analyze",
        &at("good.csv"),
        "--out",
        &at("x"),
        "--export",
        "nanosight-summary",
    ]);
    assert_eq!(depth.status.code(), Some(2));
    assert!(said(&depth).contains("--depth-um"), "{}", said(&depth));
}
