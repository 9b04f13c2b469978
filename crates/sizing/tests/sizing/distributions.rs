//! Populations of known sizes.

use crate::simulate::*;
use nta_core::{Choice, Trajectory};
use nta_sizing::{
    CaptureTracks, DISTRIBUTIONS, Interval, Medium, SampleSizes, Sampling, SizingPlan, size_sample,
};

pub(crate) fn water() -> Medium {
    Medium::named("water", 25.0).unwrap()
}

pub(crate) fn cv3(dice: &mut Dice, median: f64) -> f64 {
    median * (0.03 * dice.normal()).exp()
}

pub(crate) fn analysed(
    seed: u64,
    tracks: usize,
    plan: &SizingPlan,
    draw: impl FnMut(&mut Dice) -> f64,
) -> (SampleSizes, Vec<f64>) {
    let scene = Scene::default();
    let mut dice = Dice::new(seed);
    let (trajectories, truth) =
        scene.population(&mut dice, tracks, water().diffusion_times_diameter(), draw);
    let capture = CaptureTracks {
        trajectories: &trajectories,
        visibility: &[],
        sampling: scene.sampling(),
        exposure_se_s: 0.0,
    };
    (size_sample(&[capture], &water(), plan).unwrap(), truth)
}

fn three_percent(median_nm: f64) -> impl FnMut(&mut Dice) -> f64 {
    move |dice| cv3(dice, median_nm)
}

fn half_and_half(a_nm: f64, b_nm: f64) -> impl FnMut(&mut Dice) -> f64 {
    move |dice| {
        let median = if dice.unit() < 0.5 { a_nm } else { b_nm };
        cv3(dice, median)
    }
}

fn vesicles(dice: &mut Dice) -> f64 {
    100.0 * (0.337 * dice.normal()).exp()
}

/// Distance to the truth, nm.
fn distance(got: &SampleSizes, mut draw: impl FnMut(&mut Dice) -> f64) -> f64 {
    let mut dice = Dice::new(999);
    let truth = empirical((0..200_000).map(|_| draw(&mut dice)).collect());
    let d = got.pooled.distribution.as_ref().unwrap();
    w1(&d.diameter_nm, &d.density_per_nm, truth)
}

fn few_resamples() -> SizingPlan {
    SizingPlan {
        resamples: 30,
        ..SizingPlan::default()
    }
}

#[test]
fn uniform_beads_stay_narrow() {
    let (mut w, mut cv) = (0.0, 0.0);
    let seeds = [1, 2, 5];
    for seed in seeds {
        let (got, _) = analysed(seed, 1000, &few_resamples(), three_percent(100.0));
        let s = got.pooled.summary.unwrap();
        assert!((s.mean.value - 100.0).abs() < 1.5, "{seed}: {:?}", s.mean);
        assert!(s.cv.value < 0.06, "{seed}: {:?}", s.cv);
        // The true 3 % are within the interval, though the fit cannot come out as narrow.
        assert!(
            s.cv.ci95[0] <= 0.03 && s.d10.ci95[1] >= 96.2 && s.d90.ci95[0] <= 103.9,
            "{s:?}"
        );
        assert_eq!(got.pooled.populations.len(), 1, "{seed}");
        w += distance(&got, three_percent(100.0)) / seeds.len() as f64;
        cv += s.cv.value / seeds.len() as f64;
    }
    assert!(w < 2.0 && cv < 0.055, "{w} {cv}");
}

#[test]
fn two_sizes_are_two_peaks() {
    let mut w = 0.0;
    let seeds = [1, 2, 3];
    for seed in seeds {
        let (got, _) = analysed(seed, 1000, &few_resamples(), half_and_half(60.0, 100.0));
        let p = &got.pooled.populations;
        assert_eq!(p.len(), 2, "{seed}: {p:?}");
        for (p, nominal) in p.iter().zip([60.0, 100.0]) {
            assert!((p.diameter_nm.value / nominal - 1.0).abs() < 0.04, "{p:?}");
            assert!((p.fraction.value - 0.5).abs() < 0.08, "{p:?}");
            assert!(p.recurrence > 0.9);
        }
        w += distance(&got, half_and_half(60.0, 100.0)) / seeds.len() as f64;
    }
    assert!(w < 3.5, "{w}");
}

#[test]
fn broad_population_keeps_its_shape() {
    let (mut w, mut d) = (0.0, [0.0; 3]);
    let seeds = [1, 2, 3, 4];
    for seed in seeds {
        let (got, _) = analysed(seed, 1000, &few_resamples(), vesicles);
        let s = got.pooled.summary.unwrap();
        assert_eq!(got.pooled.populations.len(), 1, "{seed}");
        w += distance(&got, vesicles) / seeds.len() as f64;
        for (sum, q) in d.iter_mut().zip([s.d10, s.d50, s.d90]) {
            *sum += q.value / seeds.len() as f64;
        }
    }
    assert!(w < 3.5, "{w}");
    for (got, z) in d.iter().zip([-1.281_552, 0.0, 1.281_552]) {
        let truth = 100.0 * f64::exp(0.337 * z);
        assert!((got / truth - 1.0).abs() < 0.04, "{got} {truth}");
    }
}

#[test]
fn population_beats_the_histogram_of_single_tracks_by_far() {
    let plan = |method: &str| SizingPlan {
        distribution: Choice::of(method),
        ..few_resamples()
    };
    let w = |method: &str| {
        let (got, _) = analysed(3, 1000, &plan(method), half_and_half(60.0, 100.0));
        distance(&got, half_and_half(60.0, 100.0))
    };
    let (penalised, npmle, raw) = (w("penalised"), w("npmle"), w("raw"));
    assert!(
        raw > 8.0 && penalised < raw / 3.0 && npmle < raw / 3.0,
        "{penalised} {npmle} {raw}"
    );
}

#[test]
fn sizes_too_close_are_one_peak_or_flagged() {
    let (got, _) = analysed(1, 1000, &few_resamples(), half_and_half(80.0, 100.0));
    let s = got.pooled.summary.unwrap();
    assert!((s.mean.value - 90.0).abs() < 2.0, "{:?}", s.mean);
    let limits = got.pooled.limits.unwrap();
    assert!(limits.smallest_ratio > 1.3, "{limits:?}");
    let flagged = got.findings.iter().any(|f| f.code == "S04");
    assert!(got.pooled.populations.len() == 1 || flagged);
}

#[test]
fn intervals_hold_the_truth() {
    let sets = 16;
    let plan = SizingPlan {
        resamples: 50,
        profile_precision: false,
        ..SizingPlan::default()
    };
    let (mut mean, mut median, mut width) = (0, 0, 0);
    let holds = |i: Interval, truth: f64| usize::from(i.ci95[0] <= truth && truth <= i.ci95[1]);
    for seed in 0..sets {
        let (got, _) = analysed(500 + seed, 300, &plan, three_percent(100.0));
        let s = got.pooled.summary.unwrap();
        mean += holds(s.mean, 100.045);
        median += holds(s.d50, 100.0);
        width += holds(s.cv, 0.03);
        let (got, _) = analysed(700 + seed, 300, &plan, vesicles);
        let s = got.pooled.summary.unwrap();
        mean += holds(s.mean, 100.0 * f64::exp(0.5 * 0.337 * 0.337));
        median += holds(s.d50, 100.0);
        width += holds(s.cv, (f64::exp(0.337 * 0.337) - 1.0).sqrt());
    }
    // Of 32 each; 27 or fewer has a chance of 2 % at a true coverage of 95 %.
    assert!(
        mean >= 28 && median >= 28 && width >= 28,
        "{mean} {median} {width}"
    );
}

#[test]
fn captures_are_pooled_and_told_apart() {
    let scene = Scene::default();
    let product = water().diffusion_times_diameter();
    let run = |seed: u64, diameter: f64| {
        scene
            .population(&mut Dice::new(seed), 250, product, three_percent(diameter))
            .0
    };
    let (a, b, c) = (run(1, 100.0), run(2, 100.0), run(3, 130.0));
    let captures = |list: &[&Vec<Trajectory>]| {
        let tracks: Vec<CaptureTracks<'_>> = list
            .iter()
            .map(|t| CaptureTracks {
                trajectories: *t,
                visibility: &[],
                sampling: scene.sampling(),
                exposure_se_s: 0.0,
            })
            .collect();
        size_sample(&tracks, &water(), &few_resamples()).unwrap()
    };
    let same = captures(&[&a, &b]);
    assert_eq!((same.captures.len(), same.particles.len()), (2, 2));
    assert_eq!(same.pooled.tracks, 500);
    let differ = captures(&[&a, &c]);
    let means: Vec<f64> = differ
        .captures
        .iter()
        .map(|r| r.summary.unwrap().mean.value)
        .collect();
    assert!(
        (means[0] - 100.0).abs() < 4.0 && (means[1] - 130.0).abs() < 5.0,
        "{means:?}"
    );
    let width = |s: &SampleSizes| {
        let i = s.pooled.summary.unwrap().mean;
        (i.ci95[1] - i.ci95[0]) / i.value
    };
    // Captures that differ by 30 % leave the mean of two uncertain by far more than their tracks do.
    assert!(
        width(&differ) > 3.0 * width(&same),
        "{} {}",
        width(&differ),
        width(&same)
    );
}

#[test]
fn motion_that_is_not_as_modelled_is_reported() {
    let scene = Scene {
        exposure_s: INTERVAL_S,
        ..Scene::default()
    };
    let product = water().diffusion_times_diameter();
    let found = scene
        .population(&mut Dice::new(12), 1000, product, three_percent(100.0))
        .0;
    let sized = |exposure_s: f64| {
        let sampling = Sampling {
            exposure_s,
            ..scene.sampling()
        };
        let capture = CaptureTracks {
            trajectories: &found,
            visibility: &[],
            sampling,
            exposure_se_s: 0.0,
        };
        size_sample(&[capture], &water(), &few_resamples()).unwrap()
    };
    let right = sized(INTERVAL_S);
    assert!(
        right.findings.iter().all(|f| f.code != "S07"),
        "{:?}",
        right.periodogram
    );
    let wrong = sized(0.0);
    let finding = wrong.findings.iter().find(|f| f.code == "S07").unwrap();
    assert!(
        finding.message.contains("exposure may be longer"),
        "{}",
        finding.message
    );
}

/// The table's promises, for every entry.
#[test]
fn conformance_of_the_table_of_distributions() {
    let scene = Scene::default();
    let product = water().diffusion_times_diameter();
    let mut tracks = scene
        .population(&mut Dice::new(31), 300, product, three_percent(100.0))
        .0;
    let plan = |key: &str| SizingPlan {
        distribution: Choice::of(key),
        resamples: 20,
        ..SizingPlan::default()
    };
    let sized = |tracks: &[Trajectory], key: &str| {
        let capture = CaptureTracks {
            trajectories: &tracks,
            visibility: &[],
            sampling: scene.sampling(),
            exposure_se_s: 0.0,
        };
        size_sample(&[capture], &water(), &plan(key)).unwrap()
    };
    let mut keys: Vec<&str> = DISTRIBUTIONS.iter().map(|e| e.key).collect();
    keys.dedup();
    assert_eq!(keys.len(), DISTRIBUTIONS.len());
    for entry in DISTRIBUTIONS {
        assert!(!entry.title.is_empty() && !entry.references.is_empty());
        for p in entry.params {
            assert!(p.min <= p.default && p.default <= p.max, "{}", p.key);
        }
        let one_way = sized(&tracks, entry.key).pooled.summary.unwrap();
        tracks.reverse();
        let other_way = sized(&tracks, entry.key).pooled.summary.unwrap();
        let (a, b) = (one_way.d50.value, other_way.d50.value);
        assert!((a / b - 1.0).abs() < 2e-3, "{}: {a} {b}", entry.key);
        assert!((a / 100.0 - 1.0).abs() < 0.05, "{}: {a}", entry.key);
    }
}
