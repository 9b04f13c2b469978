//! Measures the whole way from film to sizes against the truth of simulated films: the figures of `docs/numbers.md`.
//!
//! `cargo run --release -p nta-engine --example standard_scenes [FRAMES [SEEDS]]`

use nta_core::FrameSource;
use nta_engine::plan::PlanInput;
use nta_engine::report::Report;
use nta_engine::{CaptureInput, Progress, Runtime, analyze};
use nta_sim::{Amount, Population, Scene, SimulatedFilm};
use std::error::Error;
use std::io::Write;
use std::sync::atomic::AtomicBool;

/// First-order Wasserstein distance between the reported density and the sizes that were simulated, nm.
fn distance_nm(report: &Report, truth: &[(f64, f64)]) -> f64 {
    let d = &report.distribution;
    let mut below = 0.0;
    let mut out = 0.0;
    for i in 1..d.diameter_nm.len() {
        let (low, high) = (d.diameter_nm[i - 1], d.diameter_nm[i]);
        let step = high - low;
        let mass = 0.5 * (d.density_per_nm[i - 1] + d.density_per_nm[i]) * step;
        let middle = 0.5 * (low + high);
        let true_below: f64 = truth.iter().filter(|t| t.0 <= middle).map(|t| t.1).sum();
        out += (below + 0.5 * mass - true_below).abs() * step;
        below += mass;
    }
    out
}

/// Shares of the particles as the film shows them: each particle counts once for each frame in which it is visible.
fn shares(film: &SimulatedFilm) -> Vec<(f64, f64)> {
    let mut seen: Vec<f64> = film
        .truth()
        .frames
        .iter()
        .flat_map(|f| f.visible().map(|s| s.diameter_nm))
        .collect();
    seen.sort_by(f64::total_cmp);
    let each = 1.0 / seen.len().max(1) as f64;
    seen.into_iter().map(|d| (d, each)).collect()
}

fn scenes() -> Vec<(&'static str, Scene)> {
    let mono = |d| vec![Population::monodisperse(d, 1.0)];
    let flat = |mut scene: Scene| {
        scene.light.brightness_exponent = 0.0;
        scene
    };
    let pair = |a, b| {
        flat(Scene::with_populations(vec![
            Population::monodisperse(a, 1.0),
            Population::monodisperse(b, 1.0),
        ]))
    };
    vec![
        ("mono 100", Scene::with_populations(mono(100.0))),
        ("mono 50", Scene::with_populations(mono(50.0))),
        ("mono 200", Scene::with_populations(mono(200.0))),
        ("60/150 1:1", pair(60.0, 150.0)),
        ("80/120 1:1", pair(80.0, 120.0)),
        (
            "EV log-normal",
            flat(Scene::with_populations(vec![Population::log_normal(
                100.0, 0.35, 1.0,
            )])),
        ),
        (
            "mono 100 dense",
            Scene {
                amount: Amount::VisiblePerFrame(150.0),
                ..Scene::with_populations(mono(100.0))
            },
        ),
    ]
}

/// Simulates and analyses a film; one row of the table.
fn row(name: &str, scene: &Scene) -> Result<String, Box<dyn Error>> {
    let film = SimulatedFilm::new(scene)?;
    let truth = shares(&film);
    let text = format!(
        "pixel_size_um = {:?}\nexposure_ms = {:?}\ntemperature_c = {:?}\nmedium = \"water\"\n",
        scene.pixel_size_um, scene.exposure_ms, scene.temperature_c
    );
    let mut plan = PlanInput::new();
    plan.plan_text(&text, "scene")?;
    let go = AtomicBool::new(false);
    let runtime = Runtime {
        threads: 0,
        progress: &|_: Progress| {},
        cancel: &go,
    };
    let source: Box<dyn FrameSource> = Box::new(film);
    let capture = CaptureInput::of_source(name, source);
    let report = analyze(vec![capture], &plan.resolve()?, &runtime)?.report;
    let d = &report.diameter_nm;
    let show = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.1}"));
    let ci = d
        .d50
        .ci95
        .map_or("-".to_owned(), |c| format!("{:.1} to {:.1}", c[0], c[1]));
    let populations: Vec<String> = report
        .populations
        .iter()
        .map(|p| format!("{:.0} ({:.2})", p.diameter_nm, p.fraction))
        .collect();
    Ok(format!(
        "| {name} | {} | {} | {} | {} | {} | {ci} | {} | {} | {:.1} | {} | {:.0} |",
        scene.seed,
        report.distribution.tracks,
        show(d.mean.value),
        show(d.d10.value),
        show(d.d50.value),
        show(d.d90.value),
        show(d.coefficient_of_variation.value.map(|v| 100.0 * v)),
        distance_nm(&report, &truth),
        populations.join(", "),
        report.timing.frames_per_second,
    ))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let frames: u32 = args.next().map_or(Ok(900), |a| a.parse())?;
    let seeds: u64 = args.next().map_or(Ok(3), |a| a.parse())?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| scene | seed | tracks | mean | D10 | D50 | D50 interval | D90 | CV % | W1 nm | populations | frames/s |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for (name, scene) in scenes() {
        for seed in 1..=seeds {
            let scene = Scene {
                frames,
                seed,
                ..scene.clone()
            };
            writeln!(out, "{}", row(name, &scene)?)?;
            out.flush()?;
        }
    }
    Ok(())
}
