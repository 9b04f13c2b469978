//! Few tracks, odd tracks, wrong plans: something honest, never a panic.

use crate::simulate::*;
use nta_core::{Choice, Trajectory};
use nta_sizing::{
    CaptureTracks, DISTRIBUTIONS, Medium, SampleSizes, Sampling, SizingError, SizingPlan,
    size_sample,
};

fn water() -> Medium {
    Medium::named("water", 25.0).unwrap()
}

fn quick() -> SizingPlan {
    SizingPlan {
        resamples: 20,
        ..SizingPlan::default()
    }
}

fn sized(trajectories: &[Trajectory], plan: &SizingPlan) -> SampleSizes {
    let capture = CaptureTracks {
        visibility: &[],
        exposure_se_s: 0.0,
        trajectories: &trajectories,
        sampling: Scene::default().sampling(),
    };
    size_sample(&[capture], &water(), plan).unwrap()
}

fn beads(seed: u64, n: usize, diameter_nm: f64) -> Vec<Trajectory> {
    let product = water().diffusion_times_diameter();
    Scene::default()
        .population(&mut Dice::new(seed), n, product, |_| diameter_nm)
        .0
}

fn all_finite(got: &SampleSizes) {
    for result in got.captures.iter().chain([&got.pooled]) {
        if let Some(s) = result.summary {
            for i in [
                s.mean, s.median, s.mode, s.d10, s.d50, s.d90, s.sd, s.span, s.cv,
            ] {
                let [lo, hi] = i.ci95;
                assert!(lo.is_finite() && hi.is_finite(), "{i:?}");
                assert!(lo <= i.value && i.value <= hi, "{i:?}");
            }
        }
        if let Some(d) = &result.distribution {
            for ((lo, v), hi) in d
                .low_per_nm
                .iter()
                .zip(&d.density_per_nm)
                .zip(&d.high_per_nm)
            {
                assert!(0.0 <= *lo && lo <= v && v <= hi && hi.is_finite());
            }
        }
    }
    for p in got.particles.iter().flatten() {
        for d in [p.diameter_nm, p.low_nm, p.high_nm].into_iter().flatten() {
            assert!(d > 0.0 && d.is_finite());
        }
        assert_eq!(p.used, p.reason.is_none());
    }
}

#[test]
fn few_tracks_give_something_honest() {
    for n in [0, 1, 2] {
        let got = sized(&beads(1, n, 100.0), &quick());
        assert!(got.pooled.summary.is_none() && got.pooled.distribution.is_none());
        assert_eq!(got.pooled.tracks, n);
        let codes: Vec<&str> = got.findings.iter().map(|f| f.code.as_str()).collect();
        assert_eq!(codes, ["S01"], "{n}");
        assert_eq!(
            got.particles[0]
                .iter()
                .filter(|p| p.diameter_nm.is_some())
                .count(),
            n
        );
        all_finite(&got);
    }
    for n in [5, 10, 40] {
        let got = sized(&beads(2, n, 100.0), &quick());
        let mean = got.pooled.summary.unwrap().mean;
        assert!(
            mean.ci95[0] < 100.0 && 100.0 < mean.ci95[1],
            "{n}: {mean:?}"
        );
        assert!(got.findings.iter().any(|f| f.code == "S02"));
        all_finite(&got);
    }
    let none = size_sample(&[], &water(), &quick()).unwrap();
    assert!(none.captures.is_empty() && none.pooled.summary.is_none());
}

#[test]
fn odd_tracks_are_counted_and_do_no_harm() {
    for entry in DISTRIBUTIONS {
        let plan = SizingPlan {
            distribution: Choice::of(entry.key),
            ..quick()
        };
        all_finite(&sized(&strange_trajectories(), &plan));
        let mut mixed = beads(3, 150, 100.0);
        // Three of the strange ones pass for particles of 529 nm, so the median is what must not move.
        let clean = sized(&mixed, &plan).pooled.summary.unwrap().d50.value;
        mixed.extend(strange_trajectories());
        let got = sized(&mixed, &plan);
        all_finite(&got);
        let d50 = got.pooled.summary.unwrap().d50.value;
        assert!(
            (d50 / clean - 1.0).abs() < 0.02,
            "{}: {d50} {clean}",
            entry.key
        );
        assert_eq!(
            got.pooled.tracks + got.pooled.tally.0.values().sum::<u64>() as usize,
            mixed.len()
        );
        for reason in [
            "immobile",
            "not_finite",
            "no_motion",
            "too_short",
            "too_fast",
        ] {
            assert!(
                got.pooled.tally.get(reason) > 0,
                "{reason} {:?}",
                got.pooled.tally
            );
        }
    }
}

#[test]
fn a_track_of_gaps_says_nothing_of_its_size() {
    // Frames of six positions, and what becomes of such a track: two steps must be free of gaps.
    let cases: [(&[u32], Option<&str>); 6] = [
        (&[0, 1, 2, 3, 4, 5], None),
        (&[0, 1, 2, 3, 6, 9], None),
        (&[0, 1, 2, 5, 8, 11], None),
        (&[0, 1, 3, 5, 8, 11], Some("too_few_steps")),
        // Every second frame throughout is no gap: that is how often it was looked at.
        (&[0, 2, 4, 6, 8, 10], None),
        (&[0, 1, 2, 3, 4], Some("too_short")),
    ];
    let scene = Scene::default();
    let diffusion = water().diffusion_times_diameter() / 100.0;
    for (frames, reason) in cases {
        let whole = scene.trajectory(&mut Dice::new(3), diffusion, 12);
        let points = frames.iter().map(|f| {
            let k = *f as usize;
            point(*f, [whole.x_um()[k], whole.y_um()[k]], scene.error_um)
        });
        let mut all = beads(4, 50, 100.0);
        all.push(from_points(points.collect()));
        let got = sized(&all, &quick());
        let last = got.particles[0].last().unwrap();
        assert_eq!(last.reason.as_deref(), reason, "{frames:?}");
        assert_eq!(last.used, reason.is_none(), "{frames:?}");
        assert!(last.estimate.is_some(), "the row stays");
        let tallied = reason.map_or(0, |r| got.pooled.tally.get(r));
        assert_eq!(tallied, u64::from(reason.is_some()), "{frames:?}");
    }
}

#[test]
fn tiny_and_huge_particles_are_within_reach() {
    for (diameter, tolerance) in [(10.0, 0.06), (1500.0, 0.08), (3000.0, 0.1)] {
        // Small things move fast and large ones are bright: precision to match.
        let scene = Scene {
            error_um: if diameter > 1000.0 { 0.01 } else { 0.06 },
            ..Scene::default()
        };
        let product = water().diffusion_times_diameter();
        let found = scene
            .population(&mut Dice::new(6), 250, product, |_| diameter)
            .0;
        let capture = CaptureTracks {
            trajectories: &found,
            visibility: &[],
            sampling: scene.sampling(),
            exposure_se_s: 0.0,
        };
        let got = size_sample(&[capture], &water(), &quick()).unwrap();
        let mean = got.pooled.summary.unwrap().mean.value;
        assert!(
            (mean / diameter - 1.0).abs() < tolerance,
            "{diameter}: {mean}"
        );
        assert!(got.findings.iter().all(|f| f.code != "S06"));
    }
}

#[test]
fn range_that_is_too_narrow_is_reported() {
    let plan = SizingPlan {
        diameter_range_nm: Some([105.0, 400.0]),
        ..quick()
    };
    let got = sized(&beads(7, 300, 100.0), &plan);
    assert!(
        got.findings.iter().any(|f| f.code == "S06"),
        "{:?}",
        got.findings
    );
}

#[test]
fn wrong_plans_are_refused_in_a_sentence() {
    let beads = beads(1, 10, 100.0);
    let good = CaptureTracks {
        trajectories: &beads,
        visibility: &[],
        sampling: Scene::default().sampling(),
        exposure_se_s: 0.0,
    };
    let refused = |capture: CaptureTracks<'_>, plan: SizingPlan| {
        size_sample(&[capture], &water(), &plan).unwrap_err()
    };
    let plan = quick;
    assert!(matches!(
        refused(
            good,
            SizingPlan {
                resamples: 0,
                ..plan()
            }
        ),
        SizingError::Resamples(0)
    ));
    assert!(matches!(
        refused(
            good,
            SizingPlan {
                shortest_track_frames: 1,
                ..plan()
            }
        ),
        SizingError::ShortestTrack(1)
    ));
    for range in [[0.0, 100.0], [100.0, 150.0], [f64::NAN, 100.0], [10.0, 1e9]] {
        let bad = SizingPlan {
            diameter_range_nm: Some(range),
            ..plan()
        };
        let e = refused(good, bad).to_string();
        assert!(e.contains("within 1 to 20000 nm"), "{e}");
    }
    let e = refused(
        good,
        SizingPlan {
            distribution: Choice::of("guess"),
            ..plan()
        },
    )
    .to_string();
    assert!(e.contains("average, penalised, mixture, npmle, raw"), "{e}");
    let sampling = Sampling {
        frame_interval_s: 0.01,
        exposure_s: 0.02,
    };
    let e = refused(CaptureTracks { sampling, ..good }, plan()).to_string();
    assert!(e.contains("capture 0") && e.contains("0.02 s"), "{e}");
}

#[test]
fn same_numbers_for_any_number_of_threads() {
    let beads = beads(9, 120, 100.0);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| sized(&beads, &quick()))
    };
    assert_eq!(run(1), run(3));
    let other_seed = SizingPlan { seed: 2, ..quick() };
    let (a, b) = (run(1), sized(&beads, &other_seed));
    assert_eq!(
        a.pooled.summary.unwrap().mean.value,
        b.pooled.summary.unwrap().mean.value
    );
    assert_ne!(a.pooled.summary, b.pooled.summary);
}
