//! Films of beads become a profile, with which the concentration of other films comes out.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn nta(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nta"))
        .args(args)
        .current_dir(folder)
        .env("NTA_INSTRUMENTS", "")
        .stdin(Stdio::null())
        .output()
        .expect("nta runs")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// Simulates 600 frames with this peak brightness of 100 nm beads; gives the number per mL.
fn film(folder: &Path, name: &str, peak_counts: f64, seed: u64) -> f64 {
    let scene = format!(
        "seed = {seed}\nframes = 600\namount = {{ visible_per_frame = 35.0 }}\n[light]\nreference_peak_counts = {peak_counts:.1}\n[[populations]]\nkind = \"monodisperse\"\ndiameter_nm = 100.0\n"
    );
    std::fs::create_dir(folder.join(name)).expect("a folder");
    std::fs::write(folder.join(name).join("scene.toml"), scene).expect("a scene");
    let (scene, out) = (format!("{name}/scene.toml"), format!("{name}/f.avi"));
    let made = nta(folder, &["simulate", &scene, "--out", &out, "--quiet"]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let truth = read(&folder.join(name).join("truth.json"));
    truth["concentration_per_ml"].as_f64().expect("a number")
}

const KNOWN: [&str; 7] = [
    "--exposure-ms",
    "15",
    "--temperature-c",
    "25",
    "--medium",
    "water",
    "--quiet",
];

#[test]
fn beads_give_the_depth_also_of_brighter_particles() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let per_ml = film(folder, "beads", 60.0, 5);
    let nominal = format!("{per_ml}");
    let mut args = vec!["calibrate", "beads/f.avi", "--nominal-nm", "100"];
    args.extend(["--nominal-per-ml", &nominal, "--out", "mine.toml"]);
    args.extend(["--pixel-size-um", "0.2"]);
    args.extend(KNOWN);
    let made = nta(folder, &args);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert_eq!(
        made.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert!(
        said.contains("as it should be") && said.contains("mine.toml"),
        "{said}"
    );
    let again = nta(folder, &args);
    assert_eq!(
        again.status.code(),
        Some(4),
        "a profile is not replaced unasked"
    );

    // Four times as bright, so that they are seen a quarter deeper.
    let truth = film(folder, "bright", 240.0, 6);
    let mut args = vec![
        "analyze",
        "bright/f.avi",
        "--out",
        "o",
        "--instrument",
        "./mine.toml",
    ];
    args.extend(KNOWN);
    let done = nta(folder, &args);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let result = read(&folder.join("o/result.json"));
    let found = &result["concentration"];
    let value = found["per_ml"].as_f64().expect("a concentration");
    assert!((value / truth - 1.0).abs() < 0.12, "{value} for {truth}");
    assert!(
        found["from"]
            .as_str()
            .expect("words")
            .contains("by brightness")
    );
    // The written plan says all of it.
    let mut args = vec![
        "analyze",
        "bright/f.avi",
        "--out",
        "o2",
        "--plan",
        "o/plan.toml",
    ];
    args.push("--quiet");
    assert_eq!(nta(folder, &args).status.code(), Some(0));
    let again = read(&folder.join("o2/result.json"));
    assert_eq!(again["concentration"]["per_ml"], found["per_ml"]);
    // A depth that is stated for the film is taken as it is.
    let mut args = vec![
        "analyze",
        "bright/f.avi",
        "--out",
        "o3",
        "--plan",
        "o/plan.toml",
    ];
    args.extend(["--depth-um", "10.5", "--quiet"]);
    assert_eq!(nta(folder, &args).status.code(), Some(0));
    let stated = read(&folder.join("o3/result.json"));
    assert!(stated["concentration"]["per_ml"].as_f64() > found["per_ml"].as_f64());
}

#[test]
fn what_cannot_calibrate_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(
        folder.join("empty.toml"),
        "frames = 30\namount = { visible_per_frame = 0.0 }\n",
    )
    .expect("a scene");
    let made = nta(
        folder,
        &["simulate", "empty.toml", "--out", "f.avi", "--quiet"],
    );
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let refused = |extra: &[&str]| {
        let mut args = vec!["calibrate", "f.avi", "--pixel-size-um", "0.2", "--quiet"];
        args.extend(extra);
        let output = nta(folder, &args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = refused(&["--nominal-nm", "100", "--out", "p.toml"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no size"), "{said}");
    for (nominal, out) in [("2", "p.toml"), ("NaN", "p.toml"), ("100", "p.txt")] {
        let (code, _) = refused(&["--nominal-nm", nominal, "--out", out]);
        assert_eq!(code, Some(2), "{nominal} {out}");
    }
    assert!(!folder.join("p.toml").exists());
}
