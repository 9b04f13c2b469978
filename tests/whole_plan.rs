//! The plan decides the numbers, all of it does, and nothing else does: not the place of the files, not what lies
//! outside of the frames that are analysed.

use nta_core::{FrameError, FrameSource, Packet, Pixels, SourceEnd, SourceError, VideoInfo};
use nta_engine::plan::keys::{KEYS, KeySpec, Kind};
use nta_engine::plan::stages::STAGES;
use nta_engine::plan::{Plan, PlanInput};
use nta_engine::{AnalyzeError, AnalyzeRequest, CaptureInput, Progress, Runtime};
use nta_engine::{analyze, analyze_to_folder};
use nta_sim::{Amount, Population, Scene, SimulatedFilm};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A film whose file says nothing of the exposure, and whose first frames may be spoiled.
struct Film {
    film: SimulatedFilm,
    info: VideoInfo,
    spoiled: u32,
    /// Pictures lie in memory column by column.
    by_columns: bool,
}

impl Film {
    fn boxed(scene: &Scene, spoiled: u32) -> Box<dyn FrameSource> {
        Box::new(Self::of(scene, spoiled, false))
    }

    fn of(scene: &Scene, spoiled: u32, by_columns: bool) -> Self {
        let film = SimulatedFilm::new(scene).expect("a sound scene");
        let info = VideoInfo {
            exposure_s: None,
            ..film.info().clone()
        };
        Self {
            film,
            info,
            spoiled,
            by_columns,
        }
    }
}

impl FrameSource for Film {
    fn info(&self) -> &VideoInfo {
        &self.info
    }
    fn rewind(&mut self) -> Result<(), SourceError> {
        self.film.rewind()
    }
    fn next_packet(&mut self) -> Result<Option<Packet>, SourceError> {
        self.film.next_packet()
    }
    fn decode(&self, packet: Packet) -> Result<Pixels, FrameError> {
        let bad = packet.index.0 < self.spoiled;
        let pixels = self.film.decode(packet)?;
        Ok(match pixels {
            // The lamp is not yet on its way, and what is seen is upside down.
            Pixels::U8(a) if bad => Pixels::U8(a.mapv(|v| 200 - v.min(100) / 2)),
            Pixels::U8(a) if self.by_columns => {
                let columns = a.t().as_standard_layout().into_owned();
                Pixels::U8(columns.reversed_axes())
            }
            other => other,
        })
    }
    fn end(&self) -> SourceEnd {
        let mut end = self.film.end();
        end.tally.add("time_stamp_not_believed", 2);
        end
    }
}

fn small(frames: u32, seed: u64) -> Scene {
    let mut scene = Scene {
        width_px: 160,
        height_px: 120,
        frames,
        seed,
        amount: Amount::VisiblePerFrame(8.0),
        ..Scene::with_populations(vec![Population::monodisperse(150.0, 1.0)])
    };
    scene.light.reference_peak_counts = 150.0;
    scene
}

fn plan(text: &str) -> Plan {
    let mut input = PlanInput::new();
    input.plan_text(text, "test").expect("a plan that parses");
    input.resolve().expect("a plan that holds")
}

fn with_runtime<T>(work: impl FnOnce(&Runtime<'_>) -> T) -> T {
    work(&Runtime {
        threads: 2,
        progress: &|_: Progress| {},
        cancel: &AtomicBool::new(false),
    })
}

fn analysed(films: Vec<Box<dyn FrameSource>>, plan: &Plan) -> Result<Value, AnalyzeError> {
    let inputs = films
        .into_iter()
        .map(|film| CaptureInput::of_source("simulated", film))
        .collect();
    let analysis = with_runtime(|runtime| analyze(inputs, plan, runtime))?;
    Ok(serde_json::from_slice(&analysis.report.to_json()).expect("JSON"))
}

/// Takes the named keys out, wherever they stand.
fn without(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|v| without(v, keys));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| without(v, keys)),
        _ => {}
    }
}

#[test]
fn the_plan_fed_back_gives_the_same_result() {
    let scene = small(300, 4);
    let film = || vec![Film::boxed(&scene, 0)];
    let first = plan("pixel_size_um = 0.2\ndepth_um = 8.0\n[size]\nresamples = 20\n");
    let again = plan(&first.to_toml());
    let mut one = analysed(film(), &first).expect("an analysis");
    let mut two = analysed(film(), &again).expect("an analysis");
    assert_eq!(
        one["acquisition"]["exposure_s"]["from"],
        "estimated from the film"
    );
    assert!(one["diameter_nm"]["mean"]["value"].is_number());
    // Where a value came from is the one thing that may change: from nobody, or the command line, to the plan.
    for result in [&mut one, &mut two] {
        without(result, &["timing", "from", "temperature_from"]);
    }
    assert_eq!(one, two);
}

#[test]
fn frames_outside_of_the_range_teach_nothing() {
    let scene = small(160, 5);
    let plan = plan(
        "pixel_size_um = 0.2\nexposure_ms = 15.0\nfirst_frame = 100\nlast_frame = 149\n[size]\nresamples = 20\n",
    );
    let mut good = analysed(vec![Film::boxed(&scene, 0)], &plan).expect("an analysis");
    let mut bad = analysed(vec![Film::boxed(&scene, 100)], &plan).expect("an analysis");
    assert_eq!(good["captures"][0]["frames"], 50);
    let tally = &good["captures"][0]["tally"];
    assert!(tally["tracks"].as_u64() > Some(5));
    // What the source left out is told too.
    assert_eq!(tally["dropped"]["time_stamp_not_believed"], 2);
    for result in [&mut good, &mut bad] {
        without(result, &["timing"]);
    }
    assert_eq!(good, bad);
}

#[test]
fn the_layout_of_pictures_in_memory_does_not_matter() {
    let scene = small(60, 5);
    let plan = plan("pixel_size_um = 0.2\nexposure_ms = 15.0\n[size]\nresamples = 20\n");
    let mut plain = analysed(vec![Film::boxed(&scene, 0)], &plan).expect("an analysis");
    let film = Box::new(Film::of(&scene, 0, true));
    let mut turned = analysed(vec![film], &plan).expect("an analysis");
    assert_eq!(plain["captures"][0]["frames_repeated"], 0);
    for result in [&mut plain, &mut turned] {
        without(result, &["timing"]);
    }
    assert_eq!(plain, turned);
}

#[test]
fn a_range_without_frames_is_a_mistake_in_the_plan() {
    let scene = small(40, 5);
    let plan = plan("pixel_size_um = 0.2\nfirst_frame = 40\n");
    let error = analysed(vec![Film::boxed(&scene, 0)], &plan).expect_err("no frames");
    assert!(error.to_string().contains("first_frame = 40"), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn no_captures_are_refused() {
    let error = analysed(Vec::new(), &plan("pixel_size_um = 0.2\n")).expect_err("nothing");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn captures_with_other_exposures_are_not_alike() {
    let scene = small(60, 6);
    let film = |exposure_ms: f64| -> Box<dyn FrameSource> {
        let scene = Scene {
            exposure_ms,
            ..scene.clone()
        };
        Box::new(SimulatedFilm::new(&scene).expect("a sound scene"))
    };
    let plan = plan("pixel_size_um = 0.2\n[size]\nresamples = 20\n");
    let told = |films| {
        let result = analysed(films, &plan).expect("an analysis");
        let findings = result["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().any(|f| f["code"] == "A05")
    };
    assert!(!told(vec![film(15.0), film(15.0)]));
    assert!(told(vec![film(15.0), film(5.0)]));
}

#[test]
fn the_place_of_the_files_does_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let (near, far) = (folder.path().join("a"), folder.path().join("b/c d"));
    let write = |place: &Path| -> Vec<PathBuf> {
        std::fs::create_dir_all(place).expect("a folder");
        // Of different size, so that a finding speaks of both.
        [(160, "one.avi"), (144, "two.avi")]
            .map(|(width_px, name)| {
                let scene = Scene {
                    width_px,
                    ..small(80, 7)
                };
                let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
                let bytes = nta_sim::avi::encode_mjpeg(&mut film, 95).expect("a film");
                std::fs::write(place.join(name), bytes).expect("a file");
                place.join(name)
            })
            .into()
    };
    let result = |place: &Path| {
        let request = AnalyzeRequest {
            inputs: write(place),
            plan: plan("pixel_size_um = 0.2\n[size]\nresamples = 20\n"),
            out: place.join("out"),
            overwrite: false,
            spots: true,
            parquet: false,
            who: Default::default(),
            exports: Vec::new(),
        };
        with_runtime(|runtime| analyze_to_folder(&request, runtime)).expect("an analysis");
        let read = |name: &str| std::fs::read_to_string(place.join("out").join(name)).expect(name);
        let mut json: Value = serde_json::from_str(&read("result.json")).expect("JSON");
        without(&mut json, &["timing", "path"]);
        let tables = ["particles.csv", "tracks.csv", "spots.csv", "plan.toml"].map(read);
        (json, tables)
    };
    let (one, two) = (result(&near), result(&far));
    assert!(one.0["findings"].to_string().contains("A05"));
    assert_eq!(one.0, two.0);
    assert!(one.1 == two.1);
}

/// What follows from the plan, without the plan itself.
fn outcome(scene: &Scene, text: &str) -> Value {
    let mut result = analysed(vec![Film::boxed(scene, 0)], &plan(text)).expect("an analysis");
    without(
        &mut result,
        &["timing", "plan", "methods", "sample", "from"],
    );
    result
}

/// Values of a number to try: of the default, and of its range.
fn trials(default: f64, min: f64, max: f64) -> Vec<f64> {
    [
        0.5 * default,
        2.0 * default,
        0.0,
        1.0,
        6.0,
        40.0,
        1e3,
        min,
        max,
    ]
    .into_iter()
    .filter(|v| (min..=max).contains(v) && *v != default)
    .collect()
}

/// Keys that cannot change a film without what they are about, with the reason.
const WITHOUT_EFFECT_HERE: [(&str, &str); 4] = [
    (
        "film.find_burnt_in",
        "the film has no clock; see the tests of the mask",
    ),
    (
        "medium_mass_fraction",
        "refused without a mixture; see the tests of the layers of a plan",
    ),
    (
        "medium_mass_fraction_uncertainty",
        "refused without a mixture; see the plans that must fail",
    ),
    (
        "viscosity_at_c",
        "refused without a viscosity; see the tests of the layers of a plan",
    ),
];

#[test]
fn every_number_of_every_method_changes_something() {
    let mut scene = small(90, 8);
    // To and fro in three seconds, so that there is a drift to smooth.
    scene.motion.vibration.amplitude_um = 3.0;
    scene.motion.vibration.frequency_hz = 0.33;
    let mut idle = Vec::new();
    for stage in STAGES {
        for method in (stage.methods)() {
            // Only the distribution of single diameters shows what an estimator does beyond the table of particles.
            let shown_by = match stage.name {
                "diffusion" => "[distribution]\nmethod = \"raw\"\n",
                _ => "",
            };
            let base = format!(
                "pixel_size_um = 0.2\nexposure_ms = 15.0\n[size]\nresamples = 20\n{shown_by}[{}]\nmethod = \"{}\"\n",
                stage.name, method.key
            );
            let as_it_is = outcome(&scene, &base);
            for p in method.params {
                let changes = trials(p.default, p.min, p.max)
                    .into_iter()
                    .any(|v| outcome(&scene, &format!("{base}{} = {v:?}\n", p.key)) != as_it_is);
                if !changes {
                    idle.push(format!("{}.{}.{}", stage.name, method.key, p.key));
                }
            }
        }
    }
    assert!(idle.is_empty(), "{idle:?}");
}

fn other_value(spec: &KeySpec) -> Vec<String> {
    match spec.kind {
        Kind::Number { min, max, .. } => {
            let now = spec.example.parse().unwrap_or(min);
            trials(now, min, max)
                .into_iter()
                .take(2)
                .map(|v| format!("{v:?}"))
                .collect()
        }
        Kind::Whole { .. } => ["20", "40", "70"].map(str::to_owned).into(),
        Kind::Word(words) => words.iter().map(|w| format!("{w:?}")).collect(),
        Kind::Medium => vec!["\"pbs\"".into()],
        Kind::Switch => vec!["true".into(), "false".into()],
        Kind::Rectangles => vec!["[[20, 20, 60, 60]]".into()],
        Kind::Edges => vec!["[120.0]".into()],
        Kind::Text => Vec::new(),
    }
}

#[test]
fn every_key_of_the_plan_changes_something() {
    let scene = small(90, 9);
    let base = [
        ("", "pixel_size_um", "0.2"),
        ("", "exposure_ms", "15.0"),
        ("", "depth_um", "10.0"),
    ];
    let text = |table: &str, key: &str, value: &str| {
        let rest = base.iter().filter(|b| (b.0, b.1) != (table, key));
        let mut out: String = rest.map(|b| format!("{} = {}\n", b.1, b.2)).collect();
        if !table.is_empty() {
            out += &format!("[{table}]\n");
        }
        out += &format!("{key} = {value}\n");
        if (table, key) != ("size", "resamples") {
            out += if table == "size" { "" } else { "[size]\n" };
            out += "resamples = 30\n";
        }
        out
    };
    let as_it_is = outcome(&scene, &text("", "seed", "1"));
    for spec in KEYS {
        let name = spec.name();
        if spec.kind == Kind::Text || WITHOUT_EFFECT_HERE.iter().any(|(n, _)| *n == name) {
            continue;
        }
        let changes = other_value(spec)
            .iter()
            .any(|v| outcome(&scene, &text(spec.table, spec.key, v)) != as_it_is);
        assert!(changes, "{name}");
    }
}
