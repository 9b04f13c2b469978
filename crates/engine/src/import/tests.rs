//! Files of other programs, from the command's request to what it writes.

use super::*;
use crate::plan::PlanInput;
use crate::runtime::Progress;
use crate::vendor::Statistics;
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// D of 100 nm in water at 25 C, um^2/s.
const DIFFUSION_UM2_PER_S: f64 = 4.907;
const PIXEL_UM: f64 = 0.2;
const FPS: f64 = 30.0;

pub(super) fn plan(options: &[(&str, &str)]) -> Plan {
    let mut input = PlanInput::new();
    for (key, value) in options {
        input.option(key, value).unwrap();
    }
    input.resolve().unwrap()
}

pub(super) fn full_plan() -> Plan {
    plan(&[
        ("pixel_size_um", "0.2"),
        ("frame_rate_fps", "30"),
        ("exposure_ms", "0.1"),
        ("temperature_c", "25"),
        ("medium", "water"),
    ])
}

pub(super) fn run(request: &ImportRequest) -> Result<ImportOutcome, ImportError> {
    let cancel = AtomicBool::new(false);
    let runtime = Runtime {
        threads: 2,
        progress: &|_: Progress| {},
        cancel: &cancel,
    };
    import(request, &runtime)
}

pub(super) struct Place {
    pub(super) folder: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn request(&self, inputs: Vec<PathBuf>, plan: Plan) -> ImportRequest {
        ImportRequest {
            inputs,
            plan,
            out: self.folder.path().join("out"),
            overwrite: false,
            beside: None,
            who: Attribution::default(),
        }
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("out").join(name)).unwrap()
    }

    pub(super) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }
}

/// The next number of a linear congruential generator, from 0 to 1.
fn next(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// A normal number, by the sum of twelve even ones.
fn normal(state: &mut u64) -> f64 {
    (0..12).map(|_| next(state)).sum::<f64>() - 6.0
}

/// A table of trackpy: `n` particles of 100 nm, each over 25 frames, with an error of `noise_px` per position, in a flow of
/// 1 px per frame.
pub(super) fn walks(n: usize, noise_px: f64, with_ep: bool) -> String {
    let mut state = 7;
    let step_px = (2.0 * DIFFUSION_UM2_PER_S / FPS).sqrt() / PIXEL_UM;
    let mut text = String::from(if with_ep {
        "frame,x,y,particle,ep\n"
    } else {
        "frame,x,y,particle\n"
    });
    for particle in 0..n {
        let first = (particle * 7) % 175;
        let (mut x, mut y) = (600.0 * next(&mut state), 400.0 * next(&mut state));
        for k in 0..25 {
            let frame = first + k;
            let flow = frame as f64;
            let (ex, ey) = (noise_px * normal(&mut state), noise_px * normal(&mut state));
            let ep = if with_ep {
                format!(",{noise_px}")
            } else {
                String::new()
            };
            text += &format!("{frame},{},{},{particle}{ep}\n", x + ex + flow, y + ey);
            x += step_px * normal(&mut state);
            y += step_px * normal(&mut state);
        }
    }
    text
}

#[test]
fn tracks_of_known_particles_have_their_size_back() {
    for with_ep in [true, false] {
        let place = Place::new();
        let file = place.file("walks.csv", &walks(300, 0.5, with_ep));
        let outcome = run(&place.request(vec![file], full_plan())).unwrap();
        assert_eq!(outcome.exit_code(), 0, "{}", outcome.text);
        let report = outcome.report.unwrap();
        let d50 = report.diameter_nm.d50;
        let [low, high] = d50.ci95.unwrap();
        assert!((d50.value.unwrap() / 100.0 - 1.0).abs() < 0.05, "{d50:?}");
        assert!(low < 101.5 && high > 98.5, "{d50:?}");
        let codes: Vec<&str> = report
            .findings
            .iter()
            .map(|f| f.finding.code.as_str())
            .collect();
        assert!(codes.contains(&"V20"), "{codes:?}");
        assert_eq!(codes.contains(&"R20"), !with_ep);
        assert_eq!(report.concentration, None);
        // The flow of 1 px per frame was taken away.
        let [vx, vy] = report.captures[0].drift_um_per_s.unwrap();
        assert!((vx - 6.0).abs() < 0.6 && vy.abs() < 0.3, "{vx} {vy}");
        assert_eq!(report.captures[0].width_px, None);
        assert_eq!(report.captures[0].tally.tracks, 300);
        for name in [
            "result.json",
            "report.html",
            "particles.csv",
            "tracks.csv",
            "summary.csv",
            "distribution.csv",
            "plan.toml",
            "import.json",
            "import.csv",
            "import.html",
        ] {
            assert!(!place.read(name).is_empty(), "{name}");
        }
        assert_eq!(place.read("particles.csv").lines().count(), 301);
        // What the file does not say is empty.
        let row = place.read("tracks.csv");
        assert!(row.lines().nth(1).unwrap().ends_with(",0,"), "{row:.300}");
    }
}

#[test]
fn a_profile_with_the_size_of_the_picture_gives_a_concentration() {
    let place = Place::new();
    let profile = place.file(
        "here.toml",
        "name = \"here\"\npixel_size_um = 0.2\ndepth_um = 10.0\nwidth_px = 640\nheight_px = 480\n",
    );
    let file = place.file("walks.csv", &walks(100, 0.2, true));
    let plan = plan(&[
        ("instrument", profile.to_str().unwrap()),
        ("frame_rate_fps", "30"),
        ("exposure_ms", "1"),
        ("temperature_c", "25"),
        ("dilution", "10"),
    ]);
    let report = run(&place.request(vec![file], plan))
        .unwrap()
        .report
        .unwrap();
    let c = report.concentration.unwrap();
    // 2,500 positions in the frames from 0 to 198, in 640 x 480 x 0.04 um^2 x 10 um.
    let frames = report.captures[0].frames as f64;
    let expected = 2500.0 / frames / (640.0 * 480.0 * 0.04 * 10.0 * 1e-12) * 10.0;
    assert!(
        (c.per_ml / expected - 1.0).abs() < 1e-9,
        "{} {expected}",
        c.per_ml
    );
}

#[test]
fn what_the_command_line_can_mend_ends_with_2() {
    let place = Place::new();
    let file = place.file("walks.csv", &walks(3, 0.2, true));
    let error = run(&place.request(vec![file.clone()], plan(&[]))).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("--pixel-size-um"), "{error}");
    let error = run(&place.request(vec![file], plan(&[("pixel_size_um", "0.2")]))).unwrap_err();
    assert!(error.to_string().contains("--frame-rate-fps"), "{error}");
    let um = "<Tracks nTracks=\"1\" spaceUnits=\"um\"><particle nSpots=\"1\"><detection t=\"0\" x=\"1\" y=\"1\" z=\"0\"/></particle></Tracks>";
    let um = place.file("um.xml", um);
    let error = run(&place.request(vec![um], plan(&[]))).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("--pixel-size-um"), "{error}");
    assert!(!place.folder.path().join("out").exists());
}

#[test]
fn bad_files_are_told_and_good_ones_go_on() {
    let place = Place::new();
    let text = crate::vendor::samples::summary("NTA 3.4 Build 3.4.003", true);
    let failed = crate::vendor::samples::zetaview(0);
    let inputs = vec![
        place.file("good.csv", &text),
        place.file("failed.txt", &failed),
        place.file("empty.csv", ""),
        place.file("binary.csv", "\u{0}\u{1}\u{2}"),
        place.folder.path().join("none.csv"),
        place.file("letters.csv", "frame,x,y,particle\n0,one,2,3\n"),
        place.file("far.csv", "frame,x,y,particle\n0,1,2,3\n4000000000,1,2,3\n"),
        place.file("nothing.csv", "frame,x,y,particle\n"),
    ];
    let outcome = run(&place.request(inputs.clone(), full_plan())).unwrap();
    assert_eq!((outcome.exit_code(), outcome.unreadable.len()), (3, 6));
    let says = |part: &str| outcome.unreadable.iter().any(|r| r.contains(part));
    for part in [
        "it is empty",
        "it is not text",
        "there is no such file",
        "expected a number",
        "check the column of the frame",
        "it holds no position",
    ] {
        assert!(says(part), "{part}: {:#?}", outcome.unreadable);
    }
    let told = place.json("import.json");
    assert_eq!(
        (&told["files_read"], &told["files_not_read"]),
        (&2.into(), &6.into())
    );
    assert_eq!(told["schema"], IMPORT_SCHEMA);
    let states: Vec<String> = rows(&place)
        .into_iter()
        .map(|r| r["state"].clone())
        .collect();
    assert_eq!(states[..4], ["ok", "ok", "ok", "failed"]);
    assert!(states[4..].iter().all(|s| s == "not_read"), "{states:?}");
    // The folder holds an import, which is replaced on request only.
    let again = run(&place.request(inputs[..1].to_vec(), full_plan())).unwrap_err();
    assert_eq!(again.exit_code(), 4);
    let again = ImportRequest {
        overwrite: true,
        ..place.request(inputs[..1].to_vec(), full_plan())
    };
    assert_eq!(run(&again).unwrap().exit_code(), 0);
    let none = run(&ImportRequest {
        overwrite: true,
        ..place.request(inputs[2..4].to_vec(), full_plan())
    });
    let none = none.unwrap_err();
    assert_eq!(none.exit_code(), 3);
    assert!(
        none.to_string()
            .starts_with("none of the 2 files could be read"),
        "{none}"
    );
}

fn rows(place: &Place) -> Vec<BTreeMap<String, String>> {
    let text = place.read("import.csv");
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let row = |r: ::csv::StringRecord| {
        let pairs = heads.iter().zip(r.iter());
        pairs.map(|(h, v)| (h.to_owned(), v.to_owned())).collect()
    };
    reader.records().map(|r| row(r.unwrap())).collect()
}

#[test]
fn an_export_beside_tracks_says_how_the_film_was_taken() {
    let place = Place::new();
    let mut text = crate::vendor::samples::summary("NTA 3.4 Build 3.4.003", true);
    text = text.replace("Temperature/C,22,24", "Temperature/C,25,15");
    let inputs = vec![
        place.file("run 1.5_00_AllTracks.csv", &walks(60, 0.2, true)),
        place.file("summary.csv", &text),
    ];
    let plan = plan(&[("pixel_size_um", "0.2")]);
    let report = run(&place.request(inputs, plan)).unwrap().report.unwrap();
    // The film is the first on the list.
    assert_eq!(report.medium.temperature_c, 25.0);
    let from = "NanoSight ExperimentSummary 'summary.csv'";
    assert_eq!(report.medium.temperature_from, from);
    assert_eq!(1.0 / report.acquisition.frame_interval_s.value, 25.0);
    let exposure = report.acquisition.exposure_s.unwrap();
    assert_eq!(
        (exposure.value, exposure.from),
        (0.03, format!("file ({from})"))
    );
    assert_eq!(report.medium.dilution, 1e4);
}

#[test]
fn tables_without_frames_are_not_counted() {
    let place = Place::new();
    let mut text =
        String::from("Particle ID, Track Step, X1, Y1, X2, Y2, Diffusion Co, Particle Size\n");
    let mut state = 3;
    for id in 0..60 {
        let (mut x, mut y) = (100.0, 100.0);
        for step in 2..14 {
            let (nx, ny) = (x + 2.8 * normal(&mut state), y + 2.8 * normal(&mut state));
            text += &format!("{id}, {step}, {x}, {y}, {nx}, {ny}, 1, 1\n");
            (x, y) = (nx, ny);
        }
    }
    let outcome = run(&place.request(vec![place.file("steps.csv", &text)], full_plan())).unwrap();
    let report = outcome.report.unwrap();
    assert!(report.findings.iter().any(|f| f.finding.code == "C08"));
    assert!(report.diameter_nm.d50.value.is_some());
    assert_eq!(report.captures[0].frames, 0);
    assert!(
        !outcome.text.contains("per frame") && !outcome.text.contains("no particles"),
        "{}",
        outcome.text
    );
}

#[test]
fn particles_without_positions_are_shown_with_their_own_diffusion() {
    let place = Place::new();
    let file = place.file("x_ParticleData.csv", crate::vendor::samples::PARTICLES);
    run(&place.request(vec![file], full_plan())).unwrap();
    let row = &rows(&place)[0];
    assert_eq!(
        (row["kind"].as_str(), row["tracks"].as_str()),
        ("nanosight_particles", "1")
    );
    assert_eq!(row["mean_nm"], "100");
    let own: f64 = row["mean_from_bins_nm"].parse().unwrap();
    assert!(
        (own - 100.0 * DIFFUSION_UM2_PER_S / 4.0).abs() < 0.1,
        "{own}"
    );
}

/// All real exports of the reference data through the command's function.
#[test]
fn real_exports_stand_beside_each_other_with_small_differences() {
    let Some(folder) = std::env::var_os("NTA_REFERENCE_DATA") else {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: NTA_REFERENCE_DATA is not set\n",
        );
        return;
    };
    let place = Place::new();
    let mut inputs = Vec::new();
    for name in [
        "nanosight_tidynano_beads",
        "nanosight_candidaev",
        "zetaview_ev_txt/size",
    ] {
        let entries = fs::read_dir(Path::new(&folder).join(name)).unwrap();
        inputs.extend(entries.map(|e| e.unwrap().path()));
    }
    inputs.retain(|p| !p.ends_with("README.md"));
    inputs.sort();
    let outcome = run(&place.request(inputs, plan(&[]))).unwrap();
    assert_eq!((outcome.exit_code(), outcome.unreadable.len()), (0, 0));
    let (mut ok, mut failed) = (0, 0);
    for row in rows(&place) {
        let state = row["state"].as_str();
        ok += usize::from(state == "ok");
        failed += usize::from(state == "failed");
        for (key, _) in Statistics::default().named() {
            let difference = &row[&key.replace("_nm", "_difference_nm")];
            let off = difference.parse::<f64>().map_or(0.0, f64::abs);
            assert!(
                off < 0.101,
                "{} {}: {key} {off}",
                row["file"],
                row["replicate"]
            );
        }
    }
    // 33 replicates and 8 averages of NanoSight, 2 runs of ZetaView; the failed run and its table of positions.
    assert_eq!((ok, failed), (43, 2));
}
