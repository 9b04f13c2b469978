//! From simulated films with a known truth to the numbers of the report, through the same call as the command.

use nta_core::{FrameError, FrameSource, Packet, Pixels, SourceEnd, SourceError, VideoInfo};
use nta_engine::plan::{Plan, PlanInput};
use nta_engine::report::Report;
use nta_engine::{CaptureInput, Progress, Runtime, analyze};
use nta_sim::{Amount, Population, Scene, SimulatedFilm};
use std::path::Path;
use std::sync::atomic::AtomicBool;

fn plan(lines: &str) -> Plan {
    let mut input = PlanInput::new();
    input.plan_text(lines, "test").expect("a plan that parses");
    input.resolve().expect("a plan that holds")
}

fn stated(scene: &Scene) -> String {
    format!(
        "pixel_size_um = {:?}\nexposure_ms = {:?}\ntemperature_c = {:?}\nmedium = \"water\"\n",
        scene.pixel_size_um, scene.exposure_ms, scene.temperature_c
    )
}

fn report(scenes: &[Scene], plan: &Plan, threads: usize) -> Report {
    let film = |scene| -> Box<dyn FrameSource> {
        Box::new(SimulatedFilm::new(scene).expect("a sound scene"))
    };
    report_of(scenes.iter().map(film).collect(), plan, threads)
}

fn report_of(films: Vec<Box<dyn FrameSource>>, plan: &Plan, threads: usize) -> Report {
    let inputs = films
        .into_iter()
        .map(|film| CaptureInput::of_source("simulated", film))
        .collect();
    let go = AtomicBool::new(false);
    let runtime = Runtime {
        threads,
        progress: &|_: Progress| {},
        cancel: &go,
    };
    analyze(inputs, plan, &runtime).expect("an analysis").report
}

/// The standard scene with fewer frames, so that the test stays short.
fn scene(populations: Vec<Population>, seed: u64) -> Scene {
    Scene {
        frames: 300,
        seed,
        ..Scene::with_populations(populations)
    }
}

#[test]
fn beads_of_100_nm_come_out_as_100_nm_with_an_interval_that_holds_it() {
    let scene = scene(vec![Population::monodisperse(100.0, 1.0)], 11);
    let report = report(std::slice::from_ref(&scene), &plan(&stated(&scene)), 2);
    let median = report.diameter_nm.median;
    let value = median.value.expect("a median");
    let [low, high] = median.ci95.expect("an interval");
    assert!((value - 100.0).abs() < 4.0, "median {value}");
    assert!(
        low < 100.0 * 1.01 && high > 100.0 * 0.99,
        "interval {low} to {high}"
    );
    assert!(
        high - low < 12.0,
        "interval {low} to {high} is too wide to be of use"
    );
    let cv = report
        .diameter_nm
        .coefficient_of_variation
        .value
        .expect("a width");
    assert!(cv < 0.12, "beads of one size have a CV of {cv}");
    assert_eq!(report.populations.len(), 1);
}

#[test]
fn two_sizes_are_two_populations() {
    let both = vec![
        Population::monodisperse(60.0, 1.0),
        Population::monodisperse(150.0, 1.0),
    ];
    let mut scene = scene(both, 12);
    scene.frames = 600;
    // Equal brightness, so that both are seen equally deep.
    scene.light.brightness_exponent = 0.0;
    let report = report(std::slice::from_ref(&scene), &plan(&stated(&scene)), 2);
    let found: Vec<f64> = report.populations.iter().map(|p| p.diameter_nm).collect();
    assert_eq!(found.len(), 2, "populations at {found:?}");
    assert!(
        (found[0] / 60.0 - 1.0).abs() < 0.1,
        "small ones at {} nm",
        found[0]
    );
    assert!(
        (found[1] / 150.0 - 1.0).abs() < 0.1,
        "large ones at {} nm",
        found[1]
    );
    assert!(
        (report.populations[0].fraction - 0.5).abs() < 0.15,
        "shares {:?}",
        report.populations
    );
}

/// Half of the particles of 51 nm exceed the threshold of this film where all light falls on them (decision 0011).
#[test]
fn the_film_tells_how_brightness_goes_and_where_sight_ends() {
    let vesicles = Population::log_normal(100.0, 0.35, 1.0);
    let mut scene = scene(vec![vesicles], 21);
    scene.frames = 600;
    scene.light.brightness_exponent = 4.0;
    let plan = plan(&format!(
        "{}depth_um = 8.0\n[size]\nweighting = \"volume\"\n",
        stated(&scene)
    ));
    let report = report(std::slice::from_ref(&scene), &plan, 2);
    let exponent = report.intensity.exponent.value.expect("an exponent");
    let se = report.intensity.exponent_se.expect("its error");
    assert!(
        (exponent - 4.0).abs() < 3.0 * se && se < 0.5,
        "{exponent} +- {se}"
    );
    let seen = report.intensity.seen_exponent.expect("as seen");
    assert!(seen < exponent, "{seen}");
    let nm = report
        .distribution
        .smallest_detectable_nm
        .expect("it is measured");
    let [low, high] = report
        .distribution
        .smallest_detectable_ci95_nm
        .expect("an interval");
    assert!((nm / 51.3 - 1.0).abs() < 0.12, "{nm}");
    assert!(low < 51.3 && 51.3 < high, "{low} to {high}");
    let own = report.captures[0]
        .distribution
        .as_ref()
        .expect("one capture");
    assert_eq!(own.smallest_detectable_nm, Some(nm));
    // By volume the median is exp(3 s^2) times as large, and numbers per mL stay numbers.
    let shift = (3.0 * (1.0f64 + 0.35 * 0.35).ln()).exp();
    let by_volume = report.diameter_nm.median.value.expect("a median");
    assert!(
        (by_volume / (100.0 * shift) - 1.0).abs() < 0.2,
        "{by_volume}"
    );
    let per_ml: f64 = report.size_classes.iter().filter_map(|c| c.per_ml).sum();
    let all = report.concentration.expect("the depth is stated").per_ml;
    assert!((per_ml / all - 1.0).abs() < 1e-9, "{per_ml} of {all}");
    let shares: f64 = report
        .size_classes
        .iter()
        .filter_map(|c| c.fraction.value)
        .sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
}

/// The depth in the demo's plan was calibrated on other films of its scene; see `fixtures/README.md`.
#[test]
fn the_demo_film_has_the_size_and_concentration_that_its_scene_states() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let text = std::fs::read_to_string(fixtures.join("demo.toml")).expect("the demo's plan");
    let film = nta_video::open(&fixtures.join("demo.avi")).expect("the demo film");
    let report = report_of(vec![film], &plan(&text), 2);
    let scene = nta_sim::demo::scene();
    let truth = SimulatedFilm::new(&scene).expect("a sound scene");
    let truth = truth.truth().concentration_per_ml;
    let found = report.concentration.expect("the depth is stated");
    let [low, high] = found.ci95.expect("an interval");
    assert!(low < truth && truth < high, "{found:?} for {truth}");
    assert!((found.per_ml / truth - 1.0).abs() < 0.15, "{found:?}");
    let median = report.diameter_nm.median.ci95.expect("an interval");
    assert!(median[0] < 100.0 && 100.0 < median[1], "{median:?}");
}

#[test]
fn an_empty_film_gives_no_size_and_an_upper_limit() {
    let scene = Scene {
        frames: 60,
        ..Scene::with_populations(Vec::new())
    };
    let plan = plan(&format!("{}depth_um = 5.0\n", stated(&scene)));
    let report = report(&[scene], &plan, 2);
    assert_eq!(report.diameter_nm.median.value, None);
    assert_eq!(report.captures[0].tally.tracks_used, 0);
    let concentration = report
        .concentration
        .expect("a concentration, because the depth is known");
    assert_eq!(concentration.per_ml, 0.0);
    let [low, high] = concentration.ci95.expect("an upper limit");
    assert!(low == 0.0 && high > 0.0, "{low} to {high}");
    assert!(!report.findings.is_empty());
}

/// A film whose file does not say how long the shutter was open.
struct Silent {
    film: SimulatedFilm,
    info: VideoInfo,
}

impl FrameSource for Silent {
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
        self.film.decode(packet)
    }
    fn end(&self) -> SourceEnd {
        self.film.end()
    }
}

#[test]
fn the_exposure_is_found_in_the_film_where_nobody_states_it() {
    let mut scene = scene(vec![Population::monodisperse(100.0, 1.0)], 13);
    scene.exposure_ms = 25.0;
    // Bright, so that the localisation error is small against the steps.
    scene.light.reference_peak_counts = 150.0;
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let info = VideoInfo {
        exposure_s: None,
        ..film.info().clone()
    };
    let plan = plan(&format!(
        "pixel_size_um = {:?}\ntemperature_c = 25.0\n",
        scene.pixel_size_um
    ));
    let report = report_of(vec![Box::new(Silent { film, info })], &plan, 2);
    let exposure = report.acquisition.exposure_s.expect("an exposure");
    assert_eq!(exposure.from, "estimated from the film");
    assert!(
        (exposure.value - 0.025).abs() < 0.008,
        "exposure {} s",
        exposure.value
    );
    assert!(report.findings.iter().any(|f| f.finding.code == "A03"));
}

#[test]
fn threads_and_repetition_change_no_byte() {
    let mut scene = scene(vec![Population::log_normal(100.0, 0.3, 1.0)], 14);
    scene.frames = 80;
    let plan = plan(&format!("{}depth_um = 8.0\n", stated(&scene)));
    let bytes = |threads| {
        let mut report = report(std::slice::from_ref(&scene), &plan, threads);
        report.timing = Default::default();
        report.to_json()
    };
    let one = bytes(1);
    assert!(one == bytes(2), "one thread and two differ");
    assert!(one == bytes(3), "one thread and three differ");
}

#[test]
fn replicates_are_pooled_and_compared() {
    let beads = vec![Population::monodisperse(100.0, 1.0)];
    let scenes: Vec<Scene> = (0..3)
        .map(|seed| Scene {
            frames: 120,
            ..scene(beads.clone(), 20 + seed)
        })
        .collect();
    let report = report(&scenes, &plan(&stated(&scenes[0])), 2);
    assert_eq!(report.captures.len(), 3);
    assert_eq!(report.replicates.n, 3);
    let spread = &report.replicates.between_capture["d50_nm"];
    assert_eq!(spread.values.iter().flatten().count(), 3);
    assert!(spread.cv.expect("a spread") < 0.1);
    let tracks: u64 = report.captures.iter().map(|c| c.tally.tracks_used).sum();
    assert_eq!(report.distribution.tracks, tracks);
}

#[test]
fn concentration_is_the_count_over_the_volume_times_the_dilution() {
    let mut scene = scene(vec![Population::monodisperse(100.0, 1.0)], 15);
    scene.frames = 60;
    scene.amount = Amount::VisiblePerFrame(20.0);
    let plan = plan(&format!(
        "{}depth_um = 10.0\ndilution = 500.0\n",
        stated(&scene)
    ));
    let report = report(std::slice::from_ref(&scene), &plan, 2);
    let c = report.concentration.expect("a concentration");
    let area_um2 = f64::from(scene.width_px * scene.height_px) * scene.pixel_size_um.powi(2);
    let expected = report.particles_per_frame / (area_um2 * 10.0 * 1e-12) * 500.0;
    assert!(
        (c.per_ml / expected - 1.0).abs() < 0.02,
        "{} for {expected}",
        c.per_ml
    );
    // What a matched filter sees is deeper than what counts as visible: a height of about twice the noise of a pixel.
    let film = SimulatedFilm::new(&scene).expect("a sound scene");
    let seen = |spot: &&nta_sim::SpotTruth| spot.in_view && spot.peak_snr >= 2.0;
    let truth = film
        .truth()
        .frames
        .iter()
        .map(|f| f.spots.iter().filter(seen).count())
        .sum::<usize>() as f64
        / film.truth().frames.len() as f64;
    assert!(
        (report.particles_per_frame / truth - 1.0).abs() < 0.15,
        "{} of {truth}",
        report.particles_per_frame
    );
}
