//! `nta compare` on folders of results: what it writes, what it says of broken ones, and its exit codes.

use nta_engine::report::Report;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

fn nta(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("nta runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The text of a finished result of a small film, made once.
fn finished() -> &'static (String, String) {
    static MADE: OnceLock<(String, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut scene = nta_sim::Scene {
            width_px: 160,
            height_px: 120,
            frames: 150,
            seed: 3,
            amount: nta_sim::Amount::VisiblePerFrame(8.0),
            ..nta_sim::Scene::with_populations(vec![nta_sim::Population::monodisperse(150.0, 1.0)])
        };
        scene.light.reference_peak_counts = 150.0;
        let mut film = nta_sim::SimulatedFilm::new(&scene).expect("a sound scene");
        let bytes = nta_sim::avi::encode_mjpeg(&mut film, 95).expect("a film");
        fs::write(folder.path().join("f.avi"), bytes).expect("a file");
        let args = "analyze f.avi --out r --pixel-size-um 0.2 --exposure-ms 15 --temperature-c 25 --medium water --depth-um 10 \
                    --set size.resamples=30 --quiet";
        let made = nta(folder.path(), &args.split_whitespace().collect::<Vec<_>>());
        assert!(code(&made) <= 1, "{}", stderr(&made));
        let text = |name: &str| fs::read_to_string(folder.path().join("r").join(name)).expect("a file");
        (text("result.json"), text("particles.csv"))
    })
}

/// A finished result whose sizes are `factor` times as large, of film `film`, with fields of its sample.
fn result(folder: &Path, name: &str, factor: f64, fields: &[(&str, Value)]) {
    let (text, particles) = finished();
    let mut report = Report::from_json(text.as_bytes()).expect("a result");
    report.verdict = nta_engine::report::Verdict::Pass;
    let d = &mut report.diameter_nm;
    for e in [
        &mut d.mean,
        &mut d.mode,
        &mut d.d10,
        &mut d.d50,
        &mut d.d90,
        &mut d.sd,
    ] {
        e.value = e.value.map(|v| v * factor);
        e.ci95 = e.ci95.map(|c| c.map(|v| v * factor));
    }
    report
        .distribution
        .diameter_nm
        .iter_mut()
        .for_each(|v| *v *= factor);
    report.captures[0].sha256 = format!("film of {name}");
    for (key, value) in fields {
        report
            .sample
            .fields
            .insert((*key).to_owned(), value.clone());
    }
    let out = folder.join(name);
    fs::create_dir_all(&out).expect("a folder");
    fs::write(out.join("result.json"), report.to_json()).expect("a file");
    fs::write(out.join("particles.csv"), particles).expect("a file");
}

const SCATTER: [f64; 5] = [1.0, 1.01, 0.99, 1.005, 0.996];

/// Two batches of five in folders of their own, with their batch and time in the sample.
fn batches(folder: &Path, by: f64) {
    for (batch, shift) in [("A", 1.0), ("B", by)] {
        for (i, s) in SCATTER.iter().enumerate() {
            let fields = [("batch", json!(batch)), ("time_days", json!(10 * i))];
            result(folder, &format!("{batch}/{batch}{i}"), s * shift, &fields);
        }
    }
}

#[test]
fn batches_by_folder_and_by_field_agree_and_decide() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    batches(at, 1.05);
    let plain = nta(at, &["compare", "A", "B", "--judge", "d50"]);
    assert_eq!(code(&plain), 0, "{}", stderr(&plain));
    let said = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(
        said.starts_with("B against A: B is equivalent to A within 10 % in median diameter (D50)."),
        "{said}"
    );
    assert!(
        said.contains("the difference is +5.0 % (90 % interval +"),
        "{said}"
    );
    let out = at.join("nta-compare");
    let by_folder = read(&out.join("compare.json"));
    assert_eq!(by_folder["schema"], "nta-compare/1");
    assert_eq!(by_folder["pairs"][0]["distribution"]["permuted"], "results");
    assert_eq!(by_folder["trends"].as_array().map(Vec::len), Some(2));
    let table = fs::read_to_string(out.join("compare.csv")).expect("a table");
    assert!(table.starts_with("kind,group,reference,number,unit,judged,"));
    assert!(
        fs::read_to_string(out.join("compare.html"))
            .expect("a page")
            .ends_with("</html>\n")
    );

    let args =
        "compare A/A0 A/A1 A/A2 A/A3 A/A4 B/B0 B/B1 B/B2 B/B3 B/B4 --by batch --judge d50 --out by";
    let by = nta(at, &args.split(' ').collect::<Vec<_>>());
    assert_eq!(code(&by), 0, "{}", stderr(&by));
    assert_eq!(
        read(&at.join("by/compare.json"))["pairs"],
        by_folder["pairs"]
    );
    let turned = nta(
        at,
        &[
            "compare",
            "A",
            "B",
            "--judge",
            "d50",
            "--reference",
            "B",
            "--out",
            "turned",
        ],
    );
    assert_eq!(code(&turned), 0);
    assert_eq!(
        read(&at.join("turned/compare.json"))["pairs"][0]["group"],
        "A"
    );

    // The folder itself stands for the folders in it.
    fs::create_dir(at.join("lots")).expect("a folder");
    fs::rename(at.join("A"), at.join("lots/A")).expect("moved");
    fs::rename(at.join("B"), at.join("lots/B")).expect("moved");
    let whole = nta(at, &["compare", "lots", "--judge", "d50", "--out", "whole"]);
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    assert_eq!(
        read(&at.join("whole/compare.json"))["pairs"],
        by_folder["pairs"]
    );

    let narrow = nta(
        at,
        &[
            "compare",
            "lots",
            "--judge",
            "d50",
            "--margin-percent",
            "3",
            "--out",
            "narrow",
        ],
    );
    assert_eq!(code(&narrow), 1);
    let narrow = read(&at.join("narrow/compare.json"));
    assert_eq!(narrow["verdict"], "fail");
    assert_eq!(
        narrow["pairs"][0]["numbers"][3]["equivalence"]["outcome"],
        "different"
    );
}

#[test]
fn a_comparison_is_replaced_only_when_asked_and_a_result_never() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    batches(at, 1.0);
    assert_eq!(code(&nta(at, &["compare", "A", "B", "--out", "c"])), 0);
    let bytes = |name: &str| fs::read(at.join("c").join(name)).expect("a file");
    let before = ["compare.json", "compare.csv", "compare.html"].map(bytes);
    let again = nta(at, &["compare", "A", "B", "--out", "c"]);
    assert_eq!(code(&again), 4);
    assert!(stderr(&again).contains("--overwrite"), "{}", stderr(&again));
    assert_eq!(
        code(&nta(
            at,
            &["compare", "A", "B", "--out", "c", "--overwrite"]
        )),
        0
    );
    assert_eq!(
        before,
        ["compare.json", "compare.csv", "compare.html"].map(bytes)
    );
    let over = nta(at, &["compare", "A", "B", "--out", "A/A0", "--overwrite"]);
    assert_eq!(code(&over), 4);
    assert!(at.join("A/A0/result.json").exists());
}

#[test]
fn broken_results_are_told_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    batches(at, 1.0);
    result(at, "Prüfling 7 µ", 1.0, &[("batch", json!("C"))]);
    fs::create_dir(at.join("empty")).expect("a folder");
    fs::write(at.join("file"), "x").expect("a file");
    for (name, text) in [
        ("cut", &finished().0[..2000]),
        ("other", "{\"schema\": \"nta-result/9\"}"),
        ("foreign", "{}"),
    ] {
        result(at, name, 1.0, &[]);
        fs::write(at.join(name).join("result.json"), text).expect("a file");
    }
    for name in ["trackless", "cells"] {
        result(at, name, 1.0, &[]);
    }
    fs::remove_file(at.join("trackless/particles.csv")).expect("removed");
    fs::write(
        at.join("cells/particles.csv"),
        "frames,used,diameter_nm\n9,true,x\n",
    )
    .expect("a file");
    for (bad, words) in [
        ("nowhere", "there is no such folder"),
        ("file", "it is not a folder"),
        ("empty", "it holds no result.json"),
        ("cut", "result.json: this is not a result of nta"),
        ("other", "the form 'nta-result/9'"),
        ("foreign", "it has no \"schema\""),
        (
            "trackless",
            "its particles.csv cannot be read: it is missing",
        ),
        ("cells", "row 2: diameter_nm is 'x'"),
    ] {
        // One good result is not enough; beside two groups it is left out and told.
        let few = nta(at, &["compare", "A/A0", bad, "--out", "few"]);
        assert_eq!(code(&few), 3, "{bad}");
        assert!(
            stderr(&few).contains(words) && stderr(&few).lines().count() == 1,
            "{bad}: {}",
            stderr(&few)
        );
        assert!(!at.join("few").exists());
        let among = nta(
            at,
            &["compare", "A", bad, "B", "--out", "among", "--overwrite"],
        );
        assert_eq!(code(&among), 3, "{bad}");
        let made = read(&at.join("among/compare.json"));
        let reason = made["left_out"][0]["reason"].as_str().expect("a reason");
        assert!(reason.contains(words), "{bad}: {reason}");
        assert_eq!(made["groups"].as_array().map(Vec::len), Some(2));
        let lost = nta(at, &["compare", bad, "A", "B", "--out", "lost"]);
        assert_eq!(code(&lost), 3, "{bad}");
        assert!(stderr(&lost).contains("reference"), "{}", stderr(&lost));
    }
    // Without the other group, and without times, there is nothing to compare.
    fs::create_dir(at.join("timeless")).expect("a folder");
    result(at, "timeless/one", 1.0, &[]);
    result(at, "timeless/two", 1.0, &[]);
    let half = nta(at, &["compare", "timeless", "empty", "--out", "half"]);
    assert_eq!(code(&half), 3, "{}", stderr(&half));
    assert!(stderr(&half).contains("empty: it holds no result.json"));
    let named = nta(
        at,
        &["compare", "A", "Prüfling 7 µ", "--out", "Vergleich ü"],
    );
    assert_eq!(code(&named), 0, "{}", stderr(&named));
    assert_eq!(
        read(&at.join("Vergleich ü/compare.json"))["groups"][1]["name"],
        "Prüfling 7 µ"
    );
}

#[test]
fn a_wrong_command_line_says_what_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    batches(at, 1.0);
    result(at, "alone/one", 1.0, &[]);
    let cases: [(&[&str], &str); 9] = [
        (&["A/A0"], "A/A0 holds one result"),
        (&["alone"], "alone holds one result"),
        (&["A", "A"], "is given twice"),
        (&["A", "A/A3"], "A/A3 is given twice"),
        (
            &["A", "B", "--by", "lot"],
            "no result has the field 'lot' in its sample; there is batch, id, time_days",
        ),
        (
            &["A", "B", "--reference", "C"],
            "there is no group 'C' to compare with; there is A, B",
        ),
        (
            &["A", "B", "--judge", "d99"],
            "'d99' is not a number that is compared; there is mean, mode",
        ),
        (&["A", "B", "--margin-percent", "0"], "the margin is 0 %"),
        (
            &["A", "B", "--margin-percent", "nan"],
            "the margin is NaN %",
        ),
    ];
    for (args, words) in cases {
        let args: Vec<&str> = std::iter::once("compare")
            .chain(args.iter().copied())
            .collect();
        let got = nta(at, &args);
        assert_eq!(code(&got), 2, "{args:?}: {}", stderr(&got));
        assert!(stderr(&got).contains(words), "{args:?}: {}", stderr(&got));
        assert!(!at.join("nta-compare").exists(), "{args:?}");
    }
    let json = nta(at, &["compare", "A/A0", "--json"]);
    let line: Value = serde_json::from_slice(&json.stderr).expect("a line of JSON");
    assert_eq!(line["error"]["exit_code"], 2);
}
