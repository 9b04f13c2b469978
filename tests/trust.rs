//! How far numbers can be trusted: the budget of uncertainty, the blank, changes from capture to capture.

use nta_engine::plan::PlanInput;
use nta_engine::report::Report;
use nta_engine::{AnalyzeError, AnalyzeRequest, Progress, Runtime, analyze_to_folder};
use nta_sim::{Amount, Population, Scene, SimulatedFilm};
use nta_sizing::{Budget, Component};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// A small film with so many beads in view, as MJPEG AVI.
fn film(folder: &Path, name: &str, in_view: f64, seed: u64) -> PathBuf {
    let mut scene = Scene {
        width_px: 160,
        height_px: 120,
        frames: 150,
        seed,
        amount: Amount::VisiblePerFrame(in_view),
        ..Scene::with_populations(vec![Population::monodisperse(150.0, 1.0)])
    };
    scene.light.reference_peak_counts = 150.0;
    let mut film = SimulatedFilm::new(&scene).expect("a sound scene");
    let bytes = nta_sim::avi::encode_mjpeg(&mut film, 95).expect("a film");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

const STATED: [&str; 5] = [
    "pixel_size_um=0.2",
    "exposure_ms=15",
    "temperature_c=25",
    "medium=water",
    "size.resamples=30",
];

/// Analyses films with the usual values and these, in place of one of the usual where they name it.
fn analysed(films: &[PathBuf], out: &Path, more: &[&str]) -> Result<Report, AnalyzeError> {
    let key = |assignment: &str| assignment.split('=').next().unwrap_or_default().to_owned();
    let mut input = PlanInput::new();
    let usual = STATED
        .iter()
        .filter(|s| more.iter().all(|m| key(m) != key(s)));
    for assignment in usual.chain(more).filter(|a| !a.ends_with('=')) {
        input.set(assignment).expect(assignment);
    }
    let request = AnalyzeRequest {
        inputs: films.to_vec(),
        plan: input.resolve().expect("a plan that holds"),
        out: out.to_path_buf(),
        overwrite: false,
        spots: false,
        parquet: false,
        who: Default::default(),
        exports: Vec::new(),
    };
    let runtime = Runtime {
        threads: 2,
        progress: &|_: Progress| {},
        cancel: &AtomicBool::new(false),
    };
    analyze_to_folder(&request, &runtime).map(|outcome| outcome.report)
}

fn codes(report: &Report) -> Vec<&str> {
    let codes = report.findings.iter().map(|f| f.finding.code.as_str());
    codes.filter(|c| "CP".contains(&c[..1])).collect()
}

/// The root of the sum of squares of all parts.
fn root_of_squares(budget: &Budget) -> f64 {
    let parts = budget.components.iter().map(|c| c.relative.powi(2));
    (parts.sum::<f64>() + budget.statistical_relative.powi(2)).sqrt()
}

fn part<'a>(budget: &'a Budget, source: &str) -> &'a Component {
    let found = budget.components.iter().find(|c| c.source == source);
    found.unwrap_or_else(|| panic!("no {source}"))
}

#[test]
fn the_budget_follows_what_was_stated_and_leaves_the_intervals_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let film = [film(folder.path(), "f.avi", 8.0, 3)];
    let depth = "depth_um=10";
    let plain = analysed(&film, &at("a"), &[depth]).expect("an analysis");
    let budgets = plain.uncertainty.as_ref().expect("budgets");
    let mean = budgets.mean_nm.as_ref().expect("a budget of the mean");
    assert!((part(mean, "temperature").relative - 0.5 * 0.0261).abs() < 1e-4);
    assert!((part(mean, "pixel size").relative - 0.02).abs() < 1e-12);
    assert!((mean.combined_relative - root_of_squares(mean)).abs() < 1e-12);
    assert!((mean.expanded - 2.0 * mean.combined_relative * mean.value).abs() < 1e-9);
    assert_eq!(Some(mean.value), plain.diameter_nm.mean.value);
    let [low, high] = plain.diameter_nm.mean.ci95.expect("an interval");
    let statistical = (high / low).ln() / (2.0 * 1.959_964);
    assert!((mean.statistical_relative - statistical).abs() < 1e-6);
    let number = budgets.concentration_per_ml.as_ref().expect("a budget");
    assert_eq!(part(number, "depth").relative, 0.15);
    assert!(number.components.iter().all(|c| c.source != "dilution"));

    let stated = [
        depth,
        "temperature_c=",
        "dilution=100",
        "pixel_size_relative_uncertainty=0.003",
        "depth_relative_uncertainty=0.04",
        "viscosity_relative_uncertainty=0.02",
    ];
    let other = analysed(&film, &at("b"), &stated).expect("an analysis");
    assert_eq!(other.diameter_nm, plain.diameter_nm);
    let counted = |r: &Report| r.concentration.as_ref().and_then(|c| c.ci95);
    let times = counted(&other).expect("an interval")[1] / counted(&plain).expect("one")[1];
    assert!(
        (times - 100.0).abs() < 1e-9,
        "the dilution counts once: {times}"
    );
    let budgets = other.uncertainty.as_ref().expect("budgets");
    let mean = budgets.mean_nm.as_ref().expect("a budget of the mean");
    // The temperature is assumed now.
    assert!((part(mean, "temperature").relative - 3.0 * 0.0261).abs() < 1e-3);
    assert_eq!(part(mean, "viscosity").relative, 0.02);
    assert_eq!(part(mean, "pixel size").relative, 0.006);
    assert_eq!(other.medium.temperature_uncertainty_c, Some(3.0));
    let number = budgets.concentration_per_ml.as_ref().expect("a budget");
    assert_eq!(part(number, "depth").relative, 0.04);
    assert_eq!(part(number, "dilution").relative, 0.02);
    assert_eq!(part(number, "depth").from, "command line");

    let without = analysed(&film, &at("c"), &[]).expect("an analysis");
    let budgets = without.uncertainty.expect("budgets");
    assert_eq!(budgets.concentration_per_ml, None);
}

#[test]
fn what_a_profile_says_of_its_values_holds_for_them_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("lab.toml");
    let text = "pixel_size_um = 0.2\npixel_size_relative_uncertainty = 0.002\ndepth_um = 10.0\n\
                depth_relative_uncertainty = 0.05\nframe_rate_fps = 30.0\nframe_rate_relative_uncertainty = 0.004\n";
    std::fs::write(&profile, text).expect("a profile");
    let named = format!("instrument={}", profile.display());
    let film = [film(folder.path(), "f.avi", 8.0, 3)];
    let run = |out: &str, more: &[&str]| {
        let mut all = vec![named.as_str(), "pixel_size_um="];
        all.extend(more);
        let report = analysed(&film, &folder.path().join(out), &all).expect("an analysis");
        let budgets = report.uncertainty.expect("budgets");
        let mean = budgets.mean_nm.expect("a budget of the mean");
        let number = budgets.concentration_per_ml.expect("a budget");
        [
            part(&mean, "pixel size").standard_uncertainty,
            part(&mean, "frame rate").standard_uncertainty,
            part(&number, "depth").standard_uncertainty,
        ]
    };
    assert_eq!(run("a", &[]), [0.002, 0.004, 0.05]);
    assert_eq!(
        run("b", &["depth_um=12", "frame_rate_fps=29.5"]),
        [0.002, 0.001, 0.15]
    );
    assert_eq!(
        run("c", &["depth_relative_uncertainty=0.3"]),
        [0.002, 0.004, 0.3]
    );
}

#[test]
fn a_blank_is_subtracted_before_the_dilution_and_moves_no_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let blank_film = [film(folder.path(), "blank.avi", 3.0, 5)];
    let films = [
        film(folder.path(), "one.avi", 12.0, 6),
        film(folder.path(), "two.avi", 12.0, 7),
    ];
    let depth = "depth_um=10";
    // Whatever dilution the blank was said to have, what counts is what was filmed.
    let blank = analysed(&blank_film, &at("blank"), &[depth, "dilution=7"]).expect("a blank");
    let of_blank = blank.concentration.expect("a concentration");
    let plain = analysed(&films, &at("plain"), &[depth, "dilution=100"]).expect("an analysis");
    let named = format!("blank.result={}", at("blank").display());
    let net = analysed(&films, &at("net"), &[depth, "dilution=100", &named]).expect("an analysis");

    let before = plain
        .concentration
        .as_ref()
        .expect("a concentration")
        .per_ml;
    let after = net.concentration.as_ref().expect("a concentration");
    let expected = before - of_blank.per_ml / 7.0 * 100.0;
    assert!(
        (after.per_ml / expected - 1.0).abs() < 1e-9,
        "{} for {expected}",
        after.per_ml
    );
    assert!(after.per_ml < 0.9 * before);
    assert_eq!(after.before_blank_per_ml, Some(before));
    let [low, high] = after.ci95.expect("an interval");
    let [plain_low, plain_high] = plain
        .concentration
        .as_ref()
        .and_then(|c| c.ci95)
        .expect("one");
    assert!(0.0 <= low && low < after.per_ml && after.per_ml < high);
    assert!(high - low > plain_high - plain_low, "both errors are in it");
    for (capture, own) in net.captures.iter().zip(&plain.captures) {
        let after = capture.concentration.as_ref().expect("a concentration");
        let before = own.concentration.as_ref().expect("a concentration").per_ml;
        assert_eq!(after.before_blank_per_ml, Some(before));
        assert!(after.per_ml < before);
    }
    let told = net.blank.as_ref().expect("the blank");
    assert!(told.path.ends_with("result.json") && told.sha256.len() == 64);
    assert!((told.per_ml.expect("a number") * 7.0 / of_blank.per_ml - 1.0).abs() < 1e-9);
    let taken = told.subtracted_per_ml.expect("a number");
    assert!((taken / (before - after.per_ml) - 1.0).abs() < 1e-9);
    assert_eq!(net.diameter_nm, plain.diameter_nm);
    assert_eq!(codes(&net), ["P04", "C02", "C03"]);
    assert_eq!(codes(&plain), ["P04"]);
    let page = std::fs::read_to_string(at("net").join("report.html")).expect("a page");
    assert!(page.contains("blank subtracted") && page.contains("Concentration before the blank"));

    // The plan of the result names the blank, so that it gives the same again.
    let mut again = PlanInput::new();
    again
        .plan_file(&at("net").join("plan.toml"))
        .expect("a plan");
    let again = again.resolve().expect("a plan that holds");
    let named = again.blank.expect("the blank").value;
    assert!(Path::new(&named).is_dir(), "{named}");

    let other = format!("blank.result={}", at("blank").join("result.json").display());
    let deeper = analysed(&films, &at("deeper"), &["depth_um=12", &other]).expect("an analysis");
    assert!(codes(&deeper).contains(&"C04"), "{:?}", codes(&deeper));
    let unknown = analysed(&films, &at("unknown"), &[&other]).expect("an analysis");
    assert_eq!(codes(&unknown), ["C01", "P04", "C05"]);
    assert!(
        unknown
            .blank
            .expect("the blank")
            .subtracted_per_ml
            .is_none()
    );
}

#[test]
fn a_blank_that_cannot_be_used_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let film = [film(folder.path(), "f.avi", 6.0, 8)];
    let depth = "depth_um=10";
    analysed(&film, &at("no-depth"), &[]).expect("an analysis");
    analysed(&film, &at("good"), &[depth]).expect("an analysis");
    let named = |name: &str| format!("blank.result={}", at(name).display());
    analysed(&film, &at("net"), &[depth, &named("good")]).expect("an analysis");
    std::fs::write(at("words.json"), "not a result").expect("a file");
    std::fs::write(at("other.json"), "{\"schema\": \"nta-result/9\"}").expect("a file");
    let cases = [
        ("nowhere", "cannot read the blank"),
        ("f.avi", "cannot be used"),
        ("words.json", "cannot be used"),
        ("other.json", "'nta-result/9'"),
        ("no-depth", "analyse it again with --depth-um"),
        ("net", "has had a blank subtracted itself"),
    ];
    for (name, words) in cases {
        let out = at("refused");
        let error = analysed(&film, &out, &[depth, &named(name)]).expect_err(name);
        let said = error.to_string();
        assert!(said.contains(words) && said.contains(name), "{said}");
        assert!(!said.contains('\n'), "{said}");
        assert_eq!(error.exit_code(), 2, "{said}");
        assert!(!out.exists());
    }
    let run = Command::new(env!("CARGO_BIN_EXE_nta"))
        .args([
            "calibrate",
            "f.avi",
            "--nominal-nm",
            "150",
            "--out",
            "p.toml",
        ])
        .args(["--pixel-size-um", "0.2", "--set", &named("good")])
        .current_dir(folder.path())
        .output()
        .expect("nta runs");
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("subtracts no blank"));
}

#[test]
fn numbers_that_fall_over_the_captures_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let films: Vec<PathBuf> = [24.0, 16.0, 10.0, 7.0]
        .iter()
        .enumerate()
        .map(|(i, n)| film(folder.path(), &format!("{i}.avi"), *n, 30 + i as u64))
        .collect();
    let falling = analysed(&films, &folder.path().join("a"), &[]).expect("an analysis");
    let spread = &falling.replicates.between_capture["particles_per_frame"];
    let p = spread.trend_p.expect("a test");
    assert!(p < 0.05, "{p}");
    let change = spread.trend_per_capture.expect("a change");
    assert!((-0.45..-0.2).contains(&change), "{change}");
    assert!(codes(&falling).contains(&"P03"), "{:?}", codes(&falling));
    let few = analysed(&films[..3], &folder.path().join("b"), &[]).expect("an analysis");
    assert!(codes(&few).contains(&"P04") && !codes(&few).contains(&"P03"));
    assert_eq!(few.replicates.between_capture["mean_nm"].trend_p, None);
}

#[test]
fn a_film_too_short_for_counting_is_no_blank() {
    let folder = tempfile::tempdir().expect("a folder");
    let films = [film(folder.path(), "full.avi", 20.0, 50)];
    let short = ["last_frame=3", "depth_um=10"];
    let report = analysed(&films, &folder.path().join("a"), &short).expect("an analysis");
    let found = codes(&report);
    assert!(
        found.contains(&"C06") && !found.contains(&"D01"),
        "{found:?}"
    );
    assert_eq!(report.concentration, None);
}
