//! The methods of the table beside each other: what others do against what is done here.

use crate::distributions::{cv3, water};
use crate::simulate::*;
use crate::twelve::beads;
use nta_core::{Choice, Trajectory};
use nta_sizing::{CaptureTracks, SizeResult, SizingPlan, Weighting, size_sample};

type Draw = fn(&mut Dice) -> f64;

/// 50 nm and a Gamma variate of shape 2 and mean 70 nm on top.
fn skewed(dice: &mut Dice) -> f64 {
    50.0 - 35.0 * (dice.unit() * dice.unit()).ln()
}

const CASES: [(&str, Draw); 12] = [
    ("100", |d| cv3(d, 100.0)),
    ("60/100 1:1", |d| beads(d, &[(60.0, 1.0), (100.0, 1.0)])),
    ("60/100 10:1", |d| beads(d, &[(60.0, 10.0), (100.0, 1.0)])),
    ("80/100 1:1", |d| beads(d, &[(80.0, 1.0), (100.0, 1.0)])),
    ("80/100 10:1", |d| beads(d, &[(80.0, 10.0), (100.0, 1.0)])),
    ("100/150 1:1", |d| beads(d, &[(100.0, 1.0), (150.0, 1.0)])),
    ("100/150 10:1", |d| beads(d, &[(100.0, 10.0), (150.0, 1.0)])),
    ("100/200 1:1", |d| beads(d, &[(100.0, 1.0), (200.0, 1.0)])),
    ("100/200 10:1", |d| beads(d, &[(100.0, 10.0), (200.0, 1.0)])),
    ("log-normal", |d| 100.0 * (0.337 * d.normal()).exp()),
    ("skewed", skewed),
    ("70/130/250", |d| {
        beads(d, &[(70.0, 1.0), (130.0, 1.0), (250.0, 1.0)])
    }),
];

fn tracks(scene: Scene, seed: u64, draw: Draw) -> Vec<Trajectory> {
    let product = water().diffusion_times_diameter();
    scene
        .population(&mut Dice::new(seed), 1000, product, draw)
        .0
}

/// A method by its key, or by `key as published`.
fn choice(method: &str) -> Choice {
    let Some(key) = method.strip_suffix(" as published") else {
        return Choice::of(method);
    };
    let mut out = Choice::of(key);
    out.params.insert("corrected".to_owned(), 0.0);
    out
}

/// Every track counts once, as in the papers; lengths do not depend on size here, so that nothing is lost.
fn sized(scene: Scene, trajectories: &[Trajectory], distribution: Choice) -> SizeResult {
    let plan = SizingPlan {
        distribution,
        weighting: Weighting::Track,
        resamples: 20,
        profile_precision: false,
        ..SizingPlan::default()
    };
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: &[],
        sampling: scene.sampling(),
        exposure_se_s: 0.0,
    };
    size_sample(&[capture], &water(), &plan).unwrap().pooled
}

/// Distance to the truth, nm.
fn distance(got: &SizeResult, draw: Draw) -> f64 {
    let mut dice = Dice::new(999);
    let truth = empirical((0..200_000).map(|_| draw(&mut dice)).collect());
    let d = got.distribution.as_ref().unwrap();
    w1(&d.diameter_nm, &d.density_per_nm, truth)
}

/// Means over some samples.
#[derive(Default)]
struct Means {
    mean_nm: f64,
    median_nm: f64,
    cv: f64,
    w1_nm: f64,
}

fn means(scene: Scene, distribution: &Choice, draw: Draw, sets: u64) -> Means {
    let mut out = Means::default();
    for seed in 0..sets {
        let got = sized(scene, &tracks(scene, seed, draw), distribution.clone());
        let s = got.summary.unwrap();
        out.mean_nm += s.mean.value / sets as f64;
        out.median_nm += s.d50.value / sets as f64;
        out.cv += s.cv.value / sets as f64;
        out.w1_nm += distance(&got, draw) / sets as f64;
    }
    out
}

/// How much too large 100 nm come out when neither blur nor localisation errors are thought of.
fn factor_as_published(scene: Scene) -> f64 {
    let free = 4.0 * water().diffusion_um2_per_s(100.0) * INTERVAL_S;
    let unblurred = 1.0 - scene.exposure_s / (3.0 * INTERVAL_S);
    free / (free * unblurred + 4.0 * scene.error_um.powi(2))
}

#[test]
fn uniform_beads_come_out_as_wide_as_each_method_makes_them() {
    let scene = Scene::default();
    let of = |method: &str| means(scene, &choice(method), CASES[0].1, 4);
    let (walker, ftla, raw) = (of("walker"), of("ftla"), of("raw"));
    assert!((ftla.mean_nm - 100.0).abs() < 3.0, "{}", ftla.mean_nm);
    assert!((0.13..0.21).contains(&ftla.cv), "{}", ftla.cv);
    assert!((walker.mean_nm - 100.0).abs() < 2.0, "{}", walker.mean_nm);
    assert!((0.08..0.15).contains(&walker.cv), "{}", walker.cv);
    // Knowing each track's own length is worth something, and both are far from the histogram.
    assert!(
        walker.w1_nm < 0.9 * ftla.w1_nm && ftla.w1_nm < 0.5 * raw.w1_nm,
        "{} {} {}",
        walker.w1_nm,
        ftla.w1_nm,
        raw.w1_nm
    );
    assert!((4.6..7.0).contains(&walker.w1_nm), "{}", walker.w1_nm);
    assert!((6.3..10.3).contains(&ftla.w1_nm), "{}", ftla.w1_nm);
}

#[test]
fn as_published_is_off_by_blur_and_by_errors() {
    let open = Scene {
        exposure_s: INTERVAL_S,
        ..Scene::default()
    };
    let dim = Scene {
        exposure_s: 0.0,
        error_um: 0.2,
        ..Scene::default()
    };
    let both = Scene {
        exposure_s: INTERVAL_S,
        error_um: 0.15,
        ..Scene::default()
    };
    for scene in [Scene::default(), open, dim, both] {
        let factor = factor_as_published(scene);
        for key in ["walker", "ftla"] {
            // The median: errors tie neighbouring displacements together, which gives more scatter than a Gamma variate has, and the
            // width that is left over pulls the mean up.
            let right = means(scene, &choice(key), CASES[0].1, 2).median_nm;
            let published = format!("{key} as published");
            let wrong = means(scene, &choice(&published), CASES[0].1, 2).median_nm;
            assert!((right / 100.0 - 1.0).abs() < 0.03, "{key}: {right}");
            assert!(
                (wrong / (100.0 * factor) - 1.0).abs() < 0.03,
                "{key}: {wrong}, not {}",
                100.0 * factor
            );
        }
    }
    assert!(factor_as_published(open) > 1.4 && factor_as_published(dim) < 0.85);
}

/// Rows of the tables in `docs/methods/`: the case and the distance of raw, ftla and walker, nm.
const DISTANCES: [(usize, [f64; 3]); 3] = [
    (1, [13.7, 9.0, 6.2]),
    (7, [28.0, 16.7, 9.6]),
    (9, [11.7, 2.6, 2.1]),
];

#[test]
fn two_sizes_and_a_broad_one_come_out_as_far_from_the_truth_as_documented() {
    for (case, documented) in DISTANCES {
        let (name, draw) = CASES[case];
        let found = ["raw", "ftla", "walker"].map(|m| {
            let got = means(Scene::default(), &choice(m), draw, 4);
            got.w1_nm
        });
        for (found, documented) in found.iter().zip(documented) {
            // A third: four samples scatter about the mean of twelve.
            assert!(
                (found / documented - 1.0).abs() < 0.34,
                "{name}: {found}, documented {documented}"
            );
        }
        // The histogram of single tracks is farthest, and each track's own length is worth something.
        assert!(
            found[2] < found[1] && found[1] < 0.8 * found[0],
            "{name}: {found:?}"
        );
    }
}

#[test]
fn stopping_is_the_smoothing() {
    let documented = [("walker", [14.8, 12.1, 10.7]), ("ftla", [18.0, 14.5, 13.3])];
    for (key, percent) in documented {
        let found = [10.0, 2.0, 0.5].map(|stop| {
            let mut chosen = Choice::of(key);
            chosen.params.insert("stop_percent".to_owned(), stop);
            100.0 * means(Scene::default(), &chosen, CASES[0].1, 8).cv
        });
        assert!(
            found[0] > found[1] && found[1] > found[2],
            "{key}: {found:?}"
        );
        for (found, percent) in found.iter().zip(percent) {
            assert!(
                (found / percent - 1.0).abs() < 0.2,
                "{key}: {found}, not {percent}"
            );
        }
    }
}

#[test]
fn neither_takes_the_scatter_of_short_tracks_for_large_particles() {
    // Without blur and errors both are as published, and a single track of k steps is off by k/(k-1) on average.
    let ideal = Scene {
        exposure_s: 0.0,
        error_um: 0.0,
        ..Scene::default()
    };
    let raw = means(ideal, &choice("raw"), CASES[0].1, 3).mean_nm;
    for key in ["walker as published", "ftla as published"] {
        let got = means(ideal, &choice(key), CASES[0].1, 3);
        assert!(
            (got.median_nm - 100.0).abs() < 1.5,
            "{key}: {}",
            got.median_nm
        );
        assert!((got.mean_nm - 100.0).abs() < 2.5, "{key}: {}", got.mean_nm);
    }
    assert!(raw > 106.0, "{raw}");
}

const METHODS: [&str; 6] = [
    "raw",
    "walker as published",
    "ftla",
    "walker",
    "npmle",
    "penalised",
];

/// Prints the tables of `docs/methods/`.
#[test]
#[ignore = "prints a table; takes minutes"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn table_of_methods() {
    let scene = Scene::default();
    println!("| sizes, nm | {} |", METHODS.join(" | "));
    println!("| --- |{}", " --- |".repeat(METHODS.len()));
    let mut ln_sum = [0.0; METHODS.len()];
    let mut uniform = Vec::new();
    for (case, (name, draw)) in CASES.into_iter().enumerate() {
        print!("| {name} |");
        for (method, ln_sum) in METHODS.iter().zip(&mut ln_sum) {
            let got = means(scene, &choice(method), draw, 12);
            *ln_sum += got.w1_nm.ln() / CASES.len() as f64;
            print!(" {:.1} |", got.w1_nm);
            if case == 0 {
                uniform.push((method, got));
            }
        }
        println!();
    }
    let geometric: Vec<String> = ln_sum.iter().map(|l| format!("{:.1}", l.exp())).collect();
    println!("| geometric mean | {} |", geometric.join(" | "));
    for (method, m) in uniform {
        let cv = 100.0 * m.cv;
        println!("100 nm, {method}: mean {:.1} nm, CV {cv:.1} %", m.mean_nm);
    }
}

/// Prints what the rule for stopping does.
#[test]
#[ignore = "prints a table; takes a minute"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn table_of_stopping() {
    for key in ["walker", "ftla"] {
        for stop in [10.0, 5.0, 2.0, 1.0, 0.5] {
            let mut chosen = Choice::of(key);
            chosen.params.insert("stop_percent".to_owned(), stop);
            let [a, b] = [CASES[0], CASES[1]].map(|c| means(Scene::default(), &chosen, c.1, 12));
            let cv = 100.0 * a.cv;
            println!(
                "| {key} | {stop} | {cv:.1} | {:.1} | {:.1} |",
                a.w1_nm, b.w1_nm
            );
        }
    }
}
